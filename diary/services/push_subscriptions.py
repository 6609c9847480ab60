"""Phones that remind: browsers that listen for an account, until they are stopped, signed out, or dead."""

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Refused, Sentence
from diary.installation import installation
from diary.messaging import push
from diary.messaging.problems import Gone
from diary.messaging.push import NoSubscription, PushSender, Subscription
from diary.messaging.push_services import ForeignAddress, PushServices
from diary.models import Patient, PushSubscription, SignedInSession
from diary.security.push_keys import PushKeys, key_id_of
from diary.security.sealing import Seal
from diary.security.signing import KeyUnfit
from diary.services import audit
from diary.services.belonging import places_of
from diary.services.looks import zone_of

MOST: Final = 10
"""Phones of one account; the one that has listened longest goes when another one comes."""
IS_OPEN: Final = (SignedInSession.id == PushSubscription.session_id) & SignedInSession.ended_at.is_(None)
"""The sign-in that a phone listens under was not ended; one that nobody used for a month goes on being reminded."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ListeningPhone:
    """A browser that listens; `fingerprint` is what it knows itself by."""

    id: uuid.UUID
    device: str
    since: datetime
    fingerprint: str


def key_for_browsers(who: Identity, patient: Subject) -> str:
    """Return the public key that the browser of a patient subscribes under; the first one to ask has it made.

    Raises:
        KeyUnfit: it cannot be read, or it is gone while browsers listen under it: another would wake none of them.
    """
    require(who, Permission.REMINDERS_SET, patient)
    keys = PushKeys.of(installation().settings)
    if not keys.is_made:
        with snapshot() as session:
            if session.scalar(select(exists(PushSubscription.id))):
                raise KeyUnfit("The push key is gone, and phones listen under it: put it back from a backup.")
        keys.make()
    return push.text_of(keys.public())


def subscribe(
    who: Identity,
    patient: Subject,
    sent: Any,
    *,
    session_id: uuid.UUID,
    device: str,
    clock: Clock,
    replaces: str | None = None,
) -> ListeningPhone:
    """Let the browser that sent its subscription listen for the patient, as long as this sign-in lasts.

    A browser that listened for somebody else listens for them no more. `replaces` is the address that it had before.

    Raises:
        Invalid: it is no subscription, or one of a push service that is not known here.
        Refused: others use this phone too.
    """
    require(who, Permission.REMINDERS_SET, patient)
    asked = _read(sent)
    key_id = key_id_of(PushKeys.of(installation().settings).public())
    now = clock()
    with transaction() as session:
        account_id = own_phone(session, who, session_id)
        if replaces and replaces != asked.endpoint:
            _end(session, account_id, PushSubscription.endpoint_hash == hash_of(replaces))
        row = session.get(PushSubscription, hash_of(asked.endpoint), with_for_update=True)
        if row is None or not _is_same(row, asked, account_id, session_id, key_id):
            _take_over(session, row, account_id, now)
            row = _sealed_row(asked, account_id=account_id, session_id=session_id, key_id=key_id)
            row.device, row.made_at = device, now
            session.add(row)
            _end(session, account_id, PushSubscription.id.in_(_too_many(session, account_id)))
            audit.write(session, who, "push.subscribed", about=patient, at=now, content={"device": device})
        return _phone(row)


def unsubscribe(who: Identity, patient: Subject, subscription_id: uuid.UUID, *, clock: Clock) -> None:
    """Stop one phone.

    Raises:
        NotThere: it is not theirs, or it does not listen any more.
    """
    require(who, Permission.REMINDERS_SET, patient)
    if not _stop(who, patient, PushSubscription.id == subscription_id, clock()):
        raise NotThere


def unsubscribe_here(who: Identity, patient: Subject, endpoint: str, *, clock: Clock) -> None:
    """Stop the phone at hand; done twice, it is done once."""
    require(who, Permission.REMINDERS_SET, patient)
    _stop(who, patient, PushSubscription.endpoint_hash == hash_of(endpoint), clock())


def read_listening_phones(who: Identity, patient: Subject) -> list[ListeningPhone]:
    """Return the phones that listen for the patient, in their own time, the newest first."""
    require(who, Permission.REMINDERS_SET, patient)
    with snapshot() as session:
        zone = zone_of(session, patient.clinic_id, patient.patient_id or uuid.UUID(int=0))
        phones = phones_of(session, patient)
    return [replace(phone, since=phone.since.astimezone(zone)) for phone in reversed(phones)]


def phones_of(session: Session, patient: Subject) -> list[ListeningPhone]:
    """Return the phones that listen for a patient, the oldest first, within a unit that is open already."""
    return [_phone(row) for row in session.scalars(_of_patient(patient.clinic_id, patient.patient_id))]


def subscriptions_of(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> list[uuid.UUID]:
    """Return the phones that listen for a patient, within a unit that is open already."""
    return [row.id for row in session.scalars(_of_patient(clinic_id, patient_id))]


def said_to(subscription_id: uuid.UUID, payload: Mapping[str, str], *, until: datetime) -> dict[str, Any]:
    """Return what a message of channel `push` says in `more`: the address is looked up when it is handed over.

    `payload` has title, body, url and tag; a push service that cannot reach the phone keeps it until `until`.
    """
    return {"subscription": str(subscription_id), "payload": dict(payload), "until": until.isoformat()}


def deliver(said: Mapping[str, Any], *, reference: str, at: datetime) -> None:  # noqa: ARG001 (the topic is its name)
    """Hand one message to the push service of a phone, if that phone still listens; see `diary.messaging.push.send`.

    Raises:
        DeliveryProblem: it was not taken.
    """
    wanted = select(PushSubscription).join(SignedInSession, IS_OPEN)
    wanted = wanted.where(PushSubscription.id == uuid.UUID(said["subscription"]))
    with snapshot() as session:
        row = session.scalar(wanted)
    if row is None:
        raise Gone("unsubscribed", "This phone does not listen any more.")
    sender = PushSender.of(installation().settings, row.key_id)
    opened = Subscription.read(json.loads(seal().open(row.sealed, owner=row.endpoint_hash)))
    push.send(sender, opened, said["payload"], until=datetime.fromisoformat(said["until"]), at=at)


def forget_dead(said: Mapping[str, Any]) -> None:
    """Forget a phone whose push service does not know it any more."""
    with transaction() as session:
        session.execute(delete(PushSubscription).where(PushSubscription.id == uuid.UUID(said["subscription"])))


def _of_patient(clinic_id: uuid.UUID, patient_id: uuid.UUID | None) -> Select[PushSubscription]:
    return (
        select(PushSubscription)
        .join(Patient, Patient.account_id == PushSubscription.account_id)
        .join(SignedInSession, IS_OPEN)
        .where(Patient.clinic_id == clinic_id, Patient.id == patient_id)
        .order_by(PushSubscription.made_at, PushSubscription.id)
    )


def _read(sent: Any) -> Subscription:
    try:
        asked = Subscription.read(sent)
    except NoSubscription as error:
        raise Invalid(
            Sentence("This phone did not say where to send reminders. Reload the page and try again.")
        ) from error
    try:
        PushServices.of(installation().settings).read(asked.endpoint)
    except ForeignAddress as error:
        log.warning("push_service_not_known", host=asked.endpoint.split("/")[2:3])
        words = Sentence("Ebb does not know the push service of this browser. Try another browser, or use mail.")
        raise Invalid(words) from error
    return asked


def own_phone(session: Session, who: Identity, session_id: uuid.UUID) -> uuid.UUID:
    """Return the account whose sign-in it is, for a unit that lets a phone listen under it.

    Raises:
        NotThere: the sign-in is over, or not theirs.
        Refused: others use this phone too.
    """
    held = session.scalar(select(SignedInSession).where(SignedInSession.id == session_id).with_for_update())
    if held is None or held.ended_at is not None or held.account_id != who.account_id:
        raise NotThere
    if held.shared:
        raise Refused(Sentence("Others use this phone too: reminders do not come to it."))
    return held.account_id


def _is_same(
    row: PushSubscription, asked: Subscription, account_id: uuid.UUID, session_id: uuid.UUID, key_id: bytes
) -> bool:
    if (row.account_id, row.session_id, row.key_id) != (account_id, session_id, key_id):
        return False
    return bool(json.loads(seal().open(row.sealed, owner=row.endpoint_hash)) == asked.as_sent())


def _take_over(session: Session, row: PushSubscription | None, account_id: uuid.UUID, now: datetime) -> None:
    """Let a browser listen no more for whom it did; somebody else is told in the record of their account."""
    if row is None:
        return
    if row.account_id != account_id:
        for before in places_of(session, row.account_id):
            if before.clinic_id is not None:
                about = Subject(before.clinic_id, before.patient_id)
                said = {"device": row.device}
                audit.write(session, before, "push.taken_over", about=about, at=now, content=said)
    session.delete(row)
    session.flush()


def _sealed_row(
    asked: Subscription, *, account_id: uuid.UUID, session_id: uuid.UUID, key_id: bytes
) -> PushSubscription:
    hashed = hash_of(asked.endpoint)
    sealed = seal().close(json.dumps(asked.as_sent()).encode(), owner=hashed)
    return PushSubscription(
        endpoint_hash=hashed,
        id=uuid.uuid4(),
        account_id=account_id,
        session_id=session_id,
        sealed=sealed,
        key_id=key_id,
    )


def _too_many(session: Session, account_id: uuid.UUID) -> list[uuid.UUID]:
    theirs = select(PushSubscription.id).where(PushSubscription.account_id == account_id)
    return list(session.scalars(theirs.order_by(PushSubscription.made_at.desc(), PushSubscription.id).offset(MOST)))


def _stop(who: Identity, patient: Subject, which: Any, now: datetime) -> bool:
    with transaction() as session:
        stopped = who.account_id is not None and _end(session, who.account_id, which)
        if stopped:
            audit.write(session, who, "push.unsubscribed", about=patient, at=now)
    return bool(stopped)


def _end(session: Session, account_id: uuid.UUID, which: Any) -> bool:
    """Delete phones of one account, and say whether there were any."""
    ended = delete(PushSubscription).where(PushSubscription.account_id == account_id, which)
    return session.execute(ended.returning(PushSubscription.id)).first() is not None


def _phone(row: PushSubscription) -> ListeningPhone:
    return ListeningPhone(row.id, row.device, row.made_at, row.endpoint_hash.hex())


def hash_of(endpoint: str) -> bytes:
    """Return what the address of a phone is found by."""
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).digest()


def seal() -> Seal:
    """Return the seal of what is kept here."""
    return Seal.of(installation().settings, "push subscriptions")
