"""Sham courses: the rules asked about infusions that were never given, on diaries of people who got none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.courses import Course
from diary.clinical.response import is_good
from diary.clinical.rules import DEFAULT_RULES, WEEK, RuleSet
from diary.clinical.states import State
from diary.validation.figures import PERCENT, Grid, told
from diary.validation.patients import untreated_diary
from diary.validation.resampling import Rows

MEDICINE: Final = "ketamine"
EVERY: Final = 60
"""Days from one sham course to the next; a response can be confirmed up to day 56."""
SETTLES: Final = 14
"""Days of a diary before its first sham course."""
LONG: Final = SETTLES + EVERY
"""Days from the first to the last entry that a diary needs for a sham course."""
ANY_HEIGHT: Final = replace(DEFAULT_RULES, lowest_baseline=Fraction(2))
"""For diaries of little pain: the lowest baseline that a clinic may choose."""

Diary = Mapping[int, int]
"""Scores by ordinal of their day."""


@dataclass(frozen=True, slots=True)
class Sham:
    """What the rules said about one sham course.

    Attributes:
        diary: number of the diary.
        judgeable: whether there is a baseline to judge by, and enough weeks to say that nothing came of it.
        confirmed, in_time: whether a response was confirmed, and by the last day on which it is too early.
        due: whether its loss was confirmed too.
        good_week: whether a week on day 7, 14, 21 or 28 was good.
    """

    diary: int
    judgeable: bool
    confirmed: bool
    in_time: bool
    due: bool
    good_week: bool


def shams_of(diary: Diary, number: int, rules: RuleSet = DEFAULT_RULES) -> Iterator[Sham]:
    """Yield what the rules say about a sham course every 60 days, each judged by itself."""
    days = range(min(diary) + SETTLES, max(diary) - EVERY + 2, EVERY) if diary else range(0)
    for day in days:
        on = date.fromordinal(day)
        until = on + timedelta(days=EVERY - 1)
        known = {one: score for one, score in diary.items() if one <= until.toordinal() and one != day}
        yield _sham(judge_courses([Course((MEDICINE,), on, on)], known, until, rules)[0], number)


def _sham(judged: JudgedCourse, number: int) -> Sham:
    timeline, response = judged.timeline, judged.timeline.response
    if response is None:
        return Sham(number, judgeable=False, confirmed=False, in_time=False, due=False, good_week=False)
    last_early = timeline.medicine.eval_end
    at_end, _why = timeline.verdict_on(last_early + 1)
    return Sham(
        number,
        judgeable=response.confirmed is not None or at_end in (State.NON_RESPONDER, State.NEVER_SETTLED),
        confirmed=response.confirmed is not None,
        in_time=response.confirmed_by(last_early),
        due=bool(response.losses),
        good_week=any(is_good(response.signs[t]) for t in range(WEEK, last_early + 1, WEEK)),
    )


def simulated_shams(seed: int, first: int, size: int) -> list[Sham]:
    """Return the sham courses of simulated diaries of people to whom nothing is given."""
    return [sham for number in range(first, first + size) for sham in shams_of(untreated_diary(seed, number), number)]


HEADER: Final = (
    "diaries",
    "sham courses",
    "that can be judged",
    "response confirmed by day 28",
    "at any time",
    "REPEAT_DUE",
    "one good week (rival)",
)


@dataclass(frozen=True, slots=True)
class RealDiaries:
    """Untreated diaries of one study, and the courses that were given in it.

    Attributes:
        name: what the study is called.
        diaries: the diary of each patient.
        courses: the given courses of each patient, in order.
    """

    name: str
    diaries: Sequence[Diary]
    courses: Sequence[Sequence[Course]]


def sham_grid(simulated: Sequence[Sham], real: Iterable[RealDiaries]) -> Grid:
    """Return how often the rules see a response where nothing was given."""
    rows = [_row("simulated, untreated, two years each", simulated)]
    for study in real:
        long = [diary for diary in study.diaries if diary and max(diary) - min(diary) >= LONG]
        for words, rules in (("", DEFAULT_RULES), (", any baseline from 2 points", ANY_HEIGHT)):
            shams = [sham for number, diary in enumerate(long) for sham in shams_of(diary, number, rules)]
            if shams:
                rows.append(_row(f"{study.name}{words}", shams))
    return Grid("Untreated diaries", HEADER, rows)


def _row(name: str, shams: Sequence[Sham]) -> tuple[str, ...]:
    judgeable = [one for one in shams if one.judgeable]
    said = [[getattr(one, kind) for one in judgeable] for kind in ("in_time", "confirmed", "due", "good_week")]
    return (
        f"{name} ({len({one.diary for one in shams})})",
        str(len(shams)),
        str(len(judgeable)),
        *(_counted(yes, [one.diary for one in judgeable]) for yes in said),
    )


FEWEST_DIARIES: Final = 10
"""Fewer say too little about other diaries to be drawn again."""


def _counted(yes: Sequence[bool], diaries: Sequence[int]) -> str:
    if len(set(diaries)) < FEWEST_DIARIES:
        return str(sum(yes))
    return f"{sum(yes)}: {told(Rows(diaries).mean(yes), PERCENT)}"


def given_grid(real: Iterable[RealDiaries]) -> Grid:
    """Return what the rules say about the courses that were given in real studies, at the end of each diary."""
    rows = []
    for study in real:
        given = [
            judge_courses(list(courses), diary, date.fromordinal(max(diary)), DEFAULT_RULES)
            for diary, courses in zip(study.diaries, study.courses, strict=True)
            if diary and courses and courses[-1].first_day.toordinal() <= max(diary)
        ]
        usable = [one[-1].timeline.response for one in given if one[-1].timeline.response is not None]
        good = sum(any(is_good(sign) for sign in response.signs) for response in usable)
        confirmed = sum(response.confirmed is not None for response in usable)
        if given:
            rows.append((study.name, *map(str, (len(given), len(usable), good, confirmed))))
    header = ("study", "patients with a course", "with a usable baseline", "with a good week", "confirmed")
    return Grid("Courses given in real studies", header, rows)
