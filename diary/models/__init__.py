"""Tables and constraints; no queries, no commits. `clinic_id` comes first in every key of what a clinic owns."""

from diary.models.accounts import Account, AccountClinic, Invite, SignedInSession
from diary.models.attempts import KnownDevice, SignInAttempts
from diary.models.audit import AuditEvent, AuditHead
from diary.models.calibrations import ClinicCalibration
from diary.models.clinics import Clinic, ClinicRules, ClinicTally, Member
from diary.models.courses import BaselineByHand, Course, Infusion
from diary.models.decisions import Decision
from diary.models.entries import Entry, PatientEvent
from diary.models.outcomes import CourseOutcome
from diary.models.patients import Patient, PatientTag, PatientZone
from diary.models.summaries import PatientForecast, PatientSummary

__all__ = [
    "Account",
    "AccountClinic",
    "AuditEvent",
    "AuditHead",
    "BaselineByHand",
    "Clinic",
    "ClinicCalibration",
    "ClinicRules",
    "ClinicTally",
    "Course",
    "CourseOutcome",
    "Decision",
    "Entry",
    "Infusion",
    "Invite",
    "KnownDevice",
    "Member",
    "Patient",
    "PatientEvent",
    "PatientForecast",
    "PatientSummary",
    "PatientTag",
    "PatientZone",
    "SignInAttempts",
    "SignedInSession",
]
