"""The demo clinic, told on some day, and its people."""

import json
from datetime import datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.demo.clinic import fill_demo
from diary.installation import installation
from diary.models import Clinic, Patient, PatientSummary

Shown = dict[str, Any]


def tell(app: Flask) -> list[dict[str, Any]]:
    """Fill the database with the demo clinic and return its sign-ins."""
    return fill_demo(installation())


def patients_of_the_demo() -> dict[str, Identity]:
    """Return every patient of the demo by reference."""
    with snapshot() as session:
        rows = session.scalars(select(Patient))
        return {row.reference: Identity(None, row.clinic_id, patient_id=row.id, name=row.name) for row in rows}


def the_clinic_of_the_demo() -> Clinic:
    """Return the only clinic there is."""
    with snapshot() as session:
        return session.scalars(select(Clinic)).one()


def summaries() -> dict[str, PatientSummary]:
    """Return the line of each patient on the worklist by reference."""
    with snapshot() as session:
        return {row.reference: row for row in session.scalars(select(PatientSummary))}


def plain(verdict: Shown) -> Shown:
    """Return a verdict without its calendar days, which move with the day it is told on."""
    text = json.dumps(verdict, sort_keys=True)
    kept: Shown = json.loads(text)
    kept.pop("last_day", None)
    kept["marks"] = [[mark["code"], mark["value"] if not _is_day(mark["value"]) else "a day"] for mark in kept["marks"]]
    return kept


def _is_day(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
