"""Figures for whoever operates an installation: for this machine or with the token, and of nobody."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families as families
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from diary.app import create_app
from diary.db import db, transaction
from diary.installation import Installation
from diary.models import OutboxMessage, PatientForecast, PatientSummary, ReminderSetting
from diary.schema import Standing
from diary.security.passwords import Passwords
from diary.services import health, operation_figures
from tests.conftest import CHEAP, TestClock
from tests.storage.rows_of_every_table import FullClinic
from tests.web.people import House
from tests.web.phone import Phone

PARTS = {"public", "account", "patient", "clinic", "static", "nowhere"}


def changed(app: Flask, clock: TestClock, **settings: object) -> Flask:
    """Return another application on the same database."""
    made = create_app(replace(app.extensions["ebb"].settings, **settings))  # type: ignore[arg-type]
    Installation(made.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(made)
    return made


def status(app: Flask, address: str, **headers: str) -> int:
    """Return how /metrics answers somebody who asks from `address`."""
    answer = app.test_client().get(
        "/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}, buffered=True
    )  # fmt: skip
    return answer.status_code


def figures(app: Flask) -> dict[tuple[str, ...], float]:
    """Return every value by name and labels, the process left out."""
    text = app.test_client().get("/metrics", buffered=True).text
    return {
        (sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "process")): sample.value
        for family in families(text)
        for sample in family.samples
    }


def test_figures_are_for_this_machine_and_for_whoever_has_the_token(app: Flask, clock: TestClock) -> None:
    assert status(app, "127.0.0.1") == status(app, "::1") == 200
    assert status(app, "203.0.113.9") == status(app, "10.0.0.4") == status(app, "") == 404
    assert status(app, "203.0.113.9", Authorization="Bearer ") == 404
    token = changed(app, clock, metrics_token="a-token-for-prometheus")
    assert status(token, "203.0.113.9", Authorization="Bearer a-token-for-prometheus") == 200
    for wrong in ("Bearer a-token", "Bearer ", "a-token-for-prometheus", "Basic a-token-for-prometheus", "Bearer é"):
        assert status(token, "203.0.113.9", Authorization=wrong) == 404, wrong


def test_behind_a_proxy_it_is_the_caller_who_counts_and_not_the_proxy(app: Flask, clock: TestClock) -> None:
    behind = changed(app, clock, proxy_hops=1)
    assert status(behind, "127.0.0.1", **{"X-Forwarded-For": "203.0.113.9"}) == 404
    assert status(behind, "127.0.0.1", **{"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}) == 404
    assert status(behind, "127.0.0.1") == 200


def test_for_anybody_else_it_is_as_if_there_were_nothing(app: Flask) -> None:
    asked = [
        app.test_client().get(path, environ_base={"REMOTE_ADDR": "203.0.113.9"}, buffered=True)
        for path in ("/metrics", "/no-such-page")
    ]
    assert asked[0].data == asked[1].data


def test_what_waits_is_counted_with_its_age(app: Flask, clock: TestClock, full_clinic: FullClinic) -> None:
    before, now = figures(app), clock()
    with transaction() as session:
        session.execute(update(OutboxMessage).values(state="waiting", due_at=now - timedelta(seconds=90), why=None))
        session.execute(update(ReminderSetting).values(next_at=now - timedelta(minutes=6)))
        session.execute(update(PatientSummary).values(true_until=now - timedelta(hours=1)))
        session.execute(update(PatientForecast).values(wanted_since=now - timedelta(seconds=30)))
    after = figures(app)
    assert before["ebb_reminders_late",] == 0
    assert after["ebb_reminders_due",] == after["ebb_reminders_late",] >= 1
    assert after["ebb_reminders_due_oldest_seconds",] == 360
    assert after["ebb_summaries_past",] >= 2
    assert after["ebb_summaries_past_oldest_seconds",] == 3600
    assert (after["ebb_forecasts_waiting",] >= 2, after["ebb_forecasts_waiting_oldest_seconds",]) == (True, 30)
    assert after["ebb_outbox_messages", "mail", "waiting"] >= 1
    assert after["ebb_outbox_oldest_seconds", "mail"] == 90
    assert after["ebb_clinics",] == 1


def test_entries_are_counted_by_what_became_of_them(app: Flask, house: House, clock: TestClock) -> None:
    phone = Phone(house.sign_in_as(house.add_patient()))
    phone.ask()
    before = figures(app)
    tapped = phone.tap(6, clock().date())
    other = {**phone.tap(7, clock().date()), "client_ref": tapped["client_ref"]}
    phone.send([tapped, tapped, other, {"client_ref": "nonsense"}])
    after = figures(app)
    grown = {
        word: after.get(("ebb_entries_total", word), 0) - before.get(("ebb_entries_total", word), 0)
        for word in ("stored", "duplicate", "conflict", "rejected")
    }
    assert grown == {"stored": 1, "duplicate": 1, "conflict": 1, "rejected": 1}


def test_requests_are_counted_by_part_of_the_site_and_never_by_address(app: Flask, house: House) -> None:
    before = figures(app)
    house.staff().get("/clinic/")
    for path in ("/nothing/at/all", "/t/secretsecret", "/clinic/patients/x", "/static/css/ebb-clinic.css"):
        app.test_client().open(path, buffered=True)
    after = figures(app)
    assert after["ebb_requests_total", "clinic", "2xx"] > before.get(("ebb_requests_total", "clinic", "2xx"), 0)
    assert {name[1] for name in after if name[0] == "ebb_requests_total"} <= PARTS
    assert len(after) < 400


def test_what_is_told_is_of_nobody(app: Flask, full_clinic: FullClinic) -> None:
    text = app.test_client().get("/metrics", buffered=True).text
    for word in ("West", "Ana", "@", "/instance", str(full_clinic.clinic.clinic_id)):
        assert word not in text, word


def test_a_database_that_does_not_answer_is_a_figure(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert figures(app)["ebb_database_up",] == 1

    def fails(*_args: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(operation_figures, "snapshot", fails)
    monkeypatch.setattr(health, "standing", fails)
    after = figures(app)
    assert (after["ebb_database_up",], after["ebb_ready",]) == (0, 0)
    assert "ebb_disk_free_bytes" in {name[0] for name in after}


@pytest.mark.parametrize(
    ("what", "value", "word"),
    [
        ("standing", lambda: Standing.BEHIND, "schema"),
        ("_is_read_only", lambda: True, "read-only"),
        ("free_bytes", lambda: 1024, "disk"),
    ],
)
def test_machines_are_told_in_one_word_what_is_in_the_way(
    app: Flask, monkeypatch: pytest.MonkeyPatch, what: str, value: object, word: str
) -> None:
    monkeypatch.setattr(health, what, value)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": word})
    assert app.test_client().get("/healthz").json == {"status": "ok"}
    assert figures(app)["ebb_ready",] == 0


@pytest.mark.about_sqlite("on PostgreSQL the database is no file of ours: a server that is gone is the test below")
def test_a_file_of_the_database_that_was_moved_away_is_a_database_that_is_not_there(app: Flask) -> None:
    file = Path(db.engine.url.database or "")
    assert app.test_client().get("/readyz").status_code == 200
    file.rename(file.with_suffix(".away"))
    assert app.test_client().get("/readyz").json == {"status": "database"}
    file.with_suffix(".away").rename(file)


def test_what_never_happened_is_counted_as_zero(app: Flask) -> None:
    first = figures(app)
    for name in (("ebb_faults_total", "request"), ("ebb_faults_total", "jobs"), ("ebb_entries_total", "rejected")):
        assert name in first


def test_a_database_that_is_gone_is_said_in_one_word(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(health, "standing", gone)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "database"})
    assert db.engine.pool.status()
