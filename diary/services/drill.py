"""The restore drill: a backup put back beside the database and held against it, with nothing left behind."""

import time
from dataclasses import dataclass
from pathlib import Path

from diary.beside import elsewhere, reading, still_copy
from diary.errors import DiaryError
from diary.security.anchor_files import PURPOSE, AnchorFiles
from diary.security.erasure_files import ErasureFiles
from diary.security.sealed_lines import forgotten_line_keys
from diary.services.backup_files import known_keys, put_files_back
from diary.services.backup_stream import Summary
from diary.services.backups import private_key, scratch_place
from diary.services.chains import verify_chains
from diary.services.comparing import Compared, compare_facts
from diary.services.rebuilding import rebuild
from diary.settings import Settings


class DrillFailed(DiaryError):
    """A backup that is not what it should be; the message says in which way."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What the drill found: the backup, its facts against those of today, its audit chains, and how long it took."""

    summary: Summary
    compared: Compared
    chains: int
    links: int
    anchors: int
    seconds: float


def drill(settings: Settings, backup: Path, *, key_file: Path | None = None) -> Drilled:
    """Restore `backup` into a scratch place, compare it, verify its audit, and take the scratch place away.

    Raises:
        BackupBroken: a byte of it was changed.
        NotTheSame: a table that was put back has another digest than the backup says.
        ChainBroken: the audit in it does not hold; AnchorsBroken: it does not agree with its anchors.
    """
    begun, key = time.monotonic(), private_key(settings, key_file)
    with scratch_place(settings) as scratch:
        rebuilt = rebuild(backup, key, scratch)
        put_files_back(scratch, rebuilt.files)
        with elsewhere(rebuilt.url, instance=scratch, secret_key=rebuilt.secret_key) as _app:
            held = list(verify_chains(_anchors(settings, scratch, known_keys(settings, rebuilt.files))))
        with reading(rebuilt.file) as before, still_copy(scratch) as now:
            compared = compare_facts(before, now, ErasureFiles.of(settings).read())
    return Drilled(
        rebuilt.summary,
        compared,
        chains=len(held),
        links=sum(chain.links for chain in held),
        anchors=sum(len(chain.anchors) for chain in held),
        seconds=time.monotonic() - begun,
    )


def _anchors(settings: Settings, put_back: Path, keys: tuple[str, ...]) -> AnchorFiles:
    """Return the anchors that came with the backup: keys in use before and since prove them too."""
    folders = (put_back / "keys", settings.instance / "keys")
    forgotten = [key for folder in folders for key in forgotten_line_keys(folder, PURPOSE)]
    return AnchorFiles(put_back / "anchors", *keys, forgotten=forgotten)
