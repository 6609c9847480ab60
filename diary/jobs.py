"""The jobs' loop: what is due is done, a few rows at a time, from the database alone."""

import threading
from typing import Final

import structlog
from flask import Flask

from diary.installation import installation
from diary.services.calibrations import learn_calibrations
from diary.services.forecasts import make_forecasts
from diary.services.worklist import refresh_everywhere

EVERY_SECONDS: Final = 30.0

log = structlog.get_logger()


def work(app: Flask, stop: threading.Event) -> None:
    """Do what is due, then wait, until `stop` is set."""
    while not stop.is_set():
        with app.app_context():
            try:
                refresh_everywhere(installation().clock)
                learn_calibrations(installation().clock)
                while make_forecasts(installation().clock) and not stop.is_set():
                    pass
            except Exception:
                log.exception("jobs_failed")
        stop.wait(EVERY_SECONDS)


def start_beside(app: Flask) -> threading.Event:
    """Start the loop in a thread of this process; setting the event that is returned ends it."""
    stop = threading.Event()
    threading.Thread(target=work, args=(app, stop), name="jobs", daemon=True).start()
    return stop
