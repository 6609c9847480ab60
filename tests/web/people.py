"""People who sign in: a clinic with its staff and its patients, each with a browser."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from flask import Flask

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.clinical.scores import Source
from diary.clock import Clock
from diary.db import transaction
from diary.models import Entry
from diary.services import clinics, invites, members, patients, second_factors
from diary.services.projection import refresh_summary
from diary.services.wordings import ITEM_LAST_24_HOURS
from diary.vocabulary import Role
from tests.clinic_builders import a_course, subject
from tests.services import signing_in
from tests.web.visiting import SECRET, Visitor

PASSWORD = "four plain small words"


@dataclass
class House:
    """A clinic whose people can sign in; addresses begin with the clinic's short word."""

    app: Flask
    clock: Clock
    word: str
    name: str
    clinic_id: uuid.UUID
    clinician: Identity
    known: dict[str, Identity] = field(default_factory=dict)

    def staff(self, role: Role = Role.CLINICIAN, *roles: Role) -> Visitor:
        """Return a signed-in member with these roles."""
        email = f"{'-'.join((role, *roles))}-{len(self.known)}@{self.word}.example"
        self.known[email] = a_signing_member(self.name, email, (role, *roles), self.clock)
        return Visitor(self.app).come_in(email, PASSWORD)

    def add_patient(
        self, reference: str = "M-1", name: str = "Ramirez, Ana", zone: str = "Europe/Amsterdam"
    ) -> Identity:
        """Add a patient and return who they are."""
        particulars = patients.Particulars(reference, name, zone)
        added = patients.add_patient(self.clinician, self.clinic_id, particulars, clock=self.clock)
        return Identity(None, self.clinic_id, patient_id=added.patient_id, name=name)

    def sign_in_as(self, patient: Identity) -> Visitor:
        """Return a visitor who is signed in as the patient, with an account made once."""
        email = f"{patient.patient_id}@{self.word}.example"
        if email not in self.known:
            about = Subject(self.clinic_id, patient.patient_id)
            token = invites.invite_patient(self.clinician, about, clock=self.clock)
            accept(token, email, self.clock)
            self.known[email] = patient
        return Visitor(self.app).come_in(email, PASSWORD)


def a_house(app: Flask, clock: Clock, name: str = "Pain clinic West", word: str = "west") -> House:
    """Add a clinic with its numbers and a clinician who is not signed in."""
    clinic_id = clinics.add_clinic(OPERATOR, name, clock=clock, phone="0555 010 203", emergency_number="112")
    clinician = a_signing_member(name, f"first@{word}.example", (Role.CLINICIAN,), clock)
    return House(app, clock, word, name, clinic_id, clinician)


def a_signing_member(clinic: str, email: str, roles: tuple[Role, ...], clock: Clock) -> Identity:
    """Add a member who can sign in and return who they are."""
    name = email.split("@", maxsplit=1)[0].title()
    token = members.invite_member(OPERATOR, email, clinic=clinic, roles=roles, clock=clock, name=name)
    account_id = accept(token, email, clock)
    with transaction() as session:
        second_factors.put_app(session, account_id, SECRET, now=clock())
    clinic_id = uuid.UUID(str(invites.read_clinic_token(token)[0]))  # type: ignore[index]
    return clinics.member_named(clinic_id, name)


def accept(token: str, name: str, clock: Clock) -> uuid.UUID:
    """Accept an invite as its person would, and return their account."""
    return signing_in.accept(token, name, clock, password=PASSWORD)


def treated(
    house: House, clock, *, reference: str = "M-1", before=(7,) * 7, after=(2,) * 14, name="Ramirez, Ana"
) -> Identity:  # type: ignore[no-untyped-def]
    """Add a patient who wrote before and after a course of five days; today is the day of their last score."""
    now = clock.now
    patient = house.add_patient(reference, name)
    first = now.date() - timedelta(days=len(after) + 5 + len(before) - 1)
    given = first + timedelta(days=len(before))
    clock.now = datetime.combine(given, time(12), tzinfo=UTC)
    a_course(house, patient, given, clock)  # type: ignore[arg-type]
    clock.now = now
    _written(patient, dict(enumerate(before)) | dict(enumerate(after, start=len(before) + 5)), first, clock)
    return patient


def _written(patient: Identity, scores: dict[int, int], first: date, clock: Clock) -> None:
    """Put a whole diary in at once, each day written at noon: a hundred sendings would take a hundred times as long."""
    about = subject(patient)
    with transaction() as session:
        for number, score in scores.items():
            noon = datetime.combine(first + timedelta(days=number), time(12), tzinfo=UTC)
            session.add(
                Entry(
                    clinic_id=about.clinic_id,
                    patient_id=about.patient_id,
                    id=uuid.uuid4(),
                    day=noon.date(),
                    revision=1,
                    score=score,
                    client_ref=uuid.uuid4(),
                    item_version=ITEM_LAST_24_HOURS,
                    entered_at=noon,
                    utc_offset_minutes=0,
                    written_at=noon,
                    received_at=noon,
                    days_late=0,
                    source=Source.SELF,
                )
            )
        refresh_summary(session, about.clinic_id, patient.patient_id or uuid.UUID(int=0), now=clock())
