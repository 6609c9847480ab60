"""The command on groups."""

import json
from datetime import date
from typing import Final

import click
from flask.cli import with_appcontext

from diary.access.identity import OPERATOR
from diary.cli.group import Day, refusals_exit_1
from diary.cli.studies import named_clinic
from diary.clinical.cohort.groups import USUAL_WEEKS, GroupBy
from diary.clinical.cohort.outcome import FURTHEST_WEEK
from diary.exchange.cohort_lines import plain_cohort
from diary.services.cohort import cohort_as_of


@click.command("cohort")
@click.option("--as-of", "day", type=Day(), required=True, help="As if nothing after this day had been written.")
@click.option(
    "--by", type=click.Choice([one.value for one in GroupBy]), required=True, help="What makes a group of patients."
)
@click.option("--compare", "compared", metavar="A B", nargs=2, help="Test two groups against each other.")
@click.option(
    "--weeks",
    type=click.IntRange(1, FURTHEST_WEEK),
    default=USUAL_WEEKS,
    show_default=True,
    help="Last week after the course.",
)
@named_clinic
@with_appcontext
@refusals_exit_1
def print_cohort(day: date, by: str, compared: tuple[str, str] | None, weeks: int, clinic: str | None) -> None:
    """Print weekly means, responders, tests and days of relief of the groups of a clinic as one JSON object."""
    found = cohort_as_of(OPERATOR, day, clinic=clinic, by=GroupBy(by), compared=compared, weeks=weeks)
    click.echo(json.dumps(plain_cohort(found, day), ensure_ascii=False))


COMMANDS: Final = (print_cohort,)
