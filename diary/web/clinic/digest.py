"""The morning mail: switched on and off by each member for themselves, and tried."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import DataRequired

from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import digest_settings
from diary.services.digest_settings import OwnDigest
from diary.vocabulary import Channel, OutboxState
from diary.web.clinic import blueprint
from diary.web.clinic.diary_settings import DAY_NAMES
from diary.web.clinic.member_forms import an_address
from diary.web.clinic.place import own_clinic
from diary.web.forms import TO_PUT_RIGHT, Form, at_most, refused, stripped
from diary.web.guards import Audience, open_to
from diary.web.reminder_words import came_of_it
from diary.web.sessions import current_identity
from diary.web.words import moment

WRITE_ONE = _l("Write an e-mail address, like name@clinic.example.")


class DigestForm(Form):
    """Where the counts go."""

    email = StringField(_l("E-mail address"), [DataRequired(WRITE_ONE), at_most(254), an_address], filters=[stripped])


@blueprint.get("/digest", endpoint="digest")
@open_to(Audience.STAFF)
def show_digest() -> ResponseReturnValue:
    """Show how the own morning mail stands."""
    return _page()


@blueprint.post("/digest")
@open_to(Audience.STAFF)
def save_digest() -> ResponseReturnValue:
    """Switch it on; a new address is written to first."""
    digest_settings.own_digest(current_identity(), own_clinic())
    form, answer = DigestForm(), TO_PUT_RIGHT
    if form.validate():
        try:
            digest_settings.set_digest(current_identity(), own_clinic(), form.email.data, clock=installation().clock)
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            return redirect(url_for("clinic.digest", done="digest-kept"), code=303)
    return _page(form), *answer


@blueprint.post("/digest/try")
@open_to(Audience.STAFF)
def try_digest() -> ResponseReturnValue:
    """Send the counts of now, and say what came of it."""
    form = DigestForm(formdata=None)
    try:
        came = digest_settings.try_digest(current_identity(), own_clinic(), clock=installation().clock)
    except (Invalid, Throttled) as refusal:
        status, headers = refused(form, refusal)
        form.email.data = digest_settings.own_digest(current_identity(), own_clinic()).email
        return _page(form), status, headers
    return redirect(url_for("clinic.digest", tried=came.state.value, why=came.why), code=303)


@blueprint.post("/digest/stop")
@open_to(Audience.STAFF)
def stop_digest() -> ResponseReturnValue:
    """Switch it off."""
    digest_settings.stop_digest(current_identity(), own_clinic(), clock=installation().clock)
    return redirect(url_for("clinic.digest", done="digest-stopped"), code=303)


def _page(form: DigestForm | None = None) -> str:
    own = digest_settings.own_digest(current_identity(), own_clinic())
    if form is None:
        form = DigestForm(formdata=None)
        form.email.data = own.email
    days = ", ".join(str(DAY_NAMES[name]) for name in own.working_days)
    return render_template("clinic/digest.html", form=form, own=own, standing=_standing(own), days=days, tried=_tried())


def _standing(own: OwnDigest) -> str:
    if not own.is_on:
        return _("It is off.")
    if not own.confirmed:
        return _("A mail was sent to %(email)s. Open the link in it: before that nothing comes.", email=own.email)
    if own.next_at is None:
        return _("It is on.")
    return _("It is on, and comes to %(email)s. The next one: %(moment)s.", email=own.email, moment=moment(own.next_at))


def _tried() -> str:
    """Return what came of a trial; only known words are said."""
    state = request.args.get("tried", "") if request.method == "GET" else ""
    if state not in set(OutboxState):
        return ""
    return came_of_it(Channel.MAIL, OutboxState(state), request.args.get("why", ""), installation().clock())
