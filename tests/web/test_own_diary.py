"""The own diary: correcting, filling in, taking back, and telling the clinic."""

import re
import uuid

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.models import Entry, PatientEvent
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.phone import Phone
from tests.web.visiting import Visitor

TODAY, YESTERDAY, LATE_DAY = "2026-03-20", "2026-03-19", "2026-03-17"


@pytest.fixture
def patient(house: House) -> Visitor:
    """A patient who has not written anything yet."""
    return house.sign_in_as(house.add_patient())


def write(visitor: Visitor, day: str, score: int, **more: str) -> Page:
    return visitor.send(visitor.get(f"/diary/{day}").form(), {"score": str(score), **more})


def revisions(day: str) -> list[tuple[int | None, str, str, int]]:
    with snapshot() as session:
        rows = session.scalars(select(Entry).order_by(Entry.day, Entry.revision))
        return [(row.score, row.reason, row.item_version, row.days_late) for row in rows if row.day.isoformat() == day]


def day_line(page: Page, day_words: str) -> str:
    return next(words_of(line) for line in page.all("li", class_="ebb-days__day") if day_words in words_of(line))


def test_an_empty_diary_says_what_to_do_next(patient: Visitor) -> None:
    page = patient.get("/diary")
    assert "Your first number makes the first point of your chart." in page.main
    assert page.links["Write today's number"] == "/today"
    assert not page.all("svg", class_="ebb-chart")


def test_today_is_corrected_without_a_reason_and_both_scores_are_kept(patient: Visitor) -> None:
    write(patient, TODAY, 6)
    page = patient.get(f"/diary/{TODAY}")
    assert "You wrote 6. It is kept beside the correction." in page.main
    assert not page.all("input", name="reason")
    saved = patient.send(page.form(), {"score": "4"})
    assert "Saved: 4 for today" in saved.text
    assert [row[0] for row in revisions(TODAY)] == [6, 4]
    assert "20 March You wrote 4 of 10." in patient.get("/today").main


def test_yesterday_is_asked_for_by_its_name_with_its_own_wording(patient: Visitor) -> None:
    page = patient.get(f"/diary/{YESTERDAY}")
    assert page.h1 == "On Thursday, how strong was your pain on average?"
    assert "Thursday 19 March" in page.main
    assert not [radio for radio in page.all("input", type="radio") if radio.get("checked") is not None]
    saved = patient.send(page.form(), {"score": "5"})
    assert "Saved: 5 for Thursday 19 March" in saved.text
    assert revisions(YESTERDAY) == [(5, "", "average-that-day-1", 1)]
    assert "late" not in day_line(saved, "Thu 19 Mar")


def test_today_filled_in_from_the_diary_asks_the_question_of_today(patient: Visitor) -> None:
    assert patient.get(f"/diary/{TODAY}").h1 == "On average, how strong was your pain over the last 24 hours?"
    write(patient, TODAY, 6)
    assert revisions(TODAY) == [(6, "", "average-24-hours-1", 0)]


def test_yesterday_is_corrected_only_with_a_reason(patient: Visitor) -> None:
    write(patient, YESTERDAY, 5)
    form = patient.get(f"/diary/{YESTERDAY}").form()
    refused = patient.send(form, {"score": "7"}, status=422)
    assert "Choose a reason." in refused.errors_of("reason")
    assert refused.value_of("score") == "7"
    assert refused.value_of("client_ref") == form.fields["client_ref"]
    assert [row[0] for row in revisions(YESTERDAY)] == [5]
    patient.send(refused.form(), {"reason": "wrong number tapped"})
    assert [row[:2] for row in revisions(YESTERDAY)] == [(5, ""), (7, "wrong number tapped")]


def test_a_reason_nobody_offered_is_refused(patient: Visitor) -> None:
    write(patient, YESTERDAY, 5)
    form = patient.get(f"/diary/{YESTERDAY}").form()
    patient.send(form, {"score": "7", "reason": "because"}, status=422)
    assert [row[0] for row in revisions(YESTERDAY)] == [5]


@pytest.mark.parametrize(("day", "line", "late"), [("2026-03-18", "Wed 18 Mar", 2), (LATE_DAY, "Tue 17 Mar", 3)])
def test_two_and_three_days_ago_are_filled_in_and_marked_late(patient: Visitor, day: str, line: str, late: int) -> None:
    page = write(patient, day, 8)
    assert "late" in day_line(page, line)
    assert page.all("circle", class_="ebb-chart__day--late")
    assert revisions(day)[0][3] == late


@pytest.mark.parametrize("day", ["2026-03-16", "2026-03-21", "2025-03-20", "9999-12-31", "0001-01-01"])
def test_a_day_that_can_neither_be_filled_in_nor_corrected_is_not_there(patient: Visitor, day: str) -> None:
    patient.get("/today")
    assert patient.get(f"/diary/{day}", 404).h1 == "There is nothing here"
    fields = {"score": "5", "day": day, "client_ref": "6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001"}
    patient.get("/today")
    assert patient.post(f"/diary/{day}", fields, status=404).h1 == "There is nothing here"
    assert revisions(day) == []


