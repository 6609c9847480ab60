"""What installs Ebb on a phone: the manifest, the service worker, and the page that opens without a network."""

import json
from functools import cache
from hashlib import sha256
from typing import Any, Final

from flask import Response, abort, make_response, render_template, request, url_for

from diary.languages import ENGLISH, LANGUAGES, speaking
from diary.services.wordings import NEWEST, OF_PATIENTS
from diary.web.assets import BEHIND_PATIENT_PAGES, STATIC, script_address
from diary.web.guards import Audience, open_to
from diary.web.patient.forms import ScoreForm
from diary.web.public import blueprint
from diary.web.words import said

PAPER: Final = "#f5f6f4"
ICONS: Final = (
    ("ebb-192.png", "192x192", "any"),
    ("ebb-512.png", "512x512", "any"),
    ("ebb-maskable-192.png", "192x192", "maskable"),
    ("ebb-maskable-512.png", "512x512", "maskable"),
)
PAGE_SCRIPTS: Final = (*BEHIND_PATIENT_PAGES, "offline.js", "patient.js", "today.js")
TODAY: Final = {wordings.today.version: wordings.today for wordings in OF_PATIENTS.values()}
"""Every wording in which today's question is asked, by version."""
FOR_WORKERS_ALONE: Final = "push-events.js"


@blueprint.get("/manifest.webmanifest")
@open_to(Audience.EVERYONE)
def manifest() -> Response:
    """Say how Ebb stands among the apps of a phone: by its own name, without a word of health."""
    icons = [
        {"src": url_for("static", filename=f"icons/{name}"), "sizes": sizes, "type": "image/png", "purpose": purpose}
        for name, sizes, purpose in ICONS
    ]
    told = {
        "id": "/today",
        "name": "Ebb",
        "short_name": "Ebb",
        "start_url": "/today",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }
    return _fresh(json.dumps(told), "application/manifest+json")


@blueprint.get("/service-worker.js")
@open_to(Audience.EVERYONE)
def service_worker() -> Response:
    """Begin the service worker with the shell of this version; its text changes whenever the shell does."""
    lines = [f'import {{ start }} from "{script_address("worker.js")}";']
    if (STATIC / "js" / FOR_WORKERS_ALONE).is_file():
        lines.append(f'import "{script_address(FOR_WORKERS_ALONE)}";')
    language = request.accept_languages.best_match(LANGUAGES, default=ENGLISH)
    told = {
        "version": _version(),
        "files": _files(),
        "language": language,
        "wording": OF_PATIENTS[NEWEST].today.version,
    }
    lines.append(f"start(self, {json.dumps(told)});")
    return _fresh("\n".join(lines) + "\n", "text/javascript")


@blueprint.get("/offline/<language>/<wording>")
@open_to(Audience.EVERYONE)
def offline(language: str, wording: str) -> Response:
    """Show the page that opens without a network; it says nothing of anybody, whoever asks for it."""
    if language not in LANGUAGES or wording not in TODAY:
        abort(404)
    return _fresh(_offline_page(language, wording), "text/html")


def _fresh(text: str, kind: str) -> Response:
    """Return what anybody may keep, but asks about again before it is used."""
    answer = make_response(text)
    answer.mimetype = kind
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _offline_page(language: str, wording: str) -> str:
    asked = TODAY[wording]
    with speaking(language):
        form = ScoreForm(formdata=None, meta={"csrf": False})
        form.score.label.text = said(asked.question)
        nobody: dict[str, Any] = {"own_session": lambda: None, "just_done": None, "is_shell": True}
        ends = {"lowest": said(asked.lowest), "highest": said(asked.highest)}
        return render_template(
            "public/offline.html", form=form, version=wording, lang=language, script_address=script_address,
            **ends, **nobody,
        )  # fmt: skip


def _files() -> list[str]:
    """Return the addresses of every file that the page without a network needs."""
    files = [url_for("static", filename=name) for name in ("css/ebb-patient.css", "icons/ebb.svg")]
    return [*files, *(script_address(name) for name in PAGE_SCRIPTS)]


@cache
def _version() -> str:
    """Return a name for this version of the shell: it changes with every word, style and script of it."""
    words = (_offline_page(language, wording) for language in LANGUAGES for wording in TODAY)
    return sha256("\n".join([*_files(), *words]).encode()).hexdigest()[:12]
