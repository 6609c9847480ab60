"""Which rows are about a person: found from the schema itself, so that no table is ever forgotten."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ForeignKeyConstraint,
    Table,
    and_,
    delete,
    exists,
    insert,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from diary.access.policy import Subject
from diary.db import Base
from diary.models import Account, AccountClinic, AuditEvent, ErasurePermit, Member, Patient, PushSubscription
from diary.postgres import permit_erasing, widen

Rows = dict[Table, ColumnElement[bool]]
STAYS: Final = frozenset({"audit_event", "erasure_permit"})
"""The links of the chain stay and lose what they say; the permit is gone when the unit is."""


def rows_of_patient(patient: Subject) -> Rows:
    """Return each table that can hold rows about a patient with what finds them, the rows others point at first.

    These are the tables with a `patient_id`, and those with a key to a row that is found already.
    """
    root = _table(Patient)
    whole = and_(root.c.clinic_id == patient.clinic_id, root.c.id == patient.patient_id)
    found: Rows = {root: whole}
    for table in _tables():
        keys, ways = _keys_into(table, found), []
        if "patient_id" in table.c:
            ways = [and_(table.c.clinic_id == patient.clinic_id, table.c.patient_id == patient.patient_id)]
            keys = [key for key in keys if _is_other(key)]
        ways += [_points_into(key, found) for key in keys]
        if table is not root and ways:
            found[table] = or_(*ways)
    return found


def rows_of_account(account_id: uuid.UUID) -> Rows:
    """Return each table that can hold rows of an account with what finds them, the account itself first."""
    root = _table(Account)
    found: Rows = {root: root.c.id == account_id}
    for table in _tables():
        if table.name in (Patient.__tablename__, Member.__tablename__):
            continue
        ways = [_points_into(key, found) for key in _keys_into(table, found)]
        if "account_id" in table.c:
            ways.append(table.c.account_id == account_id)
        if table is not root and ways:
            found[table] = or_(*ways)
    return found


def erase_rows(session: Session, patient: Subject) -> dict[str, int]:
    """Delete every row about a patient, and empty the links about them; return how many there were in each table.

    The permit stands from the first statement to the last one and never longer.
    """
    permit = {"clinic_id": patient.clinic_id, "patient_id": patient.patient_id}
    account_id = session.scalar(
        select(Patient.account_id).where(Patient.clinic_id == patient.clinic_id, Patient.id == patient.patient_id)
    )
    session.flush()
    session.execute(insert(ErasurePermit).values(**permit))
    permit_erasing(session, patient.clinic_id, patient.patient_id)
    counted = {AuditEvent.__tablename__: _empty_links(session, patient)}
    _delete(session, rows_of_patient(patient), counted)
    session.execute(
        delete(ErasurePermit).where(
            ErasurePermit.clinic_id == patient.clinic_id, ErasurePermit.patient_id == patient.patient_id
        )
    )
    permit_erasing(session, patient.clinic_id, None)
    if account_id is not None:
        _leave_account(session, account_id, patient.clinic_id, counted)
    return {name: number for name, number in sorted(counted.items()) if number}


def is_anything_left(session: Session, patient: Subject) -> bool:
    """Say whether the database knows the patient, or a link still says something about them."""
    said = _links_of(patient) & (AuditEvent.content.is_not(None) | AuditEvent.salt.is_not(None))
    known = (Patient.clinic_id == patient.clinic_id) & (Patient.id == patient.patient_id)
    return bool(session.scalar(select(exists().where(known) | exists().where(said))))


def _delete(session: Session, rows: Rows, counted: dict[str, int]) -> None:
    for table, about in reversed(rows.items()):
        done: Any = session.execute(delete(table).where(about))
        counted[table.name] = counted.get(table.name, 0) + done.rowcount


def _leave_account(session: Session, account_id: uuid.UUID, clinic_id: uuid.UUID, counted: dict[str, int]) -> None:
    """Delete an account that is nobody any more; one that is somebody elsewhere, or staff here, only leaves here."""
    widen(session, session.scalars(select(AccountClinic.clinic_id).where(AccountClinic.account_id == account_id)))
    in_clinics = [
        clinic
        for table in (Patient, Member)
        for clinic in session.scalars(select(table.clinic_id).where(table.account_id == account_id))
    ]
    if not session.scalar(select(exists().where(Patient.account_id == account_id))):
        _delete(session, {_table(PushSubscription): PushSubscription.account_id == account_id}, counted)
    if not in_clinics:
        _delete(session, rows_of_account(account_id), counted)
    elif clinic_id not in in_clinics:
        here = (AccountClinic.account_id == account_id) & (AccountClinic.clinic_id == clinic_id)
        _delete(session, {_table(AccountClinic): here}, counted)


def _empty_links(session: Session, patient: Subject) -> int:
    """Destroy content and salt of the links about a patient: what they said can be neither read nor guessed."""
    emptied: Any = session.execute(
        update(AuditEvent)
        .where(_links_of(patient))
        .values(content=null(), salt=null())
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)


def _links_of(patient: Subject) -> ColumnElement[bool]:
    theirs = or_(AuditEvent.patient_id == patient.patient_id, AuditEvent.actor_id == patient.patient_id)
    return and_(AuditEvent.clinic_id == patient.clinic_id, theirs)


def _tables() -> list[Table]:
    """Return the tables, those that others point at first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in STAYS]


def _keys_into(table: Table, found: Mapping[Table, Any]) -> list[ForeignKeyConstraint]:
    return [key for key in table.foreign_key_constraints if key.referred_table in found]


def _points_into(key: ForeignKeyConstraint, found: Rows) -> ColumnElement[bool]:
    there = select(*(element.column for element in key.elements)).where(found[key.referred_table])
    return tuple_(*key.columns).in_(there)


def _is_other(key: ForeignKeyConstraint) -> bool:
    """Say whether a key finds rows that `patient_id` does not: a patient who is called otherwise there."""
    return key.referred_table.name == Patient.__tablename__ and "patient_id" not in key.column_keys


def _table(model: Any) -> Table:
    table: Table = model.__table__
    return table
