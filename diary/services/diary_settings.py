"""What a clinic sets for what goes with a day: whether patients write short notes, and on which days it works."""

import uuid
from collections.abc import Iterable
from typing import Any

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Invalid, Sentence
from diary.models import Clinic
from diary.services import audit
from diary.services.high_scores import WEEK_DAYS
from diary.services.high_scores import working_days as working_days_of


def set_diary(who: Identity, clinic_id: uuid.UUID, *, notes: bool, working_days: Iterable[str], clock: Clock) -> None:
    """Take short notes from patients or take none, and say on which days of the week the clinic works.

    Notes that were written stay where they are when no further ones are taken.

    Raises:
        Invalid: the clinic works on no day.
    """
    about = Subject(clinic_id)
    require(who, Permission.CLINIC_WRITE, about)
    chosen = set(working_days)
    if not chosen or not chosen <= set(WEEK_DAYS):
        raise Invalid(working_days=Sentence("Choose at least one day on which somebody looks at the list."))
    days = tuple(name for name in WEEK_DAYS if name in chosen)
    with transaction() as session:
        clinic, now = session.get_one(Clinic, clinic_id), clock()
        changed: dict[str, Any] = {}
        if notes != (clinic.notes_since is not None):
            clinic.notes_since = now if notes else None
            changed["notes"] = notes
        if days != working_days_of(clinic):
            clinic.working_days = days
            changed["working_days"] = list(days)
        if changed:
            audit.write(session, who, "clinic.changed", about=about, at=now, content={"fields": changed})
