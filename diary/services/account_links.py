"""Links with which somebody who has an account begins again: with a new password, or a new second factor beside it."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Select, case, delete, select, update
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed, require_fresh
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, NotThere, Sentence
from diary.messaging.letters import password_reset
from diary.models import Account, AccountLink, Ceremony, Member, Patient
from diary.security.tokens import clinic_token, new_token, read_clinic_token, token_hash
from diary.services import audit, throttle
from diary.services.belonging import places_of, works_as_staff
from diary.services.devices import Visit
from diary.services.handed_out import end_links, given_at
from diary.services.notices import send_letter
from diary.services.protection import looked_up, refuse_through_glass
from diary.vocabulary import LifeCycle, LinkPurpose, MemberStatus

GOOD_FOR: Final = timedelta(minutes=30)
KEPT_FOR: Final = timedelta(days=90)
MOST_AT_ONCE: Final = 3
"""Accounts with one address that are written to at once, as when a family shares it."""

UNKNOWN: Final = Sentence("This link is not known. Check that all of it was copied, or ask for a new one.")
USED: Final = Sentence("This link was used already. If it was not you, tell your clinic now.")
OVER: Final = Sentence("This link was good for 30 minutes, and they are over. Ask for a new one.")
ELSEWHERE: Final = Sentence(
    "A link from the clinic cannot open this account. Its owner asks for a new password on the sign-in page."
)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that is still good: whose it is, what for, and whether a passkey may take the password's place."""

    account_id: uuid.UUID
    purpose: LinkPurpose
    by_passkey: bool


@dataclass(frozen=True, slots=True)
class GivenLink:
    """A link that a clinic hands over: its token, which stands on the screen once, and the name of whoever gets it."""

    token: str
    name: str


def ask_for_new_password(name: str, *, address_of: Callable[[str], str], visit: Visit, clock: Clock) -> None:
    """Mail a link to whoever signs in with this name or has this address; nobody is told whether there is anybody.

    `address_of` makes the address that is mailed from a token. For a name that nobody has as much is written as for
    one that somebody has, so that the time tells nothing either.

    Raises:
        Throttled: this name, or this network, asked too often.
    """
    wanted = name.strip().casefold()
    counters = [
        throttle.Counted(throttle.RESET, wanted),
        throttle.Counted(throttle.ADDRESS, f"resets of {throttle.network_of(visit.address)}"),
    ]
    throttle.begin_attempt(counters, clock=clock)
    with transaction() as session:
        now = clock()
        accounts = session.scalars(_named(wanted)).all()
        if not accounts:
            _write_for_nobody(session, now)
        for account_id in accounts:
            link = address_of(_mailed(session, account_id, now))
            send_letter(session, account_id, password_reset, link=link, expires_at=now + GOOD_FOR)


def give_patient_link(who: Identity, patient: Subject, *, clock: Clock) -> GivenLink:
    """Return a link with which a patient begins to sign in again.

    Raises:
        ConfirmFirst: it is minutes since the member proved who they are.
        Refused: they see the diary through broken glass alone.
        Invalid: the patient has no account, or one that is used elsewhere too, or has left.
    """
    with transaction() as session:
        now = clock()
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_WRITE, about)
        refuse_through_glass(who, about)
        require_fresh(who, now=now)
        row = session.get(Patient, (patient.clinic_id, patient.patient_id))
        if row is None:
            raise NotThere
        if row.account_id is None or row.life_cycle in (LifeCycle.MOVED, LifeCycle.DIED):
            raise Invalid(Sentence("This patient does not sign in here: make an invite link."))
        _check_only_here(session, row.account_id, patient.clinic_id)
        return GivenLink(_given(session, who, patient, row.account_id, LinkPurpose.PASSWORD, now), row.name)


