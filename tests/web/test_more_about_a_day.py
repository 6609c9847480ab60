"""More about a day: everything optional, nothing chosen beforehand, corrected and taken back."""

import re
import uuid
from datetime import date

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.models import DayNote, ExtraReading, WeeklyPeg
from diary.vocabulary import Role
from tests.clinic_builders import a_course
from tests.conftest import TestClock
from tests.services.looking_in import everything_stored, summary_of_row
from tests.web.pages import Page
from tests.web.people import House
from tests.web.visiting import Visitor, without_token

TODAY, YESTERDAY, MORE = "2026-03-20", "2026-03-19", "/diary/2026-03-20/more"


@pytest.fixture
def ana(house: House):
    """A patient who has written nothing yet."""
    return house.add_patient()


@pytest.fixture
def patient(house: House, ana) -> Visitor:
    return house.sign_in_as(ana)


def rows(table):
    with snapshot() as session:
        return list(session.scalars(select(table)))


def save(patient: Visitor, answers: dict[str, object], address: str = MORE, status: int = 200) -> Page:
    return patient.send(patient.get(address).form(), answers, status=status)


def chosen_on(page: Page) -> dict[str | None, str | None]:
    return {one.get("name"): one.get("value") for one in page.all("input") if one.get("checked") is not None}


def marks_of(who) -> list[str]:
    return [mark["code"] for mark in summary_of_row(who).shown["verdict"]["marks"]]


def test_nothing_is_chosen_beforehand_and_nothing_has_to_be_answered(patient: Visitor) -> None:
    page = patient.get(MORE)
    assert page.h1 == "More about today"
    assert not [one for one in page.all("input") if one.get("checked") is not None]
    before = everything_stored()["day_note"]
    assert "Kept." in save(patient, {}).text
    assert everything_stored()["day_note"] == before == []


def test_what_was_written_stands_on_the_page_and_is_corrected_as_a_revision(patient: Visitor, clock: TestClock) -> None:
    page = save(patient, {"worst": "8", "sleep": "3"})
    chosen = {one.get("name"): one.get("value") for one in page.all("input") if one.get("checked") is not None}
    assert chosen == {"worst": "8", "sleep": "3"}
    save(patient, {"worst": ""})
    assert [(row.revision, row.worst, row.sleep) for row in rows(DayNote)] == [(1, 8, 3), (2, None, 3)]


def test_everything_is_taken_back_at_once_and_stays_stored_as_it_was(patient: Visitor) -> None:
    page = save(patient, {"worst": "8", "medicine_changed": "y"})
    back = patient.send(page.form(f"{MORE}/take-back"))
    assert not [one for one in back.all("input") if one.get("checked") is not None]
    assert [(row.worst, row.medicine_changed) for row in rows(DayNote)] == [(8, True), (None, False)]


def test_a_form_that_is_sent_twice_is_stored_once_and_another_one_under_its_name_is_refused(patient: Visitor) -> None:
    form = patient.get(MORE).form()
    for _ in range(3):
        patient.send(form, {"worst": "8"})
    patient.send(form, {"worst": "2"}, status=409)
    assert [row.worst for row in rows(DayNote)] == [8]


def test_what_another_page_saved_meanwhile_is_not_wiped_and_nothing_that_was_typed_is_lost(patient: Visitor) -> None:
    stale = patient.get(MORE).form()
    save(patient, {"sleep": "7", "happened": "fall"})
    page = patient.send(stale, {"worst": "9"}, status=409)
    assert "Something else was saved for this day meanwhile." in page.text
    assert [(row.worst, row.sleep) for row in rows(DayNote)] == [(None, 7)]
    assert chosen_on(page) == {"worst": "9", "sleep": "7", "happened": "fall"}
    save_again = patient.send(page.form(MORE))
    assert "Kept." in save_again.text
    assert [(row.worst, row.sleep, row.happened) for row in rows(DayNote)][-1] == (9, 7, ("fall",))


