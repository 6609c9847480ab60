"""The worklist is one total order, read a page at a time."""

import random
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR, Identity
from diary.clinical.worklist_order import place_on_worklist
from diary.db import snapshot
from diary.models import Patient
from diary.services import courses, patients, study
from diary.services.rules import rules_in_force
from diary.services.wearing_off import say_wearing_off
from diary.services.worklist import PAGE, WorklistFilter, read_worklist, refresh_everywhere
from diary.vocabulary import DecisionKind, EventKind, LifeCycle
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows, diary_of, summary_of_row
from tests.services.study_folders import a_study, random_study

PATIENTS = 120
TODAY = date(2026, 3, 20)


def pages(clinic, clock, **wanted):
    """Return the references of all pages, one list a page."""
    read, after = [], ""
    while True:
        page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(after=after, **wanted), clock=clock)
        read.append([row.reference for row in page.rows])
        if page.next_key is None:
            return read
        after = page.next_key


@pytest.fixture(scope="module")
def kept(keep, tmp_path_factory):
    folder = tmp_path_factory.mktemp("busy")
    return keep(lambda clock: a_busy_clinic(clock, folder))


@pytest.fixture
def busy(app, clock, kept):
    """A clinic with 120 patients in every state and band."""
    return kept.put_into_place(clock)


def a_busy_clinic(clock, folder):
    clinic = a_clinic(clock)
    chance = random.Random(7)
    random_study(folder, chance, patients=PATIENTS, until=TODAY)
    study.import_study(OPERATOR, folder, clinic="Pain clinic West", clock=clock)
    for who in chance.sample(everyone(clinic), 32):
        match chance.randrange(4):
            case 0:
                say_wearing_off(who, subject(who), clock=clock)
            case 1:
                courses.record_event(clinic.nurse, subject(who), EventKind.HIGH_SCORES, clock=clock)
            case 2:
                decide(clinic.clinician, who, DecisionKind.WAIT, clock, in_days=chance.randrange(1, 30))
            case _:
                patients.change_life_cycle(clinic.nurse, subject(who), chance.choice(list(LifeCycle)), clock=clock)
    return clinic


def everyone(clinic):
    wanted = select(Patient.id).where(Patient.clinic_id == clinic.clinic_id).order_by(Patient.reference)
    with snapshot() as session:
        ids = list(session.scalars(wanted))
    return [Identity(clinic_id=clinic.clinic_id, patient_id=patient_id) for patient_id in ids]


def in_their_order(clinic, clock):
    """Return the references in the order of the rules, without the summaries."""
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    places = []
    for who in everyone(clinic):
        diary = diary_of(who)
        if diary.patient.life_cycle in ("active", "paused"):
            today = diary.today(clock())
            place = place_on_worklist(diary.verdict(today, rules), diary.decided(today))
            places.append((place.band, place.rank, place.day, diary.patient.reference))
    return [reference for *_, reference in sorted(places)]


def test_the_order_is_that_of_the_rules_on_the_day_and_days_later(busy, clock):
    rows = [summary_of_row(who) for who in everyone(busy)]
    assert {row.band for row in rows} == {1, 2, 3}
    assert len({row.state for row in rows}) >= 7, {row.state for row in rows}
    for days in (0, 9):
        clock.move(days=days)
        refresh_everywhere(clock)
        assert [one for page in pages(busy, clock) for one in page] == in_their_order(busy, clock)


def test_paging_shows_everyone_once(busy, clock):
    read = pages(busy, clock)
    listed = [one for page in read for one in page]
    gone = sum(not summary_of_row(who).on_worklist for who in everyone(busy))
    assert gone
    assert len(listed) == len(set(listed)) == PATIENTS - gone
    assert [len(page) for page in read[:-1]] == [PAGE] * (len(read) - 1)
    assert 1 <= len(read[-1]) <= PAGE


def test_a_filter_narrows_the_list_and_keeps_its_order(busy, clock):
    whole = [one for page in pages(busy, clock) for one in page]
    rows = {row.reference: row for row in map(summary_of_row, everyone(busy))}
    for state in {row.state for row in rows.values()}:
        found = [one for page in pages(busy, clock, state=state) for one in page]
        assert found == [one for one in whole if rows[one].state == state]
    for medicine in ("ketamine", "lidocaine"):
        found = [one for page in pages(busy, clock, medicine=medicine) for one in page]
        assert found == [one for one in whole if rows[one].medicine == medicine]
        assert found


def test_the_counts_are_those_of_the_whole_list(busy, clock):
    page = read_worklist(busy.nurse, busy.clinic_id, WorklistFilter(state="HOLDING"), clock=clock)
    rows = [row for row in map(summary_of_row, everyone(busy)) if row.on_worklist]
    assert page.counts["all"] == len(rows)
    for state in {row.state for row in rows}:
        assert page.counts[state] == sum(row.state == state for row in rows)
    for band in (1, 2, 3):
        assert page.counts[f"band-{band}"] == sum(row.band == band for row in rows)
    assert page.counted_at == clock()


def test_the_counts_are_made_again_when_somebody_moves(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    assert read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock).counts["all"] == 1
    patients.change_life_cycle(clinic.nurse, subject(patient), LifeCycle.DIED, clock=clock)
    assert "all" not in read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock).counts


def test_a_worklist_holds_its_own_clinics_patients_only(app, clock, tmp_path):
    west, east = a_clinic(clock), a_clinic(clock, "Pain clinic East")
    for clinic in (west, east):
        for number in range(3):
            a_patient(clinic, clock, f"{clinic.clinic_id.hex[:4]}-{number}")
    (listed,) = pages(west, clock)
    assert listed == [f"{west.clinic_id.hex[:4]}-{number}" for number in range(3)]
    (found,) = pages(west, clock, search=east.clinic_id.hex[:4])
    assert found == []


def test_the_jobs_make_every_clinics_list_right_again(app, clock):
    clinics = [a_clinic(clock), a_clinic(clock, "Pain clinic East")]
    everybody = [a_patient(clinic, clock, f"M-{number}") for clinic in clinics for number in range(3)]
    clock.move(days=2)
    assert refresh_everywhere(clock) == 6
    assert {summary_of_row(who).as_of for who in everybody} == {TODAY + timedelta(days=2)}
    assert refresh_everywhere(clock) == 0


def test_a_look_at_a_page_is_one_row(app, clock):
    clinic = a_clinic(clock)
    a_patient(clinic, clock)
    before = len(audit_rows(clinic.clinic_id))
    pages(clinic, clock)
    (row,) = audit_rows(clinic.clinic_id, since=before)
    assert (row.action, row.actor_id, row.patient_id) == ("worklist.seen", clinic.nurse.member_id, None)


def test_ties_are_broken_by_the_reference(app, clock, tmp_path):
    clinic = a_clinic(clock)
    references = ["B", "a", "A10", "A2", "Z", "é"]
    study.import_study(OPERATOR, a_study(tmp_path, references), clinic=None, clock=clock)
    (listed,) = pages(clinic, clock)
    assert listed == sorted(references)
