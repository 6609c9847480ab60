"""What staff write about a patient: notes, what happened, the global impression; and taking each of it back."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Subject
from diary.errors import Invalid
from diary.installation import installation
from diary.services.courses import record_event
from diary.services.event_corrections import correct_event
from diary.services.impressions import record_impression, take_back_impression
from diary.services.patient_pages import read_patient_page
from diary.services.staff_notes import take_back_note, write_note
from diary.vocabulary import EventKind
from diary.web.clinic import blueprint
from diary.web.clinic.forms import SentOnceForm
from diary.web.clinic.note_forms import HappenedForm, ImpressionForm, NoteForm, TakeBackForm
from diary.web.clinic.patients import fresh_decision, patient_page
from diary.web.clinic.place import patient_in_address
from diary.web.forms import TO_PUT_RIGHT, is_shown, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity

FIELDS_OF_SERVICES = {"day": ("happened_on", "said_on"), "reason": ("why",)}
"""What services call a field, and what it is called on these forms."""


@blueprint.post("/patients/<uuid:patient_id>/notes", endpoint="write_note")
@open_to(Audience.STAFF)
def add_note(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Write a note."""
    form = NoteForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: write_note(who, about, form.words.data, client_ref=_ref(form), clock=clock),
    )


@blueprint.post("/patients/<uuid:patient_id>/notes/<uuid:note_id>/take-back", endpoint="take_back_note")
@open_to(Audience.STAFF)
def withdraw_note(patient_id: uuid.UUID, note_id: uuid.UUID) -> ResponseReturnValue:
    """Take a note back."""
    form = TakeBackForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: take_back_note(who, about, note_id, reason=form.why.data, clock=clock),
    )


@blueprint.post("/patients/<uuid:patient_id>/events", endpoint="record_event")
@open_to(Audience.STAFF)
def add_event(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record what happened."""
    form = HappenedForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: record_event(
            who,
            about,
            EventKind(form.happened.data),
            day=form.happened_on.data,
            note=form.happened_note.data,
            client_ref=_ref(form),
            clock=clock,
        ),
    )


@blueprint.post("/patients/<uuid:patient_id>/events/<uuid:event_id>/take-back", endpoint="take_back_event")
@open_to(Audience.STAFF)
def withdraw_event(patient_id: uuid.UUID, event_id: uuid.UUID) -> ResponseReturnValue:
    """Take back what was recorded by mistake."""
    form = TakeBackForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: correct_event(who, about, event_id, reason=form.why.data, clock=clock),
    )


@blueprint.post("/patients/<uuid:patient_id>/impressions", endpoint="record_impression")
@open_to(Audience.STAFF)
def add_impression(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record what the patient says of the change as a whole."""
    form = ImpressionForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: record_impression(
            who,
            about,
            int(form.answer.data),
            day=form.said_on.data,
            how=form.how.data,
            client_ref=_ref(form),
            clock=clock,
        ),
    )


@blueprint.post(
    "/patients/<uuid:patient_id>/impressions/<uuid:impression_id>/take-back", endpoint="take_back_impression"
)
@open_to(Audience.STAFF)
def withdraw_impression(patient_id: uuid.UUID, impression_id: uuid.UUID) -> ResponseReturnValue:
    """Take an answer back."""
    form = TakeBackForm()
    return _kept(
        patient_id,
        form,
        lambda who, about, clock: take_back_impression(who, about, impression_id, reason=form.why.data, clock=clock),
    )


def _ref(form: SentOnceForm) -> uuid.UUID:
    return form.client_ref.data or uuid.uuid4()


def _kept(patient_id: uuid.UUID, form: SentOnceForm | TakeBackForm, keep: Callable[[Any, Subject, Any], object]) -> Any:
    """Keep what a form says and go back to the patient, or show their page with what to put right."""
    who, about, clock = current_identity(), patient_in_address(patient_id), installation().clock
    if form.validate():
        try:
            keep(who, about, clock)
        except Invalid as refusal:
            take_refusal(form, _renamed(form, refusal))
        else:
            return _to_patient(patient_id, done="patient-changed")
    if isinstance(form, TakeBackForm):
        form.why.id = f"why-{_taken_back()}"
    page = read_patient_page(who, about, clock=clock)
    shown = patient_page(page, fresh_decision(page), refused=form)
    if isinstance(form, TakeBackForm) and not is_shown(form.why, shown):
        return _to_patient(patient_id)
    return shown, *TO_PUT_RIGHT


def _to_patient(patient_id: uuid.UUID, *, done: str | None = None) -> Any:
    return redirect(url_for("clinic.patient", patient_id=patient_id, done=done), code=303)


def _taken_back() -> uuid.UUID:
    """Return what the address takes back; its form on the page is told apart by it."""
    known = request.view_args or {}
    return next(known[name] for name in ("note_id", "event_id", "impression_id") if name in known)


def _renamed(form: SentOnceForm | TakeBackForm, refusal: Invalid) -> Invalid:
    """Return a refusal whose fields are called as they are on the form."""

    def called(name: str) -> str:
        return next((other for other in FIELDS_OF_SERVICES.get(name, ()) if other in form._fields), name)

    return Invalid(*refusal.args, **{called(name): words for name, words in refusal.fields.items()})
