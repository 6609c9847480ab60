"""A stream closed for the owner of a key, piece by piece: it can be read while it comes, and no byte of it is trusted
before its piece is proven.

The file: `ebb-backup-1`, a line feed, the id of the key (8 bytes), an ephemeral public key (32 bytes), then pieces of
64 KiB, each followed by its tag (16 bytes); the last piece is marked in its nonce, so that a cut end is found.
"""

import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from diary.errors import DiaryError
from diary.security.backup_key import BackupKeyMissing, id_of

MAGIC: Final = b"ebb-backup-1\n"
KEY_ID: Final = 8
POINT: Final = 32
HEAD: Final = len(MAGIC) + KEY_ID + POINT
PIECE: Final = 64 * 1024
TAG: Final = 16
QUICK: Final = 3
"""Level of compression: a third of the time of the usual one, for a tenth more bytes."""


class BackupBroken(DiaryError):
    """A backup file that was changed, cut, or is none; the message says where."""


class SealedWriter:
    """Compresses what is written and closes it for `key`."""

    def __init__(self, out: BinaryIO, key: X25519PublicKey) -> None:
        ephemeral = X25519PrivateKey.generate()
        self._head = MAGIC + bytes.fromhex(id_of(key)) + ephemeral.public_key().public_bytes_raw()
        self._cipher = _cipher(ephemeral.exchange(key), self._head, key)
        self._out, self._waiting, self._number = out, bytearray(), 0
        self._compressor = zlib.compressobj(QUICK)
        out.write(self._head)

    def write(self, text: bytes) -> None:
        """Take `text`; it leaves when a piece is full."""
        self._waiting += self._compressor.compress(text)
        while len(self._waiting) > PIECE:
            self._send(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]

    def end(self) -> None:
        """Send the last piece; without it the file is worth nothing."""
        self._waiting += self._compressor.flush()
        while len(self._waiting) > PIECE:
            self._send(bytes(self._waiting[:PIECE]), last=False)
            del self._waiting[:PIECE]
        self._send(bytes(self._waiting), last=True)

    def _send(self, piece: bytes, *, last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._number, last=last), piece, self._head))
        self._number += 1


def key_id_in(file: BinaryIO) -> str:
    """Return the id of the key that a backup was closed for, and go back to its beginning.

    Raises:
        BackupBroken: it is no backup.
    """
    head = file.read(HEAD)
    file.seek(0)
    if len(head) < HEAD or not head.startswith(MAGIC):
        raise BackupBroken("This is no backup of Ebb, or its beginning was changed.")
    return head[len(MAGIC) : len(MAGIC) + KEY_ID].hex()


def opened(file: BinaryIO, key: X25519PrivateKey) -> Iterator[bytes]:
    """Yield what was written, in parts of at most a piece, each proven before it is handed out.

    Raises:
        BackupKeyMissing: another key opens this backup.
        BackupBroken: a byte was changed, or the end is missing.
    """
    wanted = key_id_in(file)
    if wanted != id_of(key.public_key()):
        raise BackupKeyMissing(
            f"The backup was closed for the key {wanted}, and this one is {id_of(key.public_key())}: hand in the right"
            " one with --key FILE. If it should be the right one, the beginning of the backup was changed."
        )
    head = file.read(HEAD)
    cipher = _cipher(key.exchange(X25519PublicKey.from_public_bytes(head[-POINT:])), head, key.public_key())
    expand = zlib.decompressobj()
    for piece in _pieces(file, cipher, head):
        waiting = piece
        while waiting:
            yield _expanded(expand, waiting)
            waiting = expand.unconsumed_tail
    if not expand.eof or expand.unused_data:
        raise BackupBroken("The backup does not end where it should.")


def _pieces(file: BinaryIO, cipher: ChaCha20Poly1305, head: bytes) -> Iterator[bytes]:
    held, number = file.read(PIECE + TAG), 0
    while True:
        follows = file.read(PIECE + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not follows), held, head)
        except (InvalidTag, ValueError) as error:
            at = HEAD + number * (PIECE + TAG)
            raise BackupBroken(
                f"The backup was changed or cut between byte {at} and byte {at + len(held)}: take another one."
            ) from error
        if not follows:
            return
        held, number = follows, number + 1


def _expanded(expand: "zlib._Decompress", piece: bytes) -> bytes:
    try:
        return expand.decompress(piece, PIECE)
    except zlib.error as error:
        raise BackupBroken("The backup cannot be expanded: it was not written by Ebb.") from error


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(secret: bytes, head: bytes, key: X25519PublicKey) -> ChaCha20Poly1305:
    derived = HKDF(SHA256(), 32, salt=head + key.public_bytes_raw(), info=b"ebb:backup")
    return ChaCha20Poly1305(derived.derive(secret))
