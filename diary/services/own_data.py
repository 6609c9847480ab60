"""My data: everything that is kept about a patient and theirs to take away, read at once.

What the clinic makes of the numbers (verdicts, forecasts, reasons of decisions, remarks of staff) is not in it: the
patient asks the clinic for that, where somebody can explain it.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.exchange.own_data import (
    About,
    OwnConsent,
    OwnCourse,
    OwnData,
    OwnEntry,
    OwnInfusion,
    OwnLook,
    OwnPlan,
    OwnSecondNumber,
)
from diary.exchange.own_reminders import OwnPhone
from diary.models import Clinic, Course, Entry, Infusion, Patient, Transcription
from diary.services import audit
from diary.services.conflicts import Conflict, conflicts_of
from diary.services.consents import consents_in_order
from diary.services.impressions import own_impressions
from diary.services.looks import Look, all_looks, zone_of
from diary.services.own_extras import own_events, own_extras, own_pauses, own_pegs, own_readings, own_reports
from diary.services.own_reminders import own_reminder_settings, own_reminders
from diary.services.plans import released_to
from diary.services.push_subscriptions import phones_of
from diary.vocabulary import CourseStatus


def take_out_own_data(
    who: Identity, patient: Subject, *, file_format: str, made_by: Callable[[OwnData], bytes], clock: Clock
) -> bytes:
    """Return the file that `made_by` makes of everything the patient who is asking may take away.

    That it was taken out is written once it is made. In what `made_by` is handed, acts and purposes are named as they
    are stored and `words` is empty: delivery says them in the reader's language.

    Raises:
        ConfirmFirst: it is longer than five minutes ago that they proved who they are.
    """
    now = clock()
    require_confirmed(who, Permission.DATA_TAKE_OUT, patient, now=now)
    with snapshot() as session:
        own = _read(session, patient, now)
    made = made_by(own)
    with transaction() as session:
        audit.write(session, who, "data.taken_out", about=patient, at=now, content={"format": file_format})
    return made


def _read(session: Session, patient: Subject, now: datetime) -> OwnData:
    courses = _courses(session, patient)
    return OwnData(
        made_at=now,
        about=_about(session, patient),
        entries=tuple(_entries(session, patient)),
        second_numbers=tuple(_second_number(one) for one in conflicts_of(session, patient)),
        courses=tuple(
            OwnCourse(number, course.medicines, course.first_day, course.last_day)
            for number, course in enumerate(courses, start=1)
        ),
        infusions=tuple(_infusions(session, patient, {course.id: n for n, course in enumerate(courses, start=1)})),
        wearing_off=tuple(own_reports(session, patient)),
        extras=tuple(own_extras(session, patient)),
        peg=tuple(own_pegs(session, patient)),
        impressions=tuple(own_impressions(session, patient)),
        readings=tuple(own_readings(session, patient)),
        events=tuple(own_events(session, patient)),
        pauses=tuple(own_pauses(session, patient)),
        plans=tuple(released_plans(session, patient)),
        consents=tuple(_consents(session, patient)),
        phones=tuple(OwnPhone(phone.device, phone.since) for phone in phones_of(session, patient)),
        reminder_settings=tuple(own_reminder_settings(session, patient)),
        reminders=tuple(own_reminders(session, patient)),
        looks=tuple(_look(look) for look in all_looks(session, patient)),
    )


def _look(look: Look) -> OwnLook:
    return OwnLook(look.at, look.name, look.roles, look.action, look.reason)


def released_plans(session: Session, patient: Subject) -> list[OwnPlan]:
    """Return what the clinic released to the patient in plain words, the latest first, and what became of it."""
    return released_to(session, patient)


def _about(session: Session, patient: Subject) -> About:
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    clinic = session.get(Clinic, patient.clinic_id)
    if row is None or clinic is None:
        raise NotThere
    return About(
        name=row.name,
        reference=row.reference,
        birth_year=row.birth_year,
        phone=row.phone,
        language=row.language,
        time_zone=zone_of(session, patient.clinic_id, patient.patient_id).key,
        clinic=clinic.name,
        clinic_phone=clinic.phone,
    )


def _of(table: Any, patient: Subject) -> Any:
    return select(table).where(table.clinic_id == patient.clinic_id, table.patient_id == patient.patient_id)


def _entries(session: Session, patient: Subject) -> list[OwnEntry]:
    behind = {told.entry_id: told for told in session.scalars(_of(Transcription, patient))}
    return [
        OwnEntry(
            day=entry.day,
            revision=entry.revision,
            score=entry.score,
            source=entry.source,
            days_late=entry.days_late,
            entered_at=entry.entered_at,
            received_at=entry.received_at,
            question=entry.item_version,
            reason=entry.reason,
            written_from=behind[entry.id].written_from if entry.id in behind else None,
            dated=behind[entry.id].dated if entry.id in behind else None,
            written_in_by=behind[entry.id].member_name if entry.id in behind else None,
        )
        for entry in session.scalars(_of(Entry, patient).order_by(Entry.day, Entry.revision))
    ]


def _second_number(one: Conflict) -> OwnSecondNumber:
    return OwnSecondNumber(
        day=one.day,
        score=one.score,
        stored_day=one.stored_day,
        stored_score=one.stored_score,
        written_at=one.written_at,
        received_at=one.received_at,
        chosen=one.settled,
    )


def _courses(session: Session, patient: Subject) -> list[Course]:
    """Return the courses that were given; a planned one is a plan, and shown when the clinic releases it."""
    given = _of(Course, patient).where(Course.status == CourseStatus.GIVEN)
    return list(session.scalars(given.order_by(Course.first_day, Course.id)))


def _infusions(session: Session, patient: Subject, numbers: dict[uuid.UUID, int]) -> list[OwnInfusion]:
    wanted = select(Infusion).where(
        Infusion.clinic_id == patient.clinic_id,
        Infusion.course_id.in_(numbers),
        Infusion.taken_back_at.is_(None),
    )
    return [
        OwnInfusion(
            course=numbers[infusion.course_id],
            day=infusion.day,
            medicine=infusion.medicine,
            dose=infusion.dose,
            unit=infusion.unit,
            hours=infusion.hours,
            weight_kg=infusion.weight_kg,
        )
        for infusion in session.scalars(wanted.order_by(Infusion.day, Infusion.made_at, Infusion.id))
    ]


def _consents(session: Session, patient: Subject) -> list[OwnConsent]:
    return [
        OwnConsent(one.purpose, one.version, one.said, one.day, one.at, one.how, words="")
        for one in consents_in_order(session, patient)
    ]
