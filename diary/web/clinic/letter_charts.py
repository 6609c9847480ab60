"""The chart of a letter, in the language it is written in."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from flask_babel import gettext as _
from markupsafe import Markup

from diary.charts.letter_svg import LetterChartWords, Level, letter_chart
from diary.charts.series import CourseBand
from diary.services.letters import LetterFacts
from diary.web.medicines import course_name
from diary.web.words import day, day_and_month

LONGEST_CHART: Final = timedelta(days=400)
SHORTEST_CHART: Final = timedelta(days=84)


def chart_of_letter(facts: LetterFacts) -> Markup | None:
    """Return days, weekly mean, baseline and line as an SVG; None before the first entry."""
    page = facts.page
    if not page.points:
        return None
    first = min(point.day for point in page.points)
    first = max(min(first, page.today - SHORTEST_CHART), page.today - LONGEST_CHART)
    svg = letter_chart(
        page.points,
        page.means,
        [
            CourseBand(course_name(one.course.medicines), one.course.first_day, one.course.last_day)
            for one in facts.courses
        ],
        list(_levels(facts)),
        first=first,
        last=page.today,
        words=_chart_words(first, facts),
    )
    return Markup(svg)  # noqa: S704 (made by our own chart, which escapes every label)


def _levels(facts: LetterFacts) -> Iterator[Level]:
    for one in facts.courses:
        if one.baseline is not None and one.line is not None:
            is_first, begins = one is facts.courses[0], one.course.first_day
            begins -= timedelta(days=facts.page.rules.baseline_days if is_first else 0)
            yield Level(begins, one.followed_to, float(one.baseline.value), float(one.line))


def _chart_words(first: date, facts: LetterFacts) -> LetterChartWords:
    return LetterChartWords(
        title=_("Pain by day, and the mean of the 7 days up to it"),
        summary=_(
            "Scores from 0 to 10, from %(first)s to %(last)s. The numbers stand in the tables.",
            first=day(first),
            last=day(facts.page.today),
        ),
        baseline=_("Baseline"),
        line=_("Line"),
        day_label=day_and_month,
    )
