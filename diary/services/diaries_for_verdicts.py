"""Diaries read for verdicts alone: of most days there is one entry, and of it verdicts need four columns."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import cast

from sqlalchemy import String, Table, select, type_coerce
from sqlalchemy.orm import Session

from diary.clinical.scores import Alone
from diary.models import Entry
from diary.services.diaries import SOURCES, Diary, read_in_parts, revisions_of


def read_for_verdicts(session: Session, clinic_id: uuid.UUID, patient_ids: Iterable[uuid.UUID]) -> Iterator[Diary]:
    """Yield the diaries of `patient_ids` as `read_diaries` does, with no more of their entries than verdicts need."""
    for diaries in read_in_parts(session, clinic_id, patient_ids):
        read_scores(session, clinic_id, diaries)
        yield from diaries.values()


def read_scores(session: Session, clinic_id: uuid.UUID, diaries: Mapping[uuid.UUID, Diary]) -> None:
    """Read the entries of diaries as columns that verdicts need; only where a day has several, all that orders them."""
    ids, entry = list(diaries), cast("Table", Entry.__table__).c
    plain = select(
        type_coerce(entry.patient_id, String), entry.day, entry.score, entry.days_late, entry.source, entry.revision
    )
    of_patients = (entry.clinic_id == clinic_id, entry.patient_id.in_(ids))
    by_key: dict[uuid.UUID | str, Diary] = {name: diaries[one] for one in ids for name in (one, one.hex)}
    again: dict[uuid.UUID, set[date]] = defaultdict(set)
    for patient, day, score, days_late, source, revision in session.execute(plain.where(*of_patients)).all():
        by_key[patient].alone.append(Alone(day, score, days_late, SOURCES[source]))
        if revision > 1:
            again[by_key[patient].patient.id].add(day)
    for patient_id, days in again.items():
        diary = diaries[patient_id]
        diary.alone = [one for one in diary.alone if one.day not in days]
        found = revisions_of(session, clinic_id, [patient_id], Entry.day.in_(days))
        diary.revisions.extend(revision for _patient_id, revision in found)
