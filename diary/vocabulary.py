"""The clinic's fixed words, as they are stored: kinds, roles, and where things stand."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a member does in the clinic."""

    CLINICIAN = "clinician"
    NURSE = "nurse"
    ADMIN = "admin"
    RESEARCHER = "researcher"


class MemberStatus(StrEnum):
    """Where a membership stands."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    LEFT = "left"


class LifeCycle(StrEnum):
    """Where a patient stands with the clinic; the last three stop reminders and leave the worklist."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISCHARGED = "discharged"
    MOVED = "moved"
    DIED = "died"


ON_WORKLIST: Final = (LifeCycle.ACTIVE, LifeCycle.PAUSED)


class CourseStatus(StrEnum):
    """A planned course starts only when an infusion is recorded."""

    PLANNED = "planned"
    GIVEN = "given"
    CANCELLED = "cancelled"


class DoseUnit(StrEnum):
    """Units a dose is written down in; nothing is ever calculated from them."""

    MG = "mg"
    MG_PER_H = "mg/h"
    MG_PER_KG_PER_H = "mg/kg/h"
    G_PER_KG = "g/kg"


class EventKind(StrEnum):
    """What else is recorded beside the score."""

    WEARING_OFF = "wearing_off"
    LIVER_TEST = "liver_test"
    INTERCURRENT = "intercurrent_event"
    CO_TREATMENT = "co_treatment_changed"
    HIGH_SCORES = "high_scores"


class DecisionKind(StrEnum):
    """What was decided."""

    REPEAT = "repeat"
    WAIT = "wait"
    CHANGE = "change"
    STOP = "stop"
    OTHER = "other"


class InvitePurpose(StrEnum):
    """Whom an invite is for."""

    PATIENT = "patient"
    MEMBER = "member"
