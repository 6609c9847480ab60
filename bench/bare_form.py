"""The least that could be done: one Flask form without styles, one radio group, one INSERT that is as durable as ours.

`python -m bench.bare_form PORT FILE` serves it as Ebb is served; it knows no patient, no sign-in and no chart.
"""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from flask import Flask, request
from waitress import serve

from bench.demo_clinic import free_port, serving
from diary.cli.serve import THREADS
from diary.db import safe_journal

FORM = (
    "<!doctype html><html lang=en><title>Pain</title><h1>Pain today</h1><form method=post><fieldset>"
    + "".join(f"<label><input type=radio name=score value={score}>{score}</label>" for score in range(11))
    + "</fieldset><button>Save</button></form>"
)
SAVED = "<!doctype html><html lang=en><title>Pain</title><h1>Pain today</h1><p role=status>Saved: {}</p>"


def bare_app(file: Path) -> Flask:
    """Return the application on `file`."""
    app = Flask(__name__)
    with closing(connected(file)) as connection:
        connection.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, score INTEGER NOT NULL, at TEXT NOT NULL)")

    @app.get("/")
    def ask() -> str:
        return FORM

    @app.post("/")
    def save() -> str:
        score = int(request.form["score"])
        with closing(connected(file)) as connection:
            connection.execute("INSERT INTO entry (score, at) VALUES (?, datetime('now'))", (score,))
        return SAVED.format(score)

    return app


def connected(file: Path) -> sqlite3.Connection:
    """Open the database with the journal and the waiting for the disk that Ebb has."""
    connection = sqlite3.connect(file, isolation_level=None)
    journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
    connection.execute(f"PRAGMA journal_mode = {journal}").fetchall()
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA secure_delete = ON").fetchall()
    return connection


@contextmanager
def bare_form(folder: Path) -> Iterator[int]:
    """Serve the bare form on the port that is returned, until the block ends."""
    port = free_port()
    with serving([sys.executable, "-m", "bench.bare_form", str(port), str(folder / "bare.sqlite3")], {}, port):
        yield port


if __name__ == "__main__":
    serve(bare_app(Path(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), threads=THREADS, ident=None)
