"""The medicines of the rules, with the numbers that judge a course of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from diary.clinical.errors import ClinicalError
from diary.clinical.rule_numbers import rule_number


@dataclass(frozen=True, slots=True)
class Medicine:
    """How a course of one medicine is judged.

    Attributes:
        code: name in study files and in the database.
        substance: what is counted together for intervals, limits and liver tests.
        eval_end: last day (t) on which it is too early to call a course without response; days.
        confirm_weeks: good weeks that confirm a response: 2, or 1 for short-acting medicines.
        minimum_interval: days from day 0 before the next course; `interval_status` says how sure that is.
        courses_a_year: courses of the substance within 365 days.
        evidence: what is known about the benefit, in words.
        prior_t50, prior_log_sd: day t on which half of the relief is gone before anything is known of the patient, and
            the SD of its natural logarithm; for the forecast alone.
        waiting_time: days between asking for an infusion chair and sitting in it. The clinic's own number: without it
            nothing is said about booking.
        *_status: V verified in a published source, S from simulation, O opinion that a clinic signs off.
    """

    code: str
    substance: str
    eval_end: int = field(
        metadata=rule_number(
            "day t", "O", "last day on which it is too early to say that nothing came of it", between=(14, 365)
        )
    )
    confirm_weeks: int = field(metadata=rule_number("weeks", "S", "good weeks that confirm a response", between=(1, 2)))
    minimum_interval: int = field(
        metadata=rule_number("days", "O", "days from day 0 before the next course", between=(1, 730))
    )
    courses_a_year: int = field(
        metadata=rule_number("courses", "O", "courses of the substance in 365 days", between=(1, 52))
    )
    evidence: str
    prior_t50: int = field(
        metadata=rule_number(
            "day t", "O", "day on which half of the relief is gone, before anything is known", between=(1, 1095)
        )
    )
    prior_log_sd: float = field(
        metadata=rule_number("", "O", "spread of that day: SD of its natural logarithm", between=(0.1, 2.0))
    )
    waiting_time: int | None = field(
        default=None,
        metadata=rule_number(
            "days",
            "O",
            "days between asking for a chair and sitting in it",
            between=(0, 365),
            may_be_unset=True,
        ),
    )
    interval_status: str = "O"
    limit_status: str = "O"


DEFAULT_MEDICINES: Final[tuple[Medicine, ...]] = (
    Medicine("ketamine", "ketamine", 28, 2, 42, 6, "trials, contested", 60, 0.55),
    Medicine("ketamine-single", "ketamine", 21, 2, 21, 12, "23-51 % longer than 3 weeks", 21, 0.7),
    Medicine("lidocaine", "lidocaine", 14, 1, 28, 12, "short acting, 1-2 weeks", 14, 0.7),
    Medicine(
        "immunoglobulin",
        "immunoglobulin",
        28,
        2,
        21,
        6,
        "small trial for, large trial null",
        35,
        0.5,
        interval_status="V",
    ),
    Medicine("bisphosphonate", "bisphosphonate", 90, 2, 180, 2, "trials, kept at 1 year", 365, 0.6),
    Medicine("magnesium", "magnesium", 28, 2, 28, 6, "no better than placebo", 21, 0.7),
    Medicine("clonidine", "clonidine", 14, 1, 28, 12, "no controlled trial found", 14, 0.7),
    Medicine("dexmedetomidine", "dexmedetomidine", 14, 1, 28, 12, "no controlled trial found", 14, 0.7),
    Medicine("other", "other", 28, 2, 28, 12, "none", 28, 0.8),
)

SHORTEST_INTERVAL: Final[Mapping[str, int]] = {"ketamine": 17}
"""Days below which a clinic cannot set the interval. Source: Noppers 2011: after 16 days 3 of 6 had a liver injury."""

MEDICINE_CODES: Final[frozenset[str]] = frozenset(medicine.code for medicine in DEFAULT_MEDICINES)


def check_medicines(codes: Iterable[str]) -> tuple[str, ...]:
    """Return the ordered codes of a course, the governing one first.

    Raises:
        ClinicalError: no medicine, an unknown code, or one named twice.
    """
    ordered = tuple(codes)
    if not ordered:
        raise ClinicalError("A course needs at least one medicine.")
    for code in ordered:
        if code not in MEDICINE_CODES:
            raise ClinicalError(
                f"{code!r} is not a medicine of the rules: use one of {', '.join(sorted(MEDICINE_CODES))}."
            )
    if len(set(ordered)) != len(ordered):
        raise ClinicalError("A medicine is named twice in one course.")
    return ordered
