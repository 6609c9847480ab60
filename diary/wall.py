"""The second wall: whose rows a unit of work may touch, said before it opens; nothing said means nothing to be seen.

On PostgreSQL the rows of other clinics are not there for the unit, whatever its statements ask for. On SQLite only
that something was said is checked.
"""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

EVERYTHING: Final = "*"


@dataclass(frozen=True, slots=True)
class Wall:
    """Whose rows a unit may touch, and which row it holds from its first statement on.

    Attributes:
        clinic_ids: the clinics, or None for the whole house.
        staff_of: units of staff of this clinic come one after another.
        patient: units of this patient, by clinic and id, come one after another.
    """

    clinic_ids: frozenset[uuid.UUID] | None = frozenset()
    staff_of: uuid.UUID | None = None
    patient: tuple[uuid.UUID, uuid.UUID] | None = None

    @property
    def written(self) -> str:
        """The wall as the database reads it."""
        if self.clinic_ids is None:
            return EVERYTHING
        return ",".join(sorted(str(clinic_id) for clinic_id in self.clinic_ids))


WHOLE_HOUSE: Final = Wall(None)
_standing: ContextVar[Wall | None] = ContextVar("wall", default=None)


class NoWall(RuntimeError):
    """A unit of work was opened and nobody said whose rows it may touch."""


def wall_here() -> Wall:
    """Return the wall that stands.

    Raises:
        NoWall: none does.
    """
    wall = _standing.get()
    if wall is None:
        raise NoWall("Nobody said whose rows this unit may touch: open it within walled_to(…) or whole_house().")
    return wall


def wall_of(clinic_id: uuid.UUID | None, *, patient_id: uuid.UUID | None = None) -> Wall:
    """Return the wall of a patient, or of staff; who is at work in no clinic touches no clinic's rows."""
    if clinic_id is None:
        return Wall()
    if patient_id is not None:
        return Wall(frozenset({clinic_id}), patient=(clinic_id, patient_id))
    return Wall(frozenset({clinic_id}), staff_of=clinic_id)


def stand(wall: Wall) -> None:
    """Let `wall` stand from here on, within the `standing` that is open around it."""
    _standing.set(wall)


@contextmanager
def standing(wall: Wall | None) -> Iterator[None]:
    """Let `wall` stand, and afterwards the one that stood before."""
    before = _standing.get()
    _standing.set(wall)
    try:
        yield
    finally:
        _standing.set(before)


@contextmanager
def walled_to(clinic_ids: Iterable[uuid.UUID]) -> Iterator[None]:
    """Let only the rows of these clinics be touched."""
    with standing(Wall(frozenset(clinic_ids))):
        yield


@contextmanager
def whole_house() -> Iterator[None]:
    """Let the rows of all clinics be touched: for jobs, commands, and pages that nobody is signed in to."""
    with standing(WHOLE_HOUSE):
        yield
