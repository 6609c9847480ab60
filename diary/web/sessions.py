"""The signed-in session: one cookie that holds a random token, and the identity behind it."""

from datetime import timedelta
from typing import Final

from flask import Flask, Response, after_this_request, current_app, g, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import CSRFProtect

from diary.access.identity import Identity
from diary.installation import installation
from diary.services import devices, sign_in
from diary.services.live_sessions import Held, Standing
from diary.settings import Settings
from diary.web.browsers import browser_words

COOKIE_LASTS: Final = timedelta(days=31)
KEPT_UNDER: Final = "_user_id"
"""Where Flask-Login keeps the token in the cookie."""
KEPT: Final = "_kept"
"""Where the cookie holds the day on which its thirty days began again."""
AT_REST: Final = "account.at_rest"
"""The page that others lead to by themselves: opening it is no use of a session."""
csrf = CSRFProtect()


class SignedIn:
    """What Flask-Login asks for: the token is the id, so that the cookie dies with its row.

    Only whoever is signed in to the end is loaded; somebody halfway is a stranger to every page but their own.
    """

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, held: Held, identity: Identity) -> None:
        self.token, self.held, self.identity = token, held, identity

    def get_id(self) -> str:
        """Return what the cookie holds."""
        return self.token


def register(app: Flask, settings: Settings) -> None:
    """Set the cookie, the login manager and the CSRF protection of `app`."""
    secure = settings.address.startswith("https://")
    app.config.update(
        SESSION_COOKIE_NAME="__Host-ebb" if secure else "ebb",
        DEVICE_COOKIE_NAME="__Host-ebb-device" if secure else "ebb-device",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=COOKIE_LASTS,
        SESSION_REFRESH_EACH_REQUEST=False,  # an answer that is late would put an old token back
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    manager = LoginManager(app, add_context_processor=False)  # templates are handed what they show
    manager.session_protection = None
    manager.user_loader(_load)
    app.after_request(_note_use)
    csrf.init_app(app)


def _load(token: str) -> SignedIn | None:
    held = sign_in.session_behind(token, clock=installation().clock)
    if held is None or held.identity is None:
        return None
    today = installation().clock().date().isoformat()
    if session.permanent and session.get(KEPT) != today:
        session[KEPT] = today
    return SignedIn(token, held, held.identity)


def _note_use(answer: Response) -> Response:
    sign_in.note_use_left()
    return answer


def is_signed_in() -> bool:
    """Say whether somebody is signed in."""
    return bool(current_user.is_authenticated)


def current_identity() -> Identity:
    """Return who is signed in."""
    identity: Identity = current_user.identity
    return identity


def current_session() -> Held:
    """Return the session of who is signed in."""
    held: Held = current_user.held
    return held


def current_token() -> str:
    """Return the token in the cookie, whatever it is worth."""
    return str(session.get(KEPT_UNDER, ""))


def halfway() -> Held | None:
    """Return the session of somebody whose second factor is missing, or None."""
    held = sign_in.session_behind(current_token(), clock=installation().clock) if current_token() else None
    return held if held and held.standing is Standing.HALFWAY else None


def locked() -> Held | None:
    """Return the session of somebody whose screen lock is shut, or None."""
    held = at_rest()
    return held if held and held.standing is Standing.LOCKED else None


def at_rest() -> Held | None:
    """Return the session behind the cookie without noting that it was used, or None."""
    return sign_in.session_at_rest(current_token(), clock=installation().clock) if current_token() else None


def own_session() -> Held | None:
    """Return the session of who is signed in, or None; a page that says what failed asks for nothing once more."""
    if request.endpoint == AT_REST or ("is_error_page" in g and "_login_user" not in g):
        return None
    return current_session() if is_signed_in() else None


def visit() -> devices.Visit:
    """Return where this request comes from."""
    device = request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"])
    return devices.Visit(request.remote_addr, device, browser_words(request.user_agent.string))


def begin(token: str) -> None:
    """Put a new session into the cookie; nothing of an earlier one stays but the reminders of the same patient."""
    if current_token() != token:
        end(followed_by=token)
    _put(token)


def go_on(token: str) -> None:
    """Put the new token of the same session into the cookie; forms that are open stay good."""
    _put(token)


def _put(token: str) -> None:
    """Put a token into the cookie; the device is known from the last factor on, but for one that others use too."""
    held = sign_in.session_behind(token, clock=installation().clock)
    if held is None:
        return
    session[KEPT_UNDER] = token
    session.permanent = held.for_patient and not held.shared
    if held.identity is None:
        return
    is_new = not is_signed_in()
    login_user(SignedIn(token, held, held.identity))
    here, clock = visit(), installation().clock
    if not held.shared:
        _keep_device(devices.remember_device(held.account_id, here.device, browser=here.browser, clock=clock))
    elif is_new:
        devices.tell_of_shared_device(held.account_id, here, clock=clock)


def end(*, followed_by: str | None = None) -> None:
    """End the session in the table and in the cookie."""
    if current_token():
        sign_in.sign_out(current_token(), clock=installation().clock, followed_by=followed_by)
    logout_user()
    session.clear()


def _keep_device(token: str) -> None:
    @after_this_request
    def set_cookie(answer: Response) -> Response:
        config = current_app.config
        answer.set_cookie(
            config["DEVICE_COOKIE_NAME"],
            token,
            max_age=devices.FORGOTTEN_AFTER,
            path=config["SESSION_COOKIE_PATH"],
            secure=config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return answer
