"""The rows of a copy, put under a new patient: facts stay as they were written, ids and people are not taken over."""

import uuid
from dataclasses import asdict
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from diary.exchange.copies import CopiedCourse, DiaryCopy
from diary.models import BaselineByHand, Course, Entry, Infusion, Patient, PatientEvent, PatientZone


def put_rows(session: Session, patient: Patient, copy: DiaryCopy) -> None:
    """Store zones, entries with all revisions, courses and events under a patient who was just added."""
    key = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    session.flush()
    session.add_all(PatientZone(**key, **asdict(zone)) for zone in copy.zones[1:])  # the first one is there already
    entries = [{**key, "id": uuid.uuid4(), "entered_by": None, **asdict(entry)} for entry in copy.entries]
    if entries:
        session.execute(insert(Entry), entries)
    for course in copy.courses:
        _put_course(session, key, course)
    session.add_all(PatientEvent(**key, id=uuid.uuid4(), recorded_by=None, **asdict(event)) for event in copy.events)
    session.flush()


def _put_course(session: Session, key: dict[str, Any], course: CopiedCourse) -> None:
    row = Course(
        **key,
        id=uuid.uuid4(),
        medicines=course.medicines,
        status=course.status,
        first_day=course.first_day,
        last_day=course.last_day,
        made_at=course.made_at,
        made_by=None,
    )
    session.add(row)
    session.flush()
    of_course = {"clinic_id": row.clinic_id, "course_id": row.id, "made_by": None}
    for infusion in course.infusions:
        session.add(Infusion(**of_course, id=uuid.uuid4(), **asdict(infusion)))
    for baseline in course.baselines:
        session.add(BaselineByHand(**of_course, id=uuid.uuid4(), **asdict(baseline)))
