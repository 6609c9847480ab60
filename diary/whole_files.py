"""Files that are written whole or not at all, and of which a full disk leaves no half behind."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

NO_SUCH_SYNC: Final = (errno.EINVAL, errno.ENOTSUP)
"""What file systems say that cannot put a folder on the disk by itself."""


def write_anew(file: Path, content: bytes) -> None:
    """Let `content` be what stands in a file that its owner alone reads; it is on the disk when this returns.

    Raises:
        OSError: it could not be written; what stood there still does.
    """
    with _draft_of(file, content) as draft:
        draft.replace(file)
    sync_names(file.parent)


def write_once(file: Path, content: bytes) -> None:
    """Put a file there that its owner alone reads, also when two processes do it at once: the first one stays.

    Raises:
        OSError: it could not be written; nothing of it is there.
    """
    with _draft_of(file, content) as draft, suppress(FileExistsError):
        file.hardlink_to(draft)
    sync_names(file.parent)


@contextmanager
def _draft_of(file: Path, content: bytes) -> Iterator[Path]:
    """Write a draft beside a file and put it on the disk; it is gone afterwards."""
    draft = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        yield draft
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def sync_names(folder: Path) -> None:
    """Put the names in a folder on the disk, where the file system can."""
    try:
        sync_folder(folder)
    except OSError as refused:
        if refused.errno not in NO_SUCH_SYNC:
            raise


def sync_folder(folder: Path) -> None:
    """Put the name of a new file on the disk too."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
