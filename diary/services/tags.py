"""Tags: the words by which a clinic groups its patients, given and taken away one at a time."""

import uuid
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.models import Patient, PatientTag
from diary.services import audit
from diary.services.patients import replace_tags
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.worklist_finding import tags_of_clinic

LONGEST_TAG: Final = 64
MOST: Final = 20
MOST_KNOWN: Final = 10_000
"""Tags of a clinic that a new one is compared with."""
SEPARATORS: Final = frozenset("|,;\n\r\t")
"""Marks that part tags from each other in study files."""


def known_tags(who: Identity, clinic_id: uuid.UUID) -> list[str]:
    """Return the clinic's tags, to choose from."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    with snapshot() as session:
        return tags_of_clinic(session, who, clinic_id)


def give_tag(who: Identity, patient: Subject, tag: str, *, clock: Clock) -> None:
    """Give a patient a tag; given twice, or with other capitals than it is known with, they have it once.

    Raises:
        Invalid: it is no tag, or the patient has twenty.
    """
    words = " ".join(tag.split())
    if not 1 <= len(words) <= LONGEST_TAG or SEPARATORS & set(words) or not words.isprintable():
        raise Invalid(
            tag=Sentence("Write a tag of at most %(number)s characters, without , ; or |.", number=LONGEST_TAG)
        )
    with transaction() as session:
        row, before = _read(session, who, patient, clock)
        if words.casefold() in (one.casefold() for one in before):
            return
        if len(before) >= MOST:
            raise Invalid(tag=Sentence("A patient has at most %(number)s tags. Take one away first.", number=MOST))
        given = _as_known(words, tags_of_clinic(session, who, row.clinic_id, at_most=MOST_KNOWN))
        _write(session, who, row, before, sorted([*before, given]), clock)


def _as_known(words: str, known: list[str]) -> str:
    """Return a tag as the clinic writes it already; how it is written in a closed diary alone is not told."""
    alike = [tag for tag in known if tag.casefold() == words.casefold()]
    return words if not alike or words in alike else alike[0]


def take_tag_away(who: Identity, patient: Subject, tag: str, *, clock: Clock) -> None:
    """Take a tag away from a patient; one they do not have changes nothing."""
    with transaction() as session:
        row, before = _read(session, who, patient, clock)
        if tag in before:
            _write(session, who, row, before, [one for one in before if one != tag], clock)


def _read(session: Session, who: Identity, patient: Subject, clock: Clock) -> tuple[Patient, list[str]]:
    require(who, Permission.PATIENT_WRITE, looked_up(session, patient, now=clock()))
    row = session.get(Patient, (patient.clinic_id, patient.patient_id))
    if row is None:
        raise NotThere
    own = select(PatientTag.tag).where(PatientTag.clinic_id == row.clinic_id, PatientTag.patient_id == row.id)
    return row, list(session.scalars(own.order_by(PatientTag.tag)))


def _write(session: Session, who: Identity, row: Patient, before: list[str], after: list[str], clock: Clock) -> None:
    replace_tags(session, row, after)
    about = Subject(row.clinic_id, row.id)
    said = {"before": before, "after": after}
    audit.write(session, who, "patient.tags_changed", about=about, at=clock(), content=said)
    refresh_summary(session, row.clinic_id, row.id, now=clock())
