"""What this process counts of itself, for `/metrics`: few words, fixed sets of them, and nothing of anybody."""

import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call]
REGISTRY: Final = CollectorRegistry(auto_describe=True)
REQUESTS: Final = Counter(
    "ebb_requests",
    "Requests answered, by part of the site and status.",
    ["process", "part", "status"],
    registry=REGISTRY,
)
REQUEST_SECONDS: Final = Histogram(
    "ebb_request_seconds", "Seconds from request to answer.", ["process", "part"], buckets=SECONDS, registry=REGISTRY
)
SLOW: Final = Counter(
    "ebb_slow", "Statements and requests over their threshold.", ["process", "what"], registry=REGISTRY
)
ENTRIES: Final = Counter(
    "ebb_entries",
    "Entries that phones and pages sent, by what became of them.",
    ["process", "outcome"],
    registry=REGISTRY,
)
FAULTS: Final = Counter("ebb_faults", "Errors of ours that nobody foresaw.", ["process", "where"], registry=REGISTRY)
PASSES: Final = Gauge(
    "ebb_jobs_pass_seconds", "Seconds since a loop of the jobs went round.", ["process", "loop"], registry=REGISTRY
)
OUTCOMES: Final = ("stored", "duplicate", "conflict", "rejected")


@dataclass(slots=True)
class Work:
    """What one request has asked of the database so far."""

    queries: int = 0
    seconds: float = 0.0


_work: ContextVar[Work | None] = ContextVar("work", default=None)
_name = "0"


def name_process(name: str) -> None:
    """Say under which name this process counts: its port, since several of one installation stand side by side.

    What never happened is counted as zero, or the first time would not be seen as an increase.
    """
    global _name  # noqa: PLW0603 (there is one process)
    _name = name
    for outcome in OUTCOMES:
        ENTRIES.labels(name, outcome)
    for where in ("request", "jobs"):
        FAULTS.labels(name, where)
    for what in ("statement", "request"):
        SLOW.labels(name, what)


def begin_work() -> Work:
    """Count what is asked of the database from now on, in this thread, until it begins anew."""
    work = Work()
    _work.set(work)
    return work


def count_statement(seconds: float) -> None:
    """Add one statement to what the request at hand has asked for."""
    work = _work.get()
    if work is not None:
        work.queries += 1
        work.seconds += seconds


def count_request(part: str, status: int, seconds: float) -> None:
    """Count one answer; a status counts by its hundred, but for those that an operator looks for."""
    told = str(status) if status in _TOLD_APART else f"{status // 100}xx"
    REQUESTS.labels(_name, part, told).inc()
    REQUEST_SECONDS.labels(_name, part).observe(seconds)


_TOLD_APART: Final = frozenset({401, 403, 404, 409, 422, 429, 500, 503})


def count_entries(outcomes: Iterable[str]) -> None:
    """Count what became of entries, once that is committed."""
    for outcome in outcomes:
        ENTRIES.labels(_name, outcome if outcome in OUTCOMES else "rejected").inc()


def count_slow(what: str) -> None:
    """Count a slow `statement` or `request`."""
    SLOW.labels(_name, what).inc()


def count_fault(where: str) -> None:
    """Count an error that nobody foresaw, in a `request` or in `jobs`."""
    FAULTS.labels(_name, where).inc()


def note_pass(loop: str) -> None:
    """Note that one of the jobs' loops went round without a fault; the figure is how long ago that was."""
    at = time.monotonic()
    PASSES.labels(_name, loop).set_function(lambda: time.monotonic() - at)


def counted() -> bytes:
    """Return all that was counted, as Prometheus reads it."""
    return generate_latest(REGISTRY)
