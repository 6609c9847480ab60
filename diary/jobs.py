"""The jobs' loop: what is due is done, a few rows at a time, from the database alone."""

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import structlog
from flask import Flask

from diary.attempt import is_unavailable
from diary.errors import BeingMoved
from diary.giving_way import work_that_can_wait
from diary.installation import installation
from diary.metering import count_fault, note_pass
from diary.security.anchor_files import AnchorFiles
from diary.security.erasure_files import ErasureFiles
from diary.services.anchors import anchor_where_due
from diary.services.calibrations import learn_calibrations
from diary.services.devices import forget_what_is_old
from diary.services.digests import send_digests_where_due
from diary.services.disk import tell_when_nearly_full
from diary.services.erasure import wipe_where_asked
from diary.services.file_seals import look_at_file
from diary.services.forecasts import AT_MOST as FORECASTS_AT_ONCE
from diary.services.forecasts import make_forecasts
from diary.services.kept_backups import back_up_where_due
from diary.services.outbox import CARRIERS, send_due
from diary.services.reminders import remind_where_due
from diary.services.worklist import refresh_everywhere
from diary.vocabulary import Channel
from diary.wall import whole_house

EVERY_SECONDS: Final = 30.0
MAIL_EVERY_SECONDS: Final = 2.0
"""Somebody waits for a link: what any process has posted leaves within seconds."""
REMINDERS_EVERY_SECONDS: Final = 10.0
"""A reminder comes at its minute, whatever the forecasts and the mail server do."""
WORKLIST_EVERY_SECONDS: Final = 2.0
"""What a patient wrote stands in the list about so long after; more often, many entries would make many lines."""
WORKLIST_COUNTED_EVERY: Final = 5
"""So many looks lie between two counts of a list that changes all the time."""
WORKLIST_AT_ONCE: Final = 200
"""Lines of each clinic in a turn: no clinic waits long for another, and the process ends soon when it is asked to."""
BACKUPS_EVERY_SECONDS: Final = 60.0
"""How often it is looked whether a backup is due; the first time so long after the start."""
FILE_LOOKED_AT_EVERY: Final = 5
"""So many looks for a backup, minutes, lie between two looks at the file."""
ANCHORS_LOOKED_AT_EVERY: Final = timedelta(hours=1)
"""A chain that does not hold is told so often, not at every pass."""

log = structlog.get_logger()
_told_of_move, _telling = threading.Event(), threading.Lock()


