"""The whole permission table: permission, and who has it over whom."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from diary.access.identity import Identity
from diary.errors import ConfirmFirst, DiaryProtected, NotThere, Refused, Sentence
from diary.vocabulary import Role


class Permission(StrEnum):
    """What can be done."""

    DIARY_READ = "read one's own diary"
    ENTRY_WRITE = "write, correct and withdraw an entry"
    ENTRY_TRANSCRIBE = "write entries in for a patient, from paper or a call"
    LOOKS_READ = "see who opened one's own diary"
    EXTRAS_WRITE = "write what goes with a day beside its score, and pause the diary"
    WEARING_OFF_SAY = "say that it is wearing off"
    SCREEN_LOCK = "put a PIN before one's own diary on a phone, and take it away"
    CONSENT_SAY = "give one's own consents and take them back"
    REMINDERS_SET = "see and set one's own reminders"
    DATA_TAKE_OUT = "take out what is kept about oneself"
    ERASURE_ASK = "ask to be erased"
    ERASURE_TAKE_BACK = "see one's own wish to be erased, and take it back"
    WORKLIST_READ = "read the worklist"
    PATIENT_READ = "read a patient's chart and evidence"
    LETTER_TAKE_OUT = "print a letter about a patient, or take it out as a PDF"
    PATIENT_WRITE = "add a patient, change their particulars, invite them"
    CONSENT_RECORD = "record a consent signed on paper"
    COURSE_WRITE = "record and correct courses, infusions and liver tests"
    NOTE_WRITE = "write a note about a patient or what they say of the change, and take either back"
    BASELINE_SET = "give a baseline by hand"
    PROTOCOLS_WRITE = "write the clinic's protocols for courses"
    DECISION_WRITE = "record a decision"
    PLAN_RELEASE = "release a plan to a patient, and take it back"
    CLINIC_READ = "see the clinic's settings and staff"
    CLINIC_WRITE = "change the clinic's settings"
    MEMBERS_READ = "see how each member of staff stands, and their invites"
    MEMBERS_WRITE = "invite staff, change their roles, suspend them and end their membership"
    MEMBERSHIP_END = "leave the clinic that one works in"
    RULES_WRITE = "change the numbers of the rules"
    COHORT_READ = "compare groups of patients"
    COHORT_TAKE_OUT = "take out the numbers of groups of patients"
    AUDIT_READ = "read who did what in the clinic"
    AUDIT_TAKE_OUT = "take out who did what in the clinic"
    RESEARCH_READ = "see what may be taken out for research"
    RESEARCH_TAKE_OUT = "take out diaries for research, without names and dates"
    ERASURES_READ = "see who wants to be erased, whose years have passed, and the certificates"
    ERASE = "erase a patient for good"
    DIARY_PROTECT = "protect a diary and end its protection"
    GLASS_BREAK = "open a protected diary for 60 minutes, with a reason"
    DIGEST_SET = "see and set one's own digest of the morning"
    GLASS_REVIEW = "review why protected diaries were opened"
    MOVE_OUT = "take a diary to another clinic: a signed copy or a code"
    STUDY_WRITE = "import and export a study, print verdicts"


@dataclass(frozen=True, slots=True)
class Protection:
    """How a diary is closed, as it was looked up; made by `diary.services.protection.looked_up` alone.

    Attributes:
        protected: only the responsible clinician reads it in the usual way.
        responsible_id: the member who is responsible for the patient.
        opened_by: the members who broke the glass before it, while that lasts, each with the id of their glass.
    """

    protected: bool = False
    responsible_id: uuid.UUID | None = None
    opened_by: Mapping[uuid.UUID, uuid.UUID] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about: a clinic, or a patient of it; of a patient, with the protection of the diary once looked up."""

    clinic_id: uuid.UUID
    patient_id: uuid.UUID | None = None
    protection: Protection | None = None


class NotLookedUp(RuntimeError):
    """A service asks about a patient whose protection it has not looked up: a mistake in the service."""


Rule = Callable[[Identity, Subject], bool]


def the_patient(who: Identity, subject: Subject) -> bool:
    """The patient, over their own diary."""
    return who.patient_id is not None and (who.clinic_id, who.patient_id) == (
        subject.clinic_id,
        subject.patient_id,
    )


