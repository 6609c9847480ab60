"""What many tests begin with, made once in each process: every test takes a copy of the installation that was left."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from diary.clock import Clock
from diary.db import db
from diary.installation import installation
from tests.databases import put_copy

Made = TypeVar("Made")


@dataclass(frozen=True)
class Kept(Generic[Made]):
    """The installation that the making left, what it returned, and what the clock showed at the end."""

    instance: Path
    made: Made
    ended_at: datetime

    def put_into_place(self, clock: Any) -> Made:
        """Let the current application stand where the making ended."""
        db.engine.dispose()
        put_copy(self.instance, installation().settings.instance)
        clock.now = self.ended_at
        return self.made


class Make(Protocol[Made]):
    """What makes it, with a clock of its own."""

    def __call__(self, clock: Any, /) -> Made:
        """Make it in the current application."""


class Keep(Protocol):
    """`keep(make)` makes something once, `keep(make, after=…)` on top of what is kept already."""

    def __call__(self, make: Make[Made], *, after: Kept[Any] | None = None) -> Kept[Made]:
        """Make it in an application of its own, and keep it."""


def keep_what_is_there(made: Made, clock: Clock) -> Kept[Made]:
    """Close the files of the current application and keep them."""
    db.engine.dispose()
    return Kept(installation().settings.instance, made, clock())
