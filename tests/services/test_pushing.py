"""Push from the outbox to a real service: once or not at all, dead phones forgotten, and nothing said on the way."""

import os
import re
import signal
import subprocess
import sys
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from diary.clinical.medicines import MEDICINE_CODES
from diary.db import db
from diary.installation import Installation, installation
from diary.messaging import push
from diary.security.push_keys import PRIVATE, PushKeys
from diary.services import outbox as outbox_service
from diary.services import push_subscriptions as service
from diary.services import sign_in
from diary.services.outbox import send_due
from diary.wall import whole_house
from tests.beside import all_bytes
from tests.clinic_builders import subject
from tests.messaging.post_office import free_port, open_post_office, set_up_mail
from tests.messaging.push_service import Browser, claims_of, octets_of, open_push_service
from tests.services.listening import PAYLOAD, a_signed_in_patient, listen, listening, push_to, rows
from tests.services.postbox import outbox


@pytest.fixture(autouse=True)
def rested():
    push._resting.__init__()


@pytest.fixture
def ana(clinic, clock):
    return a_signed_in_patient(clinic, clock)


@contextmanager
def a_push_service(clock, **behaviour):
    with open_push_service(now=clock, **behaviour) as opened:
        yield opened


@pytest.fixture
def push_service(clock):
    with a_push_service(clock) as opened:
        yield opened


def states():
    return [(row.state, row.why) for row in outbox()]


def test_what_is_pushed_is_read_by_the_phone_once(ana, push_service, clock):
    browser = push_service.a_browser()
    push_to(listen(*ana, browser, clock).id, clock)
    assert send_due(clock) == 1
    assert send_due(clock) == 0
    (taken,) = push_service.taken
    assert browser.read(taken) == PAYLOAD
    assert taken.ttl == 6 * 3600
    assert states() == [("sent", None)]
    assert outbox()[0].sealed is None


def test_each_phone_is_written_to_under_the_key_it_subscribed_under(ana, push_service, clock):
    keys = PushKeys.of(installation().settings)
    early = push_service.a_browser()
    first = listen(*ana, early, clock)
    old = keys.public()
    keys.rotate()
    late = push_service.a_browser()
    for phone in (first, listen(*ana, late, clock)):
        push_to(phone.id, clock)
    assert send_due(clock) == 2
    written_under = {taken.path: key_named_in(taken) for taken in push_service.taken}
    assert written_under == {path_of(early): old, path_of(late): keys.public()}
    assert old != keys.public()
    assert [browser.read(taken) for browser in (early, late) for taken in taken_by(browser, push_service)] == [
        PAYLOAD,
        PAYLOAD,
    ]


def key_named_in(taken):
    return octets_of(re.search(r"k=([\w-]+)", taken.headers["Authorization"])[1])


def path_of(browser):
    return "/wpush/" + browser.endpoint.partition("/wpush/")[2]


def taken_by(browser, push_service):
    return [taken for taken in push_service.taken if taken.path == path_of(browser)]


def test_a_dead_phone_is_forgotten_and_the_others_are_not(ana, push_service, clock):
    dead, alive = push_service.a_browser(), push_service.a_browser()
    for browser in (dead, alive):
        push_to(listen(*ana, browser, clock).id, clock)
    push_service.forget(dead)
    assert send_due(clock) == 1
    assert sorted(states()) == [("failed", "gone"), ("sent", None)]
    assert len(rows()) == len(listening(ana[0])) == 1


def test_a_phone_that_was_stopped_or_signed_out_gets_nothing_that_waits(ana, push_service, clock):
    who, token = ana
    phone = listen(who, token, push_service.a_browser(), clock)
    other = listen(who, token, push_service.a_browser(), clock)
    push_to(phone.id, clock)
    push_to(other.id, clock)
    service.unsubscribe(who, subject(who), phone.id, clock=clock)
    sign_in.sign_out(token, clock=clock)
    assert send_due(clock) == 0
    assert states() == [("failed", "unsubscribed")] * 2
    assert not push_service.knocked


def test_a_phone_that_changed_hands_gets_nothing_of_whom_it_was_before(clinic, ana, push_service, clock):
    bernd = a_signed_in_patient(clinic, clock, "M-2")
    browser = push_service.a_browser()
    push_to(listen(*ana, browser, clock).id, clock)
    listen(*bernd, browser, clock)
    send_due(clock)
    assert not push_service.taken


