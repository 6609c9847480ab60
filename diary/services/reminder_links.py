"""The links in reminders: their tokens name their clinic and are kept as hashes; what is no good is told in one way."""

import base64
import hmac
import uuid
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.errors import Expired, Sentence
from diary.installation import installation
from diary.languages import known_language
from diary.models import Patient
from diary.security.secret_keys import names_key
from diary.security.tokens import clinic_token, new_short_token, read_clinic_token, token_hash

OCTETS: Final = 16
LONGEST_TOKEN: Final = 100
OPENS_NOTHING: Final = Sentence(
    "This link opens nothing: it was used, its day is over, or a part of it is missing. If you have answered, your "
    "answer is in. To answer, open Ebb and sign in; if that does not work, call your clinic."
)
"""Said of every link that is no good, so that nobody learns whether there ever was such a one."""


def address_of(path: str, token: str = "") -> str:
    """Return a whole address of this installation: a job has no request to take it from."""
    return f"{installation().settings.address}{path}{token}"


def new_link(clinic_id: uuid.UUID, path: str) -> tuple[str, bytes]:
    """Return the address of a new link of 128 random bits, and the hash that is kept of it."""
    token = clinic_token(clinic_id, new_short_token())
    return address_of(path, token), token_hash(token)


def stop_token(clinic_id: uuid.UUID, patient_id: uuid.UUID) -> str:
    """Return the token that stops a patient's mails, the same in all of them; it follows from the names key."""
    key = names_key(installation().settings).encode()
    made = hmac.new(key, f"stop reminders:{clinic_id}:{patient_id}".encode(), sha256).digest()[:OCTETS]
    return clinic_token(clinic_id, base64.urlsafe_b64encode(made).decode().rstrip("="))


def row_behind(session: Session, token: str, column: InstrumentedAttribute[Any]) -> Any:
    """Return the row whose `column` holds the hash of a token, found within the clinic that the token names.

    Raises:
        Expired: there is none.
    """
    read = read_clinic_token(token) if len(token) <= LONGEST_TOKEN and token.isascii() else None
    table = column.class_
    wanted = select(table).where(table.clinic_id == (read or (None, ""))[0], column == token_hash(token))
    row = session.scalar(wanted) if read else None
    if row is None:
        raise Expired(OPENS_NOTHING)
    return row


def who_is(session: Session, patient: Subject) -> Identity:
    """Return the patient who acts by a link alone: it was sent to them."""
    row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
    language = known_language(row.language)
    return Identity(row.account_id, row.clinic_id, patient_id=row.id, name=row.name, language=language)
