"""Mail that fails: its server down, slow, refusing, and a worker killed between handing over and marking."""

import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from diary.db import db, snapshot, transaction
from diary.messaging.message import Message
from diary.models import OutboxMessage
from diary.services.outbox import post
from diary.vocabulary import MessageKind
from tests.faults.figures import Figures, Progress, unseen
from tests.faults.lines import IN_TIME, Line
from tests.faults.patients import app_of, in_the_whole_house
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground, Served, Working
from tests.messaging.post_office import PostOffice, open_post_office

FIRST = datetime(2026, 3, 20, 12, tzinfo=UTC)
SOON = 45.0
"""Seconds within which a worker has done what is due, on a machine that does much else."""
KINDS = ("killed", "down", "slow", "refusing")


class Post:
    """A worker, the mail server behind a line that may break, and the clock that all of them read."""

    def __init__(self, ground: Ground, office: PostOffice, line: Line) -> None:
        self.office, self.line, self.now = office, line, FIRST
        url = f"smtp://{line.address.removeprefix('http://')}?from=diary@clinic.example"
        files = {"DIARY_CLOCK_FILE": f"{ground.instance}.clock", "DIARY_MAIL_URL": url, "DIARY_JOBS": "none"}
        self.ground = Ground(ground.instance, ground.database_url, {**ground.more, **files})
        ground.instance.parent.mkdir(parents=True, exist_ok=True)
        self.pass_time(timedelta())

    def pass_time(self, by: timedelta) -> None:
        """Move the clock of all processes."""
        self.now += by
        self.ground.set_clock(self.now)


def trouble_the_mail(ground: Ground, *, tries: int, progress: Progress = unseen) -> Figures:
    """Let mail fail in every way; each is sent once or marked `unknown`, and entries are stored in time meanwhile."""
    figures = Figures("mail down, slow, refusing; worker killed while it sends")
    with open_post_office() as office, Line(office.port) as line:
        town = Post(ground, office, line)
        people = settle(town.ground, patients=1)
        app = app_of(town.ground)
        with Served(town.ground) as served, Working(town.ground) as worker:
            phone = Phone(served.address, people[0], clock=lambda: town.now, patience=IN_TIME)
            figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
            for number in range(tries):
                kind = KINDS[number % len(KINDS)]
                _one(town, app, worker, phone, kind, figures)
                figures.phases[kind] += 1
                figures.tries += 1
                progress((number + 1) / tries)
        with app.app_context():
            db.engine.dispose()
        times = Counter(mail["Message-ID"] for mail in office.taken)
        figures.check(max(times.values(), default=0) == 1, f"A mail was sent {max(times.values(), default=0)} times.")
    figures.take(compare(acknowledged([phone]), rows_of(ground.url), tapped([phone])))
    return figures


def _one(town: Post, app: Flask, worker: Working, phone: Phone, kind: str, figures: Figures) -> None:
    """Post one mail while the post is in trouble, store a number meanwhile, and let the trouble end."""
    _begin_trouble(town, kind)
    message = _posted(app)
    phone.tap(5)
    phone.send()
    figures.check(not phone.waiting, f"No number is stored while mail is {kind}: {phone.statuses}")
    if kind == "killed":
        figures.check(town.office.came.wait(SOON), "The worker hands no mail over.")
        worker.kill()
    else:
        figures.check(
            _until(app, message, {"waiting"}, tried=True, slow=kind == "slow"), f"{kind}: {_state(app, message)}"
        )
    began = time.monotonic()
    _end_trouble(town)
    if kind == "killed":
        worker.start()
        figures.check(_state(app, message) == "sending", f"After the kill the mail is {_state(app, message)}.")
        town.pass_time(timedelta(minutes=6))
    else:
        town.pass_time(timedelta(minutes=3))
    wanted = "unknown" if kind == "killed" else "sent"
    figures.check(_until(app, message, {wanted}), f"Mail, {kind}: it ends as {_state(app, message)}, not {wanted}.")
    figures.recovered_in(time.monotonic() - began)


def _begin_trouble(town: Post, kind: str) -> None:
    town.office.came.clear()
    if kind == "down":
        town.line.answer = 0
    elif kind == "refusing":
        town.office.answer = "451 Not now"
    else:
        town.office.hold = threading.Event()


def _end_trouble(town: Post) -> None:
    town.line.answer, town.office.answer = None, "250 Taken"
    if town.office.hold:
        town.office.hold.set()
    town.office.hold = None


def _posted(app: Flask) -> uuid.UUID:
    """Ask for a mail as a reset of a password does, and return its id."""
    message = Message(MessageKind.RESET, "ana@home.example", "New password", "https://diary.example/reset/token")
    with app.app_context(), in_the_whole_house():
        with transaction() as session:
            post(session, message)
        with snapshot() as session:
            newest = select(OutboxMessage.id).where(OutboxMessage.state.in_(("waiting", "sending")))
            return session.scalars(newest).one()


def _state(app: Flask, message: uuid.UUID) -> str:
    return _row(app, message).state


def _row(app: Flask, message: uuid.UUID) -> OutboxMessage:
    with app.app_context(), in_the_whole_house(), snapshot() as session:
        return session.scalars(select(OutboxMessage).where(OutboxMessage.id == message)).one()


def _until(app: Flask, message: uuid.UUID, states: set[str], *, tried: bool = False, slow: bool = False) -> bool:
    """Wait until a mail is in one of these states, after a try where `tried`; a slow one is under way by then."""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        row = _row(app, message)
        if slow and row.state == "sending":
            return True
        if not slow and row.state in states and (not tried or row.attempts or row.why or row.due_at > row.made_at):
            return True
        time.sleep(0.05)
    return False
