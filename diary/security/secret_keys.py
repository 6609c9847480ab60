"""The secret keys of an installation: the one that writes, and older or coming ones that are read all the same.

The key in use stands in DIARY_SECRET_KEY or in the file `secret-key`; others in DIARY_OTHER_SECRET_KEYS or in the file
`keys/other-secret-keys`, one a line. Beside it lies `keys/names-key`: the key that the installation began with, under
which phones know their patients and mails can be stopped; it never changes, or what waits on phones would be a
stranger's.
"""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from diary.errors import DiaryError
from diary.security.sealed_lines import keep_line_keys
from diary.security.signing import make_folder
from diary.settings import Settings
from diary.whole_files import sync_names, write_anew, write_once

CURRENT: Final = "secret-key"
COMING: Final = "secret-key.coming"
OTHERS: Final = "keys/other-secret-keys"
"""In the folder of the keys, so that a backup takes it along."""
NAMES: Final = "names-key"
ID_BYTES: Final = 4


class KeptElsewhere(DiaryError):
    """The secret key is not in a file of ours: whoever keeps it changes it."""


class StillNeeded(DiaryError):
    """A key that something still needs."""


def id_of(secret_key: str) -> bytes:
    """Return the name of a key, which tells nothing of it."""
    return hashlib.sha256(b"ebb:key id:" + secret_key.encode()).digest()[:ID_BYTES]


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The keys of one installation as this process knows them: `current` writes, all of them read."""

    instance: Path
    current: str
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "SecretKeys":
        """Return the keys of this installation."""
        kept = (*settings.other_secret_keys, *_lines(settings.instance / OTHERS))
        others = tuple(dict.fromkeys(key for key in kept if key != settings.secret_key))
        return cls(settings.instance, settings.secret_key, others)

    @property
    def all(self) -> tuple[str, ...]:
        """Every key, the one in use first."""
        return (self.current, *self.others)

    def looked_at_again(self) -> "SecretKeys":
        """Return the keys with those that a command has put into the folder since this process started."""
        held = (*_lines(self.instance / CURRENT), *_lines(self.instance / OTHERS))
        more = tuple(dict.fromkeys(key for key in (*self.others, *held) if key != self.current))
        return SecretKeys(self.instance, self.current, more)


def names_key(settings: Settings) -> str:
    """Return the key that names are made with: the first one of this installation, kept when it is first asked for."""
    return _names_key(settings.instance, settings.secret_key)


def put_names_key_back(settings: Settings, came: bytes | None) -> Path | None:
    """Make `came` the key of names, and return where one that differed and that nobody was known by lies now.

    Without one it is made anew, of the secret key in use, when it is first asked for.
    """
    file = settings.instance / "keys" / NAMES
    aside = None
    if file.exists() and file.read_bytes() != came:
        aside = settings.instance / f"{NAMES}-before-restore-{secrets.token_hex(4)}"
        file.replace(aside)
        sync_names(file.parent)
    if came is not None and not file.exists():
        make_folder(file.parent)
        write_once(file, came)
    _names_key.cache_clear()
    return aside


def has_other_names_key(settings: Settings, came: bytes | None) -> bool:
    """Say whether patients are known here by another key of names than the one that came with a backup."""
    file = settings.instance / "keys" / NAMES
    return came is not None and file.exists() and file.read_bytes() != came


@cache
def _names_key(instance: Path, secret_key: str) -> str:
    file = instance / "keys" / NAMES
    if not file.exists():
        make_folder(file.parent)
        write_once(file, secret_key.encode())
    return file.read_text(encoding="utf-8")


def rotate_secret(settings: Settings) -> str:
    """Put a new key in the place of the one in use, which is read on; killed at any point, it is done again.

    Returns:
        The id of the new key.

    Raises:
        KeptElsewhere: the key stands in the environment.
    """
    current = settings.instance / CURRENT
    if settings.secret_key_given or _lines(current) != (settings.secret_key,):
        raise KeptElsewhere(
            "The secret key stands in DIARY_SECRET_KEY: put a new one into DIARY_OTHER_SECRET_KEYS of every server and "
            'restart them, exchange the two and restart them again, then run `diary keys reseal`. See "Keys" in '
            "docs/operations.md."
        )
    names_key(settings)
    coming = settings.instance / COMING
    if not coming.exists():
        write_once(coming, secrets.token_urlsafe(48).encode())
    keep_other(settings.instance, settings.secret_key)
    key = coming.read_text(encoding="utf-8").strip()
    coming.replace(current)
    sync_names(settings.instance)
    return id_of(key).hex()


def keep_what_verifies(settings: Settings) -> None:
    """Keep what verifies the anchors and tombstones of other keys of the environment: one day they are taken out."""
    for key in settings.other_secret_keys:
        keep_line_keys(settings.instance / "keys", key)


def forget_other(settings: Settings, key_id: str) -> bool:
    """Take a key that is not in use out of the file; only anchors and tombstones that it wrote are verified on.

    Returns:
        Whether it stands in DIARY_OTHER_SECRET_KEYS as well, where nobody but the operator takes it out.

    Raises:
        StillNeeded: it is the one in use.
        KeptElsewhere: no such key is read here.
    """
    if id_of(settings.secret_key).hex() == key_id:
        raise StillNeeded(f"{key_id} is the key in use.")
    kept = _lines(settings.instance / OTHERS)
    left = [key for key in kept if id_of(key).hex() != key_id]
    given = [key for key in settings.other_secret_keys if id_of(key).hex() == key_id]
    if len(left) == len(kept) and not given:
        raise KeptElsewhere(f"{key_id} is neither in {OTHERS} nor in DIARY_OTHER_SECRET_KEYS: `diary keys status`.")
    for key in (*kept, *given):
        if key not in left:
            keep_line_keys(settings.instance / "keys", key)
    _write_others(settings.instance, left)
    return bool(given)


def keep_other(instance: Path, key: str) -> None:
    """Put a key among those that are read, whole or not at all; one that is there stays."""
    kept = _lines(instance / OTHERS)
    if key not in kept:
        _write_others(instance, [key, *kept])


def _write_others(instance: Path, keys: list[str]) -> None:
    """Write the file anew, whole or not at all."""
    kept = instance / OTHERS
    make_folder(kept.parent)
    write_anew(kept, "".join(f"{key}\n" for key in keys).encode())


def _lines(file: Path) -> tuple[str, ...]:
    with suppress(FileNotFoundError):
        return tuple(line for line in file.read_text(encoding="utf-8").splitlines() if line)
    return ()
