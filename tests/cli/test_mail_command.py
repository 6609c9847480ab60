"""The command with which an operator tries the mail server."""

import threading

import pytest

from diary.messaging import mail
from tests.messaging.post_office import free_port, open_post_office, set_up_mail


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


def test_a_trial_mail_arrives_and_the_command_says_so(app, run):
    with open_post_office() as office:
        set_up_mail(app, office.url)
        done = run("mail", "test", "me@clinic.example")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"127.0.0.1:{office.port}, not encrypted: the server took the mail from diary@clinic.example "
        "to me@clinic.example. See whether it arrives.\n"
    )
    (got,) = office.taken
    assert got["Subject"] == "A trial mail from Ebb"


def test_without_a_mail_server_it_says_what_to_set(run):
    done = run("mail", "test", "me@clinic.example")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("No mail is set up: set DIARY_MAIL_URL to smtp://")


def test_what_the_server_said_is_shown_to_the_operator(app, run):
    with open_post_office(recipient_answers={"me@clinic.example": "550 we do not relay"}) as office:
        set_up_mail(app, office.url)
        done = run("mail", "test", "me@clinic.example")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "The mail server refuses this recipient for good. It said: 550 we do not relay\n"


@pytest.mark.parametrize("address", ["nobody", "a@b\nc", ""])
def test_what_is_no_address_is_refused(app, run, address):
    set_up_mail(app, f"smtp://127.0.0.1:{free_port()}")
    done = run("mail", "test", address)
    assert (done.exit_code, done.stderr) == (1, "This is not an address that mail can be sent to.\n")


def test_a_server_that_is_down_or_silent_is_told(app, run, monkeypatch):
    set_up_mail(app, f"smtp://127.0.0.1:{free_port()}")
    assert run("mail", "test", "me@clinic.example").stderr.startswith("The mail server is not reached.")
    monkeypatch.setattr(mail, "PATIENCE", 0.2)
    with open_post_office(hold=threading.Event()) as office:
        set_up_mail(app, office.url)
        done = run("mail", "test", "me@clinic.example")
    assert done.exit_code == 1
    assert "nobody knows what came of it" in done.stderr
