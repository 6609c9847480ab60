"""The groups of a clinic, worked out of the diaries for any day and read from what was kept for today: the same."""

import random
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR
from diary.clinical.cohort.groups import GroupBy
from diary.db import snapshot
from diary.errors import Invalid, NotThere
from diary.exchange.cohort_lines import plain_cohort
from diary.models import Clinic
from diary.services import study
from diary.services.cohort import cohort_as_of, cohort_of_clinic
from diary.services.rules import change_rules
from diary.settings import ROOT
from diary.vocabulary import Role
from tests.clinic_builders import AClinic, a_clinic, a_member, a_patient
from tests.services.looking_in import audit_rows
from tests.services.study_folders import a_study

FIRST_DAY = date(2026, 3, 2)
TODAY = date(2026, 7, 1)
VIEWS = [
    {"by": GroupBy.TAG},
    {"by": GroupBy.MEDICINE},
    {"by": GroupBy.TAG, "compared": ("long", "short")},
    {"by": GroupBy.MEDICINE, "compared": ("lidocaine", "ketamine"), "weeks": 30},
]


def trial(seed=1, until=TODAY):
    """Return the lines of a study: seven patients relieved for long, seven for a short time, one with both tags."""
    chance = random.Random(seed)
    patients, courses, scores = [], [], []
    for number in range(15):
        name, tag, lasts = f"P{number}", *(("long", 70), ("short", 20))[number % 2]
        patients.append(f"{name},Europe/Amsterdam,{tag if number < 14 else 'long|short'}")
        medicine = "ketamine" if number < 8 else "lidocaine"
        courses.append((FIRST_DAY, f"{name},{medicine},{FIRST_DAY},{FIRST_DAY + timedelta(days=2)}"))
        again = FIRST_DAY + timedelta(days=60)
        if number % 3 == 0:
            courses.append((again, f"{name},lidocaine+ketamine,{again},{again}"))
        for since in range(-8, (TODAY - FIRST_DAY).days + 1):
            level = 2 if 2 < since < lasts + 5 * (number % 4) else 7
            if chance.random() < 0.85:
                scores.append((FIRST_DAY + timedelta(days=since), name, min(10, max(0, round(chance.gauss(level, 1))))))
    return (
        patients,
        [line for first, line in courses if first <= until],
        [f"{name},{day},{score}" for day, name, score in scores if day <= until],
    )


def imported(folder, lines, clinic, clock):
    patients, courses, scores = lines
    study.import_study(OPERATOR, a_study(folder, patients, courses=courses, scores=scores), clinic=clinic, clock=clock)


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


def kept(clinic: AClinic, clock, **view):
    return plain_cohort(cohort_of_clinic(clinic.clinician, clinic.clinic_id, clock=clock, **view), TODAY)


def worked_out(day=TODAY, clinic=None, **view):
    return plain_cohort(cohort_as_of(OPERATOR, day, clinic=clinic, **view), day)


@pytest.mark.parametrize("view", VIEWS)
def test_what_was_kept_gives_the_same_figures_as_the_diaries(west, clock, view):
    cohort = kept(west, clock, **view)
    assert cohort == worked_out(**view)
    assert len(cohort["groups"]) == len(cohort["relief"]) == 2
    tested = {None: 0, ("long", "short"): 12, ("lidocaine", "ketamine"): 30}
    assert len(cohort["tests"]) == tested[view.get("compared")]
    assert cohort["left_out"] == (1 if view.get("compared") == ("long", "short") else 0)


def test_the_figures_move_on_with_the_days(west, clock):
    before = kept(west, clock, by=GroupBy.TAG)
    clock.move(days=4)  # the ninth week after the second courses is over
    after = kept(west, clock, by=GroupBy.TAG)
    assert after["groups"] == worked_out(TODAY + timedelta(days=4), by=GroupBy.TAG)["groups"] != before["groups"]


