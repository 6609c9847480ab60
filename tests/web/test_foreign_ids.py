"""Ids of another clinic and of other people, in addresses and in forms: nothing of theirs is changed or told."""

import base64
import hashlib
import uuid
from typing import Any, Final

import pytest
from flask import Flask
from sqlalchemy import select

from diary.db import db, snapshot
from diary.models import (
    AuditEvent,
    BreakGlass,
    Course,
    Decision,
    Entry,
    Erasure,
    GlobalImpression,
    Infusion,
    Member,
    MoveCode,
    Passkey,
    Patient,
    PatientEvent,
    Protocol,
    SavedView,
    SignedInSession,
    StaffNote,
)
from diary.services import invites, moving_out
from diary.vocabulary import MemberStatus
from tests.clinic_builders import confirmed, subject
from tests.conftest import TestClock
from tests.web.canaries import MarkedClinic, a_marked_clinic
from tests.web.doors import rules_that_answer
from tests.web.test_who_may_open import FORMS
from tests.web.visiting import Visitor, without_token

KINDS: Final[dict[str, Any]] = {
    "patient_id": Patient.id,
    "whom": Patient.id,
    "course_id": Course.id,
    "decision_id": Decision.id,
    "glass_id": BreakGlass.id,
    "erasure_id": Erasure.id,
    "entry_id": Entry.id,
    "member_id": Member.id,
    "infusion_id": Infusion.id,
    "protocol_id": Protocol.id,
    "note_id": StaffNote.id,
    "impression_id": GlobalImpression.id,
    "event_id": PatientEvent.id,
    "view_id": SavedView.id,
}
OTHER_PARTS: Final = {"what": "mean7", "sheet": "weeks"}
"""What else stands in an address that has an id in it."""
SAID: Final = (400, 403, 404, 410, 422)
NOWHERE: Final = uuid.UUID(int=5)


@pytest.fixture
def west(app: Flask, clock: TestClock) -> MarkedClinic:
    """Where the attacker is at home."""
    return a_marked_clinic(app, clock, "west")


@pytest.fixture
def east(app: Flask, clock: TestClock, west: MarkedClinic) -> MarkedClinic:
    """Whose ids the attacker knows."""
    return a_marked_clinic(app, clock, "east")


def of(clinic: MarkedClinic, name: str) -> uuid.UUID:
    """Return an id that something of a clinic has, of the kind that an address asks for under this name."""
    with snapshot() as session:
        if name == "session_id":
            theirs = select(SignedInSession.id).where(SignedInSession.clinic_id == clinic.house.clinic_id)
        else:
            column = KINDS[name]
            theirs = select(column).where(column.class_.clinic_id == clinic.house.clinic_id).order_by(column)
        return session.scalars(theirs.limit(1)).first() or NOWHERE


def rows_of(clinic: MarkedClinic) -> dict[str, str]:
    """Return a digest of everything that belongs to a clinic, but for when a session was last used."""
    found = {}
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if "clinic_id" in table.c:
                columns = [column for column in table.columns if column.name != "last_seen_at"]
                rows = connection.execute(select(*columns).where(table.c.clinic_id == clinic.house.clinic_id))
                found[table.name] = hashlib.sha256("\n".join(sorted(map(repr, map(tuple, rows)))).encode()).hexdigest()
    return found


def token_of(visitor: Visitor) -> str:
    visitor.get("/about")
    for path in ("/account/sessions", "/account/security"):
        page = visitor.get(path)
        if any("csrf_token" in form.fields for form in page.forms):
            return visitor.csrf_token
    raise AssertionError("no form")


@pytest.mark.parametrize("person", ["clinician", "nurse", "admin", "researcher", "one"])
def test_every_id_of_another_clinic_in_an_address_is_like_none(
    app: Flask, clock: TestClock, west: MarkedClinic, east: MarkedClinic, person: str
) -> None:
    visitor, now, wrong = west.people[person], clock.now, []
    token, before = token_of(visitor), rows_of(east)
    for method in ("GET", "POST"):
        for rule in rules_that_answer(app, method):
            ids = [name for name in rule.arguments if name in KINDS or name == "session_id"]
            for foreign in ids:
                answers = []
                for put in (of(east, foreign), NOWHERE):
                    clock.now = now
                    parts = OTHER_PARTS | {name: of(west, name) for name in ids} | {foreign: put}
                    with app.test_request_context():
                        address = app.url_map.bind("localhost").build(rule.endpoint, parts)
                    data = {**FORMS.get(rule.endpoint, {}), "csrf_token": token} if method == "POST" else None
                    answer = visitor.open(address, method=method, data=data)
                    answers.append((answer.status_code, without_token(answer).replace(str(put).encode(), b"")))
                if answers[0] != answers[1] or answers[0][0] not in SAID:
                    wrong.append(f"{method} {rule} {foreign}: {answers[0][0]}, {answers[1][0]}")
    assert not wrong, "\n".join(wrong)
    assert rows_of(east) == before


