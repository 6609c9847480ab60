"""Invites that a patient finishes with a passkey alone: a name to sign in with, no password."""

import uuid

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere
from diary.models import Account
from diary.security.passkeys import Site
from diary.services import throttle
from diary.services.ceremonies import NOT_PROVEN, Answer, Question, ask_for_first, ceremony_of, made_passkey
from diary.services.devices import Visit
from diary.services.invites import bind, check_agreed, check_free, check_sign_in_name, count_name, put_agreement
from diary.services.open_invites import find_invite, person_invited
from diary.services.passkeys import put_passkey
from diary.vocabulary import InvitePurpose


def ask_invited(token: str, sign_in_name: str, *, site: Site, visit: Visit, clock: Clock) -> Question:
    """Ask the device of a patient who was invited for a passkey, under the name they chose.

    Raises:
        Expired: the link is no longer good.
        Invalid: the name cannot be used.
        NotThere: the invite is for staff, who begin with a password.
        Throttled: too many links from there were no good, or too many names were tried with this one.
    """
    counters = [throttle.Counted(throttle.INVITE, throttle.network_of(visit.address))]
    throttle.begin_attempt(counters, clock=clock)
    count_name(token, clock=clock)
    name = check_sign_in_name(sign_in_name)
    with transaction() as session:
        now = clock()
        if find_invite(session, token, now).purpose != InvitePurpose.PATIENT:
            raise NotThere
        check_free(session, name)
        question = ask_for_first(session, name, site=site, now=now)
    throttle.attempt_succeeded(counters, clock=clock)
    return question


def accept_with_passkey(
    token: str, answer: Answer, *, sign_in_name: str, agreed: str, device: str, site: Site, clock: Clock
) -> uuid.UUID:
    """Make the account of a patient who was invited, opened by a passkey alone, and return its id.

    What is refused for another reason than the passkey leaves the answer good, until its minutes are over.

    Raises:
        Expired: the link is no longer good.
        Invalid: the answer is not that of a new passkey, the name is taken, or the words were not agreed to.
        Throttled: too many names were tried with this link.
    """
    name = check_sign_in_name(sign_in_name)
    with snapshot() as session:
        check_agreed(find_invite(session, token, clock()), agreed)
    count_name(token, clock=clock)
    with snapshot() as session:
        check_free(session, name)
    with transaction() as session:
        now = clock()
        invite = find_invite(session, token, now, to_use=True)
        if invite.purpose != InvitePurpose.PATIENT:
            raise NotThere
        check_free(session, name)
        new, account_id = made_passkey(session, answer, None, site=site, now=now), ceremony_of(answer)
        if new is not None and account_id is not None:
            person = person_invited(session, invite)
            session.add(Account(id=account_id, sign_in_name=name, email=_email(name), created_at=now))
            session.flush()
            bind(session, invite, person, account_id, now=now)
            put_passkey(session, account_id, new, name=device, now=now)
            put_agreement(session, invite, agreed, now)
            return account_id
    raise Invalid(NOT_PROVEN)


def _email(name: str) -> str | None:
    return name if "@" in name else None
