"""What the frame of a page needs to know of who is signed in."""

from typing import Any

from flask import g

from diary.access.policy import Permission, Subject, may
from diary.services.clinics import clinic_of
from diary.services.joining import has_other_clinics
from diary.services.patients import own_particulars
from diary.web.phones import told_with_page
from diary.web.sessions import current_identity, own_session


def of_patient() -> dict[str, Any]:
    """Return the clinic's numbers and the hand that the pages are laid out for."""
    if "is_error_page" in g or own_session() is None or current_identity().patient_id is None:
        return {}
    clinic, patient = clinic_of(current_identity()), own_particulars(current_identity())
    return {
        "clinic_phone": clinic.phone,
        "emergency_number": clinic.emergency_number,
        "hand_left": patient.left_handed,
        **told_with_page(Subject(patient.clinic_id, patient.id)),
    }


def of_staff() -> dict[str, Any]:
    """Return who is signed in, and where."""
    if "is_error_page" in g or own_session() is None or current_identity().member_id is None:
        return {}
    who = current_identity()
    here = clinic_of(who)
    return {
        "signed_in_as": who.name,
        "clinic_name": here.name,
        "reads_worklist": may(who, Permission.WORKLIST_READ, Subject(here.clinic_id)),
        "compares_groups": may(who, Permission.COHORT_READ, Subject(here.clinic_id)),
        "has_other_clinics": has_other_clinics(who),
    }


def of_either() -> dict[str, Any]:
    """Return the frame for pages that patients and staff have in common, each within their own places."""
    for_patient, for_staff = of_patient(), of_staff()
    layout = "patient" if for_patient else "clinic" if for_staff else "plain"
    place = "me" if for_patient else ""
    return {"own_layout": f"layouts/{layout}.html", "current_place": place, **for_patient, **for_staff}
