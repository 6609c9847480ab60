"""A patient's particulars, changed: the audit names what was changed, and never says the words.

Of a responsibility that is handed over it keeps the ids of the members.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Changed, Invalid, Sentence
from diary.models import Member, Patient, PatientZone
from diary.services import audit
from diary.services.courses import lock_patient
from diary.services.diaries import Diary
from diary.services.patients import refuse_taken
from diary.services.projection import refresh_summary
from diary.services.protection import clinicians_of, looked_up, write_look
from diary.services.reminders import follow_zones
from diary.services.some_days import begin_reading

FIELDS: Final = ("name", "reference", "birth_year", "phone", "responsible_id")
FURTHEST: Final = timedelta(days=366)
"""A change of zone further ahead is a slip of the pen."""

Zones = tuple[tuple[date, str], ...]
"""The zones a patient lives in, each with the diary day from which on, in order."""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands of a patient and can be changed."""

    name: str
    reference: str
    birth_year: int | None
    phone: str
    responsible_id: uuid.UUID | None
    zones: Zones


@dataclass(frozen=True, slots=True)
class Said:
    """What is to stand: another zone from a diary day on, and days whose change of zone is not to come after all."""

    name: str
    reference: str
    birth_year: int | None
    phone: str
    responsible_id: uuid.UUID | None
    zone: tuple[date, str] | None = None
    taken_back: Collection[date] = field(default=())


@dataclass(frozen=True, slots=True)
class ParticularsPage:
    """What stands on the patient's diary day `today`, and who could be responsible; `about` was looked up."""

    about: Subject
    known: Known
    today: date
    is_protected: bool
    responsible: str
    clinicians: list[tuple[uuid.UUID, str]]

    @property
    def zone(self) -> str:
        """The zone they live in today."""
        return _zone_on(self.known.zones, self.today)

    @property
    def coming(self) -> Zones:
        """The changes that lie ahead."""
        return tuple(one for one in self.known.zones if one[0] > self.today)


def read_particulars(who: Identity, patient: Subject, *, clock: Clock) -> ParticularsPage:
    """Return what stands, for whoever may change it; that they looked is written.

    Raises:
        NotThere: the clinic has no such patient.
    """
    with transaction() as session:
        now = clock()
        about = looked_up(session, patient, now=now)
        require(who, Permission.PATIENT_WRITE, about)
        diary = begin_reading(session, patient)
        row = diary.patient
        answers = session.get(Member, (row.clinic_id, row.responsible_id)) if row.responsible_id else None
        write_look(session, who, about, at=now)
        return ParticularsPage(
            about=about,
            known=_known(diary),
            today=diary.today(now),
            is_protected=row.protected_at is not None,
            responsible=answers.name if answers else "",
            clinicians=clinicians_of(session, row.clinic_id),
        )


