"""Summaries made right again: reckoned outside of any unit that writes, stored where nobody wrote meanwhile.

Reading many diaries and judging them takes long. Nobody's entry waits for it: the diaries are read in a snapshot, the
verdicts made with nothing open, and a short unit stores those whose line is still as out of date as it was. A diary
that cannot be judged is told to the operator and stays out of date; it holds up nobody else's line, and is tried again
after a while that grows, or once something else is written in it.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog

from diary.attempt import can_be_done_again, is_unavailable
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.giving_way import let_requests_pass
from diary.growing_waits import GrowingWaits
from diary.metering import count_fault
from diary.services.diaries_for_verdicts import read_for_verdicts
from diary.services.kept_lines import LineMade, lock_patients, put_lines, true_until
from diary.services.projection import line_made
from diary.services.readable_diaries import read_what_can_be_read
from diary.services.rules import rules_in_force
from diary.services.summary_marks import marked_patients, stale_patients

AT_ONCE: Final = 10
"""Diaries that are read together: on SQLite an entry waits until they are."""
AT_ONCE_ON_PAGES: Final = 50
"""Lines written in since that are made again before a page, wherever they stand."""
LOOKS: Final = 3
"""How often whoever shows lines makes right what was written in since, before the rest is left to the jobs."""
MOST_FAILED: Final = 100
"""Lines of a clinic that fail in one pass before it ends: where so many do, something else is wrong."""

FAILED: Final = "line_failed"
"""What the log says of a line that could not be made."""

log = structlog.get_logger()
_waits = GrowingWaits()
"""Lines that failed in this process, by clinic and patient; each writing in the diary is another mark."""


def make_right(clinic_id: uuid.UUID, *, clock: Clock) -> None:
    """Make the lines again in whose diaries something was written since, so that all stand in their places."""
    failed: set[uuid.UUID] = set()
    for _look in range(LOOKS):
        with snapshot() as session:
            marked = marked_patients(session, clinic_id, now=clock(), at_most=AT_ONCE_ON_PAGES + len(failed))
        left = [one for one in marked if one not in failed]
        if not left:
            return
        failed |= remake_lines(clinic_id, left, clock=clock)


def remake_stale(clinic_id: uuid.UUID, *, clock: Clock, at_most: int | None = None) -> int:
    """Make lines again that are out of date, `at_most`, and return how many were looked at and did not fail.

    What is marked while this goes on may be left: each handful but the last one is full.
    """
    refreshed, failed = 0, set[uuid.UUID]()
    while (at_most is None or refreshed < at_most) and len(failed) < MOST_FAILED:
        some = AT_ONCE if at_most is None else min(AT_ONCE, at_most - refreshed)
        with snapshot() as session:
            stale = stale_patients(session, clinic_id, now=clock(), at_most=some + len(failed))
        left = [one for one in stale if one not in failed][:some]
        failing = remake_lines(clinic_id, left, clock=clock)
        failed |= failing
        refreshed += len(left) - len(failing)
        if len(left) < some:
            break
    return refreshed


def make_all_right(clinic_id: uuid.UUID, *, clock: Clock) -> None:
    """Make every line and outcome again that is out of date; between two units others may write.

    What is written while this goes on may be left: each look goes once through what it found.
    """
    failed: set[uuid.UUID] = set()
    for _look in range(LOOKS):
        with snapshot() as session:
            stale = stale_patients(session, clinic_id, now=clock())
        left = [one for one in stale if one not in failed]
        if not left:
            return
        failed |= remake_lines(clinic_id, left, clock=clock)


def remake_lines(clinic_id: uuid.UUID, patient_ids: Collection[uuid.UUID], *, clock: Clock) -> set[uuid.UUID]:
    """Make the lines of these patients again, as far as nobody writes in their diaries meanwhile.

    Returns:
        Whose line could not be made or not be stored, now or so lately that it waits: it stays out of date.
    """
    wanted, failed = list(patient_ids), set[uuid.UUID]()
    for begin in range(0, len(wanted), AT_ONCE):
        reckoned = reckon(clinic_id, wanted[begin : begin + AT_ONCE], clock=clock)
        failed |= reckoned.failed | put(reckoned)
    return failed


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Lines of a clinic as they were made at a moment, whose could not be made, and what they take the place of.

    `seen` is until when the lines that were out of date had been right, before their diaries were read.
    """

    clinic_id: uuid.UUID
    at: datetime
    made: list[LineMade]
    seen: dict[uuid.UUID, datetime]
    failed: frozenset[uuid.UUID]


def reckon(clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], *, clock: Clock) -> Reckoned:
    """Read diaries in a snapshot, and make their lines with nothing open.

    A line that somebody else has made right meanwhile is left alone. It is right until the end of the day, and so is
    every further one of that day: nobody could see that the diary was changed after it was read here.
    """
    let_requests_pass()
    with snapshot() as session:
        known = true_until(session, clinic_id, patient_ids)  # before anything else is read
        at = clock()
        stale = [one for one in patient_ids if one not in known or known[one] <= at]
        waiting = {one for one in stale if _waits.is_waiting((clinic_id, one), known.get(one), at)}
        rules = rules_in_force(session, clinic_id)
        wanted = [one for one in stale if one not in waiting]
        diaries, failed = read_what_can_be_read(read_for_verdicts, session, clinic_id, wanted, told_as=FAILED)
    let_requests_pass()
    now, made = clock(), []
    for diary in diaries:
        try:
            made.append(line_made(diary, rules, now))
        except Exception:
            log.exception(FAILED, patient=str(diary.patient.id))
            count_fault("jobs")
            failed.add(diary.patient.id)
    for one in failed:
        _waits.note_failure((clinic_id, one), known.get(one), now)
    seen = {one: known[one] for one in stale if one in known}
    return Reckoned(clinic_id, now, made, seen, frozenset(failed | waiting))


def put(reckoned: Reckoned) -> set[uuid.UUID]:
    """Store the lines that are as out of date as they were when their diaries were read, and return whose cannot be."""
    if not reckoned.made:
        return set()
    let_requests_pass()
    try:
        _store(reckoned)
    except Exception as error:
        if is_unavailable(error) or can_be_done_again(error):
            raise
        if len(reckoned.made) == 1:
            one = reckoned.made[0].patient_id
            log.exception(FAILED, patient=str(one))
            count_fault("jobs")
            _waits.note_failure((reckoned.clinic_id, one), reckoned.seen.get(one), reckoned.at)
            return {one}
    else:
        for line in reckoned.made:
            _waits.forget((reckoned.clinic_id, line.patient_id))
        return set()
    return set[uuid.UUID]().union(*(put(replace(reckoned, made=[one])) for one in reckoned.made))


def _store(reckoned: Reckoned) -> None:
    clinic_id, ids = reckoned.clinic_id, [one.patient_id for one in reckoned.made]
    with transaction() as session:
        lock_patients(session, clinic_id, ids)
        still = true_until(session, clinic_id, ids)
        unchanged = [one for one in reckoned.made if still.get(one.patient_id) == reckoned.seen.get(one.patient_id)]
        put_lines(session, clinic_id, unchanged, now=reckoned.at)
