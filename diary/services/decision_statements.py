"""The statement of a decision as it is stored, and its signature by the installation."""

import hashlib
import uuid
from typing import Any

from sqlalchemy.orm import Session

from diary.errors import NotThere
from diary.exchange.decision_statement import DecisionStatement
from diary.installation import installation
from diary.models import ClinicRules, Decision
from diary.security.chain import canonical
from diary.security.signing import SigningKeys


def statement_of(decision: Decision) -> DecisionStatement:
    """Return what a stored decision states; what is missing in a damaged row is stated as empty."""
    return DecisionStatement(
        clinic_id=decision.clinic_id,
        patient_id=decision.patient_id,
        decision_id=decision.id,
        member_id=decision.member_id,
        member_name=decision.member_name or "",
        kind=decision.kind,
        next_step=decision.next_step,
        reason=decision.reason,
        day=decision.day,
        decided_at=decision.decided_at,
        confirmed_at=decision.confirmed_at,
        confirmed_by=decision.confirmed_by or "",
        shown_digest=decision.shown_digest,
        ruleset=ruleset_of(decision),
        rules_digest=decision.rules_digest or "",
        reverses=decision.reverses,
        medicine=decision.medicine,
    )


def ruleset_of(decision: Decision) -> str:
    """Return the version of the rules that a decision names; empty where what it shows was damaged."""
    shown: Any = decision.shown
    named = shown.get("ruleset") if isinstance(shown, dict) else None
    return named if isinstance(named, str) else ""


def digest_of_rules(row: ClinicRules) -> str:
    """Return the SHA-256 of a version of a clinic's rules as they are stored: later programs read the same numbers."""
    return hashlib.sha256(canonical(row.parameters)).hexdigest()


def digest_of_version(session: Session, clinic_id: uuid.UUID, version: str) -> str:
    """Return the digest of that version of a clinic's rules.

    Raises:
        NotThere: the clinic never had such a version.
    """
    row = session.get(ClinicRules, (clinic_id, int(version)))
    if row is None:
        raise NotThere
    return digest_of_rules(row)


def sign(decision: Decision) -> None:
    """Sign a decision that is whole.

    Raises:
        KeyUnfit: the key of the installation cannot be read or made.
    """
    statement = statement_of(decision)
    signed = keys().sign(statement.purpose, statement.plain())
    decision.key_id, decision.signature = signed.key_id, signed.value


def keys() -> SigningKeys:
    """Return the keys of this installation."""
    return SigningKeys.of(installation().settings)
