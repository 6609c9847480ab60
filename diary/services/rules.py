"""The rule parameters of a clinic, by version."""

import uuid
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.db import snapshot
from diary.models import ClinicRules
from diary.services import audit


def first_rules(session: Session, who: Identity, clinic_id: uuid.UUID, *, now: datetime) -> None:
    """Give a new clinic version 1: the defaults of the rules."""
    reason = "Defaults of the rules, to be signed off by the clinic"
    version = int(DEFAULT_RULES.version)
    session.add(
        ClinicRules(
            clinic_id=clinic_id,
            version=version,
            parameters=DEFAULT_RULES.parameters(),
            reason=reason,
            made_at=now,
            made_by=who.member_id,
        )
    )
    said = {"version": version, "reason": reason}
    audit.write(session, who, "rules.versioned", about=Subject(clinic_id), at=now, content=said)


def rules_in_force(session: Session, clinic_id: uuid.UUID, *, until: datetime | None = None) -> RuleSet:
    """Return the latest version of a clinic's rules, or the latest made by `until` (the first where none was)."""
    versions = select(ClinicRules).where(ClinicRules.clinic_id == clinic_id).order_by(ClinicRules.version.desc())
    known = list(session.scalars(versions))
    row = next((version for version in known if until is None or version.made_at <= until), known[-1])
    return replace(RuleSet.from_parameters(row.parameters), version=str(row.version))


def rules_of_clinic(who: Identity, clinic_id: uuid.UUID) -> RuleSet:
    """Return the rules in force in the clinic of a member who may read its worklist."""
    require(who, Permission.WORKLIST_READ, Subject(clinic_id))
    with snapshot() as session:
        return rules_in_force(session, clinic_id)
