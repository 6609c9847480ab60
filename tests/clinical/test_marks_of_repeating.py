"""The marks that matter when another course comes near: interval, yearly limit, liver test."""

from datetime import date

import pytest

from diary.clinical.circumstances import Circumstances
from diary.clinical.courses import Course
from diary.clinical.marks import Mark
from diary.clinical.states import State
from diary.clinical.verdict import Verdict
from tests.clinical.builders import (
    DAY_0,
    LOST_ON_26,
    TENS,
    Level,
    course,
    day,
    diary,
    marks,
    run,
    scores_before,
    scores_from,
    value,
    verdict_of,
    verdict_on,
    weeks,
)

WISHED = Circumstances(wearing_off_since=day(5))
PLANNED = Circumstances(planned_day=day(70))


def after_many(first_days: list[int], medicine: str = "ketamine", *, today: int | None = None) -> Verdict:
    """Return the verdict on a patient treated on these days t of the first course, wishing for another."""
    courses = [course(medicine, day_0=day(t)) for t in first_days]
    on = day(max(first_days) + 5 if today is None else today)
    return verdict_on(on, scores_before(day(min(first_days)), TENS), *courses, circumstances=WISHED)


# ---- minimum interval


@pytest.mark.parametrize(
    ("medicine", "interval"),
    [
        ("ketamine", 42),
        ("ketamine-single", 21),
        ("lidocaine", 28),
        ("immunoglobulin", 21),
        ("bisphosphonate", 180),
    ],
)
def test_the_interval_is_over_on_day_0_plus_its_days(medicine: str, interval: int) -> None:
    inside, over = (verdict_of([], medicine, t=t, circumstances=WISHED) for t in (interval - 1, interval))
    assert value(inside, "inside_minimum_interval") == day(interval)
    assert "inside_minimum_interval" not in marks(over)


def test_the_interval_counts_from_the_last_infusion_day() -> None:
    five_days = course(days=5)
    inside = verdict_on(day(41), {}, five_days, circumstances=WISHED)
    assert inside.mark("inside_minimum_interval") == Mark("inside_minimum_interval", day(42), "ketamine")


@pytest.mark.parametrize(
    ("after", "circumstances", "asked"),
    [
        (LOST_ON_26, Circumstances(), True),
        (weeks(5, 5, 7), Circumstances(), True),
        (run(5, 21), Circumstances(), False),
        (run(5, 21), WISHED, True),
        (run(5, 21), PLANNED, True),
        (run(9, 29), Circumstances(), False),
        (run(9, 29), WISHED, True),
    ],
    ids=[
        "due",
        "due soon",
        "holding",
        "holding, wished",
        "holding, planned",
        "no response",
        "no response, wished",
    ],
)
def test_interval_and_limit_are_said_when_a_repeat_is_a_question(
    after: list[Level], circumstances: Circumstances, asked: bool
) -> None:
    verdict = verdict_of(after, circumstances=circumstances)
    assert ("inside_minimum_interval" in marks(verdict)) is asked


def test_ketamine_followed_by_lidocaine_still_warns_of_ketamine() -> None:
    courses = [course("ketamine"), course("lidocaine", day_0=day(10))]
    day_30 = verdict_on(day(30), {}, *courses, circumstances=WISHED)
    # Ketamine until day 42, lidocaine until day 10 + 28 = 38: the later one is shown.
    assert day_30.mark("inside_minimum_interval") == Mark("inside_minimum_interval", day(42), "ketamine")
    day_42 = verdict_on(day(42), {}, *courses, circumstances=WISHED)
    assert "inside_minimum_interval" not in marks(day_42)


def test_every_medicine_of_a_combined_course_has_its_interval() -> None:
    combined = course("lidocaine+bisphosphonate")
    verdict = verdict_on(day(100), {}, combined, circumstances=WISHED)
    assert verdict.mark("inside_minimum_interval") == Mark("inside_minimum_interval", day(180), "bisphosphonate")


def test_a_single_day_of_ketamine_is_the_same_substance() -> None:
    verdict = verdict_of([], "ketamine-single", t=20, circumstances=WISHED)
    assert verdict.mark("inside_minimum_interval") == Mark("inside_minimum_interval", day(21), "ketamine")


def test_before_any_course_there_is_no_interval() -> None:
    assert marks(verdict_on(DAY_0, {}, circumstances=WISHED)) == {"patient_says_wearing_off"}


# ---- courses a year


def test_six_courses_of_ketamine_within_a_year_leave_room_for_none() -> None:
    six, five = [0, 50, 100, 150, 200, 250], [0, 50, 100, 150, 200]
    assert value(after_many(six), "yearly_limit") == 6
    assert "yearly_limit" not in marks(after_many(five))


def test_a_course_that_began_exactly_365_days_ago_no_longer_counts() -> None:
    six = [0, 50, 100, 150, 200, 250]
    assert value(after_many(six, today=364), "yearly_limit") == 6
    assert "yearly_limit" not in marks(after_many(six, today=365))


