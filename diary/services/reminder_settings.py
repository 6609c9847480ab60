"""How a patient wants to be reminded: hour and ways, an address that is confirmed first, and stopping it all."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.mail_server import address_in_ascii
from diary.messaging.message import Recipient
from diary.messaging.reminder_letters import confirm_address
from diary.models import Account, Patient, ReminderSetting
from diary.security.tokens import token_hash
from diary.services import audit, throttle
from diary.services.looks import zone_of
from diary.services.outbox import mail_is_set_up, post
from diary.services.push_subscriptions import subscriptions_of
from diary.services.reminder_links import new_link, stop_token
from diary.services.reminders import follow_hour, set_next_turn

HOURS: Final = range(4, 28)
"""Hours of a diary day, counted from its midnight: 27 is three at night."""
USUAL_HOUR: Final = 20
CONFIRM_WITHIN: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a patient chose: an hour of the diary day (4 … 27), whether by mail too, and to which address."""

    hour: int
    by_mail: bool = False
    email: str = ""


@dataclass(frozen=True, slots=True)
class OwnReminders:
    """How a patient is reminded.

    Attributes:
        hour: hour of the diary day, 4 … 27.
        by_mail: mail was chosen.
        email: the address, or before they gave one that of their account.
        confirmed: the address agreed.
        phones: how many phones listen.
        is_on: reminders are switched on.
        ever_on: they were at some time.
        has_calendar: there is a link for a calendar.
        mail_is_set_up: this installation can send mail.
    """

    hour: int = USUAL_HOUR
    by_mail: bool = False
    email: str = ""
    confirmed: bool = False
    phones: int = 0
    is_on: bool = False
    ever_on: bool = False
    has_calendar: bool = False
    mail_is_set_up: bool = False

    @property
    def reaches(self) -> bool:
        """Say whether a reminder would reach them by any way now."""
        return self.phones > 0 or (self.by_mail and self.confirmed and self.mail_is_set_up)


def own_reminders(who: Identity, patient: Subject) -> OwnReminders:
    """Return how the patient who is asking is reminded; before they chose, with the address of their account."""
    require(who, Permission.REMINDERS_SET, patient)
    with snapshot() as session:
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
        account = session.get(Account, who.account_id) if who.account_id else None
        theirs = subscriptions_of(session, patient.clinic_id, patient.patient_id) if patient.patient_id else ()
        phones = len(theirs)
    address = (row.email if row else None) or (account.email if account else None) or ""
    if row is None:
        return OwnReminders(email=address, phones=phones, mail_is_set_up=mail_is_set_up())
    return OwnReminders(
        hour=row.hour,
        by_mail=row.by_mail,
        email=address,
        confirmed=row.email_confirmed_at is not None,
        phones=phones,
        is_on=row.is_on,
        ever_on=row.is_on or row.by_mail,
        has_calendar=row.feed_hash is not None,
        mail_is_set_up=mail_is_set_up(),
    )


def set_reminders(who: Identity, patient: Subject, wanted: Wanted, *, clock: Clock) -> None:
    """Keep what a patient chose and switch reminders on; a new address is written to first, and has to agree.

    Raises:
        Invalid: no such hour, or no address that mail can be sent to.
        Throttled: too many addresses were tried.
    """
    require(who, Permission.REMINDERS_SET, patient)
    _check(wanted)
    if _is_new_address(patient, wanted):
        _count_a_letter(patient, clock)
    with transaction() as session:
        now = clock()
        row = put_setting(session, patient, now=now)
        keeps_turn = row.next_at is not None and row.hour == wanted.hour
        row.hour, row.by_mail, row.is_on, row.changed_at = wanted.hour, wanted.by_mail, True, now
        if row.by_mail and row.email != wanted.email:
            row.email, row.email_confirmed_at = wanted.email, None
            _ask_address(session, row, now)
        if not keeps_turn:
            follow_hour(session, row, now)
        said = {"hour": wanted.hour, "by_mail": wanted.by_mail}
        audit.write(session, who, "reminders.set", about=patient, at=now, content=said)


