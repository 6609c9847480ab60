"""In which words was asked is fixed for a patient and kept with each answer."""

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.errors import Sentence
from diary.models import Entry, Patient
from diary.services import wordings
from diary.services.wordings import BY_VERSION, FIRST, OF_PATIENTS, Wording, Wordings, wording_for
from tests.conftest import TestClock
from tests.web.people import House
from tests.web.visiting import Visitor

LAST_24_HOURS = "On average, how strong was your pain over the last 24 hours?"
SHOWN = {
    "average-24-hours-1": (LAST_24_HOURS, "no pain", "worst pain you can imagine"),
    "average-that-day-1": (
        "On %(day)s, how strong was your pain on average?",
        "no pain",
        "worst pain you can imagine",
    ),
}
"""Words that people were shown: other words are another version."""


@pytest.fixture
def patient(house: House) -> Visitor:
    """A patient who has not written anything yet."""
    return house.sign_in_as(house.add_patient())


def asked() -> list[str]:
    """Return the wording that is kept with each entry."""
    with snapshot() as session:
        return list(session.scalars(select(Entry.item_version).order_by(Entry.received_at)))


def test_words_that_were_shown_are_never_changed() -> None:
    known = {version: (str(one.question), str(one.lowest), str(one.highest)) for version, one in BY_VERSION.items()}
    assert {version: known[version] for version in SHOWN} == SHOWN
    assert all(version == one.version for version, one in BY_VERSION.items())
    assert len(BY_VERSION) == 2 * len(OF_PATIENTS)


def test_who_was_there_before_wordings_had_names_is_asked_in_the_first_one() -> None:
    for is_today in (True, False):
        assert wording_for(None, is_today=is_today) == wording_for(FIRST, is_today=is_today)


def test_a_form_opened_before_four_in_the_morning_keeps_the_words_it_showed(patient: Visitor, clock: TestClock) -> None:
    form = patient.get("/today").form()
    assert form.fields["item_version"] == "average-24-hours-1"
    clock.move(hours=16)
    patient.send(form, {"score": "6"})
    assert asked() == ["average-24-hours-1"]


def test_a_form_that_comes_back_is_shown_in_the_words_it_had(patient: Visitor, clock: TestClock) -> None:
    form = patient.get("/today").form()
    clock.move(hours=16)
    page = patient.send(form, status=422)
    assert page.h1 == LAST_24_HOURS
    assert page.form().fields["item_version"] == "average-24-hours-1"


def test_a_day_that_has_passed_is_asked_about_by_its_name(patient: Visitor) -> None:
    page = patient.get("/diary/2026-03-18")
    assert page.h1 == "On Wednesday, how strong was your pain on average?"
    patient.send(page.form(), {"score": "6"})
    assert asked() == ["average-that-day-1"]


def test_a_form_without_a_wording_is_taken_and_one_that_nobody_was_ever_shown_is_not(patient: Visitor) -> None:
    form = patient.get("/today").form()
    page = patient.send(form, {"score": "6", "item_version": "worst-ever-1"}, status=422)
    assert "This form is damaged. Reload the page and try again." in page.main
    assert asked() == []
    patient.send(form, {"score": "6", "item_version": None})
    assert asked() == ["average-24-hours-1"]


def test_a_new_wording_is_for_new_patients_and_the_old_ones_keep_theirs(
    house: House, patient: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = Sentence("no pain"), Sentence("worst pain you can imagine")
    second = Wordings(
        Wording("average-24-hours-2", Sentence("How strong was it?"), *ends),
        Wording("average-that-day-2", Sentence("How strong was it on %(day)s?"), *ends),
    )
    monkeypatch.setitem(OF_PATIENTS, "2", second)
    for one in (second.today, second.that_day):
        monkeypatch.setitem(BY_VERSION, one.version, one)
    monkeypatch.setattr(wordings, "NEWEST", "2")
    later = house.sign_in_as(house.add_patient("M-2", "Haas, Bernd"))
    assert later.get("/today").h1 == "How strong was it?"
    assert later.get("/diary/2026-03-18").h1 == "How strong was it on Wednesday?"
    assert patient.get("/today").h1 == LAST_24_HOURS
    later.send(later.get("/today").form(), {"score": "6"})
    assert asked() == ["average-24-hours-2"]
    with snapshot() as session:
        assert set(session.scalars(select(Patient.wording))) == {"1", "2"}
