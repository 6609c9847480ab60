"""Forecast, book by and days of relief on the clinic's page of a patient: advice with its day, never a state."""

from datetime import date, timedelta

import pytest
from flask import Flask

from diary.access.identity import Identity
from diary.clinical.book_by import BookBy, ExpectedFrom
from diary.clinical.courses import Course
from diary.clinical.forecast import Silent
from diary.clinical.relief import CourseRelief, ReliefIs
from diary.db import snapshot, transaction
from diary.models import Decision
from diary.services import diaries, patient_pages, projection
from diary.services.courses import CourseDays, correct_course
from diary.services.forecasts import make_forecasts
from diary.services.patient_pages import read_patient_page
from diary.services.rules import change_rules
from diary.vocabulary import CourseStatus, Role
from diary.web.clinic.forecast_words import SILENT_WORDS, booking_words
from diary.web.clinic.relief_words import relief_words
from tests.clinic_builders import a_course, a_member, subject
from tests.conftest import TestClock
from tests.services.expecting import expecting
from tests.services.looking_in import diary_of
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

# The clock shows 20 March 2026, day 21: day 0 was 27 February.
WINDOW = "18 Apr to 8 May 2026"


@pytest.fixture
def relieved(house: House, clock: TestClock) -> Identity:
    """A patient whose response is confirmed, on day 21."""
    return treated(house, clock, after=(2,) * 21)


def outlook(page: Page) -> str:
    return words_of(page.one("section", id="outlook"))


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}"


def page_of(visitor: Visitor, patient: Identity) -> Page:
    return visitor.get(path_of(patient))


def wait_for_chairs(house: House, days: int) -> None:
    admin = a_member(house.clinic_id, Role.ADMIN, house.clock)
    changes = {"ketamine.waiting_time": days}
    change_rules(admin, house.clinic_id, changes, reason="waiting list", base_version=1, clock=house.clock)


def test_the_window_is_told_with_the_chance_and_the_day_it_was_made(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch, p50=60)
    make_forecasts(clock)
    assert outlook(page_of(house.staff(), relieved)) == (
        f"Outlook Likely end {WINDOW} the middle is 28 Apr Within 14 days 35 % chance that the response is lost "
        "Forecast made on 20 Mar 2026. Advice, not a state."
    )


def test_a_window_over_new_year_names_both_years(
    house: House, clock: TestClock, relieved: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch, p50=307)
    make_forecasts(clock)
    assert "21 Dec 2026 to 10 Jan 2027" in outlook(page_of(house.staff(), relieved))


@pytest.mark.parametrize(
    ("chance", "words"), [(0.004, "under 1 %"), (0.0051, "1 %"), (0.994, "99 %"), (0.996, "over 99 %")]
)
def test_no_chance_is_told_as_certain(
    house: House,
    relieved: Identity,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    chance: float,
    words: str,
) -> None:
    expecting(monkeypatch, chance=chance)
    make_forecasts(clock)
    assert f"Within 14 days {words} chance" in outlook(page_of(house.staff(), relieved))


def test_until_the_first_one_is_made_the_page_says_so(house: House, relieved: Identity) -> None:
    words = outlook(page_of(house.staff(), relieved))
    assert words == "Outlook The forecast is being made: look again in a minute."


def test_an_older_forecast_is_shown_with_its_day(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch)
    make_forecasts(clock)
    clock.move(days=2)
    words = outlook(page_of(house.staff(), relieved))
    assert WINDOW in words
    assert "Forecast made on 20 Mar 2026." in words


def test_a_forecast_of_another_course_is_not_shown(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch)
    make_forecasts(clock)
    (course,) = diary_of(relieved).courses
    days = CourseDays(("ketamine",), CourseStatus.GIVEN, course.first_day, course.last_day - timedelta(days=1))
    correct_course(house.clinician, course.id, subject(relieved), days, reason="x", clock=clock)
    visitor = house.staff()
    assert outlook(page_of(visitor, relieved)) == "Outlook The forecast is being made: look again in a minute."
    assert window_in(visitor, relieved) is None


