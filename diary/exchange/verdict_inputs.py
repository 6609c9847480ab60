"""What a verdict was made from, as plain JSON values: kept with a decision, so that it can be made again."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from fractions import Fraction
from typing import Any

from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course, SetBaseline
from diary.clinical.scores import DayScore
from diary.security.chain import canonical


def plain_inputs(
    scores: Mapping[date, DayScore], courses: Sequence[Course], circumstances: Circumstances
) -> dict[str, Any]:
    """Return courses and circumstances in full, and of the entries, which are never changed, what proves them."""
    return {
        "entries": proof_of_entries(scores),
        "courses": [_plain_course(course) for course in courses],
        "circumstances": {name: _plain(value) for name, value in asdict(circumstances).items()},
    }


def proof_of_entries(scores: Mapping[date, DayScore]) -> dict[str, Any]:
    """Return the number of live scores, and the SHA-256 of them with how they came in."""
    entries = [
        [day.isoformat(), entry.score, entry.days_late, entry.source.value] for day, entry in sorted(scores.items())
    ]
    return {"number": len(entries), "sha256": hashlib.sha256(canonical(entries)).hexdigest()}


def read_courses(inputs: Mapping[str, Any]) -> list[Course]:
    """Return the courses as they were known then."""
    return [
        Course(
            tuple(course["medicines"]),
            date.fromisoformat(course["first_day"]),
            date.fromisoformat(course["last_day"]),
            tuple(_read_baseline(*given) for given in course["baselines"]),
        )
        for course in inputs["courses"]
    ]


def read_circumstances(inputs: Mapping[str, Any]) -> Circumstances:
    """Return what else was known then."""
    return Circumstances(**{name: _read(value) for name, value in inputs["circumstances"].items()})


def _plain_course(course: Course) -> dict[str, Any]:
    return {
        "medicines": list(course.medicines),
        "first_day": course.first_day.isoformat(),
        "last_day": course.last_day.isoformat(),
        "baselines": [[_plain(given.value), given.set_on.isoformat()] for given in course.set_baselines],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return str(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(one) for one in value)
    return None if value is None else date.fromisoformat(value)


def _read_baseline(value: str | None, set_on: str) -> SetBaseline:
    return SetBaseline(None if value is None else Fraction(value), date.fromisoformat(set_on))
