"""Infusions: one as it was given, several days at once, corrected, taken back."""

import uuid
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services import infusion_changes, infusions
from diary.services.course_cards import read_course_extras
from diary.services.patient_pages import PatientPage
from diary.services.protocols import read_protocols
from diary.web.clinic import blueprint
from diary.web.clinic.course_forms import ReasonForm, client_refs, row_errors, take_row_refusals
from diary.web.clinic.course_place import COURSE_ADDRESS, INFUSION_ADDRESS, back_to, course_on, infusion_on, page_of
from diary.web.clinic.course_warnings import doubt_sentences
from diary.web.clinic.infusion_forms import (
    MOST_ROWS,
    InfusionCorrectionForm,
    InfusionForm,
    InfusionRow,
    InfusionsForm,
    rows_as_sent,
    rows_to_fill,
)
from diary.web.clinic.keeping import keep_or_ask
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.clinic.protocol_words import protocol_words
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity

if TYPE_CHECKING:
    from diary.models import Course, Infusion


@blueprint.get(f"{COURSE_ADDRESS}/infusion", endpoint="new_infusion")
@open_to(Audience.STAFF)
def show_infusion(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for an infusion."""
    page = page_of(patient_id)
    course = course_on(page, course_id)
    form = InfusionForm.fresh().of_course(course.medicines)
    form.day.data = page.today
    return _infusion_page(page, course, form, [])


@blueprint.post(f"{COURSE_ADDRESS}/infusion")
@open_to(Audience.STAFF)
def add_infusion(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Record an infusion; a planned course is given from its first one on."""
    page = page_of(patient_id)
    course = course_on(page, course_id)
    form = InfusionForm().of_course(course.medicines)
    asked: list[str] | None = []
    if form.validate():
        asked = keep_or_ask(
            form,
            lambda: infusions.record_infusion(
                current_identity(),
                patient_in_address(patient_id),
                course_id,
                form.given,
                client_ref=form.client_ref.data,
                accepted=form.token,
                clock=installation().clock,
            ),
            doubt_sentences,
        )
        if asked is None:
            return back_to(patient_id)
    return _infusion_page(page, course, form, asked), 422


@blueprint.get(f"{COURSE_ADDRESS}/infusions", endpoint="new_infusions")
@open_to(Audience.STAFF)
def show_infusions(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for several days at once, filled in with what the course's protocol says, and never with a dose."""
    page = page_of(patient_id)
    course = course_on(page, course_id)
    protocol = _protocol_of(page, course)
    rows = dict(enumerate(rows_to_fill(course, _days_without(page, course), protocol)))
    return _infusions_page(page, course, InfusionsForm.fresh(), rows, [])


@blueprint.post(f"{COURSE_ADDRESS}/infusions")
@open_to(Audience.STAFF)
def add_infusions(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Record them, all of them or none."""
    page = page_of(patient_id)
    course = course_on(page, course_id)
    form = InfusionsForm()
    asked: list[str] | None = []
    rows = dict(enumerate(rows_as_sent(course, _rows_sent())))
    written = {number: row for number, row in rows.items() if not row.is_left_out}
    wrong = [number for number, row in written.items() if not row.validate()]
    if form.validate() and not wrong and written:
        asked = keep_or_ask(
            form,
            lambda: infusions.record_infusions(
                current_identity(),
                patient_in_address(patient_id),
                course_id,
                {number: row.given for number, row in written.items()},
                client_refs=client_refs(form.client_ref.data, written),
                accepted=form.token,
                clock=installation().clock,
            ),
            doubt_sentences,
            refuse=lambda refusal: take_row_refusals(form, rows, refusal),
        )
        if asked is None:
            return back_to(patient_id)
    return _infusions_page(page, course, form, rows, asked, is_empty=not written), 422


@blueprint.get(f"{INFUSION_ADDRESS}/correct", endpoint="correct_infusion")
@open_to(Audience.STAFF)
def show_infusion_correction(patient_id: uuid.UUID, infusion_id: uuid.UUID) -> ResponseReturnValue:
    """Show an infusion as it stands, to be corrected or taken back."""
    page = page_of(patient_id)
    course, infusion = infusion_on(page, infusion_id)
    form = InfusionCorrectionForm.fresh().of_course(course.medicines, infusion.side_effects).showing(infusion)
    return _correction_page(page, course, infusion, form, ReasonForm(formdata=None), [])


@blueprint.post(f"{INFUSION_ADDRESS}/correct")
@open_to(Audience.STAFF)
def save_infusion_correction(patient_id: uuid.UUID, infusion_id: uuid.UUID) -> ResponseReturnValue:
    """Correct it, with the reason."""
    page = page_of(patient_id)
    course, infusion = infusion_on(page, infusion_id)
    form = InfusionCorrectionForm().of_course(course.medicines, infusion.side_effects)
    asked: list[str] | None = []
    if form.validate():
        asked = keep_or_ask(
            form,
            lambda: infusion_changes.correct_infusion(
                current_identity(),
                patient_in_address(patient_id),
                infusion_id,
                form.given,
                reason=form.reason.data,
                accepted=form.token,
                clock=installation().clock,
            ),
            doubt_sentences,
        )
        if asked is None:
            return back_to(patient_id)
    return _correction_page(page, course, infusion, form, ReasonForm(formdata=None), asked), 422


@blueprint.post(f"{INFUSION_ADDRESS}/take-back")
@open_to(Audience.STAFF)
def take_back_infusion(patient_id: uuid.UUID, infusion_id: uuid.UUID) -> ResponseReturnValue:
    """Take it back, with the reason."""
    back_form = ReasonForm()
    if back_form.validate():
        infusion_changes.take_back_infusion(
            current_identity(),
            patient_in_address(patient_id),
            infusion_id,
            reason=back_form.why.data,
            clock=installation().clock,
        )
        return back_to(patient_id, "infusion-taken-back")
    page = page_of(patient_id)
    course, infusion = infusion_on(page, infusion_id)
    form = InfusionCorrectionForm.fresh().of_course(course.medicines, infusion.side_effects).showing(infusion)
    return _correction_page(page, course, infusion, form, back_form, []), 422


def _rows_sent() -> int:
    """Return how many rows a form was sent with; each one sends its day."""
    return next((n for n in range(MOST_ROWS) if f"row-{n}-day" not in request.form), MOST_ROWS)


def _days_without(page: PatientPage, course: "Course") -> list[date]:
    """Return the days of a course up to today on which nothing is recorded yet; today when there is none."""
    there = {infusion.day for infusion in page.infusions.get(course.id, [])}
    length = (course.last_day - course.first_day).days + 1
    days = (course.first_day + timedelta(days=number) for number in range(length))
    return [day for day in days if day <= page.today and day not in there] or [page.today]


def _protocol_of(page: PatientPage, course: "Course") -> Any:
    """Return the protocol that the course was planned from, or else the clinic's only one for these medicines."""
    extras = read_course_extras(current_identity(), page.about, clock=installation().clock)
    if course.id in extras.protocols:
        return extras.protocols[course.id]
    known = read_protocols(current_identity(), own_clinic())
    fitting = [one for one in known if one.retired_at is None and one.medicines == course.medicines]
    return fitting[0] if len(fitting) == 1 else None


def _infusion_page(page: PatientPage, course: "Course", form: InfusionForm, asked: list[str] | None) -> str:
    return render_template(
        "clinic/infusion.html", page=page, course=course, form=form, asked=asked or [], course_name=course_name
    )


def _infusions_page(
    page: PatientPage,
    course: "Course",
    form: InfusionsForm,
    rows: dict[int, InfusionRow],
    asked: list[str] | None,
    *,
    is_empty: bool = False,
) -> str:
    protocol = _protocol_of(page, course)
    return render_template(
        "clinic/infusions.html",
        page=page,
        course=course,
        form=form,
        rows=rows,
        errors=list(row_errors(rows)),
        asked=asked or [],
        is_empty=is_empty,
        protocol=protocol_words(protocol) if protocol else None,
        course_name=course_name,
    )


def _correction_page(
    page: PatientPage,
    course: "Course",
    infusion: "Infusion",
    form: InfusionCorrectionForm,
    back_form: ReasonForm,
    asked: list[str] | None,
) -> str:
    return render_template(
        "clinic/correct_infusion.html",
        page=page,
        course=course,
        infusion=infusion,
        form=form,
        back_form=back_form,
        asked=asked or [],
        course_name=course_name,
    )
