"""Accounts: signing in and out, accepting an invite, and what proves who one is."""

from flask import Blueprint

from diary.web import frames

blueprint = Blueprint("account", __name__)
blueprint.context_processor(frames.of_either)

from diary.web.account import (  # noqa: E402  (they add their views to the blueprint)
    asking,  # noqa: F401
    beginning_again,  # noqa: F401
    codes,  # noqa: F401
    confirming,  # noqa: F401
    joining,  # noqa: F401
    locking,  # noqa: F401
    own_sessions,  # noqa: F401
    passkeys,  # noqa: F401
    security,  # noqa: F401
    views,  # noqa: F401
)
