"""Summaries made right again: reckoned outside of any unit that writes, stored where nobody wrote meanwhile.

Reading many diaries and judging them takes long. Nobody's entry waits for it: the diaries are read in a snapshot, the
verdicts made with nothing open, and a short unit stores those whose line is still as out of date as it was.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.giving_way import let_requests_pass
from diary.services.diaries_for_verdicts import read_for_verdicts
from diary.services.kept_lines import LineMade, lock_patients, put_lines, true_until
from diary.services.projection import line_made
from diary.services.rules import rules_in_force
from diary.services.summary_marks import marked_patients, stale_patients

AT_ONCE: Final = 10
"""Diaries that are read together: on SQLite an entry waits until they are."""
AT_ONCE_ON_PAGES: Final = 50
"""Lines written in since that are made again before a page, wherever they stand."""
LOOKS: Final = 3
"""How often whoever shows lines makes right what was written in since, before the rest is left to the jobs."""


def make_right(clinic_id: uuid.UUID, *, clock: Clock) -> None:
    """Make the lines again in whose diaries something was written since, so that all stand in their places."""
    for _look in range(LOOKS):
        with snapshot() as session:
            marked = marked_patients(session, clinic_id, now=clock(), at_most=AT_ONCE_ON_PAGES)
        if not marked:
            return
        remake_lines(clinic_id, marked, clock=clock)


def remake_stale(clinic_id: uuid.UUID, *, clock: Clock, at_most: int | None = None) -> int:
    """Make lines again that are out of date, `at_most`, and return how many were looked at.

    What is marked while this goes on may be left: each handful but the last one is full.
    """
    refreshed = 0
    while at_most is None or refreshed < at_most:
        some = AT_ONCE if at_most is None else min(AT_ONCE, at_most - refreshed)
        with snapshot() as session:
            stale = stale_patients(session, clinic_id, now=clock(), at_most=some)
        if stale:
            put(reckon(clinic_id, stale, clock=clock))
        refreshed += len(stale)
        if len(stale) < some:
            break
    return refreshed


def make_all_right(clinic_id: uuid.UUID, *, clock: Clock) -> None:
    """Make every line and outcome again that is out of date; between two units others may write.

    What is written while this goes on may be left: each look goes once through what it found.
    """
    for _look in range(LOOKS):
        with snapshot() as session:
            stale = stale_patients(session, clinic_id, now=clock())
        if not stale:
            return
        remake_lines(clinic_id, stale, clock=clock)


def remake_lines(clinic_id: uuid.UUID, patient_ids: Collection[uuid.UUID], *, clock: Clock) -> None:
    """Make the lines of these patients again, as far as nobody writes in their diaries meanwhile."""
    wanted = list(patient_ids)
    for begin in range(0, len(wanted), AT_ONCE):
        put(reckon(clinic_id, wanted[begin : begin + AT_ONCE], clock=clock))


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Lines of a clinic as they were made at a moment, and until when those they replace were right when it began."""

    clinic_id: uuid.UUID
    at: datetime
    made: list[LineMade]
    seen: dict[uuid.UUID, datetime]


def reckon(clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], *, clock: Clock) -> Reckoned:
    """Read diaries in a snapshot, and make their lines with nothing open."""
    let_requests_pass()
    with snapshot() as session:
        seen = true_until(session, clinic_id, patient_ids)  # before anything else is read
        rules = rules_in_force(session, clinic_id)
        diaries = list(read_for_verdicts(session, clinic_id, patient_ids))
    let_requests_pass()
    now = clock()
    return Reckoned(clinic_id, now, [line_made(diary, rules, now) for diary in diaries], seen)


def put(reckoned: Reckoned) -> None:
    """Store the lines that are as out of date as they were when their diaries were read."""
    clinic_id, ids = reckoned.clinic_id, list(reckoned.seen)
    if not ids:
        return
    let_requests_pass()
    with transaction() as session:
        lock_patients(session, clinic_id, ids)
        still = true_until(session, clinic_id, ids)
        unchanged = [one for one in reckoned.made if still.get(one.patient_id) == reckoned.seen.get(one.patient_id)]
        put_lines(session, clinic_id, unchanged, now=reckoned.at)
