"""Which patient an address is about: always in the clinic of whoever is signed in."""

import uuid

from diary.access.policy import Subject
from diary.errors import NotThere
from diary.web.sessions import current_identity


def own_clinic() -> uuid.UUID:
    """Return the clinic of the member who is asking."""
    clinic_id = current_identity().clinic_id
    if clinic_id is None:
        raise NotThere
    return clinic_id


def patient_in_address(patient_id: uuid.UUID) -> Subject:
    """Return the patient of that id in the clinic of the member who is asking."""
    return Subject(own_clinic(), patient_id)
