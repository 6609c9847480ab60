"""Flask as Ebb uses it: what is the same for every request is not asked for anew by each."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class Cookies(SecureCookieSessionInterface):
    """Signed cookies of sessions; what reads and signs them is made once for each set of keys."""

    def __init__(self) -> None:
        """Begin with nothing made."""
        self._made: tuple[object, URLSafeTimedSerializer | None] = (None, None)

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what reads and signs the cookies of `app`."""
        keys = (app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ()))
        made_for, made = self._made
        if made_for != keys:
            made = super().get_signing_serializer(app)
            self._made = (keys, made)
        return made


class Application(Flask):
    """The application; its views are plain functions, every one."""

    def __init__(self, *about: Any, **more: Any) -> None:
        """Take what Flask takes."""
        super().__init__(*about, **more)
        self.session_interface = Cookies()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a view as it is, without looking whether it is a coroutine."""
        return func
