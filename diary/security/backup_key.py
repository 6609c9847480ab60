"""The key of the installation's backups: its public half closes them, its private half opens them.

The private half may be taken off the server and kept in a safe: backups are made all the same.
"""

import hashlib
from base64 import b32decode, b32encode
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from diary.errors import DiaryError
from diary.security.signing import KeyUnfit, make_folder
from diary.settings import Settings
from diary.whole_files import write_once

PUBLIC: Final = "backup-key.pub"
PRIVATE: Final = "backup-key.txt"
BEGINS: Final = "EBB-BACKUP-KEY"
CHECK: Final = 3
GROUP: Final = 8
BYTES: Final = 32


class BackupKeyMissing(DiaryError):
    """No private key that opens the backup is at hand; the message says what to do."""


class BackupKey:
    """The pair of keys of this installation, in files of its own."""

    def __init__(self, folder: Path) -> None:
        self.private_file = folder / PRIVATE
        self.public_file = folder / PUBLIC

    @classmethod
    def of(cls, settings: Settings) -> "BackupKey":
        """Return the key of this installation."""
        return cls(settings.instance / "keys")

    def public(self) -> X25519PublicKey:
        """Return the half to close backups with; the pair is made when it is first asked for.

        Raises:
            KeyUnfit: it cannot be read or made.
        """
        try:
            if not self.public_file.exists():
                self._make()
            return X25519PublicKey.from_public_bytes(bytes.fromhex(self.public_file.read_text("ascii").strip()))
        except (OSError, ValueError) as error:
            raise KeyUnfit(f"The backup key {self.public_file} cannot be read or made: look at its folder.") from error

    def private(self) -> X25519PrivateKey:
        """Return the half that opens backups.

        Raises:
            BackupKeyMissing: it is not kept here.
            KeyUnfit: the file holds none.
        """
        try:
            return read_key(self.private_file)
        except FileNotFoundError:
            raise BackupKeyMissing(
                f"The private backup key is not in {self.private_file}: hand it in with --key FILE, from your safe."
            ) from None

    def keep(self, key: X25519PrivateKey) -> None:
        """Make `key` the key of this installation where it has neither half of one yet; one that is there stays."""
        make_folder(self.private_file.parent)
        if not self.public_file.exists() and not self.private_file.exists():
            write_once(self.private_file, f"{text_of(key)}\n".encode())
            self._make()

    def _make(self) -> None:
        """Make the private half first: a public one without it would close what nobody can open."""
        make_folder(self.private_file.parent)
        if not self.private_file.exists():
            write_once(self.private_file, f"{text_of(X25519PrivateKey.generate())}\n".encode())
        key = read_key(self.private_file)
        write_once(self.public_file, f"{key.public_key().public_bytes_raw().hex()}\n".encode())


def id_of(key: X25519PublicKey) -> str:
    """Return the short name of a key, which says nothing about it: it stands on the backups that it opens."""
    return hashlib.sha256(b"ebb backup key" + key.public_bytes_raw()).hexdigest()[:16]


def text_of(key: X25519PrivateKey) -> str:
    """Return the private key as letters and digits that can be written on paper; three bytes check them."""
    raw = key.private_bytes_raw()
    letters = b32encode(raw + hashlib.sha256(raw).digest()[:CHECK]).decode()
    return "-".join([BEGINS, *(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))])


def read_key(file: Path) -> X25519PrivateKey:
    """Return the private key that a file holds as text.

    Raises:
        FileNotFoundError: there is no such file.
        KeyUnfit: it is not a backup key, or a letter of it is wrong.
    """
    return key_of(file.read_text("utf-8", errors="replace"))


def key_of(text: str) -> X25519PrivateKey:
    """Read a private key as `text_of` wrote it, in any case and with any spaces.

    Raises:
        KeyUnfit: it is not a backup key, or a letter of it is wrong.
    """
    letters = "".join(text.upper().replace("-", " ").split()).removeprefix(BEGINS.replace("-", ""))
    try:
        held = b32decode(letters)
    except ValueError:
        held = b""
    raw, check = held[:BYTES], held[BYTES:]
    if len(raw) != BYTES or hashlib.sha256(raw).digest()[:CHECK] != check:
        raise KeyUnfit("This is no backup key, or one of its letters is wrong: copy it again, whole.")
    return X25519PrivateKey.from_private_bytes(raw)
