"""Pages on the wire: compressed, unless another site asked for them."""

import gzip
from typing import Final

import brotli
from flask import Flask, Response, request

WORTH_IT: Final = 1_000
"""Bytes below which an answer fits into a packet or two anyway."""
KINDS: Final = frozenset(
    {"text/html", "text/javascript", "text/calendar", "application/json", "application/manifest+json", "image/svg+xml"}
)
ASKED_BY_US: Final = frozenset({"same-origin", "none"})


def register(app: Flask) -> None:
    """Compress what leaves; registered first, so that it comes after everything that still changes an answer."""

    @app.after_request
    def compress(answer: Response) -> Response:
        if answer.mimetype not in KINDS or answer.is_streamed or answer.direct_passthrough:
            return answer
        body = answer.get_data()
        if len(body) < WORTH_IT:
            return answer  # the same for everybody
        answer.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
        encoding = _encoding()
        if encoding is None or "Content-Encoding" in answer.headers:
            return answer
        answer.set_data(brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0))
        answer.headers["Content-Encoding"] = encoding
        return answer


def _encoding() -> str | None:
    """Return how this answer may be compressed, or None.

    The length of a compressed page tells of its secrets to whoever makes a browser ask for it with words of theirs
    (BREACH). Another site can do that; the person at the browser and our own pages are told from it by the browser.
    """
    if request.headers.get("Sec-Fetch-Site") not in ASKED_BY_US:
        return None
    return request.accept_encodings.best_match(["br", "gzip"])
