"""Two clinics in which every text carries the marker of whom it is about, and visitors who open all they can reach."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final
from urllib.parse import urlencode, urljoin, urlsplit

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.db import snapshot, transaction
from diary.exchange.copies import HomeClinic
from diary.models import Account, Clinic, Course, Member, Passkey, Patient, PatientTag, ReminderSetting
from diary.services import (
    clinics,
    courses,
    decisions,
    infusions,
    members,
    past_courses,
    plans,
    protocols,
    rules,
    transcriptions,
)
from diary.services.day_extras import Extras, record_extras
from diary.services.glass import break_glass
from diary.services.glass_reviews import read_glass, review_glass
from diary.services.moving_in import take_in_file
from diary.services.protection import protect_diary
from diary.services.reminder_settings import begin_with_phone
from diary.services.staff_notes import write_note
from diary.vocabulary import CourseStatus, DecisionKind, ReviewOutcome, Role, WrittenFrom
from tests.clinic_builders import confirmed, subject
from tests.conftest import TestClock
from tests.services.deciding import shown_digest
from tests.services.looking_in import diary_of
from tests.services.moving import a_copy, as_file
from tests.web.pages import Page
from tests.web.people import House, a_house, a_signing_member, treated
from tests.web.visiting import Visitor

MOST_PAGES: Final = 400
OWNERS: Final = ("clinic", "staff", "brought", "inside", "glass", "protecting", "review", "passkey", "guest")
"""Whose or what a marker is: `inside` stands in a protected diary; `glass`, `protecting`, `review` in words why."""


def marker(word: str, owner: str) -> str:
    """Return the word that stands in every text about `owner` of the clinic called `word`."""
    return f"Q{word}{owner}Q"


@dataclass
class MarkedClinic:
    """A clinic whose texts are marked, with its patients and a browser for each of its people."""

    house: House
    word: str
    name: str
    patients: dict[str, Identity]
    people: dict[str, Visitor]

    @property
    def markers(self) -> dict[str, str]:
        """Owner and marker of everything that is written here."""
        return {owner: marker(self.word, owner) for owner in (*OWNERS, *self.patients)}


def a_marked_clinic(app: Flask, clock: TestClock, word: str) -> MarkedClinic:
    """Build one."""
    written = marker(word, "clinic")
    house = a_house(app, clock, written, word)
    clinics.change_clinic(OPERATOR, house.clinic_id, clock=clock, phone=written, emergency_number=written)
    admin = a_signing_member(written, f"head@{word}.example", (Role.ADMIN,), clock)
    rules.change_rules(admin, house.clinic_id, {"week_minimum": 5}, reason=written, base_version=1, clock=clock)
    said = protocols.ProtocolSaid(written, ("ketamine",), 10, dose_range=written)
    protocols.add_protocol(admin, house.clinic_id, said, client_ref=uuid.uuid4(), clock=clock)
    patients = {owner: _a_marked_patient(house, clock, marker(word, owner)) for owner in ("one", "two")}
    people = {role.value: house.staff(role) for role in Role}
    _mark_staff(house, marker(word, "staff"))
    shut = _a_protected_patient(house, clock, admin, word)
    _take_in(house, clock, marker(word, "brought"))
    members.invite_to_clinic(
        confirmed(admin, clock),
        house.clinic_id,
        name=marker(word, "guest"),
        email=f"{marker(word, 'guest')}@home.example",
        roles=[Role.NURSE],
        clock=clock,
    )
    patients["shut"] = shut
    people |= {owner: house.sign_in_as(patient) for owner, patient in patients.items()}
    _name_a_passkey(patients["one"], marker(word, "passkey"))
    return MarkedClinic(house, word, written, patients, people)


def _a_marked_patient(house: House, clock: TestClock, called: str, inside: str = "") -> Identity:
    patient, written = treated(house, clock, reference=called, name=called), inside or called
    about, doctor = subject(patient), house.clinician
    with transaction() as session:
        session.get_one(Patient, (about.clinic_id, about.patient_id)).phone = written
        session.add(PatientTag(clinic_id=about.clinic_id, patient_id=about.patient_id, tag=written))
    with snapshot() as session:
        course = session.scalars(select(Course).where(Course.patient_id == about.patient_id)).one()
    begin_with_phone(patient, about, clock=clock)
    with transaction() as session:
        session.get_one(ReminderSetting, (about.clinic_id, about.patient_id)).email = f"{called}@home.example"
    days = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, course.first_day, course.last_day)
    given = infusions.InfusionGiven(course.first_day, "ketamine", remark=written, side_effect_words=written)
    courses.correct_course(doctor, course.id, about, days, reason=written, clock=clock)
    infusions.record_infusion(doctor, about, course.id, given, clock=clock)
    past = past_courses.PastCourse("lidocaine", date(2020, 1, 6), date(2020, 1, 6), remark=written)
    past_courses.record_past_courses(doctor, about, {0: past}, client_ref=uuid.uuid4(), clock=clock)
    courses.give_baseline(doctor, about, course.id, value=Decimal(7), reason=written, clock=clock)
    _write_a_note(patient, written, clock)
    write_note(doctor, about, written, client_ref=uuid.uuid4(), clock=clock)
    _decide(doctor, about, written, shown_digest(patient, clock), clock)
    _tell_and_write_in(house, patient, written, clock)
    return patient


def _write_a_note(patient: Identity, written: str, clock: TestClock) -> None:
    about = subject(patient)
    with transaction() as session:
        session.get_one(Clinic, patient.clinic_id).notes_since = clock()
    said = Extras(worst=8, happened=("fall",), note=written)
    today = diary_of(patient).today(clock())
    record_extras(patient, about, day=today, said=said, client_ref=uuid.uuid4(), clock=clock)


def _a_protected_patient(house: House, clock: TestClock, admin: Identity, word: str) -> Identity:
    """Protect a diary, break the glass before it, and review why."""
    patient = _a_marked_patient(house, clock, marker(word, "shut"), inside=marker(word, "inside"))
    about, nurse = subject(patient), a_signing_member(house.name, f"n@{word}.example", (Role.NURSE,), clock)
    protect_diary(
        confirmed(admin, clock),
        about,
        responsible_id=house.clinician.member_id,
        reason=f"protected for {marker(word, 'protecting')}",
        clock=clock,
    )
    break_glass(confirmed(nurse, clock), about, reason=f"opened for {marker(word, 'glass')}", clock=clock)
    glass = read_glass(admin, house.clinic_id, clock=clock).waiting[0]
    words = marker(word, "review")
    outcome = ReviewOutcome.NOT_JUSTIFIED
    review_glass(admin, house.clinic_id, glass.id, outcome=outcome, words=words, clock=clock)
    other = a_signing_member(house.name, f"o@{word}.example", (Role.NURSE,), clock)
    break_glass(confirmed(other, clock), about, reason=f"once more for {marker(word, 'glass')}", clock=clock)
    return patient


def _take_in(house: House, clock: TestClock, written: str) -> None:
    home = HomeClinic(uuid.uuid4(), written, uuid.uuid4(), written)
    sent = as_file(a_copy(clock(), home=home, name=written, phone=written))
    take_in_file(house.clinician, house.clinic_id, sent, reference=written, clock=clock)


def _name_a_passkey(patient: Identity, written: str) -> None:
    with transaction() as session:
        account_id = session.get_one(Patient, (patient.clinic_id, patient.patient_id)).account_id
        now = session.get_one(Account, account_id).created_at
        session.add(
            Passkey(
                credential_id=uuid.uuid4().bytes,
                account_id=account_id,
                public_key=b"x",
                sign_count=0,
                name=written,
                made_at=now,
            )
        )


def _tell_and_write_in(house: House, patient: Identity, written: str, clock: TestClock) -> None:
    """Release the plan, and correct a day from paper."""
    diary, about = diary_of(patient), subject(patient)
    made, today = diary.decisions[0], diary.today(clock())
    plans.release_plan(house.clinician, about, made.id, words=written, client_ref=uuid.uuid4(), clock=clock)
    there = transcriptions.read_week(house.clinician, about, today, clock=clock).days[0]
    over = frozenset({there.entry_id} if there.entry_id else ())
    week = transcriptions.Week({today: 3}, WrittenFrom.SHEET, today, over, written)
    transcriptions.write_week(house.clinician, about, week, client_ref=uuid.uuid4(), clock=clock)


def _decide(doctor: Identity, about: Subject, written: str, digest: str, clock: TestClock) -> None:
    soon = clock().date() + timedelta(days=14)
    decisions.record_decision(
        confirmed(doctor, clock),
        about,
        DecisionKind.WAIT,
        reason=written,
        next_step=soon,
        shown_digest=digest,
        clock=clock,
    )


def _mark_staff(house: House, written: str) -> None:
    with transaction() as session:
        for member in session.scalars(select(Member).where(Member.clinic_id == house.clinic_id)):
            member.name = f"{'-'.join(member.roles)} {written}"


def crawl(visitor: Visitor, *first: str) -> Iterator[tuple[str, TestResponse]]:
    """Open the start page and everything that pages lead to by links, figures and forms that only ask."""
    waiting, known = [*first, "/"], {"/", *first}
    while waiting:
        address = waiting.pop()
        assert len(known) < MOST_PAGES, "The crawl finds no end."
        answer = visitor.open(address)
        yield address, answer
        for found in _ways_on(visitor.app, address, answer):
            if _stands_for(found) not in known:
                known.add(_stands_for(found))
                waiting.append(found)


def _stands_for(address: str) -> str:
    """Return what is opened once: of pages that go on week by week without end, the first stands for all.

    In a round a patient's pages are the same but for the way to the next one.
    """
    address = re.sub(r"[?&]round=[^&]*", "", address)
    return re.sub(r"(/behind/[a-z0-9-]+|/paper)\?.*", r"\1", address)


def _ways_on(app: Flask, address: str, answer: TestResponse) -> Iterator[str]:
    if 300 <= answer.status_code < 400:
        yield from _own(address, answer.headers["Location"])
    if answer.mimetype != "text/html" or not answer.data:
        return
    page = Page(answer.get_data(as_text=True), app, path=address)
    for one in page.root.iter():
        for name in ("href", "data-figure", "src"):
            yield from _own(address, one.get(name) or "")
    for form in page.forms:
        if form.method == "get":
            yield from _own(address, f"{urlsplit(form.action).path}?{urlencode(form.fields)}")


def _own(address: str, found: str) -> Iterator[str]:
    parts = urlsplit(urljoin(address, found))
    if found and not parts.scheme and not parts.netloc and not parts.path.startswith("/static/"):
        yield parts.path + (f"?{parts.query}" if parts.query else "")


def exports_of(visitor: Visitor, seen: dict[str, TestResponse]) -> Iterator[tuple[str, TestResponse]]:
    """Take out every file that a page among `seen` offers behind a form, in every kind that is offered."""
    clock = visitor.app.extensions["ebb"].clock
    now = clock.now
    for address, answer in seen.items():
        if answer.mimetype != "text/html" or not answer.data:
            continue
        for form in Page(answer.get_data(as_text=True), visitor.app, path=address).forms:
            if form.method == "post" and urlsplit(form.action).path.endswith("/export"):
                clock.now = now  # nobody has to prove again in between who they are
                kind = form.fields.get("format", "")
                yield f"{form.action}#{kind}", visitor.open(form.action, method="POST", data=form.fields)
