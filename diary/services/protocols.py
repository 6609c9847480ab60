"""Protocols of a clinic: templates for courses as the clinic wrote them itself. Ebb brings none along."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.doses import units_of
from diary.clinical.medicines import check_medicines
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import Protocol
from diary.services import audit


@dataclass(frozen=True, slots=True)
class ProtocolSaid:
    """What a protocol says.

    Attributes:
        name: as the clinic calls it.
        medicines: ordered codes, the governing one first.
        days: infusion days in a row.
        hours: hours of infusion a day.
        unit: in which doses are written down.
        dose_range: the clinic's own words, to be read beside the form; never a number that anything is made of.
    """

    name: str
    medicines: tuple[str, ...]
    days: int
    hours: Decimal | None = None
    unit: str | None = None
    dose_range: str = ""

    def plain(self) -> dict[str, Any]:
        """Return it as the audit keeps it."""
        return {
            "name": self.name,
            "medicines": "+".join(self.medicines),
            "days": self.days,
            "hours": None if self.hours is None else str(self.hours),
            "unit": self.unit,
            "dose_range": self.dose_range,
        }


def read_protocols(who: Identity, clinic_id: uuid.UUID) -> Sequence[Protocol]:
    """Return the protocols of a clinic, those in use first, each by its name."""
    require(who, Permission.CLINIC_READ, Subject(clinic_id))
    with snapshot() as session:
        rows = select(Protocol).where(Protocol.clinic_id == clinic_id)
        return session.scalars(rows.order_by(Protocol.retired_at.is_not(None), Protocol.name, Protocol.id)).all()


def add_protocol(
    who: Identity, clinic_id: uuid.UUID, said: ProtocolSaid, *, client_ref: uuid.UUID | None, clock: Clock
) -> uuid.UUID:
    """Add a protocol; the same form sent twice adds it once.

    Raises:
        Invalid: the name is taken by one in use, or the unit does not fit.
        Changed: the form was sent before with something else.
    """
    require(who, Permission.PROTOCOLS_WRITE, Subject(clinic_id))
    with transaction() as session:
        now, sent = clock(), session.get(Protocol, (clinic_id, client_ref)) if client_ref else None
        if sent is not None:
            if said_by(sent) != said:
                raise Changed(Sentence("This form was sent before with something else. Look at the page again."))
            return sent.id
        _check(session, clinic_id, said)
        protocol = Protocol(
            clinic_id=clinic_id, id=client_ref or uuid.uuid4(), made_at=now, made_by=who.member_id, **_columns(said)
        )
        session.add(protocol)
        session.flush()
        content = {"protocol": str(protocol.id), "said": said.plain()}
        audit.write(session, who, "protocol.added", about=Subject(clinic_id), at=now, content=content)
        return protocol.id


def change_protocol(
    who: Identity, clinic_id: uuid.UUID, protocol_id: uuid.UUID, said: ProtocolSaid, *, clock: Clock
) -> None:
    """Change a protocol; courses that were planned from it stay as they are.

    Raises:
        Invalid: the name is taken by another one in use, or the unit does not fit.
    """
    require(who, Permission.PROTOCOLS_WRITE, Subject(clinic_id))
    with transaction() as session:
        protocol = _in_use(session, clinic_id, protocol_id)
        before = said_by(protocol)
        if before == said:
            return
        _check(session, clinic_id, said, but=protocol_id)
        for name, value in _columns(said).items():
            setattr(protocol, name, value)
        content = {"protocol": str(protocol.id), "before": before.plain(), "after": said.plain()}
        audit.write(session, who, "protocol.changed", about=Subject(clinic_id), at=clock(), content=content)


def retire_protocol(who: Identity, clinic_id: uuid.UUID, protocol_id: uuid.UUID, *, clock: Clock) -> None:
    """Retire a protocol: it is not offered any more, and stays readable."""
    require(who, Permission.PROTOCOLS_WRITE, Subject(clinic_id))
    with transaction() as session:
        protocol = _in_use(session, clinic_id, protocol_id)
        protocol.retired_at = clock()
        content = {"protocol": str(protocol.id)}
        audit.write(session, who, "protocol.retired", about=Subject(clinic_id), at=clock(), content=content)


def said_by(protocol: Protocol) -> ProtocolSaid:
    """Return what a stored protocol says."""
    return ProtocolSaid(**{name: getattr(protocol, name) for name in ProtocolSaid.__dataclass_fields__})


def _columns(said: ProtocolSaid) -> dict[str, Any]:
    return {name: getattr(said, name) for name in ProtocolSaid.__dataclass_fields__}


def _in_use(session: Session, clinic_id: uuid.UUID, protocol_id: uuid.UUID) -> Protocol:
    protocol = session.get(Protocol, (clinic_id, protocol_id))
    if protocol is None or protocol.retired_at is not None:
        raise NotThere
    return protocol


def _check(session: Session, clinic_id: uuid.UUID, said: ProtocolSaid, *, but: uuid.UUID | None = None) -> None:
    check_medicines(said.medicines)
    if said.unit is not None and said.unit not in units_of(said.medicines[0]):
        units = ", ".join(units_of(said.medicines[0]))
        raise Invalid(unit=Sentence("This medicine is written down in %(units)s.", units=units))
    same = select(Protocol.id).where(
        Protocol.clinic_id == clinic_id, Protocol.name == said.name, Protocol.retired_at.is_(None)
    )
    if any(found != but for found in session.scalars(same)):
        raise Invalid(name=Sentence("A protocol in use has this name already."))
