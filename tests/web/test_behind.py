"""Every number can be traced: what is behind it is what an independent sum says."""

import re
from datetime import timedelta
from fractions import Fraction

import pytest

from diary.vocabulary import DecisionKind
from diary.web.words import day
from tests.clinic_builders import a_course
from tests.conftest import TestClock
from tests.services.deciding import decide
from tests.web.people import House, treated
from tests.web.visiting import Visitor

SCORES = (2, 3, 4, 4, 3, 2, 3, 2, 3, 4, 3, 2, 3, 4, 6, 7, 8, 6, 7, 8, 7, 7, 6, 8, 7, 7, 8, 7)


@pytest.fixture
def staff(house: House) -> Visitor:
    return house.staff()


def page_behind(staff: Visitor, patient, what: str, **query: object) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return staff.get(f"/clinic/patients/{patient.patient_id}/behind/{what}?{asked}").main


def test_the_mean_of_the_last_seven_days_is_their_sum_by_their_number(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, after=(3,) * 10 + (4, 5, None, 6, 7, 2, 9))
    told = page_behind(staff, patient, "mean7")
    assert "33 / 6 = 5.50" in told
    assert "taken back" in told


def test_what_is_behind_each_evidence_row_is_one_click_away(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, after=SCORES)
    chart = staff.get(f"/clinic/patients/{patient.patient_id}")
    asked = set(re.findall(r"/behind/([a-z0-9-]+)", chart.html))
    assert asked >= {"baseline", "line", "mean7", "mean7-before", "relief", "days-of-relief"}
    for what in asked:
        page_behind(staff, patient, what)


def test_line_and_relief_are_told_with_the_numbers_they_come_from(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, before=(7, 8, 7, 8, 7, 8, 6), after=(3,) * 14)
    baseline = Fraction(51, 7)
    assert f"51 / 7 = {float(baseline):.2f}" in page_behind(staff, patient, "baseline")
    assert f"70 % of 7.29 = {float(baseline * 7 / 10):.2f}" in page_behind(staff, patient, "line")
    relief = float(100 * (baseline - 3) / baseline)
    assert f"(7.29 - 3.00) / 7.29 = {relief:.1f} %" in page_behind(staff, patient, "relief")


def test_days_of_relief_are_shown_with_the_weeks_that_led_to_them(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, after=SCORES)
    means = {t: Fraction(sum(SCORES[t - 7 : t]), 7) for t in range(7, len(SCORES) + 1)}
    line = Fraction(49, 10)
    due = next(t for t in range(14, 29) if means[t] > line and means[t - 7] > line)
    last_good = max(t for t in means if t < due and means[t] <= line)
    told = page_behind(staff, patient, "days-of-relief")
    assert f"{last_good} days: the last week at or below the line before the loss was confirmed on day {due}." in told
    assert f"{float(means[last_good]):.2f}" in told


def test_a_week_that_reaches_across_a_course_has_no_mean(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, after=(3,) * 14)
    first = clock.now.date() - timedelta(days=12)
    assert "A week never reaches across a course" in page_behind(staff, patient, "week", day=first.isoformat())


def test_a_day_that_lies_ahead_a_course_of_another_and_nonsense_are_not_there(
    house: House, clock: TestClock, staff
) -> None:
    patient, other = treated(house, clock), house.add_patient("M-9", "Haas, Bernd")
    course = a_course(house, other, clock.now.date(), clock)  # type: ignore[arg-type]
    ahead = (clock.now.date() + timedelta(days=2)).isoformat()
    for query in (f"day={ahead}", f"course={course}", "day=today", "day=20260101x", "course=7"):
        staff.get(f"/clinic/patients/{patient.patient_id}/behind/mean7?{query}", status=404)
    staff.get(f"/clinic/patients/{patient.patient_id}/behind/forecast", status=404)


def test_a_number_of_an_old_decision_leads_to_the_course_that_was_judged_then(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, before=(7, 8, 7, 8, 7, 8, 6), after=(3,) * 14)
    decide(house.clinician, patient, DecisionKind.STOP, clock)
    then = clock.now.date()
    clock.move(days=3)
    a_course(house, patient, clock.now.date(), clock, days=1, medicines=("lidocaine",))  # type: ignore[arg-type]
    clock.move(days=1)
    staff = house.staff()
    made = staff.get(f"/clinic/patients/{patient.patient_id}").links[f"Show the whole decision of {day(then)}"]
    asked = {link.get("href") or "" for link in staff.get(made).all("a") if "/behind/" in (link.get("href") or "")}
    assert len(asked) == 4
    for address in asked:
        assert address.endswith(f"?day={then}")
        assert "ketamine, last infusion 6 Mar 2026" in staff.get(address).main
    assert "51 / 7 = 7.29" in page_behind(staff, patient, "baseline", day=then)
    assert "lidocaine, last infusion 23 Mar 2026" in page_behind(staff, patient, "baseline")


def test_before_the_first_course_there_is_a_week_and_no_baseline(house: House, clock: TestClock, staff) -> None:
    patient = treated(house, clock, after=(3,) * 14)
    before = clock.now.date() - timedelta(days=20)
    told = page_behind(staff, patient, "week", day=before)
    assert "/ 6 = 7.00" in told
    assert "last infusion" not in told
    staff.get(f"/clinic/patients/{patient.patient_id}/behind/baseline?day={before}", status=404)
