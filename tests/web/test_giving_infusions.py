"""Infusions as the clinic writes them down: one, several days from a protocol, corrected, taken back."""

import uuid
from datetime import date
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.models import Infusion
from diary.services.planning import Plan, plan_course
from diary.services.protocols import ProtocolSaid, add_protocol
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Page
from tests.web.people import House, treated
from tests.web.test_recording_courses import GIVEN, Chart

PROTOCOL: Final = ProtocolSaid("Ten days", ("ketamine",), 10, Decimal(4), "mg", "40 to 80 mg")


@pytest.fixture
def chart(house: House) -> Chart:
    """The page of a patient with a course of five days in March."""
    chart = Chart(house, house.add_patient(), Role.NURSE)
    chart.record(GIVEN)
    return chart


def infusions() -> list[Infusion]:
    with snapshot() as session:
        return list(session.scalars(select(Infusion).order_by(Infusion.day)))


def fields_in_order(page: Page) -> list[str]:
    """Return the names of the fields of the rows as the keyboard goes through them."""
    order = [one.get("name") or "" for one in page.root.iter() if one.tag in ("input", "select")]
    return list(dict.fromkeys(name for name in order if name.startswith("row-")))


def test_side_effects_are_ticked_from_those_of_the_medicine_and_written_in_words(chart: Chart) -> None:
    form = chart.visitor.get(next(a for w, a in chart.page.links.items() if w == "Record an infusion"))
    assert "vivid dreams or feeling unreal" in form.main
    assert "numb mouth" not in form.main, "that comes after lidocaine"
    page = chart.at_course(
        "Record an infusion",
        {"day": "2026-03-03", "dose": "40", "unit": "mg", "side_effects": "dreams", "side_effect_words": "sweaty"},
    )
    assert "3 Mar 2026 ketamine, days in a row 40 mg – – vivid dreams or feeling unreal; sweaty –" in page.main
    fields: dict[str, str | None] = {"day": "2026-03-04", "side_effects": "numb_mouth"}
    chart.at_course("Record an infusion", fields, 422)
    assert len(infusions()) == 1


def test_an_unusual_number_is_asked_about_once_without_another_number(chart: Chart) -> None:
    page = chart.at_course(
        "Record an infusion", {"day": "2026-03-03", "dose": "4000", "unit": "mg", "weight_kg": "7.1"}, 422
    )
    assert "3 Mar 2026: 4,000 mg of ketamine, days in a row is an unusual number." in page.main
    assert "3 Mar 2026: 7.1 kg is an unusual weight." in page.main
    assert page.errors_of("anyway")
    assert not infusions()
    page = chart.visitor.send(page.form(), {"anyway": "y", "weight_kg": "71"}, status=422)
    assert "unusual weight" not in page.main, "what changed is asked about anew"
    chart.visitor.send(page.form(), {"anyway": "y"})
    assert [one.dose for one in infusions()] == [Decimal(4000)]


def test_a_day_that_would_move_a_whole_plan_is_asked_about_once(house: House) -> None:
    chart = Chart(house, house.add_patient(), Role.NURSE)
    chart.plan({"medicine": "ketamine", "first_day": "2026-03-30", "last_day": "2026-04-03"})
    page = chart.at_course("Record an infusion", {"day": "2026-03-10"}, 422)
    asked = "10 Mar 2026 is more than a week from the planned first day, 30 Mar 2026. The whole plan would move."
    assert asked in page.main
    assert not infusions()
    assert "10 Mar 2026 to 14 Mar 2026" in chart.visitor.send(page.form(), {"anyway": "y"}).main


def test_a_unit_that_is_not_the_medicines_is_not_offered_and_not_taken(chart: Chart) -> None:
    page = chart.at_course("Record an infusion", {"day": "2026-03-03", "dose": "1", "unit": "g/kg"}, 422)
    assert page.errors_of("unit")
    assert not infusions()


def a_chart_with_a_plan(house: House, clock: TestClock) -> Chart:
    """A patient whose ten days of a protocol began three days ago."""
    patient = house.add_patient()
    clock.move(days=-3)
    protocol_id = add_protocol(house.clinician, house.clinic_id, PROTOCOL, client_ref=uuid.uuid4(), clock=clock)
    plan = Plan(("ketamine",), date(2026, 3, 17), date(2026, 3, 26), protocol_id=protocol_id)
    plan_course(house.clinician, subject(patient), plan, clock=clock)
    clock.move(days=3)
    return Chart(house, patient)