def test_where_both_pages_changed_the_same_the_typed_stands_and_the_saved_is_said_beside_it(patient: Visitor) -> None:
    week = {"peg_pain": "7", "peg_enjoyment": "6", "peg_activity": "5"}
    save(patient, {"worst": "4", "sleep": "2", **week})
    stale = patient.get(MORE).form()
    save(patient, {"worst": "8", "sleep": "", **dict.fromkeys(week, "1")})
    page = patient.send(stale, {"worst": "6", "sleep": "3", "peg_pain": "0"}, status=409)
    assert page.errors_of("worst") == "Error: Saved here meanwhile: 8"
    assert page.errors_of("sleep") == "Error: Saved here meanwhile: nothing"
    assert "pain 1, enjoyment of life 1, general activity 1" in page.errors_of("peg_pain")
    assert chosen_on(page) == {"worst": "6", "sleep": "3", "peg_pain": "0", "peg_enjoyment": "6", "peg_activity": "5"}
    assert [(row.worst, row.sleep) for row in rows(DayNote)] == [(4, 2), (8, None)]


def test_a_page_that_changed_nothing_itself_takes_what_was_saved_meanwhile(patient: Visitor) -> None:
    save(patient, {"worst": "4"})
    stale = patient.get(MORE).form()
    save(patient, {"worst": "8"})
    page = patient.send(stale, status=409)
    assert chosen_on(page) == {"worst": "8"}
    assert page.errors_of("worst") == ""


def test_taking_everything_back_takes_nothing_back_that_was_not_on_the_page(patient: Visitor) -> None:
    stale = save(patient, {"worst": "4"}).form(f"{MORE}/take-back")
    save(patient, {"sleep": "7"})
    page = patient.send(stale, status=409)
    assert "nothing was taken back" in page.text
    assert [(row.worst, row.sleep) for row in rows(DayNote)] == [(4, None), (4, 7)]
    patient.send(page.form(f"{MORE}/take-back"))
    assert [(row.worst, row.sleep) for row in rows(DayNote)][-1] == (None, None)


def test_a_form_whose_mistake_is_put_right_still_knows_what_it_was_made_from(patient: Visitor) -> None:
    stale = patient.get(MORE).form()
    save(patient, {"sleep": "7"})
    refused = patient.send(stale, {"peg_pain": "7"}, status=422)
    page = patient.send(refused.form(MORE), {"peg_pain": ""}, status=409)
    assert chosen_on(page) == {"sleep": "7"}
    assert [row.sleep for row in rows(DayNote)] == [7]


@pytest.mark.parametrize("seen", ["-1", "x", "9" * 30, "1.0", "٣", ""])
def test_a_form_with_a_revision_that_is_none_is_damaged(patient: Visitor, seen: str) -> None:
    assert "This form is damaged." in save(patient, {"worst": "4", "seen": seen}, status=422).text
    assert rows(DayNote) == []


def test_the_week_is_asked_once_in_seven_days_and_takes_all_three_answers_or_none(
    patient: Visitor, clock: TestClock
) -> None:
    answers = {"peg_pain": "7", "peg_enjoyment": "6", "peg_activity": "5"}
    refused = save(patient, {"peg_pain": "7", "worst": "9"}, status=422)
    assert "Answer all three questions of the week" in refused.text
    assert [one.get("value") for one in refused.all("input", name="worst") if one.get("checked") is not None] == ["9"]
    assert rows(WeeklyPeg) == []
    save(patient, answers)
    assert [(row.day, row.pain, row.enjoyment, row.activity) for row in rows(WeeklyPeg)] == [
        (date(2026, 3, 20), 7, 6, 5)
    ]
    assert not patient.get(f"/diary/{YESTERDAY}/more").all("input", name="peg_pain")
    save(patient, {"peg_pain": "4"})
    assert [row.pain for row in rows(WeeklyPeg)] == [7, 4]
    clock.move(days=6)
    assert not patient.get("/diary/2026-03-26/more").all("input", name="peg_pain")
    clock.move(days=1)
    assert patient.get("/diary/2026-03-27/more").all("input", name="peg_pain")


