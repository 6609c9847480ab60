"""Doors: every address for everybody, as the declared audience and the policy have it."""

import uuid
from contextvars import Context
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from diary.app import create_app
from diary.db import snapshot
from diary.models import Entry
from diary.services import invites
from diary.web import guards
from diary.web.guards import Audience, audience_of
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.doors import MAY_MOVE_ON_LOOKING, METHODS, OUTSIDE, Street, a_street, digest, rules_that_answer
from tests.web.people import House
from tests.web.visiting import Visitor

PATIENTS: Final = ("the patient", "another patient")
STAFF: Final = ("clinician", "nurse", "admin", "researcher", "clinician elsewhere")
CLINICIANS, READERS, ADMINS = ("clinician",), ("clinician", "nurse"), ("admin",)
EVERYBODY_THERE: Final = ("clinician", "nurse", "admin", "researcher")
WHO_MAY: Final[dict[str, tuple[str, ...]]] = {
    "patient.today": PATIENTS,
    "patient.save_today": PATIENTS,
    "patient.diary": PATIENTS,
    "patient.show_day": PATIENTS,
    "patient.save_day": PATIENTS,
    "patient.undo": PATIENTS,
    "patient.say_wearing_off": PATIENTS,
    "patient.me": PATIENTS,
    "patient.save_me": PATIENTS,
    "patient.looks": PATIENTS,
    "clinic.worklist": READERS,
    "clinic.new_patient": READERS,
    "clinic.add_patient": READERS,
    "clinic.patient": READERS,
    "clinic.figure": READERS,
    "clinic.invite": READERS,
    "clinic.change_life_cycle": READERS,
    "clinic.record_liver_test": READERS,
    "clinic.new_course": READERS,
    "clinic.add_course": READERS,
    "clinic.correct_course": READERS,
    "clinic.save_correction": READERS,
    "clinic.new_infusion": READERS,
    "clinic.add_infusion": READERS,
    "clinic.new_baseline": CLINICIANS,
    "clinic.give_baseline": CLINICIANS,
    "clinic.decide": CLINICIANS,
    "clinic.settings": EVERYBODY_THERE,
    "clinic.save_settings": ADMINS,
    "clinic.audit": ADMINS,
    "clinic.take_out_audit": ADMINS,
    "clinic.rules": EVERYBODY_THERE,
    "clinic.edit_rules": ADMINS,
    "clinic.save_rules": ADMINS,
    "clinic.edit_medicine": ADMINS,
    "clinic.save_medicine": ADMINS,
}
"""Every view that is not for everyone, and who of the patient's clinic may use it."""
DONE: Final = {200, 303, 409, 422}
"""What is answered to a form that was let in."""
ALSO: Final = {"patient.undo": {404}}
"""What else is answered to whoever may: there is no such entry."""


@pytest.fixture
def street(app: Flask, clock: TestClock, house: House) -> Street:
    """Two clinics with everybody in them."""
    return a_street(app, clock, house)


def expected(app: Flask, rule: Rule, person: str, method: str) -> set[int]:
    """Return the statuses that the table allows."""
    if audience_of(app, rule.endpoint) is Audience.EVERYONE:
        return {200, 303, 410} if method != "POST" else {303, 410, 422}
    if person in OUTSIDE:
        return {303}
    of_patients = rule.endpoint.startswith("patient.")
    if of_patients != (person in PATIENTS):
        return {404}
    if person == "clinician elsewhere" and "patient_id" in rule.arguments:
        return {404}
    if ("clinician" if person == "clinician elsewhere" else person) not in WHO_MAY[rule.endpoint]:
        return {403}
    return (DONE | ALSO.get(rule.endpoint, set())) if method == "POST" else {200}


def test_the_table_names_every_view_that_is_not_for_everyone(app: Flask) -> None:
    views = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(WHO_MAY) == {view for view in views if audience_of(app, view) is not Audience.EVERYONE}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_address_answers_everybody_as_declared_and_no_look_changes_anything(street: Street, method: str) -> None:
    wrong = []
    for person, visitor in street.people.items():
        before = digest(but=MAY_MOVE_ON_LOOKING)
        for rule in rules_that_answer(street.app, "GET"):
            address = street.address_of(rule)
            answer = visitor.open(address, method=method)
            if answer.status_code not in expected(street.app, rule, person, method):
                wrong.append(f"{person} {method} {address}: {answer.status_code}")
            if person in OUTSIDE and rule.endpoint in WHO_MAY and b"Ramirez" in answer.data:
                wrong.append(f"{person} {method} {address}: tells a name")
        if digest(but=MAY_MOVE_ON_LOOKING) != before:
            wrong.append(f"what {person} opened changed the database")
    assert not wrong, "\n".join(wrong)