def test_a_forecast_that_does_not_know_of_a_loss_yet_is_not_shown(
    house: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = treated(house, clock, after=(2,) * 21 + (7,) * 20)
    expecting(monkeypatch)
    make_forecasts(clock)
    visitor = house.staff()
    assert outlook(page_of(visitor, lost)) == "Outlook The forecast is being made: look again in a minute."
    assert window_in(visitor, lost) is None


SILENCES = {
    Silent.NO_BASELINE: "No forecast without a baseline that can be used.",
    Silent.NOT_CONFIRMED: "No forecast before a response is confirmed.",
    Silent.LOST: "No forecast: the loss of response is confirmed.",
    Silent.TOO_EARLY: "No forecast before day 14.",
    Silent.TOO_LATE: "No forecast after day 180.",
    Silent.UNLIKE_ANY_COURSE: "No forecast: this diary is unlike the courses it knows.",
}


@pytest.mark.parametrize("silent", SILENCES)
def test_a_silent_forecast_is_one_calm_sentence(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch, silent: Silent
) -> None:
    expecting(monkeypatch, silent=silent, chance=None)
    make_forecasts(clock)
    visitor = house.staff()
    assert outlook(page_of(visitor, relieved)) == f"Outlook {SILENCES[silent]}"
    assert window_in(visitor, relieved) is None
    clock.move(days=1)
    assert outlook(page_of(house.staff(), relieved)) == f"Outlook {SILENCES[silent]} As of 20 Mar 2026."


@pytest.mark.parametrize(
    ("silent", "words"),
    [
        (Silent.WIDE_WINDOW, "The end cannot be narrowed down; only the chance is told."),
        (Silent.NO_RETURN_IN_SIGHT, "No return of the pain in sight."),
    ],
)
def test_a_chance_without_a_window_is_told_too(
    house: House,
    relieved: Identity,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    silent: Silent,
    words: str,
) -> None:
    expecting(monkeypatch, silent=silent, chance=0.04)
    make_forecasts(clock)
    assert outlook(page_of(house.staff(), relieved)) == (
        f"Outlook Within 14 days 4 % chance that the response is lost {words} "
        "Forecast made on 20 Mar 2026. Advice, not a state."
    )


def test_every_silence_has_words() -> None:
    assert set(SILENT_WORDS) == set(Silent)


def test_nothing_is_expected_before_the_first_course(house: House, clock: TestClock) -> None:
    patient = house.add_patient()
    make_forecasts(clock)
    assert page_of(house.staff(), patient).all("section", id="outlook") == []


# The chart.


def window_in(visitor: Visitor, patient: Identity) -> dict[str, object] | None:
    figure = visitor.open(f"{path_of(patient)}/figure.json").json
    assert figure is not None
    return next((dict(drawn) for drawn in figure["data"] if "fillpattern" in drawn), None)


def test_the_chart_shows_the_window_and_says_it_in_its_legend(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch, p50=60)
    make_forecasts(clock)
    window = window_in(house.staff(), relieved)
    assert window is not None
    assert window["name"] == f"likely end of relief: {WINDOW}"
    assert window["x"] == [49.5, 49.5, 70.5, 70.5]


# Book by.

FORECAST = BookBy(date(2026, 3, 24), date(2026, 4, 28), ExpectedFrom.FORECAST, (), date(2026, 4, 10), 35)
OWN = BookBy(date(2026, 3, 11), date(2026, 4, 15), ExpectedFrom.OWN_COURSES, (47, 49, 52), date(2026, 4, 15), 35)


LATER = date(2026, 4, 30)
SOON = BookBy(date(2026, 4, 29), date(2026, 4, 28), ExpectedFrom.FORECAST, (), LATER, 1)
INSIDE = BookBy(date(2026, 3, 26), date(2026, 4, 15), ExpectedFrom.OWN_COURSES, (47, 49), LATER, 35)
LIKELY = "to have a chair when relief is likely to end"
USUALLY = "to have a chair when relief usually ends"
FIRST = "to have a chair on 30 Apr, the first day the minimum interval allows"
ALLOWS = "the minimum interval allows it from"
ARITHMETIC = (
    f"{LIKELY} (forecast 28 Apr; waiting time 35 days); {ALLOWS} 10 Apr",
    f"{USUALLY} (median of 47, 49, 52 days: 15 Apr; waiting time 35 days); {ALLOWS} 15 Apr",
    f"{FIRST} (forecast 28 Apr; waiting time 1 day)",
    f"{FIRST} (median of 47, 49 days: 15 Apr; waiting time 35 days)",
)


@pytest.mark.parametrize(("advice", "words"), list(zip((FORECAST, OWN, SOON, INSIDE), ARITHMETIC, strict=True)))
def test_book_by_shows_its_arithmetic_and_which_day_decided(app: Flask, advice: BookBy, words: str) -> None:
    with app.test_request_context():
        assert booking_words(advice) == words


@pytest.mark.parametrize(
    ("waiting_time", "words"), [(39, "20 Mar 2026 to have a chair"), (40, "19 Mar 2026, passed to have a chair")]
)
def test_the_page_says_by_when_to_book_and_when_that_has_passed(
    house: House,
    relieved: Identity,
    clock: TestClock,
    monkeypatch: pytest.MonkeyPatch,
    waiting_time: int,
    words: str,
) -> None:
    wait_for_chairs(house, waiting_time)
    expecting(monkeypatch, p50=60)
    make_forecasts(clock)
    told = f"Book by {words} when relief is likely to end (forecast 28 Apr; waiting time {waiting_time} days)"
    assert told in outlook(page_of(house.staff(), relieved))


def test_the_worklist_brings_a_patient_up_a_week_before_it_is_time_to_book(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_chairs(house, 35)
    visitor = house.staff()
    expecting(monkeypatch, p50=64)
    visitor.get("/clinic/")
    make_forecasts(clock)
    assert "Nothing to do" in visitor.get("/clinic/").main
    clock.move(days=1)
    page = house.staff().get("/clinic/")
    assert "Needs you" in page.main
    assert "book by 28 Mar" in page.main
    assert "Review Ramirez, Ana" in page.links


# Days of relief.

ONE = Course(("ketamine",), date(2026, 1, 5), date(2026, 1, 9))


@pytest.mark.parametrize(
    ("relief", "days", "words"),
    [
        (ReliefIs.LOST, 49, "49 days of relief"),
        (ReliefIs.LOST, 1, "1 day of relief"),
        (ReliefIs.RUNNING, None, "Relief still running"),
        (ReliefIs.CANNOT_SAY, None, "Days of relief: cannot say"),
        (ReliefIs.NONE, None, "No response seen"),
        (ReliefIs.ENDED_BY_COURSE, None, "Relief ended by the next course"),
        (ReliefIs.TOO_EARLY, None, "Days of relief: too early to say"),
    ],
)
def test_the_relief_of_a_course_in_words(app: Flask, relief: ReliefIs, days: int | None, words: str) -> None:
    with app.test_request_context():
        assert relief_words(CourseRelief(ONE, relief, days, 80, None)) == words
        back = relief_words(CourseRelief(ONE, relief, days, 80, 63))
        assert back == f"{words}, back at the baseline on 13 Mar 2026"


CAME_AND_WENT = "Relief came and went, never confirmed"


def test_relief_that_came_and_went_is_not_called_by_the_name_of_another_state(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 7 + (7,) * 30)
    page = page_of(house.staff(), patient)
    assert CAME_AND_WENT in words_of(page.one("article", class_="ebb-course"))
    assert "No response seen" not in page.main
    for kind in ("visit", "repeat"):
        words = house.staff().get(f"/clinic/patients/{patient.patient_id}/letter?kind={kind}&language=en").text
        assert words.count(f"{CAME_AND_WENT} (37") == 2, "in the numbers and in the table of courses"
        assert "No response seen" not in words


def test_the_sentence_of_the_courses_before_counts_what_came_and_went_apart(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 7 + (7,) * 30)
    clock.move(days=1)
    a_course(house, patient, clock.now.date(), clock, days=1)  # type: ignore[arg-type]
    page = page_of(house.staff(), patient)
    assert "after 1 course before relief came and went" in page.main
    assert "gave none" not in page.main


def test_each_course_on_the_page_says_its_days_of_relief(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 21 + (7,) * 20)
    clock.move(days=3)
    a_course(house, patient, clock.now.date(), clock)  # type: ignore[arg-type]
    a_course(house, patient, date(2026, 9, 1), clock, status=CourseStatus.PLANNED)  # type: ignore[arg-type]
    page = page_of(house.staff(), patient)
    told = [words_of(course) for course in page.all("article", class_="ebb-course")]
    assert len(told) == 3
    assert "relief" not in told[0].lower(), "the planned course"
    assert "Days of relief: too early to say" in told[1]
    assert "25 days of relief" in told[2]


# What a decision is bound to.


def decide(visitor: Visitor, patient: Identity, page: Page, status: int = 200) -> Page:
    form = page.form(f"{path_of(patient)}/decisions")
    return visitor.send(form, {"kind": "stop", "reason": "No more."}, status=status)


def test_a_decision_keeps_the_outlook_it_was_made_on(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_chairs(house, 35)
    expecting(monkeypatch, p50=60)
    make_forecasts(clock)
    visitor = house.staff()
    decide(visitor, relieved, page_of(visitor, relieved))
    with snapshot() as session:
        (decision,) = session.query(Decision)
    assert decision.shown["outlook"] == {
        "forecast": {
            "made_for": "2026-03-20",
            "p10": 50,
            "p50": 60,
            "p90": 70,
            "p_loss_14d": 0.35,
            "beyond_horizon": 0.1,
            "shown": True,
            "silent_reason": None,
        },
        "book_by": {
            "day": "2026-03-24",
            "expected_end": "2026-04-28",
            "expected_from": "forecast",
            "own_days": [],
            "allowed_from": "2026-04-10",
            "waiting_time": 35,
        },
    }


def test_a_decision_on_a_forecast_that_has_changed_is_asked_again(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    expecting(monkeypatch, p50=60)
    make_forecasts(clock)
    visitor = house.staff()
    page = page_of(visitor, relieved)
    with transaction() as session:
        projection.refresh_summary(session, house.clinic_id, relieved.patient_id, now=clock())  # type: ignore[arg-type]
    make_forecasts(clock)
    decide(visitor, relieved, page)  # made again, and the same
    page = page_of(visitor, relieved)
    expecting(monkeypatch, p50=61)
    make_forecasts(clock)
    assert "The diary changed while you were looking." in decide(visitor, relieved, page, status=409).main


# What a look costs.


def test_a_page_is_judged_once_and_in_no_unit_of_work(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged, told = [], patient_pages.weekly_means

    def judge(*args: object, **more: object) -> object:
        judged.append(args)
        with transaction():  # refused within another unit
            return diaries_judge(*args, **more)

    def weekly_means(*args: object, **more: object) -> object:
        with transaction():
            return told(*args, **more)  # type: ignore[arg-type]

    diaries_judge = diaries.judge_courses  # type: ignore[attr-defined]
    monkeypatch.setattr(diaries, "judge_courses", judge)
    monkeypatch.setattr(patient_pages, "weekly_means", weekly_means)
    assert read_patient_page(house.clinician, subject(relieved), clock=clock).verdict.t == 21
    assert len(judged) == 1


def test_a_summary_goes_through_the_revisions_once(
    house: House, relieved: Identity, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone_through, live = [], diaries.live_scores  # type: ignore[attr-defined]

    def live_scores(*args: object, **how: object) -> object:
        gone_through.append(args)
        return live(*args, **how)

    monkeypatch.setattr(diaries, "live_scores", live_scores)
    with transaction() as session:
        projection.refresh_summary(session, house.clinic_id, relieved.patient_id, now=clock())  # type: ignore[arg-type]
    assert len(gone_through) == 1
