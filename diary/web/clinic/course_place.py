"""The patient and the course that an address is about, and the way back to the patient's page."""

import uuid
from typing import TYPE_CHECKING, Final

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from diary.errors import NotThere
from diary.installation import installation
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.web.clinic.place import patient_in_address
from diary.web.sessions import current_identity

if TYPE_CHECKING:
    from diary.models import Course, Infusion

COURSE_ADDRESS: Final = "/patients/<uuid:patient_id>/courses/<uuid:course_id>"
INFUSION_ADDRESS: Final = "/patients/<uuid:patient_id>/infusions/<uuid:infusion_id>"


def page_of(patient_id: uuid.UUID) -> PatientPage:
    """Return the page of a patient; that somebody looked is written."""
    return read_patient_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)


def course_on(page: PatientPage, course_id: uuid.UUID) -> "Course":
    """Return a course of the patient.

    Raises:
        NotThere: there is no such course.
    """
    for course in page.courses:
        if course.id == course_id:
            return course
    raise NotThere


def infusion_on(page: PatientPage, infusion_id: uuid.UUID) -> "tuple[Course, Infusion]":
    """Return an infusion that stands, with its course.

    Raises:
        NotThere: there is no such infusion, or it was taken back.
    """
    for course in page.courses:
        for infusion in page.infusions.get(course.id, []):
            if infusion.id == infusion_id:
                return course, infusion
    raise NotThere


def back_to(patient_id: uuid.UUID, done: str = "patient-changed") -> ResponseReturnValue:
    """Lead back to the patient's page, which says what was done."""
    return redirect(url_for("clinic.patient", patient_id=patient_id, done=done), code=303)
