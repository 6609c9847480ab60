"""Commands that prove that nothing was lost: verify, the restore drill, and what backups there are."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext

from diary.cli.backup import THERE, told, with_key
from diary.cli.group import refusals_exit_1
from diary.cli.lost import check_nothing_is_gone
from diary.errors import DiaryError
from diary.installation import installation
from diary.security.backup_key import BackupKey
from diary.services.backups import BackupRefused, check_backup
from diary.services.disk import Room, disk_left
from diary.services.drill import DrillFailed, drill
from diary.services.kept_backups import back_up_where_due, kept_backups, last_backup
from diary.services.restoring import is_database_empty
from diary.services.verifying import verify_everything

UNOPENED: Final = (
    "What was looked at holds; the backups were not opened, since their key is not on this machine. `diary verify FILE"
    " --key KEYFILE` reads one to its end, `diary drill --key KEYFILE` holds the newest against the database."
)
ROOM_WORDS: Final = {Room.ENOUGH: "enough room", Room.LOW: "nearly full", Room.ALMOST_NONE: "almost full"}


@click.command("verify")
@click.argument("file", type=THERE, required=False)
@with_key
@with_appcontext
@refusals_exit_1
def verify(file: Path | None, key_file: Path | None) -> None:
    """Hold everything in the database against digests, audit and the newest backup; or read the backup FILE."""
    settings = installation().settings
    if file:
        click.echo(f"{file}: {told(check_backup(settings, file, key_file=key_file))}. Every byte holds.")
        return
    for sentence in verify_everything(settings):
        click.echo(sentence)
    if kept_backups(settings) and not BackupKey.of(settings).private_file.exists():
        click.echo(UNOPENED)
    else:
        click.echo("Everything holds.")


@click.command("drill")
@click.argument("file", type=THERE, required=False)
@with_key
@with_appcontext
@refusals_exit_1
def restore_drill(file: Path | None, key_file: Path | None) -> None:
    """Restore FILE, or the newest backup, into a scratch place and hold it against the database; nothing stays."""
    settings = installation().settings
    backup = file or _newest()
    found = drill(settings, backup, key_file=key_file)
    click.echo(f"{backup}: {told(found.summary)}.")
    click.echo(f"Every one of {len(found.summary.tables)} tables has the digest that the backup says.")
    click.echo(f"Audit: {found.links} links of {found.chains} clinics hold, {found.anchors} anchors agree.")
    compared = found.compared
    click.echo(
        f"Against the database: {compared.same} facts the same ({compared.entries} entries), {compared.erased} erased"
        f" since, {compared.missing} missing, {compared.changed} changed."
    )
    if not compared.holds:
        raise DrillFailed("; ".join(compared.named))
    click.echo(f"The drill took {found.seconds:.1f} s and left nothing behind.")


@click.command("backups")
@click.option("--now", is_flag=True, help="Make the one that is due first, if it is.")
@with_appcontext
@refusals_exit_1
def backups(now: bool) -> None:
    """List the backups that the installation keeps by itself; exit 1 when there is none yet, or the next is late."""
    made = installation()
    if now:
        back_up_where_due(made.settings, clock=made.clock, longest_wait=timedelta())
    for kept in kept_backups(made.settings):
        click.echo(f"{kept.made_at:%Y-%m-%d %H:%M} UTC  {kept.file.stat().st_size:>12}  {kept.file}")
    last, left = last_backup(made.settings, clock=made.clock), disk_left(made.settings)
    click.echo(f"Disk: {left.free // 1024**2} of {left.total // 1024**2} MB free ({ROOM_WORDS[left.room]}).")
    check_nothing_is_gone()
    if is_database_empty():
        click.echo("The database is empty: backups begin with the first clinic.")
    elif last.made_at is None:
        why = f": {last.trouble}" if last.trouble else ""
        raise DiaryError(f"There was never a good one{why}. `diary backups --now` makes it.")
    elif last.trouble or last.late:
        raise DiaryError(f"The last good one is of {last.made_at}: {last.trouble or 'the next is late'}.")


def _newest() -> Path:
    kept, now = kept_backups(installation().settings), installation().clock()
    if not kept:
        raise BackupRefused("There is no backup yet: name a file, or `diary backups --now` makes one.")
    return next((one.file for one in kept if one.made_at <= now), kept[0].file)  # a wrong clock dates ahead


COMMANDS: Final = (verify, restore_drill, backups)
