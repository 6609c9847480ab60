"""One line a request in the log: enough to find a fault, and nothing of anybody."""

import json
import logging
import re
import sys
import uuid
from dataclasses import replace

import pytest
import structlog
from sqlalchemy import text

from diary.app import create_app
from diary.db import db, snapshot
from diary.installation import Installation
from diary.logs import SECRET_ADDRESS, configure_logs, mask, without_values
from diary.security.passwords import Passwords
from diary.web.request_log import OF_MACHINES
from tests.conftest import CHEAP

ID = re.compile(r"[0-9a-f]{16}")


def changed(app, clock, **settings):
    made = create_app(replace(app.extensions["ebb"].settings, **settings))
    Installation(made.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(made)
    return made


def asked(app, path, **options):
    return app.test_client().open(path, buffered=True, **options)


@pytest.fixture
def lines(capsys):
    configure_logs()

    def written():
        return [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]

    return written


def test_a_request_leaves_one_line_with_its_id_view_status_and_cost(app, lines):
    answer = asked(app, "/sign-in?next=/diary/2026-03-01")
    (line,) = lines()
    assert line["event"] == "request"
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert ID.fullmatch(line["request_id"])
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "account.sign_in", 200)
    assert line["bytes"] == len(answer.data) > 1000
    assert line["ms"] > 0
    assert line["queries"] >= 0
    assert set(line) <= {
        "event", "level", "timestamp", "request_id", "method", "endpoint", "status", "ms", "queries", "db_ms", "bytes",
    }  # fmt: skip


def test_a_line_counts_the_statements_of_its_own_request(app, house, lines):
    house.staff().get("/clinic/")
    told = [line for line in lines() if line.get("endpoint") == "clinic.worklist"]
    assert told[-1]["queries"] > 3


@pytest.mark.parametrize(
    "path",
    [
        "/t/AbCd1234.secretsecret",
        "/feed/AbCd1234.secretsecret.ics",
        "/reminders/stop/AbCd1234.secretsecret",
        "/invite/secretsecret",
        "/link/secretsecret/passkey",
        f"/clinic/patients/{uuid.UUID(int=7)}",
        "/nothing/secretsecret",
        "/search?name=secretsecret",
    ],
)
def test_no_line_holds_an_address_a_secret_or_an_id(app, lines, path):
    for method in ("GET", "POST", "SECRETSECRET"):
        asked(app, path, method=method)
    written = json.dumps(lines())
    assert written.count('"request"') == 3
    assert "secret" not in written.lower()
    assert str(uuid.UUID(int=7)) not in written


def test_every_secret_address_of_the_site_is_masked_wherever_it_is_written(app):
    secret = [rule.rule for rule in app.url_map.iter_rules() if "<token>" in rule.rule]
    assert len(secret) > 15
    for rule in secret:
        written = mask(f"failed at https://ebb.example{rule.replace('<token>', 'Ab-Cd_12.secret')} again")
        assert "secret" not in written, rule
        assert written.endswith("again")
    assert mask("/diary/2026-03-01 in site-packages/flask/app.py") == "/diary/2026-03-01 in site-packages/flask/app.py"
    assert mask(f"/clinic/patients/{uuid.UUID(int=7)}/figure.json") == "/clinic/patients/…/figure.json"
    assert SECRET_ADDRESS.groups == 1


def test_what_a_library_says_is_masked_and_has_the_same_form(app, lines):
    logging.getLogger("waitress").warning("Exception while serving %s", "/t/AbCd.secretsecret")
    (line,) = lines()
    assert line["event"] == "Exception while serving /t/…"
    assert line["level"] == "warning"