@pytest.mark.parametrize(
    "day", ["2026-3-20", "20260320", "2026-02-30", "2026-03-20x", "today", "٢٠٢٦-٠٣-٢٠", "0000-01-01"]
)
def test_an_address_that_is_no_day_is_not_there(patient: Visitor, day: str) -> None:
    patient.get(f"/diary/{day}", 404)


def test_an_old_day_that_has_a_score_can_be_corrected(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    write(visitor, "2026-02-25", 4, reason="remembered better")
    assert [row[0] for row in revisions("2026-02-25")] == [7, 4]


def test_the_day_in_the_form_is_the_day_in_the_address(patient: Visitor) -> None:
    form = patient.get(f"/diary/{YESTERDAY}").form()
    patient.send(form, {"score": "5", "day": TODAY}, status=422)
    assert revisions(YESTERDAY) == revisions(TODAY) == []


def test_a_refusal_for_another_day_in_the_form_says_what_to_do(patient: Visitor) -> None:
    form = patient.get(f"/diary/{YESTERDAY}").form()
    page = patient.send(form, {"score": "5", "day": TODAY}, status=422)
    assert page.all("div", class_="nhsuk-error-summary"), "refused without a word"


def test_undo_takes_the_score_back_and_sent_twice_takes_nothing_more(patient: Visitor) -> None:
    page = write(patient, TODAY, 6)
    undo = next(form for form in page.forms if "/undo/" in form.action)
    undone = patient.send(undo)
    assert "Taken back." in undone.text
    assert [row[0] for row in revisions(TODAY)] == [6, None]
    assert "Taken back." in patient.send(undo).text
    assert [row[0] for row in revisions(TODAY)] == [6, None]
    assert patient.get("/today").all("input", name="score")


def test_undoing_a_correction_brings_the_score_before_it_back(patient: Visitor) -> None:
    write(patient, TODAY, 6)
    page = write(patient, TODAY, 9)
    patient.send(next(form for form in page.forms if "/undo/" in form.action))
    assert [row[0] for row in revisions(TODAY)] == [6, 9, 6]


def test_undo_after_ten_minutes_or_after_something_newer_says_to_correct_instead(
    patient: Visitor, clock: TestClock
) -> None:
    page = write(patient, TODAY, 6)
    undo = next(form for form in page.forms if "/undo/" in form.action)
    newer = next(form for form in write(patient, TODAY, 7).forms if "/undo/" in form.action)
    assert "Correct the day instead." in patient.send(undo, status=409).main
    clock.move(minutes=11)
    assert "Correct the day instead." in patient.send(newer, status=409).main
    assert [row[0] for row in revisions(TODAY)] == [6, 7]


def test_a_day_taken_back_can_be_filled_in_again(patient: Visitor) -> None:
    page = write(patient, YESTERDAY, 6)
    patient.send(next(form for form in page.forms if "/undo/" in form.action))
    write(patient, YESTERDAY, 3)
    assert [row[0] for row in revisions(YESTERDAY)] == [6, None, 3]


def test_nothing_of_somebody_elses_entry_shows_as_saved(house: House, patient: Visitor) -> None:
    other = house.sign_in_as(house.add_patient("M-2", "Novak, Petra"))
    page = write(other, TODAY, 9)
    undo = next(form for form in page.forms if "/undo/" in form.action)
    assert other.response is not None
    address = other.response.request.full_path
    assert "Saved" not in patient.get(address).text
    patient.get("/today")
    patient.post(undo.action, status=404)
    assert [row[0] for row in revisions(TODAY)] == [9]


def test_it_is_wearing_off_is_told_once_and_seen_by_the_clinic(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get("/diary")
    tell = next(form for form in page.forms if form.action == "/diary/wearing-off")
    told = visitor.send(tell)
    assert "Your clinic sees on its list that it is wearing off." in told.text
    visitor.send(tell)
    with snapshot() as session:
        assert len(list(session.scalars(select(PatientEvent)))) == 1
    again = visitor.get("/diary")
    assert "You told your clinic on Friday 20 March that it is wearing off." in again.text
    assert not [form for form in again.forms if form.action == "/diary/wearing-off"]
    assert "Patient says it wears off" in house.staff().get("/clinic/").main


def test_the_left_hand_is_kept_and_moves_every_page(patient: Visitor) -> None:
    page = patient.get("/me")
    assert page.form().fields["hand"] == "right"
    patient.send(page.form(), {"hand": "left"})
    for path in ("/me", "/today", "/diary"):
        assert "hand-left" in (patient.get(path).one("body").get("class") or "")
    patient.send(patient.get("/me").form(), {"hand": "both"}, status=422)
    assert patient.get("/me").form().fields["hand"] == "left"


def test_the_mean_of_the_last_seven_days_is_given_from_four_days_on(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock, before=(), after=(3, 4, 4)))
    assert "3 of the last 7 days have an entry on time. A mean needs 4." in visitor.get("/diary").text
    clock.move(days=1)
    page = visitor.send(visitor.get("/today").form(), {"score": "6"})
    assert "Your mean of the last 7 days is 4.2 (4 of 7 days)." in page.text or "4.3" in page.text


def test_the_last_days_are_listed_whatever_the_chart_shows(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock, after=(2,) * 90))
    page = visitor.get("/diary")
    assert len(page.all("li", class_="ebb-days__day")) == 14
    year = visitor.get(page.links["Show a year in the chart"])
    assert len(year.all("circle", class_="ebb-chart__day")) == 97
    assert len(year.all("li", class_="ebb-days__day")) == 14
    assert year.links["Show 12 weeks in the chart"] == "/diary"


