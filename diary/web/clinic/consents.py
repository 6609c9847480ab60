"""Consents of a patient: where they stand, and recording what they signed on paper."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField
from wtforms.validators import InputRequired

from diary.access.policy import Subject
from diary.errors import Invalid
from diary.installation import installation
from diary.services.consent_texts import REQUIRED, TEXTS, ConsentText
from diary.services.consents import OnPaper, Standing, consents_of_patient, record_paper
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import ConsentPurpose, ConsentSaid
from diary.web.clinic import blueprint
from diary.web.clinic.place import patient_in_address
from diary.web.consent_words import HOW_WORDS, PURPOSE_WORDS
from diary.web.forms import Form, OneOf, choices, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import day, said

if TYPE_CHECKING:
    from diary.models import Consent


class PaperForm(Form):
    """What a patient signed on paper; `words` is purpose and version of the words that stand on it."""

    words = OneOf(_l("The paper is about"))
    said = RadioField(
        _l("The patient"),
        [InputRequired(_l("Choose what the patient said."))],
        choices=choices(((ConsentSaid.GIVEN, _l("agrees")), (ConsentSaid.WITHDRAWN, _l("takes it back")))),
    )
    day = DateField(_l("Signed on"), [InputRequired(_l("Write the day of the signature."))])

    @classmethod
    def offering(cls, **kwargs: object) -> "PaperForm":
        """Return the form with the words that were ever asked, those of today first."""
        form = cls(**kwargs)
        form.words.choices = choices(
            (f"{text.purpose}/{text.version}", _words_on_paper(text)) for text in reversed(TEXTS)
        )
        return form

    @property
    def paper(self) -> OnPaper:
        """Return what was filled in, as `record_paper` takes it."""
        purpose, _slash, version = self.words.data.partition("/")
        return OnPaper(ConsentPurpose(purpose), version, ConsentSaid(self.said.data), self.day.data)


def _words_on_paper(text: ConsentText) -> str:
    return _("%(title)s, version %(version)s", title=said(text.title), version=text.version)


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One purpose in a line; `warns` that the patient took back that there is a diary."""

    words: str
    warns: bool


@blueprint.get("/patients/<uuid:patient_id>/consents", endpoint="consents")
@open_to(Audience.STAFF)
def show_consents(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show what a patient said, and ask for what they signed."""
    return _page(patient_in_address(patient_id), PaperForm.offering(formdata=None))


@blueprint.post("/patients/<uuid:patient_id>/consents")
@open_to(Audience.STAFF)
def record_consent(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record what a patient signed on paper."""
    form, about = PaperForm.offering(), patient_in_address(patient_id)
    if form.validate():
        try:
            record_paper(current_identity(), about, form.paper, clock=installation().clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.consents", patient_id=patient_id, done="consent-recorded"), code=303)
    return _page(about, form), 422


def consents_in_words(about: Subject) -> list[ConsentLine]:
    """Return a line for each purpose, as the patient's page has it."""
    known = consents_of_patient(current_identity(), about, clock=installation().clock)
    return [_line(standing) for standing in known.standings]


def _line(standing: Standing) -> ConsentLine:
    last, is_required = standing.last, standing.purpose is REQUIRED
    title = _("Consent to the diary") if is_required else _("Consent to research")
    if last is None:
        never = _("%(title)s: none is recorded.", title=title)
        return ConsentLine(never, warns=False)
    told = {"title": title, "day": day(last.day), "version": last.version, "how": HOW_WORDS[last.how]}
    if standing.is_given:
        return ConsentLine(_("%(title)s: given on %(day)s %(how)s, version %(version)s.", **told), warns=False)
    if is_required:
        words = _("Consent withdrawn on %(day)s %(how)s: the diary takes no more entries, and nobody reminds.", **told)
        return ConsentLine(words, warns=True)
    return ConsentLine(_("%(title)s: withdrawn on %(day)s %(how)s.", **told), warns=False)


def _page(about: Subject, form: PaperForm) -> str:
    page = read_patient_page(current_identity(), about, clock=installation().clock)
    known = consents_of_patient(current_identity(), about, clock=installation().clock)
    return render_template(
        "clinic/consents.html",
        page=page,
        form=form,
        lines=[_line(standing) for standing in known.standings],
        history=[_history(one, known.names) for one in known.said],
    )


def _history(one: "Consent", names: dict[uuid.UUID, str]) -> list[str]:
    who = names.get(one.recorded_by, "–") if one.recorded_by else _("the patient")
    verb = _("agreed") if one.said == ConsentSaid.GIVEN else _("took it back")
    return [day(one.day), verb, str(PURPOSE_WORDS[one.purpose]), str(HOW_WORDS[one.how]), one.version, who]
