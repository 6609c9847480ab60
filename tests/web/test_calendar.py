"""The own diary as a calendar: one month at a time, every day named in full."""

from datetime import date

import pytest

from tests.clinic_builders import a_course
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

THIS_MONTH, LAST_MONTH = "/diary", "/diary?month=2026-02"


@pytest.fixture
def patient(house: House, clock: TestClock) -> Visitor:
    """A patient of 22 February to 20 March 2026: seven sevens, five days of ketamine, then twos."""
    return house.sign_in_as(treated(house, clock, after=(2,) * 15))


def cells(page: Page) -> dict[int, str]:
    """Return what is read out of each day, by its number."""
    (table,) = page.all("table", class_="ebb-month")
    said = [one for cell in table.iter("td") for one in cell.iter("span") if "hidden" in (one.get("class") or "")]
    return dict(enumerate((words_of(one) for one in said), start=1))


def addresses(page: Page) -> dict[str, str]:
    (table,) = page.all("table", class_="ebb-month")
    return {words_of(link): link.get("href", "") for link in table.iter("a")}


def test_every_day_of_the_month_is_named_with_what_it_holds(patient: Visitor) -> None:
    said = cells(patient.get(THIS_MONTH))
    assert len(said) == 31
    assert said[19] == "Thursday 19 March: score 2. Correct it."
    assert said[20] == "Friday 20 March: score 2, today. Correct it."
    assert said[5] == "Thursday 5 March: no entry, course: ketamine"
    assert said[21] == "Saturday 21 March"
    february = cells(patient.get(LAST_MONTH))
    assert february[21] == "Saturday 21 February: no entry"
    assert february[22] == "Sunday 22 February: score 7. Correct it."


def test_only_days_that_are_offered_lead_to_be_filled_in(house: House) -> None:
    visitor = house.sign_in_as(house.add_patient())
    page = visitor.get(THIS_MONTH)
    assert list(addresses(page).values()) == [
        "/diary/2026-03-17",
        "/diary/2026-03-18",
        "/diary/2026-03-19",
        "/today",
    ]
    assert cells(page)[17] == "Tuesday 17 March: no entry. Fill it in."
    assert cells(page)[16] == "Monday 16 March: no entry"


def test_a_day_written_late_is_said_and_shown_to_be_late(patient: Visitor, clock: TestClock) -> None:
    clock.move(days=3)
    page = patient.send(patient.get("/diary/2026-03-21").form(), {"score": "9"})
    assert cells(page)[21] == "Saturday 21 March: score 9, written late. Correct it."
    assert page.all("span", class_="ebb-month__score--late")
    assert "written two or three days late: kept, and left out of the means" in page.main


def test_courses_are_marked_with_a_word_and_a_shape(house: House, clock: TestClock) -> None:
    page = house.sign_in_as(treated(house, clock)).get(THIS_MONTH)
    marked = page.all("td", class_="ebb-month__cell--course")
    assert [words_of(cell).endswith("course: ketamine") for cell in marked] == [True] * 5
    assert len([one for one in page.all("span", class_="ebb-month__word--course") if words_of(one) == "course"]) == 5
    assert "course: ketamine" in words_of(page.one("ul", class_="ebb-month-key"))


def test_today_is_marked_once_and_only_in_its_own_month(patient: Visitor) -> None:
    (today,) = patient.get(THIS_MONTH).all("td", aria_current="date")
    assert "today" in words_of(today)
    assert not patient.get(LAST_MONTH).all("td", aria_current="date")


def test_one_goes_from_month_to_month_as_far_as_the_diary_reaches(patient: Visitor) -> None:
    page = patient.get(THIS_MONTH)
    assert page.links["Earlier: February 2026"] == "/diary?month=2026-02#calendar"
    assert not [words for words in page.links if words.startswith("Later")]
    february = patient.get(LAST_MONTH)
    assert february.links["Later: March 2026"] == "/diary?month=2026-03#calendar"
    assert not [words for words in february.links if words.startswith("Earlier")]
    assert february.links["Show the last weeks"] == "/diary"
    assert not february.all("li", class_="ebb-days__day")


