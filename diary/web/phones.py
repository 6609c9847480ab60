"""What a phone is told of the patient who is signed in: by the page it opens, or when it asks."""

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Final

from flask import request

from diary.access.policy import Subject
from diary.installation import installation
from diary.services.phones import phone_state
from diary.services.push_sign_ins import fingerprints_elsewhere
from diary.services.sync import owner_of
from diary.web.sessions import current_identity, current_session

ASKING: Final = ("patient.today", "patient.save_today")
"""Pages whose answers are sealed: they carry all that this takes, so that a line that breaks meanwhile does no harm."""


def told_with_page(patient: Subject) -> dict[str, Any]:
    """Return what every page of a patient tells the phone; one that others use too keeps nothing, not even this."""
    shared = current_session().shared
    asks = request.endpoint in ASKING
    return {
        "phone_owner": "" if shared else owner_of(patient),
        "phone_state": state_told(patient) if asks else None,
        "push_elsewhere": push_elsewhere(patient),
    }


def push_elsewhere(patient: Subject) -> list[str]:
    """Return the phones that are to come along to this sign-in, if one of them is the phone at hand."""
    return fingerprints_elsewhere(current_identity(), patient, session_id=current_session().id)


def state_told(patient: Subject) -> dict[str, Any]:
    """Return whose phone it is, which day it is, and to which key it seals; nothing of health."""
    state = phone_state(current_identity(), patient, clock=installation().clock)
    return {
        "owner": state.owner,
        "key": {"id": state.key_id, "public": urlsafe_b64encode(state.public_key).rstrip(b"=").decode()},
        "now": moment_told(state.now),
        "day": state.day.isoformat(),
        "time_zone": state.time_zone,
        "today_is_in": state.today_is_in,
        "stopped": state.stopped,
        "notices": state.notices,
        "shared_phone": current_session().shared,
        "language": state.language,
        "hand": "left" if state.left_handed else "right",
        "clinic_phone": state.clinic_phone,
        "emergency_number": state.emergency_number,
        "item_version": state.item_version,
    }


def moment_told(moment: datetime) -> str:
    """Return a moment as scripts read it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
