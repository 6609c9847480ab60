"""Courses that lie ahead: planned with a warning where the rules speak against it, moved, cancelled."""

import uuid
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue

from diary.errors import Invalid
from diary.installation import installation
from diary.services import planning
from diary.services.patient_pages import PatientPage
from diary.services.protocols import read_protocols
from diary.vocabulary import CourseStatus
from diary.web.clinic import blueprint
from diary.web.clinic.course_forms import CoursePlanForm, MoveForm, ReasonForm
from diary.web.clinic.course_place import COURSE_ADDRESS, back_to, course_on, page_of
from diary.web.clinic.course_warnings import plan_sentences
from diary.web.clinic.keeping import keep_or_ask
from diary.web.clinic.place import day_asked, own_clinic, patient_in_address
from diary.web.clinic.protocol_words import protocol_words
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity


@blueprint.get("/patients/<uuid:patient_id>/courses/plan", endpoint="new_plan")
@open_to(Audience.STAFF)
def show_new_plan(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a course that lies ahead, from the day on that the address names."""
    page, form = page_of(patient_id), CoursePlanForm.fresh().offering(_protocols())
    first = day_asked(request.args.get("first", ""))
    form.first_day.data = first if first and first >= page.today else None
    return _plan_page(page, form, [])


@blueprint.post("/patients/<uuid:patient_id>/courses/plan")
@open_to(Audience.STAFF)
def plan_course(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Plan it; what the rules say against it is said first, and planned all the same only with the tick."""
    form = CoursePlanForm().offering(_protocols())
    asked: list[str] | None = []
    if form.validate():
        asked = keep_or_ask(
            form,
            lambda: planning.plan_course(
                current_identity(),
                patient_in_address(patient_id),
                form.plan,
                accepted=form.token,
                client_ref=form.client_ref.data,
                clock=installation().clock,
            ),
            plan_sentences,
        )
        if asked is None:
            return back_to(patient_id, "course-planned")
    return _plan_page(page_of(patient_id), form, asked), 422


@blueprint.get(f"{COURSE_ADDRESS}/move", endpoint="show_move")
@open_to(Audience.STAFF)
def show_move(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Show the days of a planned course, to be moved or cancelled."""
    page = page_of(patient_id)
    return _move_page(page, course_id, _as_planned(page, course_id), ReasonForm(formdata=None), [])


@blueprint.post(f"{COURSE_ADDRESS}/move")
@open_to(Audience.STAFF)
def move_course(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Move it, with the reason."""
    form = MoveForm()
    asked: list[str] | None = []
    if form.validate():
        plan = planning.Plan((), form.first_day.data, form.last_day.data, bool(form.asks_baseline.data))
        asked = keep_or_ask(
            form,
            lambda: planning.move_course(
                current_identity(),
                patient_in_address(patient_id),
                course_id,
                plan,
                reason=form.reason.data,
                accepted=form.token,
                clock=installation().clock,
            ),
            plan_sentences,
        )
        if asked is None:
            return back_to(patient_id, "course-moved")
    page = page_of(patient_id)
    return _move_page(page, course_id, form, ReasonForm(formdata=None), asked), 422


@blueprint.post(f"{COURSE_ADDRESS}/cancel")
@open_to(Audience.STAFF)
def cancel_course(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Cancel it, with the reason."""
    cancel_form = ReasonForm()
    if cancel_form.validate():
        try:
            planning.cancel_course(
                current_identity(),
                patient_in_address(patient_id),
                course_id,
                reason=cancel_form.why.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(cancel_form, refusal)
        else:
            return back_to(patient_id, "course-cancelled")
    page = page_of(patient_id)
    return _move_page(page, course_id, _as_planned(page, course_id), cancel_form, []), 422


def _as_planned(page: PatientPage, course_id: uuid.UUID) -> MoveForm:
    course, form = course_on(page, course_id), MoveForm.fresh()
    form.first_day.data, form.last_day.data = course.first_day, course.last_day
    form.asks_baseline.data = course.asks_baseline
    return form


def _protocols() -> dict[str, Any]:
    """Return the protocols in use by their id as text."""
    found = read_protocols(current_identity(), own_clinic())
    return {str(protocol.id): protocol for protocol in found if protocol.retired_at is None}


def _plan_page(page: PatientPage, form: CoursePlanForm, asked: list[str] | None) -> str:
    protocols = [protocol_words(protocol) for protocol in form.known.values()]
    return render_template("clinic/plan_course.html", page=page, form=form, asked=asked or [], protocols=protocols)


def _move_page(
    page: PatientPage, course_id: uuid.UUID, form: MoveForm, cancel_form: ReasonForm, asked: list[str] | None
) -> str:
    course = course_on(page, course_id)
    return render_template(
        "clinic/move_course.html",
        page=page,
        course=course,
        is_planned=course.status == CourseStatus.PLANNED,
        form=form,
        cancel_form=cancel_form,
        asked=asked or [],
        course_name=course_name,
    )
