"""Decisions: bound to exactly what was on the screen, reversed only by a new one."""

import hashlib
import uuid
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require_confirmed
from diary.clinical.rules import RuleSet
from diary.clock import Clock
from diary.db import transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.exchange.forecast_lines import plain_outlook
from diary.exchange.verdict_inputs import plain_inputs
from diary.exchange.verdict_lines import plain_verdict
from diary.models import Decision, Member
from diary.security.chain import canonical
from diary.services import audit
from diary.services.courses import is_plausible
from diary.services.decision_statements import digest_of_version, sign
from diary.services.diaries import Diary, read_diary
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.rules import rules_in_force
from diary.services.sent import sent_before
from diary.vocabulary import DecisionKind

NEEDS_DATE = frozenset({DecisionKind.REPEAT, DecisionKind.WAIT})


def what_is_shown(diary: Diary, today: date, rules: RuleSet) -> tuple[dict[str, Any], str]:
    """Return verdict and outlook as shown with what they were made from, and the digest of it all."""
    verdict = diary.verdict(today, rules)
    shown = plain_verdict(verdict) | {"today": today.isoformat()}
    shown |= {"outlook": plain_outlook(diary.forecast_on(today), verdict.book_by)}
    shown |= {"inputs": plain_inputs(diary.scores(today, rules), diary.given, diary.circumstances(today))}
    return shown, digest_of(shown)


def digest_of(shown: dict[str, Any]) -> str:
    """Return the SHA-256 of what was shown."""
    return hashlib.sha256(canonical(shown)).hexdigest()


def record_decision(
    who: Identity,
    patient: Subject,
    kind: DecisionKind,
    *,
    reason: str,
    next_step: date | None,
    shown_digest: str,
    clock: Clock,
    client_ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Record what was decided on the evidence whose digest is `shown_digest`.

    `client_ref` becomes its id: the same form sent twice is recorded once.
    Raises:
        Changed: the evidence is no longer what was shown.
        Invalid: a date is missing or lies behind.
        ConfirmFirst: it is longer than five minutes ago that the clinician proved who they are.
    """
    with transaction() as session:
        now = clock()
        require_confirmed(who, Permission.DECISION_WRITE, looked_up(session, patient, now=now), now=now)
        said = {"patient_id": patient.patient_id, "kind": kind, "next_step": next_step, "reason": reason}
        if sent := sent_before(session, Decision, patient, client_ref, said):
            return sent
        diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
        if diary is None or who.member_id is None:
            raise NotThere
        today = diary.today(now)
        shown, digest = what_is_shown(diary, today, rules_in_force(session, patient.clinic_id))
        if digest != shown_digest:
            raise Changed(Sentence("The diary changed while you were looking. Look at the chart again, then decide."))
        _check_next_step(kind, next_step, today)
        decision = Decision(
            clinic_id=patient.clinic_id,
            id=client_ref or uuid.uuid4(),
            day=today,
            decided_at=_after_all_of(diary, now),
            shown=shown,
            shown_digest=digest,
            rules_digest=digest_of_version(session, patient.clinic_id, shown["ruleset"]),
            **said,
            **_decided_by(session, who),
        )
        sign(decision)
        _store(session, who, decision)
        return decision.id


def _store(session: Session, who: Identity, decision: Decision) -> None:
    session.add(decision)
    about = Subject(decision.clinic_id, decision.patient_id)
    audit.write(session, who, "decision.recorded", about=about, at=decision.decided_at, content=audited(decision))
    refresh_summary(session, decision.clinic_id, decision.patient_id, now=decision.decided_at)


def _decided_by(session: Session, who: Identity) -> dict[str, Any]:
    """Return who decides, as they are called now, and how they proved who they are."""
    return {
        "member_id": who.member_id,
        "member_name": session.get_one(Member, (who.clinic_id, who.member_id)).name,
        "confirmed_at": who.confirmed_at,
        "confirmed_by": who.confirmed_by,
    }


def _after_all_of(diary: Diary, now: datetime) -> datetime:
    """Return the moment of a decision: after every other one and not before any entry, though the clock went back."""
    others = (decision.decided_at + timedelta(microseconds=1) for decision in diary.decisions)
    return max(now, *others, *(revision.received_at for revision in diary.revisions), now)


def _check_next_step(kind: DecisionKind, next_step: date | None, today: date) -> None:
    if kind in NEEDS_DATE and next_step is None:
        raise Invalid(next_step=Sentence("Give the date of the next step."))
    if next_step is not None and not is_plausible(next_step):
        raise Invalid(next_step=Sentence("Write a date between 1900 and 2200."))
    if next_step is not None and next_step < today:
        raise Invalid(next_step=Sentence("The date of the next step has passed already."))


def audited(decision: Decision) -> dict[str, Any]:
    """Return what the audit keeps of a decision."""
    return {
        "decision": str(decision.id),
        "kind": decision.kind,
        "next_step": decision.next_step.isoformat() if decision.next_step else None,
        "shown_digest": decision.shown_digest,
        "signature": decision.signature.hex() if decision.signature else None,
    }
