"""The patient's own pages."""

from typing import Any

from flask import Blueprint, g

from diary.services.clinics import clinic_of
from diary.services.patients import own_particulars
from diary.web.sessions import current_identity, is_signed_in

blueprint = Blueprint("patient", __name__)


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """Hand every page the clinic's numbers and the hand it is laid out for."""
    if "is_error_page" in g or not is_signed_in() or current_identity().patient_id is None:
        return {}
    clinic, patient = clinic_of(current_identity()), own_particulars(current_identity())
    return {
        "clinic_phone": clinic.phone,
        "emergency_number": clinic.emergency_number,
        "hand_left": patient.left_handed,
    }


from diary.web.patient import diary, looks, me, today  # noqa: E402, F401 (they add their views to the blueprint)
