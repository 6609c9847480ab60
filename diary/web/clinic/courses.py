"""Courses of a patient: recorded, corrected, with their infusions, baselines and liver tests."""

import uuid
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission
from diary.errors import Invalid, NotThere
from diary.installation import installation
from diary.services import courses
from diary.services.courses import CourseDays
from diary.services.infusions import InfusionGiven, record_infusion
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.services.protection import ask_first
from diary.vocabulary import CourseStatus, EventKind
from diary.web.clinic import blueprint
from diary.web.clinic.forms import BaselineForm, CourseCorrectionForm, CourseForm, InfusionForm, LiverTestForm
from diary.web.clinic.place import patient_in_address
from diary.web.forms import choices, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name, medicine_name
from diary.web.sessions import current_identity

if TYPE_CHECKING:
    from diary.models import Course

COURSE_ADDRESS = "/patients/<uuid:patient_id>/courses/<uuid:course_id>"


@blueprint.get("/patients/<uuid:patient_id>/courses/new", endpoint="new_course")
@open_to(Audience.STAFF)
def show_new_course(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a new course."""
    return _form_page(_page(patient_id), CourseForm.fresh(), _("Record a course"))


@blueprint.post("/patients/<uuid:patient_id>/courses/new")
@open_to(Audience.STAFF)
def add_course(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record it."""
    form = CourseForm()
    if form.validate():
        try:
            courses.record_course(
                current_identity(),
                patient_in_address(patient_id),
                _days(form),
                client_ref=form.client_ref.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _back(patient_id)
    return _form_page(_page(patient_id), form, _("Record a course")), 422


@blueprint.get(f"{COURSE_ADDRESS}/correct", endpoint="correct_course")
@open_to(Audience.STAFF)
def show_correction(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Show a course as it stands, to be corrected."""
    page = _page(patient_id)
    course = _course(page, course_id)
    form = CourseCorrectionForm.fresh()
    medicines: list[Any] = [*course.medicines, "", ""]
    form.medicine.data, form.second.data, form.third.data = medicines[:3]
    form.status.data, form.first_day.data, form.last_day.data = (
        course.status,
        course.first_day,
        course.last_day,
    )
    return _form_page(page, form, _("Correct the course"))


@blueprint.post(f"{COURSE_ADDRESS}/correct")
@open_to(Audience.STAFF)
def save_correction(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Correct it, with the reason."""
    form = CourseCorrectionForm()
    if form.validate():
        try:
            courses.correct_course(
                current_identity(),
                course_id,
                patient_in_address(patient_id),
                _days(form),
                reason=form.reason.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _back(patient_id)
    page = _page(patient_id)
    _course(page, course_id)
    return _form_page(page, form, _("Correct the course")), 422


@blueprint.get(f"{COURSE_ADDRESS}/infusion", endpoint="new_infusion")
@open_to(Audience.STAFF)
def show_infusion(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for an infusion."""
    page = _page(patient_id)
    form = _infusion_form(_course(page, course_id), fresh=True)
    form.day.data = page.today
    return _infusion_page(page, course_id, form)


@blueprint.post(f"{COURSE_ADDRESS}/infusion")
@open_to(Audience.STAFF)
def add_infusion(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Record an infusion; a planned course is given from its first one on."""
    page = _page(patient_id)
    form = _infusion_form(_course(page, course_id), fresh=False)
    if form.validate():
        given = InfusionGiven(
            day=form.day.data,
            medicine=form.medicine.data,
            dose=form.dose.data,
            unit=form.unit.data or None,
            hours=form.hours.data,
            weight_kg=form.weight_kg.data,
            remark=form.remark.data,
        )
        try:
            record_infusion(
                current_identity(),
                patient_in_address(patient_id),
                course_id,
                given,
                client_ref=form.client_ref.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _back(patient_id)
    return _infusion_page(page, course_id, form), 422


@blueprint.get(f"{COURSE_ADDRESS}/baseline", endpoint="new_baseline")
@open_to(Audience.STAFF)
def show_baseline(patient_id: uuid.UUID, course_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a baseline from the clinic's notes."""
    about, clock = patient_in_address(patient_id), installation().clock
    ask_first(current_identity(), about, permission=Permission.BASELINE_SET, clock=clock)
    page = _page(patient_id)
    return _baseline_page(page, _course(page, course_id), BaselineForm(formdata=None))


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
            clock=installation().clock,
        )
        return _back(patient_id)
    page = _page(patient_id)
    return _baseline_page(page, _course(page, course_id), form), 422


@blueprint.post("/patients/<uuid:patient_id>/liver-test")
@open_to(Audience.STAFF)
def record_liver_test(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Record that a liver test is known."""
    form = LiverTestForm()
    if not form.validate():
        raise Invalid(" ".join(str(words) for words in form.day.errors))
    courses.record_event(
        current_identity(),
        patient_in_address(patient_id),
        EventKind.LIVER_TEST,
        day=form.day.data,
        clock=installation().clock,
    )
    return _back(patient_id)


def _page(patient_id: uuid.UUID) -> PatientPage:
    return read_patient_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)


def _course(page: PatientPage, course_id: uuid.UUID) -> "Course":
    for course in page.courses:
        if course.id == course_id:
            return course
    raise NotThere


def _days(form: CourseForm) -> CourseDays:
    return CourseDays(form.medicines, CourseStatus(form.status.data), form.first_day.data, form.last_day.data)


def _back(patient_id: uuid.UUID) -> ResponseReturnValue:
    return redirect(url_for("clinic.patient", patient_id=patient_id, done="patient-changed"), code=303)


def _form_page(page: PatientPage, form: CourseForm, title: str) -> str:
    return render_template("clinic/course.html", page=page, form=form, title=title)


def _infusion_form(course: "Course", *, fresh: bool) -> InfusionForm:
    form = InfusionForm.fresh() if fresh else InfusionForm()
    form.medicine.choices = choices((code, medicine_name(code)) for code in course.medicines)
    return form


def _infusion_page(page: PatientPage, course_id: uuid.UUID, form: InfusionForm) -> str:
    return render_template(
        "clinic/infusion.html", page=page, course=_course(page, course_id), form=form, course_name=course_name
    )


def _baseline_page(page: PatientPage, course: "Course", form: BaselineForm) -> str:
    return render_template("clinic/baseline.html", page=page, course=course, form=form, course_name=course_name)
