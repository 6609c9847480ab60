"""How a start and every command refuse: one sentence on stderr and exit 1; a traceback only where it is asked for."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import has_app_context
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import SQLAlchemyError

from diary.clinical.errors import ClinicalError
from diary.db import db
from diary.errors import DiaryError
from diary.exchange.study import StudyRefused
from diary.services.database_reasons import sentence_of
from diary.settings import Settings, wants_tracebacks


@contextmanager
def refusals_told() -> Iterator[None]:
    """Print the reason of a refusal on stderr and exit 1."""
    try:
        yield
    except (DiaryError, ClinicalError, StudyRefused, OSError, SQLAlchemyError, sqlite3.Error) as refusal:
        if wants_tracebacks():
            raise
        click.echo(_sentence(refusal), err=True)
        raise SystemExit(1) from refusal


def _sentence(refusal: Exception) -> str:
    return sentence_of(refusal, _address()) if isinstance(refusal, SQLAlchemyError | sqlite3.Error) else str(refusal)


def _address() -> URL:
    """Return the address of the database: that of the application, or while there is none yet, that of the settings."""
    return db.engine.url if has_app_context() else make_url(Settings.from_environment().database_url)
