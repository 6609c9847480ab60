"""The pages of groups: who is drawn singly, who is told who they are, and what is taken out."""

import csv
import io
import json
import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from diary.access.policy import Subject
from diary.clinical.cohort.groups import GroupBy
from diary.db import snapshot, transaction
from diary.errors import ConfirmFirst, Invalid
from diary.exchange.cohort_sheets import SHEETS
from diary.models import CourseOutcome, Patient, PatientTag
from diary.services.cohort_pages import Asked, read_cohort_page, take_out_figures
from diary.services.consent_texts import current_text
from diary.services.consents import OnPaper, record_paper
from diary.vocabulary import ConsentPurpose, ConsentSaid, Role
from tests.clinic_builders import a_clinic, a_member, confirmed
from tests.services.closing import protect
from tests.services.looking_in import audit_rows
from tests.services.test_cohort import FIRST_DAY, imported, trial

BY_TAG = Asked(GroupBy.TAG)
COMPARED = Asked(GroupBy.TAG, ("long", "short"), 12)


@pytest.fixture(scope="module")
def west_made(keep, tmp_path_factory):
    def make(clock):
        clinic = a_clinic(clock)
        clock.now = datetime(2026, 7, 1, 12, tzinfo=UTC)
        imported(tmp_path_factory.mktemp("study") / "west", trial(), None, clock)
        return clinic

    return keep(make)


@pytest.fixture
def west(app, clock, west_made):
    return west_made.put_into_place(clock)


def page_of(who, clinic, clock, asked=BY_TAG):
    return read_cohort_page(who, clinic.clinic_id, asked, clock=clock)


def patients(clinic):
    with snapshot() as session:
        rows = session.execute(select(Patient.reference, Patient.id).where(Patient.clinic_id == clinic.clinic_id))
        return {reference: patient_id for reference, patient_id in rows}  # noqa: C416 (rows are no pairs to a dict)


def tag_with(tag, clinic, references):
    keys = [{"clinic_id": clinic.clinic_id, "patient_id": patients(clinic)[reference]} for reference in references]
    with transaction() as session:
        session.add_all(PatientTag(**key, tag=tag) for key in keys)


def agree(clinic, references, clock):
    """Let these patients agree to research on paper."""
    version = current_text(ConsentPurpose.RESEARCH).version
    for reference in references:
        said = OnPaper(ConsentPurpose.RESEARCH, version, ConsentSaid.GIVEN, FIRST_DAY)
        record_paper(clinic.nurse, Subject(clinic.clinic_id, patients(clinic)[reference]), said, clock=clock)


def sheet(who, clinic, clock, name, asked=BY_TAG):
    taken = take_out_figures(confirmed(who, clock), clinic.clinic_id, asked, name, clock=clock)
    return list(csv.DictReader(io.StringIO(taken.decode("utf-8-sig"))))


def test_whoever_reads_patients_is_told_who_is_drawn_and_the_others_are_not(west, clock):
    told = page_of(west.nurse, west, clock).patients
    assert {one.reference: one.patient_id for one in told} == patients(west)
    assert [one.number for one in told] == list(range(1, 16))
    silent = page_of(west.admin, west, clock).patients
    assert {(one.patient_id, one.reference, one.course_id, one.day_0) for one in silent} == {(None, None, None, None)}
    assert [one.stretches for one in silent] == [one.stretches for one in told]


def test_a_researcher_sees_those_who_agreed_and_nobodys_name_id_or_date(west, clock):
    researcher = a_member(west.clinic_id, Role.RESEARCHER, clock)
    assert page_of(researcher, west, clock).cohort.groups == ()
    agree(west, [f"P{number}" for number in range(0, 12, 2)], clock)  # six of "long"
    page = page_of(researcher, west, clock)
    assert [group.name for group in page.cohort.groups] == ["long"]
    assert (page.grouped, len(page.patients)) == (6, 6)
    shown = repr(page.patients) + repr(page.figures.stretches)
    assert not re.search(r"datetime|UUID|'P\d", shown)


def test_courses_are_in_days_since_the_patients_first_one(west, clock):
    (patient,) = [one for one in page_of(west.nurse, west, clock).patients if one.reference == "P0"]
    first, second = patient.stretches
    assert (first.place, first.medicine, first.first, first.last) == (1, "ketamine", 0, 2)
    assert (second.place, second.medicine, second.first, second.last) == (2, "lidocaine", 60, 60)
    assert 2 < first.end < 60 < second.end
    for one in patient.stretches:
        assert one.relieved is None or one.last < one.relieved <= one.end


def test_a_medicine_of_four_patients_is_named_on_no_line(west, clock):
    with transaction() as session:
        of_lidocaine = select(CourseOutcome).where(CourseOutcome.medicine == "lidocaine").order_by("patient_id")
        changed = {}
        for outcome in session.scalars(of_lidocaine):
            if outcome.patient_id in changed or len(changed) < 4:
                changed[outcome.patient_id] = outcome.medicine = "clonidine"
    page = page_of(west.nurse, west, clock)
    named = {stretch.medicine for one in page.patients for stretch in one.stretches}
    assert named == {"ketamine", "lidocaine", None}
    assert all(s.relieved is None for one in page.patients for s in one.stretches if s.medicine is None)