def test_a_year_counts_from_first_infusion_days() -> None:
    two = [course("bisphosphonate", day_0=day(4), days=5), course("bisphosphonate", day_0=day(200))]
    assert value(verdict_on(day(364), {}, *two, circumstances=WISHED), "yearly_limit") == 2
    assert "yearly_limit" not in marks(verdict_on(day(365), {}, *two, circumstances=WISHED))


def test_the_limit_is_that_of_the_course_judged_and_counts_the_whole_substance() -> None:
    # Five courses of several days (limit 6) and then single days (limit 12): 6 of one substance, under 12.
    several = [course("ketamine", day_0=day(t)) for t in (0, 50, 100, 150, 200)]
    single = course("ketamine-single", day_0=day(250))
    assert "yearly_limit" not in marks(verdict_on(day(255), {}, *several, single, circumstances=WISHED))
    last = course("ketamine", day_0=day(280))
    assert value(verdict_on(day(285), {}, *several, single, last, circumstances=WISHED), "yearly_limit") == 7


def test_single_days_of_ketamine_count_as_ketamine() -> None:
    assert value(after_many([30 * t for t in range(12)], "ketamine-single", today=340), "yearly_limit") == 12
    assert "yearly_limit" not in marks(after_many([30 * t for t in range(11)], "ketamine-single", today=340))


def test_courses_of_another_substance_do_not_count() -> None:
    six = [course("ketamine", day_0=day(t)) for t in (0, 50, 100, 150, 200, 250)]
    lidocaine = course("lidocaine", day_0=day(260))
    assert "yearly_limit" not in marks(verdict_on(day(265), {}, *six, lidocaine, circumstances=WISHED))


def test_a_combined_course_counts_for_each_of_its_medicines() -> None:
    two = [
        course("lidocaine+bisphosphonate", day_0=day(0)),
        course("lidocaine+bisphosphonate", day_0=day(90)),
    ]
    verdict = verdict_on(day(95), {}, *two, circumstances=WISHED)
    assert verdict.mark("yearly_limit") == Mark("yearly_limit", 2, "bisphosphonate")
    assert value(after_many([30 * t for t in range(12)], "lidocaine", today=340), "yearly_limit") == 12


def test_the_yearly_limit_is_said_only_when_a_repeat_is_a_question() -> None:
    two = [course("bisphosphonate", day_0=day(t)) for t in (0, 90)]
    assert "yearly_limit" not in marks(verdict_on(day(110), {}, *two))


# ---- liver test


def due_with(*liver_tests: date, medicine: str = "ketamine", today: date | None = None) -> Verdict:
    on = today or day(26)
    scores = diary(LOST_ON_26)
    return verdict_on(on, scores, course(medicine), circumstances=Circumstances(liver_tests=liver_tests))


def test_a_liver_test_of_30_days_ago_is_known_and_one_of_31_days_is_missing() -> None:
    assert "liver_test_missing" not in marks(due_with(day(26 - 30)))
    assert value(due_with(day(26 - 31)), "liver_test_missing") == 31


def test_without_any_liver_test_it_is_missing_without_an_age() -> None:
    assert value(due_with(), "liver_test_missing") is None


def test_the_latest_liver_test_counts_and_one_to_come_does_not() -> None:
    assert "liver_test_missing" not in marks(due_with(day(20), day(-100)))
    assert "liver_test_missing" not in marks(due_with(day(-100), day(26)))
    assert value(due_with(day(-100), day(27)), "liver_test_missing") == 126


@pytest.mark.parametrize("medicine", ["ketamine", "ketamine-single", "lidocaine+ketamine", "other+ketamine-single"])
def test_every_course_with_ketamine_asks_for_a_liver_test(medicine: str) -> None:
    assert "liver_test_missing" in marks(due_with(medicine=medicine, today=day(40)))


def test_other_medicines_ask_for_none() -> None:
    assert due_with(medicine="magnesium").state is State.REPEAT_DUE
    assert "liver_test_missing" not in marks(due_with(medicine="magnesium"))


def test_a_ketamine_course_before_the_one_judged_asks_for_none() -> None:
    lost: Course = course("magnesium", day_0=day(60))
    scores = diary([]) | scores_before(day(60), TENS) | scores_from(day(61), LOST_ON_26)
    verdict = verdict_on(day(86), scores, course("ketamine"), lost)
    assert verdict.state is State.REPEAT_DUE
    assert "liver_test_missing" not in marks(verdict)


def test_a_liver_test_is_asked_for_when_due_or_due_soon_and_not_for_a_wish() -> None:
    assert "liver_test_missing" in marks(verdict_of(weeks(5, 5, 7)))
    assert "liver_test_missing" not in marks(verdict_of(run(5, 21), circumstances=WISHED))