def change_particulars(who: Identity, patient: Subject, said: Said, *, shown: Known, clock: Clock) -> bool:
    """Change what `said` has otherwise than was `shown`, and return False where that is nothing at all.

    The same form sent twice changes it once. Diary days before the first day of a new zone keep the old one.

    Raises:
        Invalid: the reference is another patient's, the responsible one is no clinician here or is changed while the
            diary is protected, or the day of the new zone is past, taken, or further ahead than a year.
        Changed: somebody else changed the particulars since they were shown.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.PATIENT_WRITE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        diary = begin_reading(session, patient)
        row, today, stands = diary.patient, diary.today(now), _known(diary)
        wanted = {name: value for name, value in _asked(said, shown).items() if getattr(stands, name) != value}
        _check_taken_back(stands.zones, said, today)
        zones = _zones_after(stands.zones, said, today)
        if not wanted and zones == stands.zones:
            return bool(_asked(said, shown)) or _zones_after(shown.zones, said, today) != shown.zones
        if stands != shown:
            raise Changed(Sentence("Somebody else changed these particulars meanwhile: look at both, then save again."))
        _check(session, who, row, wanted, now)
        _check_first_day(stands.zones, said, today)
        for name, value in wanted.items():
            setattr(row, name, value)
        _put_zones(session, row, stands.zones, zones)
        fields = _audited(stands, wanted) + ["time_zone"] * (zones != stands.zones)
        audit.write(session, who, "patient.changed", about=patient, at=now, content={"fields": fields})
        refresh_summary(session, row.clinic_id, row.id, now=now)
        if zones != stands.zones:
            follow_zones(session, patient, now)
        return True


def _audited(stands: Known, wanted: dict[str, Any]) -> list[Any]:
    """Return the names of what is changed; who was responsible and who is from now on by their ids as members."""
    handed = [stands.responsible_id, wanted.get("responsible_id")]
    before, after = (str(one) if one else None for one in handed)
    return [
        {"responsible": {"before": before, "after": after}} if name == "responsible_id" else name for name in wanted
    ]


def _known(diary: Diary) -> Known:
    values = {name: getattr(diary.patient, name) for name in FIELDS}
    return Known(**values, zones=tuple((one.valid_from, one.zone.key) for one in diary.zones))


def _asked(said: Said, shown: Known) -> dict[str, Any]:
    """Return what is said otherwise than was shown: only that was meant to be changed."""
    return {name: getattr(said, name) for name in FIELDS if getattr(said, name) != getattr(shown, name)}


def _zone_on(zones: Zones, day: date) -> str:
    return next((zone for first, zone in reversed(zones) if first <= day), zones[0][1])


def _zones_after(zones: Zones, said: Said, today: date) -> Zones:
    """Return the zones as they are to be: a new one is added where it is another than that day has anyhow."""
    kept = tuple(one for one in zones if one[0] <= today or one[0] not in said.taken_back)
    if said.zone is None or _zone_on(kept, said.zone[0]) == said.zone[1]:
        return kept
    return tuple(sorted([*(one for one in kept if one[0] != said.zone[0]), said.zone]))


def _check(session: Session, who: Identity, row: Patient, wanted: dict[str, Any], now: datetime) -> None:
    if "reference" in wanted:
        refuse_taken(session, who, row.clinic_id, wanted["reference"], now=now, of=row.id)
    if "responsible_id" not in wanted:
        return
    if row.protected_at is not None:
        raise Invalid(Sentence("This diary is protected: change who is responsible where it is protected."))
    chosen = wanted["responsible_id"]
    if chosen is not None and chosen not in dict(clinicians_of(session, row.clinic_id)):
        raise Invalid(responsible=Sentence("Choose a clinician who works here now, or nobody."))


def _check_taken_back(zones: Zones, said: Said, today: date) -> None:
    if any(first <= today and first in said.taken_back for first, _zone in zones):
        raise Invalid(Sentence("That change of the time zone has come already: enter the next one."))


def _check_first_day(before: Zones, said: Said, today: date) -> None:
    """Refuse a first day that the new zone cannot have; where no zone is new there is nothing to refuse."""
    kept = _zones_after(before, replace(said, zone=None), today)
    if said.zone is None or _zones_after(before, said, today) == kept:
        return
    first = said.zone[0]
    if first < today:
        raise Invalid(zone_from=Sentence("Choose today or a later day: days that are past keep their time zone."))
    if first > today + FURTHEST:
        raise Invalid(zone_from=Sentence("Choose a day within a year from today."))
    if first not in dict(kept):
        return
    if first == today:
        raise Invalid(zone_from=Sentence("The time zone changed today already: choose a later day."))
    other = "The time zone changes on this day already: take that change back, or choose another day."
    raise Invalid(zone_from=Sentence(other))


def _put_zones(session: Session, row: Patient, before: Zones, after: Zones) -> None:
    """Store new zones, and forget those that had not come and are not to come."""
    gone = [first for first, zone in before if (first, zone) not in after]
    if gone:
        of_patient = (PatientZone.clinic_id == row.clinic_id, PatientZone.patient_id == row.id)
        session.execute(delete(PatientZone).where(*of_patient, PatientZone.valid_from.in_(gone)))
    key = {"clinic_id": row.clinic_id, "patient_id": row.id}
    session.add_all(PatientZone(**key, valid_from=one[0], time_zone=one[1]) for one in after if one not in before)
