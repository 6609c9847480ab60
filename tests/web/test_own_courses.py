"""My courses: a plain card a course, in numbers and without judgement."""

from datetime import date, timedelta

from diary.vocabulary import CourseStatus
from tests.clinic_builders import a_course
from tests.conftest import TestClock
from tests.web.pages import words_of
from tests.web.people import House, treated


def facts(card) -> list[str]:  # type: ignore[no-untyped-def]
    return [words_of(row) for row in card.iter("div")]


def test_a_card_gives_the_three_means_with_the_days_behind_them(house: House, clock: TestClock) -> None:
    who = treated(house, clock, before=(7, 7, 8, 7, 6, 8, 8), after=(2,) * 28 + (3,) * 10)
    page = house.sign_in_as(who).get("/courses")
    assert page.h1 == "My courses"
    (card,) = page.all("section", class_="ebb-own-course")
    assert [words_of(head) for head in card.iter("h2")] == ["Ketamine"]
    # (7 + 7 + 8 + 7 + 6 + 8 + 8) / 7 = 51 / 7 = 7.29
    assert facts(card) == [
        "Mean of the week before 7.3 (7 of 7 days)",
        "Mean of weeks 1 to 4 after it 2.0 (28 of 28 days)",
        "Mean of weeks 5 to 8 after it 3.0 (so far: 10 of 10 days)",
    ]
    assert "It needs 4 of 7 days." in page.main


def test_too_few_days_are_said_and_weeks_ahead_are_dated(house: House, clock: TestClock) -> None:
    page = house.sign_in_as(treated(house, clock, before=(7,) * 3, after=(2,) * 1)).get("/courses")
    (card,) = page.all("section", class_="ebb-own-course")
    assert facts(card) == [
        "Mean of the week before too few days for a mean (3 days, 4 are needed)",
        "Mean of weeks 1 to 4 after it too few days for a mean (1 day, 4 are needed)",
        "Mean of weeks 5 to 8 after it from 17 Apr",
    ]


def test_a_course_that_came_early_says_which_weeks_it_took(house: House, clock: TestClock) -> None:
    who = treated(house, clock, after=(2,) * 30)
    a_course(house, who, clock.now.date() - timedelta(days=9), clock, medicines=("lidocaine", "magnesium"))  # type: ignore[arg-type]
    newest, oldest = house.sign_in_as(who).get("/courses").all("section", class_="ebb-own-course")
    assert [words_of(head) for head in newest.iter("h2")] == ["Lidocaine + magnesium"]
    assert facts(oldest)[1:] == [
        "Mean of weeks 1 to 4 after it 2.0 (20 of 20 days)",
        "Mean of weeks 5 to 8 after it no day of its own: the next course came first",
    ]


def test_without_a_course_the_page_says_what_will_stand_there(house: House) -> None:
    page = house.sign_in_as(house.add_patient()).get("/courses")
    assert "No course yet" in page.main
    assert page.links["My diary"] == "/diary"


def test_a_planned_course_asks_for_the_week_before_it(house: House, clock: TestClock) -> None:
    who = house.add_patient()
    a_course(house, who, date(2026, 4, 6), clock, status=CourseStatus.PLANNED, medicines=("lidocaine",))  # type: ignore[arg-type]
    page = house.sign_in_as(who).get("/courses")
    assert "Planned: Lidocaine planned from Monday 6 April" in page.main
    assert "Please write every day of the week before, from Monday 30 March to Sunday 5 April." in page.main


def test_the_places_lead_to_the_courses(house: House) -> None:
    visitor = house.sign_in_as(house.add_patient())
    assert visitor.get("/today").links["My courses"] == "/courses"
    (here,) = visitor.get("/courses").all("a", aria_current="page")
    assert words_of(here) == "My courses"
