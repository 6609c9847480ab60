"""Courses, infusions, baselines by hand and liver tests, as the clinic records them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Course, Infusion
from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.web.pages import Page
from tests.web.people import House, treated

GIVEN = {"medicine": "ketamine", "first_day": "2026-03-02", "last_day": "2026-03-06"}
PLANNED = {"medicine": "ketamine", "first_day": "2026-03-20", "last_day": "2026-03-24"}


class Chart:
    """A clinician at a patient's page."""

    def __init__(self, house: House, patient: Identity, *roles: Role) -> None:
        self.visitor = house.staff(*(roles or (Role.CLINICIAN,)))
        self.path = f"/clinic/patients/{patient.patient_id}"

    @property
    def page(self) -> Page:
        return self.visitor.get(self.path)

    def record(self, fields: dict[str, str], status: int = 200) -> Page:
        form = self.visitor.get(f"{self.path}/courses/new").form()
        return self.visitor.send(form, fields, status=status)

    def plan(self, fields: dict[str, str], status: int = 200) -> Page:
        form = self.visitor.get(f"{self.path}/courses/plan").form()
        return self.visitor.send(form, fields, status=status)

    def at_course(self, what: str, fields: dict[str, str | None], status: int = 200) -> Page:
        link = next(address for words, address in self.page.links.items() if words == what)
        return self.visitor.send(self.visitor.get(link).form(), fields, status=status)


@pytest.fixture
def chart(house: House) -> Chart:
    """The page of a patient who has no course yet."""
    return Chart(house, house.add_patient())


def courses() -> list[tuple[tuple[str, ...], str, str, str]]:
    with snapshot() as session:
        rows = session.scalars(select(Course).order_by(Course.first_day))
        return [(row.medicines, row.status, row.first_day.isoformat(), row.last_day.isoformat()) for row in rows]


def test_a_patient_without_a_course_is_told_to_get_one(chart: Chart) -> None:
    assert "Record the course the patient is in or had last. Nothing is judged before." in chart.page.main
    assert "No course has started, so there is nothing to judge." in chart.page.main


def test_a_given_course_stands_on_the_page_and_is_judged(chart: Chart) -> None:
    page = chart.record(GIVEN)
    assert page.path == f"{chart.path}?done=patient-changed"
    assert "Saved." in page.main
    assert "2 Mar 2026 to 6 Mar 2026" in page.main
    assert "Cannot say: no baseline" in page.main
    assert courses() == [(("ketamine",), "given", "2026-03-02", "2026-03-06")]


def test_a_planned_course_is_named_so_and_judges_nothing(chart: Chart) -> None:
    page = chart.plan(PLANNED)
    assert "planned" in page.main
    assert "course planned for 20 Mar" in page.main
    assert "No course yet" in page.main


def test_a_planned_day_that_passed_without_an_infusion_is_told_so_on_the_page_and_on_the_list(
    house: House, chart: Chart, clock: TestClock
) -> None:
    chart.plan(PLANNED)
    clock.move(days=1)
    later = house.staff()
    for address in (chart.path, "/clinic/"):
        page = later.get(address)
        assert "was planned for 20 Mar, no infusion recorded" in page.main, address
        assert "course planned for" not in page.main, address


def test_medicines_keep_the_order_they_were_named_in(chart: Chart) -> None:
    page = chart.record({**GIVEN, "medicine": "magnesium", "second": "ketamine", "third": "lidocaine"})
    assert "magnesium + ketamine + lidocaine" in page.main
    assert courses()[0][0] == ("magnesium", "ketamine", "lidocaine")


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"second": "ketamine"}, "second", "A medicine is named twice."),
        ({"second": "lidocaine", "third": "lidocaine"}, "second", "A medicine is named twice."),
        ({"third": "ketamine"}, "second", "A medicine is named twice."),
        ({"last_day": "2026-03-01"}, "last_day", "The last infusion day comes before the first one."),
        ({"first_day": ""}, "first_day", "Write the first infusion day."),
        ({"last_day": ""}, "last_day", "Write the last infusion day."),
        ({"medicine": ""}, "medicine", "Choose a medicine."),
    ],
)
def test_what_is_wrong_with_a_course_stands_beside_the_field(
    chart: Chart, changed: dict[str, str], field: str, said: str
) -> None:
    page = chart.record({**GIVEN, **changed}, 422)
    assert said in page.errors_of(field)
    assert page.value_of("last_day") == {**GIVEN, **changed}["last_day"]
    assert courses() == []


