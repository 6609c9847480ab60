"""Static files: served by WhiteNoise, with the compressed copies made beside them."""

import re
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from wsgiref.headers import Headers

from flask import Flask
from werkzeug import Response
from whitenoise import WhiteNoise

from diary.settings import ROOT, Settings
from diary.web.headers import always_of_files

STATIC: Final = ROOT / "static"
SCRIPTS: Final = STATIC / "js"
BEHIND_PATIENT_PAGES: Final = ("diary-day.js", "outbox.js", "phone-store.js", "phone.js", "sealing.js", "sending.js")
"""What the script of every patient page imports, near and far: asked for at once, not one when another names it."""
AN_HOUR: Final = 3600
A_YEAR: Final = "public, max-age=31536000, immutable"
_FOLDER: Final = re.compile(r"/static/js-(?P<version>[0-9a-f]{12})/")
_QUERY: Final = re.compile(r"(?:^|&)v=(?P<version>[^&]*)")


def register(app: Flask, settings: Settings) -> None:
    """Serve `static/` in front of the app, under addresses that change with the file."""
    app.wsgi_app = _VersionedFiles(app.wsgi_app, always_of_files(settings))  # type: ignore[method-assign]
    app.jinja_env.globals |= {"script_address": script_address, "behind_patient_pages": BEHIND_PATIENT_PAGES}

    @app.url_defaults
    def name_the_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values.setdefault("v", _version(values["filename"]))


class _VersionedFiles(WhiteNoise):
    """The files of this release: named with their version they may be kept for a year, with another they are not there.

    While servers of two releases run side by side, one asked for the other's file must neither hand out its own one,
    which would be kept under that name, nor hide that another server has it. Scripts import each other by name, so
    their version stands in the folder: what one of them imports has the same.
    """

    def __init__(self, inner: Any, always: dict[str, str]) -> None:
        self._always = always
        super().__init__(
            inner,
            root=str(STATIC),
            prefix="static/",
            max_age=AN_HOUR,
            allow_all_origins=False,
            add_headers_function=self._add_headers,
        )

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer with the file of the version asked for, or hand the request on."""
        path = environ.get("PATH_INFO", "")
        asked, ours = None, None
        if folder := _FOLDER.match(path):
            asked, ours = folder["version"], _version_of_scripts()
            environ["PATH_INFO"] = f"/static/js/{path[folder.end() :]}"
        elif path in self.files and (query := _QUERY.search(environ.get("QUERY_STRING", ""))):
            asked, ours = query["version"], _version(path.removeprefix("/static/"))
        if asked != ours:
            words = "This file is of another version of Ebb.\n"
            headers = self._always | {"Cache-Control": "no-store"}
            return Response(words, status=404, headers=headers)(environ, start_response)

        def kept_for_a_year(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            told = [(name, A_YEAR if name == "Cache-Control" else value) for name, value in headers]
            return start_response(status, told, *error)

        is_versioned = asked is not None and environ["PATH_INFO"] in self.files
        answer: Iterable[bytes] = super().__call__(environ, kept_for_a_year if is_versioned else start_response)
        return answer

    def _add_headers(self, headers: Headers, _path: str, _url: str) -> None:
        for name, value in self._always.items():
            headers[name] = value


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
