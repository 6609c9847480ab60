"""Beginning again with a link: a new password or passkey, or a new second factor in place of all old ones."""

import uuid

from sqlalchemy.orm import Session

from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, Refused, Sentence
from diary.messaging.letters import password_changed
from diary.models import Account
from diary.security.passkeys import Site
from diary.security.passwords import Passwords, check_new_password
from diary.services.account_links import UNKNOWN, read_link, use_up
from diary.services.ceremonies import NOT_PROVEN, Answer, made_passkey
from diary.services.confirming import check_password
from diary.services.devices import UNSEEN, Visit, forget_devices
from diary.services.notices import send_notice
from diary.services.passkeys import put_passkey
from diary.services.second_factors import put_app, put_codes, remove_all, shown_by_app, tell
from diary.services.sign_in import put_end_to_sessions, start_session
from diary.vocabulary import LinkPurpose


def choose_password(token: str, password: str, *, passwords: Passwords, clock: Clock) -> None:
    """Set the password of whose link it is; nobody is signed in by it, and whoever was is no longer.

    Raises:
        Expired: the link is no longer good.
        Invalid: the password is too short, too long or on the list of those that leaked.
    """
    check_new_password(password)
    with snapshot() as session:
        _check(session, token, LinkPurpose.PASSWORD, clock)
    hashed = passwords.hash(password)  # slow on purpose, so outside the unit that writes
    with transaction() as session:
        now = clock()
        account_id = use_up(session, token, LinkPurpose.PASSWORD, now)
        session.get_one(Account, account_id).password_hash = hashed
        put_end_to_sessions(session, account_id, now=now)
        forget_devices(session, account_id)
        tell(session, account_id, "password.changed", now=now)
        send_notice(session, account_id, password_changed, now=now)


def choose_passkey(token: str, answer: Answer, *, device: str, site: Site, clock: Clock) -> None:
    """Give a patient whose link it is a passkey in place of their password; nobody is signed in by it.

    Raises:
        Expired: the link is no longer good.
        Refused: the account is one of staff, for whom a passkey would be the second factor too.
        Invalid: the answer is not that of a new passkey for this account.
    """
    with transaction() as session:
        now = clock()
        opened = read_link(session, token, now)
        if not opened.by_passkey:
            raise Refused(Sentence("Staff choose a password: their second factor is asked for as always."))
        new = made_passkey(session, answer, opened.account_id, site=site, now=now)
        if new is not None:
            account_id = use_up(session, token, LinkPurpose.PASSWORD, now)
            session.get_one(Account, account_id).password_hash = None
            put_end_to_sessions(session, account_id, now=now)
            forget_devices(session, account_id)
            put_passkey(session, account_id, new, name=device, now=now)
            return
    raise Invalid(NOT_PROVEN)


def begin_with_password(token: str, password: str, *, visit: Visit, passwords: Passwords, clock: Clock) -> str:
    """Return the token of a session halfway, for whoever has the link and knows the password; the link stays good.

    Raises:
        Expired: the link is no longer good.
        Invalid: the password is not theirs.
        Throttled: there were too many wrong ones.
    """
    with snapshot() as session:
        account_id = _check(session, token, LinkPurpose.SECOND_FACTOR, clock)
    check_password(account_id, password, passwords=passwords, clock=clock)
    begun = start_session(account_id, visit=visit, clock=clock)
    if begun is None:
        raise Expired(UNKNOWN)
    return begun


def renew_by_app(
    token: str, code: str, *, session_id: uuid.UUID, held_by: str, clock: Clock, visit: Visit = UNSEEN
) -> list[str]:
    """Put the app that was offered in place of every second factor, and return new recovery codes, once.

    `session_id` is the session halfway to which the app was offered; `held_by` is its token, and it alone goes on.

    Raises:
        Expired: the link is no longer good.
        Invalid: the code is not the one that the app shows now.
        Throttled: there were too many wrong codes.
    """
    with snapshot() as session:
        account_id = _check(session, token, LinkPurpose.SECOND_FACTOR, clock)
    secret, step = shown_by_app(account_id, session_id, code, clock, visit)
    with transaction() as session:
        now = clock()
        use_up(session, token, LinkPurpose.SECOND_FACTOR, now)
        remove_all(session, account_id, now=now)
        put_app(session, account_id, secret, step=step, now=now)
        put_end_to_sessions(session, account_id, now=now, but=held_by)
        forget_devices(session, account_id)
        return put_codes(session, account_id, now=now)


def renew_by_passkey(token: str, answer: Answer, *, device: str, held_by: str, site: Site, clock: Clock) -> list[str]:
    """Put a new passkey in place of every second factor, and return new recovery codes, once.

    Raises:
        Expired: the link is no longer good.
        Invalid: the answer is not that of a new passkey for this account.
    """
    with transaction() as session:
        now = clock()
        account_id = read_link(session, token, now).account_id
        new = made_passkey(session, answer, account_id, site=site, now=now)
        if new is not None:
            use_up(session, token, LinkPurpose.SECOND_FACTOR, now)
            remove_all(session, account_id, now=now)
            put_passkey(session, account_id, new, name=device, now=now)
            put_end_to_sessions(session, account_id, now=now, but=held_by)
            forget_devices(session, account_id)
            return put_codes(session, account_id, now=now)
    raise Invalid(NOT_PROVEN)


def _check(session: Session, token: str, purpose: LinkPurpose, clock: Clock) -> uuid.UUID:
    """Return the account of a link that is good for this; nothing is used up."""
    opened = read_link(session, token, clock())
    if opened.purpose is not purpose:
        raise Expired(UNKNOWN)
    return opened.account_id
