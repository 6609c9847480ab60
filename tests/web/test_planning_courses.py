"""Planning a course: what is said first, word for word, the second step, moving, and the patient's words."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.models import Protocol
from diary.services.protocols import ProtocolSaid, add_protocol
from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.web.people import House, treated
from tests.web.test_recording_courses import Chart, courses

SOON: Final = {"medicine": "ketamine-single", "first_day": "2026-04-10", "last_day": "2026-04-10"}
LATER: Final = {"medicine": "ketamine", "first_day": "2026-06-01", "last_day": "2026-06-05"}
INSIDE: Final = (
    "Inside the minimum interval of ketamine until 17 Apr: 42 days (opinion) from 6 Mar 2026, the last day "
    "of the course of ketamine, 2 Mar 2026 to 6 Mar 2026."
)
WARNED: Final = (
    INSIDE,
    "Of 6 people who had ketamine again after 16 days, 3 had a liver injury (Noppers 2011).",
)


@pytest.fixture
def chart(house: House, clock: TestClock) -> Chart:
    """The page of a patient whose course ended on 6 March, two weeks ago."""
    return Chart(house, treated(house, clock), Role.NURSE)


def test_inside_the_interval_it_is_said_why_and_planned_only_with_the_tick(chart: Chart) -> None:
    page = chart.plan(SOON, 422)
    for sentence in WARNED:
        assert sentence in page.main
    assert page.errors_of("anyway")
    assert len(courses()) == 1
    page = chart.visitor.send(page.form(), {}, status=422)
    assert len(courses()) == 1, "the button alone plans nothing"
    page = chart.visitor.send(page.form(), {"anyway": "y"})
    assert "The course is planned." in page.main
    assert "Planned all the same by" in page.main
    assert "inside the minimum interval of ketamine until 17 Apr 2026." in page.main
    assert courses()[-1] == (("ketamine-single",), "planned", "2026-04-10", "2026-04-10")


def test_before_a_course_that_is_planned_already_the_interval_is_asked_about_too(chart: Chart) -> None:
    chart.plan(LATER)
    page = chart.plan({"medicine": "ketamine-single", "first_day": "2026-05-12", "last_day": "2026-05-12"}, 422)
    assert (
        "The course of ketamine, 1 Jun 2026 to 5 Jun 2026, begins inside the minimum interval of ketamine until "
        "2 Jun 2026: 21 days (opinion) from 12 May 2026, the last day of this plan."
    ) in page.main
    assert page.main.count(WARNED[1]) == 1
    page = chart.visitor.send(page.form(), {"anyway": "y"})
    assert "the course on 1 Jun 2026 begins inside the minimum interval of ketamine until 2 Jun 2026." in page.main


def test_the_tick_for_one_plan_is_none_for_another(chart: Chart) -> None:
    form = chart.plan(SOON, 422).form()
    other = {**LATER, "first_day": "2026-04-01", "medicine": "bisphosphonate", "anyway": "y", "accepted": "made up"}
    page = chart.visitor.send(form, other, status=422)
    assert WARNED[0] in page.main
    assert len(courses()) == 1


def test_at_the_yearly_limit_the_courses_that_count_are_named(house: House, clock: TestClock) -> None:
    chart = Chart(house, house.add_patient())
    rows = {
        "row-0-medicine": "bisphosphonate", "row-0-first_day": "2025-06-01", "row-0-last_day": "2025-06-01",
        "row-2-medicine": "bisphosphonate", "row-2-first_day": "2025-12-01", "row-2-last_day": "2025-12-02",
        "row-2-remark": "in Utrecht",
    }  # fmt: skip
    page = chart.visitor.send(chart.visitor.get(f"{chart.path}/courses/past").form(), rows)
    assert "marked as from the notes" in page.main
    assert "from the notes 1 Dec 2025 to 2 Dec 2025 in Utrecht" in page.main
    page = chart.plan({"medicine": "bisphosphonate", "first_day": "2026-05-31", "last_day": "2026-05-31"}, 422)
    assert (
        "Yearly limit reached: 2 courses of bisphosphonate within 365 days: 1 Jun 2025; 1 Dec 2025 to 2 Dec 2025. "
        "The limit is 2 courses a year (opinion)."
    ) in page.main
    assert "liver injury" not in page.main, "that is known of ketamine"


def test_rows_from_the_notes_are_all_kept_or_none_and_errors_stand_at_their_row(chart: Chart) -> None:
    form = chart.visitor.get(f"{chart.path}/courses/past").form()
    page = chart.visitor.send(form, {}, status=422)
    assert "Write at least one course, or go back." in page.text
    rows = {
        "row-0-medicine": "lidocaine", "row-0-first_day": "2025-06-01", "row-0-last_day": "2025-06-01",
        "row-1-medicine": "lidocaine", "row-1-first_day": "2026-03-04",
    }  # fmt: skip
    page = chart.visitor.send(form, rows, status=422)
    assert "Row 2: Write the last infusion day." in page.text
    page = chart.visitor.send(page.form(), {"row-1-last_day": "2026-03-04"}, status=422)
    assert "Row 2: These days overlap the course from 2 Mar 2026 to 6 Mar 2026." in page.text
    assert page.value_of("row-0-first_day") == "2025-06-01"
    assert len(courses()) == 1


def test_a_planned_course_is_moved_and_cancelled_with_a_reason(chart: Chart) -> None:
    page = chart.plan(LATER)
    page = chart.visitor.get(page.links["Move or cancel"])
    move, cancel = page.form(page.path), page.form(page.path.replace("/move", "/cancel"))
    refused = chart.visitor.send(move, {"first_day": "2026-06-02"}, status=422)
    assert "Say why, in a few words." in refused.errors_of("reason")
    page = chart.visitor.send(move, {"first_day": "2026-06-02", "reason": "no chair"})
    assert "The course is moved." in page.main
    assert "before: ketamine, 1 Jun 2026 to 5 Jun 2026. no chair" in page.main
    assert "Say why, in a few words." in chart.visitor.send(cancel, {}, status=422).errors_of("why")
    page = chart.visitor.send(cancel, {"why": "fever"})
    assert "The course is cancelled." in page.main
    assert "planned for ketamine, 2 Jun 2026 to 5 Jun 2026. fever" in page.main
    assert courses()[-1][1] == "cancelled"
    assert "Move or cancel" not in page.links


def test_a_protocol_gives_medicine_and_last_day_and_never_a_dose(house: House, chart: Chart) -> None:
    assert "Protocol of the clinic" not in chart.visitor.get(f"{chart.path}/courses/plan").main
    known = a_protocol(house)
    page = chart.visitor.get(f"{chart.path}/courses/plan")
    assert "40 to 80 mg" in page.main
    fields = {"protocol": known, "medicine": "", "first_day": "2026-06-01"}
    refused = chart.visitor.send(page.form(), {**fields, "medicine": "lidocaine"}, status=422)
    assert "The protocol has other medicines: choose those, or no protocol." in refused.errors_of("medicine")
    page = chart.visitor.send(page.form(), fields)
    assert courses()[-1] == (("ketamine",), "planned", "2026-06-01", "2026-06-10")
    assert "Ten days: 40 to 80 mg" in page.main


def a_protocol(house: House) -> str:
    said = ProtocolSaid("Ten days", ("ketamine",), 10, Decimal(4), "mg", "40 to 80 mg")
    doctor, clinic_id = house.clinician, house.clinic_id
    return str(add_protocol(doctor, clinic_id, said, client_ref=uuid.uuid4(), clock=house.clock))


def test_the_patient_reads_which_days_matter_below_the_form_and_no_state(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    chart = Chart(house, patient)
    chart.plan(LATER)
    me = house.sign_in_as(patient)
    assert "A course is planned" not in me.get("/today").main
    clock.move(days=67)
    me = house.sign_in_as(patient)
    page = me.get("/today")
    words = (
        "A course is planned from Monday 1 June. Please write every day before it, from Monday 25 May to "
        "Sunday 31 May. Those days show how you are without it."
    )
    assert words in page.main
    assert page.main.index("Save") < page.main.index(words), "nothing moves above the numbers"
    assert "ketamine" not in page.main.lower()
    assert "Please write every day of the week before, from Monday 25 May to Sunday 31 May." in me.get("/courses").main
    clock.move(days=7)
    assert "A course is planned" not in house.sign_in_as(patient).get("/today").main


def test_without_the_tick_the_patient_is_asked_for_nothing(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    chart, soon = Chart(house, patient), (clock.now + timedelta(days=5)).date().isoformat()
    page = chart.plan({"medicine": "lidocaine", "first_day": soon, "last_day": soon, "asks_baseline": ""}, 422)
    page = chart.visitor.send(page.form(), {"anyway": "y", "asks_baseline": None})
    assert "The patient is not asked to write the week before." in page.main
    me = house.sign_in_as(patient)
    assert "A course is planned" not in me.get("/today").main
    assert "Please write every day" not in me.get("/courses").main


def test_a_clinic_writes_its_own_protocols_and_ships_with_none(house: House, clock: TestClock) -> None:
    admin = house.staff(Role.ADMIN)
    page = admin.get("/clinic/protocols")
    assert "No protocol yet For example" in page.main
    fields = {"name": "Ten days", "medicine": "ketamine", "days": "10", "hours": "4", "unit": "mg",
              "dose_range": "40 to 80 mg"}  # fmt: skip
    refused = admin.send(admin.get("/clinic/protocols/new").form(), {**fields, "days": "61"}, status=422)
    assert "Write a number from 1 to 60." in refused.errors_of("days")
    page = admin.send(refused.form(), {"days": "10"})
    assert "ketamine, 10 days in a row, 4 h a day, in mg 40 to 80 mg" in page.main
    edit = admin.get(page.links["Ten days"])
    with snapshot() as session:
        address = f"/clinic/protocols/{session.scalars(select(Protocol.id)).one()}"
    page = admin.send(edit.form(address), {"days": "5"})
    assert "ketamine, 5 days in a row" in page.main
    edit = admin.get(address)
    assert "Tick that you are sure." in admin.send(edit.form(f"{address}/retire"), {}, status=422).text
    page = admin.send(edit.form(f"{address}/retire"), {"sure": "y"})
    assert "Retired Ten days" in page.main
    assert "Ten days" not in page.links
    house.staff(Role.NURSE).get("/clinic/protocols/new", 403)
