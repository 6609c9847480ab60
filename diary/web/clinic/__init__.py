"""The clinic's pages."""

from typing import Any

from flask import Blueprint, g

from diary.services.clinics import clinic_of
from diary.web.sessions import current_identity, is_signed_in

blueprint = Blueprint("clinic", __name__, url_prefix="/clinic")


@blueprint.context_processor
def frame() -> dict[str, Any]:
    """Hand every page who is signed in, and where."""
    if "is_error_page" in g or not is_signed_in() or current_identity().member_id is None:
        return {}
    return {"signed_in_as": current_identity().name, "clinic_name": clinic_of(current_identity()).name}


from diary.web.clinic import (  # noqa: E402  (they add their views to the blueprint)
    audit,  # noqa: F401
    courses,  # noqa: F401
    decisions,  # noqa: F401
    patients,  # noqa: F401
    rules,  # noqa: F401
    settings,  # noqa: F401
    worklist,  # noqa: F401
)
