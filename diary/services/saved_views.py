"""Saved views: filters of the worklist that a member gave a name, for themselves alone."""

import uuid
from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import SavedView
from diary.services import audit

MOST: Final = 20
LONGEST_NAME: Final = 60
KEPT: Final = ("state", "medicine", "tag", "mine")
"""What a view keeps of a filter; never whom somebody searched for."""


def own_views(who: Identity, clinic_id: uuid.UUID) -> list[SavedView]:
    """Return the views of the member who is asking, by name."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    with snapshot() as session:
        return views_of(session, who)


def views_of(session: Session, who: Identity) -> list[SavedView]:
    """Return the views of a member within a unit that is open already."""
    own = select(SavedView).where(SavedView.clinic_id == who.clinic_id, SavedView.member_id == who.member_id)
    return list(session.scalars(own.order_by(SavedView.name)))


def save_view(who: Identity, clinic_id: uuid.UUID, name: str, filters: Mapping[str, str], *, clock: Clock) -> None:
    """Keep a filter under a name; the same once more is kept once.

    Raises:
        Invalid: there is no name or no filter, the name is taken, or the member has twenty views.
    """
    about, words = Subject(clinic_id), name.strip()
    require(who, Permission.WORKLIST_READ, about)
    kept = {key: filters[key] for key in KEPT if filters.get(key)}
    with transaction() as session:
        known = views_of(session, who)
        if any((view.name, view.filters) == (words, kept) for view in known):
            return
        _check(words, kept, known)
        view = SavedView(
            clinic_id=clinic_id, id=uuid.uuid4(), member_id=who.member_id, name=words, filters=kept, made_at=clock()
        )
        session.add(view)
        audit.write(session, who, "view.saved", about=about, at=clock(), content={"view": str(view.id)})


def _check(name: str, kept: Mapping[str, str], known: list[SavedView]) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Invalid(name=Sentence("Give the view a name of at most %(number)s characters.", number=LONGEST_NAME))
    if not kept:
        raise Invalid(name=Sentence("Choose a state, a medicine, a tag or your patients first: that is what is kept."))
    if any(view.name.casefold() == name.casefold() for view in known):
        raise Invalid(name=Sentence("You have a view of that name. Choose another name, or delete that view first."))
    if len(known) >= MOST:
        raise Invalid(name=Sentence("You have %(number)s views. Delete one first.", number=MOST))


def delete_view(who: Identity, clinic_id: uuid.UUID, view_id: uuid.UUID, *, clock: Clock) -> None:
    """Delete one of one's own views.

    Raises:
        NotThere: there is no such view, or it is somebody else's.
    """
    about = Subject(clinic_id)
    require(who, Permission.WORKLIST_READ, about)
    with transaction() as session:
        view = session.get(SavedView, (clinic_id, view_id))
        if view is None or view.member_id != who.member_id:
            raise NotThere
        session.delete(view)
        audit.write(session, who, "view.deleted", about=about, at=clock(), content={"view": str(view_id)})