def test_a_method_that_an_address_does_not_take_is_refused_to_everybody_and_changes_nothing(street: Street) -> None:
    taken: dict[str, set[str]] = {}
    for rule in street.app.url_map.iter_rules():
        taken.setdefault(street.address_of(rule), set()).update(rule.methods or ())
    wrong = []
    for person, visitor in street.people.items():
        before = digest()
        for address, methods in taken.items():
            for method in set(METHODS) - methods:
                answer = Context().run(visitor.client.open, address, method=method, data={"score": "5"})
                if answer.status_code != 405:
                    wrong.append(f"{person} {method} {address}: {answer.status_code}")
        if digest() != before:
            wrong.append(f"{person} changed the database")
    assert not wrong, "\n".join(wrong)


def test_nobody_posts_without_the_token_of_a_page(street: Street) -> None:
    wrong = []
    for person, visitor in street.people.items():
        before = digest()
        for rule in rules_that_answer(street.app, "POST"):
            answer = visitor.open(street.address_of(rule), method="POST", data={"score": "5", "kind": "stop"})
            if answer.status_code != 400:
                wrong.append(f"{person} POST {rule}: {answer.status_code}")
        if digest() != before:
            wrong.append(f"{person} changed the database without a token")
    assert not wrong, "\n".join(wrong)


def test_a_token_of_somebody_elses_page_is_refused(street: Street) -> None:
    nurse = street.people["nurse"]
    nurse.get("/clinic/patients/new")
    token = nurse.csrf_token
    before = digest()
    fields = {"csrf_token": token, "name": "X", "reference": "X-1", "time_zone": "UTC"}
    assert street.people["clinician"].open("/clinic/patients/new", method="POST", data=fields).status_code == 400
    assert digest() == before


FORMS = {
    "clinic.add_patient": {"name": "X", "reference": "X-1", "time_zone": "UTC"},
    "clinic.add_course": {
        "medicine": "ketamine", "status": "given", "first_day": "2026-03-10", "last_day": "2026-03-11"
    },
    "clinic.save_correction": {
        "medicine": "lidocaine", "status": "given", "first_day": "2026-03-02", "last_day": "2026-03-06", "reason": "x"
    },
    "clinic.add_infusion": {"day": "2026-03-06", "medicine": "ketamine"},
    "clinic.give_baseline": {"value": "7", "reason": "notes"},
    "clinic.record_liver_test": {"day": "2026-03-10"},
    "clinic.decide": {"kind": "stop", "reason": "x", "shown_digest": "0" * 64},
    "clinic.change_life_cycle": {"life_cycle": "discharged"},
    "clinic.invite": {},
    "clinic.take_out_audit": {},
    "clinic.save_settings": {"name": "X", "phone": "1", "emergency_number": "2"},
    "clinic.save_rules": {"week_minimum": "5", "reason": "x", "base_version": "1"},
    "clinic.save_medicine": {"waiting_time": "35", "reason": "x", "base_version": "1"},
    "patient.save_today": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=1))},
    "patient.save_day": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=2))},
    "patient.undo": {},
    "patient.say_wearing_off": {},
    "patient.save_me": {"hand": "left"},
}  # fmt: skip


def test_every_form_is_taken_from_whom_the_table_says_and_from_nobody_else(street: Street, clock: TestClock) -> None:
    rules = [rule for rule in rules_that_answer(street.app, "POST") if rule.endpoint in WHO_MAY]
    assert {rule.endpoint for rule in rules} == set(FORMS), "a form that this test does not know"
    wrong, now = [], clock.now
    for person, visitor in street.people.items():
        token = a_token(street, visitor)
        for rule in rules:
            clock.now = now  # nobody idles out while others write
            before, allowed = digest(), expected(street.app, rule, person, "POST")
            data = {**FORMS[rule.endpoint], "csrf_token": token}
            status = visitor.open(street.address_of(rule), method="POST", data=data).status_code
            if status not in allowed:
                wrong.append(f"{person} POST {rule}: {status}, not {sorted(allowed)}")
            if not allowed & DONE - {303} and digest() != before:
                wrong.append(f"{person} POST {rule} changed the database")
    assert not wrong, "\n".join(wrong)


