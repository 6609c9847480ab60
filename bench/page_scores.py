"""What Lighthouse makes of a patient's pages: `script/lighthouse`, which installs it.

Its own defaults: a mid-range phone, slow 4G (150 ms, 1.6 Mbps) and a processor four times slower, in a fresh browser
each time. Printed are medians; a page that falls below `WANTED` in one of the three scores fails the command.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import click

from bench.demo_clinic import DemoClinic, demo_clinic, header_of

LIGHTHOUSE: Final = Path(__file__).parent / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
PAGES: Final = ("/sign-in", "/today", "/diary", "/courses", "/me")
SIGNED_OUT: Final = ("/sign-in",)
SCORES: Final = ("performance", "accessibility", "best-practices")
WANTED: Final = 100
TIMES: Final = {
    "LCP ms": "largest-contentful-paint",
    "TBT ms": "total-blocking-time",
    "CLS": "cumulative-layout-shift",
    "bytes": "total-byte-weight",
}
LARGEST_PAINT: Final = 1200
"""Milliseconds that screens.md allows; said, not judged."""
BROWSER: Final = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"


@click.command()
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Runs a page; medians are printed.")
@click.option("--page", "pages", multiple=True, help="An address instead of all of them; may be given several times.")
def bench(runs: int, pages: tuple[str, ...]) -> None:
    """Print scores, paints and bytes of a patient's pages, and fail when a score is below 100."""
    columns = [*SCORES, *TIMES]
    click.echo(f"{'page':<12}" + "".join(f"{name:>16}" for name in columns))
    faults: list[str] = []
    with demo_clinic() as clinic, tempfile.TemporaryDirectory() as folder:
        for page in pages or PAGES:
            reports = [look_at(clinic, page, Path(folder)) for _run in range(runs)]
            figures = {name: median(figures_of(one)[name] for one in reports) for name in columns}
            click.echo(f"{page:<12}" + "".join(f"{told(name, figures[name]):>16}" for name in columns))
            low = [name for name in SCORES if figures[name] < WANTED]
            faults += [f"{page}: {name} is {figures[name]:.0f}: {'; '.join(reasons(reports, name))}" for name in low]
            if figures["LCP ms"] > LARGEST_PAINT:
                click.echo(f"{'':<12}the largest paint comes later than {LARGEST_PAINT} ms")
    click.echo("\n".join(faults) or f"Every score is {WANTED}.")
    sys.exit(1 if faults else 0)


def look_at(clinic: DemoClinic, page: str, folder: Path) -> dict[str, Any]:
    """Return Lighthouse's report of a page, opened in a browser without a past."""
    headers, report = folder / "headers.json", folder / "report.json"
    signed_in = {} if page in SIGNED_OUT else {"Cookie": header_of(clinic.cookies())}
    headers.write_text(json.dumps(signed_in), encoding="utf-8")
    command = ["node", str(LIGHTHOUSE), clinic.address + page, "--quiet", "--no-enable-error-reporting"]
    command += ["--output=json", f"--output-path={report}", f"--only-categories={','.join(SCORES)}"]
    command += [f"--extra-headers={headers}", f"--chrome-flags={BROWSER}"]
    environment = os.environ | {"CHROME_PATH": os.environ.get("CHROMIUM", "/usr/bin/chromium")}
    subprocess.run(command, env=environment, check=True, stdin=subprocess.DEVNULL)
    found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
    reached = found["finalDisplayedUrl"]
    if found.get("runtimeError") or not reached.endswith(page):
        raise RuntimeError(f"{page} was not looked at: {found.get('runtimeError') or f'it led to {reached}'}")
    return found


def figures_of(report: dict[str, Any]) -> dict[str, float]:
    """Return scores out of 100 and the plain measures."""
    scores = {name: 100 * (report["categories"][name]["score"] or 0) for name in SCORES}
    return scores | {name: report["audits"][audit]["numericValue"] for name, audit in TIMES.items()}


def reasons(reports: list[dict[str, Any]], category: str) -> list[str]:
    """Return the titles of what cost points in any run."""
    return sorted({title for report in reports for title in titles(report, category)})


def titles(report: dict[str, Any], category: str) -> Iterator[str]:
    """Give the titles of the audits that count in `category` and are not perfect."""
    for reference in report["categories"][category]["auditRefs"]:
        audit = report["audits"][reference["id"]]
        if reference["weight"] and audit["score"] is not None and audit["score"] < 0.995:
            said = audit.get("displayValue") or ""
            nodes = [item.get("node", {}).get("selector", "") for item in audit.get("details", {}).get("items", [])]
            yield " ".join(filter(None, [audit["title"], said, *nodes[:3]]))


def told(name: str, figure: float) -> str:
    """Write a figure as the table shows it."""
    return f"{figure:.3f}" if name == "CLS" else f"{figure:,.0f}"


if __name__ == "__main__":
    bench()
