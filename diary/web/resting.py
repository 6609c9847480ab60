"""Pages that nobody touches: on a shared phone, or with a screen lock, none keeps showing a diary for ever."""

from flask import Flask, Response, g, request, url_for

from diary.services.live_sessions import LOCK_IDLE, SHARED_IDLE, Held
from diary.web.sessions import AT_REST, own_session


def keep_standing() -> None:
    """Let this page stand behind a lock: it asks for a score and shows none, and a lock carries what is sent."""
    g.keeps_standing = True


def register(app: Flask) -> None:
    """Let pages leave by themselves when the session behind them has idled out; no script is needed for it."""
    app.context_processor(lambda: {"own_session": own_session})

    @app.after_request
    def leave_when_idle(response: Response) -> Response:
        if response.mimetype == "text/html" and response.status_code not in range(300, 400) and "_login_user" in g:
            held = own_session()
            if held is not None and held.shared:
                response.headers["Refresh"] = f"{SHARED_IDLE.seconds}; url={url_for(AT_REST)}"
            elif held is not None and _hides(held):
                response.headers["Refresh"] = f"{LOCK_IDLE.seconds}; url={url_for(AT_REST, next=_here())}"
        return response


def _hides(held: Held) -> bool:
    return held.has_lock and not g.get("keeps_standing", False)


def _here() -> str | None:
    return request.full_path.rstrip("?") if request.method == "GET" else None
