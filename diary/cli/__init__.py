"""Commands: `flask --app wsgi diary …`. Exit 0, 1 refused with the reason on stderr, 2 usage."""

from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from diary.cli import (
    backtest,
    backup,
    clinics,
    cohort,
    database,
    decisions,
    erasures,
    keys,
    mail,
    migrating,
    moving_up,
    proving,
    serve,
    studies,
)
from diary.cli.refusing import refusals_told
from diary.wall import whole_house


class Commands(AppGroup):
    """Commands of whoever runs the installation: they stand in the whole house."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with refusals_told(), whole_house():
            return super().invoke(ctx)


diary_commands = Commands("diary", help="Operate this installation of Ebb.")
COMMANDS = (
    *serve.COMMANDS,
    *clinics.COMMANDS,
    *mail.COMMANDS,
    *studies.COMMANDS,
    *cohort.COMMANDS,
    *backtest.COMMANDS,
    *decisions.COMMANDS,
    *erasures.COMMANDS,
    *migrating.COMMANDS,
    *keys.COMMANDS,
    *database.COMMANDS,
    *backup.COMMANDS,
    *proving.COMMANDS,
    *moving_up.COMMANDS,
)
for command in COMMANDS:
    diary_commands.add_command(command)


def register(app: Flask) -> None:
    """Give `app` its commands."""
    app.cli.add_command(diary_commands)
