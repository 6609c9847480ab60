"""Settings come from the environment, and production refuses unsafe ones with one sentence each."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from diary.app import create_app
from diary.clock import clock_from, utc_now
from diary.db import db
from diary.errors import UnsafeSettings
from diary.installation import installation
from diary.settings import ROOT, PasswordCost, Settings, _unsafe

SAFE = {
    "DIARY_ENV": "production",
    "DIARY_SECRET_KEY": "k" * 32,
    "DIARY_BASE_URL": "https://diary.clinic.example",
    "DIARY_TRUSTED_HOSTS": "diary.clinic.example",
}


def read(tmp_path, **given):
    return Settings.from_environment({"DIARY_INSTANCE": str(tmp_path / "instance"), **given})


def sentences(tmp_path, **given):
    with pytest.raises(UnsafeSettings) as refusal:
        read(tmp_path, **given)
    assert str(refusal.value) == "\n".join(refusal.value.sentences)
    return refusal.value.sentences


def test_nothing_needs_to_be_set(tmp_path):
    found = read(tmp_path)
    instance = tmp_path / "instance"
    assert (found.env, found.production, found.instance) == ("development", False, instance)
    assert found.database_url == f"sqlite:///{instance / 'diary.sqlite3'}"
    assert (found.host, found.port, found.address) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert (found.base_url, found.mail_url, found.trusted_hosts, found.proxy_hops) == ("", "", (), 0)
    assert (found.metrics_token, found.clock_file, found.push_hosts) == ("", None, ())


def test_an_empty_value_is_one_that_is_not_set(tmp_path):
    empty = dict.fromkeys(
        ("DIARY_DATABASE_URL", "DIARY_SECRET_KEY", "DIARY_HOST", "DIARY_PORT", "DIARY_CLOCK_FILE"), ""
    )
    assert read(tmp_path, **empty) == read(tmp_path)


def test_the_instance_lies_beside_the_product_unless_it_is_said(monkeypatch, tmp_path):
    assert Settings.from_environment({"DIARY_SECRET_KEY": "given"}).instance == ROOT / "instance"
    monkeypatch.setenv("DIARY_INSTANCE", str(tmp_path))
    assert Settings.from_environment().instance == tmp_path


def test_everything_can_be_set(tmp_path):
    found = read(
        tmp_path,
        DIARY_DATABASE_URL="sqlite:////srv/ebb/diary.sqlite3",
        DIARY_SECRET_KEY="given",
        DIARY_HOST="::1",
        DIARY_PORT="8123",
        DIARY_BASE_URL="https://diary.clinic.example/",
        DIARY_MAIL_URL="smtp://mail:25",
        DIARY_TRUSTED_HOSTS="a.example, b.example,,",
        DIARY_PROXY_HOPS="1",
        DIARY_METRICS_TOKEN="token",
        DIARY_CLOCK_FILE="clock-file",
        DIARY_PUSH_HOSTS="push.clinic.example, *.up.example,",
    )
    assert found.database_url == "sqlite:////srv/ebb/diary.sqlite3"
    assert (found.secret_key, found.host, found.port, found.proxy_hops) == ("given", "::1", 8123, 1)
    assert (found.base_url, found.address) == ("https://diary.clinic.example",) * 2
    assert (found.mail_url, found.metrics_token) == ("smtp://mail:25", "token")
    assert found.trusted_hosts == ("a.example", "b.example")
    assert found.clock_file == Path("clock-file")
    assert found.push_hosts == ("push.clinic.example", "*.up.example")


def test_settings_do_not_change(tmp_path):
    with pytest.raises(AttributeError):
        read(tmp_path).port = 1


def test_the_secret_key_is_made_once_for_its_owner_only(tmp_path):
    first, second = read(tmp_path), read(tmp_path)
    file = tmp_path / "instance" / "secret-key"
    assert first.secret_key == second.secret_key == file.read_text()
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert read(tmp_path / "other").secret_key != first.secret_key


def test_no_key_is_made_where_one_is_given_and_none_in_production(tmp_path):
    read(tmp_path, DIARY_SECRET_KEY="given")
    sentences(tmp_path, **(SAFE | {"DIARY_SECRET_KEY": ""}))
    assert not (tmp_path / "instance" / "secret-key").exists()


WRONG = [
    ({"DIARY_ENV": "prod"}, "DIARY_ENV is 'prod': set it to development or production."),
    ({"DIARY_PORT": "eighty"}, "DIARY_PORT is 'eighty': set it to a whole number up to 65535."),
    ({"DIARY_PORT": "-1"}, "DIARY_PORT is '-1': set it to a whole number up to 65535."),
    ({"DIARY_PORT": "65536"}, "DIARY_PORT is '65536': set it to a whole number up to 65535."),
    ({"DIARY_PORT": "٨٠"}, "DIARY_PORT is '٨٠': set it to a whole number up to 65535."),
    ({"DIARY_PROXY_HOPS": "x"}, "DIARY_PROXY_HOPS is 'x': set it to a whole number up to 65535."),
    ({"DIARY_DATABASE_URL": "diary"}, "DIARY_DATABASE_URL is not a database address: use sqlite:////path/to/file"),
    ({"DIARY_DATABASE_URL": "mysql://db/diary"}, "DIARY_DATABASE_URL names mysql: Ebb runs on SQLite and PostgreSQL."),
    ({"DIARY_DATABASE_URL": "sqlite://"}, "DIARY_DATABASE_URL names an SQLite database in memory: name a file"),
    ({"DIARY_DATABASE_URL": "sqlite:///:memory:"}, "DIARY_DATABASE_URL names an SQLite database in memory"),
    ({"DIARY_PUSH_HOSTS": "https://push.example"}, "DIARY_PUSH_HOSTS names 'https://push.example': write push.example"),
    ({"DIARY_PUSH_HOSTS": "localhost"}, "DIARY_PUSH_HOSTS names 'localhost'"),
    ({"DIARY_PUSH_HOSTS": "10.0.0.5"}, "DIARY_PUSH_HOSTS names '10.0.0.5'"),
    ({"DIARY_PUSH_HOSTS": "*.com"}, "DIARY_PUSH_HOSTS names '*.com'"),
    ({"DIARY_PUSH_HOSTS": "push.*.example"}, "DIARY_PUSH_HOSTS names 'push.*.example'"),
    ({"DIARY_PUSH_HOSTS": "Push.example"}, "DIARY_PUSH_HOSTS names 'Push.example'"),
    ({"DIARY_MAIL_URL": "mail.example"}, "DIARY_MAIL_URL is not the address of a mail server: write it as smtp://"),
    ({"DIARY_MAIL_URL": "http://mail.example"}, "DIARY_MAIL_URL is not the address of a mail server"),
    ({"DIARY_MAIL_URL": "smtp://"}, "DIARY_MAIL_URL is not the address of a mail server"),
    ({"DIARY_MAIL_URL": "smtp://mail/inbox"}, "DIARY_MAIL_URL is not the address of a mail server"),
    (
        {"DIARY_MAIL_URL": "smtp://mail:0"},
        "DIARY_MAIL_URL has a port that is none: use 587 for starttls, 465 for smtps.",
    ),
    ({"DIARY_MAIL_URL": "smtp://mail:x"}, "DIARY_MAIL_URL has a port that is none"),
    ({"DIARY_MAIL_URL": "smtp://me@mail"}, "DIARY_MAIL_URL needs both a user and a password, or neither"),
    ({"DIARY_MAIL_URL": "smtp://me:p%0Aq@mail"}, "DIARY_MAIL_URL has a user or a password with signs"),
    (
        {"DIARY_MAIL_URL": "smtp://mail?starttls=yes"},
        "DIARY_MAIL_URL is encrypted by smtp://…?starttls=1 or by smtps://",
    ),
    (
        {"DIARY_MAIL_URL": "smtps://mail?starttls=1"},
        "DIARY_MAIL_URL is encrypted by smtp://…?starttls=1 or by smtps://",
    ),
    ({"DIARY_MAIL_URL": "smtp://mail?tls=1"}, "DIARY_MAIL_URL may end in ?starttls=1 and from=an address"),
    ({"DIARY_MAIL_URL": "smtp://mail?starttls"}, "DIARY_MAIL_URL may end in ?starttls=1 and from=an address"),
    ({"DIARY_MAIL_URL": "smtp://mail?from=nobody"}, "DIARY_MAIL_URL names no address to send as: add from="),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_a_value_that_cannot_be_read_is_refused_with_what_to_do(tmp_path, given, told):
    (sentence,) = sentences(tmp_path, **given)
    assert sentence.startswith(told)


def test_a_refused_mail_server_does_not_repeat_its_password(tmp_path):
    (sentence,) = sentences(tmp_path, DIARY_MAIL_URL="smtp://me:very-secret@mail:x")
    assert "very-secret" not in sentence


IN_THE_OPEN = "DIARY_MAIL_URL sends mail in the open: add ?starttls=1 to it, or begin it with smtps://."
UNSAFE = [
    ({"DIARY_SECRET_KEY": ""}, "DIARY_SECRET_KEY is missing or short: set at least 32 random characters."),
    ({"DIARY_SECRET_KEY": "k" * 31}, "DIARY_SECRET_KEY is missing or short: set at least 32 random characters."),
    ({"DIARY_BASE_URL": ""}, "DIARY_BASE_URL must be the https:// address that patients open."),
    ({"DIARY_BASE_URL": "http://a.example"}, "DIARY_BASE_URL must be the https:// address that patients open."),
    ({"DIARY_TRUSTED_HOSTS": " , "}, "DIARY_TRUSTED_HOSTS is empty: name the hosts that this server answers for."),
    ({"DIARY_CLOCK_FILE": "clock-file"}, "DIARY_CLOCK_FILE is for tests only: unset it."),
    ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG shows code and values to whoever causes an error: unset it."),
    ({"DIARY_MAIL_URL": "smtp://mail.example:25"}, IN_THE_OPEN),
    ({"DIARY_MAIL_URL": "smtp://u:p@127.0.0.1.example"}, IN_THE_OPEN),
]


@pytest.mark.parametrize(("given", "told"), UNSAFE)
def test_production_refuses_what_is_unsafe_and_development_does_not(tmp_path, given, told):
    assert sentences(tmp_path, **(SAFE | given)) == [told]
    assert read(tmp_path, **(SAFE | given | {"DIARY_ENV": "development"}))


def test_production_starts_with_what_is_safe(tmp_path):
    assert read(tmp_path, **SAFE).production
    assert read(tmp_path, **SAFE).mail_server is None


@pytest.mark.parametrize(
    "url", ["smtp://mail?starttls=1", "smtps://mail", "smtp://localhost", "smtp://127.0.0.1:2525", "smtp://[::1]"]
)
def test_production_sends_mail_on_protected_ways_and_within_the_machine(tmp_path, url):
    server = read(tmp_path, **SAFE, DIARY_MAIL_URL=url).mail_server
    assert server
    assert server.sender == "diary@diary.clinic.example"


def test_everything_wrong_is_told_at_once(tmp_path):
    told = sentences(tmp_path, DIARY_ENV="production", DIARY_PORT="x", DIARY_CLOCK_FILE="clock-file")
    assert [sentence.split()[0] for sentence in told] == [
        "DIARY_PORT",
        "DIARY_SECRET_KEY",
        "DIARY_BASE_URL",
        "DIARY_TRUSTED_HOSTS",
        "DIARY_CLOCK_FILE",
    ]


@pytest.mark.parametrize("cheap", [{"time": 2}, {"memory_kib": 8}, {"time": 9, "memory_kib": 8}])
def test_production_refuses_each_cost_of_a_hash_below_the_least(tmp_path, cheap):
    made = Settings("production", tmp_path, "sqlite:///x", "k" * 32, password_cost=PasswordCost(**cheap))
    assert "The cost of password hashes is below the least that protects them." in _unsafe(made)


def test_a_dearer_hash_is_welcome_in_production(tmp_path):
    dear = PasswordCost(time=4, memory_kib=64 * 1024, lanes=1)
    made = Settings("production", tmp_path, "sqlite:///x", "k" * 32, password_cost=dear)
    assert not any("cost" in sentence for sentence in _unsafe(made))


def test_the_clock_file_is_read_at_each_use_and_what_comes_second_stays_second(tmp_path):
    file = tmp_path / "clock"
    clock = clock_from(file)
    file.write_text("2026-03-20T12:00:00+01:00\n")
    assert clock() == datetime(2026, 3, 20, 11, tzinfo=UTC)
    file.write_text("2026-03-21T04:00:00Z")
    readings = [clock() for _ in range(3)]
    assert readings == sorted(set(readings))
    assert {reading.replace(microsecond=0) for reading in readings} == {datetime(2026, 3, 21, 4, tzinfo=UTC)}
    assert readings[0].tzinfo is UTC


def test_without_a_clock_file_the_machine_tells_the_time(tmp_path):
    assert clock_from(None) is utc_now
    assert abs((utc_now() - datetime.now(UTC)).total_seconds()) < 5


def test_the_application_goes_by_the_clock_file(tmp_path):
    file = tmp_path / "clock"
    file.write_text("2026-03-20T12:00:00+00:00")
    app = create_app(read(tmp_path, DIARY_CLOCK_FILE=str(file)))
    with app.app_context():
        assert installation().clock() == datetime(2026, 3, 20, 12, tzinfo=UTC)
        db.engine.dispose()


def test_postgresql_asks_for_its_driver_where_it_is_missing(tmp_path, monkeypatch):
    url = "postgresql://diary@db/diary"
    monkeypatch.setattr("diary.settings.find_spec", lambda _name: None)
    (sentence,) = sentences(tmp_path, DIARY_DATABASE_URL=url)
    assert "pip install 'psycopg[binary]'" in sentence
    monkeypatch.setattr("diary.settings.find_spec", lambda name: name)
    assert read(tmp_path, DIARY_DATABASE_URL=url).database_url == url


@pytest.mark.parametrize(
    "held",
    [b"", b"\n", b"cut-after-a-few-signs", b"\0" * 64, b"k" * 40 + b"\0" * 24, b"\xff" * 64],
    ids=["empty", "a line end", "cut", "zeros", "zeros at the end", "no text"],
)
def test_a_secret_key_of_which_a_part_is_gone_is_not_started_with(tmp_path, held):
    file = tmp_path / "instance" / "secret-key"
    file.parent.mkdir()
    file.write_bytes(held)
    (sentence,) = sentences(tmp_path)
    assert str(file) in sentence
    assert "put it back from a backup" in sentence
    assert "kkkk" not in sentence
    assert file.read_bytes() == held
    assert read(tmp_path, DIARY_SECRET_KEY="given").secret_key == "given"


def test_a_secret_key_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "instance" / "secret-key").mkdir(parents=True)
    assert "secret-key" in sentences(tmp_path)[0]


def test_the_secret_key_is_on_the_disk_before_it_is_used(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(stat.S_ISDIR(os.fstat(descriptor).st_mode)))
    read(tmp_path)
    assert synced == [False, True]


def test_an_instance_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "instance").write_text("a file")
    (sentence,) = sentences(tmp_path)
    assert sentence.startswith(f"The folder {tmp_path / 'instance'} of DIARY_INSTANCE cannot be used")


SECRET_ADDRESSES = {
    "postgresql://ebb:geheim1@geheim2@db/ebb": "%40",
    "postgresql://ebb:geheim1@geheim2/geheim3@db/ebb": "%40",
    "postgresql://ebb:geheim1@geheim2:geheim3@db/ebb": "%40",
    "postgresql://ebb:geheim1@db:geheim2/ebb": "port",
    "postgres://ebb:geheim1@db/ebb": "postgresql://",
    "mysql://ebb:geheim1@db/ebb": "SQLite and PostgreSQL",
    "ebb:geheim1@db/ebb": "not a database address",
}


@pytest.mark.parametrize(("address", "word"), SECRET_ADDRESSES.items())
def test_an_address_that_cannot_be_read_is_refused_without_a_part_of_its_password(tmp_path, address, word):
    (sentence,) = sentences(tmp_path, DIARY_DATABASE_URL=address)
    assert "DIARY_DATABASE_URL" in sentence
    assert word in sentence
    assert "geheim" not in sentence
