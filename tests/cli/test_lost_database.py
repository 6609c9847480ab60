"""A database that is gone, though anchors or backups of it are kept: nothing goes on as if it had never been."""

import pytest

from diary import jobs
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services.anchors import anchor_where_due
from diary.services.kept_backups import back_up_where_due
from diary.services.leases import leases
from tests.clinic_builders import a_clinic
from tests.conftest import running


@pytest.fixture(params=["anchors", "backups"])
def kept(request, app, clock):
    """The folder that stayed of an installation with a clinic."""
    settings = installation().settings
    a_clinic(clock)
    if request.param == "anchors":
        anchor_where_due(AnchorFiles.of(settings), clock=clock)
    else:
        assert back_up_where_due(settings, clock=clock)
    return settings.instance / request.param


@pytest.fixture
def gone(kept, tmp_path, clock, empty_instance):
    """What types where the database is empty, and the folder that stayed; the keys stayed too."""
    with running(tmp_path / "new", clock, empty_instance) as made:
        stayed = tmp_path / "new" / kept.name
        kept.rename(stayed)
        yield lambda *words: made.test_cli_runner().invoke(args=["diary", *words]), stayed


@pytest.mark.parametrize("command", [("backups",), ("backups", "--now"), ("work",), ("serve",)])
def test_a_command_says_so_and_what_to_do(gone, command, monkeypatch):
    typed, folder = gone
    monkeypatch.setattr(jobs, "start_beside", lambda *_given: pytest.fail("the jobs were begun"))
    monkeypatch.setattr("diary.cli.serve._listen", lambda *_given: None)
    refused = typed(*command)
    assert refused.exit_code == 1, refused.output
    assert refused.exception is None or isinstance(refused.exception, SystemExit)
    assert str(folder) in refused.stderr
    assert "restore the newest backup" in refused.stderr
    assert leases() == []


def test_a_new_machine_has_lost_nothing(app):
    listed = app.test_cli_runner().invoke(args=["diary", "backups"])
    assert (listed.exit_code, "backups begin with the first clinic" in listed.output) == (0, True)
