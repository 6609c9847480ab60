"""What lies below fails: the disk is full, somebody holds the database, the file is damaged."""

import random
import resource
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from diary.services.wordings import ITEM_LAST_24_HOURS
from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import DidNotStart, Ground, Served, side_by_side

SMALL_DISK = 64 * 1024 * 1024
LEFT = (0, 512, 4096, 20_000, 100_000)
"""Bytes that are left on the disk when an entry comes: none, less than a page, a page, about what a unit takes."""
PHONES_WAIT = 20.0
HELD_FOR = 14.0
"""Seconds for which another process holds the database: longer than anybody waits for it."""


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """Lay a small file system of its own over a folder, and say whether the system let us."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK},mode=0700", "tmpfs", str(folder)]
    mounted = (
        shutil.which("mount") is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(folder)], capture_output=True, check=False)


def fill_the_disk(ground: Ground, *, tries: int, progress: Progress = unseen) -> Figures:
    """Leave no room, or nearly none, for an entry: it is refused with 503, nothing is torn, and all goes on with room.

    A small file system is laid over the folder of the installation where the system lets us; otherwise the server may
    not make its files any longer, and the phase says so.
    """
    figures = Figures("disk full")
    with small_disk(ground.instance) as mounted:
        (person,) = settle(ground, patients=1)
        with Forked(ground) as served:
            phone = Phone(served.address, person)
            figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
            for number in range(tries):
                full = _no_room if mounted else _no_longer
                with full(ground, served, LEFT[number % len(LEFT)]):
                    phone.tap(number % 11)
                    phone.send()
                    refused = phone.waiting != []
                    figures.phases[
                        f"{'refused' if refused else 'stored'}{'' if mounted else ', file size limited'}"
                    ] += 1
                    figures.check(not phone.statuses[500], f"A full disk is answered with 500: {served.end_said()}")
                    figures.check(served.status("/healthz") == 200, "/healthz is not answered on a full disk.")
                began = time.monotonic()
                figures.check(
                    phone.send_until_all_is_told(30), f"There is room, and it is not served: {phone.statuses}"
                )
                figures.recovered_in(time.monotonic() - began)
                figures.tries += 1
                progress((number + 1) / tries)
            figures.check(phone.statuses[503] > 0, "No entry was refused with 503.")
        _whole(ground, figures)
        figures.take(compare(acknowledged([phone]), rows_of(ground.url), tapped([phone])))
    return figures


@contextmanager
def _no_room(ground: Ground, _served: Served, left: int) -> Iterator[None]:
    """Fill the disk of the installation but for so many bytes."""
    ballast = ground.instance / "ballast"
    with ballast.open("wb", buffering=0) as file:
        piece = b"\0" * 4096
        with suppress(OSError):
            while True:
                file.write(piece)
        file.truncate(max(0, file.tell() - left))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def _no_longer(ground: Ground, served: Served, left: int) -> Iterator[None]:
    """Let the server make no file longer than the database is now, but for so many bytes."""
    most = ground.file.stat().st_size + left - 4096 * 8
    before = resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, before)


def hold_the_database(ground: Ground, *, tries: int, progress: Progress = unseen) -> Figures:
    """Let another process hold the database for longer than anybody waits; more phones send than there are threads.

    Every phone is told 503 and when to come again within the time that it waits; pages and health are still served.
    """
    figures = Figures("database locked")
    people = settle(ground, patients=12)
    with Served(ground) as served:
        phones = [Phone(served.address, person, patience=PHONES_WAIT + 20) for person in people]
        for phone in phones:
            figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
            phone.hang_up()
        for number in range(tries):
            for phone in phones:
                phone.tap(number % 11)
            with closing(sqlite3.connect(ground.file, timeout=30, isolation_level=None)) as other:
                other.execute("BEGIN EXCLUSIVE" if number % 2 else "BEGIN IMMEDIATE")
                waited = side_by_side([_timed(phone.send) for phone in phones])
                other.execute("ROLLBACK")
            released = time.monotonic()
            figures.phases.update(f"{phone.statuses}" for phone in phones if phone.statuses[500])
            longest = max(one for one in waited if isinstance(one, float))
            figures.check(
                longest < PHONES_WAIT,
                f"A phone waited {longest:.0f} s for its answer, and gives up after {PHONES_WAIT:.0f} s.",
            )
            for phone in phones:
                figures.check(not phone.statuses[500], "A locked database is answered with 500.")
                figures.check(phone.send_until_all_is_told(30), f"It is not served again: {phone.statuses}")
            figures.recovered_in(time.monotonic() - released)
            figures.tries += 1
            progress((number + 1) / tries)
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    return figures


def damage_the_file(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Damage the file of the database in every way, and see that it is refused at the start or found by `verify`.

    Nothing may be served as if nothing were: a start that succeeds must be followed by a `verify` that does not. Put
    back as it was, everything is served again.
    """
    figures, chance = Figures("corrupted file"), random.Random(seed)
    people = settle(ground, patients=2)
    with Forked(ground) as served:
        phones = [Phone(served.address, person) for person in people]
        for phone in phones:
            phone.ask()
            for score in range(11):
                phone.tap(score)
            phone.send()
        figures.check(ground.command("audit", "anchor").returncode == 0, "The chain cannot be anchored.")
        served.kill()
        figures.check(ground.command("verify").returncode == 0, "What is whole does not verify.")
        whole = ground.file.read_bytes()
        for number in range(tries):
            how, damage = DAMAGES[number % len(DAMAGES)]
            ground.file.write_bytes(damage(whole, chance))
            _see_it_found(ground, served, how, figures)
            ground.file.write_bytes(whole)
            figures.tries += 1
            progress((number + 1) / tries)
        figures.recovered_in(served.start())
        for phone in phones:
            phone.hang_up()
            phone.tap(5)
            figures.check(phone.send_until_all_is_told(30), "The file that was put back is not served.")
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    return figures