def test_answers_of_the_week_that_another_day_got_meanwhile_are_said_and_not_dropped(patient: Visitor) -> None:
    answers = {"peg_pain": "7", "peg_enjoyment": "6", "peg_activity": "5"}
    of_yesterday = patient.get(f"/diary/{YESTERDAY}/more").form()
    save(patient, answers)
    page = patient.send(of_yesterday, {"worst": "8", **answers}, status=422)
    assert "answered less than a week ago" in page.errors_of("peg_pain")
    assert chosen_on(page) == {"worst": "8", **answers}
    assert [row.worst for row in rows(DayNote)] == [None]
    left_out = patient.send(page.form(f"/diary/{YESTERDAY}/more"), dict.fromkeys(answers, ""))
    assert "Kept." in left_out.text
    assert [row.worst for row in rows(DayNote)] == [None, 8]


def test_the_three_answers_of_a_week_are_taken_back_and_may_be_given_again(patient: Visitor) -> None:
    save(patient, {"peg_pain": "7", "peg_enjoyment": "6", "peg_activity": "5"})
    save(patient, {"peg_pain": "", "peg_enjoyment": "", "peg_activity": ""})
    assert [row.pain for row in rows(WeeklyPeg)] == [7, None]
    assert patient.get(f"/diary/{YESTERDAY}/more").all("input", name="peg_pain")


@pytest.mark.parametrize(
    ("medicine", "sign", "tick"),
    [
        ("ketamine", "dark urine", "dreams"),
        ("ketamine-single", "yellow skin", "dreams"),
        ("immunoglobulin", "severe headache", "mild_headache"),
        ("bisphosphonate", "jaw", "flu_like"),
        ("clonidine", "fainting", "dry_mouth"),
        ("dexmedetomidine", "fainting", "dry_mouth"),
    ],
)
def test_side_effects_and_red_flags_stand_there_for_seven_days_after_an_infusion(
    house: House, ana, patient: Visitor, clock: TestClock, medicine: str, sign: str, tick: str
) -> None:
    a_course(house, ana, date(2026, 3, 13), clock, days=1, medicines=(medicine,))
    page = patient.get(MORE)
    assert sign in page.main
    assert "Call 0555 010 203" in page.main
    assert "112" in page.main
    assert tick in [one.get("value") for one in page.all("input", name="side_effects")]
    kept = save(patient, {"side_effects": tick})
    assert [row.side_effects for row in rows(DayNote)] == [(tick,)]
    assert kept.all("input", name="side_effects", value=tick)[0].get("checked") is not None
    clock.move(days=1)
    after = patient.get("/diary/2026-03-21/more")
    assert sign not in after.main
    assert not after.all("input", name="side_effects")


def test_a_changed_medicine_and_a_fall_make_the_marks_of_the_clinic_and_taking_them_back_ends_them(
    house: House, ana, patient: Visitor, clock: TestClock
) -> None:
    a_course(house, ana, date(2026, 3, 10), clock, days=1)
    save(patient, {"medicine_changed": "y", "happened": "fall"})
    assert {"co_treatment_changed", "intercurrent_event"} <= set(marks_of(ana))
    save(patient, {"medicine_changed": None})
    assert "co_treatment_changed" not in marks_of(ana)
    assert "intercurrent_event" in marks_of(ana)
    patient.send(patient.get(MORE).form(f"{MORE}/take-back"))
    assert "intercurrent_event" not in marks_of(ana)


def test_a_note_is_asked_only_where_the_clinic_takes_notes_and_says_that_nobody_watches(
    house: House, patient: Visitor
) -> None:
    assert not patient.get(MORE).all("textarea")
    save(patient, {"note": "a forged field"})
    assert [row.note for row in rows(DayNote)] == []
    admin = house.staff(Role.ADMIN)
    page = admin.get("/clinic/settings")
    assert "nobody reads it at night" in page.main
    admin.send(page.form("/clinic/settings/diary"), {"notes": "y", "working_days": "tue"})
    asked = patient.get(MORE)
    assert "Nobody watches what you write here." in asked.main
    assert "a fall <b>on the stairs</b>" in save(patient, {"note": "a fall <b>on the stairs</b>"}).text
    assert "Use at most 500 characters." in save(patient, {"note": "x" * 501}, status=422).text


