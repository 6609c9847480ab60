"""Where I am signed in, and ending it."""

import uuid
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from diary.installation import installation
from diary.services import own_sessions, sign_in
from diary.services.own_sessions import OwnSession
from diary.services.throttle import network_of
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.session_words import place_words, proof_words
from diary.web.guards import Audience, open_to
from diary.web.words import moment

DONE: Final[dict[str, Any]] = {
    "ended": _l("That sign-in is ended. Whoever held it is out from now on."),
    "others": _l("You are signed out everywhere else."),
    "forgotten": _l("No device is known any more."),
    "shared": _l("This is a shared phone from now on: it signs you out after 5 minutes."),
    "locked": _l("Your PIN is set. Ebb asks for it on this device after 5 minutes without a step."),
    "unlocked": _l("Ebb asks for no PIN on this device any more."),
}


@blueprint.get("/account/sessions", endpoint="own_sessions")
@open_to(Audience.SIGNED_IN)
def show_own_sessions() -> ResponseReturnValue:
    """Show where one is signed in, and from which devices one is known."""
    who = sessions.current_identity()
    here = network_of(request.remote_addr)
    seen = own_sessions.read_own_sessions(who, sessions.current_token(), clock=installation().clock)
    devices = own_sessions.read_known_devices(who, sessions.visit().device)
    return render_template(
        "account/sessions.html",
        sessions=[(session, _told(session, here)) for session in seen],
        devices=[(moment(one.first_seen_at), moment(one.last_seen_at), one.is_this) for one in devices],
        done=DONE.get(request.args.get("done", "")),
        for_patient=who.patient_id is not None,
        held=sessions.current_session(),
    )


@blueprint.post("/account/sessions/<uuid:session_id>/end")
@open_to(Audience.SIGNED_IN)
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """End one sign-in."""
    own_sessions.end_own_session(_account_id(), session_id, clock=installation().clock)
    return _done("ended")


@blueprint.post("/account/sessions/end-others")
@open_to(Audience.SIGNED_IN)
def end_other_sessions() -> ResponseReturnValue:
    """Sign out everywhere else."""
    sign_in.end_sessions(_account_id(), but=sessions.current_token(), clock=installation().clock)
    return _done("others")


@blueprint.post("/account/sessions/forget-devices")
@open_to(Audience.SIGNED_IN)
def forget_devices() -> ResponseReturnValue:
    """Forget every device that one has signed in from."""
    own_sessions.forget_devices(_account_id(), clock=installation().clock)
    return _done("forgotten")


@blueprint.post("/account/sessions/share")
@open_to(Audience.SIGNED_IN)
def share_session() -> ResponseReturnValue:
    """Make this sign-in one of a shared phone."""
    token = own_sessions.share_session(sessions.current_token(), sessions.visit().device, clock=installation().clock)
    sessions.go_on(token)
    return _done("shared")


def _told(session: OwnSession, here: str) -> dict[str, str]:
    return {
        "device": session.device,
        "place": place_words(session.network, here),
        "proof": proof_words(session.proven_by),
        "since": moment(session.began_at),
        "seen": moment(session.last_seen_at),
    }


def _account_id() -> uuid.UUID:
    return sessions.current_session().account_id


def _done(what: str) -> ResponseReturnValue:
    return redirect(url_for("account.own_sessions", done=what), code=303)
