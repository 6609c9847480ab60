"""What an account is called, for its owner alone."""

import uuid

from diary.db import snapshot
from diary.models import Account


def sign_in_name_of(account_id: uuid.UUID) -> str:
    """Return the name that an account signs in with."""
    with snapshot() as session:
        return session.get_one(Account, account_id).sign_in_name
