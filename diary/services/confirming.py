"""Proving again who one is, by what the account has."""

import uuid

from diary.clock import Clock
from diary.db import snapshot
from diary.errors import Invalid, Sentence
from diary.models import Account
from diary.security.passwords import Passwords
from diary.services import throttle
from diary.vocabulary import Proof


def check_password(account_id: uuid.UUID, password: str, *, passwords: Passwords, clock: Clock) -> Proof:
    """Take the password of somebody who is signed in.

    Raises:
        Invalid: it is not theirs.
        Throttled: there were too many wrong ones.
    """
    counters = [throttle.Counted(throttle.CODE, f"password of {account_id}")]
    throttle.begin_attempt(counters, clock=clock)
    with snapshot() as session:
        stored = session.get_one(Account, account_id).password_hash
    if not passwords.verify(stored, password):
        raise Invalid(password=Sentence("This is not your password. Check it and try again."))
    throttle.attempt_succeeded(counters, clock=clock)
    return Proof.PASSWORD
