"""Pages for everyone, what installs Ebb on a phone, and answers for machines."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)

from diary.web.public import (  # noqa: E402  (they add their views to the blueprint)
    digests,  # noqa: F401
    machines,  # noqa: F401
    phone,  # noqa: F401
    reminders,  # noqa: F401
    views,  # noqa: F401
)
