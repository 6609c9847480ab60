"""What I agreed to: the words, since when, and taking it back."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.validators import AnyOf

from diary.installation import installation
from diary.services import consents
from diary.services.consent_texts import REQUIRED
from diary.vocabulary import ConsentPurpose
from diary.web.consent_words import HOW_WORDS, PURPOSE_WORDS, SAID_WORDS, consent_card
from diary.web.forms import DAMAGED, Form
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


class PurposeForm(Form):
    """What is agreed to or taken back, and the words that were read."""

    purpose = HiddenField(validators=[AnyOf([purpose.value for purpose in ConsentPurpose], message=DAMAGED)])
    version = HiddenField()


@blueprint.get("/me/consents", endpoint="consents")
@open_to(Audience.PATIENT)
def show_consents() -> ResponseReturnValue:
    """Show each purpose with its words and where the patient stands."""
    return _page(PurposeForm(formdata=None))


@blueprint.get("/me/consents/stop")
@open_to(Audience.PATIENT)
def stop_diary() -> ResponseReturnValue:
    """Say what it means to take back that the clinic keeps a diary, and ask."""
    own = consents.own_consents(current_identity(), own_subject())
    return render_template("patient/stop_diary.html", purpose=REQUIRED.value, stopped=_is_stopped(own))


@blueprint.post("/me/consents/give")
@open_to(Audience.PATIENT)
def give_consent() -> ResponseReturnValue:
    """Agree to the words that stood on the page."""
    form = PurposeForm()
    if not form.validate():
        return _page(form), 422
    purpose, clock = ConsentPurpose(form.purpose.data), installation().clock
    consents.give_consent(current_identity(), own_subject(), purpose, version=form.version.data or "", clock=clock)
    return redirect(url_for("patient.consents", said="given"), code=303)


@blueprint.post("/me/consents/withdraw")
@open_to(Audience.PATIENT)
def withdraw_consent() -> ResponseReturnValue:
    """Take back what was agreed to."""
    form = PurposeForm()
    if not form.validate():
        return _page(form), 422
    purpose, clock = ConsentPurpose(form.purpose.data), installation().clock
    consents.withdraw_consent(current_identity(), own_subject(), purpose, clock=clock)
    return redirect(url_for("patient.consents", said="withdrawn"), code=303)


def _page(form: PurposeForm) -> str:
    own = consents.own_consents(current_identity(), own_subject())
    return render_template(
        "patient/consents.html",
        form=form,
        cards=[consent_card(standing) for standing in own.standings],
        history=own.said,
        purpose_words=PURPOSE_WORDS,
        said_words=SAID_WORDS,
        how_words=HOW_WORDS,
        just_said=request.args.get("said", ""),
    )


def _is_stopped(own: consents.Consents) -> bool:
    return any(one.is_withdrawn for one in own.standings if one.purpose is REQUIRED)
