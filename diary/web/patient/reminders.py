"""Reminders: when and how, trying them, the calendar, and stopping all."""

import uuid
from collections.abc import Iterator

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField

from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import calendar_feeds, reminder_settings, reminder_trials
from diary.services.reminder_settings import HOURS, OwnReminders, Wanted
from diary.services.reminder_times import minute_of
from diary.vocabulary import Channel
from diary.web.forms import TO_PUT_RIGHT, Form, Tick, at_most, choices, refused, stripped
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.push import shown_push
from diary.web.patient.today import own_subject
from diary.web.reminder_words import WAYS, came_of_it, hour_words
from diary.web.sessions import current_identity


class ReminderForm(Form):
    """When a patient is reminded, and whether by mail too."""

    hour = SelectField(_l("Remind me at"), coerce=int)
    by_mail = Tick(_l("By mail"))
    email = StringField(_l("Address"), [at_most(254)], filters=[stripped])

    @classmethod
    def offering(cls, **kwargs: object) -> "ReminderForm":
        """Return the form with the hours of a day, in the minute of whoever is asking."""
        form = cls(**kwargs)
        minute = minute_of(own_subject().patient_id or uuid.UUID(int=0))
        form.hour.choices = choices((str(hour), hour_words(hour, minute)) for hour in HOURS)
        return form

    @classmethod
    def showing(cls, own: OwnReminders) -> "ReminderForm":
        """Return the form as it was filled in last."""
        form = cls.offering(formdata=None)
        form.hour.data, form.by_mail.data, form.email.data = own.hour, own.by_mail, own.email
        return form

    @property
    def wanted(self) -> Wanted:
        """Return what was chosen, as `set_reminders` takes it."""
        return Wanted(self.hour.data, by_mail=self.by_mail.data, email=self.email.data)


@blueprint.get("/me/reminders", endpoint="reminders")
@open_to(Audience.PATIENT)
def show_reminders() -> ResponseReturnValue:
    """Show how the patient is reminded, and what came of a trial."""
    return _page()


@blueprint.post("/me/reminders")
@open_to(Audience.PATIENT)
def save_reminders() -> ResponseReturnValue:
    """Keep what was chosen; a new address is written to first."""
    form, answer = ReminderForm.offering(), TO_PUT_RIGHT
    if form.validate():
        try:
            reminder_settings.set_reminders(current_identity(), own_subject(), form.wanted, clock=installation().clock)
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            return redirect(url_for("patient.reminders", done="reminders-kept"), code=303)
    return _page(form), *answer


@blueprint.post("/me/reminders/address")
@open_to(Audience.PATIENT)
def ask_address_again() -> ResponseReturnValue:
    """Write once more to the address that was not confirmed."""
    reminder_settings.ask_address_again(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.reminders", done="address-asked"), code=303)


@blueprint.post("/me/reminders/try")
@open_to(Audience.PATIENT)
def try_reminders() -> ResponseReturnValue:
    """Send a trial by every way at once."""
    tried = reminder_trials.try_reminders(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.reminders", tried=",".join(one.hex for one in tried) or "none"), code=303)


@blueprint.post("/me/reminders/stop")
@open_to(Audience.PATIENT)
def stop_reminders() -> ResponseReturnValue:
    """Stop them all."""
    reminder_settings.stop_reminders(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.reminders", done="reminders-stopped"), code=303)


@blueprint.post("/me/reminders/calendar")
@open_to(Audience.PATIENT)
def make_calendar_link() -> ResponseReturnValue:
    """Make a link for the calendar, which stands on this page once."""
    made = calendar_feeds.make_feed(current_identity(), own_subject(), clock=installation().clock)
    return _page(calendar_link=made.address)


@blueprint.post("/me/reminders/calendar/end")
@open_to(Audience.PATIENT)
def end_calendar_link() -> ResponseReturnValue:
    """Take the link of the calendar back."""
    calendar_feeds.end_feed(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.reminders", done="calendar-ended"), code=303)


def _page(form: ReminderForm | None = None, *, calendar_link: str = "") -> str:
    own = reminder_settings.own_reminders(current_identity(), own_subject())
    tried = request.args.get("tried", "") if request.method == "GET" else ""
    return render_template(
        "patient/reminders.html",
        form=form or ReminderForm.showing(own),
        own=own,
        hour=hour_words(own.hour, minute_of(own_subject().patient_id or uuid.UUID(int=0))),
        push=shown_push(),
        tried=tried,
        outcomes=list(_outcomes(tried)),
        calendar_link=calendar_link,
    )


def _outcomes(tried: str) -> Iterator[tuple[str, str]]:
    ids = [uuid.UUID(hex=one) for one in tried.split(",") if _is_id(one)]
    found = reminder_trials.outcomes_of(current_identity(), own_subject(), ids) if ids else ()
    for one in found:
        yield str(WAYS[Channel(one.channel)]), came_of_it(one.channel, one.state, one.why, one.at)


def _is_id(text: str) -> bool:
    return len(text) == 32 and all(sign in "0123456789abcdef" for sign in text)
