"""The whole permission table: permission, and who has it over whom."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from diary.access.identity import Identity
from diary.errors import NotThere, Refused, Sentence
from diary.vocabulary import Role


class Permission(StrEnum):
    """What can be done."""

    DIARY_READ = "read one's own diary"
    ENTRY_WRITE = "write, correct and withdraw an entry"
    LOOKS_READ = "see who opened one's own diary"
    WEARING_OFF_SAY = "say that it is wearing off"
    WORKLIST_READ = "read the worklist"
    PATIENT_READ = "read a patient's chart and evidence"
    PATIENT_WRITE = "add a patient, change their particulars, invite them"
    COURSE_WRITE = "record and correct courses, infusions and liver tests"
    BASELINE_SET = "give a baseline by hand"
    DECISION_WRITE = "record a decision"
    CLINIC_READ = "see the clinic's settings and staff"
    CLINIC_WRITE = "change the clinic's settings"
    RULES_WRITE = "change the numbers of the rules"
    COHORT_READ = "compare groups of patients"
    AUDIT_READ = "read who did what in the clinic, and take it out"
    STUDY_WRITE = "import and export a study, print verdicts"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about: a clinic, or a patient of it."""

    clinic_id: uuid.UUID
    patient_id: uuid.UUID | None = None


Rule = Callable[[Identity, Subject], bool]


def the_patient(who: Identity, subject: Subject) -> bool:
    """The patient, over their own diary."""
    return who.patient_id is not None and (who.clinic_id, who.patient_id) == (
        subject.clinic_id,
        subject.patient_id,
    )


def a_clinician(who: Identity, subject: Subject) -> bool:
    """A clinician, in their own clinic."""
    return _has_role(who, subject, Role.CLINICIAN)


def a_nurse(who: Identity, subject: Subject) -> bool:
    """A nurse, in their own clinic."""
    return _has_role(who, subject, Role.NURSE)


def an_admin(who: Identity, subject: Subject) -> bool:
    """An admin, in their own clinic."""
    return _has_role(who, subject, Role.ADMIN)


def a_researcher(who: Identity, subject: Subject) -> bool:
    """A researcher, in their own clinic."""
    return _has_role(who, subject, Role.RESEARCHER)


def the_operator(who: Identity, _subject: Subject) -> bool:
    """The operator at the command line."""
    return who.operator


def _has_role(who: Identity, subject: Subject, role: Role) -> bool:
    return who.member_id is not None and who.clinic_id == subject.clinic_id and role in who.roles


POLICY: Final[Mapping[Permission, tuple[Rule, ...]]] = {
    Permission.DIARY_READ: (the_patient,),
    Permission.ENTRY_WRITE: (the_patient,),
    Permission.LOOKS_READ: (the_patient,),
    Permission.WEARING_OFF_SAY: (the_patient,),
    Permission.WORKLIST_READ: (a_clinician, a_nurse),
    Permission.PATIENT_READ: (a_clinician, a_nurse),
    Permission.PATIENT_WRITE: (a_clinician, a_nurse, the_operator),
    Permission.COURSE_WRITE: (a_clinician, a_nurse, the_operator),
    Permission.BASELINE_SET: (a_clinician, the_operator),
    Permission.DECISION_WRITE: (a_clinician, the_operator),
    Permission.CLINIC_READ: (a_clinician, a_nurse, an_admin, a_researcher),
    Permission.CLINIC_WRITE: (an_admin, the_operator),
    Permission.RULES_WRITE: (an_admin,),
    Permission.COHORT_READ: (a_clinician, a_nurse, an_admin, a_researcher, the_operator),
    Permission.AUDIT_READ: (an_admin,),
    Permission.STUDY_WRITE: (the_operator,),
}


def may(who: Identity, permission: Permission, subject: Subject) -> bool:
    """Say whether `who` may do it over `subject`."""
    return any(rule(who, subject) for rule in POLICY[permission])


def require(who: Identity, permission: Permission, subject: Subject) -> None:
    """Let `who` pass.

    Raises:
        NotThere: `subject` belongs to another clinic or is another patient; it answers like one that does not exist.
        Refused: the clinic is the right one, the role is not.
    """
    if may(who, permission, subject):
        return
    if who.clinic_id != subject.clinic_id or (who.patient_id and who.patient_id != subject.patient_id):
        raise NotThere
    raise Refused(Sentence("Your role in this clinic does not allow this."))
