"""Closed streams: what went in comes out, for the owner of the key alone, and no changed byte is handed out."""

from io import BytesIO
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from diary.errors import DiaryError
from diary.security.backup_key import BackupKeyMissing, key_of, text_of
from diary.security.sealed_stream import HEAD, PIECE, TAG, BackupBroken, SealedWriter, opened
from diary.security.signing import KeyUnfit

KEY = X25519PrivateKey.generate()


def closed(parts):
    """Return what stands in the file."""
    out = BytesIO()
    writer = SealedWriter(out, KEY.public_key())
    for part in parts:
        writer.write(part)
    writer.end()
    return out.getvalue()


def read(held, key=KEY):
    """Return what a file says."""
    return b"".join(opened(BytesIO(held), key))


NOISE = Random(7).randbytes(3 * PIECE + 5)
"""Bytes that cannot be compressed: four pieces."""
LONG = closed([NOISE])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_what_was_written_is_read(parts):
    assert read(closed(parts)) == b"".join(parts)


def test_what_needs_several_pieces_is_read_too():
    assert len(LONG) > HEAD + 3 * (PIECE + TAG)
    assert read(LONG) == NOISE


@given(st.integers(0, len(LONG) - 1), st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_found(at, bit):
    changed = bytearray(LONG)
    changed[at] ^= 1 << bit
    with pytest.raises(DiaryError):
        read(bytes(changed))


@pytest.mark.parametrize("at", range(HEAD + 20))
def test_every_byte_of_the_beginning_counts(at):
    changed = bytearray(closed([b"short"]))
    changed[at] ^= 0x20
    with pytest.raises(DiaryError):
        read(bytes(changed))


@given(st.integers(0, len(LONG) - 1))
def test_a_cut_end_is_found_wherever_it_was_cut(at):
    with pytest.raises(DiaryError):
        read(LONG[:at])


def test_pieces_that_changed_places_were_doubled_or_left_out_are_found():
    body = [LONG[HEAD + number * (PIECE + TAG) :][: PIECE + TAG] for number in range(4)]
    for order in ([1, 0, 2, 3], [0, 1, 1, 2, 3], [0, 2, 3], [0, 1, 2], [0, 1, 2, 3, 3]):
        with pytest.raises(BackupBroken):
            read(LONG[:HEAD] + b"".join(body[number] for number in order))


def test_something_behind_the_end_is_found():
    with pytest.raises(BackupBroken):
        read(LONG + b"\0")


def test_another_key_opens_nothing_and_says_which_one_would():
    with pytest.raises(BackupKeyMissing, match="closed for the key"):
        read(LONG, X25519PrivateKey.generate())


def test_a_key_from_paper_is_the_same_key_and_a_wrong_letter_is_found():
    text = text_of(KEY)
    assert key_of(text.lower().replace("-", " ")).private_bytes_raw() == KEY.private_bytes_raw()
    for at in range(len("EBB-BACKUP-KEY-"), len(text)):
        if text[at] != "-":
            wrong = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            with pytest.raises(KeyUnfit):
                key_of(wrong)
