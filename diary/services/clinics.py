"""Clinics and their staff."""

import uuid
from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere
from diary.models import Clinic, ClinicTally, Member, Patient
from diary.services import audit
from diary.services.rules import first_rules
from diary.vocabulary import MemberStatus, Role


def add_clinic(who: Identity, name: str, *, clock: Clock, **fields: str) -> uuid.UUID:
    """Add a clinic with the default rules and return its id; `fields` as in `put_clinic`."""
    with transaction() as session:
        return put_clinic(session, who, name, clock=clock, **fields)


def put_clinic(
    session: Session,
    who: Identity,
    name: str,
    *,
    clock: Clock,
    phone: str = "",
    emergency_number: str = "",
    time_zone: str = "UTC",
) -> uuid.UUID:
    """Add a clinic within a unit that is open already."""
    clinic_id, now = uuid.uuid4(), clock()
    require(who, Permission.CLINIC_WRITE, Subject(clinic_id))
    session.add(
        Clinic(
            clinic_id=clinic_id,
            name=name,
            phone=phone,
            emergency_number=emergency_number,
            time_zone=time_zone,
            made_at=now,
        )
    )
    session.flush()
    session.add(ClinicTally(clinic_id=clinic_id, counts={}, counted_at=now, out_of_date=True))
    audit.write(session, who, "clinic.added", about=Subject(clinic_id), at=now, content={"name": name})
    first_rules(session, who, clinic_id, now=now)
    session.flush()
    return clinic_id


def change_clinic(who: Identity, clinic_id: uuid.UUID, *, clock: Clock, **fields: str) -> None:
    """Change name, phone or emergency number of a clinic."""
    about = Subject(clinic_id)
    require(who, Permission.CLINIC_WRITE, about)
    with transaction() as session:
        clinic = session.get_one(Clinic, clinic_id)
        changed = {name: value for name, value in fields.items() if getattr(clinic, name) != value}
        for name, value in changed.items():
            setattr(clinic, name, value)
        if changed:
            audit.write(session, who, "clinic.changed", about=about, at=clock(), content={"fields": changed})


def clinic_of(who: Identity) -> Clinic:
    """Return the clinic `who` is at work in."""
    with snapshot() as session:
        clinic = session.get(Clinic, who.clinic_id) if who.clinic_id else None
    if clinic is None:
        raise NotThere
    return clinic


def clinics_named(session: Session, name: str | None) -> list[Clinic]:
    """Return the clinics of that name, or all of them, by name."""
    clinics = select(Clinic).order_by(Clinic.name, Clinic.clinic_id)
    return list(session.scalars(clinics if name is None else clinics.where(Clinic.name == name)))


def the_clinic(session: Session, name: str | None) -> Clinic:
    """Return the named clinic, or the only one.

    Raises:
        Invalid: there is none of that name, or there are several and none was named.
    """
    found = clinics_named(session, name)
    if len(found) == 1:
        return found[0]
    if name is not None:
        raise Invalid(f"There is no clinic called {name!r}." if not found else f"Several clinics are called {name!r}.")
    if not found:
        raise Invalid("There is no clinic yet: add one with `admin create EMAIL --clinic NAME`.")
    names = ", ".join(repr(clinic.name) for clinic in found)
    raise Invalid(f"There are several clinics: name one with --clinic ({names}).")


def put_member(
    session: Session, who: Identity, clinic_id: uuid.UUID, *, name: str, roles: Iterable[Role], clock: Clock
) -> Member:
    """Add an invited member within a unit that is open already."""
    about = Subject(clinic_id)
    require_confirmed(who, Permission.MEMBERS_WRITE, about, now=clock())
    known = tuple(sorted(role.value for role in roles))
    member = Member(
        clinic_id=clinic_id,
        id=uuid.uuid4(),
        name=name,
        roles=known,
        status=MemberStatus.INVITED,
        made_at=clock(),
    )
    session.add(member)
    session.flush()
    said = {"member": str(member.id), "roles": list(known)}
    audit.write(session, who, "member.added", about=about, at=clock(), content=said)
    return member


def active_members(who: Identity, clinic_id: uuid.UUID) -> list[Member]:
    """Return the active staff of a clinic, by name."""
    require(who, Permission.CLINIC_READ, Subject(clinic_id))
    with snapshot() as session:
        members = select(Member).where(Member.clinic_id == clinic_id, Member.status == MemberStatus.ACTIVE)
        return list(session.scalars(members.order_by(Member.name)))


def member_named(clinic_id: uuid.UUID, name: str) -> Identity:
    """Return who the active member of that name is.

    Raises:
        NotThere: nobody is called so.
    """
    with snapshot() as session:
        wanted = select(Member).where(
            Member.clinic_id == clinic_id, Member.name == name, Member.status == MemberStatus.ACTIVE
        )
        member = session.scalar(wanted)
    if member is None:
        raise NotThere
    roles = frozenset(Role(role) for role in member.roles)
    return Identity(member.account_id, clinic_id, member.id, roles, name=member.name)


def count_clinics() -> int:
    """Return how many clinics this installation serves."""
    with snapshot() as session:
        return len(clinics_named(session, None))


def count_patients() -> int:
    """Return how many patients this installation holds."""
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(Patient)) or 0
