"""Reminders: whose hour has come is reminded, in one unit with the messages, so that a killed worker leaves no half.

A turn is claimed by moving `next_at` on from the value that was seen: of two workers one does. The id of a message
follows from patient, day, number and channel, so that a reminder is never sent twice whoever plans it again.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.attempt import can_be_done_again, is_unavailable
from diary.clinical.diary_day import end_of_day
from diary.clock import Clock
from diary.db import HELD, snapshot, transaction
from diary.messaging import reminder_letters
from diary.messaging.message import Message, Recipient
from diary.models import Clinic, Patient, Reminder, ReminderSetting
from diary.services.outbox import KEPT_FOR, post
from diary.services.push_subscriptions import said_to, subscriptions_of
from diary.services.reminder_links import address_of, new_link, stop_token
from diary.services.reminder_times import FURTHEST_AHEAD, Hour, Turn, minute_of
from diary.services.some_days import begin_reading
from diary.services.wanted_reminders import is_wanted, takes_mail
from diary.vocabulary import Channel, MessageKind

AT_ONCE: Final = 50
PUT_OFF: Final = timedelta(hours=1)
"""How long a patient waits whose reminder could not be planned, so that they do not hold up the others."""
IDS: Final = uuid.UUID("6f0d6f0e-8f0e-4f5e-9c53-0d9a1c0f7a4e")
"""The name space of messages that remind; it never changes."""

log = structlog.get_logger()


def remind_where_due(clock: Clock) -> int:
    """Plan the reminders whose moment has come, a few of each clinic, and return how many patients were looked at."""
    looked_at = 0
    for clinic_id in _clinics_with_some_due(clock()):
        _forget_old(clinic_id, clock())
        for patient, seen in _due_in(clinic_id, clock()):
            looked_at += 1
            try:
                with transaction() as session:
                    _take_turn(session, patient, seen, clock())
            except Exception as error:
                if is_unavailable(error) or can_be_done_again(error):
                    raise  # the turn stands, and the next pass takes it
                log.exception("reminder_not_planned")
                _put_off(patient, seen, clock())
    return looked_at


def hour_of(setting: ReminderSetting, zones: Any) -> Hour:
    """Return when a patient wants to be reminded."""
    return Hour(setting.hour, minute_of(setting.patient_id), zones)


def set_next_turn(session: Session, setting: ReminderSetting, now: datetime) -> None:
    """Reckon the next turn anew after a change; nothing comes next while reminders are off."""
    if not setting.is_on:
        setting.next_at = setting.next_day = setting.next_number = None
        return
    diary = begin_reading(session, Subject(setting.clinic_id, setting.patient_id))
    turn = hour_of(setting, diary.zones).next_after(now)
    setting.next_at, setting.next_day, setting.next_number = turn.at, turn.day, turn.number


def follow_hour(session: Session, setting: ReminderSetting, now: datetime) -> None:
    """Let the next turn come at the hour that was chosen anew; nothing that is owed today is lost.

    After the first reminder of today the new hour is that of the second one, which keeps its moment where that hour is
    over. A turn that has come is left to whoever takes it, unless its day has a later hour now.
    """
    owed_at, owed_day = setting.next_at, setting.next_day
    if not setting.is_on or owed_at is None or owed_day is None:
        set_next_turn(session, setting, now)
        return
    zones = begin_reading(session, Subject(setting.clinic_id, setting.patient_id)).zones
    turn = hour_of(setting, zones).next_after(now)
    if turn.day == owed_day:
        setting.next_at = turn.at
        return
    is_second_of_today = setting.next_number == 2 and now < end_of_day(owed_day, zones)
    if turn.day < owed_day or not (owed_at <= now or is_second_of_today):
        set_next_turn(session, setting, now)


def follow_zones(session: Session, patient: Subject, now: datetime) -> None:
    """Let the next turn come at the patient's hour in the zones they live in by now.

    A turn that has come is left to whoever takes it, and a second one of a day that goes on to its own moment.
    """
    setting = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id), with_for_update=HELD)
    if setting is None or setting.next_at is None or setting.next_day is None or setting.next_at <= now:
        return
    zones = begin_reading(session, patient).zones
    if setting.next_number == 1 or setting.next_at >= end_of_day(setting.next_day, zones):
        set_next_turn(session, setting, now)


def leave_out_what_came(clock: Clock) -> None:
    """Go on with the turns after now: after a restore nobody knows which of those before it were taken already."""
    for clinic_id in _clinics_with_some_due(clock()):
        with transaction() as session:
            now = clock()
            due = select(ReminderSetting).where(ReminderSetting.clinic_id == clinic_id, _is_due(now))
            for setting in session.scalars(due):
                set_next_turn(session, setting, now)


def _is_due(now: datetime) -> ColumnElement[bool]:
    """Say which settings are looked at: whose turn has come, and whose turn a clock that was wrong put far ahead."""
    return or_(ReminderSetting.next_at <= now, ReminderSetting.next_at > now + FURTHEST_AHEAD)


def _clinics_with_some_due(now: datetime) -> list[uuid.UUID]:
    some_due = exists().where(ReminderSetting.clinic_id == Clinic.clinic_id, _is_due(now))
    with snapshot() as session:
        return list(session.scalars(select(Clinic.clinic_id).where(some_due).order_by(Clinic.clinic_id)))


def _due_in(clinic_id: uuid.UUID, now: datetime) -> list[tuple[Subject, datetime]]:
    setting = ReminderSetting
    due = select(setting.patient_id, setting.next_at).where(setting.clinic_id == clinic_id, _is_due(now))
    with snapshot() as session:
        rows = session.execute(due.order_by(setting.next_at, setting.patient_id).limit(AT_ONCE)).all()
    return [(Subject(clinic_id, row.patient_id), row.next_at) for row in rows]


def _take_turn(session: Session, patient: Subject, seen: datetime, now: datetime) -> None:
    """Move a patient's turn on, and post what is due of it; nothing when another worker was there before."""
    setting = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
    if setting is None or setting.next_at is None or setting.next_day is None or setting.next_number is None:
        return
    zones = begin_reading(session, patient).zones
    hour = hour_of(setting, zones)
    turn, after = hour.due(Turn(setting.next_day, setting.next_number, setting.next_at), now)
    if not _move_on(session, patient, seen, after):
        return
    if turn is not None and is_wanted(session, patient.clinic_id, setting.patient_id, turn.day):
        _post(session, _planned(session, setting, turn, hour), now)


