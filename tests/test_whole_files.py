"""Files that are written anew: whole, or as they were, and no half is left behind."""

import os

import pytest

from diary.security import secret_keys
from diary.whole_files import write_anew


def test_what_is_written_anew_is_there_and_its_owners_alone(tmp_path):
    file = tmp_path / "kept"
    for content in (b"one", b"another"):
        write_anew(file, content)
        assert file.read_bytes() == content
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_is_full_leaves_what_stood_there_and_no_draft_with_every_key(tmp_path, monkeypatch, step):
    secret_keys.keep_other(tmp_path, "an older key")

    def full(*_asked):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        secret_keys.keep_other(tmp_path, "a newer key")
    (left,) = (tmp_path / "keys").iterdir()
    assert left.read_text() == "an older key\n"
