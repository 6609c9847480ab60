"""The words of the worklist: where names and references begin, kept narrow so that a search stays fast."""

import uuid
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from diary.models import Patient, WorklistWord
from diary.models.summaries import LONGEST_WORD

_AFTER_ALL = "\U0010ffff"


def words_of(name: str, reference: str) -> frozenset[str]:
    """Return the folded beginnings by which a patient is found."""
    folded = name.casefold()
    later = {folded[place + 1 :] for place, letter in enumerate(folded) if letter == " "}
    return frozenset(word[:LONGEST_WORD] for word in (folded, reference.casefold(), *later) if word)


def keep_words(session: Session, patient: Patient) -> None:
    """Write the words of a patient where they are no longer those of their name and reference."""
    key = (WorklistWord.clinic_id == patient.clinic_id, WorklistWord.patient_id == patient.id)
    known = set(session.scalars(select(WorklistWord.word).where(*key)))
    wanted = words_of(patient.name, patient.reference)
    if known - wanted:
        session.execute(delete(WorklistWord).where(*key, WorklistWord.word.in_(known - wanted)))
    owned: dict[str, Any] = {"clinic_id": patient.clinic_id, "patient_id": patient.id}
    session.add_all(WorklistWord(**owned, word=word) for word in sorted(wanted - known))


def begin_with(clinic_id: uuid.UUID, search: str) -> Select[Any]:
    """Return who has a word that begins with `search`, as a selection of `patient_id`."""
    folded = search.casefold()[:LONGEST_WORD]
    return select(WorklistWord.patient_id).where(
        WorklistWord.clinic_id == clinic_id, WorklistWord.word >= folded, WorklistWord.word < folded + _AFTER_ALL
    )
