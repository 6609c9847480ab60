"""Static files: served by WhiteNoise, with the compressed copies made beside them."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from diary.settings import ROOT, Settings
from diary.web.headers import always_of

STATIC: Final = ROOT / "static"
A_YEAR: Final = 365 * 24 * 3600


def register(app: Flask, settings: Settings) -> None:
    """Serve `static/` in front of the app, under addresses that change with the file."""
    always = always_of(settings)

    def add_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in always.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix="static/",
        max_age=A_YEAR,
        add_headers_function=add_headers,
    )

    @app.url_defaults
    def name_the_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", _version(values["filename"]))


@cache
def _version(filename: str) -> str | None:
    file = STATIC / Path(filename)
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else None
