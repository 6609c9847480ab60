"""The long form of the fault suite: `script/faults [--minutes N] [NAME …]`; exit 1 when a promise did not hold."""

import sys
import tempfile
import time
import traceback
from itertools import count
from pathlib import Path

import click

from tests.faults.all_of_them import MINUTES, Round, long_rounds, names_of_all
from tests.faults.figures import Figures, Progress
from tests.postgres.cluster import Cluster

WIDTH = 30
HEAD = ("fault", "tries", "acknowledged", "lost", "doubled", "worst time to recover")


@click.command()
@click.option("--minutes", type=click.FloatRange(0.1, 600), default=MINUTES, show_default=True, help="Sizes for it.")
@click.argument("names", nargs=-1, type=click.Choice(names_of_all()))
def faults(minutes: float, names: tuple[str, ...]) -> None:
    """Let every fault happen, or those that are named, and print what became of what was acknowledged."""
    began, all_figures, number = time.monotonic(), [], count()
    with Cluster() as cluster:
        rounds = long_rounds(names, minutes, lambda: cluster.create_database(f"faults_{next(number)}"))
        for place, one in enumerate(rounds, start=1):
            all_figures += run(one, f"{place}/{len(rounds)} {one.name}")
    tell(all_figures)
    click.echo(f"{len(rounds)} rounds in {(time.monotonic() - began) / 60:.1f} minutes.")
    sys.exit(0 if all(figures.is_well for figures in all_figures) else 1)


def run(one: Round, title: str) -> list[Figures]:
    """Do one round in a folder of its own; one that breaks off has not held."""
    with tempfile.TemporaryDirectory(prefix="ebb-faults-") as folder:
        try:
            return one.runs(Path(folder), bar(title))
        except Exception:  # noqa: BLE001 (the others go on; the table says that this one broke)
            return [Figures(one.name, wrong=[traceback.format_exc()])]
        finally:
            click.echo(f"\r{title}: done{' ' * (WIDTH + 10)}" if sys.stderr.isatty() else f"{title}: done", err=True)


def bar(title: str) -> Progress:
    """Return what shows how much is done, on a terminal."""

    def show(done: float) -> None:
        if sys.stderr.isatty():
            full = round(done * WIDTH)
            click.echo(f"\r{title} [{'#' * full}{'.' * (WIDTH - full)}] {done:4.0%}", nl=False, err=True)

    show(0.0)
    return show


def tell(all_figures: list[Figures]) -> None:
    """Print the table, where the tries landed, and what did not hold."""
    lines = [HEAD, *(cells(figures) for figures in all_figures)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    rule = ["-" * width for width in widths]
    for line in (lines[0], rule, *lines[1:]):
        click.echo("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |")
    for figures in all_figures:
        if figures.phases:
            where = ", ".join(f"{times} {phase}" for phase, times in figures.phases.most_common())
            click.echo(f"{figures.fault}: {where}.")
    for figures in all_figures:
        for wrong in figures.wrong:
            click.echo(f"NOT HELD, {figures.fault}: {wrong}")


def cells(figures: Figures) -> tuple[str, ...]:
    """Return a line of the table."""
    numbers = (figures.tries, figures.acknowledged, figures.lost, figures.doubled)
    return (figures.fault, *map(str, numbers), f"{figures.worst:.1f} s")


if __name__ == "__main__":
    faults()
