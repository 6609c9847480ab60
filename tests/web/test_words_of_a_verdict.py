"""A verdict in words: with the numbers of the clinic's own rules, and no two numbers that read alike and are not."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from diary.clinical.rule_changes import with_changes
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.exchange.verdict_lines import plain_numbers, plain_verdict
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.words import decimals_apart, half_up, long_day, number, points, short_day, week_day
from tests.clinical.builders import LOST_ON_26, run, verdict_of
from tests.conftest import TestClock
from tests.web.pages import words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor


@pytest.fixture
def request_of(app: Flask) -> Iterator[None]:
    """Somebody is asking for a page in English."""
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


def spoken(after: list[int | None], rules: RuleSet = DEFAULT_RULES, **given_else: Any) -> dict[str, Any]:
    verdict = verdict_of(after, rules=rules, **given_else)
    return plain_verdict(verdict) | {"numbers": plain_numbers(rules)}


STRICT = with_changes(
    DEFAULT_RULES,
    {
        "week_minimum": 5,
        "gap_minimum": 6,
        "baseline_minimum": 6,
        "baseline_days": 10,
        "lowest_baseline": Decimal("5.5"),
        "long_baseline_minimum": 6,
    },
)
LOOSE = with_changes(DEFAULT_RULES, {"week_minimum": 1, "baseline_minimum": 1, "long_baseline_minimum": 1})


@pytest.mark.parametrize(
    ("rules", "after", "before", "state", "reason"),
    [
        (
            DEFAULT_RULES,
            [7] * 9,
            (3,) * 7,
            "Cannot say: baseline below 4",
            "Baseline 3.0: below 4 no response is judged",
        ),
        (STRICT, [7] * 9, (5,) * 10, "Cannot say: baseline below 5.5", "Baseline 5.0: below 5.5 no response is judged"),
        (
            DEFAULT_RULES,
            [7] * 9,
            (3, None, None),
            "Cannot say: no baseline",
            "4 of the 7 days before the course are needed, or a baseline from your notes",
        ),
        (
            STRICT,
            [7] * 9,
            (3, None, None),
            "Cannot say: no baseline",
            "6 of the 10 days before the course are needed, or a baseline from your notes",
        ),
        (
            LOOSE,
            [7] * 9,
            (),
            "Cannot say: no baseline",
            "1 of the 7 days before the course is needed, or a baseline from your notes",
        ),
        (
            DEFAULT_RULES,
            [7, 7, 7, *run(None, 6)],
            (8,) * 7,
            "Cannot say: 1 of 7 days",
            "4 of 7 days with an entry that counts are needed",
        ),
        (
            STRICT,
            [7, 7, 7, *run(None, 6)],
            (8,) * 10,
            "Cannot say: 1 of 7 days",
            "5 of 7 days with an entry that counts are needed",
        ),
        (
            LOOSE,
            run(None, 9),
            (8,) * 7,
            "Cannot say: 0 of 7 days",
            "1 of 7 days with an entry that counts is needed",
        ),
        (
            STRICT,
            [*run(None, 22), *run(7, 7)],
            (8,) * 10,
            "Cannot say: too few weeks",
            "7-day mean 7.0 (7 of 7 days), line 5.6, but too few weeks had 5 entries",
        ),
    ],
)
@pytest.mark.usefixtures("request_of")
def test_a_sentence_says_the_numbers_of_the_rules_it_was_judged_with(
    rules: RuleSet, after: list[int | None], before: tuple[int | None, ...], state: str, reason: str
) -> None:
    verdict = spoken(after, rules, before=before)
    assert (state_words(verdict), reason_sentence(verdict)) == (state, reason)


@pytest.mark.usefixtures("request_of")
def test_a_mean_that_is_not_the_line_never_reads_like_it() -> None:
    verdict = spoken([2] * 14) | {"state": "DUE_SOON", "line": 4.9, "why": None}
    for mean, told in (
        (4.9, "7-day mean 4.9 (7 of 7 days), line 4.9"),
        (4.95, "7-day mean 5.0 (7 of 7 days), line 4.9"),
        (4.9286, "7-day mean 4.93 (7 of 7 days), line 4.90"),
        (4.8571, "7-day mean 4.86 (7 of 7 days), line 4.90"),
        (4.9014, "7-day mean 4.901 (7 of 7 days), line 4.900"),
        (4.9001, "7-day mean 4.9001 (7 of 7 days), line 4.9000"),
    ):
        assert reason_sentence(verdict | {"mean7": mean}) == told


@pytest.mark.usefixtures("request_of")
def test_over_the_line_since_is_said_of_weeks_without_a_good_one_between() -> None:
    # Day 0 is 2 March: lost on day 19, the 21st; due on day 26, the 28th.
    lost = spoken(LOST_ON_26)
    since, week = "over it since", "7-day mean 8.0 (7 of 7 days), line 7.0"
    assert reason_sentence(lost | {"over_since": "2026-03-21"}) == f"{week}, {since} 21 Mar"
    assert reason_sentence(lost | {"over_since": "2026-03-28"}) == f"{week}, {since} 28 Mar"  # the day it became due
    again = f"{week}, lost on 21 Mar, over it again since 29 Mar"
    assert reason_sentence(lost | {"over_since": "2026-03-29"}) == again
    for unknown in (lost, lost | {"over_since": None}):  # as decisions keep it
        assert reason_sentence(unknown) == f"{week}, lost on 21 Mar"


@pytest.mark.usefixtures("request_of")
def test_a_loss_in_force_says_of_a_good_week_that_it_is_one() -> None:
    again = reason_sentence(spoken([*LOST_ON_26, *run(6, 7)]))
    assert again == "7-day mean 6.0 (7 of 7 days), line 7.0: a good week now, after a loss since 21 Mar"
    on_the_line = reason_sentence(spoken([*LOST_ON_26, *run(7, 7)]))
    assert on_the_line == "7-day mean 7.0 (7 of 7 days), line 7.0: a good week now, after a loss since 21 Mar"


@pytest.mark.usefixtures("request_of")
def test_a_plan_that_passed_without_an_infusion_is_told_as_one_from_the_day_after_it_on() -> None:
    plan = {"code": "course_planned", "value": "2026-03-10"}
    assert mark_words(plan, today=date(2026, 3, 10)) == mark_words(plan) == "course planned for 10 Mar"
    assert mark_words(plan, today=date(2026, 3, 11)) == "was planned for 10 Mar, no infusion recorded"


@given(st.fractions(0, 10, max_denominator=70), st.fractions(0, 10, max_denominator=70))
def test_two_numbers_read_alike_only_when_they_are_the_same(one: Fraction, other: Fraction) -> None:
    decimals = decimals_apart(one, other)
    assert (half_up(one, decimals) == half_up(other, decimals)) == (one == other)
    for fewer in range(1, decimals):
        assert half_up(one, fewer) == half_up(other, fewer)


@pytest.mark.usefixtures("request_of")
def test_a_half_is_rounded_up_exactly() -> None:
    told = {
        Fraction(17, 4): "4.3",  # 4.25, which many a rounding takes down to the even digit
        Fraction(87, 20): "4.4",  # 4.35, which no float holds exactly
        4.35: "4.4",
        Fraction(61, 14): "4.4",
        Fraction(1, 3): "0.3",
        Decimal("2.05"): "2.1",
        10: "10.0",
        0: "0.0",
        None: "–",
    }
    assert {value: points(value) for value in told} == told
    assert [number(value) for value in (4, Fraction(9, 2), Decimal("0.350"), 0.3)] == ["4", "4.5", "0.35", "0.3"]


@pytest.mark.usefixtures("request_of")
def test_one_is_one_and_not_several() -> None:
    for code, one, two in (
        ("stopped_writing", "last entry 1 day ago", "last entry 2 days ago"),
        ("depends_on_missing_days", "depends on 1 missing day", "depends on 2 missing days"),
        ("baseline_weak", "weak baseline, 1 day old", "weak baseline, 2 days old"),
        ("baseline_kept", "kept from before, 1 day old", "kept from before, 2 days old"),
        ("baseline_set", "given by hand, 1 day ago", "given by hand, 2 days ago"),
        ("liver_test_missing", "last liver test 1 day ago", "last liver test 2 days ago"),
    ):
        assert mark_words({"code": code, "value": 1}).endswith(one)
        assert mark_words({"code": code, "value": 2}).endswith(two)
    limit = {"code": "yearly_limit", "substance": "lidocaine"}
    assert mark_words(limit | {"value": 1}) == "yearly limit reached: 1 course of lidocaine"
    assert mark_words(limit | {"value": 6}) == "yearly limit reached: 6 courses of lidocaine"
    lost = spoken([*run(5, 14), *run(10, 12)])
    assert course_words(lost | {"days_of_relief": 1}).endswith("1 day of relief")
    assert course_words(lost).endswith("16 days of relief")


@pytest.mark.usefixtures("request_of")
def test_a_little_over_the_line_is_not_told_as_nothing() -> None:
    mark = {"code": "over_the_line", "value": 0.0286}
    assert mark_words(mark) == "0.03 points over the line"
    assert mark_words(mark | {"value": 0.5}) == "0.5 points over the line"


@pytest.mark.usefixtures("request_of")
def test_a_short_day_says_its_year_when_it_is_not_this_one(clock: TestClock) -> None:
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    told = [short_day(date(2026, 12, 31)), short_day("2025-12-31"), short_day(date(2027, 1, 1)), short_day(None)]
    assert told == ["31 Dec", "31 Dec 2025", "1 Jan 2027", "–"]
    assert (week_day(date(2025, 12, 31)), long_day(date(2026, 3, 1))) == ("Wed, 31 Dec 2025", "Sunday 1 March")
    clock.now = datetime(2027, 1, 1, 12, tzinfo=UTC)
    assert [short_day("2026-12-31"), short_day("2027-01-01")] == ["31 Dec 2026", "1 Jan"]


@pytest.fixture
def wishing(house: House, clock: TestClock) -> Visitor:
    """A clinician whose patient says that it wears off while the response holds."""
    patient = treated(house, clock, after=(2,) * 30)
    visitor = house.sign_in_as(patient)
    visitor.send(next(form for form in visitor.get("/diary").forms if form.action == "/diary/wearing-off"))
    return house.staff()


def test_a_state_beside_the_patients_words_is_said_as_everywhere(wishing: Visitor) -> None:
    (line,) = (words_of(one) for one in wishing.get("/clinic/").all("tr") if "data-line" in one.attrib)
    assert "Patient says it wears off" in line
    assert "Response holding" in line.partition("Patient says it wears off")[2]


def test_the_filter_of_who_is_due_soon_names_all_who_are_in_it(wishing: Visitor) -> None:
    options = [option.text for option in wishing.get("/clinic/").all("option", value="DUE_SOON")]
    assert options == ["Close to or over the line"]


@pytest.mark.parametrize(
    ("last_days", "mean", "relief"),
    [
        ((5, 5, 5, 5, 5, 4, None), "4.83", "29.5 %"),  # 29/6: in whole numbers 30 %, which would be good
        ((5, 5, 5, 5, 4, None, None), "4.8", "30 %"),  # 24/5, exactly on the line of 48/7
        ((5, 5, 5, 5, 5, 5, 4), "4.9", "29 %"),
        ((8, 8, 8, 8, 8, 8, 8), "8.0", "17 %"),
    ],
)
def test_relief_close_to_the_threshold_does_not_read_like_it(
    house: House, clock: TestClock, last_days: tuple[int | None, ...], mean: str, relief: str
) -> None:
    patient = treated(house, clock, before=(7, 7, 7, 7, 7, 7, 6), after=((2,) * 7 + last_days))  # type: ignore[arg-type]
    page = house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert f"Last 7 days {mean} " in page.main
    assert f"Relief {relief} (entries behind it) {'more' if relief == '17 %' else 'less'} pain than the" in page.main


def test_numbers_of_a_rule_set_reach_the_worklist(house: House, clock: TestClock) -> None:
    treated(house, clock, before=(3,) * 7)
    assert "Baseline 3.0: below 4 no response is judged" in house.staff().get("/clinic/").main