def test_values_that_a_course_does_not_offer_are_refused(chart: Chart) -> None:
    for field, value in (
        ("medicine", "aspirin"),
        ("first_day", "2026-02-30"),
        ("last_day", "soon"),
    ):
        chart.record({**GIVEN, field: value}, 422)
    assert courses() == []


def test_a_course_that_overlaps_a_given_one_is_refused_by_its_days(chart: Chart) -> None:
    chart.record(GIVEN)
    page = chart.record({**GIVEN, "first_day": "2026-03-06", "last_day": "2026-03-08"}, 422)
    assert "These days overlap the course from" in page.errors_of("first_day")
    chart.record({**GIVEN, "first_day": "2026-03-07", "last_day": "2026-03-08"})
    assert len(courses()) == 2


def test_the_days_of_the_other_course_are_written_as_people_read_them(chart: Chart) -> None:
    chart.record(GIVEN)
    page = chart.record({**GIVEN, "first_day": "2026-03-06", "last_day": "2026-03-08"}, 422)
    assert "2 Mar 2026 to 6 Mar 2026" in page.errors_of("first_day")


def test_a_given_course_has_begun(chart: Chart) -> None:
    page = chart.record({**GIVEN, "first_day": "2027-03-02", "last_day": "2027-03-06"}, 422)
    assert page.errors_of("first_day")


def test_a_correction_needs_its_reason_and_may_cancel_the_course(chart: Chart) -> None:
    chart.record(GIVEN)
    moved: dict[str, str | None] = {"last_day": "2026-03-05"}
    refused = chart.at_course("Correct", moved, 422)
    assert "Say why, in a few words." in refused.errors_of("reason")
    chart.at_course("Correct", {**moved, "reason": "last day was cancelled"})
    assert courses()[0][3] == "2026-03-05"
    page = chart.at_course("Correct", {"status": "cancelled", "reason": "another patient's"})
    assert "cancelled" in page.main
    assert "No course yet" in page.main
    assert "Record an infusion" not in page.links


def test_an_infusion_makes_a_planned_course_a_given_one(chart: Chart) -> None:
    chart.plan(PLANNED)
    page = chart.at_course(
        "Record an infusion",
        {"dose": "40", "unit": "mg", "hours": "4.5", "weight_kg": "71", "remark": "dizzy, 130/85"},
    )
    assert "20 Mar 2026 ketamine, days in a row 40 mg 4.5 71 kg – dizzy, 130/85" in page.main
    assert courses() == [(("ketamine",), "given", "2026-03-20", "2026-03-24")]
    assert "In course" in page.main
    assert "course planned" not in page.main


def test_a_dose_is_shown_as_it_was_written_down(chart: Chart) -> None:
    chart.record(GIVEN)
    page = chart.at_course(
        "Record an infusion", {"day": "2026-03-03", "dose": "400", "unit": "mg", "hours": "10", "weight_kg": "100"}
    )
    assert "400 mg 10 100 kg" in page.main


@pytest.mark.parametrize(
    ("changed", "field", "said"),
    [
        ({"day": "2026-03-21"}, "day", "An infusion is recorded on its day or after it, not before."),
        ({"day": ""}, "day", "Write the day of the infusion."),
        ({"dose": "40", "unit": ""}, "unit", "Choose the unit of the dose."),
        ({"dose": "0"}, "dose", "Write a dose above 0."),
        ({"dose": "-1"}, "dose", "Write a dose above 0."),
        ({"dose": "1.005"}, "dose", "Use at most two decimals."),
        ({"hours": "0"}, "hours", "Write hours above 0, up to 240."),
        ({"weight_kg": "0.5"}, "weight_kg", "Write a weight from 1 to 400 kg."),
        ({"remark": "x" * 501}, "remark", "Use at most 500 characters."),
    ],
)
def test_what_is_wrong_with_an_infusion_stands_beside_the_field(
    chart: Chart, changed: dict[str, str], field: str, said: str
) -> None:
    chart.record(GIVEN)
    page = chart.at_course("Record an infusion", {"day": "2026-03-03", "unit": "mg", **changed}, 422)
    assert said in page.errors_of(field)
    with snapshot() as session:
        assert not list(session.scalars(select(Infusion)))


