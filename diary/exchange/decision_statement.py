"""What a clinician signs: a decision and what it was bound to, as plain JSON values in one way only."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final

PURPOSE: Final = "ebb-decision-1"
SECOND_PURPOSE: Final = "ebb-decision-2"
"""What stands in every signature of a decision; other words in the statement are another purpose.

The second has two words more, `reverses` and `medicine`. It is used for a decision that has one of them, so that every
decision that was ever signed without them states what it stated then, and none of them is added or taken away unseen.
"""


@dataclass(frozen=True, slots=True)
class DecisionStatement:
    """One decision in full.

    Attributes:
        clinic_id, patient_id, decision_id: whose and which.
        member_id, member_name: who decided, as they were called then.
        kind, next_step, reason: what, until when, and why.
        day: the patient's diary day.
        decided_at: the moment, UTC.
        confirmed_at, confirmed_by: when and how the member last proved who they are.
        shown_digest: SHA-256 of what was on the screen with what it was made from.
        ruleset, rules_digest: version of the clinic's rules, and SHA-256 of its numbers.
        reverses: the decision that this one takes back, or None.
        medicine: what a change is to, or None.
    """

    clinic_id: uuid.UUID
    patient_id: uuid.UUID
    decision_id: uuid.UUID
    member_id: uuid.UUID
    member_name: str
    kind: str
    next_step: date | None
    reason: str
    day: date
    decided_at: datetime
    confirmed_at: datetime | None
    confirmed_by: str
    shown_digest: str
    ruleset: str
    rules_digest: str
    reverses: uuid.UUID | None = None
    medicine: str | None = None

    @property
    def purpose(self) -> str:
        """What the signature is for, by the words it has."""
        return PURPOSE if self.reverses is None and self.medicine is None else SECOND_PURPOSE

    def plain(self) -> dict[str, Any]:
        """Return it as it is signed."""
        more = {"reverses": self.reverses and str(self.reverses), "medicine": self.medicine}
        return self._first_words() | (more if self.purpose == SECOND_PURPOSE else {})

    def _first_words(self) -> dict[str, Any]:
        return {
            "clinic": str(self.clinic_id),
            "patient": str(self.patient_id),
            "decision": str(self.decision_id),
            "member": str(self.member_id),
            "member_name": self.member_name,
            "kind": self.kind,
            "next_step": None if self.next_step is None else self.next_step.isoformat(),
            "reason": self.reason,
            "day": self.day.isoformat(),
            "decided_at": _moment(self.decided_at),
            "confirmed_at": None if self.confirmed_at is None else _moment(self.confirmed_at),
            "confirmed_by": self.confirmed_by,
            "shown_digest": self.shown_digest,
            "ruleset": self.ruleset,
            "rules_digest": self.rules_digest,
        }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
