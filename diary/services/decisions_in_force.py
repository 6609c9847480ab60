"""Which decisions stand on a day, and what the last of them put off to its next step."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from diary.models import Decision, PatientEvent
from diary.vocabulary import EventKind

HEARD: Final = (
    ("patient_says_wearing_off", EventKind.WEARING_OFF, min),
    ("high_scores", EventKind.HIGH_SCORES, max),
)
"""Marks that are gone with a decision: what was recorded for each, and which of its days the mark names."""


def in_force(decisions: Iterable[Decision], today: date) -> list[Decision]:
    """Return the decisions made by `today` that were not reversed by then, without those that reverse."""
    made = [one for one in decisions if one.day <= today]
    reversed_ones = {one.reverses for one in made}
    return [one for one in made if one.reverses is None and one.id not in reversed_ones]


def last_of(decisions: Iterable[Decision]) -> Decision | None:
    """Return the decision that was made last, or None."""
    return max(decisions, key=lambda one: (one.decided_at, str(one.id)), default=None)


def put_off(
    decision: Decision, standing: Iterable[Decision], events: Sequence[PatientEvent]
) -> tuple[tuple[str, date], ...]:
    """Return what was recorded before `decision`, the last of those `standing`, and no decision closed since.

    One without a next step closes what came before it; the others put it off. `events` are those of the course.

    Returns:
        Codes of marks, each with its day.
    """
    closed = max((one.decided_at for one in standing if one.next_step is None), default=None)
    heard = [
        event
        for event in events
        if event.recorded_at <= decision.decided_at and (closed is None or event.recorded_at > closed)
    ]
    days = ((code, pick, [event.day for event in heard if event.kind == kind]) for code, kind, pick in HEARD)
    return tuple((code, pick(of_kind)) for code, pick, of_kind in days if of_kind)
