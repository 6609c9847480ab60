"""The outbox: what was asked for leaves after the commit, once or not at all, and nothing of it stays readable."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from diary import jobs
from diary.db import db, transaction
from diary.installation import Installation, installation
from diary.messaging import mail
from diary.messaging.message import Message
from diary.services import outbox as service
from diary.services import push_subscriptions
from diary.services.outbox import mail_is_set_up, post, send_due
from diary.vocabulary import Channel, MessageKind, OutboxState
from diary.wall import whole_house
from tests.beside import all_bytes
from tests.conftest import settings_for
from tests.messaging.post_office import free_port, open_post_office, set_up_mail
from tests.services.away import failing_as
from tests.services.postbox import letters_waiting, outbox

TO, SUBJECT, TEXT = "ana@home.example", "Subject of its own", "https://diary.example/reset/secret-token"


def a_message(**fields):
    return Message(MessageKind.RESET, fields.pop("to", TO), SUBJECT, TEXT, **fields)


def posted(*messages):
    with transaction() as session:
        for message in messages:
            post(session, message)
    return messages


def states():
    return [(row.state, row.why) for row in outbox()]


@pytest.fixture
def office(app):
    with open_post_office() as opened:
        set_up_mail(app, opened.url)
        yield opened


@contextmanager
def an_office(app, **behaviour):
    with open_post_office(**behaviour) as opened:
        set_up_mail(app, opened.url)
        yield opened


def test_what_is_posted_is_sent_once(office, clock):
    (message,) = posted(a_message())
    assert send_due(clock) == 1
    assert send_due(clock) == 0
    (got,) = office.taken
    assert (got["To"], got["Subject"], got.get_content().strip()) == (TO, SUBJECT, TEXT)
    assert got["Message-ID"] == f"<{message.id}@clinic.example>"
    assert got["Date"].datetime == clock().replace(microsecond=0)
    (row,) = outbox()
    assert (row.state, row.attempts, row.sent_at, row.why) == (OutboxState.SENT, 1, clock(), None)


def test_nothing_is_sent_of_a_unit_that_failed(office, clock):
    def fail():
        with transaction() as session:
            post(session, a_message())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert send_due(clock) == 0
    assert not office.taken


def test_a_message_asked_for_twice_under_one_id_is_one_message(office, clock):
    same = uuid.uuid4()
    posted(a_message(id=same), a_message(id=same))
    send_due(clock)
    posted(a_message(id=same))
    send_due(clock)
    assert len(office.taken) == len(outbox()) == 1


def test_nothing_of_a_mail_can_be_read_in_the_database(office, clock):
    (sent,) = posted(a_message())
    waiting_file = all_bytes()
    send_due(clock)
    for words in (TO, SUBJECT, TEXT, "secret-token"):
        assert words.encode() not in waiting_file
    (row,) = outbox()
    assert row.sealed is None
    assert sent.id.hex.encode() in all_bytes().replace(b"-", b"")
    for name in ("to", "subject", "text"):
        assert getattr(sent, name) not in repr(sent)


def test_a_message_sealed_under_another_key_is_given_up(app, office, clock):
    posted(a_message())
    ours = installation()
    Installation(replace(ours.settings, secret_key="k" * 40), ours.clock, ours.passwords).put_into(app)
    assert send_due(clock) == 0
    assert states() == [("failed", "other_key")]
    assert not office.taken


def test_a_temporary_refusal_is_tried_again_with_growing_delay(office, clock):
    office.recipient_answers[TO] = "451 later"
    posted(a_message())
    waits = []
    for _ in range(9):
        send_due(clock)
        (row,) = outbox()
        assert (row.state, row.why, row.lease_until) == ("waiting", "later", None)
        waits.append((row.due_at - clock()) // timedelta(minutes=1))
        clock.now = row.due_at - timedelta(seconds=1)
        assert send_due(clock) == 0
        assert outbox()[0].attempts == len(waits)
        clock.now = row.due_at
    assert waits == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    office.recipient_answers.clear()
    assert send_due(clock) == 1
    assert states() == [("sent", None)]


def test_after_a_day_of_refusals_it_is_given_up(office, clock):
    office.recipient_answers[TO] = "451 later"
    posted(a_message())
    begun = clock()
    while outbox()[0].state == "waiting":
        send_due(clock)
        clock.now = max(clock.now, outbox()[0].due_at)
    assert timedelta(hours=20) < clock() - begun < timedelta(hours=24)
    assert states() == [("failed", "later")]
    assert outbox()[0].sealed is None


def test_what_is_refused_for_good_is_not_tried_again(office, clock):
    office.recipient_answers[TO] = f"550 {TO} is unknown"
    posted(a_message(), a_message(to="no address"))
    send_due(clock)
    clock.move(hours=3)
    send_due(clock)
    assert sorted(states()) == [("failed", "address"), ("failed", "recipient_refused")]
    assert {row.attempts for row in outbox()} == {1}


def test_a_link_that_is_no_longer_good_is_not_sent(office, clock):
    posted(a_message(expires_at=clock() + timedelta(minutes=30)))
    clock.move(minutes=30)
    assert send_due(clock) == 0
    assert states() == [("failed", "expired")]
    assert outbox()[0].sealed is None


def test_nothing_is_tried_again_past_its_end(office, clock):
    office.recipient_answers[TO] = "451 later"
    posted(a_message(expires_at=clock() + timedelta(seconds=59)))
    send_due(clock)
    assert states() == [("failed", "later")]


def test_a_message_waits_for_its_moment(office, clock):
    posted(a_message(not_before=clock() + timedelta(hours=2)))
    assert send_due(clock) == 0
    clock.move(hours=2)
    assert send_due(clock) == 1


def test_when_the_server_is_down_the_others_wait_without_a_try(app, clock):
    set_up_mail(app, f"smtp://127.0.0.1:{free_port()}")
    posted(*(a_message() for _ in range(3)))
    assert send_due(clock) == 0
    assert sorted(row.attempts for row in outbox()) == [0, 0, 1]
    assert {row.state for row in outbox()} == {"waiting"}
    with an_office(app) as office:
        clock.move(minutes=1)
        assert send_due(clock) == len(office.taken) == 3


def test_a_mail_that_the_server_may_have_taken_is_not_repeated(app, clock):
    with an_office(app, cut_at="DATA") as office:
        posted(a_message())
        send_due(clock)
        clock.move(hours=3)
        send_due(clock)
        assert len(office.taken) == 1
    assert states() == [("unknown", "unclear")]
    assert outbox()[0].sealed is None


def test_a_mail_server_that_takes_its_time_holds_up_no_phone(app, monkeypatch):
    handed, stop = threading.Event(), threading.Event()
    monkeypatch.setitem(service.CARRIERS, Channel.PUSH, lambda *_said, **_more: handed.set())
    with an_office(app, hold=threading.Event()) as office:
        posted(a_message())
        work = threading.Thread(target=jobs.work, args=(app, stop))
        work.start()
        try:
            assert office.came.wait(20)
            posted(a_message(channel=Channel.PUSH, more={"subscription": str(uuid.uuid4())}))
            assert handed.wait(20)
            assert not office.hold.is_set()
        finally:
            office.hold.set()
            stop.set()
            work.join(30)


KILLED = """
from diary.app import create_app
from diary.installation import installation
from diary.services.outbox import send_due
from diary.wall import whole_house
app = create_app()
with app.app_context(), whole_house():
    send_due(installation().clock)