def test_a_service_that_asks_to_wait_is_not_asked_before(ana, clock):
    with a_push_service(clock, status=429, retry_after="1800") as busy:
        push_to(listen(*ana, busy.a_browser(), clock).id, clock)
        send_due(clock)
        assert outbox()[0].due_at == clock() + timedelta(minutes=30)
        clock.move(minutes=29)
        assert send_due(clock) == 0
        assert len(busy.knocked) == 1
        busy.status = 201
        clock.move(minutes=1)
        assert send_due(clock) == 1


def test_a_busy_service_is_asked_once_for_a_hundred_messages_and_then_gets_them_all(ana, push_service, clock):
    with a_push_service(clock, status=429, retry_after="40") as busy:
        phones = [listen(*ana, busy.a_browser(), clock).id for _ in range(4)]
        for number in range(100):
            push_to(phones[number % 4], clock)
        push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
        send_everything(clock)
        assert (len(busy.knocked), len(push_service.taken)) == (1, 1)
        put_off = [row for row in outbox() if row.why == "resting"]
        assert {(row.state, row.attempts, row.due_at) for row in put_off} == {
            ("waiting", 0, clock() + timedelta(seconds=40))
        }
        assert len(put_off) == 99
        busy.status = 201
        clock.move(seconds=39)
        send_everything(clock)
        assert len(busy.knocked) == 1
        clock.move(seconds=21)
        send_everything(clock)
        assert len(busy.taken) == 100
        assert {state for state, _why in states()} == {"sent"}


def send_everything(clock):
    """Let as many passes go by as it takes until nothing is due."""
    for _ in range(15):
        send_due(clock)


def test_what_would_come_after_the_day_is_over_is_given_up(ana, clock):
    with a_push_service(clock, status=503, retry_after="86400") as busy:
        push_to(listen(*ana, busy.a_browser(), clock).id, clock)
        send_due(clock)
    assert states() == [("failed", "later")]


def test_a_dead_service_holds_up_neither_the_others_nor_mail(app, ana, push_service, clock):
    down = Browser(f"http://127.0.0.1:{free_port()}/x")
    lost = listen(*ana, down, clock)
    for _ in range(3):
        push_to(lost.id, clock)
    push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
    with open_post_office() as office:
        set_up_mail(app, office.url)
        assert send_due(clock) == 1
    assert len(push_service.taken) == 1
    assert sorted(states(), key=str) == [
        ("sent", None),
        ("waiting", "not_reached"),
        ("waiting", "resting"),
        ("waiting", "resting"),
    ]
    assert len(listening(ana[0])) == 2


def test_a_service_that_breaks_off_with_the_message_is_not_asked_again(ana, clock):
    with a_push_service(clock, hang_up=True) as rude:
        push_to(listen(*ana, rude.a_browser(), clock).id, clock)
        for _ in range(3):
            send_due(clock)
            clock.move(hours=1)
        assert len(rude.taken) == 1
    assert states() == [("unknown", "unclear")]


KILLED = """
from diary.app import create_app
from diary.installation import installation
from diary.services.outbox import send_due
from diary.wall import whole_house
app = create_app()
with app.app_context(), whole_house():
    send_due(installation().clock)
"""


def test_a_worker_killed_between_handing_over_and_marking_pushes_nothing_twice(ana, clock, tmp_path):
    with a_push_service(clock, hold=threading.Event()) as slow:
        push_to(listen(*ana, slow.a_browser(), clock).id, clock)
        db.engine.dispose()
        moment = tmp_path / "moment"
        moment.write_text(clock().isoformat())
        ours = installation().settings
        given = {
            "DIARY_INSTANCE": str(ours.instance),
            "DIARY_DATABASE_URL": ours.database_url,
            "DIARY_SECRET_KEY": ours.secret_key,
            "DIARY_CLOCK_FILE": str(moment),
        }
        worker = subprocess.Popen([sys.executable, "-c", KILLED], env=os.environ | given)
        assert slow.came.wait(20)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        slow.hold.set()
        assert states() == [("sending", None)]
        clock.move(minutes=6)
        assert send_due(clock) == 0
        assert states() == [("unknown", "worker_gone")]
        clock.move(hours=30)
        send_due(clock)
        assert len(slow.taken) == 1
    assert len(rows()) == 1


