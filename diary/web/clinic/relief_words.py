"""Days of relief of each course in words."""

import uuid
from datetime import timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from diary.clinical.relief import CourseRelief, ReliefIs
from diary.clinical.verdict import Verdict
from diary.services.patient_pages import PatientPage
from diary.vocabulary import CourseStatus
from diary.web.words import day


def relief_of_courses(page: PatientPage) -> dict[uuid.UUID, str]:
    """Return what can be said about the relief of each course that has started, by the course's id."""
    said = {one.course.first_day: relief_words(one, page.verdict) for one in page.verdict.relief}
    given = (course for course in page.courses if course.status == CourseStatus.GIVEN)
    return {course.id: said[course.first_day] for course in given if course.first_day in said}


def relief_words(relief: CourseRelief, verdict: Verdict | None = None) -> str:
    """Return the days of relief of a course, or why there is no number; `verdict` is the one it stands beside."""
    words = _in_words(relief, verdict)
    if relief.back_at_baseline is None:
        return words
    back = day(relief.course.last_day + timedelta(days=relief.back_at_baseline))
    return _("%(words)s, back at the baseline on %(day)s", words=words, day=back)


def _in_words(relief: CourseRelief, verdict: Verdict | None) -> str:
    if relief.relief is ReliefIs.LOST and relief.days is not None:
        return str(ngettext("%(num)s day of relief", "%(num)s days of relief", relief.days))
    if relief.relief is ReliefIs.RUNNING and verdict and verdict.mark("over_the_line"):
        return _("Relief not lost for two weeks yet")
    return {
        ReliefIs.TOO_EARLY: _("Days of relief: too early to say"),
        ReliefIs.NONE: _("Relief came and went, never confirmed") if relief.came_and_went else _("No response seen"),
        ReliefIs.RUNNING: _("Relief still running"),
        ReliefIs.ENDED_BY_COURSE: _("Relief ended by the next course"),
    }.get(relief.relief, _("Days of relief: cannot say"))
