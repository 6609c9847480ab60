"""The command that measures the rules and the forecast on simulated diaries."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from flask.cli import with_appcontext

from diary.cli.group import refusals_exit_1
from diary.clinical.courses import Course
from diary.errors import DiaryError
from diary.exchange.study import read_study
from diary.installation import installation
from diary.settings import ROOT

if TYPE_CHECKING:
    from diary.validation.measuring import Sizes
    from diary.validation.sham import RealDiaries
    from diary.validation.workers import Progress

PAGE: Final = ROOT / "docs" / "validation.md"
BUT_THE_PAGE: Final = ":!docs/validation.md"
STEPS: Final = 1000


class NamedFolder(click.ParamType[tuple[str, Path]]):
    """A folder with the name of what lies in it."""

    name = "NAME=FOLDER"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path]:
        """Read it, or say what is wrong."""
        name, is_there, folder = str(value).partition("=")
        if not (name and is_there and folder):
            self.fail(
                f"{value!r} has no name: write NAME=FOLDER, with the name of the diaries in the folder.", param, ctx
            )
        return name, Path(folder)


@click.command("backtest")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="Where the chance starts.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=os.cpu_count() or 1,
    show_default=True,
    help="How many share the work.",
)
@click.option("--quick", is_flag=True, help="So little that the figures say nothing: to see that everything runs.")
@click.option(
    "--write/--no-write",
    "writes",
    default=None,
    help="Write docs/validation.md.  [default: in a checkout, unless --quick]",
)
@click.option(
    "--real", "folders", type=NamedFolder(), multiple=True, help="Real diaries without infusions, as a study."
)
@click.option("--calibrate", "only_calibrates", is_flag=True, help="Only print a calibration and what it would change.")
@with_appcontext
@refusals_exit_1
def backtest(
    seed: int,
    processes: int,
    quick: bool,
    writes: bool | None,
    folders: tuple[tuple[str, Path], ...],
    only_calibrates: bool,
) -> None:
    """Measure rules and forecast on simulated diaries, and print what they reach beside what they must reach."""
    # Numerical packages are loaded by this command alone, so that a server stays small.
    from diary.validation.measuring import FULL, QUICK  # noqa: PLC0415

    run = Asked(QUICK if quick else FULL, seed, processes)
    if only_calibrates:
        print_calibration(run)
        return
    if writes is None:
        writes = not quick and (ROOT / ".git").exists()
    print_backtest(run, [real_diaries(name, folder) for name, folder in folders], PAGE if writes else None)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for."""

    sizes: "Sizes"
    seed: int
    processes: int


def print_calibration(asked: Asked) -> None:
    """Print the ranks of a calibration on finished courses, and what it would change on a third cohort."""
    from diary.validation.calibrating import learnt  # noqa: PLC0415
    from diary.validation.measuring import measure_cohorts  # noqa: PLC0415
    from diary.validation.report import aligned, calibration_grid  # noqa: PLC0415

    with told_progress() as progress:
        cohorts = measure_cohorts(asked.sizes, seed=asked.seed, processes=asked.processes, progress=progress)
    found = learnt(cohorts.known.standings)
    click.echo(f"ranks of {found.courses} finished courses: {', '.join(f'{rank:.3f}' for rank in found.ranks)}")
    click.echo(aligned(calibration_grid(cohorts)))


def print_backtest(asked: Asked, real: Sequence["RealDiaries"], page: Path | None) -> None:
    """Measure, print the figures with a target, and write the `page` with all of them."""
    from diary.validation.measuring import measure  # noqa: PLC0415
    from diary.validation.page import Run, page_of  # noqa: PLC0415
    from diary.validation.report import aligned, report_of  # noqa: PLC0415

    start = time.perf_counter()
    with told_progress() as progress:
        measured = measure(asked.sizes, seed=asked.seed, processes=asked.processes, progress=progress)
    report = report_of(measured, real)
    click.echo(aligned(report.table))
    click.echo(report.summary)
    if page is None:
        return
    run = Run(
        commit=commit(),
        day=installation().clock().date(),
        seed=asked.seed,
        sizes=asked.sizes,
        seconds=time.perf_counter() - start,
        processes=asked.processes,
        real=[study.name for study in real],
    )
    page.write_text(page_of(report, run), encoding="utf-8")
    click.echo(f"Written to {page.relative_to(ROOT)}.")


@contextmanager
def told_progress() -> Iterator["Progress"]:
    """Show on stderr how much of the work is done."""
    with click.progressbar(length=STEPS, label="Measuring", file=sys.stderr) as bar:
        try:
            yield lambda share: bar.update(round(STEPS * share) - bar.pos)
        except BrokenExecutor as broken:
            raise DiaryError(
                "A process of the backtest was ended from outside: nothing is written, run it again."
            ) from broken


def real_diaries(name: str, folder: Path) -> "RealDiaries":
    """Read the diaries of a study; every score counts, whenever it was written."""
    from diary.validation.sham import RealDiaries  # noqa: PLC0415

    study = read_study(folder)
    diaries: dict[str, dict[int, int]] = {patient.reference: {} for patient in study.patients}
    courses: dict[str, list[Course]] = {reference: [] for reference in diaries}
    for score in study.scores():
        diaries[score.patient][score.day.toordinal()] = score.score
    for given in sorted(study.courses, key=lambda one: one.first_day):
        courses[given.patient].append(Course(given.medicines, given.first_day, given.last_day))
    return RealDiaries(name, list(diaries.values()), list(courses.values()))


def commit() -> str:
    """Return the commit of the checkout and whether there are changes beside it; empty outside a checkout."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return ""
    head = _git(git, "rev-parse", "--short", "HEAD")
    return (
        f"{head}, with uncommitted changes" if head and _git(git, "status", "--porcelain", ".", BUT_THE_PAGE) else head
    )


def _git(git: str, *words: str) -> str:
    asked = subprocess.run([git, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return asked.stdout.strip()


COMMANDS: Final = (backtest,)
