"""Phones that listen to the push service of a test, and what is pushed to them."""

import uuid
from datetime import timedelta

from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot, transaction
from diary.messaging.message import Message
from diary.models import PushSubscription, SignedInSession
from diary.security.tokens import token_hash
from diary.services import push_subscriptions as service
from diary.services.outbox import post
from diary.vocabulary import Channel, MessageKind
from tests.clinic_builders import subject
from tests.services.signing_in import a_patients_account, enter

PAYLOAD = {
    "title": "Your page is open",
    "body": "Two taps. Call 112.",
    "url": "https://x.example/t/token",
    "tag": "ebb-day",
}


def a_signed_in_patient(clinic, clock, reference="M-1"):
    """Return a patient with an account, and the token they are signed in with."""
    who, account_id = a_patients_account(clinic, clock, f"{reference}@home.example", reference)
    return Identity(account_id, who.clinic_id, patient_id=who.patient_id), enter(account_id, clock)


def session_of(token):
    with snapshot() as session:
        return session.get_one(SignedInSession, token_hash(token)).id


def listen(who, token, browser, clock, *, device="Chrome, Android", replaces=None):
    """Let a browser listen, as the settings page does."""
    service.key_for_browsers(who, subject(who))
    return service.subscribe(
        who,
        subject(who),
        browser.subscription,
        session_id=session_of(token),
        device=device,
        replaces=replaces,
        clock=clock,
    )


def listening(who):
    """Return the ids of the phones that reminders of a patient go to."""
    with snapshot() as session:
        return service.subscriptions_of(session, who.clinic_id, who.patient_id)


def rows():
    with snapshot() as session:
        return session.scalars(select(PushSubscription).order_by(PushSubscription.made_at)).all()


def push_to(phone_id, clock, who=None, payload=PAYLOAD, **fields):
    """Put one message for a phone into the outbox."""
    until = clock() + timedelta(hours=6)
    message = Message(
        MessageKind.NOTICE,
        clinic_id=who.clinic_id if who else None,
        patient_id=who.patient_id if who else None,
        channel=Channel.PUSH,
        expires_at=until,
        id=fields.pop("id", None) or uuid.uuid4(),
        more=service.said_to(phone_id, payload, until=until),
        **fields,
    )
    with transaction() as session:
        post(session, message)
    return message
