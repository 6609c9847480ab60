"""Second factors of an account: the codes of an authenticator app, and recovery codes for when it is lost."""

import base64
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, Refused, Sentence
from diary.installation import installation
from diary.messaging.letters import second_factor_added
from diary.models import Account, OneTimeCodes, Passkey, RecoveryCode
from diary.security.one_time_codes import matching_step, new_secret
from diary.security.recovery_codes import code_hash, new_codes
from diary.security.sealing import Seal
from diary.services import audit, throttle
from diary.services.belonging import places_of
from diary.services.devices import UNSEEN, Visit, counters_of_code
from diary.services.notices import send_notice
from diary.vocabulary import Proof

SECRET_BYTES: Final = 20


@dataclass(frozen=True, slots=True)
class Factors:
    """What an account has beside its password."""

    has_password: bool
    has_app: bool
    passkeys: int
    recovery_codes: int

    @property
    def any(self) -> bool:
        """Whether there is a second factor at all."""
        return self.has_app or self.passkeys > 0


def factors_of(account_id: uuid.UUID) -> Factors:
    """Return what an account has beside its password."""
    with snapshot() as session:
        return read_factors(session, account_id)


def read_factors(session: Session, account_id: uuid.UUID) -> Factors:
    """Return what an account has, within a unit that is open already."""
    codes = select(func.count()).where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    passkeys = select(func.count()).where(Passkey.account_id == account_id)
    return Factors(
        has_password=session.get_one(Account, account_id).password_hash is not None,
        has_app=session.get(OneTimeCodes, account_id) is not None,
        passkeys=session.scalar(passkeys) or 0,
        recovery_codes=session.scalar(codes) or 0,
    )


def offered_secret(account_id: uuid.UUID, session_id: uuid.UUID) -> str:
    """Return the secret that an app is offered during one session; showing it stores nothing."""
    with snapshot() as session:
        app = session.get(OneTimeCodes, account_id)
    since = app.made_at.isoformat() if app else ""
    key = installation().settings.secret_key.encode()
    digest = hmac.new(key, f"ebb:offered app:{account_id}:{session_id}:{since}".encode(), sha256).digest()
    return base64.b32encode(digest[:SECRET_BYTES]).decode()


def keep_first_app(
    account_id: uuid.UUID, session_id: uuid.UUID, code: str, *, clock: Clock, visit: Visit = UNSEEN
) -> list[str]:
    """Keep the app that was offered to somebody without a second factor, and return their recovery codes, once.

    Raises:
        Refused: the account has a second factor: a password alone gives it no other one.
        Invalid: the code is not the one that the app shows now.
        Throttled: there were too many wrong codes.
    """
    secret, step = shown_by_app(account_id, session_id, code, clock, visit)
    with transaction() as session:
        now = clock()
        if read_factors(session, account_id).any:
            raise Refused(Sentence("This account has a second factor already: sign in with it."))
        put_app(session, account_id, secret, step=step, now=now)
        return put_codes(session, account_id, now=now)


def replace_app(
    account_id: uuid.UUID, session_id: uuid.UUID, code: str, *, clock: Clock, visit: Visit = UNSEEN
) -> None:
    """Keep the app that was offered to somebody who is signed in, in place of an earlier one.

    Raises:
        Invalid: the code is not the one that the app shows now.
        Throttled: there were too many wrong codes.
    """
    secret, step = shown_by_app(account_id, session_id, code, clock, visit)
    with transaction() as session:
        put_app(session, account_id, secret, step=step, now=clock())


def give_app(account_id: uuid.UUID, *, clock: Clock) -> str:
    """Give an account of an installation without real people an app, and return its secret."""
    secret = new_secret()
    with transaction() as session:
        put_app(session, account_id, secret, now=clock())
    return secret


def shown_by_app(
    account_id: uuid.UUID, session_id: uuid.UUID, code: str, clock: Clock, visit: Visit
) -> tuple[str, int]:
    """Return the secret that was offered and the time step of `code`, which proves that an app holds it."""
    secret, counters = offered_secret(account_id, session_id), counters_of_code(account_id, visit)
    throttle.begin_attempt(counters, clock=clock)
    step = matching_step(secret, code, clock())
    if step is None:
        raise Invalid(code=WRONG_CODE)
    throttle.attempt_succeeded(counters, clock=clock)
    return secret, step


