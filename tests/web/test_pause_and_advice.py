"""Pausing, the page after very high scores, taking back that it wears off, and what the clinic sets for them."""

from datetime import UTC, date, datetime

import pytest

from diary.services.patients import change_life_cycle
from diary.vocabulary import Role
from tests.clinic_builders import a_course, subject, write_days
from tests.conftest import TestClock
from tests.services.looking_in import summary_of_row
from tests.web.people import House
from tests.web.phone import Phone
from tests.web.visiting import Visitor


@pytest.fixture
def ana(house: House):
    """A patient who has written nothing yet."""
    return house.add_patient()


@pytest.fixture
def patient(house: House, ana) -> Visitor:
    return house.sign_in_as(ana)


def test_a_pause_is_begun_seen_and_ended(house: House, ana, patient: Visitor, clock: TestClock) -> None:
    page = patient.get("/me/pause")
    assert not [one for one in page.all("input", type="radio") if one.get("checked") is not None]
    begun = patient.send(page.form(), {"reason": "hospital", "last_day": "2026-03-25"})
    assert "Paused. You may still write." in begun.main
    assert "Friday 20 March to Wednesday 25 March" in begun.main
    assert "You paused until Wednesday 25 March. You may still write." in patient.get("/today").main
    nurse = house.staff(Role.NURSE)
    assert "on pause until 25 Mar" in nurse.get("/clinic/").main
    assert "in hospital, 20 Mar 2026 to 25 Mar 2026" in nurse.get(f"/clinic/patients/{ana.patient_id}").main
    clock.move(days=2)
    end = next(form for form in patient.get("/me/pause").forms if form.action.endswith("/end"))
    patient.send(end)
    assert summary_of_row(ana).shown["pause"] is None


def test_a_pause_that_was_begun_by_mistake_is_undone(ana, patient: Visitor) -> None:
    begun = patient.send(patient.get("/me/pause").form(), {"reason": "holiday"})
    assert "until you end it" in begun.main
    undone = patient.send(next(form for form in begun.forms if form.action.endswith("/undo")))
    assert "until you end it" not in undone.main
    assert summary_of_row(ana).shown["pause"] is None


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({}, "Choose a reason."),
        ({"reason": "holiday", "first_day": "2026-03-01"}, "A pause begins today or within a year."),
        ({"reason": "holiday", "last_day": "2026-03-01"}, "The last day comes before the first one."),
        ({"reason": "holiday", "first_day": "soon"}, "Write a day like 2026-03-20."),
        ({"reason": "holiday", "first_day": ""}, "Write the first day."),
    ],
)
def test_a_pause_that_cannot_be_says_what_to_do(patient: Visitor, answers: dict[str, str], words: str) -> None:
    refused = patient.send(patient.get("/me/pause").form(), answers, status=422)
    assert words in refused.text


def test_a_very_high_score_leads_to_the_page_with_the_numbers_and_on_to_the_diary(
    house: House, ana, clock: TestClock
) -> None:
    write_days(ana, [4] * 10, clock, first_day=date(2026, 3, 10))
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    patient = house.sign_in_as(ana)
    page = patient.send(patient.get("/diary/2026-03-20").form(), {"score": "10"})
    assert page.h1 == "If you need help"
    assert "0555 010 203" in page.main
    assert "112" in page.main
    assert "Nobody was alerted by your number." in page.main
    onward = patient.get(page.links["To my diary"])
    assert "Saved: 10 for today" in onward.text
    seen = house.staff().get(f"/clinic/patients/{ana.patient_id}")
    assert "very high scores, for 23 Mar 2026" in seen.main


def test_the_advice_stands_in_the_diary_and_on_today_as_long_as_the_day_lasts_however_the_number_came(
    house: House, ana, clock: TestClock
) -> None:
    write_days(ana, [4] * 10, clock, first_day=date(2026, 3, 10))
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    patient = house.sign_in_as(ana)
    pages = ("/diary", "/today")
    assert not any("Nobody was alerted" in patient.get(address).main for address in pages)
    phone = Phone(patient)
    phone.ask()
    assert phone.send_one(phone.sealed(phone.tap(10, date(2026, 3, 20))))["advice"] is True
    for address in pages:
        page = patient.get(address)
        assert "Nobody was alerted by your number." in page.main
        assert page.links["Call your clinic: 0555 010 203"] == "tel:0555010203"
    clock.move(minutes=1)
    phone.send_one(phone.sealed(phone.tap(4, date(2026, 3, 20))))
    assert not any("Nobody was alerted" in patient.get(address).main for address in pages)
    clock.move(minutes=1)
    phone.send_one(phone.sealed(phone.tap(10, date(2026, 3, 20))))
    clock.move(days=1)
    assert not any("Nobody was alerted" in patient.get(address).main for address in pages)


def test_the_page_of_advice_opens_at_any_time_and_speaks_of_no_number_that_was_not_sent(patient: Visitor) -> None:
    page = patient.get("/advice?saved=nonsense")
    assert page.links["Call your clinic: 0555 010 203"] == "tel:0555010203"
    assert "Emergency: 112" in page.links
    assert "Your number is saved" not in page.main
    assert "your number" not in page.main
    assert page.links["To my diary"] == "/diary"


def test_it_is_wearing_off_is_taken_back_within_a_day(house: House, ana, patient: Visitor, clock: TestClock) -> None:
    a_course(house, ana, date(2026, 3, 2), clock)
    for _ in range(3):
        patient.get("/diary")
        patient.post("/diary/wearing-off")
    codes = [mark["code"] for mark in summary_of_row(ana).shown["verdict"]["marks"]]
    assert codes.count("patient_says_wearing_off") == 1
    page = patient.post("/diary/wearing-off/take-back")
    assert "no longer says that it is wearing off" in page.main
    assert "patient_says_wearing_off" not in [m["code"] for m in summary_of_row(ana).shown["verdict"]["marks"]]


def test_a_discharged_patient_cannot_say_that_it_wears_off(
    house: House, ana, patient: Visitor, clock: TestClock
) -> None:
    a_course(house, ana, date(2026, 3, 2), clock)
    patient.get("/diary")
    change_life_cycle(house.clinician, subject(ana), "discharged", clock=clock)
    assert "Call them." in patient.post("/diary/wearing-off", status=403).text


def test_a_clinic_that_works_on_no_day_is_told_what_to_do_and_others_may_not_set_it(house: House) -> None:
    admin, nurse = house.staff(Role.ADMIN), house.staff(Role.NURSE)
    form = admin.get("/clinic/settings").form("/clinic/settings/diary")
    days = [one.get("value") for one in admin.get("/clinic/settings").all("input", name="working_days")]
    assert days == ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    refused = admin.send(form, {"working_days": None}, status=422)
    assert "Choose at least one day" in refused.text
    page = nurse.get("/clinic/settings")
    assert "Patients write no notes." in page.main
    nurse.post("/clinic/settings/diary", {"notes": "y", "working_days": "mon"}, status=403)
