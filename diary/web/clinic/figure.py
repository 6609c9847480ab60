"""The figure of a patient, with its words."""

from datetime import timedelta
from typing import Any

from babel.dates import get_month_names
from flask_babel import get_locale
from flask_babel import gettext as _

from diary.charts.course_chart import CourseChart, CourseChartWords
from diary.charts.series import CourseBand
from diary.services.figures import Drawn
from diary.services.projection import course_bands
from diary.web.clinic.chart_words import Axis, View, first_shown, overlay, tick_layers
from diary.web.clinic.forecast_words import window_of, window_words
from diary.web.medicines import course_name
from diary.web.words import points


def figure_of(drawn: Drawn, view: View) -> dict[str, Any]:
    """Return the figure as JSON values; plotly is imported only here."""
    if view == "courses" and drawn.given:
        from diary.charts.overlay_figure import (  # noqa: PLC0415 (heavy, and few requests need it)
            CourseCurve,
            OverlayChart,
            overlay_figure,
        )

        line = drawn.verdict.line
        curves = [CourseCurve(*curve) for curve in overlay(drawn)]
        return overlay_figure(OverlayChart(curves, None if line is None else float(line), _words(drawn)))
    from diary.charts.course_figure import course_figure  # noqa: PLC0415 (heavy, and few requests need it)

    return course_figure(_chart(drawn, "calendar" if view == "calendar" else "days"))


def _chart(drawn: Drawn, axis: Axis) -> CourseChart:
    verdict = drawn.verdict
    course, baseline = verdict.course, verdict.baseline
    bands = course_bands(drawn.given)
    return CourseChart(
        points=drawn.points,
        means=drawn.means,
        bands=[CourseBand(course_name(b.label.split(" + ")), b.first_day, b.last_day) for b in bands],
        baseline=float(baseline.value) if baseline else None,
        line=float(verdict.line) if verdict.line is not None else None,
        baseline_from=course.first_day - timedelta(days=drawn.rules.baseline_days) if course else None,
        line_from=course.last_day if course else None,
        today=drawn.today,
        axis=axis if course else "calendar",
        day_0=course.last_day if course else None,
        words=_words(drawn),
        first_shown=first_shown(drawn),
        forecast=window_of(drawn),
        ticks=tick_layers(drawn.marked),
    )


def _words(drawn: Drawn) -> CourseChartWords:
    verdict, locale = drawn.verdict, get_locale() or "en"
    baseline = verdict.baseline.value if verdict.baseline else None
    relief = drawn.rules.relief_percent
    window = window_of(drawn)
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
