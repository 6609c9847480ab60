"""Files that are written anew, whole or not at all, and of which a full disk leaves no half behind."""

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from diary.security.sealed_lines import sync_folder

NO_SUCH_SYNC: Final = (errno.EINVAL, errno.ENOTSUP)
"""What file systems say that cannot put a folder on the disk by itself."""


def write_anew(file: Path, content: bytes) -> None:
    """Let `content` be what stands in a file that its owner alone reads; it is on the disk when this returns.

    Raises:
        OSError: it could not be written; what stood there still does.
    """
    draft = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
    sync_names(file.parent)


def sync_names(folder: Path) -> None:
    """Put the names in a folder on the disk, where the file system can."""
    try:
        sync_folder(folder)
    except OSError as refused:
        if refused.errno not in NO_SUCH_SYNC:
            raise