@pytest.mark.parametrize("day", [FIRST_DAY, date(2026, 3, 11), date(2026, 4, 20), date(2026, 5, 3)])
def test_what_was_written_after_the_day_is_not_known(west, clock, tmp_path, day):
    imported(tmp_path / "east", trial(until=day), "East", clock)
    for view in VIEWS[:3]:
        try:
            told = worked_out(day, "Pain clinic West", **view)
        except Invalid as refusal:
            with pytest.raises(Invalid, match=str(refusal)):
                worked_out(day, "East", **view)
        else:
            assert told == worked_out(day, "East", **view)
            assert told["as_of"] == day.isoformat()


def test_an_earlier_day_keeps_the_rules_of_its_time(west, clock):
    earlier, later = TODAY - timedelta(days=5), TODAY + timedelta(days=1)
    before = {day: worked_out(day, by=GroupBy.TAG) for day in (earlier, later)}
    change_rules(
        west.admin, west.clinic_id, {"week_minimum": 6}, reason="nearly whole weeks", base_version=1, clock=clock
    )
    assert worked_out(earlier, by=GroupBy.TAG) == before[earlier]
    assert worked_out(later, by=GroupBy.TAG) != before[later]
    clock.move(days=1)
    assert kept(west, clock, by=GroupBy.TAG)["groups"] == worked_out(later, by=GroupBy.TAG)["groups"]


def test_the_weeks_are_those_that_are_over(west):
    for day, over in ((date(2026, 3, 10), 0), (date(2026, 3, 11), 1), (date(2026, 3, 18), 2)):
        (group, _) = worked_out(day, by=GroupBy.TAG)["groups"]
        assert [week["week"] for week in group["weeks"] if week["n"]] == list(range(1, over + 1))


def test_a_day_before_any_course_has_no_groups(west):
    empty = worked_out(date(2026, 1, 1), by=GroupBy.TAG)
    assert (empty["groups"], empty["tests"], empty["relief"]) == ([], [], [])


def test_a_group_that_is_not_there_is_refused_in_words(west, clock):
    for told in (worked_out, lambda **view: kept(west, clock, **view)):
        with pytest.raises(Invalid) as refusal:
            told(by=GroupBy.TAG, compared=("long", "shrot"))
        assert str(refusal.value) == (
            "There is no group 'shrot' with enough patients. Groups there are: 'long', 'short'."
        )


def test_another_clinics_patients_are_in_no_group(west, clock, tmp_path):
    before = [kept(west, clock, by=by) for by in GroupBy]
    imported(tmp_path / "east", trial(seed=2), "East", clock)
    assert [kept(west, clock, by=by) for by in GroupBy] == before
    with snapshot() as session:
        east = session.scalars(select(Clinic.clinic_id).where(Clinic.name == "East")).one()
    with pytest.raises(NotThere):
        cohort_of_clinic(west.clinician, east, by=GroupBy.TAG, clock=clock)


def test_staff_of_every_role_may_compare_groups_and_a_patient_may_not(west, clock):
    for who in (west.nurse, west.admin):
        assert len(cohort_of_clinic(who, west.clinic_id, by=GroupBy.TAG, clock=clock).groups) == 2
    researcher = a_member(west.clinic_id, Role.RESEARCHER, clock)
    assert cohort_of_clinic(researcher, west.clinic_id, by=GroupBy.TAG, clock=clock).groups == ()  # nobody agreed yet
    with pytest.raises(NotThere):
        cohort_of_clinic(a_patient(west, clock), west.clinic_id, by=GroupBy.TAG, clock=clock)


def test_a_look_at_the_groups_is_written_down_once_in_ten_minutes(west, clock):
    before = len(audit_rows(west.clinic_id))
    for _ in range(3):
        kept(west, clock, by=GroupBy.TAG)
        clock.move(minutes=4)
    assert [row.action for row in audit_rows(west.clinic_id, since=before)] == ["cohort.seen"]


def test_nothing_heavy_is_loaded_before_somebody_asks_for_groups():
    modules = "diary.services.cohort, diary.cli.cohort, diary.exchange.cohort_lines"
    code = f"import sys, {modules}; print({{'numpy', 'scipy'}} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
