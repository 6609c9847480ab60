"""Reminders: how a patient wants them, and those that were planned."""

import uuid
from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, LargeBinary, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Id, Moment, UtcMoment
from diary.vocabulary import Channel


class ReminderSetting(Base):
    """How a patient wants to be reminded; `hour` counts from midnight of the diary day, 27 is three at night.

    `next_at` is when something is to be done next, for the diary day `next_day`: its first reminder or its second.
    Phones that listen are reminded while `is_on`; mail goes to `email` once that was confirmed. Of links only hashes
    are stored: the one that confirms the address, the one that stops mails, the one of the calendar.
    """

    __tablename__ = "reminder_setting"
    __table_args__ = (
        belongs_to("patient"),
        CheckConstraint("hour BETWEEN 4 AND 27", name="hour_of_the_diary_day"),
        CheckConstraint("next_number IN (1, 2)", name="next_number_known"),
        Index(None, "clinic_id", "next_at"),
        Index(None, "clinic_id", "confirm_hash", unique=True),
        Index(None, "clinic_id", "stop_hash", unique=True),
        Index(None, "clinic_id", "feed_hash", unique=True),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    hour: Mapped[int] = mapped_column(Integer)
    by_mail: Mapped[bool] = mapped_column(Boolean)
    is_on: Mapped[bool] = mapped_column(Boolean)
    email: Mapped[str | None] = mapped_column(String(254))
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    confirm_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    confirm_until: Mapped[datetime | None] = mapped_column(UtcMoment)
    stop_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    feed_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    changed_at: Mapped[Moment]
    next_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    next_day: Mapped[date | None]
    next_number: Mapped[int | None] = mapped_column(Integer)


class Reminder(Base):
    """One reminder of a diary day by one channel; its `id` is that of its message, the same whoever plans it.

    Its link opens that day without a password until `expires_at`. What became of the message stands in the outbox.
    """

    __tablename__ = "reminder"
    __table_args__ = (
        belongs_to("patient"),
        one_of("channel", Channel),
        CheckConstraint("number IN (1, 2)", name="number_known"),
        Index(None, "clinic_id", "patient_id", "day"),
        Index(None, "clinic_id", "link_hash", unique=True),
        Index(None, "clinic_id", "made_at"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    day: Mapped[date]
    number: Mapped[int] = mapped_column(Integer)
    channel: Mapped[str] = mapped_column(String(10))
    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    made_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    opened_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    answered_at: Mapped[datetime | None] = mapped_column(UtcMoment)