def test_a_late_day_is_in_no_mean_of_the_diary(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock, before=(), after=(4, 4, 4)))
    clock.move(days=3)
    page = write(visitor, "2026-03-21", 10)
    assert "late" in day_line(page, "Sat 21 Mar")
    assert "3 of the last 7 days have an entry on time. A mean needs 4." in page.text


def test_more_is_said_about_a_day_as_long_as_it_is_offered(patient: Visitor) -> None:
    page = write(patient, TODAY, 6)
    assert page.links["Add more about today"] == f"/diary/{TODAY}/more"
    more = [address for words, address in page.links.items() if words.startswith("More about")]
    assert more == [f"/diary/2026-03-{number}/more" for number in (20, 19, 18, 17)]
    for address in more:
        patient.get(address)


def test_the_diary_says_when_the_clinic_looked(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    assert "Seen by your clinic" not in visitor.get("/diary").text
    house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert "Seen by your clinic on Friday 20 March" in visitor.get("/diary").text


def test_a_look_late_in_the_evening_is_dated_where_the_patient_lives(house: House, clock: TestClock) -> None:
    patient = house.add_patient(zone="Pacific/Auckland")
    visitor = house.sign_in_as(patient)
    house.staff().get(f"/clinic/patients/{patient.patient_id}")
    seen = re.search(r"Seen by your clinic on (\w+ \d+ \w+)", visitor.get("/diary").text)
    assert seen is not None
    assert seen[1] == "Saturday 21 March"


def test_a_very_high_number_leads_past_whom_to_call_to_the_diary(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    clock.move(days=1)
    page = write(visitor, "2026-03-21", 10)
    assert page.path.startswith("/advice?saved=")
    assert "0555 010 203" in page.main
    onward = next(address for address in page.links.values() if address.startswith("/diary?saved="))
    assert "Saved: 10 for today" in visitor.get(onward).text


def test_what_a_phone_sent_by_itself_is_known_by_the_name_that_the_phone_gave_it(patient: Visitor) -> None:
    ref = str(uuid.uuid4())
    write(patient, TODAY, 6, client_ref=ref)
    page = patient.get(f"/diary?saved={ref}")
    assert "Saved: 6 for today" in page.text
    patient.send(next(form for form in page.forms if "/diary/undo/" in form.action))
    assert "Saved:" not in patient.get(f"/diary?saved={ref}").text


def test_the_name_of_somebody_elses_number_shows_nothing(house: House, patient: Visitor) -> None:
    ref = str(uuid.uuid4())
    write(house.sign_in_as(house.add_patient("M-2")), TODAY, 9, client_ref=ref)
    page = patient.get(f"/diary?saved={ref}")
    assert "Saved:" not in page.text
    assert "does not count any more" not in page.text


def test_a_second_number_under_one_name_is_asked_about_and_not_called_saved(patient: Visitor) -> None:
    phone = Phone(patient)
    first = phone.tap(3, TODAY)
    assert phone.send_one(first)["status"] == "stored"
    assert "Saved: 3" in patient.get(f"/diary?saved={first['client_ref']}").text
    assert phone.send_one({**first, "score": 7})["status"] == "conflict"
    assert "Saved:" not in patient.get(f"/diary?saved={first['client_ref']}").text


def test_what_needs_help_at_once_stands_there_for_seven_days_after_an_infusion(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock, after=(2,) * 7))
    signs = visitor.get("/diary").one("section", class_="ebb-flags")
    assert "dark urine" in words_of(signs).casefold()
    assert "0555 010 203" in words_of(signs)
    clock.move(days=1)
    assert not visitor.get("/diary").all("section", class_="ebb-flags")


def test_what_was_told_by_mistake_is_taken_back(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    told = visitor.send(visitor.get("/diary").form("/diary/wearing-off"))
    back = visitor.send(told.form("/diary/wearing-off/take-back"))
    assert "Taken back" in back.text
    assert "You told your clinic" not in back.text
    assert back.form("/diary/wearing-off")


def test_a_pause_is_one_link_away_and_says_that_it_runs(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get(visitor.get("/diary").links["Pause the diary: hospital, holiday"])
    visitor.send(page.form("/me/pause"), {"reason": "holiday", "first_day": TODAY, "last_day": "2026-03-25"})
    paused = visitor.get("/diary")
    assert "You paused until Wednesday 25 March." in paused.main
    assert "Pause the diary: hospital, holiday" not in paused.links
