"""Decisions: bound to exactly what was on the screen, reversed only by a new one that names them."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clinical.calendar_days import is_plausible
from diary.clinical.medicines import MEDICINE_CODES
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
from diary.services.decision_statements import digest_of_version, sign
from diary.services.diaries import Diary, read_diary
from diary.services.plans import take_back_of
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.services.repeat_warnings import RepeatWarning, check_repeat, keep_accepted
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
    medicine: str | None = None,
    accepted: str = "",
) -> uuid.UUID:
    """Record what was decided on the evidence whose digest is `shown_digest`.

    `client_ref` becomes its id: the same form sent twice is recorded once. `accepted` is the token of what the rules
    say against a repeat and was seen.
    Raises:
        AskAgain: the rules say something against a repeat on its date that was not accepted yet.
        Changed: the evidence is no longer what was shown.
        Invalid: a date is missing or lies behind, or there is a medicine where none is changed.
        ConfirmFirst: it is longer than five minutes ago that the clinician proved who they are.
    """
    said = {"patient_id": patient.patient_id, "kind": kind, "next_step": next_step, "reason": reason}
    with transaction() as session:
        said |= {"medicine": medicine, "reverses": None}
        return _record(session, _New(who, patient, said, shown_digest, client_ref, clock(), accepted))


def reverse_decision(
    who: Identity,
    patient: Subject,
    decision_id: uuid.UUID,
    *,
    reason: str,
    shown_digest: str,
    clock: Clock,
    client_ref: uuid.UUID | None = None,
) -> uuid.UUID:
    """Take a decision back by a new one that names it, on the evidence whose digest is `shown_digest`.

    From then on the patient stands as if it had not been made; a plan that was released from it is taken back.
    Raises:
        Changed: the evidence is no longer what was shown, or the decision was reversed before.
        Invalid: it is a reversal itself.
        NotThere: the patient has no such decision.
        ConfirmFirst: it is longer than five minutes ago that the clinician proved who they are.
    """
    said = {"patient_id": patient.patient_id, "kind": DecisionKind.OTHER, "next_step": None, "reason": reason}
    with transaction() as session:
        new = _New(who, patient, said | {"medicine": None, "reverses": decision_id}, shown_digest, client_ref, clock())
        made = _record(session, new)
        take_back_of(session, who, Subject(patient.clinic_id, patient.patient_id), decision_id, reason, now=new.now)
        return made


@dataclass(frozen=True, slots=True)
class _New:
    """A decision that `who` makes `now`: what they say in it, the digest of what they saw, and what they accepted."""

    who: Identity
    patient: Subject
    said: dict[str, Any]
    shown_digest: str
    client_ref: uuid.UUID | None
    now: datetime
    accepted: str = ""


def _record(session: Session, new: _New) -> uuid.UUID:
    """Record it; who they are is asked for last, once everything else is right."""
    who, patient, now = new.who, new.patient, new.now
    about = looked_up(session, patient, now=now)
    require(who, Permission.DECISION_WRITE, about)
    if sent := sent_before(session, Decision, patient, new.client_ref, new.said):
        return sent
    diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
    if diary is None or who.member_id is None:
        raise NotThere
    today, rules = diary.today(now), rules_in_force(session, patient.clinic_id)
    _check_reversed(diary, new.said["reverses"])
    shown, digest = what_is_shown(diary, today, rules)
    if digest != new.shown_digest:
        raise Changed(Sentence("The diary changed while you were looking. Look at the chart again, then decide."))
    _check_next_step(new.said["kind"], new.said["next_step"], today)
    _check_medicine(new.said["kind"], new.said["medicine"])
    accepted = _check_repeat(diary, new, today, rules)
    require_confirmed(who, Permission.DECISION_WRITE, about, now=now)
    decision = Decision(
        clinic_id=patient.clinic_id,
        id=new.client_ref or uuid.uuid4(),
        day=today,
        decided_at=_after_all_of(diary, now),
        shown=shown,
        shown_digest=digest,
        rules_digest=digest_of_version(session, patient.clinic_id, shown["ruleset"]),
        **new.said,
        **_decided_by(session, who),
    )
    sign(decision)
    _store(session, who, decision, accepted)
    return decision.id


def _check_repeat(diary: Diary, new: _New, today: date, rules: RuleSet) -> tuple[RepeatWarning, ...]:
    if new.said["kind"] is not DecisionKind.REPEAT:
        return ()
    return check_repeat(diary, new.said["next_step"], today, rules, accepted=new.accepted)


def _store(session: Session, who: Identity, decision: Decision, accepted: Sequence[RepeatWarning]) -> None:
    session.add(decision)
    about = Subject(decision.clinic_id, decision.patient_id)
    audit.write(session, who, act_of(decision), about=about, at=decision.decided_at, content=audited(decision))
    keep_accepted(session, who, about, decision.id, accepted, now=decision.decided_at)
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


def _check_medicine(kind: DecisionKind, medicine: str | None) -> None:
    if medicine is not None and medicine not in MEDICINE_CODES:
        raise Invalid(medicine=Sentence("Choose one of the medicines."))
    if medicine is not None and kind is not DecisionKind.CHANGE:
        raise Invalid(medicine=Sentence("Choose a medicine only when you decide to change it."))


def _check_reversed(diary: Diary, decision_id: uuid.UUID | None) -> None:
    """Let a reversal pass of a decision that stands."""
    if decision_id is None:
        return
    reversed_one = next((made for made in diary.decisions if made.id == decision_id), None)
    if reversed_one is None:
        raise NotThere
    if reversed_one.reverses is not None:
        raise Invalid(Sentence("This decision reverses another one. Decide anew instead."))
    if any(made.reverses == decision_id for made in diary.decisions):
        raise Changed(Sentence("This decision was reversed already."))


def act_of(decision: Decision) -> str:
    """Return the audit's name of what was done by a decision."""
    return "decision.recorded" if decision.reverses is None else "decision.reversed"


def audited(decision: Decision) -> dict[str, Any]:
    """Return what the audit keeps of a decision."""
    reverses = {} if decision.reverses is None else {"reverses": str(decision.reverses)}
    return reverses | {
        "decision": str(decision.id),
        "kind": decision.kind,
        "next_step": decision.next_step.isoformat() if decision.next_step else None,
        "shown_digest": decision.shown_digest,
        "signature": decision.signature.hex() if decision.signature else None,
    }
