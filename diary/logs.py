"""Logs: events on stderr, one JSON object a line, without a word of anyone's health and without a secret address."""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog

SECRET_ADDRESS: Final = re.compile(
    r"(/(?:t|feed|link|invite|reminders/(?:confirm|stop)|digest/(?:confirm|stop))/)(?!link/|invite/)[^\s/?#\"'\\<>]+"
)
"""What follows in these addresses lets whoever has it in: `nginx` masks the same ones."""
ID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
ADDRESS_WITH_ID: Final = re.compile(rf"(/[\w./-]*/){ID.pattern}", re.IGNORECASE)
VALUE: Final = re.compile(r"'(?:[^']|'')*'|(?<![\w.:$%])\d+(?:\.\d+)?(?![\w.])")
"""Texts and numbers that stand in a statement itself; what is bound to it is never looked at."""
LONGEST_STATEMENT: Final = 2_000
MOST_CAUSES: Final = 5
NAMED_LOGGERS: Final = logging.WARNING


def configure_logs() -> None:
    """Write levels, moments and plain tracebacks; never the values that a failing line held.

    What libraries say through Python's own logging goes the same way, in the same form.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer()],
        logger_factory=lambda *_names: _Lines(),
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _ToStandardError) for handler in root.handlers):
        root.addHandler(_ToStandardError())


def mask(text: str) -> str:
    """Return `text` without the part of an address that lets somebody in, and without the ids in addresses."""
    return ADDRESS_WITH_ID.sub(r"\1…", SECRET_ADDRESS.sub(r"\1…", text))


def without_values(statement: str) -> str:
    """Return a statement with every value in it left out, in one line, and cut where it is long."""
    return VALUE.sub("…", re.sub(r"\s+", " ", statement)).strip()[:LONGEST_STATEMENT]


def where_it_failed(error: BaseException) -> list[dict[str, Any]]:
    """Return an error and what caused it, the last one first: kinds, lines of code and statements.

    The words of an error are left out: they may quote what somebody wrote.
    """
    told: list[dict[str, Any]] = []
    at: BaseException | None = error
    while at is not None and len(told) < MOST_CAUSES:
        frames = traceback.extract_tb(at.__traceback__)
        said: dict[str, Any] = {"kind": type(at).__qualname__, "at": [_line(frame) for frame in frames]}
        statement, code = getattr(at, "statement", None), getattr(at, "sqlstate", None)
        told.append(
            said
            | ({"statement": without_values(statement)} if isinstance(statement, str) else {})
            | ({"sqlstate": code} if isinstance(code, str) else {})
        )
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return told


def _line(frame: traceback.FrameSummary) -> str:
    return f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"


def _tell_where(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put in place of an error what may be told of it."""
    given = said.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    return {**said, "error": where_it_failed(error)} if isinstance(error, BaseException) else said


def _mask_all(_logger: Any, _method: str, said: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {name: mask(value) if isinstance(value, str) and "/" in value else value for name, value in said.items()}


_SHARED: Final[list[Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _tell_where,
    _mask_all,
]


class _Lines:
    """Writes each event as one line, at once, to whatever stderr is then."""

    def msg(self, line: str) -> None:
        """Write it."""
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    log = debug = info = warn = warning = error = err = exception = critical = fatal = failure = msg


class _ToStandardError(logging.Handler):
    """Writes what a library warns of as one of our lines, to whatever stderr is then."""

    def __init__(self) -> None:
        super().__init__(NAMED_LOGGERS)
        self.setFormatter(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=_SHARED,
                processors=[
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(),
                ],
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001 (Python's own way: logging never ends what it tells of)
            self.handleError(record)