def test_a_protected_diary_counts_and_is_drawn_only_for_whom_it_is_open(west, clock):
    before = page_of(west.nurse, west, clock)
    whom = Subject(west.clinic_id, patients(west)["P3"])
    protect(west, whom, clock)
    page = page_of(west.nurse, west, clock)
    assert page.cohort == before.cohort
    assert page.closed == 1
    drawn = {one.reference for one in page.patients}
    assert "P3" not in drawn
    assert len([number for number in range(15) if number % 2 and f"P{number}" not in drawn]) >= 5, "nobody is left over"
    assert "P3" in {one.reference for one in page_of(west.clinician, west, clock).patients}
    assert page_of(west.clinician, west, clock).closed == 0


def test_a_comparison_draws_the_two_groups_alone(west, clock):
    page = page_of(west.nurse, west, clock, COMPARED)
    assert page.cohort.known == ("long", "short")
    assert "P14" not in {one.reference for one in page.patients}, "they stand in both"
    assert {line.group for _, line in page.lines} == {"long", "short"}


@pytest.mark.parametrize("weeks", [0, 53, -1])
def test_weeks_that_nobody_keeps_are_refused_in_words(west, clock, weeks):
    with pytest.raises(Invalid, match="Weeks go from 1 to 52"):
        page_of(west.nurse, west, clock, Asked(weeks=weeks))


def test_the_files_have_the_numbers_of_the_page(west, clock):
    page = page_of(west.nurse, west, clock, COMPARED)
    weeks = sheet(west.nurse, west, clock, "weeks", COMPARED)
    assert [(row["group"], int(row["week"]), int(row["n"])) for row in weeks] == [
        (group.name, week.week, week.n) for group in page.cohort.groups for week in group.weeks
    ]
    assert float(weeks[0]["mean"]) == pytest.approx(page.cohort.groups[0].weeks[0].mean, abs=1e-4)
    tests = sheet(west.nurse, west, clock, "tests", COMPARED)
    assert {row["note"] for row in tests} == {"descriptive: groups in a clinic are not randomised"}
    assert float(tests[0]["p_ancova"]) == pytest.approx(page.cohort.tests[0].p_ancova, rel=1e-5)
    relief = sheet(west.nurse, west, clock, "relief", COMPARED)
    for one in page.cohort.relief:
        own = [row for row in relief if row["group"] == one.group]
        assert sum(int(row["lost"]) for row in own) == one.lost
        assert sum(int(row["lost"]) + int(row["look_ended"]) for row in own) == one.n == int(own[0]["at_risk"])
    singles = sheet(west.nurse, west, clock, "patients", COMPARED)
    assert len(singles) == sum(mean is not None for _, line in page.lines for mean in line.means)
    courses = sheet(west.nurse, west, clock, "courses", COMPARED)
    assert len(courses) == sum(len(one.stretches) for one in page.patients)


def test_no_file_says_who_anybody_is_or_when_anything_was(west, clock):
    known = patients(west)
    for name in SHEETS:
        text = json.dumps(sheet(west.nurse, west, clock, name, COMPARED))
        assert not re.search(r"20\d\d-|\bP\d", text)
        assert not any(str(one) in text or one.hex in text for one in known.values())


def test_a_tag_that_is_a_formula_stays_a_text_in_the_files(west, clock):
    tag_with('=HYPERLINK("x")', west, ("P1", "P2", "P3", "P4", "P5"))
    rows = sheet(west.nurse, west, clock, "weeks")
    assert {row["group"] for row in rows} == {'\'=HYPERLINK("x")', "long", "short"}


def test_taking_out_needs_a_proof_and_leaves_a_row_in_the_audit(west, clock):
    page_of(west.nurse, west, clock)
    before = len(audit_rows(west.clinic_id))
    with pytest.raises(ConfirmFirst):
        take_out_figures(west.nurse, west.clinic_id, COMPARED, "weeks", clock=clock)
    assert len(audit_rows(west.clinic_id)) == before
    sheet(west.nurse, west, clock, "weeks", COMPARED)
    (row,) = audit_rows(west.clinic_id, since=before)
    assert (row.action, row.actor_id, row.patient_id) == ("cohort.taken_out", west.nurse.member_id, None)
    assert row.content == {"sheet": "weeks", "by": "tag", "compared": ["long", "short"], "rows": 24}


def test_a_group_that_is_too_small_is_in_no_figure_line_or_file(west, clock):
    tag_with("seldom", west, ("P1", "P2", "P3", "P4"))
    page = page_of(west.nurse, west, clock)
    everything = repr(page) + "".join(json.dumps(sheet(west.nurse, west, clock, name)) for name in SHEETS)
    assert "seldom" not in everything
    with pytest.raises(Invalid, match="There is no group 'seldom' with enough patients"):
        page_of(west.nurse, west, clock, Asked(GroupBy.TAG, ("seldom", "long")))
