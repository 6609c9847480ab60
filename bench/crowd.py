"""Many patients who are signed in, quickly: rows as the product makes them, put in by the thousand."""

import random
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from flask import Flask
from sqlalchemy import insert

from diary.db import Base, db, transaction
from diary.models import (
    Account,
    AccountClinic,
    Consent,
    Entry,
    Patient,
    PatientZone,
    SignedInSession,
)
from diary.schema import prepare_database
from diary.security.tokens import new_token, token_hash
from diary.services.consent_texts import current_text
from diary.services.projection import refresh_summaries
from diary.vocabulary import ConsentHow, ConsentPurpose, ConsentSaid, Proof
from diary.wall import whole_house
from diary.web.sessions import KEPT, KEPT_UNDER
from tests.clinic_builders import a_clinic
from tests.faults.patients import Person, app_of
from tests.faults.served import Ground

SOME: Final = 500
"""Patients that are put in at once."""


@dataclass(frozen=True)
class Crowd:
    """Who there is, clinic by clinic."""

    people: list[Person]
    clinic_ids: list[uuid.UUID]


def crowd(ground: Ground, *, patients: int, clinics: int = 1, days: int = 0) -> Crowd:
    """Migrate the database and add clinics with patients evenly over them, each with a diary of so many days.

    Everybody is signed in, as if each had done so a minute ago.
    """
    app, chance = app_of(ground), random.Random(7)  # noqa: S311 (made-up diaries need no secrecy)
    prepare_database(app)
    now, people = app.extensions["ebb"].clock(), []
    with app.app_context(), whole_house():
        made = [a_clinic(app.extensions["ebb"].clock, f"Clinic {number}").clinic_id for number in range(clinics)]
        for place, clinic_id in enumerate(made):
            here = patients // clinics + (place < patients % clinics)
            for begin in range(0, here, SOME):
                people += _put_in(app, chance, clinic_id, range(begin, min(begin + SOME, here)), days, now)
        db.engine.dispose()
    return Crowd(people, made)


def _put_in(
    app: Flask, chance: random.Random, clinic_id: uuid.UUID, numbers: range, days: int, now: datetime
) -> list[Person]:
    rows: dict[type[Base], list[dict[str, Any]]] = {}
    people = []
    for number in numbers:
        person, token = Person(clinic_id, uuid.uuid4(), f"p{number}@{clinic_id}.example", ""), new_token()
        person.jar = {app.config["SESSION_COOKIE_NAME"]: _cookie(app, token, now.date())}
        people.append(person)
        for table, row in _rows_of(chance, person, token, f"C-{number:06}", days, now):
            rows.setdefault(table, []).append(row)
    with transaction() as session:
        for table, some in rows.items():
            session.execute(insert(table), some)
    with transaction() as session:
        refresh_summaries(session, clinic_id, [one.patient_id for one in people], now=now)
    return people


def _cookie(app: Flask, token: str, today: date) -> str:
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    return str(serializer.dumps({"_permanent": True, KEPT_UNDER: token, KEPT: today.isoformat()}))


def _rows_of(
    chance: random.Random, person: Person, token: str, reference: str, days: int, now: datetime
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    account_id, key = uuid.uuid4(), {"clinic_id": person.clinic_id, "patient_id": person.patient_id}
    yield Account, {"id": account_id, "sign_in_name": person.name, "created_at": now}
    yield AccountClinic, {"account_id": account_id, "clinic_id": person.clinic_id}
    yield Patient, {
        "clinic_id": person.clinic_id, "id": person.patient_id, "account_id": account_id, "reference": reference,
        "name": f"Patient {reference}", "made_at": now,
    }  # fmt: skip
    yield PatientZone, {**key, "valid_from": date(1900, 1, 1), "time_zone": "Europe/Amsterdam"}
    yield Consent, {
        **key, "id": uuid.uuid4(), "purpose": ConsentPurpose.DIARY, "revision": 1, "said": ConsentSaid.GIVEN,
        "version": current_text(ConsentPurpose.DIARY).version, "day": now.date(), "at": now, "how": ConsentHow.SELF,
        "recorded_by": None,
    }  # fmt: skip
    yield SignedInSession, {
        "token_hash": token_hash(token), "id": uuid.uuid4(), "account_id": account_id, **key,
        "proven_by": Proof.PASSWORD, "confirmed_at": now, "created_at": now, "last_seen_at": now,
    }  # fmt: skip
    level = chance.uniform(3, 8)
    for back in range(days, 0, -1):
        at = now - timedelta(days=back + 4)
        yield Entry, {
            **key, "id": uuid.uuid4(), "day": at.date(), "revision": 1, "client_ref": secrets_uuid(), "days_late": 0,
            "score": min(10, max(0, round(chance.gauss(level, 1.2)))), "item_version": "bench", "entered_at": at,
            "utc_offset_minutes": 60, "clock_error_seconds": 0, "written_at": at, "received_at": at, "source": "self",
            "reason": "",
        }  # fmt: skip


def secrets_uuid() -> uuid.UUID:
    """Return a name as phones make them."""
    return uuid.UUID(bytes=secrets.token_bytes(16), version=4)
