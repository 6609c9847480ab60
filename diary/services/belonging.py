"""Where an account belongs: the member or the patient it is in each of its clinics."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Table, and_, bindparam, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.languages import known_language
from diary.models import Account, AccountClinic, Member, Patient, SignedInSession
from diary.postgres import widen
from diary.prepared import Prepared
from diary.vocabulary import LifeCycle, MemberStatus, Role

HAVE_LEFT: Final = (LifeCycle.MOVED, LifeCycle.DIED)
_session, _account = cast("Table", SignedInSession.__table__), cast("Table", Account.__table__)
_member, _patient, _known = (cast("Table", one.__table__) for one in (Member, Patient, AccountClinic))
_AS_STAFF: Final = (
    select(_known.c.account_id)
    .join(_member, and_(_known.c.clinic_id == _member.c.clinic_id, _known.c.account_id == _member.c.account_id))
    .where(_known.c.account_id == _session.c.account_id)
    .exists()
)
_PLACE: Final = Prepared(
    select(
        *_session.c,
        _account.c.disabled_at,
        _AS_STAFF.label("is_staff"),
        _member.c.id.label("as_member"),
        _member.c.name.label("member_name"),
        _member.c.roles,
        _member.c.status,
        _patient.c.id.label("as_patient"),
        _patient.c.name.label("patient_name"),
        _patient.c.language,
        _patient.c.life_cycle,
    )
    .join(_account, _account.c.id == _session.c.account_id)
    .outerjoin(
        _member, and_(_member.c.clinic_id == _session.c.clinic_id, _member.c.account_id == _session.c.account_id)
    )
    .outerjoin(
        _patient, and_(_patient.c.clinic_id == _session.c.clinic_id, _patient.c.account_id == _session.c.account_id)
    )
    .where(_session.c.token_hash == bindparam("hashed"))
)


def places_of(session: Session, account_id: uuid.UUID) -> Iterator[Identity]:
    """Yield who an account is in each clinic that still knows it."""
    clinic_ids = (
        select(AccountClinic.clinic_id).where(AccountClinic.account_id == account_id).order_by(AccountClinic.clinic_id)
    )
    known = session.scalars(clinic_ids).all()
    widen(session, known)
    for clinic_id in known:
        who = who_in(session, account_id, clinic_id)
        if who is not None:
            yield who


def works_as_staff(session: Session, account_id: uuid.UUID) -> bool:
    """Say whether an account is a member of staff anywhere, suspended or not, and so has a second factor."""
    widen(session, session.scalars(select(AccountClinic.clinic_id).where(AccountClinic.account_id == account_id)))
    here = (AccountClinic.clinic_id == Member.clinic_id) & (AccountClinic.account_id == Member.account_id)
    member = select(Member.id).join(AccountClinic, here).where(AccountClinic.account_id == account_id)
    return session.scalar(member.limit(1)) is not None


def who_in(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> Identity | None:
    """Return who an account is in a clinic: an active member, else a patient who has not left; else nobody."""
    member = session.scalar(select(Member).where(Member.clinic_id == clinic_id, Member.account_id == account_id))
    if member is not None and member.status == MemberStatus.ACTIVE:
        return _as_member(account_id, clinic_id, member.id, member.roles, member.name)
    patient = session.scalar(select(Patient).where(Patient.clinic_id == clinic_id, Patient.account_id == account_id))
    if patient is not None and patient.life_cycle not in HAVE_LEFT:
        return _as_patient(account_id, clinic_id, patient.id, patient.name, patient.language)
    return None


@dataclass(frozen=True, slots=True)
class Place:
    """A session as it is kept, who its account is there, and whether it is a member of staff anywhere."""

    held: SignedInSession
    who: Identity | None
    is_staff: bool


def place_of(session: Session, hashed: bytes) -> Place | None:
    """Return the session whose token has this hash, or None where there is none; every request begins with this."""
    found = _PLACE.first(session, hashed=hashed)
    if found is None:
        return None
    return Place(cast("SignedInSession", found), _who_is(found), found.is_staff)  # read only: its columns are enough


def _who_is(found: Any) -> Identity | None:
    """Return who an account is, as `who_in` says it; nobody, where it was closed or is at work nowhere."""
    if found.disabled_at is not None or found.clinic_id is None:
        return None
    if found.status == MemberStatus.ACTIVE:
        return _as_member(found.account_id, found.clinic_id, found.as_member, found.roles, found.member_name)
    if found.as_patient is not None and found.life_cycle not in HAVE_LEFT:
        return _as_patient(found.account_id, found.clinic_id, found.as_patient, found.patient_name, found.language)
    return None


def _as_member(
    account_id: uuid.UUID, clinic_id: uuid.UUID, member_id: uuid.UUID, roles: tuple[str, ...], name: str
) -> Identity:
    return Identity(account_id, clinic_id, member_id, frozenset(Role(role) for role in roles), name=name)


def _as_patient(
    account_id: uuid.UUID, clinic_id: uuid.UUID, patient_id: uuid.UUID, name: str, language: str
) -> Identity:
    return Identity(account_id, clinic_id, patient_id=patient_id, name=name, language=known_language(language))