def test_numbers_that_are_none_do_not_break_the_form(chart: Chart) -> None:
    chart.record(GIVEN)
    for value in ("NaN", "Infinity", "-Infinity", "1e500", "sNaN", "four", "1,5", "0x10"):
        for field in ("dose", "hours", "weight_kg"):
            fields: dict[str, str | None] = {"day": "2026-03-03", "unit": "mg", field: value}
            chart.at_course("Record an infusion", fields, 422)
        chart.at_course("Give a baseline", {"value": value, "reason": "notes"}, 422)


def test_a_baseline_by_hand_needs_a_reason_and_is_marked(house: House, clock: TestClock) -> None:
    chart = Chart(house, treated(house, clock, before=()))
    assert "Cannot say: no baseline" in chart.page.main
    refused = chart.at_course("Give a baseline", {"value": "7.25", "reason": ""}, 422)
    assert "Say why, in a few words." in refused.errors_of("reason")
    page = chart.at_course("Give a baseline", {"value": "7.25", "reason": "paper diary of March"})
    assert "Response holding" in page.main
    assert "(paper diary of March)" in page.main
    assert "baseline given by hand" in page.main
    assert "given by hand: paper diary of March" in page.main


@pytest.mark.parametrize("value", ["-0.01", "10.01", "7.255", "", "seven"])
def test_a_baseline_that_cannot_be_is_refused(house: House, clock: TestClock, value: str) -> None:
    chart = Chart(house, treated(house, clock, before=()))
    page = chart.at_course("Give a baseline", {"value": value, "reason": "notes"}, 422)
    assert page.errors_of("value")
    assert "Cannot say: no baseline" in chart.page.main


def test_a_nurse_records_courses_and_gives_no_baseline(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, before=())
    nurse = Chart(house, patient, Role.NURSE)
    assert "Give a baseline" not in nurse.page.links
    assert "Record an infusion" in nurse.page.links
    course = next(a for w, a in nurse.page.links.items() if w == "Record an infusion").replace("infusion", "baseline")
    nurse.visitor.get("/clinic/patients/new")
    nurse.visitor.post(course, {"value": "7", "reason": "notes"}, status=403)
    nurse.visitor.get(course, 403)


def test_a_liver_test_is_recorded_on_a_day_that_has_come(house: House, clock: TestClock) -> None:
    chart = Chart(house, treated(house, clock, after=(2,) * 21 + (7,) * 20))
    assert "no liver test known" in chart.page.main
    form, note = chart.page.form(f"{chart.path}/events"), "from her GP"
    for day in ("", "2026-02-30", (clock.now + timedelta(days=1)).date().isoformat()):
        said = {"happened": "liver_test", "happened_on": day, "happened_note": note}
        page = chart.visitor.send(form, said, status=422)
        assert page.errors_of("happened_on")
        assert {name: page.value_of(name) for name in said} == said
    page = chart.visitor.send(form, {"happened": "liver_test", "happened_on": clock.now.date().isoformat()})
    assert "20 Mar 2026: liver test" in page.main
    assert "no liver test known" not in page.main


def test_forms_sent_twice_are_recorded_once(chart: Chart) -> None:
    form = chart.visitor.get(f"{chart.path}/courses/plan").form()
    for _ in range(2):
        assert chart.visitor.open(form.action, method="POST", data={**form.fields, **PLANNED}).status_code == 303
    link = next(address for words, address in chart.page.links.items() if words == "Record an infusion")
    form = chart.visitor.get(link).form()
    for _ in range(2):
        given = {**form.fields, "dose": "40", "unit": "mg"}
        assert chart.visitor.open(form.action, method="POST", data=given).status_code == 303
    with snapshot() as session:
        assert len(session.scalars(select(Course)).all()) == len(session.scalars(select(Infusion)).all()) == 1


@pytest.mark.parametrize("days", [("0001-01-01", "0001-01-01"), ("2026-03-02", "9999-12-31")])
def test_a_course_in_an_impossible_year_is_refused(chart: Chart, days: tuple[str, str]) -> None:
    chart.record({**GIVEN, "first_day": days[0], "last_day": days[1]}, status=422)
    assert chart.page.h1 == "Ramirez, Ana"
