"""Where an address leads: always in the clinic of whoever is signed in, and on that clinic's day."""

import uuid
from contextlib import suppress
from datetime import date
from zoneinfo import ZoneInfo

from diary.access.policy import Subject
from diary.errors import NotThere
from diary.installation import installation
from diary.services.clinics import clinic_of
from diary.web.sessions import current_identity


def own_clinic() -> uuid.UUID:
    """Return the clinic of the member who is asking."""
    clinic_id = current_identity().clinic_id
    if clinic_id is None:
        raise NotThere
    return clinic_id


def day_in_clinic() -> date:
    """Return the day it is in the clinic of the member who is asking."""
    zone = ZoneInfo(clinic_of(current_identity()).time_zone)
    return installation().clock().astimezone(zone).date()


def patient_in_address(patient_id: uuid.UUID) -> Subject:
    """Return the patient of that id in the clinic of the member who is asking."""
    return Subject(own_clinic(), patient_id)


def day_asked(text: str) -> date | None:
    """Return a day of an address; anything else is none."""
    with suppress(ValueError):
        asked = date.fromisoformat(text)
        return asked if date(1900, 1, 1) <= asked <= date(2200, 1, 1) else None
    return None
