"""Around every request: it stands in the whole house until it is known who asks, and is done again where that helps."""

from collections.abc import Callable, Iterable
from functools import partial
from io import BytesIO
from typing import Any, Final

from flask import Flask

from diary.attempt import until_done
from diary.wall import WHOLE_HOUSE, standing

Answer = Iterable[bytes]
CHANGES_NOTHING: Final = ("GET", "HEAD", "OPTIONS")
LARGEST_KEPT: Final = 1024 * 1024
"""What was sent is kept that long, to be read again."""


def register(app: Flask) -> None:
    """Stand around `app`, within whatever else stands around it."""
    app.wsgi_app = _Around(app.wsgi_app)  # type: ignore[method-assign]


class _Around:
    """Calls the application, and calls it again with the same request when it asks for that."""

    def __init__(self, inner: Callable[..., Answer]) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Answer:
        """Answer a request."""
        rewind, given = _rewound(environ), dict(environ)

        def attempt() -> Answer:
            environ.clear()
            environ.update(given)
            if rewind is not None:
                rewind()
            with standing(WHOLE_HOUSE):
                return self.inner(environ, start_response)

        if rewind is None:
            return attempt()
        return until_done(attempt, repeatable=environ.get("REQUEST_METHOD") in CHANGES_NOTHING)


def _rewound(environ: dict[str, Any]) -> Callable[[], object] | None:
    """Return what lets the body be read from its beginning, or None where it is too long to be kept."""
    body = environ.get("wsgi.input") or BytesIO()
    if not getattr(body, "seekable", bool)():
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_KEPT:
            return None
        environ["wsgi.input"] = body = BytesIO(body.read(int(length)))
    return partial(body.seek, body.tell())
