"""Nasty but valid diaries, made from a seed: levels on the borders, gaps, chains of courses, late writing."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from diary.clinical.courses import Course
from diary.clinical.diary_day import diary_day, start_of_day
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import Revision, Source

DATES: Final = [date(2026, 3, 29), date(2026, 5, 10), date(2026, 7, 2), date(2026, 9, 15), date(2026, 10, 31)]
"""The days to judge; courses and borders are laid around them."""

MEDICINES: Final = [medicine.code for medicine in DEFAULT_RULES.medicines]
ZONES: Final = [
    "UTC",
    "Europe/Amsterdam",
    "America/Los_Angeles",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Pacific/Apia",
]
SUMS: Final = [70, 70, 50, 50, 60, 40, 45, 55, 65, 42, 49, 35, 30, 28, 27]
"""Sums of seven baseline days; 70, 60, 50 and 40 have lines that whole scores can hit exactly."""

CLOCKS: Final = [
    time(4),
    time(4, 0, 1),
    time(12, 30),
    time(23, 59, 59),
    time(0),
    time(2, 30),
    time(3, 59, 59),
]

Stretch = tuple[int, float]


@dataclass
class Case:
    """One patient: courses, scores, and for some when and how they were written (moment, source)."""

    zone: str
    courses: list[tuple[str, date, date]] = field(default_factory=list)
    scores: dict[date, int] = field(default_factory=dict)
    written: dict[date, tuple[str, str]] = field(default_factory=dict)

    def rows(self, name: str) -> tuple[list[dict[str, str]], list[dict[str, str]], list[dict[str, str]]]:
        """Return the rows of patients.csv, courses.csv and scores.csv."""
        courses = [
            {
                "patient": name,
                "medicine": medicine,
                "first_day": first.isoformat(),
                "last_day": last.isoformat(),
            }
            for medicine, first, last in self.courses
        ]
        scores = [
            {
                "patient": name,
                "day": day.isoformat(),
                "score": str(score),
                "entered_at": moment,
                "source": source,
            }
            for day, score in self.scores.items()
            for moment, source in [self.written.get(day, ("", ""))]
        ]
        return [{"patient": name, "timezone": self.zone, "tags": ""}], courses, scores

    def given_courses(self) -> list[Course]:
        """Return the courses as the rules take them."""
        return [Course(tuple(medicine.split("+")), first, last) for medicine, first, last in self.courses]

    def revisions(self) -> list[Revision]:
        """Return the entries as the rules take them."""
        return [self._revision(day, score) for day, score in self.scores.items()]

    def _revision(self, day: date, score: int) -> Revision:
        moment, source = self.written.get(day, ("", ""))
        zone = ZoneInfo(self.zone)
        if not moment:
            noon = start_of_day(day, zone) + timedelta(hours=8)
            return Revision(day, score, day, noon, noon, "a", Source(source or "import"))
        at = datetime.fromisoformat(moment)
        return Revision(day, score, diary_day(at, zone), at, at, "a", Source(source or "import"))


def nasty_case(seed: int) -> Case:
    """Return the case of `seed`, always the same one."""
    rng = random.Random(seed)
    case = Case(rng.choice(ZONES))
    lay_courses(case, rng)
    if case.courses:
        fill(case, rng)
        thin(case, rng)
    if rng.random() < 0.4:
        case.written = {day: moment_of(day, case.zone, rng) for day in case.scores}
    return case


def lay_courses(case: Case, rng: random.Random) -> None:
    """Lay one to seven courses back from a day t before one of the dates."""
    count, least, most = rng.choice(
        [(1, 1, 1), (1, 1, 1), (2, 15, 120), (3, 16, 75), (7, 20, 32), (2, 363, 367), (0, 1, 1)]
    )
    t = rng.choice([-1, 0, 1, 6, 7, rng.randint(8, 30), rng.randint(14, 60), rng.randint(20, 200)])
    last = rng.choice(DATES) - timedelta(days=t)
    medicine = medicines_of(rng)
    for _ in range(count):
        first = last - timedelta(days=rng.choice([0, 0, 2, 4]))
        case.courses.insert(0, (medicine, first, last))
        last = first - timedelta(days=rng.randint(least, most))
        if rng.random() < 0.4:
            medicine = medicines_of(rng)


def medicines_of(rng: random.Random) -> str:
    """Return one medicine, or sometimes two joined."""
    chosen = rng.sample(MEDICINES, 2 if rng.random() < 0.2 else 1)
    return "+".join(chosen)


def spread(total: int, rng: random.Random) -> list[int]:
    """Return seven scores with exactly this sum."""
    scores = [total // 7] * 7
    for place in rng.sample(range(7), total % 7):
        scores[place] += 1
    return scores


def fill(case: Case, rng: random.Random) -> None:
    """Write a baseline of an exact mean, and after each course stretches whose levels lie on the borders."""
    total, noise = rng.choice(SUMS), rng.choice([0, 0, 0.15, 0.4])
    first = case.courses[0][1]
    put_before(case, first, spread(total, rng))
    for back in range(8, rng.choice([8, 15, 40])):
        case.scores[first - timedelta(days=back)] = total // 7
    for number, (medicine, _, last) in enumerate(case.courses):
        until = case.courses[number + 1][1] if number + 1 < len(case.courses) else DATES[-1] + timedelta(days=10)
        day = last + timedelta(days=1)
        for days, level in stretches(total / 7, DEFAULT_RULES.medicine(medicine.split("+")[0]).eval_end, rng):
            for step in range(min(days, (until - day).days)):
                case.scores[day + timedelta(days=step)] = whole(level, step, noise, rng)
            day = min(day + timedelta(days=days), until)
        if number + 1 < len(case.courses) and (until - last).days > 8:
            end_before_next(case, until, total, rng)


def put_before(case: Case, end: date, scores: list[int]) -> None:
    """Write `scores` on the days before `end`."""
    for back, score in enumerate(scores, 1):
        case.scores[end - timedelta(days=back)] = score


def stretches(baseline: float, eval_end: int, rng: random.Random) -> list[Stretch]:
    """Return lengths and levels of the time after a course."""
    line = 0.7 * baseline
    near = [line, line - 0.5, line - 1, line + 0.2, line - 0.2, line - 0.75]
    low, high = max(0.0, line - rng.choice([1.2, 2, 3])), rng.choice([line + 0.3, line + 1, baseline])
    some = rng.randint
    return rng.choice(
        [
            [(400, low)],
            [(some(14, 50), low), (400, high)],
            [(some(7, 16), low), (some(5, 9), high), (some(5, 20), low), (400, high)],
            [(some(14, 40), low), (some(14, 30), high), (400, low)],
            [(some(14, 30), low), (some(15, 25), high), (some(15, 30), low), (400, high)],
            [(400, rng.choice([baseline, line + 0.3]))],
            [(some(6, 12), low), (400, high)],
            [(some(7, eval_end), high), (400, low)],
            [(2 * eval_end + some(-15, 5), high), (400, low)],
            [(some(4, 12), rng.choice(near)) for _ in range(60)],
            [(some(8, 30), low), *((some(3, 9), rng.choice(near)) for _ in range(40))],
            [(some(14, 40), rng.choice(near[:3])), (some(7, 20), rng.choice(near)), (400, high)],
        ]
    )


def whole(level: float, step: int, noise: float, rng: random.Random) -> int:
    """Return a whole score so that a run of them has the mean `level`."""
    low = int(level)
    score = low + int((step * (level - low)) % 1 + (level - low) >= 1 - 1e-9)
    if rng.random() < noise:
        score += rng.choice([-1, 1])
    return max(0, min(10, score))


def end_before_next(case: Case, until: date, total: int, rng: random.Random) -> None:
    """Write the week before the next course: on the borders of the kept rule, or hardly anything at all."""
    sums = rng.choice([None, None, round(0.7 * total), total - 7, total - 8, round(0.4 * total), total])
    if sums is not None:
        put_before(case, until, spread(max(0, sums), rng))
    elif rng.random() < 0.6:
        fortnight = [until - timedelta(days=back) for back in range(1, 15)]
        for day in rng.sample(fortnight, rng.choice([14, 11, 10, 9, 8])):
            case.scores.pop(day, None)


def thin(case: Case, rng: random.Random) -> None:
    """Leave days out: here and there, in gaps, around the first weeks, or all after some day."""
    missing = rng.choice([0, 0, 0, 0.1, 0.2, 0.35, 0.43])
    gone = {day for day in case.scores if day > case.courses[0][2] and rng.random() < missing}
    for _, _, last in case.courses:
        for _ in range(rng.choice([0, 0, 1, 3])):
            start, length = rng.randint(0, 90), rng.choice([rng.randint(2, 7), rng.randint(4, 30)])
            gone |= {last + timedelta(days=t) for t in range(start, start + length)}
    if rng.random() < 0.2:
        stop = rng.choice(DATES) - timedelta(days=rng.choice([0, 3, 5, 6, 7, 8, 20]))
        gone |= {day for day in case.scores if day > stop}
    if rng.random() < 0.12:
        week = [case.courses[0][1] - timedelta(days=back) for back in range(1, 8)]
        gone |= set(rng.sample(week, rng.choice([3, 4, 7])))
    case.scores = {day: score for day, score in case.scores.items() if day not in gone}


def moment_of(day: date, zone: str, rng: random.Random) -> tuple[str, str]:
    """Return when and how a score was written: mostly on time, at awkward hours, shown in any offset."""
    if rng.random() < 0.15:
        return "", rng.choice(["", "import", "paper"])
    late = rng.choices([-1, 0, 1, 2, 3, 12], [1, 60, 22, 6, 4, 2])[0]
    clock = rng.choice(CLOCKS)
    on = day + timedelta(days=late if clock.hour >= 4 else late + 1)
    local = datetime.combine(on, clock, tzinfo=ZoneInfo(zone))
    shown = local.astimezone(rng.choice([UTC, ZoneInfo(zone)]))
    return shown.isoformat(), rng.choice(["self", "self", "self", "staff", "paper", "late", "import"])
