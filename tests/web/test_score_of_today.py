"""Today: the question, the answer, and what happens when it is sent twice."""

import uuid

import pytest
from sqlalchemy import func, select

from diary.db import snapshot
from diary.models import Entry
from tests.conftest import TestClock
from tests.web.pages import words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

QUESTION = "On average, how strong was your pain over the last 24 hours?"
CHOOSE = "Choose a number from 0 to 10."
DAMAGED = "This form is damaged. Reload the page and try again."


@pytest.fixture
def patient(house: House) -> Visitor:
    """A patient who has not written anything yet."""
    return house.sign_in_as(house.add_patient())


def stored() -> list[tuple[str, int | None]]:
    """Return day and score of every revision."""
    with snapshot() as session:
        rows = session.execute(select(Entry.day, Entry.score).order_by(Entry.day, Entry.revision))
        return [(row.day.isoformat(), row.score) for row in rows]


def count_entries() -> int:
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(Entry)) or 0


def test_the_question_is_asked_word_for_word_with_eleven_native_radios_and_none_chosen(patient: Visitor) -> None:
    page = patient.get("/today")
    assert page.h1 == QUESTION
    radios = page.all("input", type="radio", name="score")
    assert [radio.get("value") for radio in radios] == [str(score) for score in range(11)]
    assert not [radio for radio in radios if radio.get("checked") is not None]
    labels = {label.get("for"): words_of(label) for label in page.all("label")}
    assert [labels[radio.get("id")] for radio in radios] == [str(score) for score in range(11)]
    assert "0 no pain" in page.main
    assert "10 worst pain you can imagine" in page.main
    assert "Friday 20 March" in page.main
    assert page.form().fields["day"] == "2026-03-20"
    assert uuid.UUID(page.form().fields["client_ref"])
    assert "score" not in page.form().fields
    assert not page.all("input", type="range")


def test_every_opening_of_the_form_has_a_reference_of_its_own(patient: Visitor) -> None:
    first, second = (patient.get("/today").form().fields["client_ref"] for _ in range(2))
    assert first != second


def test_a_saved_score_leads_to_the_diary_which_says_so_and_rings_the_new_day(patient: Visitor) -> None:
    patient.send(patient.get("/today").form(), {"score": "6"}, status=303, follow=False)
    assert patient.response is not None
    page = patient.get(patient.response.headers["Location"])
    assert page.h1 == "My diary"
    assert "Saved: 6 for today" in page.text
    assert len(page.all("circle", class_="ebb-chart__ring")) == 1
    new = page.all("circle", class_="ebb-chart__day--new")[0]
    ring = page.all("circle", class_="ebb-chart__ring")[0]
    assert (new.get("cx"), new.get("cy")) == (ring.get("cx"), ring.get("cy"))
    assert stored() == [("2026-03-20", 6)]


def test_the_new_point_stands_at_the_height_of_its_score(patient: Visitor, clock: TestClock) -> None:
    heights = []
    for score in (0, 5, 10):
        page = patient.send(patient.get("/today").form(), {"score": str(score)})
        heights.append(float(page.one("circle", class_="ebb-chart__ring").get("cy") or ""))
        clock.move(days=1)
    assert heights[0] > heights[1] > heights[2]
    assert heights[0] - heights[1] == pytest.approx(heights[1] - heights[2], abs=0.1)


def test_the_same_form_sent_twice_is_stored_once_and_says_the_same(patient: Visitor) -> None:
    form = patient.get("/today").form()
    first = patient.send(form, {"score": "6"})
    second = patient.send(form, {"score": "6"})
    assert stored() == [("2026-03-20", 6)]
    assert "Saved: 6 for today" in first.text
    assert "Saved: 6 for today" in second.text


def test_the_same_form_with_another_score_changes_nothing_and_shows_what_counts(patient: Visitor) -> None:
    form = patient.get("/today").form()
    patient.send(form, {"score": "6"})
    page = patient.send(form, {"score": "8"}, status=409)
    assert "You saved 6 for Friday 20 March. Nothing was changed." in page.main
    assert page.links["Correct it"] == "/diary/2026-03-20"
    assert stored() == [("2026-03-20", 6)]


def test_after_saving_today_says_that_it_is_in(patient: Visitor) -> None:
    patient.send(patient.get("/today").form(), {"score": "6"})
    page = patient.get("/today")
    assert page.h1 == "Today is in"
    assert "6" in page.main
    assert not page.all("input", name="score")
    assert page.links["Correct today"] == "/diary/2026-03-20"


def test_a_page_that_is_gone_back_to_says_nothing_is_saved_that_was_taken_back_or_corrected(patient: Visitor) -> None:
    first = patient.send(patient.get("/today").form(), {"score": "7"})
    corrected = patient.send(patient.get("/diary/2026-03-20").form(), {"score": "5"})
    assert "Saved: 5 for today" in corrected.text
    for page in (patient.get(first.path), patient.get(first.path)):
        assert "Saved: 7" not in page.text
        assert "That number does not count any more" in page.text
        assert not page.all("circle", class_="ebb-chart__ring")
    undo = next(form for form in corrected.forms if "/diary/undo/" in form.action)
    patient.send(undo)
    back = patient.get(corrected.path)
    assert "Saved" not in back.text
    assert not [form for form in back.forms if "/diary/undo/" in form.action]


