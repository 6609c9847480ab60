"""Joining a clinic with the account one has, and the clinics that one account belongs to."""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import is_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, ConfirmFirst, Invalid, NotThere, Sentence
from diary.models import Account, AccountClinic, Clinic, Invite, Member, Patient
from diary.services.belonging import places_of
from diary.services.invites import bind, check_agreed, put_agreement
from diary.services.open_invites import find_invite, person_invited
from diary.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic that an account belongs to, and as whom: with roles as staff, without them as a patient."""

    clinic_id: uuid.UUID
    clinic: str
    name: str
    roles: frozenset[Role]
    is_here: bool


def join(who: Identity, token: str, *, shown_account: uuid.UUID, agreed: str = "", clock: Clock) -> uuid.UUID:
    """Make the account of `who` the one of the person invited and return the clinic; the link is used up.

    `shown_account` is the account whose name stood on the page, beside the name of the person invited.

    Raises:
        ConfirmFirst: it is minutes since the person proved who they are: the device may be in other hands.
        Changed: somebody else is signed in by now.
        Expired: the link is no longer good.
        Invalid: the account has its place in that clinic already, or a patient did not agree to the words of today.
    """
    with transaction() as session:
        now = clock()
        invite = find_invite(session, token, now, to_use=True)
        person = person_invited(session, invite)
        account = session.get(Account, who.account_id) if who.account_id else None
        if account is None or account.disabled_at is not None:
            raise NotThere
        if account.id != shown_account:
            raise Changed(Sentence("Somebody else is signed in by now. Open the link again and look at the names."))
        if not is_confirmed(who, now):
            raise ConfirmFirst(Sentence("Confirm first that it is you."))
        check_agreed(invite, agreed)
        _check_free(session, invite, account.id)
        bind(session, invite, person, account.id, now=now)
        put_agreement(session, invite, agreed, now)
        return invite.clinic_id


def _check_free(session: Session, invite: Invite, account_id: uuid.UUID) -> None:
    """Refuse a second place in one clinic: one account could not be both at once."""
    in_clinic = {"clinic_id": invite.clinic_id, "account_id": account_id}
    if session.scalar(select(Member.id).filter_by(**in_clinic)) is not None:
        raise Invalid(
            Sentence("This account works in that clinic already. Sign out and begin with another name to sign in with.")
        )
    if session.scalar(select(Patient.id).filter_by(**in_clinic)) is not None:
        raise Invalid(
            Sentence("This account has a diary in that clinic already. Sign out and begin with another name.")
        )


def own_places(who: Identity) -> list[Place]:
    """Return the clinics that the account of `who` belongs to, by name."""
    if who.account_id is None:
        return []
    with snapshot() as session:
        found = [
            Place(place.clinic_id, clinic.name, place.name, place.roles, place.clinic_id == who.clinic_id)
            for place in places_of(session, who.account_id)
            if place.clinic_id is not None
            for clinic in (session.get_one(Clinic, place.clinic_id),)
        ]
    return sorted(found, key=lambda place: (place.clinic.casefold(), str(place.clinic_id)))


def has_other_clinics(who: Identity) -> bool:
    """Say whether the account of `who` belongs to several clinics."""
    if who.account_id is None:
        return False
    with snapshot() as session:
        count = select(func.count()).select_from(AccountClinic).where(AccountClinic.account_id == who.account_id)
        if (session.scalar(count) or 0) < 2:
            return False
        return len(list(places_of(session, who.account_id))) > 1


def own_sign_in_name(who: Identity) -> str:
    """Return the name that `who` signs in with.

    Raises:
        NotThere: there is no such account.
    """
    with snapshot() as session:
        account = session.get(Account, who.account_id) if who.account_id else None
    if account is None:
        raise NotThere
    return account.sign_in_name