def a_clinician(who: Identity, subject: Subject) -> bool:
    """A clinician, in their own clinic, to whom the diary is not closed."""
    return _has_role(who, subject, Role.CLINICIAN) and not is_closed_to(who, subject)


def a_nurse(who: Identity, subject: Subject) -> bool:
    """A nurse, in their own clinic, to whom the diary is not closed."""
    return _has_role(who, subject, Role.NURSE) and not is_closed_to(who, subject)


def any_clinician(who: Identity, subject: Subject) -> bool:
    """A clinician, in their own clinic, though the diary be closed."""
    return _has_role(who, subject, Role.CLINICIAN)


def any_nurse(who: Identity, subject: Subject) -> bool:
    """A nurse, in their own clinic, though the diary be closed."""
    return _has_role(who, subject, Role.NURSE)


def the_responsible_clinician(who: Identity, subject: Subject) -> bool:
    """The clinician who is responsible for the patient."""
    if subject.patient_id is None or not _has_role(who, subject, Role.CLINICIAN):
        return False
    return _protection_of(subject).responsible_id == who.member_id


def an_admin(who: Identity, subject: Subject) -> bool:
    """An admin, in their own clinic."""
    return _has_role(who, subject, Role.ADMIN)


def a_researcher(who: Identity, subject: Subject) -> bool:
    """A researcher, in their own clinic."""
    return _has_role(who, subject, Role.RESEARCHER)


def the_operator(who: Identity, _subject: Subject) -> bool:
    """The operator at the command line."""
    return who.operator


def is_closed_to(who: Identity, subject: Subject) -> bool:
    """Say whether the diary is protected from a member: they neither answer for the patient nor broke the glass."""
    if subject.patient_id is None:
        return False
    protection = _protection_of(subject)
    if not protection.protected or the_responsible_clinician(who, subject):
        return False
    return who.member_id not in protection.opened_by


def glass_of(who: Identity, subject: Subject) -> uuid.UUID | None:
    """Return the glass through which a member sees a diary that is closed to them otherwise, or None."""
    protection = _protection_of(subject)
    if not protection.protected or who.member_id is None or the_responsible_clinician(who, subject):
        return None
    return protection.opened_by.get(who.member_id)


def _protection_of(subject: Subject) -> Protection:
    if subject.protection is None:
        raise NotLookedUp("Ask with looked_up(session, patient, now=...): whether a diary is protected is not known.")
    return subject.protection


def _has_role(who: Identity, subject: Subject, role: Role) -> bool:
    return who.member_id is not None and who.clinic_id == subject.clinic_id and role in who.roles


POLICY: Final[Mapping[Permission, tuple[Rule, ...]]] = {
    Permission.DIARY_READ: (the_patient,),
    Permission.ENTRY_WRITE: (the_patient,),
    Permission.ENTRY_TRANSCRIBE: (a_clinician, a_nurse),
    Permission.LOOKS_READ: (the_patient,),
    Permission.EXTRAS_WRITE: (the_patient,),
    Permission.WEARING_OFF_SAY: (the_patient,),
    Permission.SCREEN_LOCK: (the_patient,),
    Permission.CONSENT_SAY: (the_patient,),
    Permission.REMINDERS_SET: (the_patient,),
    Permission.DATA_TAKE_OUT: (the_patient,),
    Permission.ERASURE_ASK: (the_patient,),
    Permission.ERASURE_TAKE_BACK: (the_patient,),
    Permission.WORKLIST_READ: (a_clinician, a_nurse),
    Permission.PATIENT_READ: (a_clinician, a_nurse),
    Permission.LETTER_TAKE_OUT: (a_clinician, a_nurse),
    Permission.PATIENT_WRITE: (a_clinician, a_nurse, the_operator),
    Permission.CONSENT_RECORD: (a_clinician, a_nurse, the_operator),
    Permission.COURSE_WRITE: (a_clinician, a_nurse, the_operator),
    Permission.NOTE_WRITE: (a_clinician, a_nurse),
    Permission.BASELINE_SET: (a_clinician, the_operator),
    Permission.PROTOCOLS_WRITE: (a_clinician, an_admin),
    Permission.DECISION_WRITE: (a_clinician, the_operator),
    Permission.PLAN_RELEASE: (a_clinician,),
    Permission.CLINIC_READ: (a_clinician, a_nurse, an_admin, a_researcher),
    Permission.CLINIC_WRITE: (an_admin, the_operator),
    Permission.MEMBERS_READ: (an_admin,),
    Permission.MEMBERS_WRITE: (an_admin, the_operator),
    Permission.MEMBERSHIP_END: (a_clinician, a_nurse, an_admin, a_researcher),
    Permission.RULES_WRITE: (an_admin,),
    Permission.COHORT_READ: (a_clinician, a_nurse, an_admin, a_researcher, the_operator),
    Permission.COHORT_TAKE_OUT: (a_clinician, a_nurse, an_admin, a_researcher),
    Permission.AUDIT_READ: (an_admin,),
    Permission.AUDIT_TAKE_OUT: (an_admin,),
    Permission.RESEARCH_READ: (a_researcher, an_admin),
    Permission.RESEARCH_TAKE_OUT: (a_researcher, an_admin),
    Permission.ERASURES_READ: (an_admin,),
    Permission.ERASE: (an_admin,),
    Permission.DIARY_PROTECT: (the_responsible_clinician, an_admin),
    Permission.GLASS_BREAK: (any_clinician, any_nurse),
    Permission.GLASS_REVIEW: (an_admin,),
    Permission.DIGEST_SET: (a_clinician, a_nurse),
    Permission.MOVE_OUT: (the_patient, a_clinician, a_nurse),
    Permission.STUDY_WRITE: (the_operator,),
}