def test_days_that_are_offered_have_more_and_others_are_not_there(patient: Visitor) -> None:
    assert "Thursday 19 March" in patient.get(f"/diary/{YESTERDAY}/more").h1
    patient.get("/diary/2026-03-17/more")
    for day in ("2026-03-16", "2026-03-21", "2025-01-01"):
        patient.get(f"/diary/{day}/more", status=404)


def test_another_score_stands_beside_the_score_of_the_day_with_its_time(
    house: House, ana, patient: Visitor, clock: TestClock
) -> None:
    patient.send(patient.get(f"/diary/{TODAY}").form(), {"score": "4"})
    before = summary_of_row(ana).shown["verdict"]
    form = patient.get(f"/diary/{TODAY}/readings").form()
    for _ in range(2):
        page = patient.send(form, {"score": "9", "at": "07:45"})
    assert re.search(r"07:45 9", page.main)
    (reading,) = rows(ExtraReading)
    assert reading.felt_at.isoformat() == "2026-03-20T06:45:00+00:00"  # Amsterdam is an hour ahead
    assert summary_of_row(ana).shown["verdict"] == before
    page = patient.get(f"/diary/{TODAY}/readings")
    taken = patient.send(page.form(f"/diary/readings/{reading.id}/take-back"))
    assert "07:45" not in taken.main
    assert len(rows(ExtraReading)) == 2


def test_nobody_takes_back_somebody_elses_score(house: House, patient: Visitor) -> None:
    save(patient, {"score": "7"}, f"/diary/{TODAY}/readings")
    (reading,) = rows(ExtraReading)
    other = house.sign_in_as(house.add_patient("M-2", "Haas, Bernd"))
    token = other.get(f"/diary/{TODAY}/readings").form().fields["csrf_token"]
    bodies = [
        other.open(f"/diary/readings/{one}/take-back", method="POST", data={"csrf_token": token})
        for one in (reading.id, uuid.UUID(int=1))
    ]
    assert [one.status_code for one in bodies] == [404, 404]
    assert without_token(bodies[0]) == without_token(bodies[1])
    assert len(rows(ExtraReading)) == 1


def test_a_time_that_has_not_come_or_is_none_is_refused_with_what_to_do(patient: Visitor) -> None:
    address = f"/diary/{TODAY}/readings"
    for wrong, words in (
        ("23:59", "not come yet"),
        ("25:00", "Write a time like 19:45."),
        ("noon", "19:45"),
        ("9" * 30, "19:45"),
    ):
        page = save(patient, {"score": "3", "at": wrong}, address, status=422)
        assert words in page.text
    assert "Choose a number" in save(patient, {"at": "07:00"}, address, status=422).text
    assert rows(ExtraReading) == []


def test_a_time_after_midnight_belongs_to_the_day_that_ends_at_four(patient: Visitor) -> None:
    save(patient, {"score": "3", "at": "01:30"}, f"/diary/{YESTERDAY}/readings")
    (reading,) = rows(ExtraReading)
    assert (reading.day.isoformat(), reading.felt_at.isoformat()) == (YESTERDAY, "2026-03-20T00:30:00+00:00")


def test_the_clinic_reads_it_all_in_a_section_of_its_own(house: House, ana, patient: Visitor, clock: TestClock) -> None:
    save(patient, {"worst": "8", "happened": "operation", "peg_pain": "7", "peg_enjoyment": "6", "peg_activity": "5"})
    save(patient, {"score": "9", "at": "07:45"}, f"/diary/{TODAY}/readings")
    page = house.staff().get(f"/clinic/patients/{ana.patient_id}")
    for words in (
        "What the patient wrote besides",
        "worst pain 8",
        "an operation",
        "PEG: pain 7, enjoyment of life 6, general activity 5",
        "another score 9 at 07:45",
    ):
        assert words in page.main, words
