"""Commands: `flask --app wsgi diary …`. Exit 0, 1 refused with the reason on stderr, 2 usage."""

from flask import Flask
from flask.cli import AppGroup

from diary.cli import backtest, clinics, cohort, decisions, erasures, mail, serve, studies

diary_commands = AppGroup("diary", help="Operate this installation of Ebb.")
COMMANDS = (
    *serve.COMMANDS,
    *clinics.COMMANDS,
    *mail.COMMANDS,
    *studies.COMMANDS,
    *cohort.COMMANDS,
    *backtest.COMMANDS,
    *decisions.COMMANDS,
    *erasures.COMMANDS,
)
for command in COMMANDS:
    diary_commands.add_command(command)


def register(app: Flask) -> None:
    """Give `app` its commands."""
    app.cli.add_command(diary_commands)
