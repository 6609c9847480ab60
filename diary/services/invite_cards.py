"""Many patients invited at once: who has no account yet, and one card for each of those that were chosen."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, glass_of, may, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Invite, Patient
from diary.services import audit
from diary.services.invites import check_numbers, put_invite
from diary.services.protection import looked_up
from diary.vocabulary import ON_WORKLIST, InvitePurpose

MOST_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class Uninvited:
    """A patient without an account; `until` is when the link that is out ends, None where none is good."""

    patient_id: uuid.UUID
    name: str
    reference: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class UninvitedPage:
    """Patients by reference, and the reference after which the next page begins."""

    patients: list[Uninvited]
    next_key: str | None


@dataclass(frozen=True, slots=True)
class Card:
    """What one patient is handed: the token of the link is shown this once."""

    name: str
    reference: str
    token: str


@dataclass(frozen=True, slots=True)
class Cards:
    """The cards that were made; names of patients who needed none any more, and of those whose diary is closed."""

    cards: list[Card]
    left_out: list[str]
    closed: list[str]


def patients_without_account(who: Identity, clinic_id: uuid.UUID, *, after: str = "", clock: Clock) -> UninvitedPage:
    """Return a page of the patients who have no account yet."""
    about, now = Subject(clinic_id), clock()
    require(who, Permission.PATIENT_WRITE, about)
    with transaction() as session:
        audit.look(session, who, "invites.seen", about=about, at=now)
    with snapshot() as session:
        wanted = select(Patient).where(
            Patient.clinic_id == clinic_id,
            Patient.account_id.is_(None),
            Patient.life_cycle.in_(ON_WORKLIST),
            Patient.reference > after,
        )
        rows = list(session.scalars(wanted.order_by(Patient.reference).limit(MOST_AT_ONCE + 1)))
        shown = rows[:MOST_AT_ONCE]
        until = _links_out(session, clinic_id, [row.id for row in shown], now)
        reached = [row for row in shown if _may_invite(who, _about(session, row, now))]
    patients = [Uninvited(row.id, row.name, row.reference, until.get(row.id)) for row in reached]
    return UninvitedPage(patients, shown[-1].reference if len(rows) > MOST_AT_ONCE else None)


def make_cards(who: Identity, clinic_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], *, clock: Clock) -> Cards:
    """Make a new link for each of these patients, all in one unit; links that were out for them end.

    A patient whose diary is protected from `who`, or seen through broken glass alone, gets none, and is named.

    Raises:
        NotThere: one of them is no patient of the clinic.
        Invalid: nobody was chosen, too many were, or the clinic's numbers are missing.
    """
    require(who, Permission.PATIENT_WRITE, Subject(clinic_id))
    chosen = list(dict.fromkeys(patient_ids))
    if not chosen:
        raise Invalid(Sentence("Tick at least one patient."))
    if len(chosen) > MOST_AT_ONCE:
        raise Invalid(Sentence("Choose at most %(number)s patients at once.", number=MOST_AT_ONCE))
    cards, left_out, closed = [], [], []
    with transaction() as session:
        check_numbers(session, clinic_id)
        for patient_id in chosen:
            row = session.get(Patient, (clinic_id, patient_id))
            if row is None:
                raise NotThere
            about = _about(session, row, clock())
            if not _may_invite(who, about):
                closed.append(row.name or row.reference)
                continue
            if row.account_id is not None or row.life_cycle not in ON_WORKLIST:
                left_out.append(row.name or row.reference)
                continue
            token = put_invite(session, who, about, InvitePurpose.PATIENT, clock=clock)
            cards.append(Card(row.name, row.reference, token))
    return Cards(cards, left_out, closed)


def _may_invite(who: Identity, about: Subject) -> bool:
    """Say whether a link may be made; it would outlive an hour of broken glass."""
    return may(who, Permission.PATIENT_WRITE, about) and glass_of(who, about) is None


def _about(session: Session, row: Patient, now: datetime) -> Subject:
    return looked_up(session, Subject(row.clinic_id, row.id), now=now)


def _links_out(
    session: Session, clinic_id: uuid.UUID, patient_ids: list[uuid.UUID], now: datetime
) -> dict[uuid.UUID, datetime]:
    """Return until when the good link of each patient is good."""
    good = (
        select(Invite.patient_id, func.max(Invite.expires_at))
        .where(Invite.clinic_id == clinic_id, Invite.patient_id.in_(patient_ids))
        .where(Invite.used_at.is_(None), Invite.withdrawn_at.is_(None), Invite.expires_at > now)
        .group_by(Invite.patient_id)
    )
    return {patient_id: until for patient_id, until in session.execute(good) if patient_id}
