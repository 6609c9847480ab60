"""Static files: served by WhiteNoise, with the compressed copies made beside them."""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

from diary.settings import ROOT, Settings
from diary.web.headers import always_of_files

STATIC: Final = ROOT / "static"
SCRIPTS: Final = STATIC / "js"
A_YEAR: Final = 365 * 24 * 3600
VERSIONED: Final = re.compile(r"^/static/js-[0-9a-f]{12}/")


def register(app: Flask, settings: Settings) -> None:
    """Serve `static/` in front of the app, under addresses that change with the file."""
    always = always_of_files(settings)

    def add_headers(headers: Headers, _path: str, _url: str) -> None:
        for name, value in always.items():
            headers[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
        app.wsgi_app,
        root=str(STATIC),
        prefix="static/",
        max_age=A_YEAR,
        allow_all_origins=False,
        add_headers_function=add_headers,
    )

    app.wsgi_app = _WithoutVersion(app.wsgi_app)  # type: ignore[method-assign]
    app.jinja_env.globals["script_address"] = script_address

    @app.url_defaults
    def name_the_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", _version(values["filename"]))


class _WithoutVersion:
    """Takes the version out of the path of a script.

    Scripts import each other by name, so the version stands in the folder: what one of them imports has the same.
    """

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Hand the request on."""
        environ["PATH_INFO"] = VERSIONED.sub("/static/js/", environ.get("PATH_INFO", ""), count=1)
        answer: Iterable[bytes] = self.inner(environ, start_response)
        return answer


def script_address(name: str) -> str:
    """Return the address of a script; it changes with every script of this version."""
    return f"/static/js-{_version_of_scripts()}/{name}"


@cache
def _version_of_scripts() -> str:
    scripts = sorted(SCRIPTS.glob("*.js"))
    return sha256(b"".join(script.name.encode() + script.read_bytes() for script in scripts)).hexdigest()[:12]


@cache
def _version(filename: str) -> str | None:
    file = STATIC / Path(filename)
    return sha256(file.read_bytes()).hexdigest()[:12] if file.is_file() else None
