"""The tombstones: a damaged one is told, and never passed over."""

import uuid
from datetime import UTC, datetime

import pytest

from diary.security import erasure_files
from diary.security.erasure_files import ErasureFiles, Tombstone, TombstonesBroken

CLINIC = uuid.UUID(int=7)
WHEN = datetime(2026, 3, 20, 9, tzinfo=UTC)


def a_tombstone(number):
    rows = {"entry": 40, "patient": 1}
    return Tombstone(CLINIC, uuid.UUID(int=number), uuid.uuid4(), "paper", WHEN, WHEN, None, rows)


@pytest.fixture
def files(tmp_path):
    """Three tombstones of one clinic."""
    made = ErasureFiles(tmp_path / "erasures", "a secret of this installation, a long one")
    for number in (1, 2, 3):
        made.add(a_tombstone(number))
    return made


def the_file(files):
    return files.folder / f"{CLINIC}.jsonl"


def test_every_bit_that_flips_in_a_line_or_its_end_is_told(files):
    file = the_file(files)
    held, vanished, told = file.read_bytes().splitlines(keepends=True)[0], [], 0
    file.write_bytes(held)
    for at, bit in ((at, bit) for at in range(len(held)) for bit in range(8)):
        with file.open("r+b") as opened:
            opened.write(held[:at] + bytes([held[at] ^ 1 << bit]) + held[at + 1 :])
        try:
            (stone,) = files.read()
        except TombstonesBroken:
            told += 1
            continue
        except ValueError:
            vanished.append((at, bit))
        else:
            assert not stone.proven
    assert vanished == []
    assert told > len(held)


def test_two_lines_that_became_one_are_told(files):
    file = the_file(files)
    file.write_bytes(file.read_bytes().replace(b"\n", b"\x0b", 1))
    with pytest.raises(TombstonesBroken, match="line 1"):
        files.read()


def test_a_line_that_is_no_tombstone_is_told_with_its_number_and_what_to_do(files):
    file = the_file(files)
    held = file.read_bytes()
    for line in (b"[]", b"{}", b'{"patient_id": 1}', b"\xff", b"[" * 5000, b"\0" * 200):
        first = held.index(b"\n") + 1
        file.write_bytes(held[:first] + line + b"\n" + held[first:])
        with pytest.raises(TombstonesBroken, match=r"line 2: .*put it back from its newest copy, or from a backup"):
            files.read()


def test_a_line_that_was_cut_anywhere_was_never_committed_and_is_passed_over(files):
    file = the_file(files)
    held = file.read_bytes()
    last = held.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(held)):
        file.write_bytes(held[:end])
        assert [stone.patient_id.int for stone in files.read()] == [1, 2]
    file.write_bytes(held[:last] + b"\0" * 100)
    assert len(files.read()) == 2
    files.add(a_tombstone(4))
    assert [stone.patient_id.int for stone in files.read()] == [1, 2, 4]


def test_a_tombstone_is_never_written_over_one_whose_end_is_damaged(files):
    file = the_file(files)
    held = file.read_bytes()[:-1] + b"\x0b"
    file.write_bytes(held)
    with pytest.raises(OSError, match="line 3: the end of the line is damaged"):
        files.add(a_tombstone(4))
    assert file.read_bytes() == held


def test_a_tombstone_that_is_refused_was_not_written_so_that_nobody_is_erased_by_it_later(files, monkeypatch):
    held = the_file(files).read_bytes()

    def full(_folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(erasure_files, "sync_folder", full)
    with pytest.raises(OSError, match="No space"):
        files.add(a_tombstone(4))
    assert the_file(files).read_bytes() == held
