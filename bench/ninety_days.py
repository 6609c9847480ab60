"""Ninety days of a patient made of rules, on two phones with a bad network: `python -m bench.ninety_days`.

Every number that a page said was saved is looked for in the database afterwards, entry by entry; days, scores,
lateness and what counts come from a small model of its own. The seed that is printed gives the same days again.
"""

import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import click
from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser.scripted_patient import KINDS, Handheld, ScriptedPatient, faults_of, two_phones
from tests.browser.served import FILE, copy_database, make_demo, serving

CHROMIUM: Final = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS: Final = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@click.command()
@click.option("--days", type=click.IntRange(1), default=90, show_default=True)
@click.option("--seed", "seeds", type=int, multiple=True, help="May be given several times; one by chance without it.")
@click.option("--online", is_flag=True, help="Leave out every day without a network.")
def bench(days: int, seeds: tuple[int, ...], *, online: bool) -> None:
    """Live through DAYS with each seed and print what the database and the patient do not agree about."""
    chosen = seeds or (random.SystemRandom().randrange(10_000),)
    disagreements = 0
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        sign_ins = make_demo(Path(folder) / "demo")
        for seed in chosen:
            instance = Path(folder) / str(seed)
            copy_database(Path(folder) / "demo" / FILE, instance / FILE)
            disagreements += lived(browser, instance, sign_ins, seed, kinds_of(days, seed, online=online))
        browser.close()
    sys.exit(1 if disagreements else 0)


def kinds_of(days: int, seed: int, *, online: bool) -> list[str]:
    """Choose what kind of day each is."""
    offline = {"without a line", "while nobody answers", "the answer is lost", "on both phones", "taken back unsent"}
    left_out = offline | {"reloaded and killed", "after midnight"} if online else set()
    weights = {kind: weight for kind, weight in KINDS.items() if kind not in left_out}
    chance = random.Random(seed)  # noqa: S311 (made-up days need no secrecy)
    return chance.choices(list(weights), list(weights.values()), k=days)


def lived(browser: Browser, instance: Path, sign_ins: list[dict[str, object]], seed: int, kinds: list[str]) -> int:
    """Live through days of these kinds, print what came of them, and return the number of disagreements."""
    start, number = time.monotonic(), 0
    with serving(instance, sign_ins) as served, two_phones(browser, served) as phones:
        patient = ScriptedPatient(served, phones, seed)
        faults: list[str] = []
        try:
            for kind in kinds:
                patient.live_through(kind)
            patient.come_home()
        except (AssertionError, Error) as stuck:
            faults.append(f"{patient.story[-1]}: the patient could not go on: {str(stuck).splitlines()[0]}")
            faults += [f"a phone at {phone.page.url} says: {said_by(phone)}" for phone in phones]
        faults += faults_of(served, patient.model)
        number = len(faults)
        told = [one for one in patient.model.told if one.score is not None]
    click.echo(f"seed {seed}: {len(patient.story)} of {len(kinds)} days in {time.monotonic() - start:.0f} s, ")
    click.echo("  " + ", ".join(f"{count} {kind}" for kind, count in Counter(kinds).most_common()))
    click.echo(f"  {len(told)} numbers were told to be saved, {number} disagreements")
    for fault in faults:
        click.echo(f"  {fault}")
    return number


def said_by(phone: Handheld) -> str:
    """Return the first words of the page that a phone shows."""
    return " ".join(phone.page.locator("body").inner_text().split())[:200]


if __name__ == "__main__":
    bench()
