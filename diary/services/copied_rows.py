"""The rows of a copy, put under a new patient: facts stay as they were written, ids and people are not taken over.

Every kind of row is one statement, however many there are: on SQLite everybody's entry waits until the unit is over.
"""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from diary.exchange.copies import CopiedCourse, DiaryCopy
from diary.models import BaselineByHand, Course, Entry, Infusion, Patient, PatientEvent, PatientZone


def put_rows(session: Session, patient: Patient, copy: DiaryCopy) -> None:
    """Store zones, entries with all revisions, courses and events under a patient who was just added."""
    key = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    session.flush()
    _put(session, PatientZone, (key | _fields(zone) for zone in copy.zones[1:]))  # the first one is there already
    _put(session, Entry, (key | _new("entered_by") | _fields(entry) for entry in copy.entries))
    _put_courses(session, key, copy.courses)
    _put(session, PatientEvent, (key | _new("recorded_by") | _fields(event) for event in copy.events))


def _put_courses(session: Session, key: dict[str, Any], courses: Iterable[CopiedCourse]) -> None:
    numbered = [(uuid.uuid4(), course) for course in courses]
    _put(session, Course, (key | {"id": course_id} | _columns(course) for course_id, course in numbered))
    of_clinic = {"clinic_id": key["clinic_id"]}
    for kind, name in ((Infusion, "infusions"), (BaselineByHand, "baselines")):
        rows = (
            of_clinic | {"course_id": course_id} | _new("made_by") | _fields(one)
            for course_id, course in numbered
            for one in getattr(course, name)
        )
        _put(session, kind, rows)


def _columns(course: CopiedCourse) -> dict[str, Any]:
    rows = ("infusions", "baselines")
    return {name: value for name, value in _fields(course).items() if name not in rows} | {"made_by": None}


def _fields(one: Any) -> dict[str, Any]:
    """Return the fields of a row of a copy as they are: nothing in them is copied once more."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def _new(by: str) -> dict[str, Any]:
    """Return an id of its own, and nobody as whoever did it."""
    return {"id": uuid.uuid4(), by: None}


def _put(session: Session, kind: type, rows: Iterable[dict[str, Any]]) -> None:
    if some := list(rows):
        session.execute(insert(kind), some)
