"""The page of groups as people open it: its numbers, its links, its refusals, and its files."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR
from diary.access.policy import Subject
from diary.db import snapshot
from diary.models import Patient
from diary.services import study
from diary.services.consent_texts import current_text
from diary.services.consents import OnPaper, record_paper
from diary.vocabulary import ConsentPurpose, ConsentSaid, Role
from tests.conftest import TestClock
from tests.services.study_folders import a_study
from tests.services.test_cohort import trial
from tests.web.pages import Page, words_of
from tests.web.people import House

COMPARED = "/clinic/cohort?by=tag&a=long&b=short"


@pytest.fixture
def west(house: House, clock: TestClock, tmp_path) -> House:  # type: ignore[no-untyped-def]
    """Fifteen patients with courses and tags."""
    clock.now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    patients, courses, scores = trial()
    folder = a_study(tmp_path / "west", patients, courses=courses, scores=scores)
    study.import_study(OPERATOR, folder, clinic=house.name, clock=clock)
    return house


def rows_of(page: Page, caption: str) -> list[list[str]]:
    """Return the words of the cells of a table."""
    for table in page.all("table"):
        found = table.find("caption")
        if found is not None and caption in words_of(found):
            return [[words_of(cell) for cell in row if cell.tag in ("th", "td")] for row in table.iter("tr")]
    raise AssertionError(f"no table {caption}")


def test_two_groups_stand_beside_each_other_with_every_number_and_what_it_is_worth(west: House) -> None:
    page = west.staff().get(COMPARED)
    assert page.h1 == "Groups"
    assert next(link for link in page.all("a") if link.get("aria-current") == "page").get("href") == "/clinic/cohort"
    assert "14 patients in these groups." in page.main
    assert "1 patient stands in both groups and is left out of both." in page.main
    weeks = rows_of(page, "Weekly means of each group")
    assert weeks[0] == ["Group", "Week", "Patients", "Mean", "SE"]
    assert len(weeks) == 1 + 24
    tests = rows_of(page, "P of the difference by week – descriptive: groups in a clinic are not randomised")
    assert len(tests) == 1 + 12
    assert "P is below 0.05 in week" in page.main
    assert "(descriptive: groups in a clinic are not randomised)" in page.main
    assert len(rows_of(page, "Responders of each group")) == 1 + 2 * 4
    assert rows_of(page, "Courses still watched, by day")[0][:3] == ["Group", "day 0", "day 30"]
    assert len(rows_of(page, "Median days of relief, with the limits of 95 %")) == 3
    log_rank = page.main.split("Log-rank test over all groups: P ")[1]
    assert log_rank.split(" Courses still")[0].endswith("(descriptive: groups in a clinic are not randomised)")


def test_the_figures_come_together_and_each_has_its_place_on_the_page(west: House) -> None:
    visitor = west.staff()
    page = visitor.get(COMPARED)
    places = [one for one in page.all("div") if one.get("data-group-figure")]
    assert [one.get("data-group-figure") for one in places] == ["weeks", "responders", "relief", "courses"]
    (address,) = {one.get("data-figures") for one in places}
    answer = visitor.open(str(address))
    assert answer.mimetype == "application/json"
    assert answer.json is not None
    assert list(answer.json) == ["courses", "relief", "responders", "weeks"]
    assert {one["name"] for one in answer.json["weeks"]["data"]} >= {"long", "short"}
    assert b"P1" not in answer.data


def test_whoever_reads_patients_goes_on_to_each_of_them_and_the_others_see_numbers(west: House) -> None:
    def shown(page: Page) -> list[str]:
        return sorted({row[0] for row in rows_of(page, "Weekly means of single patients")[1:]})

    nurse = west.staff(Role.NURSE)
    page = nurse.get(COMPARED)
    assert any(one.startswith("P10 ") for one in shown(page))
    assert page.links["P10"].startswith("/clinic/patients/")
    traced = [link for link in page.all("a") if "/behind/week?" in link.get("href", "")]
    assert len(traced) > 100
    admin = west.staff(Role.ADMIN).get(COMPARED)
    assert shown(admin) == sorted(str(number) for number in range(1, 15))
    assert "/clinic/patients/" not in admin.html


def test_a_researcher_comes_from_the_places_and_sees_those_who_agreed_without_links_or_dates(
    west: House, clock: TestClock
) -> None:
    visitor = west.staff(Role.RESEARCHER)
    empty = visitor.get(visitor.get("/clinic/settings").links["Groups"])
    assert "No group has five patients yet" in empty.main
    assert "For research only patients who agreed to it count." in empty.main
    version = current_text(ConsentPurpose.RESEARCH).version
    said = OnPaper(ConsentPurpose.RESEARCH, version, ConsentSaid.GIVEN, date(2026, 3, 1))
    with snapshot() as session:
        ids = session.scalars(select(Patient.id).where(Patient.reference.in_([f"P{n}" for n in range(0, 12, 2)]))).all()
    for patient_id in ids:
        record_paper(west.clinician, Subject(west.clinic_id, patient_id), said, clock=clock)
    page = visitor.get("/clinic/cohort?by=tag")
    assert "6 patients in these groups." in page.main
    assert "/clinic/patients/" not in page.html
    assert "2026" not in page.main


def test_what_cannot_be_shown_is_refused_beside_its_field_and_the_groups_stay(west: House) -> None:
    visitor = west.staff()
    for query, said in (
        ("a=long&b=shrot", "There is no group 'shrot' with enough patients. Groups there are: 'long', 'short'."),
        ("a=long&b=long", "Choose two different groups."),
        ("a=long", "Choose two groups, or none."),
        ("weeks=0", "Weeks go from 1 to 52."),
        ("weeks=twelve", "Write a whole number."),
        ("a=<script>&b=%00", "Choose two groups, or none."),
    ):
        page = visitor.get(f"/clinic/cohort?by=tag&{query}", status=422)
        assert page.errors_of("weeks" if "weeks" in query else "b") == f"Error: {said}"
        assert len(rows_of(page, "Weekly means of each group")) == 1 + 24
    assert visitor.open("/clinic/cohort/figures.json?a=long").status_code == 422


def test_weeks_are_as_many_as_the_address_asks_for(west: House) -> None:
    page = west.staff().get(f"{COMPARED}&weeks=3")
    assert len(rows_of(page, "P of the difference")) == 1 + 3
    assert page.value_of("weeks") == "3"
    assert page.links["Show all groups"] == "/clinic/cohort?by=tag"


def test_a_file_is_handed_out_after_a_proof_with_the_view_of_its_page(west: House, clock: TestClock) -> None:
    visitor = west.staff()
    clock.move(minutes=6)
    form = visitor.get(f"{COMPARED}&weeks=3").form("/clinic/cohort/tests.csv")
    visitor.open(form.action, method="POST", data=form.fields)
    assert visitor.page is not None
    proof = visitor.page.form("/account/confirm")
    sent = {**proof.fields, "confirm-code": visitor.code()}
    back = visitor.open(proof.action, method="POST", data=sent)
    answer = visitor.open(back.headers["Location"], method="POST", data=sent)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="groups-tests.csv"'
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "\ufeffgroup,other_group,week,n,p_ancova,p_holm,p_welch,note"
    assert len(lines) == 1 + 3
    token = {"csrf_token": form.fields["csrf_token"]}
    assert visitor.open("/clinic/cohort/names.csv", method="POST", data=token).status_code == 404


def test_a_clinic_without_groups_says_what_to_do(house: House) -> None:
    page = house.staff().get("/clinic/cohort")
    assert "No group has five patients yet" in page.main
    assert page.links["Go to the worklist"] == "/clinic/"
    assert not [one for one in page.all("script") if "plotly" in one.get("src", "")]