def a_token(street: Street, visitor: Visitor) -> str:
    """Return a token that the forms of this visitor carry; an invite's page has one for everybody."""
    about = subject(street.house.add_patient(f"M-{uuid.uuid4().hex[:8]}"))
    visitor.get(f"/invite/{invites.invite_patient(street.house.clinician, about, clock=street.house.clock)}")
    return visitor.csrf_token


def test_somebody_elses_patient_and_nobody_answer_byte_for_byte_the_same(street: Street) -> None:
    elsewhere = street.people["clinician elsewhere"]
    unknown = uuid.UUID("6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001")
    for rule in rules_that_answer(street.app, "GET"):
        if "patient_id" not in rule.arguments:
            continue
        theirs = elsewhere.open(street.address_of(rule))
        nobody = elsewhere.open(street.address_of(rule, patient_id=unknown))
        assert (theirs.status_code, theirs.data) == (nobody.status_code, nobody.data)
        assert theirs.status_code == 404
        assert {k: v for k, v in theirs.headers if k != "Date"} == {k: v for k, v in nobody.headers if k != "Date"}


def test_what_is_sent_about_somebody_elses_patient_and_about_nobody_is_answered_the_same(street: Street) -> None:
    elsewhere, nobody = street.people["clinician elsewhere"], uuid.UUID("6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001")
    token, before = a_token(street, elsewhere), digest()
    for rule in rules_that_answer(street.app, "POST"):
        if "patient_id" not in rule.arguments:
            continue
        for fields in (FORMS[rule.endpoint], {}):
            data = {**fields, "csrf_token": token}
            theirs = elsewhere.open(street.address_of(rule), method="POST", data=data)
            unknown = elsewhere.open(street.address_of(rule, patient_id=nobody), method="POST", data=data)
            told = [answer.get_data(as_text=True).replace(str(nobody), "") for answer in (theirs, unknown)]
            assert theirs.status_code == unknown.status_code, rule
            assert told[0].replace(str(street.patient.patient_id), "") == told[1], rule
            assert theirs.status_code == 404 or not fields, rule
    assert digest() == before


def test_an_entry_of_another_patient_is_not_there_to_be_undone(street: Street) -> None:
    other = street.people["another patient"]
    with snapshot() as session:
        held = session.scalars(select(Entry.id).where(Entry.patient_id == street.patient.patient_id)).first()
    undo = next(rule for rule in rules_that_answer(street.app, "POST") if rule.endpoint == "patient.undo")
    data, before = {"csrf_token": a_token(street, other)}, digest()
    told = [
        other.open(street.address_of(undo, entry_id=entry), method="POST", data=data)
        for entry in (held, uuid.UUID(int=8))
    ]
    assert [answer.status_code for answer in told] == [404, 404]
    assert told[0].data == told[1].data
    assert digest() == before


def test_a_course_of_another_patient_is_not_there(street: Street, clock: TestClock) -> None:
    clinician = street.people["clinician"]
    other = street.house.add_patient("M-9", "Smith, Olive")
    for rule in rules_that_answer(street.app, "GET"):
        if "course_id" in rule.arguments:
            clinician.get(street.address_of(rule, patient_id=other.patient_id), 404)


def test_a_view_without_an_audience_stops_the_app_from_starting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "open_to", lambda audience: lambda view: view)
    known = app.extensions["ebb"].settings
    monkeypatch.setattr("diary.web.guards.audience_of", lambda _app, name: None if name == "public.about" else "x")
    with pytest.raises(guards.UndeclaredAudience, match=r"public\.about"):
        create_app(known)


def test_a_view_that_is_added_without_an_audience_is_found(app: Flask) -> None:
    app.url_map._remap = True
    app.view_functions["forgotten"] = lambda: "everything"
    app.url_map.add(app.url_rule_class("/forgotten", endpoint="forgotten"))
    with pytest.raises(guards.UndeclaredAudience, match="forgotten"):
        guards.check_audiences(app)


def test_a_suspended_member_and_a_patient_who_moved_away_are_out_at_once(street: Street) -> None:
    from diary.db import transaction  # noqa: PLC0415
    from diary.models import Member, Patient  # noqa: PLC0415
    from diary.models.clinics import MemberStatus  # noqa: PLC0415

    with transaction() as session:
        for member in session.query(Member).filter(Member.name.startswith("Nurse")):
            member.status = MemberStatus.SUSPENDED
        session.get_one(Patient, (street.house.clinic_id, street.patient.patient_id)).life_cycle = "moved"
    assert street.people["nurse"].open("/clinic/").status_code == 303
    assert street.people["the patient"].open("/today").status_code == 303
