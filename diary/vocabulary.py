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


class CourseChanged(StrEnum):
    """What was done to a course, or to one infusion of it, after it was recorded."""

    CORRECTED = "corrected"
    MOVED = "moved"
    CANCELLED = "cancelled"
    PLANNED_ANYWAY = "planned_anyway"
    INFUSION_CORRECTED = "infusion_corrected"
    INFUSION_TAKEN_BACK = "infusion_taken_back"


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


LONGEST_NOTE: Final = 2000
"""Characters that a note of staff may have."""


class PauseReason(StrEnum):
    """Why a patient pauses the diary."""

    HOSPITAL = "hospital"
    HOLIDAY = "holiday"
    OTHER = "other"


class Happened(StrEnum):
    """What else came on a day."""

    ILLNESS = "illness"
    FALL = "fall"
    OPERATION = "operation"
    OTHER = "other"


class WrittenFrom(StrEnum):
    """What staff wrote entries in from."""

    SHEET = "sheet"
    CALL = "call"


class DecisionKind(StrEnum):
    """What was decided."""

    REPEAT = "repeat"
    WAIT = "wait"
    CHANGE = "change"
    STOP = "stop"
    OTHER = "other"


class Proof(StrEnum):
    """What a session rests on: how the person proved last who they are."""

    PASSWORD = "password"  # noqa: S105 (the word, not one)
    CODE = "code"
    RECOVERY_CODE = "recovery_code"
    PASSKEY = "passkey"


SECOND_FACTORS: Final = (Proof.CODE, Proof.RECOVERY_CODE, Proof.PASSKEY)
"""Proofs that are enough for staff; a passkey is one alone, since the device asks for its owner's finger or PIN."""


class LinkPurpose(StrEnum):
    """What a link handed to somebody with an account is for."""

    PASSWORD = "password"  # noqa: S105 (the word, not one)
    SECOND_FACTOR = "second_factor"


class ReviewOutcome(StrEnum):
    """What the admin thinks of the glass that was broken before a protected diary."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not justified"


class InvitePurpose(StrEnum):
    """Whom an invite is for."""

    PATIENT = "patient"
    MEMBER = "member"


class ConsentPurpose(StrEnum):
    """What a patient agrees to; writing the diary needs the first, the others are free to choose."""

    DIARY = "diary"
    RESEARCH = "research"


class ConsentSaid(StrEnum):
    """What a patient said to a purpose."""

    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ConsentHow(StrEnum):
    """How a patient said it: by themselves on their own pages, or on paper that the clinic keeps."""

    SELF = "self"
    PAPER = "paper"


class ErasureHow(StrEnum):
    """How it came that a person was erased: asked on their own pages, on paper, or the clinic's years had passed."""

    SELF = "self"
    PAPER = "paper"
    RETENTION = "retention"


class MessageKind(StrEnum):
    """What a message to a person is for."""

    INVITE = "invite"
    RESET = "reset"
    NOTICE = "notice"
    REMINDER = "reminder"
    DIGEST = "digest"


class Channel(StrEnum):
    """The way that a message takes."""

    MAIL = "mail"
    PUSH = "push"


class OutboxState(StrEnum):
    """Where a message stands; `unknown` is one whose worker went away while it was handed over."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
