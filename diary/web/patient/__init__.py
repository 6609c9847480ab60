"""The patient's own pages."""

from flask import Blueprint

from diary.web import frames

blueprint = Blueprint("patient", __name__)
blueprint.context_processor(frames.of_patient)

from diary.web.patient import (  # noqa: E402  (they add their views to the blueprint)
    advice,  # noqa: F401
    consents,  # noqa: F401
    courses,  # noqa: F401
    diary,  # noqa: F401
    erasure,  # noqa: F401
    looks,  # noqa: F401
    me,  # noqa: F401
    more,  # noqa: F401
    moving,  # noqa: F401
    own_data,  # noqa: F401
    pause,  # noqa: F401
    push,  # noqa: F401
    readings,  # noqa: F401
    reminders,  # noqa: F401
    second_numbers,  # noqa: F401
    sync,  # noqa: F401
    today,  # noqa: F401
    wearing_off,  # noqa: F401
)
