"""Decisions as a clinician makes them: on what is on the screen."""

import uuid
from datetime import timedelta
from functools import partial

from diary.access.identity import Identity
from diary.clock import Clock
from diary.db import snapshot
from diary.services.asking_again import AskAgain
from diary.services.decisions import record_decision, what_is_shown
from diary.services.rules import rules_in_force
from diary.vocabulary import DecisionKind
from tests.clinic_builders import confirmed, subject
from tests.services.looking_in import diary_of


def shown_digest(patient: Identity, clock: Clock) -> str:
    """Return the digest of what the patient's page shows."""
    assert patient.clinic_id
    with snapshot() as session:
        rules = rules_in_force(session, patient.clinic_id)
    diary = diary_of(patient)
    return what_is_shown(diary, diary.today(clock()), rules)[1]


def decide(
    who: Identity, patient: Identity, kind: DecisionKind, clock: Clock, *, in_days: int | None = 14
) -> uuid.UUID:
    """Record a decision whose next step comes `in_days` days later, None for one that has none.

    What the rules say against it is accepted.
    """
    today = diary_of(patient).today(clock())
    record = partial(
        record_decision,
        confirmed(who, clock),
        subject(patient),
        kind,
        reason="talked on the phone",
        next_step=None if in_days is None else today + timedelta(days=in_days),
        shown_digest=shown_digest(patient, clock),
        clock=clock,
    )
    try:
        return record()
    except AskAgain as again:
        return record(accepted=again.token)
