"""Courses of a patient: recorded, corrected, with baselines from the notes."""

import uuid
from typing import TYPE_CHECKING

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission
from diary.errors import Invalid
from diary.installation import installation
from diary.services import courses
from diary.services.courses import CourseDays
from diary.services.patient_pages import PatientPage
from diary.services.protection import ask_first
from diary.vocabulary import CourseStatus
from diary.web.clinic import blueprint
from diary.web.clinic.course_forms import BaselineBackForm, BaselineForm, CourseCorrectionForm, CourseForm
from diary.web.clinic.course_place import COURSE_ADDRESS, back_to, course_on, page_of
from diary.web.clinic.course_warnings import plan_sentences
from diary.web.clinic.keeping import keep_or_ask
from diary.web.clinic.place import patient_in_address
from diary.web.forms import is_shown, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity

if TYPE_CHECKING:
    from diary.models import Course


@blueprint.get("/patients/<uuid:patient_id>/courses/new", endpoint="new_course")
@open_to(Audience.STAFF)
def show_new_course(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a new course."""
    return _form_page(page_of(patient_id), CourseForm.fresh(), _("Record a course"))


@blueprint.post("/patients/<uuid:patient_id>/courses/new")
@open_to(Audience.STAFF)
def add_course(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record it."""
    form = CourseForm()
    if form.validate():
        days = CourseDays(form.medicines, CourseStatus.GIVEN, form.first_day.data, form.last_day.data)
        try:
            courses.record_course(
                current_identity(),
                patient_in_address(patient_id),
                days,
                client_ref=form.client_ref.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return back_to(patient_id)
    return _form_page(page_of(patient_id), form, _("Record a course")), 422


@blueprint.get(f"{COURSE_ADDRESS}/correct", endpoint="correct_course")
@open_to(Audience.STAFF)
def show_correction(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Show a course as it stands, to be corrected."""
    page = page_of(patient_id)
    course = course_on(page, course_id)
    form = CourseCorrectionForm.fresh()
    form.put_medicines(course.medicines)
    form.status.data, form.first_day.data, form.last_day.data = course.status, course.first_day, course.last_day
    return _form_page(page, form, _("Correct the course"))


@blueprint.post(f"{COURSE_ADDRESS}/correct")
@open_to(Audience.STAFF)
def save_correction(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Correct it, with the reason; a plan that the rules speak against is asked about first."""
    form = CourseCorrectionForm()
    asked: list[str] | None = []
    if form.validate():
        status = CourseStatus(form.status.data)
        days = CourseDays(form.medicines, status, form.first_day.data, form.last_day.data)
        asked = keep_or_ask(
            form,
            lambda: courses.correct_course(
                current_identity(),
                course_id,
                patient_in_address(patient_id),
                days,
                reason=form.reason.data,
                accepted=form.token,
                clock=installation().clock,
            ),
            plan_sentences,
        )
        if asked is None:
            return back_to(patient_id)
    page = page_of(patient_id)
    course_on(page, course_id)
    return _form_page(page, form, _("Correct the course"), asked), 422


@blueprint.get(f"{COURSE_ADDRESS}/baseline", endpoint="new_baseline")
@open_to(Audience.STAFF)
def show_baseline(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a baseline from the clinic's notes."""
    _ask_baseline(patient_id)
    page = page_of(patient_id)
    return _baseline_page(page, course_on(page, course_id), BaselineForm.fresh(), BaselineBackForm.fresh())


@blueprint.post(f"{COURSE_ADDRESS}/baseline")
@open_to(Audience.STAFF)
def give_baseline(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Give it, with the reason."""
    form = BaselineForm()
    if form.validate():
        courses.give_baseline(
            current_identity(),
            patient_in_address(patient_id),
            course_id,
            value=form.value.data,
            reason=form.reason.data,
            client_ref=form.client_ref.data,
            clock=installation().clock,
        )
        return back_to(patient_id)
    _ask_baseline(patient_id)
    page = page_of(patient_id)
    return _baseline_page(page, course_on(page, course_id), form, BaselineBackForm.fresh()), 422


@blueprint.post(f"{COURSE_ADDRESS}/baseline/take-back")
@open_to(Audience.STAFF)
def take_back_baseline(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Take a baseline by hand back, with the reason."""
    form = BaselineBackForm()
    if form.validate():
        courses.give_baseline(
            current_identity(),
            patient_in_address(patient_id),
            course_id,
            value=None,
            reason=form.why.data,
            client_ref=form.client_ref.data,
            clock=installation().clock,
        )
        return back_to(patient_id, "baseline-taken-back")
    _ask_baseline(patient_id)
    page = page_of(patient_id)
    shown = _baseline_page(page, course_on(page, course_id), BaselineForm.fresh(), form)
    if not is_shown(form.why, shown):
        return back_to(patient_id, "")
    return shown, 422


def _ask_baseline(patient_id: uuid.UUID) -> None:
    about, clock = patient_in_address(patient_id), installation().clock
    ask_first(current_identity(), about, permission=Permission.BASELINE_SET, clock=clock)


def _form_page(page: PatientPage, form: CourseForm, title: str, asked: list[str] | None = None) -> str:
    return render_template("clinic/course.html", page=page, form=form, title=title, asked=asked or [])


def _baseline_page(page: PatientPage, course: "Course", form: BaselineForm, back_form: BaselineBackForm) -> str:
    given = page.baselines.get(course.id)
    return render_template(
        "clinic/baseline.html",
        page=page,
        course=course,
        form=form,
        back_form=back_form,
        given=given if given and given.value is not None else None,
        course_name=course_name,
    )
