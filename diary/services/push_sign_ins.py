"""Phones that listen under an earlier sign-in of their account: they come along to the one at hand."""

import uuid
from typing import Final, cast

from sqlalchemy import Table, bindparam, select

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.db import snapshot, transaction
from diary.errors import NotThere
from diary.models import PushSubscription
from diary.prepared import Prepared
from diary.services.push_subscriptions import hash_of, own_phone

_phones: Final = cast("Table", PushSubscription.__table__)
_ELSEWHERE: Final = Prepared(
    select(_phones.c.endpoint_hash)
    .where(_phones.c.account_id == bindparam("account"), _phones.c.session_id != bindparam("held"))
    .order_by(_phones.c.made_at, _phones.c.id)
)
"""Every page of a patient asks this."""


def fingerprints_elsewhere(who: Identity, patient: Subject, *, session_id: uuid.UUID) -> list[str]:
    """Return the phones that listen under other sign-ins of the account; the one at hand may be among them."""
    require(who, Permission.REMINDERS_SET, patient)
    with snapshot() as session:
        found = _ELSEWHERE.rows(session, account=who.account_id, held=session_id)
    return [row.endpoint_hash.hex() for row in found]


def bring_along(who: Identity, patient: Subject, endpoint: str, *, session_id: uuid.UUID) -> str:
    """Let the phone at hand, which listens under an earlier sign-in, end with this one, and return its fingerprint.

    It stays the same phone of the same account: what waits for it still comes, and the record has nothing to say.

    Raises:
        NotThere: it does not listen for them, or no more: whoever stopped it did so for good.
        Refused: others use this phone too.
    """
    require(who, Permission.REMINDERS_SET, patient)
    with transaction() as session:
        account_id = own_phone(session, who, session_id)
        row = session.get(PushSubscription, hash_of(endpoint), with_for_update=True)
        if row is None or row.account_id != account_id:
            raise NotThere
        row.session_id = session_id
        return row.endpoint_hash.hex()
