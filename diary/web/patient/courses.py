"""My courses: a plain card a course, with the means of the weeks around it."""

from collections.abc import Iterable

from flask import render_template
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services.own_courses import read_own_courses
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.patient import blueprint
from diary.web.sessions import current_identity


@blueprint.get("/courses")
@open_to(Audience.PATIENT)
def courses() -> ResponseReturnValue:
    """Show the courses that were given and those that are planned, the newest first."""
    return render_template(
        "patient/courses.html",
        own=read_own_courses(current_identity(), clock=installation().clock),
        headed=headed,
    )


def headed(codes: Iterable[str]) -> str:
    """Return the short name of a course as a heading begins; what follows its first letter stays as it is written."""
    name = course_name(codes)
    return name[:1].upper() + name[1:]
