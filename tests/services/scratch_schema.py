"""The empty schema of a scratch database, made once in each process: migrations take longer than what is tested."""

import shutil
from pathlib import Path

from diary.db import db
from diary.services import rebuilding

MADE: dict[str, Path] = {}
really_made = rebuilding.make_schema


def make_schema_once(folder: Path):
    """Return what makes a schema as Ebb does the first time, and takes a copy of that from then on."""

    def make(revision: str) -> None:
        file = Path(db.engine.url.database)
        db.engine.dispose()
        if file.exists() and file.stat().st_size:
            really_made(revision)
        elif revision in MADE:
            shutil.copyfile(MADE[revision], file)
        else:
            really_made(revision)
            db.engine.dispose()
            MADE[revision] = shutil.copyfile(file, folder / f"{revision}.sqlite3")

    return make
