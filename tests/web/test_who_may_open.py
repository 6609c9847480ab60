"""Doors: every address for everybody, as the declared audience and the policy have it."""

import uuid

import pytest
from flask import Flask

from diary.app import create_app
from diary.services import invites
from diary.web import guards
from diary.web.guards import Audience, audience_of
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.doors import MAY_MOVE_ON_LOOKING, PEOPLE, Street, a_street, digest, rules_that_answer
from tests.web.people import House

PATIENTS, READERS, STAFF = PEOPLE[1:3], ("clinician", "nurse"), PEOPLE[3:]
SHARED_WITH_ADMINS = ("clinic.settings", "clinic.rules")
ADMINS_ONLY = ("clinic.edit_rules", "clinic.edit_medicine")
CLINICIANS_ONLY = ("clinic.new_baseline",)


@pytest.fixture
def street(app: Flask, clock: TestClock, house: House) -> Street:
    """Two clinics with everybody in them."""
    return a_street(app, clock, house)


def expected(app: Flask, endpoint: str, person: str, arguments: set[str]) -> set[int]:
    """Return the statuses that audience and policy allow a GET."""
    audience = audience_of(app, endpoint)
    if audience is Audience.EVERYONE:
        return {200, 303, 410}
    if person == "signed out":
        return {303}
    if audience is Audience.PATIENT:
        return {200} if person in PATIENTS else {404}
    if person not in STAFF:
        return {404}
    if endpoint in SHARED_WITH_ADMINS:
        return {200}
    if person == "clinician elsewhere" and "patient_id" in arguments:
        return {404}
    role = "clinician" if person == "clinician elsewhere" else person
    return {200} if role in roles_that_may_open(endpoint) else {403}


def roles_that_may_open(endpoint: str) -> tuple[str, ...]:
    if endpoint in ADMINS_ONLY:
        return ("admin",)
    return ("clinician",) if endpoint in CLINICIANS_ONLY else READERS


def test_every_address_answers_everybody_as_declared_and_no_look_changes_anything(street: Street) -> None:
    wrong = []
    for person, visitor in street.people.items():
        before = digest(but=MAY_MOVE_ON_LOOKING)
        for rule in rules_that_answer(street.app, "GET"):
            address = street.address_of(rule)
            status = visitor.open(address).status_code
            if status not in expected(street.app, rule.endpoint, person, rule.arguments):
                wrong.append(f"{person} GET {address}: {status}")
        if digest(but=MAY_MOVE_ON_LOOKING) != before:
            wrong.append(f"what {person} opened changed the database")
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
    "clinic.save_settings": {"name": "X", "phone": "1", "emergency_number": "2"},
    "clinic.save_rules": {"week_minimum": "5", "reason": "x", "base_version": "1"},
    "clinic.save_medicine": {"waiting_time": "35", "reason": "x", "base_version": "1"},
    "patient.save_today": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=1))},
    "patient.save_day": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=2))},
    "patient.undo": {},
    "patient.say_wearing_off": {},
    "patient.save_me": {"hand": "left"},
}  # fmt: skip


def allowed_to_post(endpoint: str) -> tuple[str, ...]:
    if endpoint.startswith("patient."):
        return PATIENTS
    if endpoint in ("clinic.save_settings", "clinic.save_rules", "clinic.save_medicine"):
        return ("admin",)
    return ("clinician",) if endpoint in ("clinic.decide", "clinic.give_baseline") else READERS


def test_who_may_not_post_changes_nothing_and_is_told_so(street: Street) -> None:
    rules = [rule for rule in rules_that_answer(street.app, "POST") if not rule.endpoint.startswith("account.")]
    assert {rule.endpoint for rule in rules} == set(FORMS), "a form that this test does not know"
    open_invite = invites.invite_patient(
        street.house.clinician, subject(street.house.add_patient("M-8")), clock=street.house.clock
    )
    for person in STAFF + PATIENTS:
        street.people[person].get(f"/invite/{open_invite}")
    wrong = []
    for person in (*STAFF, *PATIENTS):
        visitor = street.people[person]
        token = visitor.csrf_token
        for rule in rules:
            own = person != "clinician elsewhere" or "patient_id" not in rule.arguments
            if person in allowed_to_post(rule.endpoint) or (person == "clinician elsewhere" and own):
                continue
            before = digest()
            data = {**FORMS[rule.endpoint], "csrf_token": token}
            status = visitor.open(street.address_of(rule), method="POST", data=data).status_code
            strange = person in PATIENTS or rule.endpoint.startswith("patient.") or person == "clinician elsewhere"
            if status != (404 if strange else 403):
                wrong.append(f"{person} POST {rule}: {status}")
            if digest() != before:
                wrong.append(f"{person} POST {rule} changed the database")
    assert not wrong, "\n".join(wrong)


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
