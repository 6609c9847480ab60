"""Courses from before the diary, brought in from the clinic's notes: a small table, all of it or nothing."""

import uuid

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.errors import Invalid
from diary.installation import installation
from diary.services.past_courses import record_past_courses
from diary.web.clinic import blueprint
from diary.web.clinic.course_forms import PastCourseRow, PastCoursesForm, past_rows, row_errors, take_row_refusals
from diary.web.clinic.course_place import back_to, page_of
from diary.web.clinic.place import patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity


@blueprint.get("/patients/<uuid:patient_id>/courses/past", endpoint="new_past_courses")
@open_to(Audience.STAFF)
def show_past_courses(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for past courses."""
    return _page(patient_id, PastCoursesForm.fresh(), dict(enumerate(past_rows(sent=False))))


@blueprint.post("/patients/<uuid:patient_id>/courses/past")
@open_to(Audience.STAFF)
def bring_in_courses(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Bring them in; empty rows are left out, and one that is wrong keeps all of them out."""
    form, rows = PastCoursesForm(), dict(enumerate(past_rows(sent=True)))
    written = {number: row for number, row in rows.items() if not row.is_empty}
    wrong = [number for number, row in written.items() if not row.validate()]
    is_whole = form.validate()
    if not written:
        form.form_errors.append(_("Write at least one course, or go back."))
    elif is_whole and not wrong:
        given = {number: row.past for number, row in written.items()}
        try:
            record_past_courses(
                current_identity(),
                patient_in_address(patient_id),
                given,
                client_ref=form.client_ref.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_row_refusals(form, rows, refusal)
        else:
            return back_to(patient_id, "courses-brought-in")
    return _page(patient_id, form, rows), 422


def _page(patient_id: uuid.UUID, form: PastCoursesForm, rows: dict[int, PastCourseRow]) -> str:
    page = page_of(patient_id)
    return render_template("clinic/past_courses.html", page=page, form=form, rows=rows, errors=list(row_errors(rows)))
