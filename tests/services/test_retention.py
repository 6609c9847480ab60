"""How long diaries are kept: a list for a person to work through, and never a deletion by itself."""

import uuid
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.errors import Invalid, Refused
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles
from diary.services import erasure, patients
from diary.services.patient_pages import read_patient_page
from diary.services.retention import keep_for, whose_time_has_passed, years_after
from diary.vocabulary import ErasureHow, LifeCycle
from tests.clinic_builders import a_patient, confirmed, subject
from tests.services.looking_in import audit_rows, everything_stored

THEN = datetime(2010, 5, 4, 10, tzinfo=UTC)


def gone(clinic, clock, reference, how=LifeCycle.DISCHARGED, at=THEN):
    now, clock.now = clock.now, at
    patient = a_patient(clinic, clock, reference)
    patients.change_life_cycle(clinic.nurse, subject(patient), how, clock=clock)
    clock.now = now
    return patient


def passed(clinic, clock):
    return [one.reference for one in whose_time_has_passed(clinic.admin, clinic.clinic_id, clock=clock)[1]]


def test_a_clinic_keeps_diaries_without_end_until_it_says_otherwise(clinic, clock):
    gone(clinic, clock, "M-1")
    assert whose_time_has_passed(clinic.admin, clinic.clinic_id, clock=clock) == (None, [])
    keep_for(clinic.admin, clinic.clinic_id, 15, clock=clock)
    assert passed(clinic, clock) == ["M-1"]
    keep_for(clinic.admin, clinic.clinic_id, None, clock=clock)
    assert passed(clinic, clock) == []


@pytest.mark.parametrize("how", [LifeCycle.DISCHARGED, LifeCycle.MOVED, LifeCycle.DIED])
def test_whoever_left_is_listed_from_the_day_on_which_the_years_have_passed(clinic, clock, how):
    gone(clinic, clock, "M-1", how)
    keep_for(clinic.admin, clinic.clinic_id, 10, clock=clock)
    for moment, listed in ((datetime(2020, 5, 3, 23, 59, tzinfo=UTC), []), (datetime(2020, 5, 4, tzinfo=UTC), ["M-1"])):
        clock.now = moment
        assert passed(clinic, clock) == listed


def test_whoever_is_still_a_patient_is_never_listed(clinic, clock):
    gone(clinic, clock, "M-1", LifeCycle.PAUSED)
    gone(clinic, clock, "M-2", LifeCycle.ACTIVE)
    keep_for(clinic.admin, clinic.clinic_id, 1, clock=clock)
    assert passed(clinic, clock) == []


def test_a_later_act_counts_and_a_look_does_not(clinic, clock):
    first, second = gone(clinic, clock, "M-1"), gone(clinic, clock, "M-2")
    keep_for(clinic.admin, clinic.clinic_id, 5, clock=clock)
    read_patient_page(clinic.nurse, subject(first), clock=clock)
    assert passed(clinic, clock) == ["M-1", "M-2"]
    patients.change_life_cycle(clinic.nurse, subject(second), LifeCycle.DIED, clock=clock)
    assert passed(clinic, clock) == ["M-1"]


def test_nothing_is_deleted_but_by_an_admin_and_only_once_the_years_have_passed(clinic, clock):
    files = ErasureFiles.of(installation().settings)
    patient, recent = gone(clinic, clock, "M-1"), gone(clinic, clock, "M-2", at=clock.now)
    admin = confirmed(clinic.admin, clock)
    keep_for(admin, clinic.clinic_id, 1, clock=clock)
    assert len(everything_stored()["patient"]) == 2
    with pytest.raises(Invalid, match="have not passed"):
        erasure.carry_out_erasure(admin, subject(recent), how=ErasureHow.RETENTION, files=files, clock=clock)
    erasure.carry_out_erasure(admin, subject(patient), how=ErasureHow.RETENTION, files=files, clock=clock)
    assert passed(clinic, clock) == []
    assert [uuid.UUID(str(row[1])) for row in everything_stored()["patient"]] == [recent.patient_id]


def test_setting_and_reading_are_written_down(clinic, clock):
    gone(clinic, clock, "M-1")
    keep_for(clinic.admin, clinic.clinic_id, 10, clock=clock)
    keep_for(clinic.admin, clinic.clinic_id, 10, clock=clock)
    passed(clinic, clock)
    last = audit_rows(clinic.clinic_id)[-2:]
    assert [(row.action, row.content) for row in last] == [("retention.set", {"years": 10}), ("erasures.seen", {})]


@pytest.mark.parametrize("years", [0, -1, 31])
def test_years_outside_1_to_30_are_refused(clinic, clock, years):
    with pytest.raises(Invalid) as refusal:
        keep_for(clinic.admin, clinic.clinic_id, years, clock=clock)
    assert "years" in refusal.value.fields


def test_only_an_admin_sets_and_reads_it(clinic, clock):
    for who in (clinic.nurse, clinic.clinician):
        with pytest.raises(Refused):
            keep_for(who, clinic.clinic_id, 3, clock=clock)
        with pytest.raises(Refused):
            whose_time_has_passed(who, clinic.clinic_id, clock=clock)


@given(st.dates(date(1990, 1, 1), date(2050, 12, 31)), st.integers(1, 30))
def test_years_later_is_the_same_day_or_the_first_of_march(day, years):
    later = years_after(day, years)
    assert later.year == day.year + years
    assert (later.month, later.day) == (
        (day.month, day.day) if (day.month, day.day) != (2, 29) else ((2, 29) if later.month == 2 else (3, 1))
    )


def test_leap_days_end_on_the_first_of_march():
    assert years_after(date(2012, 2, 29), 1) == date(2013, 3, 1)
    assert years_after(date(2012, 2, 29), 4) == date(2016, 2, 29)