def put_app(session: Session, account_id: uuid.UUID, secret: str, *, now: datetime, step: int = 0) -> None:
    """Give an account an app within a unit that is open already; `step` is that of the code that was seen."""
    app = session.get(OneTimeCodes, account_id)
    if app is None:
        app = OneTimeCodes(account_id=account_id)
        session.add(app)
    app.secret = seal().close(secret.encode(), owner=account_id.bytes)
    app.last_step, app.made_at = step, now
    session.flush()
    tell(session, account_id, "second_factor.added", now=now, kind="app")
    send_notice(session, account_id, second_factor_added, now=now)


def new_recovery_codes(account_id: uuid.UUID, *, clock: Clock) -> list[str]:
    """Return ten new recovery codes; those printed before are worth nothing any more."""
    with transaction() as session:
        return put_codes(session, account_id, now=clock())


def put_codes(session: Session, account_id: uuid.UUID, *, now: datetime) -> list[str]:
    """Make new recovery codes within a unit that is open already."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    codes = new_codes()
    session.add_all(
        RecoveryCode(account_id=account_id, code_hash=code_hash(account_id, code), made_at=now) for code in codes
    )
    session.flush()
    tell(session, account_id, "second_factor.added", now=now, kind="recovery codes")
    return codes


def remove_all(session: Session, account_id: uuid.UUID, *, now: datetime) -> None:
    """Remove every second factor of an account within a unit that is open already, to make room for a new one."""
    session.execute(delete(OneTimeCodes).where(OneTimeCodes.account_id == account_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(delete(Passkey).where(Passkey.account_id == account_id))
    tell(session, account_id, "second_factor.removed", now=now, kind="all")


def check_code(account_id: uuid.UUID, code: str, *, clock: Clock, visit: Visit = UNSEEN) -> Proof:
    """Take the code of the app or a recovery code, each once, and say which it was.

    Raises:
        Invalid: it is neither, or it was taken before.
        Throttled: there were too many wrong codes.
    """
    counters = counters_of_code(account_id, visit)
    throttle.begin_attempt(counters, clock=clock)
    with transaction() as session:
        now = clock()
        proof = _take(session, account_id, code, now)
    if proof is None:
        raise Invalid(code=WRONG_CODE)
    throttle.attempt_succeeded(counters, clock=clock)
    return proof


def _take(session: Session, account_id: uuid.UUID, code: str, now: datetime) -> Proof | None:
    app = session.get(OneTimeCodes, account_id)
    step = matching_step(_opened(app), code, now) if app else None
    if step is not None:
        newer = update(OneTimeCodes).where(OneTimeCodes.account_id == account_id, OneTimeCodes.last_step < step)
        return Proof.CODE if _touched(session, newer.values(last_step=step)) else None
    printed = update(RecoveryCode).where(
        RecoveryCode.account_id == account_id,
        RecoveryCode.code_hash == code_hash(account_id, code),
        RecoveryCode.used_at.is_(None),
    )
    if not _touched(session, printed.values(used_at=now)):
        return None
    tell(session, account_id, "second_factor.used_up", now=now, kind="recovery code")
    return Proof.RECOVERY_CODE


def tell(session: Session, account_id: uuid.UUID, action: str, *, now: datetime, **said: str) -> None:
    """Write what happened to an account into the audit of each clinic where it belongs."""
    for who in places_of(session, account_id):
        if who.clinic_id is not None:
            audit.write(session, who, action, about=Subject(who.clinic_id, who.patient_id), at=now, content=said)


def _touched(session: Session, statement: Any) -> bool:
    """Say whether the statement changed a row: of twenty at once only one does."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount == 1


def _opened(app: OneTimeCodes) -> str:
    return seal().open(app.secret, owner=app.account_id.bytes).decode()


def seal() -> Seal:
    """Return the seal of what is kept here."""
    return Seal.of(installation().settings, "one-time codes")


WRONG_CODE: Final = Sentence("This code is not right, or it was used before. Wait for the next one and try again.")
