"""The commands on erasures, and the start of the server."""

from datetime import date
from pathlib import Path

import pytest

from diary.cli.erasures import replay_at_start
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles, TombstonesBroken
from diary.services.erasure import carry_out_erasure
from diary.vocabulary import ErasureHow
from tests.beside import as_it_was
from tests.clinic_builders import a_clinic, a_patient, confirmed, subject
from tests.services.looking_in import everything_stored


@pytest.fixture
def put_back(app, clock):
    """A database from before somebody was erased, put back."""
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    with as_it_was():
        carry_out_erasure(
            confirmed(clinic.admin, clock),
            subject(patient),
            how=ErasureHow.PAPER,
            asked_on=date(2026, 3, 1),
            files=ErasureFiles.of(installation().settings),
            clock=clock,
        )
    assert everything_stored()["patient"]


def replay(app):
    return app.test_cli_runner().invoke(args=["diary", "erasures", "replay"])


def test_the_command_erases_again_and_says_so(app, put_back):
    done = replay(app)
    assert (done.exit_code, done.output) == (0, "1 erased again.\n")
    assert not everything_stored()["patient"]
    assert replay(app).output == "Nobody who was erased is in the database.\n"


def test_the_start_of_the_server_erases_again(app, put_back):
    replay_at_start(app)
    assert not everything_stored()["patient"]


def test_every_way_to_serve_goes_through_the_start():
    started = (Path(__file__).parents[2] / "wsgi.py").read_text(encoding="utf-8")
    assert "\n    prepare_database(app)\n    replay_at_start(app)\n" in started


def test_tombstones_under_another_key_are_refused_with_the_reason(app, put_back):
    folder = ErasureFiles.of(installation().settings).folder
    (file,) = folder.glob("*.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"how":"paper"', b'"how":"self"'))
    done = replay(app)
    assert done.exit_code == 1
    assert "under another secret key" in done.stderr
    with pytest.raises(TombstonesBroken):
        replay_at_start(app)
    assert everything_stored()["patient"]
