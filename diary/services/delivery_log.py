"""What became of reminders, for staff: by day and way, never an address."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import NotThere
from diary.models import OutboxMessage, Patient, Reminder, ReminderSetting
from diary.services.looks import zone_of
from diary.services.protection import looked_up, write_look
from diary.services.push_subscriptions import subscriptions_of
from diary.services.wanted_reminders import takes_mail
from diary.vocabulary import Channel, OutboxState

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One reminder: what the outbox knows of its message (None: nothing any more), and what its link was used for."""

    day: date
    number: int
    channel: Channel
    state: OutboxState | None
    why: str
    at: datetime
    opened_at: datetime | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """The reminders of a patient, the newest first, with how they are reminded now; moments are those of their zone."""

    patient_id: uuid.UUID
    name: str
    is_on: bool
    hour: int | None
    by_mail: bool
    waits_for_address: bool
    phones: int
    deliveries: list[Delivery]

    @property
    def ways(self) -> tuple[tuple[Channel, bool], ...]:
        """Each way, and whether a reminder would take it now."""
        return (Channel.MAIL, self.by_mail), (Channel.PUSH, self.phones > 0)


def read_delivery_log(who: Identity, patient: Subject, *, clock: Clock) -> DeliveryLog:
    """Return the reminders of a patient of the clinic; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the clinic has no such patient.
    """
    with transaction() as session:
        now = clock()
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_READ, about)
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None:
            raise NotThere
        write_look(session, who, about, at=now)
        setting = session.get(ReminderSetting, (row.clinic_id, row.id))
        return DeliveryLog(
            patient_id=row.id,
            name=row.name,
            is_on=setting is not None and setting.is_on,
            hour=setting.hour if setting else None,
            by_mail=setting is not None and takes_mail(setting),
            waits_for_address=setting is not None and setting.by_mail and setting.email_confirmed_at is None,
            phones=len(subscriptions_of(session, row.clinic_id, row.id)),
            deliveries=deliveries_of(session, patient),
        )


def deliveries_of(session: Session, patient: Subject, *, at_most: int = MOST) -> list[Delivery]:
    """Return the newest reminders of a patient, within a unit that is open already."""
    zone = zone_of(session, patient.clinic_id, patient.patient_id)
    of_patient = (Reminder.clinic_id == patient.clinic_id, Reminder.patient_id == patient.patient_id)
    newest = (
        select(Reminder, OutboxMessage)
        .outerjoin(OutboxMessage, OutboxMessage.id == Reminder.id)
        .where(*of_patient)
        .order_by(Reminder.day.desc(), Reminder.number.desc(), Reminder.channel, Reminder.id)
        .limit(at_most)
    )
    return [_delivery(reminder, message, zone) for reminder, message in session.execute(newest)]


def _delivery(reminder: Reminder, message: OutboxMessage | None, zone: ZoneInfo) -> Delivery:
    def there(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment else None

    sent_at = message.sent_at if message else None
    return Delivery(
        day=reminder.day,
        number=reminder.number,
        channel=Channel(reminder.channel),
        state=OutboxState(message.state) if message else None,
        why=(message.why if message else None) or "",
        at=(sent_at or reminder.made_at).astimezone(zone),
        opened_at=there(reminder.opened_at),
        answered_at=there(reminder.answered_at),
    )
