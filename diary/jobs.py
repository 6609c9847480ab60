"""The jobs' loop: what is due is done, a few rows at a time, from the database alone."""

import threading
from datetime import timedelta
from typing import Final

import structlog
from flask import Flask

from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.security.erasure_files import ErasureFiles
from diary.services.anchors import anchor_where_due
from diary.services.calibrations import learn_calibrations
from diary.services.devices import forget_what_is_old
from diary.services.digests import send_digests_where_due
from diary.services.erasure import wipe_where_asked
from diary.services.forecasts import make_forecasts
from diary.services.outbox import send_due
from diary.services.reminders import remind_where_due
from diary.services.worklist import refresh_everywhere

EVERY_SECONDS: Final = 30.0
MAIL_EVERY_SECONDS: Final = 2.0
"""Somebody waits for a link: what any process has posted leaves within seconds."""
REMINDERS_EVERY_SECONDS: Final = 10.0
"""A reminder comes at its minute, whatever the forecasts and the mail server do."""
WORKLIST_AT_ONCE: Final = 200
"""Lines of each clinic in a turn: no clinic waits long for another, and the process ends soon when it is asked to."""
ANCHORS_LOOKED_AT_EVERY: Final = timedelta(hours=1)
"""A chain that does not hold is told so often, not at every pass."""

log = structlog.get_logger()


def work(app: Flask, stop: threading.Event) -> None:
    """Do what is due, then wait, until `stop` is set.

    Mail, reminders and worklists have threads of their own, since forecasts take minutes, and a mail server may.
    """
    beside = [
        threading.Thread(target=_carry_mail, args=(app, stop), name="mail", daemon=False),
        threading.Thread(target=_remind, args=(app, stop), name="reminders", daemon=False),
        threading.Thread(target=_keep_worklists, args=(app, stop), name="worklists", daemon=False),
    ]
    for thread in beside:
        thread.start()
    try:
        _do_what_is_due(app, stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join()


def _do_what_is_due(app: Flask, stop: threading.Event) -> None:
    anchors_at = None
    while not stop.is_set():
        with app.app_context():
            try:
                now = installation().clock()
                if anchors_at is None or now >= anchors_at + ANCHORS_LOOKED_AT_EVERY:
                    anchors_at = now
                    anchor_where_due(AnchorFiles.of(installation().settings), clock=installation().clock)
                forget_what_is_old(installation().clock)
                wipe_where_asked(ErasureFiles.of(installation().settings))
                learn_calibrations(installation().clock)
                while make_forecasts(installation().clock) and not stop.is_set():
                    pass
            except Exception:
                log.exception("jobs_failed")
        stop.wait(EVERY_SECONDS)


def _carry_mail(app: Flask, stop: threading.Event) -> None:
    """Send what is due until `stop` is set; the process waits for a mail that is being handed over."""
    while not stop.is_set():
        with app.app_context():
            try:
                while send_due(installation().clock) and not stop.is_set():
                    pass
            except Exception:
                log.exception("mail_failed")
        stop.wait(MAIL_EVERY_SECONDS)


def _remind(app: Flask, stop: threading.Event) -> None:
    """Plan the reminders whose hour has come, and the digests of the morning, until `stop` is set."""
    while not stop.is_set():
        with app.app_context():
            try:
                while remind_where_due(installation().clock) and not stop.is_set():
                    pass
                while send_digests_where_due(installation().clock) and not stop.is_set():
                    pass
            except Exception:
                log.exception("reminders_failed")
        stop.wait(REMINDERS_EVERY_SECONDS)


def _keep_worklists(app: Flask, stop: threading.Event) -> None:
    """Make the worklists right whose patients' day is over, until `stop` is set."""
    while not stop.is_set():
        with app.app_context():
            try:
                while refresh_everywhere(installation().clock, at_most=WORKLIST_AT_ONCE) and not stop.is_set():
                    pass
            except Exception:
                log.exception("worklists_failed")
        stop.wait(EVERY_SECONDS)


def start_beside(app: Flask) -> threading.Event:
    """Start the loop in a thread of this process; setting the event that is returned ends it."""
    stop = threading.Event()
    threading.Thread(target=work, args=(app, stop), name="jobs", daemon=True).start()
    return stop
