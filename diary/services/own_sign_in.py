"""How one's own account is opened: password, app, recovery codes; changed only minutes after proving who one is."""

import uuid

from diary.access.identity import Identity
from diary.access.policy import require_fresh
from diary.clock import Clock
from diary.db import transaction
from diary.errors import NotThere
from diary.messaging.letters import password_changed
from diary.models import Account
from diary.security.passwords import Passwords, check_new_password
from diary.services import second_factors
from diary.services.confirming import check_password
from diary.services.devices import UNSEEN, Visit
from diary.services.handed_out import end_links
from diary.services.notices import send_notice
from diary.services.second_factors import Factors, factors_of, tell
from diary.services.sign_in import put_end_to_sessions
from diary.vocabulary import Proof


def own_factors(who: Identity) -> Factors:
    """Return what the account of whoever is signed in has."""
    return factors_of(_account_of(who))


def asks_old_password(who: Identity, factors: Factors) -> bool:
    """Say whether a new password needs the old one: not where there is none, nor for whoever came with a passkey."""
    return factors.has_password and who.confirmed_by != Proof.PASSKEY


def change_password(who: Identity, *, old: str, new: str, held_by: str, passwords: Passwords, clock: Clock) -> None:
    """Set a new password; every link ends, and every session of the account but the one whose token is `held_by`.

    Raises:
        ConfirmFirst: it is minutes since they proved who they are.
        Invalid: the old password is not theirs, or the new one is refused.
        Throttled: there were too many wrong ones.
    """
    require_fresh(who, now=clock())
    account_id = _account_of(who)
    check_new_password(new)
    if asks_old_password(who, factors_of(account_id)):
        check_password(account_id, old, passwords=passwords, clock=clock)
    hashed = passwords.hash(new)  # slow on purpose, so outside the unit that writes
    with transaction() as session:
        now = clock()
        session.get_one(Account, account_id).password_hash = hashed
        put_end_to_sessions(session, account_id, now=now, but=held_by)
        end_links(session, account_id, now=now)
        tell(session, account_id, "password.changed", now=now)
        send_notice(session, account_id, password_changed, now=now)


def replace_app(who: Identity, session_id: uuid.UUID, code: str, *, clock: Clock, visit: Visit = UNSEEN) -> None:
    """Keep the app that was offered during this session, in place of an earlier one.

    Raises:
        ConfirmFirst: it is minutes since they proved who they are.
        Invalid: the code is not the one that the app shows now.
        Throttled: there were too many wrong codes.
    """
    require_fresh(who, now=clock())
    second_factors.replace_app(_account_of(who), session_id, code, clock=clock, visit=visit)


def new_recovery_codes(who: Identity, *, clock: Clock) -> list[str]:
    """Return ten new recovery codes; those printed before are worth nothing any more.

    Raises:
        ConfirmFirst: it is minutes since they proved who they are.
    """
    require_fresh(who, now=clock())
    return second_factors.new_recovery_codes(_account_of(who), clock=clock)


def _account_of(who: Identity) -> uuid.UUID:
    if who.account_id is None:
        raise NotThere
    return who.account_id
