"""Decisions and moving, through the pages as people use them."""

import base64
import io
import json

import pytest
from flask import Flask
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from diary.access.identity import Identity
from diary.db import snapshot
from diary.exchange.copies import LARGEST_COPY
from diary.models import Patient
from diary.security.signing import SigningKeys
from diary.vocabulary import DecisionKind, Role
from tests.conftest import TestClock
from tests.services.deciding import decide
from tests.services.moving import a_copied_entry, a_copy, as_file
from tests.services.tampering import tamper
from tests.web.pages import Page, words_of
from tests.web.people import House, a_house, treated
from tests.web.visiting import Visitor


@pytest.fixture
def patient(house: House, clock: TestClock) -> Identity:
    return treated(house, clock, after=(2,) * 21 + (7,) * 20)


@pytest.fixture
def east(app: Flask, clock: TestClock, house: House) -> House:
    return a_house(app, clock, "Pain clinic East", "east")


def bring(visitor: Visitor, sent: bytes = b"", code: str = "", status: int = 200) -> Page:
    form = visitor.get("/clinic/patients/move-in").form()
    answer = post(visitor, form.action, {**form.fields, "code": code}, sent)
    return visitor._shown(answer, status, follow=True)


def post(visitor: Visitor, path: str, fields: dict[str, str], sent: bytes) -> TestResponse:
    """Send a form with a file in it; its body is made in memory, so that no file of the test is left open."""
    file = FileStorage(io.BytesIO(sent), "diary-copy.json")
    boundary, body = encode_multipart({**fields, "copy_file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    return visitor.open(path, method="POST", input_stream=io.BytesIO(body), content_length=len(body), content_type=kind)


def people() -> int:
    with snapshot() as session:
        return session.query(Patient).count()


def test_a_decision_says_who_signed_it_and_that_it_is_valid(house: House, patient: Identity, clock: TestClock) -> None:
    made = decide(house.clinician, patient, DecisionKind.WAIT, clock)
    nurse = house.staff(Role.NURSE)
    listed = words_of(nurse.get(f"/clinic/patients/{patient.patient_id}").one("section", id="decisions"))
    assert "valid Signed by First on 20 Mar 2026, 12:00; valid." in listed
    page = nurse.get(f"/clinic/patients/{patient.patient_id}/decisions/{made}")
    assert "Signed by First on 20 Mar 2026, 12:00; valid." in page.main
    assert page.main.count(" yes") > 5
    assert "Loss of response confirmed: review" in page.main
    assert json.loads(page.root.findall(".//code")[0].text)["reason"] == "talked on the phone"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM entry WHERE day = '2026-03-10'", "Not valid: the entries were changed since."),
        ("UPDATE decision SET reason = 'x'", "Not valid: something in the decision was changed since."),
        ("UPDATE decision SET shown = '[]'", "Not valid: something in the decision was changed since; what was on"),
        ("UPDATE decision SET shown = '{}'", "Not valid: something in the decision was changed since; what was on"),
    ],
)
def test_a_decision_that_is_not_valid_says_why(
    house: House, patient: Identity, clock: TestClock, change: str, said: str
) -> None:
    made = decide(house.clinician, patient, DecisionKind.WAIT, clock)
    tamper(change)
    visitor = house.staff()
    assert said in visitor.get(f"/clinic/patients/{patient.patient_id}").main
    page = visitor.get(f"/clinic/patients/{patient.patient_id}/decisions/{made}")
    assert said in page.main
    assert ("can no longer be read" in page.main) is ("shown" in change)


def test_a_decision_of_another_patient_is_not_there(house: House, patient: Identity, clock: TestClock) -> None:
    made = decide(house.clinician, patient, DecisionKind.WAIT, clock)
    other = house.add_patient("M-2")
    house.staff().get(f"/clinic/patients/{other.patient_id}/decisions/{made}", 404)


def test_a_patient_carries_a_code_and_finds_the_diary_in_the_new_clinic(
    house: House, east: House, patient: Identity
) -> None:
    phone = house.sign_in_as(patient)
    page = phone.get("/me/move")
    page = phone.send(next(form for form in page.forms if form.action.endswith("/code")))
    code = page.root.findall(".//code")[0].text
    doctor = east.staff()
    preview = bring(doctor, code=code)
    assert "Ramirez, Ana" in preview.main
    assert "48 days with an entry" in preview.main
    assert "this server signed the copy" in preview.main
    assert people() == 1
    shown = doctor.send(preview.form(), {"reference": "E-9"})
    assert "E-9" in shown.main
    assert "Came from Pain clinic West" in shown.main
    assert "Loss of response confirmed: review" in shown.main
    assert phone.open("/today").status_code == 303
    again = Visitor(house.app).sign_in(f"{patient.patient_id}@west.example", "four plain small words")
    assert again.response is not None
    assert "Pain clinic East" in again.get("/me").main
    assert "M-1" not in house.staff().get("/clinic/").main


