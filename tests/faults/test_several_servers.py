"""Two servers and a worker behind nginx, as deploy/ brings them up: one killed, and nobody notices."""

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import select

from diary.access.policy import Subject
from diary.db import db, snapshot, transaction
from diary.models import Reminder
from diary.services.reminder_settings import put_setting
from tests.faults.deployed import Deployed, PhoneByTls, nginx_program
from tests.faults.patients import app_of, in_the_whole_house
from tests.faults.phones import Phone, settle
from tests.faults.served import HOST
from tests.faults.several import kill_one, phones_of, until
from tests.messaging.post_office import open_post_office
from tests.postgres.cluster import Cluster

pytestmark = pytest.mark.about_postgres("several servers need it; what one does on SQLite stands beside this file")

PHONES = 4
REMINDED = 6
LEFT_ALONE = 6.5
"""Seconds, counted as whole ones, after which nginx asks a server again that did not answer."""


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


def test_static_files_are_kept_for_a_year_under_their_own_version_alone(deployed):
    worker = ask(deployed, "/service-worker.js").body.decode()
    named = re.search(r'"(/static/js-[0-9a-f]{12}/)worker.js"', worker).group(1)
    answer = ask(deployed, f"{named}sending.js", **{"Accept-Encoding": "gzip"})
    assert (answer.status, answer.getheader("Content-Encoding")) == (200, "gzip")
    assert answer.getheader("Cache-Control") == "public, max-age=31536000, immutable"
    assert answer.getheader("Ebb") == "1"  # or no phone would take it into its shell
    other = ask(deployed, "/static/js-0123456789ab/sending.js")
    assert (other.status, other.getheader("Cache-Control")) == (404, "no-store")
    assert "immutable" not in ask(deployed, "/static/js/sending.js").getheader("Cache-Control")


class OfRelease(BaseHTTPRequestHandler):
    """A server that has the scripts of its own release alone."""

    def do_GET(self):
        """Answer with the name of the release, or that there is no such file."""
        ours = self.path == f"/static/js-{self.server.release}/today.js"
        self.send_response(200 if ours else 404)
        self.send_header("Content-Length", str(len(self.server.release)))
        self.end_headers()
        self.wfile.write(self.server.release.encode())

    def log_message(self, *_told):
        """Say nothing."""


@contextmanager
def servers_of(*releases):
    """Serve releases side by side, and yield the ports."""
    servers = [ThreadingHTTPServer((HOST, 0), OfRelease) for _release in releases]
    for server, release in zip(servers, releases, strict=True):
        server.release = release
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield [server.server_port for server in servers]
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


@contextmanager
def nginx_before(deployed, ports, folder):
    """Let another nginx, configured as ours is, stand before servers on these ports; yield its own port."""
    with socket.socket() as plain, socket.socket() as tls:
        for probe in (plain, tls):
            probe.bind((HOST, 0))
        free = {name: probe.getsockname()[1] for name, probe in (("plain", plain), ("tls", tls))}
    etc = deployed.folder / "etc"
    site = (etc / "nginx-ebb.conf").read_text()
    site = re.sub(
        r"(^    server \S+:\d+ .*\n)+", "".join(f"    server {HOST}:{port};\n" for port in ports), site, flags=re.M
    )
    for old, new in ((deployed.ports[0], free["tls"]), (deployed.ports[1], free["plain"])):
        site = site.replace(f":{old}", f":{new}")
    whole = (etc / "nginx.conf").read_text().replace(str(etc / "nginx-ebb.conf"), str(folder / "site.conf"))
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(whole.replace(str(deployed.folder / "run"), str(folder)))
    command = [nginx_program(), "-e", folder / "log", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off;"]
    with subprocess.Popen(command) as running:
        assert until(lambda: answers(free["tls"]), 10), (folder / "log").read_text()
        try:
            yield free["tls"]
        finally:
            running.terminate()


def answers(port):
    """Say whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def test_while_two_releases_are_served_a_page_of_either_finds_its_own_scripts(deployed, tmp_path):
    old, new, gone = "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc"
    tmp_path.chmod(0o755)
    with servers_of(old, old, old, old, new) as ports, nginx_before(deployed, ports, tmp_path) as port:
        for _time in range(6):
            for release in (old, new):
                answer = ask(deployed, f"/static/js-{release}/today.js", port=port)
                assert (answer.status, answer.body.decode()) == (200, release)
        assert ask(deployed, f"/static/js-{gone}/today.js", port=port).status == 404


@pytest.mark.parametrize("act", [PhoneByTls.ask, PhoneByTls.send])
def test_a_server_that_hangs_is_passed_over_before_a_phone_gives_up(deployed, people, act):
    phones, doors = phones_of(deployed, people[:PHONES]), []
    for number, phone in enumerate(phones):
        phone.tap(number)
    hanging = deployed.pid(deployed.server_names[0])
    beside = [threading.Thread(target=lambda phone=phone: doors.append(act(phone))) for phone in phones]
    os.kill(hanging, signal.SIGSTOP)
    began = time.monotonic()
    try:
        for thread in beside:
            thread.start()
        for thread in beside:
            thread.join()
    finally:
        os.kill(hanging, signal.SIGCONT)
    assert doors == ["open"] * len(phones)
    assert 6 < time.monotonic() - began < 16  # somebody met the one that hangs
    for phone in phones:
        phone.hang_up()
    time.sleep(LEFT_ALONE)


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


def ask(deployed, path, *, port=None, **headers):
    trusted = ssl.create_default_context(cafile=deployed.certificate)
    line = http.client.HTTPSConnection("localhost", port or deployed.ports[0], timeout=20, context=trusted)
    with closing(line):
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.body = answer.read()
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
