"""The command that moves an installation from SQLite to PostgreSQL."""

import sys
from typing import Final

import click
from flask.cli import with_appcontext

from diary.cli.group import refusals_exit_1
from diary.errors import DiaryError
from diary.installation import installation
from diary.services.move_marks import own_mark
from diary.services.moving_up import give_up, move_to

WIDTH: Final = 30


@click.command("move-to")
@click.argument("url", required=False)
@click.option("--give-up", "gives_up", is_flag=True, help="End a move: the old database is written again.")
@with_appcontext
@refusals_exit_1
def move(url: str | None, gives_up: bool) -> None:
    """Copy everything from SQLite into the empty PostgreSQL database at URL; killed, it goes on where it was."""
    if gives_up:
        mark = own_mark()
        if mark is not None and mark.done:
            click.confirm("The move is done; what was written there since is not here. Go back?", abort=True)
        given_up = give_up()
        click.echo(f"The move to {given_up.where} is given up: this database is served and written again.")
        return
    if not url:
        raise DiaryError("Name the database to move to: postgresql://user:password@host/name.")
    moved = move_to(url, clock=installation().clock, told=_tell, begun=_say_begun)
    click.echo(f"Moved: {moved.rows} rows in {moved.tables} tables; the digest of each is the same on both sides.")
    click.echo("Now set DIARY_DATABASE_URL to that address on every server, and start them again.")
    click.echo("Keep the folder of the instance: keys, anchors, tombstones and backups stay where they are.")


def _say_begun() -> None:
    click.echo("From now on nothing is stored here: pages say so, and phones keep what they have.", err=True)


def _tell(table: str, done: int, total: int) -> None:
    """Draw how far a table is, on a terminal only."""
    if not sys.stderr.isatty() or not total:
        return
    full = WIDTH * done // total
    end = "\n" if done >= total else ""
    click.echo(f"\r{table:<20} [{'#' * full}{'.' * (WIDTH - full)}] {done}/{total}{end}", nl=False, err=True)


COMMANDS: Final = (move,)