CONFIRMED_FIRST: Final = frozenset(
    {
        Permission.DECISION_WRITE,
        Permission.AUDIT_TAKE_OUT,
        Permission.COHORT_TAKE_OUT,
        Permission.DATA_TAKE_OUT,
        Permission.SCREEN_LOCK,
        Permission.ERASURE_ASK,
        Permission.ERASE,
        Permission.RESEARCH_TAKE_OUT,
        Permission.MEMBERS_WRITE,
        Permission.MEMBERSHIP_END,
        Permission.DIARY_PROTECT,
        Permission.GLASS_BREAK,
        Permission.MOVE_OUT,
    }
)
"""What is done only by somebody who proved within the last minutes who they are: services ask `require_confirmed`."""

CONFIRMED_FOR: Final = timedelta(minutes=5)


def may(who: Identity, permission: Permission, subject: Subject) -> bool:
    """Say whether `who` may do it over `subject`."""
    return any(rule(who, subject) for rule in POLICY[permission])


def require(who: Identity, permission: Permission, subject: Subject) -> None:
    """Let `who` pass.

    Raises:
        NotThere: `subject` belongs to another clinic or is another patient; it answers like one that does not exist.
        DiaryProtected: clinic and role are the right ones, the diary is protected.
        Refused: the clinic is the right one, the role is not.
    """
    if may(who, permission, subject):
        return
    if who.clinic_id != subject.clinic_id or (who.patient_id and who.patient_id != subject.patient_id):
        raise NotThere
    if subject.protection and may(who, permission, replace(subject, protection=Protection())):
        raise DiaryProtected(Sentence("This diary is protected."))
    raise Refused(Sentence("Your role in this clinic does not allow this."))


def own_subject(who: Identity) -> Subject:
    """Return the patient who is asking.

    Raises:
        NotThere: whoever asks is no patient.
    """
    if who.clinic_id is None or who.patient_id is None:
        raise NotThere
    return Subject(who.clinic_id, who.patient_id)


def require_confirmed(who: Identity, permission: Permission, subject: Subject, *, now: datetime) -> None:
    """Let `who` pass, like `require`, when they also proved within the last five minutes who they are.

    Raises:
        ConfirmFirst: they may, but the proof is older, or the clock went back behind it.
    """
    require(who, permission, subject)
    require_fresh(who, now=now)


def require_fresh(who: Identity, *, now: datetime) -> None:
    """Let `who` pass when they proved within the last five minutes who they are.

    Raises:
        ConfirmFirst: the proof is older, or the clock went back behind it.
    """
    if not is_confirmed(who, now):
        raise ConfirmFirst(Sentence("Confirm first that it is you."))


def is_confirmed(who: Identity, now: datetime) -> bool:
    """Say whether `who` proved within the last five minutes who they are; the command line is the machine's owner."""
    if who.operator:
        return True
    return who.confirmed_at is not None and timedelta() <= now - who.confirmed_at <= CONFIRMED_FOR
