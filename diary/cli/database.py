"""Commands on the database itself."""

from typing import Final

import click
from flask.cli import AppGroup

from diary.cli.group import refusals_exit_1
from diary.db import db
from diary.migrations.distribution import statements_of_distribution
from diary.schema import distribute_tables, give_rights_to

database = AppGroup("database", help="The database itself.")


@database.command("rights")
@click.argument("role")
@refusals_exit_1
def rights(role: str) -> None:
    """Let ROLE of PostgreSQL serve: it may do what pages and jobs do, and cannot change the tables.

    Run it with the address of the role that owns the tables, again after each update.
    """
    give_rights_to(role)
    click.echo(f"{role} may serve. Put it into DIARY_DATABASE_URL of the servers.")


@database.command("distribute")
@click.option("--dry-run", is_flag=True, help="Print the statements and change nothing.")
@refusals_exit_1
def distribute(dry_run: bool) -> None:
    """Lay the empty, migrated tables out over the servers of a Citus, divided by clinic.

    Run it once, with the address of the role that owns the tables; docs/sharding.md has the steps around it.
    """
    here = db.engine.url
    name = here.database if here.get_backend_name() == "postgresql" else None
    statements = statements_of_distribution(name or "ebb") if dry_run else distribute_tables()
    for statement in statements:
        click.echo(f"{statement};")


COMMANDS: Final = (database,)
