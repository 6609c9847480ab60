"""The floor: raw Flask that reads a number out of JSON and stores it durably. It knows no patient and no session.

`python -m bench.floor PORT DATABASE` serves it with the server and the threads that Ebb is served with; DATABASE is a
file, which is waited for as Ebb's is, or the address of a PostgreSQL.
"""

import sqlite3
import sys
import threading
from collections.abc import Callable
from typing import Any, Final

from flask import Flask, request
from waitress import serve

from diary.cli.serve import THREADS
from diary.db import safe_journal

TABLE: Final = "CREATE TABLE entry (ref TEXT PRIMARY KEY, day TEXT NOT NULL, score INTEGER, at TEXT NOT NULL)"


def floor_app(database: str) -> Flask:
    """Return the application on `database`."""
    app, held = Flask(__name__), threading.local()
    connect, insert = _on_postgresql(database) if database.startswith("postgresql") else _on_file(database)
    with_table = connect()
    with_table.execute(TABLE)
    with_table.close()

    @app.post("/")
    def save() -> dict[str, Any]:
        if not hasattr(held, "connection"):
            held.connection = connect()
        sent = request.get_json()
        for one in sent["entries"]:
            held.connection.execute(insert, (one["client_ref"], one["day"], one["score"], one["entered_at"]))
        return {"results": [{"client_ref": one["client_ref"], "status": "stored"} for one in sent["entries"]]}

    @app.get("/")
    def ask() -> str:
        return "ready"

    return app


def _on_file(file: str) -> tuple[Callable[[], Any], str]:
    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(file, isolation_level=None, timeout=10)
        journal, synchronous = safe_journal(sqlite3.sqlite_version_info)
        connection.execute(f"PRAGMA journal_mode = {journal}").fetchall()
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        return connection

    return connect, "INSERT INTO entry (ref, day, score, at) VALUES (?, ?, ?, ?)"


def _on_postgresql(address: str) -> tuple[Callable[[], Any], str]:
    import psycopg  # noqa: PLC0415 (only where it is asked for)

    return lambda: psycopg.connect(address, autocommit=True), (
        "INSERT INTO entry (ref, day, score, at) VALUES (%s, %s, %s, %s)"
    )


if __name__ == "__main__":
    serve(floor_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), threads=THREADS, ident=None)
