"""The command that brings the schema up to date without serving."""

from typing import Final

import click
from flask.cli import with_appcontext

from diary.cli.group import refusals_exit_1
from diary.schema import revision_of_database, standing

WORDS: Final = {
    "up_to_date": "the newest that this version of Ebb knows",
    "ahead": "newer than this version of Ebb, which serves it all the same",
}


@click.command("migrate")
@with_appcontext
@refusals_exit_1
def migrate() -> None:
    """Bring the schema up to date, as every start does before anything else, and say where it stands."""
    click.echo(f"The schema stands at {revision_of_database()}: {WORDS[standing().value]}.")


COMMANDS: Final = (migrate,)
