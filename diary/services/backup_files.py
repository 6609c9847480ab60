"""The files beside the database that a backup takes along: keys, anchors, tombstones, and the secret key."""

import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from diary.errors import DiaryError
from diary.security.backup_key import PRIVATE, PUBLIC
from diary.security.erasure_files import REWRITE
from diary.security.sealed_lines import (
    ERASURES,
    append,
    forgotten_line_keys,
    line_key,
    opened_alone,
    whole,
)
from diary.security.secret_keys import NAMES, OTHERS, SecretKeys, has_other_names_key, keep_other, put_names_key_back
from diary.security.signing import make_folder
from diary.settings import Settings
from diary.whole_files import sync_folder, write_once

FOLDERS: Final = ("anchors", "erasures", "keys")
SECRET: Final = "secret-key"  # noqa: S105 (the name of the file)
OTHER_NAMES: Final = (
    "keys/names-key is another one than in the backup, and stays: what a phone wrote while that one was in use, and"
    " still holds, counts as another account's."
)
NAMES_ASIDE: Final = "The names-key that was made here lies in {}; that of the backup is in its place."
NOT_TAKEN: Final = frozenset({PRIVATE, PUBLIC, REWRITE})
"""The key that opens the backup lies beside it, not in it; what is to be written anew is this database's own affair."""


class FilesUnfit(DiaryError):
    """A backup that names a file where none belongs."""


def files_to_take(settings: Settings, heads: Mapping[str, int]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of every file to take along; the secret key first, wherever it is set.

    Args:
        settings: of this installation.
        heads: how far the audit chain of each clinic reaches in the backup; anchors made since are left out.
    """
    yield SECRET, settings.secret_key.encode()
    for folder in FOLDERS:
        for file in sorted((settings.instance / folder).rglob("*")):
            if file.is_file() and file.name not in NOT_TAKEN and not file.name.startswith("."):
                content = file.read_bytes()
                known = _until(content, heads.get(file.stem, 0)) if folder == "anchors" else content
                yield file.relative_to(settings.instance).as_posix(), known


def is_ours(settings: Settings, secret_key: str) -> bool:
    """Say whether this installation has, or had before it was forgotten, a secret key."""
    forgotten = forgotten_line_keys(settings.instance / "keys", ERASURES)
    return secret_key in SecretKeys.of(settings).all or line_key(secret_key, ERASURES) in forgotten


def known_keys(settings: Settings, files: Mapping[str, bytes]) -> tuple[str, ...]:
    """Return the secret keys that a backup came with, the one it was made under first, and then those known here."""
    came = (files[SECRET].decode(), *files.get(OTHERS, b"").decode().splitlines())
    return tuple(dict.fromkeys(key for key in (*came, *SecretKeys.of(settings).all) if key))


def put_files_back(instance: Path, files: Mapping[str, bytes]) -> list[str]:
    """Put the files of a backup beside the database, and return the names of those that were put there.

    Nothing that is there is replaced: keys stay, and a file that only grows is given the lines that it lacks.
    """
    done = []
    for name, content in files.items():
        if name == SECRET:
            continue
        path = _path(instance, name)
        make_folder(path.parent)
        if name.startswith("erasures/") and path.exists():
            if _add_lines(path, content):
                done.append(name)
        elif not path.exists():
            write_once(path, content)
            done.append(name)
    return done


def set_anchors_aside(instance: Path, files: Mapping[str, bytes], now: datetime) -> Path | None:
    """Begin the anchors anew where they know of links that the restored chains do not have; return where they lie now.

    They are evidence of what stood there, and would call every chain cut from here on: whoever restores a backup
    gives up what came after it knowingly. Where they know of less than the restored chains, they are given the rest.
    """
    there = instance / "anchors"
    known = {name: content for name, content in files.items() if name.startswith("anchors/")}
    held = {file.relative_to(instance).as_posix(): file.read_bytes() for file in there.glob("*.jsonl")}
    if all(known.get(name, b"").startswith(content) for name, content in held.items()):
        for name, content in known.items():
            _complete(_path(instance, name), content)
        return None
    aside = there.with_name(f"anchors-before-restore-{now:%Y-%m-%dT%H%M%S}-{secrets.token_hex(2)}")
    there.rename(aside)
    put_files_back(instance, known)
    return aside


def put_keys_back(settings: Settings, files: Mapping[str, bytes]) -> None:
    """Let the keys that came with a backup be read here: its rows may be sealed under any of them."""
    missing = [key for key in known_keys(settings, files) if key not in SecretKeys.of(settings).all]
    for key in reversed(missing):
        keep_other(settings.instance, key)


def put_secret_back(settings: Settings, content: bytes) -> bool:
    """Make the secret of the backup the one in the instance's file; say whether another one was set aside for it."""
    file = settings.instance / SECRET
    held = file.read_bytes().strip() if file.exists() else None
    if held == content:
        return False
    if held is not None:
        file.replace(file.with_name(f"{SECRET}-before-restore-{secrets.token_hex(4)}"))
    write_once(file, content + b"\n")
    return True


def put_names_back(settings: Settings, files: Mapping[str, bytes], *, is_empty: bool, is_own: bool) -> str:
    """Let phones and links in mails know their patients as at the time of the backup; return what to tell about that.

    Where somebody is in the database here, the key that they are known by stays.
    """
    came = files.get(f"keys/{NAMES}")
    if not is_empty:
        return OTHER_NAMES if has_other_names_key(settings, came) else ""
    if came is None and is_own:
        return ""
    aside = put_names_key_back(settings, came)
    return NAMES_ASIDE.format(aside) if aside else ""


def _until(content: bytes, position: int) -> bytes:
    """Return the anchors up to a link of the chain."""
    lines = content.splitlines(keepends=True)
    return b"".join(line for line in lines if _position_in(line) <= position)


def _position_in(line: bytes) -> int:
    """Return the link that an anchor is of; a line that cannot be read goes along as it stands."""
    with suppress(ValueError, TypeError, KeyError):
        return int(json.loads(line)["position"])
    return 0


def _add_lines(path: Path, content: bytes) -> bool:
    """Add the tombstones that a file lacks: who was erased stays erased, whichever copy knows it."""
    with opened_alone(path) as file:
        there = set(whole(file).split(b"\n"))
        missing = [line for line in content.split(b"\n")[:-1] if line not in there]
        for line in missing:
            append(file, line)
    sync_folder(path.parent)
    return bool(missing)


def _complete(path: Path, content: bytes) -> None:
    """Add the anchors that a file lacks behind those that it has; what is not their beginning stays as it is."""
    with opened_alone(path) as file:
        held = whole(file)
        if content.startswith(held):
            for line in content[held.rfind(b"\n") + 1 :].split(b"\n")[:-1]:
                append(file, line)
    sync_folder(path.parent)


def _path(instance: Path, name: str) -> Path:
    """Return where a file belongs, never outside the folders that a backup may fill."""
    path = instance / name
    folder = name.partition("/")[0]
    if folder not in FOLDERS or ".." in Path(name).parts or os.path.isabs(name):  # noqa: PTH117
        raise FilesUnfit(f"The backup names a file where none belongs: {name!r}.")
    return path
