"""Trying whether reminders arrive: one message by each way, sent at once, and what came of each."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.messaging import reminder_letters
from diary.messaging.message import Message, Recipient
from diary.models import Clinic, OutboxMessage, Patient, ReminderSetting
from diary.services import audit, throttle
from diary.services.looks import zone_of
from diary.services.outbox import post, send_now
from diary.services.push_subscriptions import said_to, subscriptions_of
from diary.services.reminder_links import address_of
from diary.services.wanted_reminders import takes_mail
from diary.vocabulary import Channel, MessageKind, OutboxState

WORTH_NOTHING_AFTER: Final = timedelta(minutes=1)
"""A trial is not tried again: whoever waits for it is told why it did not leave."""
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one message: a state of the outbox, the class of what went wrong, and when, where the patient is."""

    channel: Channel
    state: OutboxState
    why: str
    at: datetime


def try_reminders(who: Identity, patient: Subject, *, clock: Clock) -> list[uuid.UUID]:
    """Send a trial by every way that reminders would take now, and return the ids of the messages.

    Raises:
        Throttled: it was tried too often.
    """
    require(who, Permission.REMINDERS_SET, patient)
    throttle.begin_attempt([throttle.Counted(throttle.TRIAL, f"trial of {patient.patient_id}")], clock=clock)
    with transaction() as session:
        now = clock()
        messages = list(_trials(session, patient, now))
        for message in messages:
            post(session, message)
        said = {"channels": sorted({message.channel.value for message in messages})}
        audit.write(session, who, "reminders.tried", about=patient, at=now, content=said)
    for message in messages:
        send_now(message.id, clock=clock)
    return [message.id for message in messages]


def outcomes_of(who: Identity, patient: Subject, ids: Iterable[uuid.UUID]) -> list[Outcome]:
    """Return what came of trials of the patient who is asking."""
    require(who, Permission.REMINDERS_SET, patient)
    row = OutboxMessage
    theirs = select(row).where(
        row.clinic_id == patient.clinic_id,
        row.patient_id == patient.patient_id,
        row.kind == MessageKind.NOTICE,
        row.id.in_(list(ids)[:MOST_SHOWN]),
    )
    with snapshot() as session:
        zone = zone_of(session, patient.clinic_id, patient.patient_id)
        rows = session.scalars(theirs.order_by(row.channel, row.id)).all()
    return [
        Outcome(
            Channel(one.channel), OutboxState(one.state), one.why or "", (one.sent_at or one.made_at).astimezone(zone)
        )
        for one in rows
    ]


def _trials(session: Session, patient: Subject, now: datetime) -> Iterator[Message]:
    row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
    clinic = session.get_one(Clinic, patient.clinic_id)
    setting = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
    link, numbers, until = address_of("/today"), (clinic.phone, clinic.emergency_number), now + WORTH_NOTHING_AFTER
    if setting is not None and takes_mail(setting):
        whom = Recipient(setting.email or "", row.language, row.clinic_id, row.account_id, row.id)
        yield reminder_letters.trial_reminder(whom, link=link, expires_at=until, numbers=numbers)
    payload = reminder_letters.trial_on_screen(row.language, link=link, numbers=numbers)
    for phone in subscriptions_of(session, row.clinic_id, row.id):
        yield Message(
            MessageKind.NOTICE,
            clinic_id=row.clinic_id,
            account_id=row.account_id,
            patient_id=row.id,
            expires_at=until,
            channel=Channel.PUSH,
            more=said_to(phone, payload, until=until),
        )