def _move_on(session: Session, patient: Subject, seen: datetime, after: Turn) -> bool:
    """Claim the turn that was seen, and say whether it was there still."""
    claim = (
        update(ReminderSetting)
        .where(
            ReminderSetting.clinic_id == patient.clinic_id,
            ReminderSetting.patient_id == patient.patient_id,
            ReminderSetting.next_at == seen,
        )
        .values(next_at=after.at, next_day=after.day, next_number=after.number)
        .execution_options(synchronize_session=False)
    )
    done: Any = session.execute(claim)
    return bool(done.rowcount == 1)


def _put_off(patient: Subject, seen: datetime, now: datetime) -> None:
    row = ReminderSetting
    of_patient = (row.clinic_id == patient.clinic_id, row.patient_id == patient.patient_id, row.next_at == seen)
    with transaction() as session:
        session.execute(update(row).where(*of_patient).values(next_at=now + PUT_OFF))


@dataclass(frozen=True, slots=True)
class _Planned:
    """A turn that is taken: whose it is, and until when its link opens the day and its message is useful."""

    patient: Patient
    setting: ReminderSetting
    turn: Turn
    open_until: datetime
    useful_until: datetime
    numbers: tuple[str, str]

    def message_id(self, way: str) -> uuid.UUID:
        """Return the id of the message by one way, always the same."""
        turn = self.turn
        return uuid.uuid5(IDS, f"{self.patient.clinic_id}/{self.patient.id}/{turn.day}/{turn.number}/{way}")


def _planned(session: Session, setting: ReminderSetting, turn: Turn, hour: Hour) -> _Planned:
    clinic = session.get_one(Clinic, setting.clinic_id)
    return _Planned(
        patient=session.get_one(Patient, (setting.clinic_id, setting.patient_id)),
        setting=setting,
        turn=turn,
        open_until=end_of_day(turn.day, hour.zones).astimezone(hour.zone_on(turn.day)),
        useful_until=hour.useful_until(turn),
        numbers=(clinic.phone, clinic.emergency_number),
    )


def _post(session: Session, planned: _Planned, now: datetime) -> None:
    """Put one message for each way that was chosen into the outbox, each with a link of its own."""
    for message, link_hash in _messages(session, planned):
        if session.get(Reminder, (planned.patient.clinic_id, message.id)) is None:
            session.add(
                Reminder(
                    clinic_id=planned.patient.clinic_id,
                    id=message.id,
                    patient_id=planned.patient.id,
                    day=planned.turn.day,
                    number=planned.turn.number,
                    channel=message.channel,
                    link_hash=link_hash,
                    made_at=now,
                    expires_at=planned.open_until,
                )
            )
            post(session, message)


def _messages(session: Session, planned: _Planned) -> Iterator[tuple[Message, bytes]]:
    if takes_mail(planned.setting):
        yield _mail(planned)
    for phone in subscriptions_of(session, planned.patient.clinic_id, planned.patient.id):
        yield _push(planned, phone)


def _mail(planned: _Planned) -> tuple[Message, bytes]:
    patient, setting = planned.patient, planned.setting
    whom = Recipient(setting.email or "", patient.language, patient.clinic_id, patient.account_id, patient.id)
    link, link_hash = new_link(patient.clinic_id, "/t/")
    stop = address_of("/reminders/stop/", stop_token(setting.clinic_id, setting.patient_id))
    message = reminder_letters.reminder(
        whom,
        message_id=planned.message_id(Channel.MAIL),
        link=link,
        stop=stop,
        open_until=planned.open_until,
        useful_until=planned.useful_until,
        numbers=planned.numbers,
    )
    return message, link_hash


def _push(planned: _Planned, phone: uuid.UUID) -> tuple[Message, bytes]:
    patient = planned.patient
    link, link_hash = new_link(patient.clinic_id, "/t/")
    payload = reminder_letters.reminder_on_screen(patient.language, link=link, numbers=planned.numbers)
    message = Message(
        MessageKind.REMINDER,
        clinic_id=patient.clinic_id,
        account_id=patient.account_id,
        patient_id=patient.id,
        expires_at=planned.useful_until,
        id=planned.message_id(f"{Channel.PUSH}/{phone}"),
        channel=Channel.PUSH,
        more=said_to(phone, payload, until=planned.useful_until),
    )
    return message, link_hash


def _forget_old(clinic_id: uuid.UUID, now: datetime) -> None:
    """Forget reminders as old as messages are kept; nothing is written when there is none."""
    old = (Reminder.clinic_id == clinic_id, Reminder.made_at <= now - KEPT_FOR)
    with snapshot() as session:
        if not session.scalar(select(exists().where(*old))):
            return
    with transaction() as session:
        session.execute(delete(Reminder).where(*old))
