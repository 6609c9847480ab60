"""What the rules reach: responses found, losses said early or late, and the warning before."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from diary.validation.figures import DAYS, PERCENT, SHARE, Figure, Grid, Rival, Target, told, written
from diary.validation.followed import FOLLOWED, NEVER, Followed
from diary.validation.resampling import Estimate, Floats, Rows

EARLY: Final = 7
"""Days before the true day from which a verdict is premature."""
UNTREATED: Final = 0.2
"""Relief below which nothing was there to be found, share of the pain."""
AHEAD: Final = 35
"""Days within which a warning should be followed by the verdict."""
Yes = NDArray[np.bool_]


class RuleColumns:
    """Courses as columns: what the rules said and what was true. Days are days t, NEVER where it did not come."""

    def __init__(self, courses: Sequence[Followed]) -> None:
        """Take every course with a usable baseline."""
        self.rows = Rows([one.number for one in courses])
        self.courses = courses
        self.lost = np.array([one.truth.lost for one in courses])
        self.over = np.array([one.truth.over for one in courses])
        self.confirmed = np.array([one.confirmed for one in courses])
        self.due = np.array([one.due for one in courses])
        self.has_response = self.confirmed < NEVER

    def premature(self, said: Floats, true: Floats) -> Floats:
        """Return the share of confirmed responses whose loss was `said` more than 7 days before the `true` day."""
        return self.rows.mean((said < NEVER) & (said < true - EARLY), self.has_response)

    @property
    def truly_lost(self) -> Yes:
        """Whether a confirmed response was truly lost while the course was watched."""
        lost: Yes = self.has_response & (self.lost <= FOLLOWED)
        return lost

    def lag(self, where: Yes) -> Floats:
        """Return how many days after the true loss the verdict came, one for each course, 0 outside `where`."""
        found: Floats = np.where(where, self.due, 0) - np.where(where, self.lost, 0)
        return found


def loss_figures(courses: Sequence[Followed]) -> list[Figure]:
    """Return the rows of the table of section 5 that are about REPEAT_DUE and DUE_SOON."""
    columns = RuleColumns(courses)
    rows, lost = columns.rows, columns.truly_lost
    lag = columns.lag(lost)
    by_one_week = columns.premature(np.array([one.week_over for one in courses]), columns.over)[0]
    warned = Rows([one.number for one in courses if one.due < NEVER])
    lead = [one.due - (one.close[-1] if one.close else one.due) for one in courses if one.due < NEVER]
    return [
        Figure(
            "REPEAT_DUE: premature (more than 7 days early)",
            Estimate.of(columns.premature(columns.due, columns.over)),
            PERCENT,
            Target(high=0.05),
            [Rival("7-day mean once", float(by_one_week))],
        ),
        Figure("REPEAT_DUE: lag, median", Estimate.of(rows.quantile(lag, 0.5, lost)), DAYS, Target(high=8)),
        Figure("REPEAT_DUE: lag, 90 %", Estimate.of(rows.quantile(lag, 0.9, lost)), DAYS, Target(high=15)),
        Figure("DUE_SOON: lead before due, median", Estimate.of(warned.quantile(lead, 0.5)), DAYS, Target(low=10)),
        Figure("DUE_SOON: not due within 35 days", _in_vain(courses), PERCENT, Target(high=0.25)),
    ]


def _in_vain(courses: Sequence[Followed]) -> Estimate:
    """Return the share of runs of DUE_SOON that were not followed by the verdict within 35 days."""
    runs = [(one, start) for one in courses for start in one.close if start <= FOLLOWED]
    rows = Rows([one.number for one, _ in runs])
    return Estimate.of(rows.mean([one.due - start > AHEAD for one, start in runs]))


def response_figures(courses: Sequence[Followed], short_acting: Sequence[Followed]) -> list[Figure]:
    """Return the rows about responses; `short_acting` are courses of a medicine that one good week confirms."""
    return [
        *_response(courses, "response, two weeks", found=0.95, rival=True),
        *_response(short_acting, "response, one week (short-acting)", found=0.95, rival=False),
    ]


FALSE: Final = 0.07


def _response(courses: Sequence[Followed], name: str, *, found: float, rival: bool) -> list[Figure]:
    rows = Rows([one.number for one in courses])
    relieved, untreated = _relieved(courses), _untreated(courses)
    said = [one.confirmed_in_time for one in courses]
    one_good_week = float(rows.mean([one.good_week for one in courses], untreated)[0])
    rivals = [Rival("one good week", one_good_week)] if rival else []
    return [
        Figure(f"{name}: found", Estimate.of(rows.mean(said, relieved)), SHARE, Target(low=found)),
        Figure(f"{name}: false", Estimate.of(rows.mean(said, untreated)), PERCENT, Target(high=FALSE), rivals),
    ]


def _relieved(courses: Sequence[Followed]) -> Yes:
    return np.array([one.truth.relieved for one in courses])


def _untreated(courses: Sequence[Followed]) -> Yes:
    return np.array([one.truth.relief < UNTREATED for one in courses])


def loss_in_detail(courses: Sequence[Followed]) -> Grid:
    """Return how early and how late rules say a loss, measured against two true days."""
    columns = RuleColumns(courses)
    rows, relieved_then = columns.rows, columns.truly_lost & (columns.lost > columns.confirmed)
    said = {
        "REPEAT_DUE": columns.due,
        "one 7-day mean over the line": np.array([one.week_over for one in courses]),
        "one day over the line": np.array([one.day_over for one in courses]),
    }
    lasting = "the 7-day mean lies above the line for 7 days"
    grid = [
        (f"{name}: more than 7 days before {words}", told(columns.premature(days, true), PERCENT))
        for words, true in (("the 7-day mean first lies above the line", columns.over), (lasting, columns.lost))
        for name, days in said.items()
    ]
    lag = columns.lag(relieved_then)
    grid += [
        (
            f"REPEAT_DUE: lag, {label}, where relief truly lasted beyond its confirmation",
            told(rows.quantile(lag, share, relieved_then), DAYS),
        )
        for label, share in (("median", 0.5), ("90 %", 0.9))
    ]
    return Grid("Losses in detail", ("figure", "value"), grid)


def response_in_detail(courses: Sequence[Followed], short_acting: Sequence[Followed]) -> Grid:
    """Return responses found and falsely found, by when and how they are said."""
    grid = []
    for medicine, some in (("ketamine", courses), ("lidocaine", short_acting)):
        rows = Rows([one.number for one in some])
        said = {
            "by the last day on which it is too early": [one.confirmed_in_time for one in some],
            "later as well (mark late_response)": [one.confirmed < NEVER for one in some],
            "rival: one good week on day 7, 14, 21 or 28": [one.good_week for one in some],
        }
        grid += [
            (
                medicine,
                words,
                written(Estimate.of(rows.mean(yes, _relieved(some))), SHARE),
                written(Estimate.of(rows.mean(yes, _untreated(some))), PERCENT),
            )
            for words, yes in said.items()
        ]
    return Grid("Responses in detail", ("medicine", "said", "found", "false"), grid)