def test_a_file_is_looked_at_and_then_taken_in(house: House, east: House, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    page = nurse.get(f"/clinic/patients/{patient.patient_id}/move")
    form = next(form for form in page.forms if form.action.endswith("/export"))
    answer = nurse.open(form.action, method="POST", data=form.fields)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="diary-copy.json"'
    assert "Ramirez" in answer.get_data(as_text=True)
    doctor = east.staff()
    preview = bring(doctor, answer.data)
    empty = doctor.send(preview.form(), {"reference": " "}, status=422)
    assert empty.errors_of("reference").startswith("Error:")
    doctor.send(empty.form(), {"reference": "E-1"})
    refused = bring(doctor, answer.data)
    assert "was taken in already, as E-1" in refused.main
    assert people() == 2


def test_a_taken_reference_is_asked_for_again_with_everything_kept(house: House, east: House, clock: TestClock) -> None:
    east.add_patient("E-1")
    doctor = east.staff()
    preview = bring(doctor, as_file(a_copy(clock())))
    again = doctor.send(preview.form(), {"reference": "E-1"}, status=422)
    assert "Another patient has the reference E-1" in again.errors_of("reference")
    doctor.send(again.form(), {"reference": "E-2"})
    assert people() == 2


def test_an_unknown_key_is_explained_and_has_to_be_compared(east: House, clock: TestClock, tmp_path) -> None:
    keys = SigningKeys(tmp_path / "theirs")
    doctor = east.staff()
    preview = bring(doctor, as_file(a_copy(clock()), keys))
    assert "this server does not know that key" in preview.main
    form = preview.form()
    form.fields.pop("key_compared", None)
    refused = doctor.send(form, {"reference": "E-1"}, status=422)
    assert "Compare the key" in refused.main
    assert people() == 0
    shown = doctor.send(refused.form(), {"reference": "E-1", "key_compared": "y"})
    assert "Who signed the copy is not known here." in shown.main


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "Choose the file that the other clinic handed out, or write the code."),
        (b"hello", "This file is no copy of a diary"),
        (b"\xff\xfe" * 100, "This file is no copy of a diary"),
        (b"[" * 100_000, "This file is no copy of a diary"),
        (b'{"format": 1}', "This file cannot be taken in"),
    ],
)
def test_a_file_that_is_none_is_refused_with_what_to_do(east: House, sent: bytes, said: str) -> None:
    assert said in bring(east.staff(), sent, status=422).main


def test_a_large_diary_is_let_in_here_and_nowhere_else(east: House, clock: TestClock) -> None:
    entries = tuple(a_copied_entry(-number, written_at=clock(), received_at=clock()) for number in range(5000))
    sent = as_file(a_copy(clock(), entries=entries))
    assert 256 * 1024 < len(sent) < LARGEST_COPY
    doctor = east.staff()
    preview = bring(doctor, sent)
    assert "5000 days with an entry" in preview.main
    form = preview.form()
    answer = post(doctor, form.action, {**form.fields, "reference": "E-1"}, b"")
    assert (answer.status_code, people()) == (303, 1)
    token = doctor.csrf_token
    big = {"csrf_token": token, "name": "x" * 300_000}
    assert doctor.open("/clinic/patients/new", method="POST", data=big).status_code == 413
    far = b"x" * (12 * 1024 * 1024)
    assert post(doctor, "/clinic/patients/move-in", {"csrf_token": token}, far).status_code == 413


def test_strangers_and_patients_send_nothing_large(house: House, patient: Identity) -> None:
    phone = house.sign_in_as(patient)
    phone.get("/me/move")
    token = phone.csrf_token
    for visitor in (phone, Visitor(house.app)):
        held = base64.b64encode(b"x" * 400_000).decode()
        data = {"reference": "x", "held": held, "csrf_token": token}
        assert post(visitor, "/clinic/patients/move-in", data, b"").status_code in (303, 400, 404, 413)