def test_a_form_sent_again_after_it_was_undone_is_not_said_to_be_saved(patient: Visitor) -> None:
    form = patient.get("/today").form()
    page = patient.send(form, {"score": "7"})
    patient.send(next(one for one in page.forms if "/diary/undo/" in one.action))
    again = patient.send(form, {"score": "7"})
    assert "Saved" not in again.text
    assert "That number does not count any more" in again.text
    assert stored() == [("2026-03-20", 7), ("2026-03-20", None)]


def test_a_form_opened_before_and_sent_after_another_entry_is_a_revision(patient: Visitor) -> None:
    before = patient.get("/today").form()
    patient.send(patient.get("/today").form(), {"score": "6"})
    patient.send(before, {"score": "7"})
    assert stored() == [("2026-03-20", 6), ("2026-03-20", 7)]


def test_a_form_opened_before_four_in_the_morning_keeps_its_day(patient: Visitor, clock: TestClock) -> None:
    form = patient.get("/today").form()
    clock.move(hours=16)
    page = patient.send(form, {"score": "6"})
    assert stored() == [("2026-03-20", 6)]
    assert "Saved: 6 for Friday 20 March" in page.text
    assert patient.get("/today").form().fields["day"] == "2026-03-21"


NO_SCORES = [None, "", "11", "-1", "7.5", "٣", "７", "1e1", " 7", "0x7", "true", "7; DROP TABLE entry", "9" * 40]


def test_a_score_that_is_none_of_the_eleven_is_refused_and_nothing_is_stored(patient: Visitor) -> None:
    for score in NO_SCORES:
        form = patient.get("/today").form()
        page = patient.send(form, {"score": score}, status=422)
        assert page.errors_of("score").startswith("Error: "), score
        assert page.value_of("client_ref") == form.fields["client_ref"]
        assert page.value_of("day") == "2026-03-20"
        assert page.h1 == QUESTION
    assert count_entries() == 0


@pytest.mark.parametrize("score", [None, "11", "7.5"])
def test_the_refusal_of_a_score_says_what_to_do_beside_the_question(patient: Visitor, score: str | None) -> None:
    page = patient.send(patient.get("/today").form(), {"score": score}, status=422)
    assert page.errors_of("score") == f"Error: {CHOOSE}"


def test_a_refused_form_can_be_sent_again_as_it_stands(patient: Visitor) -> None:
    page = patient.send(patient.get("/today").form(), status=422)
    patient.send(page.form(), {"score": "3"})
    assert stored() == [("2026-03-20", 3)]


def test_a_damaged_reference_is_refused_and_nothing_is_stored(patient: Visitor) -> None:
    for client_ref in ("", None, "not-a-reference", "1", "{}", "0" * 31):
        form = patient.get("/today").form()
        page = patient.send(form, {"score": "6", "client_ref": client_ref}, status=422)
        assert DAMAGED in page.main, client_ref
    assert count_entries() == 0


NO_DAYS = ("", None, "yesterday", "2026-02-30", "20-03-2026", "2026-03-20T00:00", "٢٠٢٦-٠٣-٢٠")


def test_a_damaged_day_is_refused_and_nothing_is_stored(patient: Visitor) -> None:
    for day in NO_DAYS:
        page = patient.send(patient.get("/today").form(), {"score": "6", "day": day}, status=422)
        assert page.all("div", class_="nhsuk-error-summary"), day
    assert count_entries() == 0


def test_the_refusal_of_a_damaged_day_says_what_to_do(patient: Visitor) -> None:
    page = patient.send(patient.get("/today").form(), {"score": "6", "day": "2026-02-30"}, status=422)
    assert DAMAGED in page.main


NOT_YET, TOO_LONG_AGO = "This day has not come yet.", "Only today and the 3 days before can be filled in."


def test_a_day_that_cannot_be_filled_in_is_refused_with_the_reason(patient: Visitor) -> None:
    for day, said in (
        ("2026-03-21", NOT_YET),
        ("2026-03-16", TOO_LONG_AGO),
        ("9999-12-31", NOT_YET),
        ("0001-01-01", TOO_LONG_AGO),
    ):
        page = patient.send(patient.get("/today").form(), {"score": "6", "day": day}, status=422)
        assert said in page.main
    assert count_entries() == 0


def test_yesterdays_score_is_not_shown_before_todays_is_in(house: House, clock: TestClock) -> None:
    written = treated(house, clock, after=(9,) * 14)
    clock.move(days=1)
    page = house.sign_in_as(written).get("/today")
    assert page.h1 == QUESTION
    outside = page.main.split("worst pain you can imagine", 1)[1]
    assert "9" not in outside
    assert "Yesterday" not in page.text
    assert not [radio for radio in page.all("input", name="score") if radio.get("checked") is not None]


def test_a_missing_yesterday_is_offered_below_the_question(patient: Visitor) -> None:
    assert patient.get("/today").links["Yesterday has no entry: fill it in"] == "/diary/2026-03-19"
