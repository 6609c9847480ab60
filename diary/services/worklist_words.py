"""The words of the worklist: where names and references begin, kept narrow so that a search stays fast."""

import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any, Final, cast

from sqlalchemy import Select, Table, delete, insert, select
from sqlalchemy.orm import Session

from diary.models import Patient, WorklistWord
from diary.models.summaries import LONGEST_WORD

_AFTER_ALL = "\U0010ffff"
_WORD: Final = cast("Table", WorklistWord.__table__)


def words_of(name: str, reference: str) -> frozenset[str]:
    """Return the beginnings by which a patient is found: folded, and without accents too where they have any."""
    words = {part for form in forms_of(name) for part in _parts(form)} | forms_of(reference)
    return frozenset(word[:LONGEST_WORD] for word in words if word)


def forms_of(text: str) -> frozenset[str]:
    """Return a text folded, and folded without its accents: one form where it has none."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return frozenset(form for form in (text.casefold(), plain.casefold()) if form)


def _parts(name: str) -> set[str]:
    """Return a whole name, and what stands behind each of its spaces."""
    return {name, *(name[place + 1 :] for place, letter in enumerate(name) if letter == " ")}


def keep_words(session: Session, clinic_id: uuid.UUID, patients: Sequence[Patient]) -> None:
    """Write the words of patients where they are no longer those of their names and references."""
    key = (_WORD.c.clinic_id == clinic_id, _WORD.c.patient_id.in_([patient.id for patient in patients]))
    known: dict[uuid.UUID, set[str]] = {patient.id: set() for patient in patients}
    for patient_id, word in session.execute(select(_WORD.c.patient_id, _WORD.c.word).where(*key)):
        known[patient_id].add(word)
    added = []
    for patient in patients:
        wanted = words_of(patient.name, patient.reference)
        if gone := known[patient.id] - wanted:
            own = (_WORD.c.clinic_id == clinic_id, _WORD.c.patient_id == patient.id)
            session.execute(delete(_WORD).where(*own, _WORD.c.word.in_(gone)))
        owned = {"clinic_id": clinic_id, "patient_id": patient.id}
        added += [{**owned, "word": word} for word in sorted(wanted - known[patient.id])]
    if added:
        session.execute(insert(_WORD), added)


def begin_with(clinic_id: uuid.UUID, search: str) -> Select[Any]:
    """Return who has a word that begins with `search`, with or without its accents, as a selection of `patient_id`.

    Words that were kept before they lost their accents are found in the first way.
    """
    first, *others = (_begun(clinic_id, form[:LONGEST_WORD]) for form in sorted(forms_of(search)))
    if not others:
        return first
    both = first.union_all(*others).subquery()  # each of them walks the index by itself
    return select(both.c.patient_id)


def _begun(clinic_id: uuid.UUID, folded: str) -> Select[Any]:
    word = WorklistWord.word
    return select(WorklistWord.patient_id).where(
        WorklistWord.clinic_id == clinic_id, word >= folded, word < folded + _AFTER_ALL
    )
