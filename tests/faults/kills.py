"""Kills around the commit: the server is killed while an entry is on its way, started again, and asked."""

import random
import sqlite3
import statistics
import threading
import time
from contextlib import closing

from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground

BEFORE, WITHIN, UNANSWERED, ANSWERED = (
    "before it was written", "while it was written", "committed, not answered", "answered",
)  # fmt: skip
MEASURED = 12
"""Entries by which the time of a request is known before the first kill, and at any time after."""
HOT = 8
"""Bytes by which a journal begins that SQLite has to roll back."""


def kill_around_commit(
    ground: Ground, *, tries: int, seed: int = 0, others: int = 2, progress: Progress = unseen
) -> Figures:
    """Kill the server `tries` times, at a random moment of a request that stores an entry; `others` send meanwhile.

    The moments are drawn from the measured time of a request and a little more, so that kills fall before, within and
    after the commit. Every phone sends again what it was not told, and at the end the database is compared with them.
    """
    figures, chance = Figures("server killed around the commit"), random.Random(seed)
    people = settle(ground, patients=1 + others)
    with Forked(ground) as served:
        phones = [Phone(served.address, person) for person in people]
        for phone in phones:
            assert phone.ask() == "open", phone.statuses
        for _ in range(MEASURED):
            phones[0].tap(chance.randrange(11))
            phones[0].send()
        for number in range(tries):
            _kill_once(ground, served, phones, chance, figures)
            progress((number + 1) / tries)
        for phone in phones:
            figures.check(phone.send_until_all_is_told(60), "A phone could not send what waited.")
    _compare(ground, phones, figures)
    return figures


def _kill_once(ground: Ground, served: Forked, phones: list[Phone], chance: random.Random, figures: Figures) -> None:
    """Let every phone send one number, kill the server within that time, and let it come back."""
    usual = statistics.median(phones[0].seconds[-MEASURED:])
    rows = [phone.tap(chance.randrange(11)) for phone in phones]
    threads = [threading.Thread(target=phone.send, daemon=True) for phone in phones]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0, 1.4 * usual))
    served.kill()
    killed = time.monotonic()
    hot = _left_hot(ground)
    for thread in threads:
        thread.join()
    told, there = {one.ref for one in acknowledged(phones)}, None if hot else _refs(ground)
    served.start()
    there = there or _refs(ground)
    figures.tries += 1
    for row in rows:
        figures.phases[_phase(row.ref, told, there, hot)] += 1
    figures.check(phones[0].send_until_all_is_told(30, wait=lambda _tries: 0.01), "Nothing could be sent again.")
    figures.recovered_in(time.monotonic() - killed)
    for phone in phones[1:]:
        phone.send()


def _phase(ref: str, told: set[str], there: set[str], hot: bool) -> str:
    if ref in told:
        return ANSWERED
    if ref in there:
        return UNANSWERED
    return WITHIN if hot else BEFORE


def _left_hot(ground: Ground) -> bool:
    """Say whether the kill left a journal behind that has to be rolled back."""
    journal = ground.file.with_name(f"{ground.file.name}-journal")
    try:
        return not ground.database_url and journal.read_bytes()[:HOT].strip(b"\0") != b""
    except FileNotFoundError:
        return False


def _refs(ground: Ground) -> set[str]:
    return {row.ref for row in rows_of(ground.url)}


def _compare(ground: Ground, phones: list[Phone], figures: Figures) -> None:
    """Compare number by number, and let the database and the chain of its audit be checked."""
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    if not ground.database_url:
        with closing(sqlite3.connect(ground.file)) as connection:
            (said,) = connection.execute("PRAGMA integrity_check").fetchone()
        figures.check(said == "ok", f"SQLite finds in its file: {said}")
    verified = ground.command("audit", "verify")
    figures.check(verified.returncode == 0, f"The audit chain does not hold: {verified.stdout}{verified.stderr}")
