"""Commands: `flask --app wsgi diary …`. Exit 0, 1 refused with the reason on stderr, 2 usage."""

from flask import Flask
from flask.cli import AppGroup

from diary.cli import backtest, clinics, cohort, serve, studies

diary_commands = AppGroup("diary", help="Operate this installation of Ebb.")
for command in (*serve.COMMANDS, *clinics.COMMANDS, *studies.COMMANDS, *cohort.COMMANDS, *backtest.COMMANDS):
    diary_commands.add_command(command)


def register(app: Flask) -> None:
    """Give `app` its commands."""
    app.cli.add_command(diary_commands)
