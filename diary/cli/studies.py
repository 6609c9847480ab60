"""Commands on studies, verdicts and forecasts."""

import json
from datetime import date
from pathlib import Path
from typing import Final

import click
from flask.cli import with_appcontext

from diary.access.identity import OPERATOR
from diary.cli.group import Day, refusals_exit_1
from diary.installation import installation
from diary.services import study, study_export, verdicts
from diary.services.file_seals import look_at_file

FOLDER: Final = click.Path(path_type=Path)
named_clinic = click.option("--clinic", metavar="NAME", help="The clinic, where there are several.")


@click.command("import-study")
@click.argument("folder", type=FOLDER)
@named_clinic
@with_appcontext
@refusals_exit_1
def import_study(folder: Path, clinic: str | None) -> None:
    """Read patients.csv, courses.csv and scores.csv of FOLDER, all or nothing."""
    done = study.import_study(OPERATOR, folder, clinic=clinic, clock=installation().clock)
    look_at_file()
    click.echo(
        f"{done.clinic}: {done.patients} patients added, {done.courses} courses and {done.scores} scores stored, "
        f"{done.unchanged} scores as they were."
    )
    if done.other_zones:
        click.echo(f"{done.other_zones} patients live by time zones that staff entered: left as they are.")


@click.command("export-study")
@click.argument("folder", type=FOLDER)
@named_clinic
@with_appcontext
@refusals_exit_1
def export_study(folder: Path, clinic: str | None) -> None:
    """Write the same three files into FOLDER."""
    patients = study_export.export_study(OPERATOR, folder, clinic=clinic, clock=installation().clock)
    click.echo(f"{patients} patients written to {folder}.")


@click.command("verdicts")
@click.option("--as-of", "day", type=Day(), required=True, help="As if nothing after this day had been written.")
@named_clinic
@with_appcontext
@refusals_exit_1
def print_verdicts(day: date, clinic: str | None) -> None:
    """Print the verdict of each patient, one JSON object a line, ordered by reference."""
    for verdict in verdicts.verdicts_as_of(OPERATOR, day, clinic=clinic):
        click.echo(json.dumps(verdict, ensure_ascii=False))


@click.command("forecast")
@click.option("--as-of", "day", type=Day(), required=True, help="As if nothing after this day had been written.")
@named_clinic
@with_appcontext
@refusals_exit_1
def print_forecasts(day: date, clinic: str | None) -> None:
    """Print the forecast of each patient, one JSON object a line, ordered by reference."""
    for forecast in verdicts.forecasts_as_of(OPERATOR, day, clinic=clinic):
        click.echo(json.dumps(forecast, ensure_ascii=False))


COMMANDS: Final = (import_study, export_study, print_verdicts, print_forecasts)
