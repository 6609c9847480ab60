"""What the links in mails do without a sign-in: confirm an address, and stop the mails."""

from datetime import datetime

from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired
from diary.models import ReminderSetting
from diary.services import audit
from diary.services.reminder_links import OPENS_NOTHING, row_behind, who_is
from diary.vocabulary import Channel


def open_confirm_link(token: str, *, clock: Clock) -> str:
    """Return the language of whom a link asks to confirm their address; nothing is used up.

    Raises:
        Expired: it confirms nothing.
    """
    with snapshot() as session:
        return _language(session, _to_confirm(session, token, clock()))


def confirm_address(token: str, *, clock: Clock) -> str:
    """Confirm the address that a link was sent to, and return the language of whose it is.

    Raises:
        Expired: it confirms nothing.
    """
    with transaction() as session:
        now = clock()
        row = _to_confirm(session, token, now)
        row.email_confirmed_at, row.confirm_hash, row.confirm_until = now, None, None
        patient = Subject(row.clinic_id, row.patient_id)
        audit.write(session, who_is(session, patient), "reminders.address_confirmed", about=patient, at=now)
        return _language(session, row)


def open_stop_link(token: str) -> str:
    """Return the language of whose mails a link stops; nothing is changed.

    Raises:
        Expired: it stops nothing.
    """
    with snapshot() as session:
        return _language(session, row_behind(session, token, ReminderSetting.stop_hash))


def stop_mails(token: str, *, clock: Clock) -> str:
    """Mail no more reminders to whom a link belongs, and return their language; all else stays.

    Raises:
        Expired: it stops nothing.
    """
    with transaction() as session:
        now = clock()
        row: ReminderSetting = row_behind(session, token, ReminderSetting.stop_hash)
        if row.by_mail:
            row.by_mail, row.changed_at = False, now
            patient, said = Subject(row.clinic_id, row.patient_id), {"what": Channel.MAIL.value}
            audit.write(session, who_is(session, patient), "reminders.stopped", about=patient, at=now, content=said)
        return _language(session, row)


def _to_confirm(session: Session, token: str, now: datetime) -> ReminderSetting:
    row: ReminderSetting = row_behind(session, token, ReminderSetting.confirm_hash)
    if row.confirm_until is None or row.confirm_until <= now:
        raise Expired(OPENS_NOTHING)
    return row


def _language(session: Session, row: ReminderSetting) -> str:
    return who_is(session, Subject(row.clinic_id, row.patient_id)).language
