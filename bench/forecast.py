"""How long forecasts take: `python -m bench.forecast`, with one thread for linear algebra.

The floor of one forecast is judging the courses and one Cholesky factor with the residuals of 2,500 curves; the floor
of the job is the same job with a model that answers at once.
"""

import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final
from unittest.mock import patch

import click
from flask import Flask
from sqlalchemy import insert

from bench.diaries import TODAY, Made, made, noon, timed
from diary.access.identity import OPERATOR
from diary.app import create_app
from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.forecast import Forecast, forecast_of
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from diary.db import db, transaction
from diary.models import Course, Entry, Patient, PatientZone
from diary.schema import prepare_database
from diary.services import forecasts
from diary.services.clinics import add_clinic
from diary.services.projection import refresh_summaries
from diary.settings import Settings
from diary.wall import whole_house

NOW: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 13, tzinfo=UTC)
LENGTHS: Final = (60, 100, 400, 1000, 3650)
SINCE: Final = (14, 21, 35, 56, 100, 180)
CURVES: Final = 2500
THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@click.command()
@click.option("--patients", type=click.IntRange(1), default=100, show_default=True)
@click.option("--times", type=click.IntRange(1), default=40, show_default=True, help="Runs; the median is printed.")
def bench(patients: int, times: int) -> None:
    """Print the time of one forecast, and of the job for PATIENTS, beside their floors."""
    os.environ.update(dict.fromkeys(THREADS, "1"))  # numpy reads it when it is first loaded: now
    start = time.perf_counter()
    forecast(relieved(100, 21))
    click.echo(f"the first ever, with numpy loaded and the curves drawn: {1000 * (time.perf_counter() - start):.0f} ms")
    click.echo(f"one forecast, median of {times} runs in milliseconds")
    click.echo(f"{'days written':>12} {'day t':>6} {'forecast':>9} {'floor':>8} {'ratio':>6}  says")
    for days in LENGTHS:
        line(days, 35, times)
    for t in SINCE:
        line(400, t, times)
    job(patients)


def line(days: int, t: int, times: int) -> None:
    """Print one line: a diary of `days` days on day `t`."""
    diary = relieved(days, t)
    taken, floor = timed(partial(forecast, diary), times), timed(partial(least, diary, t), times)
    told = forecast(diary)
    says = f"{told.p10}-{told.p50}-{told.p90}" if told.shown else str(told.silent)
    click.echo(f"{days:>12} {t:>6} {taken:>9.2f} {floor:>8.2f} {taken / floor:>6.1f}  {says}")


def relieved(days: int, t: int) -> Made:
    """Return a diary whose last course works still."""
    return made(days + t, max(days, t + 20), t=t, half=t + 40)


def judged(diary: Made) -> tuple[list[JudgedCourse], dict[int, int]]:
    """Return the judged courses and the counting scores, which every forecast begins with."""
    counting = counting_scores(diary.scores)
    return judge_courses(diary.courses, counting, TODAY, DEFAULT_RULES), counting


def forecast(diary: Made) -> Forecast:
    """Return the forecast as the job makes it."""
    courses, counting = judged(diary)
    return forecast_of(courses, counting, TODAY, rules=DEFAULT_RULES)


def least(diary: Made, t: int) -> None:
    """Do what no forecast of this kind can do without."""
    import numpy as np  # noqa: PLC0415 (loaded after the number of threads is set)

    judged(diary)
    days = np.arange(t)
    noise = 1.2**2 * np.eye(t) + 0.36 * 0.64 ** np.abs(days[:, None] - days[None, :])
    np.linalg.solve(np.linalg.cholesky(noise), np.ones((t, CURVES)))


def job(patients: int) -> None:
    """Print what the job takes for each patient, all of them with a diary of 200 days and relief that still holds."""
    with scratch() as app, app.app_context(), whole_house():
        clinic_id, ids = filled(patients)
        taken, floor = [], []
        for _ in range(3):
            taken.append(passed(clinic_id, ids))
            with patch.object(forecasts, "forecast_of", at_once):
                floor.append(passed(clinic_id, ids))
        with_model, without = median(taken) / patients, median(floor) / patients
        click.echo(f"the job, {patients} patients: {with_model:.2f} ms each, {1000 / with_model * 60:.0f} a minute")
        click.echo(
            f"the same with a model that answers at once: {without:.2f} ms each, ratio {with_model / without:.1f}"
        )


def passed(clinic_id: uuid.UUID, ids: list[uuid.UUID]) -> float:
    """Want all forecasts, let the job make them, and return how many milliseconds it took."""
    with transaction() as session:
        refresh_summaries(session, clinic_id, ids, now=NOW)
    start, stored = time.perf_counter(), 0
    while some := forecasts.make_forecasts(lambda: NOW):
        stored += some
    assert stored == len(ids)  # noqa: S101 (a figure of something else would be none)
    return 1000 * (time.perf_counter() - start)


def at_once(courses: list[JudgedCourse], *_args: Any, **_more: Any) -> Forecast:
    """Answer without looking."""
    return Forecast(TODAY, courses[-1].course.last_day, 50, 60, 70, 0.2, 0.1)


@contextmanager
def scratch() -> Iterator[Flask]:
    """Give an application on a database of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings("development", Path(folder), f"sqlite:///{folder}/diary.sqlite3", "only-for-a-bench-" * 3)
        )
        prepare_database(app)
        yield app
        with app.app_context(), whole_house():
            db.engine.dispose()


def filled(patients: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Make a clinic of `patients` and return its id and theirs."""
    clinic_id = add_clinic(OPERATOR, "Bench", clock=lambda: NOW)
    ids = [uuid.uuid4() for _ in range(patients)]
    with transaction() as session:
        for number, patient_id in enumerate(ids):
            name, key = f"P{number:06}", {"clinic_id": clinic_id, "patient_id": patient_id}
            diary = made(number, 200, t=20 + number % 60, half=90)
            whom = {"clinic_id": clinic_id, "id": patient_id, "reference": name, "name": name, "made_at": NOW}
            session.execute(insert(Patient), [whom])
            session.execute(insert(PatientZone), [{**key, "valid_from": TODAY - timedelta(2000), "time_zone": "UTC"}])
            session.execute(insert(Course), [{**key, **course} for course in courses_of(diary)])
            session.execute(insert(Entry), [{**key, **entry} for entry in entries_of(diary)])
    return clinic_id, ids


def courses_of(diary: Made) -> list[dict[str, Any]]:
    """Return the courses as rows."""
    return [
        {
            "id": uuid.uuid4(), "medicines": one.medicines, "status": "given", "first_day": one.first_day,
            "last_day": one.last_day, "made_at": noon(one.first_day), "made_by": None,
        }
        for one in diary.courses
    ]  # fmt: skip


def entries_of(diary: Made) -> list[dict[str, Any]]:
    """Return the days as rows."""
    return [
        {
            "id": uuid.uuid4(), "day": day, "revision": 1, "score": one.score, "client_ref": uuid.uuid4(),
            "item_version": "average-24-hours-1", "entered_at": noon(day), "utc_offset_minutes": 0,
            "written_at": noon(day), "received_at": noon(day), "days_late": 0, "source": "self",
        }
        for day, one in diary.scores.items()
    ]  # fmt: skip


if __name__ == "__main__":
    bench()
