"""The figure of a patient, with its words."""

from datetime import date, timedelta
from typing import Any, Final, Literal

from babel.dates import get_month_names
from flask_babel import get_locale
from flask_babel import gettext as _

from diary.charts.course_chart import CourseChart, CourseChartWords
from diary.charts.series import CourseBand
from diary.services.patient_pages import PatientPage
from diary.services.projection import course_bands
from diary.web.clinic.forecast_words import window_of, window_words
from diary.web.medicines import course_name
from diary.web.words import points

Axis = Literal["calendar", "days"]
BEFORE_THE_COURSE: Final = 28
WITHOUT_A_COURSE: Final = 84


def first_shown(page: PatientPage) -> date:
    """Return the left edge of the first view: four weeks before the judged course, or the last twelve weeks."""
    course = page.verdict.course
    if course is None:
        return page.today - timedelta(days=WITHOUT_A_COURSE - 1)
    return course.first_day - timedelta(days=BEFORE_THE_COURSE)


def figure_of(page: PatientPage, axis: Axis) -> dict[str, Any]:
    """Return the figure as JSON values; plotly is imported only here."""
    from diary.charts.course_figure import course_figure  # noqa: PLC0415 (heavy, and few requests need it)

    return course_figure(_chart(page, axis))


def _chart(page: PatientPage, axis: Axis) -> CourseChart:
    verdict = page.verdict
    course, baseline = verdict.course, verdict.baseline
    given = [course for course in page.diary.given if course.first_day <= page.today]
    return CourseChart(
        points=page.points,
        means=page.means,
        bands=[CourseBand(course_name(b.label.split(" + ")), b.first_day, b.last_day) for b in course_bands(given)],
        baseline=float(baseline.value) if baseline else None,
        line=float(verdict.line) if verdict.line is not None else None,
        baseline_from=course.first_day - timedelta(days=page.rules.baseline_days) if course else None,
        line_from=course.last_day if course else None,
        today=page.today,
        axis=axis if course else "calendar",
        day_0=course.last_day if course else None,
        words=_words(page),
        first_shown=first_shown(page),
        forecast=window_of(page),
    )


def _words(page: PatientPage) -> CourseChartWords:
    verdict, locale = page.verdict, get_locale() or "en"
    baseline = verdict.baseline.value if verdict.baseline else None
    relief = page.rules.relief_percent
    window = window_of(page)
    today = _("today, day %(t)s", t=verdict.t) if verdict.t is not None else _("today")
    return CourseChartWords(
        score=_("score of a day"),
        late=_("late"),
        paper=_("paper"),
        mean=_("mean of 7 days"),
        course=_("course"),
        entries=_("{n} of 7 days"),
        day=_("day {day}"),
        days_axis=_("days since the last infusion"),
        baseline=_("baseline %(points)s", points=points(baseline)),
        line=_("line %(points)s: %(relief)s %% relief", points=points(verdict.line), relief=relief),
        today=today,
        forecast=_("likely end of relief: %(window)s", window=window_words(window)) if window else "",
        months=tuple(get_month_names("wide", locale=locale).values()),
        short_months=tuple(get_month_names("abbreviated", locale=locale).values()),
    )
