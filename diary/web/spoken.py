"""The language that a request is answered in, chosen here and nowhere else.

Staff are answered in English, in which alone their pages are complete. A patient is answered in their own language.
Who is not signed in is answered in what they chose on this page, else in the language of the person whom a link is for,
else in what they chose on an earlier page, else in what their browser asks for.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from babel import Locale
from flask import Flask, Response, after_this_request, current_app, g, has_request_context, request
from flask_babel import get_locale, refresh

from diary.languages import ENGLISH, LANGUAGES, known_language, locale_of, own_name
from diary.settings import Settings
from diary.web import sessions

CHOSEN: Final = "language"
"""What the choice is called in an address."""
KEPT_FOR: Final = timedelta(days=365)


def register(app: Flask, settings: Settings) -> None:
    """Keep what is chosen on a public page in a cookie that says nothing else, and tell the templates the language."""
    secure = settings.address.startswith("https://")
    app.config["LANGUAGE_COOKIE_NAME"] = "__Host-ebb-language" if secure else "ebb-language"
    app.context_processor(lambda: {"lang": language_of_page(), "languages_to_choose": languages_to_choose})

    @app.before_request
    def keep_choice() -> None:
        if chosen_here() and request.method == "GET" and request.endpoint != "static":
            after_this_request(_keep)


def chosen_locale() -> Locale:
    """Choose the locale of a request; without one, at the command line or in a job, it is English."""
    return locale_of(_language() if has_request_context() else ENGLISH)


def reading_locale() -> Locale:
    """Return the locale of what is being written: that of the request, or of whom a letter goes to."""
    return get_locale() or locale_of(ENGLISH)


def language_of_page() -> str:
    """Return the language of what is being written, as a page names it."""
    return str(reading_locale().language)


def answer_in(code: str) -> None:
    """Answer this request in the language of somebody who is known by a link alone; their own choice goes before it."""
    g.language_of_link = known_language(code)
    refresh()


def chosen_here() -> str | None:
    """Return the language that was chosen on this very page, or None."""
    code = request.args.get(CHOSEN)
    return code if code in LANGUAGES else None


def languages_to_choose() -> list[dict[str, Any]]:
    """Return the links by which a public page is read in another language, with the one in which it is read now.

    There are none on an answer to a form that has no page of its own to go back to.
    """
    if request.url_rule is None or "GET" not in (request.url_rule.methods or ()):
        return []
    given = request.args.to_dict()
    return [
        {
            "code": code,
            "name": own_name(code),
            "address": f"{request.path}?{urlencode({**given, CHOSEN: code})}",
            "is_current": code == language_of_page(),
        }
        for code in LANGUAGES
    ]


def _language() -> str:
    """Return the language of the request; on a page that says what failed, nothing is asked of the database again."""
    held = sessions.own_session()
    if held is None and "is_error_page" not in g:
        held = sessions.at_rest()
    if held is not None:
        return held.language
    kept = request.cookies.get(current_app.config["LANGUAGE_COOKIE_NAME"])
    wanted = (chosen_here(), g.get("language_of_link"), kept, *_asked_for())
    return next((code for code in wanted if code in LANGUAGES), ENGLISH)


def _asked_for() -> Iterator[str]:
    """Yield the languages that the browser asks for, best first: German of Austria is German."""
    for tag, quality in request.accept_languages:
        if quality > 0:
            yield tag.replace("_", "-").partition("-")[0].lower()


def _keep(answer: Response) -> Response:
    answer.set_cookie(
        current_app.config["LANGUAGE_COOKIE_NAME"],
        chosen_here() or ENGLISH,
        max_age=KEPT_FOR,
        path="/",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )
    return answer