def test_years_of_diary_are_a_few_steps_away(house: House, clock: TestClock) -> None:
    who = house.add_patient()
    a_course(house, who, date(2023, 5, 8), clock)  # type: ignore[arg-type]
    visitor = house.sign_in_as(who)
    page = visitor.get(THIS_MONTH)
    assert page.links["A year earlier: March 2025"] == "/diary?month=2025-03#calendar"
    assert "A year later: March 2026" in visitor.get("/diary?month=2025-03").links
    assert not [words for words in visitor.get("/diary?month=2024-04").links if "A year earlier" in words]
    may = visitor.get("/diary?month=2023-05")
    assert cells(may)[8] == "Monday 8 May 2023: no entry, course: ketamine"
    assert may.all("rect", class_="ebb-chart__band")


@pytest.mark.parametrize(
    "asked", ["2026-13", "2026-00", "march", "", "0001-01", "9999-12", "2026-3", "2026-03-01", "٢٠٢٦-٠٢", "2201-01"]
)
def test_an_address_that_names_no_month_shows_this_one(patient: Visitor, asked: str) -> None:
    assert "March 2026" in [words_of(heading) for heading in patient.get(f"/diary?month={asked}").all("h2")]


def test_the_chart_of_an_earlier_month_ends_with_it(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock, before=(7,) * 60))
    page = visitor.get(LAST_MONTH)
    (chart,) = page.all("svg", class_="ebb-chart")
    assert "28 Feb" in [words_of(text) for text in chart.iter("text")]
    assert "to 28 Feb" in words_of(chart)
    assert "Your mean of the last 7 days" not in page.main


def test_weeks_begin_as_they_do_where_the_language_is_spoken(patient: Visitor) -> None:
    (table,) = patient.get(THIS_MONTH).all("table", class_="ebb-month")
    heads = [[words_of(part) for part in head.iter("span")] for head in table.iter("th")]
    assert [head[0] for head in heads] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert [head[1] for head in heads][::6] == ["Monday", "Sunday"]
    rows = [list(row.iter("td")) for row in table.iter("tr")][1:]
    assert all(len(row) == 7 for row in rows)
    # 1 March 2026 is a Sunday.
    assert [words_of(cell) for cell in rows[0]][:6] == [""] * 6


def test_a_stopped_diary_is_read_and_not_written(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get("/me/consents/stop")
    stop = next(form for form in page.forms if form.method == "post" and "withdraw" in form.action)
    visitor.send(stop, {"sure": "y"})
    assert not addresses(visitor.get(THIS_MONTH))
    assert cells(visitor.get(THIS_MONTH))[19] == "Thursday 19 March: score 2"


def test_no_state_no_forecast_and_nothing_of_being_due_stands_in_the_diary(patient: Visitor) -> None:
    for address in (THIS_MONTH, LAST_MONTH, "/courses"):
        words = patient.get(address).text.casefold()
        for never in (" due", "response", "forecast", "baseline", "book by", "review", "relief"):
            assert never not in words, (address, never)


def test_on_paper_stands_whose_diary_it_is(patient: Visitor) -> None:
    (head,) = patient.get(THIS_MONTH).all("p", class_="ebb-on-paper")
    assert words_of(head) == "Ramirez, Ana · Pain clinic West · printed on 20 Mar 2026"


@pytest.mark.parametrize(
    ("language", "head", "said"),
    [
        ("de", "März 2026", "Donnerstag, 19. März"),
        ("es", "marzo de 2026", "jueves, 19 de marzo"),
        ("nl", "maart 2026", ""),
    ],
)
def test_months_and_days_are_named_in_the_language_of_the_patient(
    patient: Visitor, language: str, head: str, said: str
) -> None:
    patient.send(patient.get("/me").form("/me/language"), {"language": language})
    page = patient.get(THIS_MONTH)
    assert head in [words_of(heading) for heading in page.all("h2")]
    assert cells(page)[19].startswith(said)
    assert "2,0" in page.main
