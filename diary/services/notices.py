"""Notices by mail to the owner of an account: what changed in how it is opened."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from diary.messaging.message import Message, Recipient
from diary.models import Account, Clinic
from diary.services.belonging import places_of
from diary.services.outbox import mail_is_set_up, post

Letter = Callable[..., Message]
"""A letter of `diary.messaging.letters`: to whom, and what it says by name."""


def send_notice(session: Session, account_id: uuid.UUID, letter: Letter, *, now: datetime, **said: Any) -> None:
    """Put the notice of what happens now into the outbox, within a unit that is open already."""
    send_letter(session, account_id, letter, at=now, **said)


def send_letter(session: Session, account_id: uuid.UUID, letter: Letter, **said: Any) -> None:
    """Put a letter into the outbox where mail is set up and the account has an address; moments are said in its zone.

    The unit of work is open already.
    """
    account = session.get_one(Account, account_id)
    if not account.email or not mail_is_set_up():
        return
    place = next(places_of(session, account_id), None)
    clinic = session.get(Clinic, place.clinic_id) if place else None
    if place is None or clinic is None:
        return
    zone = ZoneInfo(clinic.time_zone)
    told = {name: value.astimezone(zone) if isinstance(value, datetime) else value for name, value in said.items()}
    language = place.language if place.patient_id else clinic.language
    whom = Recipient(account.email, language, place.clinic_id, account_id, place.patient_id)
    post(session, letter(whom, **told))
