"""Domain errors and HTTP errors, turned into pages in one place."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

import structlog
from flask import Flask, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException, SecurityError

from diary.attempt import CommitUnknown, again_or_not, is_unavailable, this_attempt
from diary.clinical.errors import ClinicalError
from diary.errors import (
    BeingMoved,
    Changed,
    ConfirmFirst,
    DiaryError,
    Expired,
    Invalid,
    NotThere,
    Refused,
    ScreenLocked,
    Throttled,
)
from diary.metering import count_fault
from diary.web.account.confirming import ask_to_confirm
from diary.web.account.locking import ask_to_unlock
from diary.web.request_log import request_id
from diary.web.words import said, too_many

log = structlog.get_logger()


def register(app: Flask) -> None:
    """Give `app` a page for everything that can go wrong."""
    app.register_error_handler(NotThere, lambda _error: _not_there())
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _form_too_old)
    for kind, status in _REFUSALS.items():
        app.register_error_handler(kind, _refusal(status))
    app.register_error_handler(ConfirmFirst, lambda _error: ask_to_confirm())
    app.register_error_handler(ScreenLocked, lambda _error: ask_to_unlock())
    app.register_error_handler(Throttled, _throttled)
    app.register_error_handler(BeingMoved, _being_moved)
    app.register_error_handler(SQLAlchemyError, _of_the_database)
    app.register_error_handler(Exception, _unexpected)


_REFUSALS: dict[type[Exception], HTTPStatus] = {
    Refused: HTTPStatus.FORBIDDEN,
    Changed: HTTPStatus.CONFLICT,
    Expired: HTTPStatus.GONE,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    ClinicalError: HTTPStatus.UNPROCESSABLE_ENTITY,
    DiaryError: HTTPStatus.UNPROCESSABLE_ENTITY,
}


PHONE_WORDS: Final = {
    400: "unreadable",
    403: "refused",
    404: "not_there",
    405: "not_taken",
    413: "too_large",
    415: "not_json",
    422: "unreadable",
    429: "wait",
    503: "busy",
}
"""What went wrong, for the script on a phone; anything else is "failed"."""
LENGTH_OF_NUMBER: Final = 8


def page(status: int, title: str, *sentences: str) -> tuple[str | dict[str, str], int]:
    """Return an error page that says what to do; a phone that sends by itself is told in one word."""
    g.is_error_page = True  # the frame of a page may need what has just failed
    if request.path.startswith("/sync/"):
        return {"error": PHONE_WORDS.get(status, "failed")}, status
    return render_template("errors/error.html", title=title, sentences=sentences, number=_number(status)), status


def _number(status: int) -> str:
    """Return what a caller can quote so that the operator finds the request, where the fault is ours.

    What is not there has none: its page is the same for everybody, whatever was asked for.
    """
    return request_id()[:LENGTH_OF_NUMBER] if status >= 500 else ""


def _refusal(status: HTTPStatus) -> Callable[[Exception], ResponseReturnValue]:
    titles = {
        HTTPStatus.FORBIDDEN: lambda: _("Not allowed"),
        HTTPStatus.CONFLICT: lambda: _("Something changed"),
        HTTPStatus.GONE: lambda: _("This link is no longer good"),
        HTTPStatus.UNPROCESSABLE_ENTITY: lambda: _("This cannot be stored"),
    }

    def refuse(error: Exception) -> ResponseReturnValue:
        if isinstance(error, Refused):
            _note(error)
        return page(status, titles[status](), said(error))

    return refuse


def _note(error: Exception) -> None:
    """Write that somebody was turned away, so that whoever runs the installation sees attempts; never who or why."""
    log.warning("turned_away", kind=type(error).__name__, endpoint=request.endpoint)


def _not_there() -> ResponseReturnValue:
    return page(404, _("There is nothing here"), _("The address may be wrong, or it is not yours to see."))


def _form_too_old(error: CSRFError) -> ResponseReturnValue:
    _note(error)
    return page(
        400,
        _("This form is too old"),
        _("You may have signed out or in again since it was opened. Nothing was stored."),
        _("Go back, reload the page and send it again."),
    )


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    if isinstance(error, SecurityError):
        _note(error)
        # no page can be made for a host that is not ours: it has no addresses
        return "This server does not answer for that name.\n", status, {"Content-Type": "text/plain; charset=utf-8"}
    if status == 404:
        return _not_there()
    told = {
        400: (_("This request cannot be read"), _("Go back, reload the page and try again.")),
        405: (_("This cannot be done here"), _("Go back and use the buttons of the page.")),
        413: (_("This is too long"), _("Shorten the text and send it again.")),
    }
    title, sentence = told.get(status, (_("This did not work"), _("Go back and try again.")))
    answer = page(status, title, sentence)
    allowed = error.get_response().headers.get("Allow") if status == 405 else None
    return (*answer, {"Allow": allowed}) if allowed else answer


def _throttled(error: Throttled) -> ResponseReturnValue:
    _note(error)
    body, status = page(429, _("Wait a little"), too_many(error), _("Then go back and send it again."))
    return body, status, {"Retry-After": str(error.seconds)}


def _being_moved(_error: BeingMoved) -> ResponseReturnValue:
    g.is_error_page = True
    body, status = page(
        503,
        _("Ebb is being moved"),
        _("For some minutes everything can be read and nothing can be stored. Nothing is lost."),
        _("A phone keeps the number you gave and sends it by itself. Try again in some minutes."),
    )
    return body, status, {"Retry-After": str(BeingMoved.SECONDS)}


def _of_the_database(error: SQLAlchemyError) -> ResponseReturnValue:
    """Do the request again where that helps; say that the database is busy, or that nobody knows what was stored."""
    again_or_not(error)
    if not is_unavailable(error):
        return _unexpected(error)
    g.is_error_page = True  # before the first word: its language would be looked up in what has just failed
    log.warning("database_unavailable", kind=type(getattr(error, "orig", error)).__name__)
    attempt = this_attempt()
    if isinstance(error, CommitUnknown) or (attempt is not None and attempt.may_be_half_done):
        sentence = _("It is not known whether all of it was stored. Open the page again and look before you repeat it.")
    else:
        sentence = _("Nothing was stored. Wait a few seconds, go back and send it again.")
    body, status = page(503, _("Ebb is busy for a moment"), sentence)
    return body, status, {"Retry-After": "5"}


def _unexpected(error: Exception) -> ResponseReturnValue:
    g.is_error_page = True
    count_fault("request")
    log.error("unexpected_error", kind=type(error).__name__, exc_info=error)
    return page(500, _("Something went wrong on our side"), _("Nothing was stored. Go back and try again."))
