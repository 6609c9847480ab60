"""Invites that are still good: found by their link, with what to do about one that is not."""

import unicodedata
import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.errors import Expired, Sentence
from diary.models import Account, Invite, Member, Patient
from diary.postgres import widen
from diary.security.tokens import read_clinic_token, token_hash
from diary.vocabulary import InvitePurpose, LifeCycle, MemberStatus

GOOD_FOR: Final = timedelta(hours=72)
LONGEST_SUGGESTION: Final = 12

UNKNOWN: Final = Sentence("This link is not known. Check that all of it was copied, or ask your clinic for a new one.")
USED: Final = Sentence(
    "This link was used already. If it was you, sign in with the name you chose. If it was not, tell your clinic."
)
WITHDRAWN: Final = Sentence("Your clinic withdrew this invite. Ask there if you think that is wrong.")
REPLACED: Final = Sentence("A newer link took the place of this one. Use the newest, or ask your clinic for another.")
OVER: Final = Sentence("This link was good for 72 hours, and they are over. Ask your clinic for a new one.")
NOBODY: Final = Sentence("This link is no longer good. Ask your clinic for a new one.")


def find_invite(session: Session, token: str, now: datetime, *, to_use: bool = False) -> Invite:
    """Return the invite behind a link; `to_use` holds it against everybody else until the unit ends.

    Raises:
        Expired: the link is unknown, used, withdrawn, replaced or older than 72 hours; the sentence says what to do.
    """
    read = read_clinic_token(token)
    if read is None:
        raise Expired(UNKNOWN)
    widen(session, [read[0]])  # whoever is signed in may be invited by another clinic
    wanted = select(Invite).where(Invite.clinic_id == read[0], Invite.token_hash == token_hash(read[1]))
    invite = session.scalar(wanted.with_for_update() if to_use else wanted)
    if invite is None:
        raise Expired(UNKNOWN)
    over = why_over(invite, now)
    if over is not None:
        raise Expired(over)
    return invite


def why_over(invite: Invite, now: datetime) -> Sentence | None:
    """Return why an invite is no longer good, or None while it is."""
    if invite.used_at is not None:
        return USED
    if invite.withdrawn_at is not None:
        return WITHDRAWN
    if invite.expires_at <= now:
        return REPLACED if invite.expires_at - invite.made_at < GOOD_FOR else OVER
    return None


def person_invited(session: Session, invite: Invite) -> Patient | Member:
    """Return the patient or the member whom an invite is for.

    Raises:
        Expired: they have an account by now, or are no longer expected.
    """
    person: Patient | Member | None
    if invite.purpose == InvitePurpose.PATIENT:
        person = session.get(Patient, (invite.clinic_id, invite.patient_id))
        welcome = person is not None and person.life_cycle not in (LifeCycle.MOVED, LifeCycle.DIED)
    else:
        person = session.get(Member, (invite.clinic_id, invite.member_id))
        welcome = person is not None and person.status == MemberStatus.INVITED
    if person is None or person.account_id is not None or not welcome:
        raise Expired(NOBODY)
    return person


def suggested_name(session: Session, invite: Invite, name: str) -> str:
    """Return a short name to sign in with that nobody has: a member's address, else a first name and two digits."""
    if invite.email and not _is_taken(session, invite.email):
        return invite.email
    base = _first_name(name) or "ebb"
    number = uuid.UUID(bytes=invite.token_hash[:16]).int % 90 + 10
    while _is_taken(session, f"{base}{number}"):
        number += 1
    return f"{base}{number}"


def _first_name(name: str) -> str:
    """Return the first given name in plain small letters: "Ramírez, Ana" is ana, "José Ramírez" is jose."""
    given = name.partition(",")[2].split() or name.split()
    plain = unicodedata.normalize("NFKD", given[0] if given else "").casefold()
    return "".join(letter for letter in plain if letter.isalnum())[:LONGEST_SUGGESTION]


def _is_taken(session: Session, name: str) -> bool:
    return session.scalar(select(Account.id).where(Account.sign_in_name == name)) is not None
