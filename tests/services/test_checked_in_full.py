"""Decisions on the patient's page: all are held against their signature, the latest against their entries too."""

import uuid
from datetime import UTC, date, datetime

import pytest

from diary.db import snapshot
from diary.services.checked_decisions import Check, Outcome, Standing, check_decisions, read_proofs
from diary.vocabulary import DecisionKind
from tests.clinic_builders import a_clinic, a_course, a_patient, write_days
from tests.services.deciding import decide
from tests.services.looking_in import diary_of


@pytest.fixture
def decided(app, clock):
    """A patient about whom four decisions were made, the earliest first."""
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 3, 2), clock)
    made = []
    for number in range(4):
        write_days(patient, [6], clock, first_day=date(2026, 3, 20 + number))
        clock.now = datetime(2026, 3, 20 + number, 13, tzinfo=UTC)
        made.append(decide(clinic.clinician, patient, DecisionKind.OTHER, clock))
    return patient, made


def checked(patient, in_full, change=None):
    diary = diary_of(patient)
    with snapshot() as session:
        proofs = read_proofs(session, patient.clinic_id, patient.patient_id)
    if change:
        change(diary)
    return check_decisions(diary, proofs, in_full=in_full)


def test_only_the_latest_are_held_against_their_entries(decided):
    patient, made = decided
    found = checked(patient, 3)
    assert [found[one].outcomes[Check.ENTRIES] for one in made] == [Outcome.NOT_HERE] + [Outcome.HOLDS] * 3
    assert {one.standing for one in found.values()} == {Standing.VALID}
    assert all(one.outcomes[Check.ENTRIES] is Outcome.HOLDS for one in checked(patient, None).values())


def test_a_decision_that_was_changed_is_told_however_old_it_is(decided):
    patient, made = decided

    def change(diary):
        next(one for one in diary.decisions if one.id == made[0]).reason = "something else"

    found = checked(patient, 1, change)
    assert found[made[0]].standing is Standing.INVALID
    assert found[made[3]].standing is Standing.VALID
    assert uuid.UUID(str(made[0]))


def test_an_entry_that_was_removed_breaks_the_decisions_that_are_held_against_it(decided):
    patient, made = decided
    found = checked(patient, 3, lambda diary: diary.revisions.pop(0))
    assert [found[one].standing for one in made] == [Standing.VALID] + [Standing.INVALID] * 3
