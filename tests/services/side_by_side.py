"""Several people at once: each act in a thread and an application context of its own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Barrier
from typing import Any

from flask import Flask

PATIENCE = 60
"""Seconds after which a test that waits for ever fails instead."""


def side_by_side(app: Flask, acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all `acts` at the same moment and return, in their order, what each returned or raised."""
    start = Barrier(len(acts), timeout=PATIENCE)

    def do(act: Callable[[], Any]) -> Any:
        with app.app_context():
            start.wait()
            try:
                return act()
            except Exception as refusal:  # noqa: BLE001 (handed back to the test, which says what it expects)
                return refusal

    with ThreadPoolExecutor(len(acts)) as threads:
        begun = [threads.submit(copy_context().run, do, act) for act in acts]  # each behind the wall that stands here
        return [one.result(PATIENCE) for one in begun]
