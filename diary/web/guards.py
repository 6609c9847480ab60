"""Audiences: who may open a view at all. What they may do there is the policy's word."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from diary.errors import DiaryError, NotThere, ScreenLocked
from diary.wall import stand, wall_of
from diary.web.sessions import current_identity, halfway, is_signed_in, locked

_DECLARED: Final = "_ebb_audience"
View = TypeVar("View", bound=Callable[..., Any])


class Audience(StrEnum):
    """Who may open a view."""

    EVERYONE = "everyone"
    PATIENT = "a signed-in patient"
    PHONE = "the phone of a signed-in patient, by itself"
    STAFF = "signed-in staff"
    SIGNED_IN = "whoever is signed in"
    HALFWAY = "somebody whose second factor is missing"
    LOCKED = "somebody whose screen lock is shut"


class UndeclaredAudience(DiaryError):
    """A view that does not say who may open it."""


def open_to(audience: Audience) -> Callable[[View], View]:
    """Declare the audience of a view."""

    def declare(view: View) -> View:
        setattr(view, _DECLARED, audience)
        return view

    return declare


def audience_of(app: Flask, endpoint: str) -> Audience | None:
    """Return the declared audience of an endpoint, or None."""
    found: Audience | None = getattr(app.view_functions.get(endpoint), _DECLARED, None)
    return found


def check_audiences(app: Flask) -> None:
    """Stop the app from starting when a view declares no audience.

    Raises:
        UndeclaredAudience: names them.
    """
    undeclared = sorted({r.endpoint for r in app.url_map.iter_rules() if audience_of(app, r.endpoint) is None})
    if undeclared:
        raise UndeclaredAudience(f"These views declare no audience: {', '.join(undeclared)}.")


def register(app: Flask) -> None:
    """Ask for the audience before every view, Flask's own static files included."""
    if "static" in app.view_functions:
        static: Callable[..., Any] = app.view_functions["static"]

        @open_to(Audience.EVERYONE)
        def static_for_everyone(**values: Any) -> Any:
            return static(**values)

        app.view_functions["static"] = static_for_everyone
    app.before_request(_turn_away)


def _turn_away() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    audience = audience_of(current_app, request.endpoint)
    if audience is Audience.EVERYONE:
        return None
    is_in = is_signed_in()
    if audience is Audience.HALFWAY and not is_in and halfway():
        return None
    if audience is Audience.PHONE and not is_in:
        return {"error": "locked" if locked() else "sign_in"}, 401  # no person is there to follow a redirect
    if not is_in and locked():
        if audience is Audience.LOCKED:
            return None
        raise ScreenLocked
    if not is_in:
        after = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("account.sign_in", next=after), code=303)
    who = current_identity()
    stand(wall_of(who.clinic_id, patient_id=who.patient_id))
    fits = {
        Audience.PATIENT: who.patient_id is not None,
        Audience.PHONE: who.patient_id is not None,
        Audience.STAFF: who.member_id is not None,
        Audience.SIGNED_IN: True,
        Audience.HALFWAY: False,
        Audience.LOCKED: True,  # whoever has just opened the lock, and sends its form twice, goes on
    }
    if audience is None or not fits[audience]:
        raise NotThere
    return None
