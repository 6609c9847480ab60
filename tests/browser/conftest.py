"""One browser and one demo clinic for all tests; each file of tests gets its own copy of the database."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.served import FILE, Served, copy_database, make_demo, serving
from tests.browser.visitors import Visitors

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
expect.set_options(timeout=20_000)  # machines are slow at times, and a phone may try twice


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of this machine."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """The file of the demo clinic as it is on its first day, and who signs in there."""
    instance = tmp_path_factory.mktemp("demo") / "instance"
    sign_ins = make_demo(instance)
    return instance / FILE, sign_ins


@pytest.fixture(scope="module")
def served(demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The application on a copy of the demo clinic."""
    file, sign_ins = demo
    instance = tmp_path_factory.mktemp("served") / "instance"
    copy_database(file, instance / FILE)
    with serving(instance, sign_ins) as running:
        yield running


@pytest.fixture
def served_anew(demo, tmp_path: Path) -> Iterator[Served]:
    """The application on a copy of the demo clinic for one test alone: a day is answered once."""
    file, sign_ins = demo
    copy_database(file, tmp_path / "instance" / FILE)
    with serving(tmp_path / "instance", list(sign_ins)) as running:
        yield running


@pytest.fixture
def visitors(browser: Browser, served: Served) -> Iterator[Visitors]:
    """People who come to the served clinic; a complaint of a page that no test expects fails the test."""
    coming = Visitors(browser, served)
    yield coming
    coming.leave()
    assert not coming.unexpected, "\n".join(coming.unexpected)