def give_factor_link(who: Identity, clinic_id: uuid.UUID, member_id: uuid.UUID, *, clock: Clock) -> GivenLink:
    """Return a link with which a member, by their password, sets up a new second factor.

    Raises:
        ConfirmFirst: it is minutes since the admin proved who they are.
        Invalid: it is oneself, or nobody who signs in here, or an account that is used elsewhere too.
    """
    about, now = Subject(clinic_id), clock()
    require_confirmed(who, Permission.MEMBERS_WRITE, about, now=now)
    with transaction() as session:
        member = session.get(Member, (clinic_id, member_id))
        if member is None:
            raise NotThere
        if member.id == who.member_id:
            raise Invalid(Sentence("You cannot make this link for yourself: ask another admin."))
        if member.account_id is None or member.status != MemberStatus.ACTIVE:
            raise Invalid(Sentence("Only somebody who is active can be given this link: look at how they stand now."))
        if not who.operator:
            _check_only_here(session, member.account_id, clinic_id)
        token = _given(session, who, about, member.account_id, LinkPurpose.SECOND_FACTOR, now)
        return GivenLink(token, member.name)


def give_factor_link_to(who: Identity, sign_in_name: str, *, clock: Clock) -> GivenLink:
    """Return such a link for a member by the name they sign in with: for the only admin of a clinic there is no other.

    Raises:
        Invalid: nobody of the staff signs in with this name.
    """
    name = sign_in_name.strip().casefold()
    with snapshot() as session:
        account_id = session.scalar(select(Account.id).where(Account.sign_in_name == name))
        places = list(places_of(session, account_id)) if account_id else []
    for place in places:
        if place.clinic_id is not None and place.member_id is not None:
            return give_factor_link(who, place.clinic_id, place.member_id, clock=clock)
    raise Invalid(f"Nobody of the staff signs in as {sign_in_name!r}.")


def open_link(token: str, *, clock: Clock) -> OpenLink:
    """Return what a link is for; nothing is used up.

    Raises:
        Expired: the link is no longer good; the sentence says what to do.
    """
    with snapshot() as session:
        return read_link(session, token, clock())


def try_link(token: str, *, visit: Visit, clock: Clock) -> OpenLink:
    """Return what a link is for, with links that are no good counted: nobody tries them one by one.

    Raises:
        Expired: as `open_link`.
        Throttled: too many links from there were no good.
    """
    counters = [throttle.Counted(throttle.INVITE, throttle.network_of(visit.address))]
    throttle.begin_attempt(counters, clock=clock)
    opened = open_link(token, clock=clock)
    throttle.attempt_succeeded(counters, clock=clock)
    return opened


def read_link(session: Session, token: str, now: datetime) -> OpenLink:
    """Return what a link is for, within a unit that is open already."""
    link = session.get(AccountLink, token_hash(token))
    account = session.get(Account, link.account_id) if link else None
    if link is None or account is None or account.disabled_at is not None:
        raise Expired(UNKNOWN)
    if link.used_at is not None:
        raise Expired(USED)
    if link.expires_at <= now:
        raise Expired(OVER)
    from_clinic = read_clinic_token(token)
    if from_clinic is not None and _is_elsewhere(session, account.id, from_clinic[0]):
        raise Expired(ELSEWHERE)
    purpose = LinkPurpose(link.purpose)
    by_passkey = purpose is LinkPurpose.PASSWORD and not works_as_staff(session, account.id)
    return OpenLink(account.id, purpose, by_passkey)


def use_up(session: Session, token: str, purpose: LinkPurpose, now: datetime) -> uuid.UUID:
    """Use a link up and return its account; of twenty who use it at once, one does. All others of the account end.

    Raises:
        Expired: it is no longer good, or for something else.
    """
    opened = read_link(session, token, now)
    theirs = update(AccountLink).where(AccountLink.account_id == opened.account_id, AccountLink.used_at.is_(None))
    used = theirs.where(AccountLink.token_hash == token_hash(token), AccountLink.purpose == purpose)
    still_good = used.where(AccountLink.expires_at > now)
    if cast("CursorResult[Any]", session.execute(still_good.values(used_at=now))).rowcount != 1:
        raise Expired(USED)
    end_links(session, opened.account_id, now=now)
    return opened.account_id


