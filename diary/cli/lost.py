"""A database that was lost is told from a new one: anchors and backups outlive it."""

from diary.errors import DiaryError
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services.backups import folder_of
from diary.services.clinics import count_clinics
from diary.services.kept_backups import kept_backups


def check_nothing_is_gone() -> None:
    """Refuse to go on with an empty database where there was a full one: its file was lost, or another one is named.

    Raises:
        DiaryError: anchors or backups of clinics are kept here; the message says what to do.
    """
    if count_clinics():
        return
    settings = installation().settings
    anchors = AnchorFiles.of(settings)
    kept = [anchors.folder] if anchors.clinics() else []
    kept += [folder_of(settings)] if kept_backups(settings) else []
    if kept:
        raise DiaryError(
            f"The database is empty, and {' and '.join(map(str, kept))} {'say' if len(kept) > 1 else 'says'} that"
            " clinics were kept here. Nothing is served: look for the database, or restore the newest backup"
            f" (docs/backup.md). To begin anew, move {'those folders' if len(kept) > 1 else 'that folder'} away."
        )
