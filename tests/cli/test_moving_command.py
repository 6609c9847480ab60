"""The command that moves to PostgreSQL, as an operator types it."""

import pytest

from diary.services.move_marks import own_mark


@pytest.mark.about_sqlite("one moves away from a file")
def test_a_move_that_does_not_begin_says_why_and_not_that_nothing_is_stored(app):
    refused = app.test_cli_runner().invoke(args=["diary", "move-to", "postgresql://a:geheim@127.0.0.1:1/x"])
    assert refused.exit_code == 1
    assert "refused" in refused.stderr
    assert "geheim" not in refused.stderr
    assert "From now on" not in refused.stderr
    assert own_mark() is None