def _given(
    session: Session, who: Identity, about: Subject, account_id: uuid.UUID, purpose: LinkPurpose, now: datetime
) -> str:
    """Put a link from a clinic, whose token says which clinic it is; the operator's is of no clinic."""
    _end_given(session, account_id, purpose, now)
    audit.write(session, who, "account_link.made", about=about, at=now, content={"purpose": purpose.value})
    token = new_token() if who.operator else clinic_token(about.clinic_id, new_token())
    return _put(session, token, account_id, purpose, now)


def _mailed(session: Session, account_id: uuid.UUID, now: datetime) -> str:
    """Put a link that is mailed; one from the clinic stays good, since anybody can ask for a mail."""
    _end_mailed(session, account_id, now)
    return _put(session, new_token(), account_id, LinkPurpose.PASSWORD, now)


def _put(session: Session, token: str, account_id: uuid.UUID, purpose: LinkPurpose, now: datetime) -> str:
    """Keep the hash of a new link and return its token; old ones are forgotten."""
    session.execute(delete(AccountLink).where(AccountLink.expires_at <= now - KEPT_FOR))
    session.add(
        AccountLink(
            token_hash=token_hash(token),
            account_id=account_id,
            purpose=purpose,
            made_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    return token


def _end_given(session: Session, account_id: uuid.UUID, purpose: LinkPurpose, now: datetime) -> None:
    """End the open links that clinics gave for this end; none but those to a new password are ever mailed."""
    links = _open_links(session, account_id, purpose, now)
    given = _moments_given(session, account_id, links)
    for link in links:
        if link.made_at in given or purpose is LinkPurpose.SECOND_FACTOR:
            link.expires_at = now


def _end_mailed(session: Session, account_id: uuid.UUID, now: datetime) -> None:
    links = _open_links(session, account_id, LinkPurpose.PASSWORD, now)
    given = _moments_given(session, account_id, links)
    for link in links:
        if link.made_at not in given:
            link.expires_at = now


def _open_links(session: Session, account_id: uuid.UUID, purpose: LinkPurpose, now: datetime) -> Sequence[AccountLink]:
    link = AccountLink
    wanted = select(link).where(link.account_id == account_id, link.purpose == purpose)
    return session.scalars(wanted.where(link.used_at.is_(None), link.expires_at > now)).all()


def _moments_given(session: Session, account_id: uuid.UUID, links: Sequence[AccountLink]) -> set[datetime]:
    """Return at which moments these links were made by a clinic for its patient: its audit says so."""
    moments = {link.made_at for link in links}
    if not moments:
        return moments
    patients = [
        Subject(place.clinic_id, place.patient_id)
        for place in places_of(session, account_id)
        if place.clinic_id is not None and place.patient_id is not None
    ]
    return {moment for patient in patients for moment in given_at(session, patient, moments)}


def _check_only_here(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> None:
    """Refuse to open an account that has a place elsewhere: one clinic would let itself into another."""
    if _is_elsewhere(session, account_id, clinic_id):
        raise Invalid(ELSEWHERE)


def _is_elsewhere(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID) -> bool:
    return any(place.clinic_id != clinic_id for place in places_of(session, account_id))


def _named(wanted: str) -> Select[uuid.UUID]:
    """Return the accounts that are written to: whose name it is, before those whose address it is."""
    is_meant = (Account.sign_in_name == wanted) | (Account.email == wanted)
    by_name = case((Account.sign_in_name == wanted, 0), else_=1)
    accounts = select(Account.id).where(is_meant, Account.email.is_not(None), Account.disabled_at.is_(None))
    return accounts.order_by(by_name, Account.id).limit(MOST_AT_ONCE)


def _write_for_nobody(session: Session, now: datetime) -> None:
    """Write a row and take it away again: a commit of something takes longer than one of nothing."""
    row = Ceremony(id=uuid.uuid4(), account_id=None, challenge=token_hash(new_token()), expires_at=now)
    session.add(row)
    session.flush()
    session.delete(row)
