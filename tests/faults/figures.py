"""What a fault came to: the same figures from the short form and from the long one."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.phones import Compared

Progress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


def unseen(_done: float) -> None:
    """Show no progress."""


@dataclass
class Figures:
    """Tries of one fault, and what became of what was acknowledged.

    Attributes:
        fault: what happened.
        tries: how often.
        acknowledged, lost, doubled: numbers that the server named as stored; and of these, gone or there twice.
        wrong: everything else that did not hold, in words.
        worst: the longest time to recover, in seconds: from the fault, or its end, to the next number stored.
        phases: where the tries landed.
    """

    fault: str
    tries: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: list[str] = field(default_factory=list)
    worst: float = 0.0
    phases: Counter[str] = field(default_factory=Counter)

    @property
    def is_well(self) -> bool:
        """Say whether every promise held."""
        return not (self.lost or self.doubled or self.wrong)

    def recovered_in(self, seconds: float) -> None:
        """Note a time to recover."""
        self.worst = max(self.worst, seconds)

    def check(self, holds: bool, otherwise: str) -> bool:
        """Note what did not hold."""
        if not holds:
            self.wrong.append(otherwise)
        return holds

    def take(self, compared: Compared) -> None:
        """Note what phones and database do not agree about."""
        self.acknowledged += compared.acknowledged
        self.lost += len(compared.lost)
        self.doubled += len(compared.doubled)
        self.wrong += [f"lost: {one}" for one in compared.lost[:5]] + [f"twice: {one}" for one in compared.doubled[:5]]
        self.wrong += [f"never tapped: {one}" for one in compared.strange[:5]]
