"""Passkeys of an account: signing in with one, proving who one is, adding and removing them."""

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import require_fresh
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Refused, Sentence
from diary.messaging.letters import passkey_added
from diary.models import Account, Passkey
from diary.security.passkeys import NewPasskey, Site
from diary.services import throttle
from diary.services.belonging import works_as_staff
from diary.services.ceremonies import (
    NOT_PROVEN,
    Answer,
    Question,
    ask_for_new,
    ask_known,
    credential_named,
    made_passkey,
    proven_account,
)
from diary.services.devices import Visit, counters_of_passkey
from diary.services.notices import send_notice
from diary.services.second_factors import put_codes, read_factors, tell
from diary.services.sign_in import start_session
from diary.vocabulary import Proof

LONGEST_NAME: Final = 60
KNOWN: Final = Sentence("This passkey is known already.")
LAST_FACTOR: Final = Sentence(
    "This is your last second factor: add another passkey or an authenticator app first, then remove this one."
)
LAST_WAY: Final = Sentence("This is your only way to sign in: set a password or add another passkey first.")


@dataclass(frozen=True, slots=True)
class OwnPasskey:
    """A passkey as its owner sees it."""

    key: str
    name: str
    made_at: datetime
    last_used_at: datetime | None


def ask_to_sign_in(*, site: Site, visit: Visit, clock: Clock) -> Question:
    """Ask whoever is there for a passkey.

    Raises:
        Throttled: too many were asked from there and gave no answer.
    """
    throttle.begin_attempt(_asked_from(visit), clock=clock)
    return ask_known(None, site=site, clock=clock)


def sign_in_with_passkey(answer: Answer, *, site: Site, visit: Visit, clock: Clock, shared: bool = False) -> str:
    """Return the token of a new session, signed in to the end: the device has asked for its owner's finger or PIN.

    Raises:
        Invalid: the answer is not that of a passkey of ours; nobody is told why.
        Throttled: there were too many attempts.
    """
    counters = counters_of_passkey(credential_named(answer), visit)
    throttle.begin_attempt(counters, clock=clock)
    with transaction() as session:
        account_id = proven_account(session, answer, None, site=site, now=clock())
        account = session.get(Account, account_id) if account_id else None
    token = None
    if account is not None and account.disabled_at is None:
        token = start_session(account.id, visit=visit, proof=Proof.PASSKEY, shared=shared, clock=clock)
    if token is None:
        raise Invalid(NOT_PROVEN)
    throttle.attempt_succeeded([*counters, *_asked_from(visit)], clock=clock)
    return token


def check_passkey(account_id: uuid.UUID, answer: Answer, *, site: Site, clock: Clock) -> Proof:
    """Take the answer of a passkey of somebody who is signed in, or halfway.

    Raises:
        Invalid: it is not one of theirs, or was asked for by somebody else, or too long ago, or was taken before.
    """
    with transaction() as session:
        proven = proven_account(session, answer, account_id, site=site, now=clock())
    if proven is None:
        raise Invalid(NOT_PROVEN)
    return Proof.PASSKEY


def keep_first_passkey(account_id: uuid.UUID, answer: Answer, *, name: str, site: Site, clock: Clock) -> list[str]:
    """Keep the passkey of somebody without a second factor, and return their recovery codes, once.

    Raises:
        Refused: the account has a second factor: a password alone gives it no other one.
        Invalid: the answer is not that of a new passkey for this account.
    """
    with transaction() as session:
        now = clock()
        if read_factors(session, account_id).any:
            raise Refused(Sentence("This account has a second factor already: sign in with it."))
        new = made_passkey(session, answer, account_id, site=site, now=now)
        if new is not None:
            put_passkey(session, account_id, new, name=name, now=now)
            return put_codes(session, account_id, now=now)
    raise Invalid(NOT_PROVEN)


def ask_for_own(who: Identity, *, site: Site, clock: Clock) -> Question:
    """Ask for one more passkey of whoever is signed in."""
    require_fresh(who, now=clock())
    return ask_for_new(_account_of(who), site=site, clock=clock)


def add_passkey(who: Identity, answer: Answer, *, name: str, site: Site, clock: Clock) -> None:
    """Keep one more passkey of whoever is signed in.

    Raises:
        ConfirmFirst: it is minutes since they proved who they are.
        Invalid: the answer is not that of a new passkey for this account.
    """
    require_fresh(who, now=clock())
    account_id = _account_of(who)
    with transaction() as session:
        now = clock()
        new = made_passkey(session, answer, account_id, site=site, now=now)
        if new is not None:
            put_passkey(session, account_id, new, name=name, now=now)
    if new is None:
        raise Invalid(NOT_PROVEN)


def put_passkey(session: Session, account_id: uuid.UUID, new: NewPasskey, *, name: str, now: datetime) -> None:
    """Give an account a passkey within a unit that is open already.

    Raises:
        Invalid: it is somebody's already.
    """
    if session.get(Passkey, new.credential_id) is not None:
        raise Invalid(KNOWN)
    session.add(
        Passkey(
            credential_id=new.credential_id,
            account_id=account_id,
            public_key=new.public_key,
            sign_count=new.sign_count,
            name=name.strip()[:LONGEST_NAME],
            made_at=now,
        )
    )
    session.flush()
    tell(session, account_id, "second_factor.added", now=now, kind="passkey")
    send_notice(session, account_id, passkey_added, now=now)


def passkeys_of(who: Identity) -> list[OwnPasskey]:
    """Return the passkeys of whoever is signed in, the oldest first."""
    mine = select(Passkey).where(Passkey.account_id == _account_of(who)).order_by(Passkey.made_at, Passkey.name)
    with snapshot() as session:
        return [
            OwnPasskey(_text(one.credential_id), one.name, one.made_at, one.last_used_at)
            for one in session.scalars(mine)
        ]


def remove_passkey(who: Identity, key: str, *, clock: Clock) -> None:
    """Remove a passkey of whoever is signed in; what is left must still let them in.

    Raises:
        ConfirmFirst: it is minutes since they proved who they are.
        NotThere: they have no such passkey.
        Invalid: it is the last second factor of staff, or the only way to sign in.
    """
    require_fresh(who, now=clock())
    account_id = _account_of(who)
    with transaction() as session:
        session.get_one(Account, account_id, with_for_update=True)  # of two removed at once, the second sees the first
        theirs = session.scalars(select(Passkey).where(Passkey.account_id == account_id))
        passkey = next((one for one in theirs if _text(one.credential_id) == key), None)
        if passkey is None:
            raise NotThere
        _check_not_last(session, account_id)
        session.delete(passkey)
        tell(session, account_id, "second_factor.removed", now=clock(), kind="passkey")


def _check_not_last(session: Session, account_id: uuid.UUID) -> None:
    factors = read_factors(session, account_id)
    if factors.passkeys > 1:
        return
    if works_as_staff(session, account_id) and not factors.has_app:
        raise Invalid(LAST_FACTOR)
    if not factors.has_password:
        raise Invalid(LAST_WAY)


def _account_of(who: Identity) -> uuid.UUID:
    if who.account_id is None:
        raise NotThere
    return who.account_id


def _asked_from(visit: Visit) -> list[throttle.Counted]:
    return [throttle.Counted(throttle.QUESTION, throttle.network_of(visit.address))]


def _text(credential_id: bytes) -> str:
    return base64.urlsafe_b64encode(credential_id).decode()
