"""What staff write about a patient: kept with author and time, taken back with a reason, never a part of the rule."""

import uuid

import pytest

from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.services.looking_in import diary_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

WORDS = "The brother drives. Afraid of needles."


@pytest.fixture
def patient(house: House, clock: TestClock):
    return treated(house, clock)


@pytest.fixture
def chart(patient) -> str:
    return f"/clinic/patients/{patient.patient_id}"


@pytest.fixture
def nurse(house: House) -> Visitor:
    return house.staff(Role.NURSE)


def what(nurse: Visitor, chart: str, act: str, fields: dict[str, str], status: int = 200) -> str:
    page = nurse.get(chart)
    return nurse.send(page.form(f"{chart}/{act}"), fields, status=status).main


def take_back(nurse: Visitor, chart: str, act: str, why: str, status: int = 200) -> str:
    page = nurse.get(chart)
    (form,) = [one for one in page.forms if f"/{act}/" in one.action and one.action.endswith("/take-back")]
    return nurse.send(form, {"why": why}, status=status).main


def test_a_note_stands_with_its_author_and_moment(nurse: Visitor, chart: str) -> None:
    told = what(nurse, chart, "notes", {"words": WORDS})
    assert WORDS in told
    assert "Nurse-0, 20 Mar 2026, 12:00" in told


def test_a_note_sent_twice_is_kept_once(nurse: Visitor, chart: str) -> None:
    form = nurse.get(chart).form(f"{chart}/notes")
    for _time in range(2):
        page = nurse.send(form, {"words": WORDS})
    assert page.main.count(WORDS) == 1


def test_a_note_that_is_taken_back_stays_to_be_read_with_the_reason(nurse: Visitor, chart: str) -> None:
    what(nurse, chart, "notes", {"words": WORDS})
    take_back(nurse, chart, "notes", "  ", status=422)
    told = take_back(nurse, chart, "notes", "another patient's")
    assert WORDS in told
    assert "Taken back by Nurse-0" in told
    assert "another patient's" in told


def test_a_note_without_words_is_refused_beside_its_field(nurse: Visitor, chart: str) -> None:
    assert "Write the note." in what(nurse, chart, "notes", {"words": " "}, status=422)


def test_the_patient_reads_that_a_note_was_written_and_not_what_it_says(
    house: House, patient, nurse: Visitor, chart: str
) -> None:
    what(nurse, chart, "notes", {"words": WORDS})
    own = house.sign_in_as(patient)
    assert "wrote a note about you" in own.get("/me/looks").main
    for address in ("/diary", "/me", "/me/data", "/me/looks", "/courses"):
        assert "needles" not in own.get(address).main


def test_what_happened_marks_the_verdict_until_it_is_taken_back(patient, nurse: Visitor, chart: str) -> None:
    said = {"happened": "intercurrent_event", "happened_on": "2026-03-18", "happened_note": "fell on the stairs"}
    told = what(nurse, chart, "events", said)
    assert "18 Mar 2026: illness, fall or operation – fell on the stairs" in told
    assert "illness, fall or operation on 18 Mar" in told
    told = take_back(nurse, chart, "events", "another patient's")
    assert "illness, fall or operation on 18 Mar" not in told
    assert "fell on the stairs (taken back, 20 Mar 2026" in told


def test_nothing_can_have_happened_tomorrow(nurse: Visitor, chart: str) -> None:
    said = {"happened": "intercurrent_event", "happened_on": "2026-03-21"}
    assert "This day has not come yet." in what(nurse, chart, "events", said, status=422)


def test_a_global_impression_stands_beside_the_pain_and_changes_no_verdict(
    patient, nurse: Visitor, chart: str, clock: TestClock, house: House
) -> None:
    before = nurse.get(chart).one("div", class_="ebb-summary")
    words = "".join(before.itertext())
    told = what(nurse, chart, "impressions", {"answer": "2", "said_on": "2026-03-19", "how": "phone"})
    assert "19 Mar 2026: much better (2 of 7), on the phone" in told
    assert "".join(nurse.get(chart).one("div", class_="ebb-summary").itertext()) == words
    own = house.sign_in_as(patient)
    assert own.get("/me/data")
    told = take_back(nurse, chart, "impressions", "another patient's")
    assert "another patient's" in told
    assert not diary_of(patient).events


def test_a_note_of_another_patient_is_not_there(house: House, nurse: Visitor, chart: str, clock: TestClock) -> None:
    other = house.add_patient("M-9", "Haas, Bernd")
    elsewhere = f"/clinic/patients/{other.patient_id}"
    what(nurse, elsewhere, "notes", {"words": WORDS})
    (form,) = [one for one in nurse.get(elsewhere).forms if one.action.endswith("/take-back")]
    note = form.action.split("/")[-2]
    fields = {"why": "x", "csrf_token": nurse.csrf_token}
    assert nurse.open(f"{chart}/notes/{note}/take-back", method="POST", data=fields).status_code == 404
    unknown = uuid.uuid4()
    assert nurse.open(f"{chart}/events/{unknown}/take-back", method="POST", data=fields).status_code == 404
    assert subject(other).patient_id
