"""The numbers of the groups' figures as sheets: nobody's name, reference or id, and days instead of dates."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from diary.clinical.cohort.singles import SingleLine, Stretch
from diary.exchange.cohort_lines import NOTE, rounded, written_p
from diary.exchange.study.cells import cell_of

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import Cohort

Row = Sequence[object]
RESPONDER_WEEKS: Final = (1, 4, 8, 12)


@dataclass(frozen=True, slots=True)
class CohortFigures:
    """What is in the figures: groups, and single patients under the numbers of the page."""

    cohort: "Cohort"
    lines: Sequence[tuple[int, SingleLine]]
    stretches: Sequence[tuple[int, Stretch]]


class Sheet(NamedTuple):
    """The columns of a file and where its rows come from."""

    columns: tuple[str, ...]
    rows: Callable[[CohortFigures], Iterable[Row]]


def sheet_of(sheet: Sheet, figures: CohortFigures) -> tuple[bytes, int]:
    """Return a file for a spreadsheet, and how many rows it has; no cell of it is taken for a formula."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(sheet.columns)
    rows = list(sheet.rows(figures))
    lines.writerows([cell_of(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig"), len(rows)


def _weeks(figures: CohortFigures) -> Iterable[Row]:
    for group in figures.cohort.groups:
        for week in group.weeks:
            yield group.name, week.week, week.n, rounded(week.mean), rounded(week.se)


def _responders(figures: CohortFigures) -> Iterable[Row]:
    for group in figures.cohort.groups:
        for week in group.weeks:
            if week.week in RESPONDER_WEEKS:
                shares = rounded(week.responders30), rounded(week.responders50)
                yield group.name, week.week, week.with_baseline, *shares


def _tests(figures: CohortFigures) -> Iterable[Row]:
    first, second = figures.cohort.compared or ("", "")
    for one in figures.cohort.tests:
        chances = map(written_p, (one.p_ancova, one.p_holm, one.p_welch))
        yield first, second, one.week, one.n, *chances, NOTE


def _relief(figures: CohortFigures) -> Iterable[Row]:
    for relief in figures.cohort.relief:
        for day in relief.curve.days:
            yield relief.group, day.day, day.at_risk, day.lost, day.censored, rounded(day.share)


def _medians(figures: CohortFigures) -> Iterable[Row]:
    for one in figures.cohort.relief:
        limits = one.curve.median, one.curve.low, one.curve.high
        yield one.group, one.n, one.lost, *limits, written_p(one.p_logrank), NOTE


def _patients(figures: CohortFigures) -> Iterable[Row]:
    for number, line in figures.lines:
        for week, mean in enumerate(line.means, 1):
            if mean is not None:
                yield number, line.group, week, rounded(mean)


def _courses(figures: CohortFigures) -> Iterable[Row]:
    for number, one in figures.stretches:
        lost = "" if one.relieved is None else "lost" if one.lost else "look ended"
        yield number, one.place, one.medicine or "", one.first, one.last, one.end, one.relieved, lost


SHEETS: Final[Mapping[str, Sheet]] = {
    "weeks": Sheet(("group", "week", "n", "mean", "se"), _weeks),
    "tests": Sheet(("group", "other_group", "week", "n", "p_ancova", "p_holm", "p_welch", "note"), _tests),
    "patients": Sheet(("patient", "group", "week", "mean"), _patients),
    "responders": Sheet(("group", "week", "n_with_baseline", "responders30", "responders50"), _responders),
    "relief": Sheet(("group", "day", "at_risk", "lost", "look_ended", "share_relieved"), _relief),
    "medians": Sheet(("group", "n", "lost", "median", "low", "high", "p_logrank", "note"), _medians),
    "courses": Sheet(
        ("patient", "course", "medicine", "first_day", "last_day", "followed_until", "relieved_until", "ended_by"),
        _courses,
    ),
}
"""The files there are, by their names in the address."""
