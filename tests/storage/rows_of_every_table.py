"""At least one row in every table, made through the services as the clinic would."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from diary.access.identity import Identity
from diary.clinical.medicines import MEDICINE_CODES
from diary.db import snapshot
from diary.installation import installation
from diary.services import calibrations, courses, decisions, entries, forecasts, infusions, invites, patients, sign_in
from diary.services.devices import Visit, remember_device
from diary.services.rules import rules_in_force
from diary.vocabulary import DecisionKind, DoseUnit, EventKind
from tests.clinic_builders import AClinic, a_clinic, a_course, subject, write_days
from tests.services.looking_in import diary_of


@dataclass(frozen=True)
class FullClinic:
    """A clinic in which everything has happened once, and the ids of what happened."""

    clinic: AClinic
    patient: Identity
    course_id: uuid.UUID
    entry_id: uuid.UUID
    token: str
    invite: str


def rows_of_every_table(clock, name="Pain clinic West"):
    """Make one clinic with a row in every table."""
    clinic = a_clinic(clock, name)
    particulars = patients.Particulars("M-1", "Ramírez, Ana", "Europe/Amsterdam", tags=("left arm",))
    whom = patients.add_patient(clinic.clinician, clinic.clinic_id, particulars, clock=clock)
    token, account_id = _account(clinic, whom, name, clock)
    patient = Identity(account_id, clinic.clinic_id, patient_id=whom.patient_id)
    course_id = a_course(clinic, patient, date(2026, 3, 2), clock)
    given = infusions.InfusionGiven(
        date(2026, 3, 2), "ketamine", Decimal("22.5"), DoseUnit.MG_PER_H, Decimal(4), Decimal("70.25")
    )
    infusions.record_infusion(clinic.nurse, whom, course_id, given, clock=clock)
    courses.give_baseline(clinic.clinician, whom, course_id, value=Decimal("7.5"), reason="from the notes", clock=clock)
    write_days(patient, [7, 6, 3], clock, first_day=date(2026, 3, 18))
    stored = entries.record_entry(patient, whom, day=date(2026, 3, 20), score=4, client_ref=uuid.uuid4(), clock=clock)
    courses.record_event(clinic.nurse, whom, EventKind.LIVER_TEST, clock=clock)
    _decide(clinic, patient, clock)
    other = patients.Particulars("M-2", "Second", "UTC")
    second = patients.add_patient(clinic.clinician, clinic.clinic_id, other, clock=clock)
    invite = invites.invite_patient(clinic.nurse, second, clock=clock)
    calibrations.learn_calibrations(clock)
    forecasts.make_forecasts(clock)
    return FullClinic(clinic, patient, course_id, stored.entry.id, token, invite)


def an_infusion_of(medicine="ketamine", **fields):
    """Return an infusion of today, with other words where they are given."""
    assert medicine in MEDICINE_CODES
    return infusions.InfusionGiven(fields.pop("day", date(2026, 3, 20)), medicine, **fields)


def _account(clinic, whom, name, clock):
    passwords = installation().passwords
    link = invites.invite_patient(clinic.nurse, whom, clock=clock)
    sign_in_name = f"ana@{name.split()[-1]}.example"
    account_id = invites.accept_invite(
        link, sign_in_name=sign_in_name, password="four words in a row", passwords=passwords, clock=clock
    )
    token, refused = (
        sign_in.sign_in(sign_in_name, password, visit=Visit(), passwords=passwords, clock=clock)
        for password in ("four words in a row", "four other words")
    )
    assert token
    assert not refused
    remember_device(account_id, None, clock=clock)
    return token, account_id


def _decide(clinic, patient, clock):
    diary = diary_of(patient)
    today = diary.today(clock())
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    decisions.record_decision(
        clinic.clinician,
        subject(patient),
        DecisionKind.WAIT,
        reason="see in two weeks",
        next_step=today + timedelta(days=14),
        shown_digest=decisions.what_is_shown(diary, today, rules)[1],
        clock=clock,
    )