def _see_it_found(ground: Ground, served: Forked, how: str, figures: Figures) -> None:
    """Start on a damaged file, which says what to do where it refuses; else let `verify` find what was damaged."""
    damaged = ground.file.read_bytes()
    try:
        served.start()
    except DidNotStart as refused:
        figures.phases[f"{how}: refused at the start"] += 1
        told = str(refused)
        figures.check("restore" in told, f"{how}: the refusal does not say what to do: {told[-500:]}")
        return
    served.kill()
    ground.file.write_bytes(damaged)
    verified = ground.command("verify")
    figures.phases[f"{how}: {'found by verify' if verified.returncode else 'not found'}"] += 1
    figures.check(verified.returncode != 0, f"{how}: it was served, and verify finds nothing: {verified.stdout}")


def _flipped(whole: bytes, chance: random.Random) -> bytes:
    """Change one bit in the words of an entry, where SQLite itself sees nothing wrong."""
    place = _place_in_an_entry(whole, chance)
    return whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]


def _place_in_an_entry(whole: bytes, chance: random.Random) -> int:
    """Return a byte within the words of an entry: the version of its wording stands in every row."""
    word = ITEM_LAST_24_HOURS.encode()
    places, at = [], whole.find(word)
    while at >= 0:
        places.append(at)
        at = whole.find(word, at + 1)
    return chance.choice(places) + 2


def _page_lost(whole: bytes, chance: random.Random) -> bytes:
    """Write random bytes over the page in which an entry stands."""
    start = _place_in_an_entry(whole, chance) // 4096 * 4096
    return whole[:start] + chance.randbytes(4096) + whole[start + 4096 :]


DAMAGES: tuple[tuple[str, Callable[[bytes, random.Random], bytes]], ...] = (
    ("header zero-filled", lambda whole, _chance: bytes(100) + whole[100:]),
    ("bit flipped in an entry", _flipped),
    ("emptied", lambda _whole, _chance: b""),
    ("first page zero-filled", lambda whole, _chance: bytes(4096) + whole[4096:]),
    ("truncated", lambda whole, chance: whole[: chance.randrange(1, len(whole) - 1)]),
    ("last page missing", lambda whole, _chance: whole[:-4096]),
    ("page of random bytes", _page_lost),
)


def _timed(act: Callable[[], object]) -> Callable[[], float]:
    def timed() -> float:
        began = time.monotonic()
        act()
        return time.monotonic() - began

    return timed


def _whole(ground: Ground, figures: Figures) -> None:
    with closing(sqlite3.connect(ground.file)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    figures.check(said == "ok", f"SQLite finds in its file: {said}")
