"""How long the pages of groups take, and how many bytes they are: `python -m bench.cohort_pages`.

Pages and figures are asked for over HTTP without a network, by a clinician who is signed in, on the same made-up clinic
as `bench.cohort`.
"""

import gc
import resource
import time
from contextvars import Context
from dataclasses import replace
from statistics import median
from typing import Any, Final

import click
from flask import Flask
from sqlalchemy import event

from bench.cohort import NOW, filled, scratch
from diary.db import db
from diary.vocabulary import Role
from diary.wall import whole_house
from tests.conftest import TestClock
from tests.web.people import PASSWORD, a_signing_member
from tests.web.visiting import Visitor

VIEWS: Final = {
    "by medicine": "",
    "by tag": "?by=tag",
    "two tags compared": "?by=tag&a=ketamine&b=placebo",
    "two tags, 52 weeks": "?by=tag&a=ketamine&b=placebo&weeks=52",
}


@click.command()
@click.option("--patients", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=3, show_default=True, help="Runs; the median is printed.")
def bench(patients: int, times: int) -> None:
    """Print time, bytes and queries of the pages and figures of PATIENTS patients."""
    with scratch() as (app, _file), app.app_context(), whole_house():
        filled(patients)
        visitor = signed_in(app)
        click.echo(f"{patients} patients, {times} runs, median; at most {memory():.0f} MB before")
        click.echo(f"{'':<22} {'page ms':>9} {'kB':>6} {'queries':>8} {'figures ms':>11} {'kB':>6}")
        for name, query in VIEWS.items():
            page_ms, page_bytes, queries = asked(visitor, f"/clinic/cohort{query}", times)
            figure_ms, figure_bytes, _ = asked(visitor, f"/clinic/cohort/figures.json{query}", times)
            told = f"{page_ms:9.0f} {page_bytes / 1000:6.0f} {queries:8} {figure_ms:11.0f} {figure_bytes / 1000:6.0f}"
            click.echo(f"{name:<22} {told}")
        click.echo(f"at most {memory():.0f} MB after")


def signed_in(app: Flask) -> Visitor:
    """Return a clinician of the made-up clinic with a browser, at the moment for which the clinic was made."""
    clock = TestClock(NOW)
    replace(app.extensions["ebb"], clock=clock).put_into(app)
    a_signing_member("Bench", "bench@bench.example", (Role.CLINICIAN,), clock)
    return Visitor(app).sign_in("bench@bench.example", PASSWORD, path="/sign-in?next=/clinic/rules")


def asked(visitor: Visitor, address: str, times: int) -> tuple[float, int, int]:
    """Return milliseconds, bytes and queries of an answer; the page is not inspected within the time."""
    taken, queries = [], [0]

    def count(*_: Any) -> None:
        queries[0] += 1

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        for _ in range(times):
            gc.collect()
            queries[0], start = 0, time.perf_counter()
            answer = Context().run(visitor.client.open, address, base_url=visitor.base_url, buffered=True)
            taken.append(1000 * (time.perf_counter() - start))
            if answer.status_code != 200:
                raise SystemExit(f"{address} answered {answer.status_code}.")
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return median(taken), len(answer.data), queries[0]


def memory() -> float:
    """Return how much memory the process has used at most, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    bench()
