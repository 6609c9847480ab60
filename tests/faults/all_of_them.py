"""Every fault by its name, with the sizes of the short form and of the long one; the code is the same."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults import crowds, elsewhere, kills, lines, messages, migrations, several, storage
from tests.faults.figures import Figures, Progress
from tests.faults.served import Ground

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


@dataclass(frozen=True)
class Fault:
    """One fault of the suite.

    Attributes:
        does: makes it happen `tries` times on a ground of its own.
        short, long: tries in `script/test`, and in ten minutes of `script/faults`.
        on: the databases that it is about.
    """

    does: Callable[..., Figures]
    short: int
    long: int
    on: tuple[str, ...] = (SQLITE, POSTGRESQL)


FAULTS: dict[str, Fault] = {
    "kills": Fault(kills.kill_around_commit, 8, 300),
    "parallel": Fault(crowds.post_at_once, 2, 20),
    "offline": Fault(crowds.come_back_after_30_days, 1, 10),
    "clock": Fault(crowds.let_the_clock_jump, 3, 60),
    "answers": Fault(lines.lose_answers, 9, 300),
    "slow-clients": Fault(lines.keep_many_waiting, 150, 1500),
    "disk": Fault(storage.fill_the_disk, 5, 40, (SQLITE,)),
    "locked": Fault(storage.hold_the_database, 1, 4, (SQLITE,)),
    "corrupted": Fault(storage.damage_the_file, 3, 28, (SQLITE,)),
    "migration": Fault(migrations.fail_after_each_statement, 4, 1000),
    "first-start": Fault(migrations.kill_the_first_start, 2, 30, (SQLITE,)),
    "mail": Fault(messages.trouble_the_mail, 2, 16),
    "postgresql": Fault(elsewhere.kill_postgres, 1, 10, (POSTGRESQL,)),
}
MINUTES = 10
"""What the long sizes are made for; `--minutes` makes them smaller or larger."""


@dataclass(frozen=True)
class Round:
    """One fault on one database, or several servers together: what is shown as one line with its progress."""

    name: str
    runs: Callable[[Path, Progress], list[Figures]]


def long_rounds(names: tuple[str, ...], minutes: float, address: Callable[[], str]) -> list[Round]:
    """Return what the long form does; `address` makes a new, empty database of PostgreSQL and returns its address."""
    rounds = []
    for name, fault in FAULTS.items():
        if not names or name in names:
            tries = max(1, round(fault.long * minutes / MINUTES))
            rounds += [Round(f"{name} ({on})", partial(_once, fault, on, tries, address)) for on in fault.on]
    if not names or "servers" in names:
        rounds.append(Round("servers (PostgreSQL)", lambda _folder, progress: several.long_form(progress)))
    return rounds


def _once(
    fault: Fault, on: str, tries: int, address: Callable[[], str], folder: Path, progress: Progress
) -> list[Figures]:
    needs_address = on == POSTGRESQL and fault.does is not elsewhere.kill_postgres
    ground = Ground(folder / "instance", address() if needs_address else "")
    figures = fault.does(ground, tries=tries, progress=progress)
    figures.fault += f" ({on})"
    return [figures]


def names_of_all() -> list[str]:
    """Return the names that the long form knows."""
    return [*FAULTS, "servers"]


def short(name: str, ground: Ground, **more: Any) -> Figures:
    """Do the short form of a fault."""
    return FAULTS[name].does(ground, tries=FAULTS[name].short, **more)
