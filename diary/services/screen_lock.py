"""The screen lock: a PIN before one session on one phone, for patients who stay signed in for weeks."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require_confirmed
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Expired, Invalid, NotThere, Sentence
from diary.models import SignedInSession
from diary.security.passwords import Passwords
from diary.security.pins import check_new_pin
from diary.services import audit
from diary.services.live_sessions import end, renew, taken

MOST_WRONG: Final = 5


@dataclass(frozen=True, slots=True)
class Tried:
    """A try of a PIN that has been counted and not been looked at yet."""

    hash: str
    left: int


def ask_for_lock(who: Identity, *, clock: Clock) -> None:
    """Ask whether `who` may change the screen lock, before they are shown how.

    Raises:
        ConfirmFirst: it is longer than five minutes ago that they proved who they are.
    """
    require_confirmed(who, Permission.SCREEN_LOCK, _own(who), now=clock())


def set_lock(who: Identity, token: str, pin: str, *, passwords: Passwords, clock: Clock) -> None:
    """Put a PIN before this session, or another one in its place.

    Raises:
        Invalid: it is no PIN, or one that is tried first.
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
        NotThere: the session ended meanwhile.
    """
    ask_for_lock(who, clock=clock)
    check_new_pin(pin)
    _change(who, token, passwords.hash(pin), "screen_lock.set", clock)


def remove_lock(who: Identity, token: str, *, clock: Clock) -> None:
    """Take the PIN away from before this session; done twice, it is done once.

    Raises:
        ConfirmFirst: it is longer than five minutes ago that `who` proved who they are.
        NotThere: the session ended meanwhile.
    """
    ask_for_lock(who, clock=clock)
    _change(who, token, None, "screen_lock.removed", clock)


def lock_now(token: str, *, clock: Clock) -> None:
    """Shut the lock at once; a session without one stays open."""
    now = clock()
    with transaction() as session:
        row = taken(session, token, now)
        if row is not None and row.lock_hash is not None:
            row.locked_at = row.locked_at or now


def unlock(token: str, pin: str, *, passwords: Passwords, clock: Clock) -> str:
    """Return the new token of a session that the right PIN opens; the fifth wrong one ends it.

    Raises:
        Invalid: the PIN is wrong; says how many tries are left.
        Expired: it was wrong too often, or the session ended meanwhile: sign in again.
    """
    tried = _count(token, clock)
    if not passwords.verify(tried.hash, pin.strip()):
        if tried.left == 0:
            _end(token, clock)
            raise Expired(ENDED)
        raise Invalid(pin=Sentence("This PIN is not right. Tries left: %(number)s.", number=tried.left))
    now = clock()
    with transaction() as session:
        row = taken(session, token, now)
        if row is None or row.lock_hash != tried.hash:
            raise Expired(ENDED)
        row.locked_at, row.lock_failures = None, 0
        return renew(session, row, now)


def _count(token: str, clock: Clock) -> Tried:
    """Count a try before it is looked at, so that twenty at once are twenty."""
    with transaction() as session:
        row = taken(session, token, clock())
        if row is None or row.lock_hash is None or row.lock_failures >= MOST_WRONG:
            raise Expired(ENDED)
        row.lock_failures += 1
        return Tried(row.lock_hash, MOST_WRONG - row.lock_failures)


def _end(token: str, clock: Clock) -> None:
    now = clock()
    with transaction() as session:
        row = taken(session, token, now)
        if row is not None:
            end(session, row, now)


def _change(who: Identity, token: str, hashed: str | None, action: str, clock: Clock) -> None:
    now = clock()
    with transaction() as session:
        row = _own_row(session, who, token, clock)
        if hashed is None and row.lock_hash is None:
            return
        row.lock_hash, row.lock_failures, row.locked_at = hashed, 0, None
        audit.write(session, who, action, about=_own(who), at=now)


def _own_row(session: Session, who: Identity, token: str, clock: Clock) -> SignedInSession:
    row = taken(session, token, clock())
    if row is None or row.account_id != who.account_id:
        raise NotThere
    return row


def _own(who: Identity) -> Subject:
    if who.clinic_id is None:
        raise NotThere
    return Subject(who.clinic_id, who.patient_id)


ENDED: Final = Sentence("The PIN was wrong too often, so this sign-in was ended. Sign in again.")
