"""How long verdicts take: `python -m bench.verdicts`.

One core. The floor is one walk over the same diary that only adds up the scores of each week.
"""

import time
from datetime import timedelta
from functools import partial
from typing import Final

import click

from bench.diaries import TODAY, Made, made, timed
from diary.clinical.circumstances import Circumstances
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import Revision, live_scores
from diary.clinical.verdict import Verdict, judge

LENGTHS: Final = (100, 365, 400, 1000, 3650)
KNOWN: Final = Circumstances(
    liver_tests=(TODAY - timedelta(days=40),),
    wearing_off_since=TODAY - timedelta(days=2),
    intercurrent_event=TODAY - timedelta(days=5),
    co_treatment_changed=TODAY - timedelta(days=9),
    high_scores=TODAY - timedelta(days=1),
)
DIFFERENT: Final = 250
"""Diaries that are made; more patients than that share them."""


@click.command()
@click.option("--patients", type=click.IntRange(1), default=10_000, show_default=True)
@click.option("--times", type=click.IntRange(1), default=200, show_default=True, help="Runs; the median is printed.")
def bench(patients: int, times: int) -> None:
    """Print the time of one verdict with all marks, of those of PATIENTS, and how it grows with the diary."""
    click.echo(f"one verdict with all marks, median of {times} runs in milliseconds")
    click.echo(
        f"{'days':>6} {'verdict':>9} {'with revisions':>15} {'floor':>8} {'verdict / floor':>16} {'µs a day':>9}"
    )
    for days in LENGTHS:
        diary = made(days, days, t=60)
        revisions = diary.revisions
        verdict, floor = timed(partial(judged, diary), times), timed(partial(walked, diary), times)
        written = timed(partial(from_revisions, diary, revisions), max(times // 4, 5))
        ratio, share = verdict / floor, 1000 * verdict / days
        click.echo(f"{days:>6} {verdict:>9.3f} {written:>15.3f} {floor:>8.3f} {ratio:>16.1f} {share:>9.2f}")
    everyone(patients)


def everyone(patients: int) -> None:
    """Print the time of the verdicts of a whole clinic, 400 days each."""
    diaries = [made(seed, 400) for seed in range(min(patients, DIFFERENT))]
    start = time.perf_counter()
    marks = sum(len(judged(diaries[number % len(diaries)]).marks) for number in range(patients))
    taken = time.perf_counter() - start
    start = time.perf_counter()
    for number in range(patients):
        walked(diaries[number % len(diaries)])
    floor = time.perf_counter() - start
    each = 1000 * taken / patients
    click.echo(
        f"{patients} patients with 400 days each: {taken:.2f} s, {each:.3f} ms each, {marks / patients:.1f} marks"
    )
    click.echo(f"the floor of the same: {floor:.2f} s, ratio {taken / floor:.1f}")


def judged(diary: Made) -> Verdict:
    """Return the verdict, with something recorded for most marks."""
    return judge(diary.scores, diary.courses, TODAY, rules=DEFAULT_RULES, circumstances=KNOWN)


def from_revisions(diary: Made, revisions: list[Revision]) -> Verdict:
    """Return the same verdict from what was written, as it lies in the database."""
    scores = live_scores(revisions, TODAY, DEFAULT_RULES)
    return judge(scores, diary.courses, TODAY, rules=DEFAULT_RULES, circumstances=KNOWN)


def walked(diary: Made) -> int:
    """Add up the scores of every week, which no verdict can do without."""
    counting = {day.toordinal(): one.score for day, one in diary.scores.items() if one.counts}
    week, highest, first, last = 0, 0, min(counting), max(counting)
    for day in range(first, last + 1):
        week += counting.get(day, 0) - counting.get(day - 7, 0)
        highest = max(highest, week)
    return highest


if __name__ == "__main__":
    bench()