"""


def test_a_worker_killed_between_sending_and_marking_leaves_it_unknown(app, clock, tmp_path):
    with an_office(app, hold=threading.Event()) as office:
        posted(a_message())
        db.engine.dispose()
        moment = tmp_path / "moment"
        moment.write_text(clock().isoformat())
        ours = installation().settings
        given = {
            "DIARY_INSTANCE": str(ours.instance),
            "DIARY_DATABASE_URL": ours.database_url,
            "DIARY_SECRET_KEY": ours.secret_key,
            "DIARY_MAIL_URL": ours.mail_url,
            "DIARY_CLOCK_FILE": str(moment),
        }
        worker = subprocess.Popen([sys.executable, "-c", KILLED], env=os.environ | given)
        assert office.came.wait(20)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        office.hold.set()
        assert states() == [("sending", None)]
        send_due(clock)
        assert states() == [("sending", None)]
        clock.move(minutes=6)
        assert send_due(clock) == 0
        assert states() == [("unknown", "worker_gone")]
        assert outbox()[0].sealed is None
        clock.move(hours=30)
        send_due(clock)
        assert len(office.taken) == 1


@contextmanager
def no_database(monkeypatch, **away):
    """Let the functions named so fail as they do when the database does not answer."""
    with monkeypatch.context() as broken:
        for name, module in away.items():
            broken.setattr(module, name, failing_as("no answer"))
        yield


def a_reminder(**fields):
    return replace(a_message(expires_at=installation().clock() + timedelta(hours=2), **fields), kind="reminder")


def test_a_look_that_fails_before_the_hand_over_lets_the_message_wait_again(office, clock, monkeypatch):
    posted(a_reminder())
    with no_database(monkeypatch, is_still_wanted=service), pytest.raises(OperationalError):
        send_due(clock)
    assert states() == [("waiting", None)]
    assert clock() < outbox()[0].due_at <= clock() + timedelta(minutes=1)
    assert outbox()[0].lease_until is None
    monkeypatch.setattr(service, "is_still_wanted", lambda *_args, **_more: True)
    clock.move(minutes=1)
    assert send_due(clock) == len(office.taken) == 1


def test_a_phone_that_could_not_be_looked_up_is_reminded_afterwards(app, clock, monkeypatch):
    posted(a_message(channel=Channel.PUSH, more={"subscription": str(uuid.uuid4())}))
    with no_database(monkeypatch, snapshot=push_subscriptions), pytest.raises(OperationalError):
        send_due(clock)
    assert states() == [("waiting", None)]
    handed = []
    monkeypatch.setitem(service.CARRIERS, Channel.PUSH, lambda said, **_more: handed.append(said))
    clock.move(minutes=1)
    assert send_due(clock) == len(handed) == 1


def test_a_message_waits_again_as_soon_as_the_database_is_back(office, clock, monkeypatch):
    posted(a_reminder())
    with no_database(monkeypatch, is_still_wanted=service, _mark=service), pytest.raises(OperationalError):
        send_due(clock)
    assert states() == [("sending", None)]
    with no_database(monkeypatch, _mark=service, _settle=service), pytest.raises(OperationalError):
        send_due(clock)
    monkeypatch.setattr(service, "is_still_wanted", lambda *_args, **_more: True)
    clock.move(minutes=4)
    assert send_due(clock) == 0
    assert states() == [("waiting", None)]
    clock.move(minutes=1)
    assert send_due(clock) == len(office.taken) == 1
    assert not service._not_handed_over


def test_a_message_that_could_not_be_put_back_within_its_lease_is_given_up_as_before(office, clock, monkeypatch):
    posted(a_reminder())
    with no_database(monkeypatch, is_still_wanted=service, _mark=service), pytest.raises(OperationalError):
        send_due(clock)
    clock.move(minutes=6)
    service._settle(clock())
    assert send_due(clock) == 0
    assert states() == [("unknown", "worker_gone")]
    assert not service._not_handed_over


def test_a_message_never_waits_past_its_end(office, clock, monkeypatch):
    posted(replace(a_reminder(), expires_at=clock() + timedelta(seconds=20)))
    for _ in range(3):
        with no_database(monkeypatch, is_still_wanted=service), pytest.raises(OperationalError):
            send_due(clock)
        assert clock() < outbox()[0].due_at < outbox()[0].expires_at
        clock.now = outbox()[0].due_at
    clock.move(seconds=20)
    assert send_due(clock) == 0
    assert states() == [("failed", "expired")]


def test_an_error_of_the_hand_over_itself_is_never_taken_back(office, clock, monkeypatch):
    posted(a_message())

    def fail(*_args, **_more):
        raise RuntimeError

    monkeypatch.setattr(mail, "send", fail)
    with pytest.raises(RuntimeError):
        send_due(clock)
    assert states() == [("sending", None)]


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(office, clock, monkeypatch):
    posted(a_message())

    def slow(*_args, **_kwargs):
        clock.move(minutes=6)
        service._settle(clock())

    monkeypatch.setattr(mail, "send", slow)
    send_due(clock)
    assert states() == [("unknown", "worker_gone")]


def test_two_workers_at_once_send_nothing_twice(app, office, clock):
    messages = posted(*(a_message() for _ in range(12)))
    barrier = threading.Barrier(3)

    def worker():
        with app.app_context(), whole_house():
            barrier.wait()
            return send_due(clock) + send_due(clock)

    with ThreadPoolExecutor(3) as pool:
        sent = sum(one.result() for one in [pool.submit(worker) for _ in range(3)])
    assert office.references == sorted(f"<{message.id}@clinic.example>" for message in messages)
    assert sent == 12


def test_two_workers_that_saw_the_same_message_do_not_both_get_it(office, clock, monkeypatch):
    posted(a_message())
    first = service._claim(clock())
    seen = SimpleNamespace(scalars=lambda _query: SimpleNamespace(all=lambda: [first.id]))
    monkeypatch.setattr(service, "snapshot", lambda: nullcontext(seen))
    assert service._claim(clock()) is None


def test_without_a_mail_server_nothing_is_kept_to_be_sent(app, clock):
    assert not mail_is_set_up()
    posted(a_message())
    assert states() == [("failed", "no_mail_server")]
    assert outbox()[0].sealed is None
    assert letters_waiting() == []
    with an_office(app) as office:
        assert mail_is_set_up()
        assert send_due(clock) == 0
        assert not office.taken


def test_old_rows_go_after_ninety_days(office, clock):
    posted(a_message())
    send_due(clock)
    clock.move(days=89)
    posted(a_message())
    send_due(clock)
    assert len(outbox()) == 2
    clock.move(days=1)
    send_due(clock)
    assert len(outbox()) == 1


def test_what_waits_can_be_read_by_the_installation(office):
    posted(a_message())
    assert [tuple(letter) for letter in letters_waiting()] == [("reset", TO, SUBJECT, TEXT)]


def test_the_jobs_send_what_is_asked_for_within_seconds(app, office, monkeypatch):
    stop, quiet = threading.Event(), threading.Event()
    monkeypatch.setattr(jobs, "MAIL_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "_do_what_is_due", lambda _app, _stop: quiet.wait(10))
    loop = threading.Thread(target=jobs.work, args=(app, stop))
    loop.start()
    posted(a_message())
    assert office.came.wait(5)
    quiet.set()
    loop.join(5)
    assert stop.is_set()
    assert not loop.is_alive()
    assert states() == [("sent", None)]


def test_mail_that_fails_does_not_end_the_jobs(app, office, monkeypatch):
    tries, stop = [], threading.Event()

    def failing(*_what):
        tries.append(1)
        if len(tries) == 2:
            stop.set()
        raise RuntimeError

    monkeypatch.setattr(jobs, "MAIL_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "send_due", failing)
    jobs._carry(app, stop, Channel.MAIL)
    assert len(tries) == 2


def test_the_lease_outlives_the_longest_hand_over():
    assert timedelta(seconds=3 * mail.LONGEST) <= service.LEASE


def test_settings_of_the_tests_send_no_mail(tmp_path):
    assert settings_for(tmp_path).mail_server is None