def test_ids_of_another_clinic_in_a_form_reach_nothing(
    clock: TestClock, west: MarkedClinic, east: MarkedClinic
) -> None:
    nurse, admin, one = west.people["nurse"], west.people["admin"], west.people["one"]
    mine, theirs = west.patients["two"].patient_id, east.patients["one"]
    new = subject(east.house.add_patient("E-0", "Somebody New"))
    invite = invites.invite_patient(east.house.clinician, new, clock=clock)
    with snapshot() as session:
        passkey = session.scalars(
            select(Passkey).join(Patient, Patient.account_id == Passkey.account_id)
            .where(Patient.id == theirs.patient_id)
        ).one()  # fmt: skip
    key = base64.urlsafe_b64encode(passkey.credential_id).decode()
    doctor = str(east.house.clinician.member_id)
    before, now = rows_of(east), clock.now
    tried: tuple[tuple[Visitor, str, dict[str, str]], ...] = (
        (nurse, "/clinic/invites", {"patients": str(theirs.patient_id)}),
        (nurse, f"/clinic/patients/{mine}/invite/mail", {"email": "thief@home.example", "token": invite}),
        (nurse, "/account/clinics", {"clinic": str(east.house.clinic_id)}),
        (
            admin,
            f"/clinic/patients/{mine}/protection",
            {"act": "protect", "reason": "nobody is responsible", "responsible": doctor},
        ),
        (one, "/account/passkeys/remove", {"passkey": key, "sure": "y"}),
        (one, "/account/clinics", {"clinic": str(east.house.clinic_id)}),
    )
    for visitor, path, fields in tried:
        clock.now = now
        answer = visitor.open(path, method="POST", data={**fields, "csrf_token": token_of(visitor)})
        assert answer.status_code in SAID, (path, answer.status_code)
    assert rows_of(east) == before
    filters = admin.open(f"/clinic/audit?patient={theirs.patient_id}&member={doctor}")
    assert east.markers["one"].encode() not in filters.data


def test_somebody_elses_sign_in_is_not_there_to_be_ended(west: MarkedClinic) -> None:
    one = west.people["one"]
    with snapshot() as session:
        held = session.scalars(
            select(SignedInSession.id).where(SignedInSession.patient_id == west.patients["two"].patient_id)
        ).first()
    data = {"csrf_token": token_of(one)}
    answers = [one.open(f"/account/sessions/{which}/end", method="POST", data=data) for which in (held, NOWHERE)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert without_token(answers[0]) == without_token(answers[1])
    assert west.people["two"].open("/today").status_code == 200


def test_what_belongs_to_a_protected_patient_is_not_reached_through_another_one(
    app: Flask, clock: TestClock, west: MarkedClinic
) -> None:
    nurse, now, wrong = west.people["nurse"], clock.now, []
    token = token_of(nurse)
    about = west.patients["shut"].patient_id
    with snapshot() as session:
        parts = {
            "course_id": session.scalars(select(Course.id).where(Course.patient_id == about)).first(),
            "decision_id": session.scalars(select(Decision.id).where(Decision.patient_id == about)).first(),
        }
        before = len(session.scalars(select(AuditEvent.position).where(AuditEvent.patient_id == about)).all())
    for method in ("GET", "POST"):
        for rule in rules_that_answer(app, method):
            if not rule.arguments & parts.keys():
                continue
            clock.now = now
            known = {"patient_id": west.patients["one"].patient_id, **parts}
            with app.test_request_context():
                values = {name: known.get(name, OTHER_PARTS.get(name, NOWHERE)) for name in rule.arguments}
                address = app.url_map.bind("localhost").build(rule.endpoint, values)
            data = {**FORMS.get(rule.endpoint, {}), "csrf_token": token} if method == "POST" else None
            answer = nurse.open(address, method=method, data=data)
            if answer.status_code not in (403, 404) or west.markers["inside"].encode() in answer.data:
                wrong.append(f"{method} {rule}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    with snapshot() as session:
        assert len(session.scalars(select(AuditEvent.position).where(AuditEvent.patient_id == about)).all()) == before


def test_a_code_for_moving_is_worth_nothing_to_a_patient(clock: TestClock, west: MarkedClinic) -> None:
    patient = confirmed(west.patients["two"], clock)
    made = moving_out.make_move_code(patient, subject(patient), clock=clock)
    one = west.people["one"]
    data = {"csrf_token": token_of(one), "code": made.code, "reference": "X-1"}
    assert one.open("/clinic/patients/move-in", method="POST", data=data).status_code == 404
    with snapshot() as session:
        assert all(code.used_at is None for code in session.scalars(select(MoveCode)))
        assert session.scalars(select(Member).where(Member.status == MemberStatus.SUSPENDED)).all() == []
