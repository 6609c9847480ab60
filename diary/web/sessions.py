"""The signed-in session: one cookie that holds a random token, and the identity behind it."""

from datetime import timedelta
from typing import Final

from flask import Flask, Response, after_this_request, current_app, request, session
from flask_login import LoginManager, current_user, login_user, logout_user
from flask_wtf import CSRFProtect

from diary.access.identity import Identity
from diary.installation import installation
from diary.services import devices, sign_in
from diary.settings import Settings

COOKIE_LASTS: Final = timedelta(days=30)
csrf = CSRFProtect()


class SignedIn:
    """What Flask-Login asks for: the token is the id, so that the cookie dies with its row."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, token: str, identity: Identity) -> None:
        self.token, self.identity = token, identity

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
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    manager = LoginManager(app, add_context_processor=False)  # templates are handed what they show
    manager.session_protection = None
    manager.user_loader(_load)
    csrf.init_app(app)


def _load(token: str) -> SignedIn | None:
    who = sign_in.identity_behind(token, clock=installation().clock)
    return SignedIn(token, who) if who else None


def is_signed_in() -> bool:
    """Say whether somebody is signed in."""
    return bool(current_user.is_authenticated)


def current_identity() -> Identity:
    """Return who is signed in."""
    identity: Identity = current_user.identity
    return identity


def visit() -> devices.Visit:
    """Return where this request comes from."""
    return devices.Visit(request.remote_addr, request.cookies.get(current_app.config["DEVICE_COOKIE_NAME"]))


def begin(token: str) -> None:
    """Put a new session into the cookie; nothing of an earlier one stays, and the device is known from now on."""
    who = sign_in.identity_behind(token, clock=installation().clock)
    end()
    if who is None:
        return
    session.permanent = who.patient_id is not None
    login_user(SignedIn(token, who))
    if who.account_id is not None:
        _keep_device(devices.remember_device(who.account_id, visit().device, clock=installation().clock))


def end() -> None:
    """End the session in the table and in the cookie."""
    if is_signed_in():
        sign_in.sign_out(current_user.get_id(), clock=installation().clock)
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