def test_the_days_of_a_protocol_are_filled_in_but_for_the_dose(house: House, clock: TestClock) -> None:
    chart = a_chart_with_a_plan(house, clock)
    page = chart.visitor.get(chart.page.links["Several days at once"])
    values = {name: page.value_of(name) for name in ("row-0-day", "row-0-medicine", "row-0-unit", "row-0-hours")}
    assert values == {"row-0-day": "2026-03-17", "row-0-medicine": "ketamine", "row-0-unit": "mg", "row-0-hours": "4"}
    assert [page.value_of(f"row-{n}-day") for n in range(4)][-1] == "2026-03-20", "no day lies ahead"
    assert not any(page.value_of(f"row-{n}-{name}") for n in range(4) for name in ("dose", "weight_kg", "remark"))
    assert "40 to 80 mg" in page.main
    per_row = ("day", "medicine", "dose", "unit", "hours", "weight_kg", "side_effects", "side_effect_words", "remark")
    assert fields_in_order(page) == [f"row-{n}-{name}" for n in range(4) for name in per_row]


def test_several_days_are_recorded_with_one_button_and_only_once(house: House, clock: TestClock) -> None:
    chart = a_chart_with_a_plan(house, clock)
    form = chart.visitor.get(chart.page.links["Several days at once"]).form()
    sent = {**form.fields, "row-0-dose": "40", "row-1-dose": "50", "row-1-remark": "dizzy", "row-3-dose": "60"}
    for _ in range(2):
        assert chart.visitor.open(form.action, method="POST", data=sent).status_code == 303
    assert [(one.day.day, one.dose, one.unit, one.hours) for one in infusions()] == [
        (17, Decimal(40), "mg", Decimal(4)),
        (18, Decimal(50), "mg", Decimal(4)),
        (20, Decimal(60), "mg", Decimal(4)),
    ]
    page = chart.visitor.get(chart.page.links["Several days at once"])
    assert page.value_of("row-0-day") == "2026-03-19", "the day that is left"


def test_what_is_wrong_with_a_day_stands_at_its_row_and_nothing_is_recorded(house: House, clock: TestClock) -> None:
    chart = a_chart_with_a_plan(house, clock)
    form = chart.visitor.get(chart.page.links["Several days at once"]).form()
    assert "Write the dose of at least one day." in chart.visitor.send(form, {}, status=422).text
    wrong = {"row-0-dose": "40", "row-1-remark": "dizzy", "row-2-dose": "50", "row-2-day": "2026-03-21"}
    page = chart.visitor.send(form, wrong, status=422)
    assert "Row 2: Write the dose, or empty the row." in page.text
    page = chart.visitor.send(page.form(), {"row-1-dose": "45"}, status=422)
    assert "Row 3: An infusion is recorded on its day or after it, not before." in page.text
    page = chart.visitor.send(page.form(), {"row-2-day": "2026-03-19", "row-2-dose": "5000"}, status=422)
    assert "19 Mar 2026: 5,000 mg of ketamine, days in a row is an unusual number." in page.main
    assert not infusions()
    chart.visitor.send(page.form(), {"anyway": "y"})
    assert len(infusions()) == 3


def test_a_correction_and_what_it_said_before_stand_on_the_page(chart: Chart) -> None:
    chart.at_course("Record an infusion", {"day": "2026-03-03", "dose": "40", "unit": "mg", "hours": "4"})
    link = next(address for address in chart.page.links.values() if "/infusions/" in address and "correct" in address)
    page = chart.visitor.get(link)
    assert (page.value_of("dose"), page.value_of("unit"), page.value_of("hours")) == ("40", "mg", "4")
    refused = chart.visitor.send(page.form(link), {"dose": "44"}, status=422)
    assert "Say why, in a few words." in refused.errors_of("reason")
    page = chart.visitor.send(page.form(link), {"dose": "44", "reason": "read from the wrong line"})
    assert "44 mg" in page.main
    assert "before: 3 Mar 2026, ketamine, days in a row, 40 mg, 4 hours. read from the wrong line" in page.main
    back = chart.visitor.get(link).form(link.replace("/correct", "/take-back"))
    page = chart.visitor.send(back, {"why": "not given: fever"})
    assert "Taken back. The course has the days again that it had without this infusion" in page.main
    assert "not given: fever" in page.main
    assert "taken back" in page.main
    chart.visitor.get(link, 404)


def test_a_course_is_not_corrected_away_from_its_infusions(chart: Chart) -> None:
    chart.at_course("Record an infusion", {"day": "2026-03-03", "dose": "40", "unit": "mg"})
    page = chart.at_course("Correct", {"first_day": "2026-03-04", "reason": "began later"}, 422)
    assert "The infusion of 3 Mar 2026 would lie outside these days" in page.errors_of("first_day")


def test_a_baseline_by_hand_is_taken_back_with_a_reason(house: House, clock: TestClock) -> None:
    chart = Chart(house, treated(house, clock, before=()))
    chart.at_course("Give a baseline", {"value": "7.25", "reason": "paper diary"})
    page = chart.visitor.get(chart.page.links["Give a baseline"])
    back = page.form(f"{page.path}/take-back")
    assert "Say why, in a few words." in chart.visitor.send(back, {}, status=422).errors_of("why")
    page = chart.visitor.send(back, {"why": "another patient's diary"})
    assert "Cannot say: no baseline" in page.main
    assert "Take it back" not in chart.visitor.get(chart.page.links["Give a baseline"]).main