def begin_with_phone(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Switch reminders on for whoever lets a phone listen, at the hour they chose before or the usual one."""
    require(who, Permission.REMINDERS_SET, patient)
    with transaction() as session:
        now = clock()
        row = put_setting(session, patient, now=now)
        if not row.is_on:
            row.is_on, row.changed_at = True, now
            set_next_turn(session, row, now)
            said = {"hour": row.hour, "by_mail": row.by_mail}
            audit.write(session, who, "reminders.set", about=patient, at=now, content=said)


def ask_address_again(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Write to the address once more that was not confirmed; nothing when there is none.

    Raises:
        Throttled: it was asked for too often.
    """
    require(who, Permission.REMINDERS_SET, patient)
    _count_a_letter(patient, clock)
    with transaction() as session:
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
        if row is not None and row.email and row.email_confirmed_at is None:
            _ask_address(session, row, clock())


def stop_reminders(who: Identity, patient: Subject, *, clock: Clock) -> None:
    """Let no reminder come any more by any way, the calendar too; hour and ways are kept for whoever begins again."""
    require(who, Permission.REMINDERS_SET, patient)
    with transaction() as session:
        now = clock()
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
        if row is not None and row.is_on:
            row.is_on, row.changed_at = False, now
            set_next_turn(session, row, now)
            audit.write(session, who, "reminders.stopped", about=patient, at=now, content={"what": "all"})
        if row is not None:
            end_link(session, who, patient, row, now=now)


def end_link(session: Session, who: Identity, patient: Subject, row: ReminderSetting, *, now: datetime) -> None:
    """Let the link of a calendar show nothing any more, within a unit that is open already."""
    if row.feed_hash is not None:
        row.feed_hash = None
        audit.write(session, who, "calendar.link_ended", about=patient, at=now)


def put_setting(session: Session, patient: Subject, *, now: datetime) -> ReminderSetting:
    """Return the setting of a patient, made with nothing chosen where there is none.

    Raises:
        NotThere: the clinic has no such patient.
    """
    row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id), with_for_update=True)
    if row is not None:
        return row
    if patient.patient_id is None or session.get(Patient, (patient.clinic_id, patient.patient_id)) is None:
        raise NotThere
    row = ReminderSetting(
        clinic_id=patient.clinic_id,
        patient_id=patient.patient_id,
        hour=USUAL_HOUR,
        by_mail=False,
        is_on=False,
        stop_hash=token_hash(stop_token(patient.clinic_id, patient.patient_id)),
        changed_at=now,
    )
    session.add(row)
    return row


def _check(wanted: Wanted) -> None:
    if wanted.hour not in HOURS:
        raise Invalid(hour=Sentence("Choose one of those offered."))
    if not wanted.by_mail:
        return
    if not mail_is_set_up():
        raise Invalid(Sentence("Mail is not set up here: choose another way."))
    try:
        address_in_ascii(wanted.email)
    except ValueError:
        raise Invalid(email=Sentence("Write an address like name@example.org.")) from None


def _is_new_address(patient: Subject, wanted: Wanted) -> bool:
    if not wanted.by_mail:
        return False
    with snapshot() as session:
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
    return row is None or row.email != wanted.email


def _count_a_letter(patient: Subject, clock: Clock) -> None:
    """Count a letter to an address that somebody only says is theirs."""
    throttle.begin_attempt([throttle.Counted(throttle.TRIAL, f"address of {patient.patient_id}")], clock=clock)


def _ask_address(session: Session, row: ReminderSetting, now: datetime) -> None:
    link, row.confirm_hash = new_link(row.clinic_id, "/reminders/confirm/")
    row.confirm_until = now + CONFIRM_WITHIN
    patient = session.get_one(Patient, (row.clinic_id, row.patient_id))
    whom = Recipient(row.email or "", patient.language, row.clinic_id, patient.account_id, patient.id)
    until = row.confirm_until.astimezone(zone_of(session, row.clinic_id, row.patient_id))
    post(session, confirm_address(whom, link=link, expires_at=until))
