"""The clinic's pages."""

from typing import Any

from flask import Blueprint, request

from diary.access.policy import Subject
from diary.installation import installation
from diary.services.glass import own_glass
from diary.web import frames
from diary.web.sessions import current_identity
from diary.web.words import moment

blueprint = Blueprint("clinic", __name__, url_prefix="/clinic")


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """Hand every page who is signed in, and where, and the glass that they broke before this patient's diary."""
    known = frames.of_staff()
    return known | {"open_glass": _open_glass()} if known else {}


def _open_glass() -> dict[str, Any] | None:
    who, patient_id = current_identity(), (request.view_args or {}).get("patient_id")
    if who.clinic_id is None or patient_id is None:
        return None
    broken = own_glass(who, Subject(who.clinic_id, patient_id), clock=installation().clock)
    if broken is None:
        return None
    return {
        "patient_id": patient_id,
        "member": broken.member,
        "reason": broken.reason,
        "until": moment(broken.ends_at),
    }


from diary.web.clinic import (  # noqa: E402  (they add their views to the blueprint)
    audit,  # noqa: F401
    behind,  # noqa: F401
    cohort,  # noqa: F401
    consents,  # noqa: F401
    courses,  # noqa: F401
    decision_page,  # noqa: F401
    decisions,  # noqa: F401
    diary_settings,  # noqa: F401
    digest,  # noqa: F401
    erasures,  # noqa: F401
    glass,  # noqa: F401
    glass_reviews,  # noqa: F401
    infusions,  # noqa: F401
    invites,  # noqa: F401
    letters,  # noqa: F401
    members,  # noqa: F401
    moving,  # noqa: F401
    notes,  # noqa: F401
    paper,  # noqa: F401
    particulars,  # noqa: F401
    past_courses,  # noqa: F401
    patients,  # noqa: F401
    planned_courses,  # noqa: F401
    plans,  # noqa: F401
    protocols,  # noqa: F401
    reminders,  # noqa: F401
    research,  # noqa: F401
    retention,  # noqa: F401
    rounds,  # noqa: F401
    rules,  # noqa: F401
    settings,  # noqa: F401
    sign_in_links,  # noqa: F401
    tags,  # noqa: F401
    worklist,  # noqa: F401
    worklist_views,  # noqa: F401
)