def test_two_workers_at_once_push_nothing_twice(app, ana, push_service, clock):
    phone = listen(*ana, push_service.a_browser(), clock)
    for _ in range(8):
        push_to(phone.id, clock)
    barrier = threading.Barrier(2)

    def worker():
        with app.app_context(), whole_house():
            barrier.wait()
            return send_due(clock)

    with ThreadPoolExecutor(2) as pool:
        sent = sum(one.result() for one in [pool.submit(worker) for _ in range(2)])
    assert sent == len(push_service.taken) == 8


def test_a_message_asked_for_twice_is_pushed_once(ana, push_service, clock):
    phone, same = listen(*ana, push_service.a_browser(), clock), uuid.uuid4()
    for _ in range(2):
        push_to(phone.id, clock, id=same)
        send_due(clock)
    assert len(push_service.taken) == 1


def test_without_the_key_nothing_is_pushed_under_another_and_nobody_is_forgotten(ana, push_service, clock):
    push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
    file = installation().settings.instance / "keys" / PRIVATE
    kept = file.read_bytes()
    file.unlink()
    send_due(clock)
    assert states() == [("waiting", "push_key")]
    file.write_bytes(kept)
    clock.move(minutes=2)
    assert send_due(clock) == 1


def test_a_phone_that_listens_under_an_older_key_is_not_written_to(ana, push_service, clock):
    push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
    (installation().settings.instance / "keys" / PRIVATE).unlink()
    service.PushKeys.of(installation().settings).make()
    send_due(clock)
    assert states() == [("failed", "other_push_key")]
    assert not push_service.knocked
    assert len(rows()) == 1


def test_under_another_secret_nothing_is_pushed_and_nobody_is_forgotten(app, ana, push_service, clock):
    phone = listen(*ana, push_service.a_browser(), clock)
    ours = installation()
    Installation(replace(ours.settings, secret_key="k" * 40), ours.clock, ours.passwords).put_into(app)
    push_to(phone.id, clock)
    send_due(clock)
    assert states() == [("failed", "other_key")]
    assert len(rows()) == 1


TOLD = re.compile(r"pain|score|diary|infusion|ketamine|ramirez|clinic west|M-1\b|0555", re.IGNORECASE)


def test_the_service_learns_nothing_of_health_and_nothing_of_a_person(ana, push_service, clock, capsys):
    words = {"title": "Your page is open", "body": "The pain diary of Ramirez, 7 of 10, ketamine. 0555 010 203"}
    browser = push_service.a_browser()
    push_to(listen(*ana, browser, clock).id, clock, who=ana[0], payload=PAYLOAD | words)
    send_due(clock)
    (taken,) = push_service.taken
    assert browser.read(taken)["body"] == words["body"]
    seen = {name: value for name, value in taken.headers.items() if name != "Authorization"}
    assert not TOLD.search(f"{taken.path} {seen} {claims_of(taken.headers['Authorization'])}")
    for secret in (*words.values(), *MEDICINE_CODES, ana[0].name or "Ramirez", str(ana[0].patient_id)):
        assert secret.encode() not in taken.in_the_open
    said = capsys.readouterr()
    assert browser.endpoint.rpartition("/")[2] not in said.out + said.err


def test_what_the_outbox_keeps_of_a_push_cannot_be_read(ana, push_service, clock):
    push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
    files = all_bytes()
    for words in (PAYLOAD["title"], PAYLOAD["url"], PAYLOAD["body"]):
        assert words.encode() not in files


def test_a_worker_that_comes_back_after_its_lease_changes_nothing(ana, push_service, clock, monkeypatch):
    push_to(listen(*ana, push_service.a_browser(), clock).id, clock)
    real = push.hand_over

    def late(*how):
        clock.move(minutes=6)
        outbox_service._settle(clock())
        return real(*how)

    monkeypatch.setattr(push, "hand_over", late)
    send_due(clock)
    assert states() == [("unknown", "worker_gone")]
