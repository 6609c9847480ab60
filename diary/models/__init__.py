"""Tables and constraints; no queries, no commits. `clinic_id` comes first in every key of what a clinic owns."""

from diary.models.accounts import Account, AccountClinic, Invite, SignedInSession
from diary.models.attempts import KnownDevice, SignInAttempts
from diary.models.audit import AuditEvent, AuditHead
from diary.models.calibrations import ClinicCalibration
from diary.models.clinics import Clinic, ClinicRules, ClinicTally, Member
from diary.models.consents import Consent
from diary.models.courses import BaselineByHand, Course, Infusion
from diary.models.decisions import Decision
from diary.models.entries import Entry, EntryConflict, PatientEvent
from diary.models.erasures import Erasure, ErasurePermit, ErasureRequest, Retention
from diary.models.extras import DayNote, DiaryPause, EventWithdrawal, ExtraReading, WeeklyPeg
from diary.models.glass import BreakGlass
from diary.models.moves import MoveCode, PatientOrigin
from diary.models.outbox import OutboxMessage
from diary.models.outcomes import CourseOutcome
from diary.models.patients import Patient, PatientTag, PatientZone
from diary.models.push import PushSubscription
from diary.models.reminders import Reminder, ReminderSetting
from diary.models.second_factors import AccountLink, Ceremony, OneTimeCodes, Passkey, RecoveryCode
from diary.models.summaries import PatientForecast, PatientSummary

__all__ = [
    "Account",
    "AccountClinic",
    "AccountLink",
    "AuditEvent",
    "AuditHead",
    "BaselineByHand",
    "BreakGlass",
    "Ceremony",
    "Clinic",
    "ClinicCalibration",
    "ClinicRules",
    "ClinicTally",
    "Consent",
    "Course",
    "CourseOutcome",
    "DayNote",
    "Decision",
    "DiaryPause",
    "Entry",
    "EntryConflict",
    "Erasure",
    "ErasurePermit",
    "ErasureRequest",
    "EventWithdrawal",
    "ExtraReading",
    "Infusion",
    "Invite",
    "KnownDevice",
    "Member",
    "MoveCode",
    "OneTimeCodes",
    "OutboxMessage",
    "Passkey",
    "Patient",
    "PatientEvent",
    "PatientForecast",
    "PatientOrigin",
    "PatientSummary",
    "PatientTag",
    "PatientZone",
    "PushSubscription",
    "RecoveryCode",
    "Reminder",
    "ReminderSetting",
    "Retention",
    "SignInAttempts",
    "SignedInSession",
    "WeeklyPeg",
]
