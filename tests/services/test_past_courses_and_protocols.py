"""Courses from the notes, all of them or none; protocols of the clinic; forms that are sent twice."""

import uuid
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from diary.db import snapshot
from diary.errors import Changed, Invalid, NotThere
from diary.models import BaselineByHand, PatientEvent
from diary.services import courses, past_courses, protocols
from diary.vocabulary import EventKind
from tests.clinic_builders import a_course, subject
from tests.services.looking_in import audit_rows, diary_of, everything_stored

PAST = past_courses.PastCourse("ketamine", date(2024, 5, 6), date(2024, 5, 10), "10 days planned, 5 given")
TEN_DAYS = protocols.ProtocolSaid("Ten days", ("ketamine",), 10, Decimal(4), "mg", "40 to 80 mg")


def bring_in(clinic, patient, clock, *given, ref=None):
    rows = dict(enumerate(given))
    return past_courses.record_past_courses(
        clinic.nurse, subject(patient), rows, client_ref=ref or uuid.uuid4(), clock=clock
    )


def add(clinic, clock, said=TEN_DAYS, ref=None):
    return protocols.add_protocol(clinic.admin, clinic.clinic_id, said, client_ref=ref or uuid.uuid4(), clock=clock)


def test_past_courses_are_marked_and_brought_in_once(clinic, patient, clock):
    ref, second = uuid.uuid4(), replace(PAST, first_day=date(2025, 1, 6), last_day=date(2025, 1, 6))
    for _ in range(2):
        bring_in(clinic, patient, clock, PAST, second, ref=ref)
    found = diary_of(patient).courses
    assert [(one.first_day, one.from_notes, one.status) for one in found] == [
        (date(2024, 5, 6), True, "given"),
        (date(2025, 1, 6), True, "given"),
    ]
    assert found[0].remark == "10 days planned, 5 given"
    last = audit_rows(clinic.clinic_id)[-1]
    assert (last.action, last.content) == ("courses.brought_in", {"courses": 2})
    with pytest.raises(Changed):
        bring_in(clinic, patient, clock, replace(PAST, remark="another"), second, ref=ref)


def test_one_wrong_row_keeps_all_of_them_out(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    rows = (
        PAST,
        replace(PAST, first_day=date(2024, 5, 8), last_day=date(2024, 5, 12)),  # shares days with the first row
        replace(PAST, first_day=date(2026, 3, 4), last_day=date(2026, 3, 4)),  # and with the course that is there
        replace(PAST, first_day=clock().date(), last_day=clock().date() + timedelta(days=1)),
        replace(PAST, first_day=date(2023, 2, 2), last_day=date(2023, 2, 1)),
    )
    stored = everything_stored()
    with pytest.raises(Invalid) as refused:
        bring_in(clinic, patient, clock, *rows)
    assert set(refused.value.fields) == {"row-1-first_day", "row-2-first_day", "row-3-last_day", "row-4-last_day"}
    assert everything_stored() == stored


def test_a_protocol_is_added_once_changed_and_retired_with_its_rows_in_the_audit(clinic, clock):
    ref = uuid.uuid4()
    assert {add(clinic, clock, ref=ref) for _ in range(2)} == {ref}
    with pytest.raises(Changed):
        add(clinic, clock, replace(TEN_DAYS, days=9), ref=ref)
    five = replace(TEN_DAYS, days=5)
    protocols.change_protocol(clinic.clinician, clinic.clinic_id, ref, five, clock=clock)
    changed = audit_rows(clinic.clinic_id)[-1]
    assert (changed.content["before"]["days"], changed.content["after"]["days"]) == (10, 5)
    protocols.retire_protocol(clinic.clinician, clinic.clinic_id, ref, clock=clock)
    (kept,) = protocols.read_protocols(clinic.nurse, clinic.clinic_id)
    assert (protocols.said_by(kept), kept.retired_at) == (five, clock())
    for act in (
        lambda: protocols.change_protocol(clinic.admin, clinic.clinic_id, ref, TEN_DAYS, clock=clock),
        lambda: protocols.retire_protocol(clinic.admin, clinic.clinic_id, ref, clock=clock),
    ):
        with pytest.raises(NotThere):
            act()
    add(clinic, clock)  # the name of a retired one is free


def test_two_protocols_in_use_have_two_names_and_units_that_fit(clinic, clock):
    add(clinic, clock)
    with pytest.raises(Invalid, match="has this name already"):
        add(clinic, clock)
    with pytest.raises(Invalid, match="written down in mg"):
        add(clinic, clock, replace(TEN_DAYS, name="Other", unit="g/kg"))


def test_a_baseline_and_a_liver_test_sent_twice_are_kept_once(clinic, patient, clock):
    course, refs = a_course(clinic, patient, date(2026, 3, 2), clock), (uuid.uuid4(), uuid.uuid4())
    for _ in range(2):
        courses.give_baseline(
            clinic.clinician, subject(patient), course, value=Decimal(7), reason="x", client_ref=refs[0], clock=clock
        )
        courses.record_event(clinic.nurse, subject(patient), EventKind.LIVER_TEST, client_ref=refs[1], clock=clock)
    with snapshot() as session:
        for table in (BaselineByHand, PatientEvent):
            assert session.scalar(select(func.count()).select_from(table)) == 1
    with pytest.raises(Changed):
        courses.give_baseline(
            clinic.clinician, subject(patient), course, value=Decimal(6), reason="x", client_ref=refs[0], clock=clock
        )