def work(app: Flask, stop: threading.Event) -> None:
    """Do what is due, then wait, until `stop` is set.

    Each channel of messages, reminders and worklists have threads of their own, since forecasts take minutes, and a
    mail server may.
    """
    beside = [
        *(threading.Thread(target=_carry, args=(app, stop, way), name=way, daemon=False) for way in CARRIERS),
        threading.Thread(target=_remind, args=(app, stop), name="reminders", daemon=False),
        threading.Thread(target=_keep_worklists, args=(app, stop), name="worklists", daemon=False),
        threading.Thread(target=_keep_backups, args=(app, stop), name="backups", daemon=False),
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
    anchors = _Anchors()
    while not stop.is_set():
        with app.app_context(), whole_house(), work_that_can_wait():
            clock = installation().clock
            steps: list[Callable[[], object]] = [
                anchors.look,
                partial(forget_what_is_old, clock),
                partial(wipe_where_asked, ErasureFiles.of(installation().settings)),
                partial(learn_calibrations, clock),
                partial(_again_while_full, partial(make_forecasts, clock, enough=stop.is_set), FORECASTS_AT_ONCE, stop),
            ]
            if _take_steps("jobs_failed", *steps):
                note_pass("jobs")
        stop.wait(EVERY_SECONDS)


class _Anchors:
    """The looks at the chains, of which one is due every hour."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None

    def look(self) -> None:
        """Anchor where that is due, if an hour has passed."""
        clock = installation().clock
        now = clock()
        if self._looked_at is None or now >= self._looked_at + ANCHORS_LOOKED_AT_EVERY:
            self._looked_at = now
            anchor_where_due(AnchorFiles.of(installation().settings), clock=clock)


def _carry(app: Flask, stop: threading.Event, channel: Channel) -> None:
    """Send what is due through a channel until `stop` is set; the process waits for what is being handed over."""
    while not stop.is_set():
        with app.app_context(), whole_house():
            send = partial(send_due, installation().clock, (channel,))
            if _take_steps(f"{channel}_failed", partial(_again_while_full, send, 1, stop)):
                note_pass(channel)
        stop.wait(MAIL_EVERY_SECONDS)


def _remind(app: Flask, stop: threading.Event) -> None:
    """Plan the reminders whose hour has come, and the digests of the morning, until `stop` is set."""
    while not stop.is_set():
        with app.app_context(), whole_house():
            plans = [partial(plan, installation().clock) for plan in (remind_where_due, send_digests_where_due)]
            steps = [partial(_again_while_full, plan, 1, stop) for plan in plans]
            if _take_steps("reminders_failed", *steps):
                note_pass("reminders")
        stop.wait(REMINDERS_EVERY_SECONDS)


def _keep_worklists(app: Flask, stop: threading.Event) -> None:
    """Make the worklists right where a patient wrote, or their day is over, until `stop` is set."""
    looks = 0
    while not stop.is_set():
        with app.app_context(), whole_house(), work_that_can_wait():
            counts = looks % WORKLIST_COUNTED_EVERY == 0
            refresh = partial(refresh_everywhere, installation().clock, at_most=WORKLIST_AT_ONCE, count=counts)
            if _take_steps("worklists_failed", partial(_again_while_full, refresh, WORKLIST_AT_ONCE, stop)):
                note_pass("worklists")
        looks += 1
        stop.wait(WORKLIST_EVERY_SECONDS)


def _keep_backups(app: Flask, stop: threading.Event) -> None:
    """Make the backup that is due, and look whether the file is as it was, until `stop` is set."""
    pauses = 0
    while not stop.wait(BACKUPS_EVERY_SECONDS):
        with app.app_context(), whole_house():
            if _take_steps("backups_failed", *_steps_of_backups(looks=pauses % FILE_LOOKED_AT_EVERY == 0)):
                note_pass("backups")
        pauses += 1
    with app.app_context(), suppress(Exception):
        look_at_file()


def _steps_of_backups(*, looks: bool) -> list[Callable[[], object]]:
    """Return what is done each minute; a disk that fills up is told first, whatever it does to the backup."""
    settings, clock, made = installation().settings, installation().clock, list[bool]()

    def back_up() -> None:
        made.append(back_up_where_due(settings, clock=clock))

    def look() -> None:
        if looks or any(made):
            look_at_file()

    return [*([partial(tell_when_nearly_full, settings)] if looks else []), back_up, look]


def _take_steps(told_as: str, *steps: Callable[[], object]) -> bool:
    """Take each step, whatever became of those before, and say if all went well; of a fault the log says `told_as`.

    Of a database that is being moved away, or was, the log says it once: nothing can be done, and nothing is wrong.
    """
    well, unanswered = True, 0
    for step in steps:
        try:
            step()
        except BeingMoved:
            with _telling:  # the loops may find out at the same moment
                if not _told_of_move.is_set():
                    _told_of_move.set()
                    log.warning("jobs_rest_while_moved")
            return False
        except Exception as error:
            log.exception(told_as)
            count_fault("jobs")
            well = False
            unanswered += is_unavailable(error)
            if unanswered > 1:  # one step may be held by a long unit; of two, the database is away
                return False
    return well


def _again_while_full(turn: Callable[[], int], full: int, stop: threading.Event) -> None:
    """Take a turn, and another as long as each did so much that more may be due.

    What comes one by one meanwhile waits for the next pass: many small turns cost far more than one.
    """
    while turn() >= full and not stop.is_set():
        pass


def start_beside(app: Flask, stop: threading.Event) -> list[threading.Thread]:
    """Start the loop in threads of this process; it ends, with what it has in hand, once `stop` is set."""
    loop = threading.Thread(target=work, args=(app, stop), name="jobs", daemon=True)
    loop.start()
    return [loop]
