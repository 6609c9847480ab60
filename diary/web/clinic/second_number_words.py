"""Second numbers in words, for the clinic: what is stored, what came later, and which one the patient chose."""

from typing import Any, Final

from flask_babel import gettext as _

from diary.services.conflicts import Conflict, Settled
from diary.web.words import day as as_read

SETTLED: Final[dict[Settled | None, Any]] = {
    None: lambda: _("The patient has not said yet which one is right."),
    Settled.USED: lambda: _("The patient chose the later one."),
    Settled.KEPT: lambda: _("The patient kept what is stored."),
}


def second_number_words(conflict: Conflict) -> str:
    """Return what came, and what the patient said to it."""
    came = _(
        "For %(stored_day)s %(stored)s was stored; later the same entry came with %(score)s for %(day)s.",
        stored_day=as_read(conflict.stored_day),
        stored=_number(conflict.stored_score),
        score=_number(conflict.score),
        day=as_read(conflict.day),
    )
    return f"{came} {SETTLED[conflict.settled]()}"


def _number(score: int | None) -> str:
    return _("no number") if score is None else str(score)
