"""Tables and constraints; no queries, no commits. `clinic_id` comes first in every key of what a clinic owns."""

from diary.models.accounts import Account, AccountClinic, Invite, SignedInSession
from diary.models.attempts import KnownDevice, SignInAttempts
from diary.models.audit import AuditEvent, AuditHead
from diary.models.calibrations import ClinicCalibration
from diary.models.clinics import Clinic, ClinicRules, ClinicTally, Member, SavedView
from diary.models.consents import Consent
from diary.models.courses import BaselineByHand, Course, CourseChange, CourseProtocol, Infusion, Protocol
from diary.models.decisions import Decision
from diary.models.digests import DigestSetting
from diary.models.entries import Entry, EntryConflict, PatientEvent
from diary.models.erasures import Erasure, ErasurePermit, ErasureRequest, Retention
from diary.models.extras import DayNote, DiaryPause, EventWithdrawal, ExtraReading, WeeklyPeg
from diary.models.glass import BreakGlass
from diary.models.leases import JobLease
from diary.models.moves import MoveCode, PatientOrigin
from diary.models.notes import GlobalImpression, StaffNote
from diary.models.outbox import OutboxMessage
from diary.models.outcomes import CourseOutcome
from diary.models.patients import Patient, PatientTag, PatientZone
from diary.models.plans import ReleasedPlan
from diary.models.push import PushSubscription
from diary.models.reminders import Reminder, ReminderSetting
from diary.models.second_factors import AccountLink, Ceremony, OneTimeCodes, Passkey, RecoveryCode
from diary.models.summaries import PatientForecast, PatientSummary, WorklistWord
from diary.models.transcriptions import Transcription

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
    "CourseChange",
    "CourseOutcome",
    "CourseProtocol",
    "DayNote",
    "Decision",
    "DiaryPause",
    "DigestSetting",
    "Entry",
    "EntryConflict",
    "Erasure",
    "ErasurePermit",
    "ErasureRequest",
    "EventWithdrawal",
    "ExtraReading",
    "GlobalImpression",
    "Infusion",
    "Invite",
    "JobLease",
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
    "Protocol",
    "PushSubscription",
    "RecoveryCode",
    "ReleasedPlan",
    "Reminder",
    "ReminderSetting",
    "Retention",
    "SavedView",
    "SignInAttempts",
    "SignedInSession",
    "StaffNote",
    "Transcription",
    "WeeklyPeg",
    "WorklistWord",
]
