"""Who is asking: a frozen value, loaded once for a request."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from diary.languages import ENGLISH
from diary.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Identity:
    """An account at work in one clinic, as a member, as a patient, or the operator at the command line.

    Attributes:
        account_id: the account, None for the operator.
        clinic_id: the clinic it is at work in, None where none was chosen.
        member_id, roles: set for staff.
        patient_id: set for a patient.
        name: how the person is called on their own pages.
        language: what they are spoken to in: a patient's own language, for everybody else English.
        operator: the command line and the jobs, which stand inside the machine.
        confirmed_at: when the person last proved who they are: at sign-in, or again since.
        confirmed_by: what they proved it with, a word of `Proof`.
    """

    account_id: uuid.UUID | None = None
    clinic_id: uuid.UUID | None = None
    member_id: uuid.UUID | None = None
    roles: frozenset[Role] = frozenset()
    patient_id: uuid.UUID | None = None
    name: str = ""
    language: str = ENGLISH
    operator: bool = False
    confirmed_at: datetime | None = None
    confirmed_by: str = ""

    @property
    def actor(self) -> str:
        """What the audit calls this identity."""
        if self.operator:
            return "operator"
        return "patient" if self.patient_id else "member"

    @property
    def actor_id(self) -> uuid.UUID | None:
        """The patient, the member or nobody."""
        return self.patient_id or self.member_id


OPERATOR = Identity(operator=True)
