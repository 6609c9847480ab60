"""One decision in full, as it can be read and printed for ever after."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import DayScore
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.exchange.verdict_lines import plain_numbers
from diary.models import Clinic, Decision, Patient, ReleasedPlan
from diary.security.chain import canonical
from diary.services.checked_decisions import (
    CheckedDecision,
    check_decision,
    entries_behind,
    judged_as_shown,
    read_proofs,
    rules_behind,
)
from diary.services.decision_statements import statement_of
from diary.services.diaries import read_diary
from diary.services.plans import plans_of_decision
from diary.services.protection import looked_up, write_look


@dataclass(frozen=True)
class DecisionPage:
    """A decision with what proves it.

    Attributes:
        checked: the decision and the outcome of every check.
        judged_as_shown: the verdict made again today is the one that was on the screen; None where it cannot be made.
        entries: day and live score as they were known when it was decided, the latest first.
        statement: what was signed, as it was written for signing.
        public_key: the key that fits, in hex, or None where it is not kept on this server.
        numbers: those of the rules of its version that words may name.
        zone: the clinic's.
        takes_back: the decision that this one reverses, or None.
        reversal: the decision that reverses this one, or None.
        plans: what was released of it to the patient and taken back, in order.
        about: the patient as they were looked up.
    """

    about: Subject
    patient: Patient
    checked: CheckedDecision
    judged_as_shown: bool | None
    entries: list[tuple[date, DayScore]]
    statement: str
    public_key: str | None
    numbers: dict[str, Any]
    zone: ZoneInfo
    takes_back: Decision | None
    reversal: Decision | None
    plans: list[ReleasedPlan]

    @property
    def shown(self) -> dict[str, Any]:
        """What was on the screen; empty where that was damaged beyond reading."""
        shown: Any = self.checked.decision.shown
        return shown if isinstance(shown, dict) else {}


def read_decision_page(who: Identity, patient: Subject, decision_id: uuid.UUID, *, clock: Clock) -> DecisionPage:
    """Return a decision of a patient with all its checks; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the patient has no such decision.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        decision = next((made for made in diary.decisions if made.id == decision_id), None) if diary else None
        if diary is None or decision is None:
            raise NotThere
        proofs = read_proofs(session, patient.clinic_id, diary.patient.id)
        zone = ZoneInfo(session.get_one(Clinic, patient.clinic_id).time_zone)
        plans = plans_of_decision(session, decision)
    with transaction() as session:
        write_look(session, who, about, at=now)
    checked = check_decision(decision, diary, proofs)
    public = proofs.keys.public_key(decision.key_id) if decision.key_id else None
    return DecisionPage(
        about=about,
        patient=diary.patient,
        checked=checked,
        judged_as_shown=judged_as_shown(decision, diary, proofs),
        entries=entries_behind(checked, diary, proofs),
        statement=canonical(statement_of(decision).plain()).decode("ascii"),
        public_key=public.hex() if public else None,
        numbers=plain_numbers(rules_behind(decision, proofs) or DEFAULT_RULES),
        zone=zone,
        takes_back=next((made for made in diary.decisions if made.id == decision.reverses), None),
        reversal=next((made for made in diary.decisions if made.reverses == decision.id), None),
        plans=plans,
    )
