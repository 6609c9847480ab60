"""Commands on backups: make one, read one, put one back, and the key that opens them."""

from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup, with_appcontext

from diary.cli.group import refusals_exit_1
from diary.db import db
from diary.errors import DiaryError
from diary.installation import installation
from diary.security.backup_key import BackupKey, id_of, read_key, text_of
from diary.services.backup_stream import Summary
from diary.services.backups import make_backup
from diary.services.file_seals import look_at_file
from diary.services.restoring import damage_told, is_database_empty, restore_backup

A_FILE: Final = click.Path(dir_okay=False, path_type=Path)
THERE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
with_key = click.option("--key", "key_file", type=THERE, help="The private backup key as text, from your safe.")


@click.command("backup")
@click.argument("file", type=A_FILE)
@with_appcontext
@refusals_exit_1
def backup(file: Path) -> None:
    """Write a backup of everything into the new FILE; who writes meanwhile does not notice."""
    made = make_backup(installation().settings, file, clock=installation().clock)
    click.echo(f"{file}: {told(made)}, {file.stat().st_size} bytes.")
    _remind_of_key()


@click.command("restore")
@click.argument("file", type=THERE)
@with_key
@click.option("--replace", is_flag=True, help="Give up what the database holds now.")
@click.option("--yes", is_flag=True, help="Do not ask again.")
@with_appcontext
@refusals_exit_1
def restore(file: Path, key_file: Path | None, replace: bool, yes: bool) -> None:
    """Put the backup FILE in the place of the database: all of it, or nothing."""
    settings = installation().settings
    with damage_told():
        is_given_up = replace and not is_database_empty()
    if is_given_up and not yes:
        where = db.engine.url.render_as_string(hide_password=True)
        click.confirm(f"Everything written into {where} since the backup is given up. Go on?", abort=True)
    done = restore_backup(settings, file, clock=installation().clock, key_file=key_file, replace=replace)
    look_at_file()
    click.echo(f"The backup of {done.made_at:%Y-%m-%d %H:%M} UTC is in place: {done.rows} rows.")
    click.echo(f"{done.erased_again} who were erased since were erased again; {len(done.files)} files put back.")
    click.echo("Everybody signs in again. What was on its way to somebody is not sent again.")
    if done.secret_changed:
        click.echo(
            f"The secret key of the backup is in {settings.instance / 'secret-key'}. Where you set DIARY_SECRET_KEY,"
            " set it to that, before you start: without it second factors and tombstones cannot be read."
        )
    if done.names_told:
        click.echo(done.names_told)
    if done.moved_to:
        click.echo(f"This database had been moved to {done.moved_to}: that is over, and it is written again.")
    if done.anchors_aside:
        click.echo(
            f"Anchors younger than the backup lie in {done.anchors_aside}: keep them as evidence of what was there."
        )
    if key_file:
        _tell_of_key(key_file)
    click.echo("Now: flask --app wsgi diary verify, then start the server.")


backup_key = AppGroup("backup-key", help="The key that opens backups.")


@backup_key.command("make")
@refusals_exit_1
def make_key() -> None:
    """Make the key where there is none; the first backup does so too."""
    key = BackupKey.of(installation().settings)
    was_there = key.public_file.exists()
    click.echo(f"The key {id_of(key.public())} {'was there already' if was_there else 'is made'}.")
    _remind_of_key()


@backup_key.command("show")
@refusals_exit_1
def show_key() -> None:
    """Say which key backups are closed for, and where its halves are."""
    key = BackupKey.of(installation().settings)
    if not key.public_file.exists():
        raise DiaryError("There is no backup key yet: `diary backup-key make` makes it, the first backup too.")
    private = key.private_file if key.private_file.exists() else "not on this machine"
    click.echo(f"key      {id_of(key.public())}\npublic   {key.public_file}\nprivate  {private}")


@backup_key.command("print")
@refusals_exit_1
def print_key() -> None:
    """Print the private key, for the safe: whoever has it and a backup can read everything."""
    key = BackupKey.of(installation().settings)
    key.public()
    click.echo(text_of(key.private()))


def told(summary: Summary) -> str:
    """Say what a backup holds, in figures."""
    head = summary.head
    return (
        f"{summary.rows} rows in {len(summary.tables)} tables and {summary.files} files, schema {head.schema}, made"
        f" {head.made_at:%Y-%m-%d %H:%M} UTC, digest {summary.digest[:16]}"
    )


def _tell_of_key(key_file: Path) -> None:
    """Say for which key backups are closed from now on: one that is in no safe opens them for nobody."""
    key, handed_in = BackupKey.of(installation().settings), id_of(read_key(key_file).public_key())
    closed_for = id_of(key.public())
    if closed_for != handed_in:
        click.echo(
            f"Mind: backups from now on are closed for another key, {closed_for}, which was here before. Either put"
            f" that one into the safe too (`diary backup-key print`); or, to go on with {handed_in}, move"
            f" {key.public_file} and {key.private_file} aside, keep them for the backups made until now, and copy the"
            f" file {key_file} to {key.private_file}."
        )
    elif key.private_file.exists():
        click.echo(
            f"Backups from now on are closed for the same key, {handed_in}. Its private half is in {key.private_file}:"
            " take it off this machine if it belongs into the safe alone."
        )
    else:
        click.echo(f"Backups from now on are closed for the same key, {handed_in}; its private half is not kept here.")


def _remind_of_key() -> None:
    click.echo(
        "Only the backup key opens it: keep a copy in a safe (`diary backup-key print`), away from this machine."
    )


COMMANDS: Final = (backup, restore, backup_key)
