"""What the unit of an entry needs to know of a diary, read in one statement."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, ScalarSelect, Table, and_, bindparam, exists, func, select
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.clinical.diary_day import ZoneFrom
from diary.clinical.rules import RuleSet
from diary.errors import NotThere
from diary.models import ClinicRules, Consent, Entry, EventWithdrawal, Patient, PatientEvent, PatientZone, Reminder
from diary.prepared import Prepared
from diary.services.rules import PARAMETERS, rule_set_in
from diary.unit import connection_of
from diary.vocabulary import ConsentPurpose, ConsentSaid, EventKind
from diary.wall import wall_here


@dataclass(frozen=True, slots=True)
class AtHand:
    """A diary as far as a writing of one day asks for it.

    Attributes:
        wording: names the words in which the patient is asked.
        zones: where they lived.
        rules: the rules in force.
        is_stopped: they took back that the clinic keeps a diary.
        is_name_taken: something is stored under the name of the writing.
        is_day_written: something is stored about its day.
        has_advice: its day has called for the advice after a very high score.
        is_awaited: a reminder of its day has not been answered.
    """

    wording: str | None
    zones: list[ZoneFrom]
    rules: RuleSet
    is_stopped: bool
    is_name_taken: bool
    is_day_written: bool
    has_advice: bool
    is_awaited: bool


def _table(model: type) -> Table:
    return cast("Table", model.__table__)  # type: ignore[attr-defined]


_patient, _zone, _rules = _table(Patient).c, _table(PatientZone).c, _table(ClinicRules).c
_entry, _event, _taken = _table(Entry).c, _table(PatientEvent).c, _table(EventWithdrawal).c
_reminder, _consent = _table(Reminder).c, _table(Consent).c
_CLINIC: Final[BindParameter[uuid.UUID]] = bindparam("clinic")
_PATIENT: Final[BindParameter[uuid.UUID]] = bindparam("patient")
_DAY: Final[BindParameter[date]] = bindparam("day")


def _said_last() -> ScalarSelect[str]:
    said = select(_consent.said).where(
        _consent.clinic_id == _CLINIC, _consent.patient_id == _PATIENT, _consent.purpose == ConsentPurpose.DIARY.value
    )
    return said.order_by(_consent.revision.desc()).limit(1).scalar_subquery()


def _version() -> ScalarSelect[int]:
    return select(func.max(_rules.version)).where(_rules.clinic_id == _CLINIC).scalar_subquery()


_taken_back: Final = exists().where(_taken.clinic_id == _CLINIC, _taken.event_id == _event.id)
_READ: Final = Prepared(
    select(
        _patient.wording,
        _zone.valid_from,
        _zone.time_zone,
        _rules.version,
        PARAMETERS,
        _said_last(),
        exists().where(
            _entry.clinic_id == _CLINIC, _entry.patient_id == _PATIENT, _entry.client_ref == bindparam("client_ref")
        ),
        exists().where(_entry.clinic_id == _CLINIC, _entry.patient_id == _PATIENT, _entry.day == _DAY),
        exists().where(
            _event.clinic_id == _CLINIC,
            _event.patient_id == _PATIENT,
            _event.day == _DAY,
            _event.kind == EventKind.HIGH_SCORES.value,
            ~_taken_back,
        ),
        exists().where(
            _reminder.clinic_id == _CLINIC,
            _reminder.patient_id == _PATIENT,
            _reminder.day == _DAY,
            _reminder.answered_at.is_(None),
        ),
    )
    .join_from(
        _table(Patient),
        _table(PatientZone),
        and_(_zone.clinic_id == _CLINIC, _zone.patient_id == _PATIENT),
    )
    .join(_table(ClinicRules), and_(_rules.clinic_id == _CLINIC, _rules.version == _version()))
    .where(_patient.clinic_id == _CLINIC, _patient.id == _PATIENT)
    .order_by(_zone.valid_from)
)
_LOCK: Final = Prepared(
    select(_patient.id).where(_patient.clinic_id == _CLINIC, _patient.id == _PATIENT).with_for_update(key_share=True)
)


def take_in_hand(session: Session, patient: Subject, *, day: date, client_ref: uuid.UUID) -> AtHand:
    """Return what a writing of `day` under the name `client_ref` asks for; nobody else writes until the unit is over.

    Raises:
        NotThere: no such patient.
    """
    whose = {"clinic": patient.clinic_id, "patient": patient.patient_id}
    if not _is_held(session, patient):
        _LOCK.run(session, **whose)
    rows = _READ.rows(session, **whose, day=day, client_ref=client_ref)
    if not rows:
        raise NotThere
    wording, _from, _zone_name, version, parameters, said, taken, written, advice, awaited = rows[0]
    return AtHand(
        wording=wording,
        zones=[ZoneFrom(row.valid_from, ZoneInfo(row.time_zone)) for row in rows],
        rules=rule_set_in(version, parameters),
        is_stopped=said == ConsentSaid.WITHDRAWN,
        is_name_taken=taken,
        is_day_written=written,
        has_advice=advice,
        is_awaited=awaited,
    )


def _is_held(session: Session, patient: Subject) -> bool:
    """Say whether nobody else writes anyhow: nobody does on SQLite, and a unit of the patient begins by locking."""
    return connection_of(session).dialect.name == "sqlite" or wall_here().patient == (
        patient.clinic_id,
        patient.patient_id,
    )
