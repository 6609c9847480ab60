"""Names and notes that try to be more than words are shown as they were written, everywhere."""

import pytest
from flask import Flask

from diary.services import invites
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, a_house, treated
from tests.web.visiting import Visitor

WORDS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{ 7*7 }}{% raw %}",
    "</title></textarea></svg><b>",
    "javascript:alert(1)",
    "&lt;b&gt; &amp; 🙂 Ñandú Ωμέγα %(name)s %s",
)


def read(page: Page, written: str) -> None:
    """Fail unless `written` stands among the words of a page, and nowhere as code."""
    assert " ".join(written.split()) in page.text, page.path
    assert not page.all("b") or all(words_of(bold) for bold in page.all("b"))
    assert not [one for one in page.all("img") if one.get("src") == "x"]


@pytest.fixture(autouse=True)
def _leftovers_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Page, "allowed", ("{{", "{%", "%(", "&amp;", "&lt;"))


@pytest.mark.parametrize("written", WORDS)
def test_a_hostile_name_is_only_a_name(app: Flask, clock: TestClock, written: str) -> None:
    house = a_house(app, clock, name=written)
    patient = treated(house, clock, reference=written[:60], name=written)
    doctor, nurse = house.staff(), house.staff(Role.NURSE)
    path = f"/clinic/patients/{patient.patient_id}"
    course = doctor.get(path)
    liver = doctor.get(path).form(f"{path}/decisions")
    doctor.send(liver, {"kind": "stop", "reason": written})
    for link in ("Record an infusion", "Give a baseline", "Correct"):
        read(doctor.get(course.links[link]), written)
    doctor.send(doctor.get(course.links["Record an infusion"]).form(), {"day": "2026-03-06", "remark": written})
    doctor.send(doctor.get(course.links["Give a baseline"]).form(), {"value": "7", "reason": written})
    for visitor, address in (
        (doctor, path), (nurse, path), (doctor, "/clinic/"), (doctor, "/clinic/settings"), (doctor, "/clinic/rules")
    ):  # fmt: skip
        read(visitor.get(address), written)
    assert doctor.get(path).main.count(" ".join(written.split())) >= 3
    assert doctor.open(f"{path}/figure.json").status_code == 200
    token = invites.invite_patient(house.clinician, subject(patient), clock=clock)
    read(Visitor(app).get(f"/invite/{token}"), written)
    own = house.sign_in_as(patient)
    read(own.get("/me"), written)
    own.get("/diary")


def test_words_sent_back_with_an_error_are_only_words(house: House) -> None:
    visitor = house.staff()
    for written in WORDS:
        form = visitor.get("/clinic/patients/new").form()
        page = visitor.send(form, {"name": written, "reference": "", "phone": written[:40]}, status=422)
        assert page.value_of("name") == written
    stranger = Visitor(house.app)
    for written in WORDS:
        page = stranger.send(stranger.get("/sign-in").form(), {"email": written, "password": "x"}, status=422)
        assert page.value_of("email") == written


def test_an_address_with_code_in_it_is_not_repeated(house: House) -> None:
    page = Visitor(house.app).get("/<script>alert(1)</script>", 404)
    assert "alert(1)" not in page.html


def test_turned_and_invisible_characters_are_refused_in_names(house: House) -> None:
    visitor = house.staff()
    for written in ("Ana\u202etxt", "A\u200bna", "A\u2066na", "A\ufeffna", "A\u00adna"):
        form = visitor.get("/clinic/patients/new").form()
        page = visitor.send(form, {"name": written, "reference": "1"}, status=422)
        assert page.errors_of("name"), repr(written)
