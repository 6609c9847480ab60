"""Taking diaries out for research: of those who agreed, without names and dates, never for fewer than five."""

import secrets
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, Sentence
from diary.exchange.research import ResearchCourse, ResearchPatient, ResearchScore, research_zip
from diary.models import Patient
from diary.services import audit
from diary.services.consents import research_allowed
from diary.services.diaries import Diary, read_diaries, read_in_parts
from diary.services.study_export import last_scores

FEWEST: Final = 5
"""Nothing is said about fewer people than these."""

SIGNS: Final = "abcdefghijkmnopqrstuvwxyz"
NAME_LENGTH: Final = 10


@dataclass(frozen=True, slots=True)
class MayBeTaken:
    """How many diaries may be taken out, None when fewer than five; and the tags that five of them have or more."""

    patients: int | None
    tags: tuple[str, ...]


def what_may_be_taken(who: Identity, clinic_id: uuid.UUID) -> MayBeTaken:
    """Return what the page of research offers; no entry is read for it."""
    require(who, Permission.RESEARCH_READ, Subject(clinic_id))
    patients, tags = 0, Counter[str]()
    with snapshot() as session:
        for diaries in read_in_parts(session, clinic_id, sorted(_allowed(session, clinic_id))):
            taken = [diary for diary in diaries.values() if diary.given]
            patients += len(taken)
            tags.update(_tags_of(taken))
    if patients < FEWEST:
        return MayBeTaken(None, ())
    return MayBeTaken(patients, tuple(sorted(_common(tags))))


def take_out_for_research(who: Identity, clinic_id: uuid.UUID, tags: Collection[str], *, clock: Clock) -> bytes:
    """Return the archive with the `tags` that were chosen, and write what was taken out into the audit.

    Raises:
        Invalid: fewer than five diaries, or a tag that fewer than five of them have; or one of these patients took
            their consent back, or was protected, while the diaries were read.
        ConfirmFirst: it is longer than five minutes ago that they proved who they are.
    """
    about = Subject(clinic_id)
    require_confirmed(who, Permission.RESEARCH_TAKE_OUT, about, now=clock())
    with snapshot() as session:  # many diaries: nobody's entry waits until they are read
        diaries = _diaries(session, clinic_id)
    files = _files(diaries, tags)
    said = {
        "patients": len(files.patients),
        "courses": len(files.courses),
        "scores": len(files.scores),
        "tags": sorted(tags),
    }
    with transaction() as session:
        if not {diary.patient.id for diary in diaries} <= _allowed(session, clinic_id):
            raise Invalid(Sentence("One of these diaries may not be taken out any more: nothing was. Try again."))
        audit.write(session, who, "research.taken_out", about=about, at=clock(), content=said)
    return research_zip(files.patients, files.courses, files.scores)


def _files(diaries: list[Diary], tags: Collection[str]) -> "_Files":
    if len(diaries) < FEWEST:
        raise Invalid(
            Sentence("Fewer than five patients agreed to research and have had a course: nothing is taken out.")
        )
    if not set(tags) <= _common(Counter(_tags_of(diaries))):
        raise Invalid(Sentence("Fewer than five of these patients have one of the tags: choose again."))
    return _Files.of(diaries, frozenset(tags))


@dataclass(frozen=True, slots=True)
class _Files:
    patients: list[ResearchPatient]
    courses: list[ResearchCourse]
    scores: list[ResearchScore]

    @classmethod
    def of(cls, diaries: list[Diary], tags: frozenset[str]) -> "_Files":
        """Give everybody a random name and write everything in days from their day 0."""
        born = Counter(_decade(diary.patient) for diary in diaries)
        files = cls([], [], [])
        for diary, name in zip(diaries, _random_names(len(diaries)), strict=True):
            decade = _decade(diary.patient)
            shown = decade if born[decade] >= FEWEST else ""
            files.patients.append(ResearchPatient(name, shown, tuple(tag for tag in diary.tags if tag in tags)))
            files._add(diary, name)
        return files

    def _add(self, diary: Diary, name: str) -> None:
        day_0 = min(diary.given, key=lambda course: course.first_day).last_day
        for course in diary.given:
            first, last = (course.first_day - day_0).days, (course.last_day - day_0).days
            self.courses.append(ResearchCourse(name, course.medicines, first, last))
        for day, score, source in last_scores(diary):
            self.scores.append(ResearchScore(name, (day - day_0).days, score, source))


def _allowed(session: Session, clinic_id: uuid.UUID) -> set[uuid.UUID]:
    """Return who agreed and is not protected."""
    open_ones = select(Patient.id).where(Patient.clinic_id == clinic_id, Patient.protected_at.is_(None))
    return research_allowed(session, clinic_id) & set(session.scalars(open_ones))


def _diaries(session: Session, clinic_id: uuid.UUID) -> list[Diary]:
    """Return the diaries of those who agreed, are not protected, and have had a course."""
    return [diary for diary in read_diaries(session, clinic_id, sorted(_allowed(session, clinic_id))) if diary.given]


def _tags_of(diaries: Iterable[Diary]) -> Iterable[str]:
    return (tag for diary in diaries for tag in diary.tags)


def _common(tags: Counter[str]) -> set[str]:
    """Return the tags that so many have that they may be told."""
    return {tag for tag, number in tags.items() if number >= FEWEST}


def _decade(patient: Patient) -> str:
    if patient.birth_year is None:
        return ""
    first = patient.birth_year // 10 * 10
    return f"{first}-{first + 9}"


def _random_names(number: int) -> list[str]:
    """Return so many different random names of letters alone, which nothing takes for a number or a day."""
    names: set[str] = set()
    while len(names) < number:
        names.add("".join(secrets.choice(SIGNS) for _ in range(NAME_LENGTH)))
    return sorted(names, key=lambda _name: secrets.randbits(64))
