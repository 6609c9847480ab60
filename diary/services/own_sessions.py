"""Where an account is signed in, for its owner: seen, ended, and made short on a phone that others use too."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import Clinic, KnownDevice, SignedInSession
from diary.security.tokens import token_hash
from diary.services.live_sessions import end, is_live, renew, stop_push, taken, whose
from diary.services.looks import zone_of
from diary.services.second_factors import tell


@dataclass(frozen=True, slots=True)
class OwnSession:
    """One sign-in of an account: on what device, from which network, how it was proven, since when."""

    id: uuid.UUID
    device: str
    network: str
    proven_by: str
    began_at: datetime
    last_seen_at: datetime
    shared: bool
    has_lock: bool
    is_this: bool


@dataclass(frozen=True, slots=True)
class OwnDevice:
    """A device that one has signed in from."""

    first_seen_at: datetime
    last_seen_at: datetime
    is_this: bool


def read_own_sessions(who: Identity, token: str, *, clock: Clock) -> list[OwnSession]:
    """Return where one is signed in, in one's own time: this session first, then the one used last."""
    now, this = clock(), token_hash(token)
    theirs = (
        select(SignedInSession)
        .where(SignedInSession.account_id == who.account_id, SignedInSession.ended_at.is_(None))
        .order_by(SignedInSession.last_seen_at.desc(), SignedInSession.id)
    )
    with snapshot() as session:
        rows = [row for row in session.scalars(theirs) if is_live(row, now)]
        zone = _zone(session, who)
    return [_own(row, zone, row.token_hash == this) for row in sorted(rows, key=lambda row: row.token_hash != this)]


def read_known_devices(who: Identity, device: str | None) -> list[OwnDevice]:
    """Return the devices that one is known from, the one used last first; `device` is the one at hand."""
    theirs = select(KnownDevice).where(KnownDevice.account_id == who.account_id)
    here = token_hash(device or "")
    with snapshot() as session:
        rows = session.scalars(theirs.order_by(KnownDevice.last_seen_at.desc())).all()
        zone = _zone(session, who)
    return [
        OwnDevice(row.first_seen_at.astimezone(zone), row.last_seen_at.astimezone(zone), row.token_hash == here)
        for row in rows
    ]


def end_own_session(account_id: uuid.UUID, session_id: uuid.UUID, *, clock: Clock) -> None:
    """End one session of an account at once; done twice, it is done once.

    Raises:
        NotThere: it is not theirs, or there is none of that id.
    """
    with transaction() as session:
        row = session.scalar(
            select(SignedInSession)
            .where(SignedInSession.id == session_id, SignedInSession.account_id == account_id)
            .with_for_update()
        )
        if row is None:
            raise NotThere
        if row.ended_at is None:
            end(session, row, clock())


def forget_devices(account_id: uuid.UUID, *, clock: Clock) -> None:
    """Know an account from no device any more."""
    with transaction() as session:
        session.execute(delete(KnownDevice).where(KnownDevice.account_id == account_id))
        tell(session, account_id, "devices.forgotten", now=clock())


def share_session(token: str, device: str | None, *, clock: Clock) -> str:
    """Make this session one of a shared phone for good, and return its new token.

    The account is not known from the device any more.

    Raises:
        NotThere: the session ended meanwhile.
    """
    now = clock()
    with transaction() as session:
        row = taken(session, token, now)
        if row is None or whose(session, row) is None:
            raise NotThere
        hashed = token_hash(device or "")
        here = delete(KnownDevice).where(KnownDevice.account_id == row.account_id, KnownDevice.token_hash == hashed)
        session.execute(here)
        if not row.shared:
            row.shared = True
            stop_push(session, row)
            tell(session, row.account_id, "session.shared", now=now)
        return renew(session, row, now)


def _zone(session: Session, who: Identity) -> ZoneInfo:
    if who.clinic_id is None:
        raise NotThere
    if who.patient_id is not None:
        return zone_of(session, who.clinic_id, who.patient_id)
    return ZoneInfo(session.get_one(Clinic, who.clinic_id).time_zone)


def _own(row: SignedInSession, zone: ZoneInfo, is_this: bool) -> OwnSession:
    return OwnSession(
        id=row.id,
        device=row.device,
        network=row.network,
        proven_by=row.proven_by,
        began_at=row.created_at.astimezone(zone),
        last_seen_at=row.last_seen_at.astimezone(zone),
        shared=row.shared,
        has_lock=row.lock_hash is not None,
        is_this=is_this,
    )