def test_machines_that_ask_every_few_seconds_leave_a_line_only_when_something_is_amiss(app, lines, monkeypatch):
    asked(app, "/healthz")
    asked(app, "/metrics")
    assert lines() == []
    monkeypatch.setattr(sys.modules["diary.web.public.machines"], "readiness", lambda: 1 / 0)
    assert asked(app, "/readyz").status_code == 500
    assert {line["event"] for line in lines()} == {"unexpected_error", "request"}
    assert {app.view_functions[name].__name__ for name in OF_MACHINES} == {"alive", "ready", "metrics"}


def test_an_id_is_taken_from_the_proxy_and_from_nobody_else(app, clock):
    given = "0123456789abcdef0123456789abcdef"
    assert asked(app, "/healthz", headers={"X-Request-ID": given}).headers["X-Request-ID"] != given
    behind = changed(app, clock, proxy_hops=1)
    assert asked(behind, "/healthz", headers={"X-Request-ID": given}).headers.getlist("X-Request-ID") == [given]
    for crooked in ("", "short", "x" * 32, "0" * 65, given + "\u00e9", 'a" onload="', "Ana Ruiz scored 9 today"):
        answer = asked(behind, "/healthz", headers={"X-Request-ID": crooked.encode("latin-1").decode("latin-1")})
        assert ID.fullmatch(answer.headers["X-Request-ID"]), crooked
    with behind.app_context():
        db.engine.dispose()


def test_a_page_that_says_that_we_failed_says_which_number_to_quote(app, house, lines, monkeypatch):
    told = f"nine-of-{10}"

    def fail(*_args, **_kwargs):
        raise ValueError(told) from KeyError(told)

    monkeypatch.setattr(sys.modules["diary.web.clinic.patients"], "read_patient_page", fail)
    visitor = house.staff()
    page = visitor.get(f"/clinic/patients/{house.add_patient().patient_id}", 500)
    number = re.search(r"say this number: ([0-9a-f]{8})\b", page.main)[1]
    written = lines()
    (fault,) = [line for line in written if line["event"] == "unexpected_error"]
    (line,) = [line for line in written if line.get("status") == 500]
    assert fault["request_id"] == line["request_id"]
    assert fault["request_id"].startswith(number)
    assert [part["kind"] for part in fault["error"]] == ["ValueError", "KeyError"]
    assert any("test_request_log.py" in at for at in fault["error"][0]["at"])
    assert told not in json.dumps(written)


def test_an_address_that_is_not_there_has_the_same_page_for_everybody(app):
    assert asked(app, "/nothing").data == asked(app, "/nothing").data


def test_a_slow_request_and_a_slow_statement_are_told_without_their_values(app, clock, lines):
    slow = changed(app, clock, slow_query_ms=0, slow_request_ms=0)
    asked(slow, "/healthz")
    assert [(line["event"], line["level"]) for line in lines()] == [("slow_request", "warning")]
    with slow.app_context(), snapshot() as session:
        session.execute(text("SELECT :score, 'nine of ten', 42, 3.5 FROM clinic WHERE 1 = 0"), {"score": 17})
    told = [line["statement"] for line in lines() if line["event"] == "slow_statement"]
    assert told[-1].replace("%(score)s", "?") == "SELECT ?, …, …, … FROM clinic WHERE … = …"
    assert all(set(line) <= {"event", "level", "timestamp", "statement", "ms"} for line in lines())


def test_a_statement_keeps_its_names_and_loses_its_values():
    kept = "SELECT t1.x2 FROM t1 WHERE t1.x2 = %(score_1)s AND p50 = ?"
    assert without_values(kept) == kept
    assert without_values("SET LOCAL diary.clinics = 'it''s,here'") == "SET LOCAL diary.clinics = …"
    assert len(without_values("SELECT " + "x, " * 5000)) == 2000


def test_one_request_does_not_lend_its_id_to_the_next(app, lines):
    first = asked(app, "/sign-in").headers["X-Request-ID"]
    second = asked(app, "/sign-in").headers["X-Request-ID"]
    assert first != second
    assert [line["request_id"] for line in lines()] == [first, second]
    structlog.contextvars.clear_contextvars()
