"""Two servers and a worker behind nginx, as deploy/ brings them up: one killed, and nobody notices."""

import http.client
import socket
import ssl
import uuid
from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from diary.access.policy import Subject
from diary.db import db, snapshot, transaction
from diary.models import Reminder
from diary.services.reminder_settings import put_setting
from tests.faults.deployed import Deployed
from tests.faults.patients import app_of, in_the_whole_house
from tests.faults.phones import Phone, settle
from tests.faults.served import HOST
from tests.faults.several import kill_one, phones_of, until
from tests.messaging.post_office import open_post_office
from tests.postgres.cluster import Cluster

pytestmark = pytest.mark.about_postgres("several servers need it; what one does on SQLite stands beside this file")

PHONES = 4
REMINDED = 6


@pytest.fixture(scope="module")
def office():
    with open_post_office() as opened:
        yield opened


@pytest.fixture(scope="module")
def deployed(office):
    with Cluster() as cluster, Deployed(cluster, servers=2, workers=1, mail_url=office.url) as made:
        yield made


@pytest.fixture(scope="module")
def people(deployed):
    return settle(deployed.ground, patients=PHONES + REMINDED)


def test_a_worker_killed_while_it_sends_reminds_nobody_twice(deployed, people, office):
    reminded = people[PHONES:]
    remind_at_once(deployed, reminded)
    assert until(lambda: len(office.taken) > 1, 40), deployed.said_by("worker-1")[-2000:]
    deployed.kill("worker-1")
    deployed.start("worker-1")
    assert until(lambda: len(office.taken) >= REMINDED - 1, 40), deployed.said_by("worker-1")[-2000:]
    assert max(Counter(mail["To"] for mail in office.taken).values()) == 1
    assert planned(deployed) == {(str(person.patient_id), 1) for person in reminded}


def test_attempts_to_sign_in_are_counted_over_all_servers(deployed, people):
    wrong = replace(people[-1], password="not my password at all")
    at_each = [Phone(f"http://localhost:{name.removeprefix('server-')}", wrong) for name in deployed.server_names]
    statuses = [phone.sign_in() for phone in (*at_each, *at_each, *at_each, *at_each)]
    for phone in at_each:
        phone.hang_up()
    assert statuses[:3] == [422, 422, 422]
    assert statuses[-2:] == [429, 429]


def test_what_nginx_tells_and_writes_holds_no_secrets(deployed):
    secret = uuid.uuid4().hex
    for path in (f"/t/{secret}", f"/feed/{secret}.ics", f"/invite/{secret}", f"/sign-in?next=/{secret}", "/metrics"):
        asked = ask(deployed, path)
        assert asked.status == (404 if path == "/metrics" else asked.status)
        assert asked.status < 500, path
    written = "".join(file.read_text() for file in (deployed.folder / "logs").glob("*.log"))
    assert secret not in written
    assert '"path":"/t/…"' in written


def test_static_files_come_from_nginx_and_are_kept_for_a_year(deployed):
    answer = ask(deployed, "/static/js-0123456789ab/sending.js", **{"Accept-Encoding": "gzip"})
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "gzip")
    assert answer.getheader("Cache-Control") == "public, max-age=31536000, immutable"
    assert ask(deployed, "/static/js/sending.js").getheader("Cache-Control") == "public, max-age=3600"
    assert ask(deployed, "/static/js/sending.js.gz").status == 404


def test_whoever_asks_for_another_name_learns_nothing(deployed):
    with socket.create_connection((HOST, deployed.ports[0]), timeout=5) as line:
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        with pytest.raises(ssl.SSLError):
            trusting.wrap_socket(line, server_hostname="another.example")


# From here on a server is killed, then all of them: starting them again would cost more than what it finds out.
def test_a_server_killed_under_load_loses_nothing_and_nobody_has_to_sign_in_again(deployed, people):
    figures = kill_one(deployed, deployed.server_names[0], people[:PHONES], quiet=1.0)
    assert figures.is_well, figures.wrong
    assert figures.acknowledged > 2 * PHONES
    # What was on its way to the other server was asked again, but for answers that had begun.
    assert set(figures.phases) <= {"answered 200", "answered nothing"}, figures.phases
    assert figures.phases["answered nothing"] <= PHONES, figures.phases


def test_with_no_server_left_nginx_says_so_and_the_phone_keeps_what_it_has(deployed, people):
    (phone,) = phones_of(deployed, people[:1])
    for name in deployed.server_names:
        deployed.kill(name)
    phone.tap(4)
    assert phone.send() == "away"
    phone.hang_up()
    answer = ask(deployed, "/sign-in")
    assert (answer.status, answer.getheader("Retry-After"), answer.getheader("Ebb")) == (503, "5", None)


def ask(deployed, path, **headers):
    trusted = ssl.create_default_context(cafile=deployed.certificate)
    line = http.client.HTTPSConnection("localhost", deployed.ports[0], timeout=20, context=trusted)
    with closing(line):
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        return answer


def remind_at_once(deployed, people):
    """Let the hour of these people have come."""
    app, now = app_of(deployed.ground), datetime.now(UTC)
    with app.app_context(), in_the_whole_house():
        for person in people:
            with transaction() as session:
                row = put_setting(session, Subject(person.clinic_id, person.patient_id), now=now)
                row.is_on, row.by_mail, row.email, row.email_confirmed_at = True, True, person.name, now
                row.next_at, row.next_day, row.next_number = now, now.date(), 1
        db.engine.dispose()


def planned(deployed):
    with app_of(deployed.ground).app_context(), in_the_whole_house():
        with snapshot() as session:
            found = {(str(row.patient_id), row.number) for row in session.scalars(select(Reminder))}
        db.engine.dispose()
        return found
