"""Plans in plain words: released to a patient from a decision, and taken back."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.exchange.own_data import OwnPlan
from diary.models import Decision, Member, Patient, ReleasedPlan
from diary.services import audit
from diary.services.courses import lock_patient
from diary.services.protection import looked_up, write_look
from diary.services.some_days import begin_reading

LONGEST = 1000
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A plan is taken back: why, for the clinic."""

    reason: str


@dataclass(frozen=True, slots=True)
class Released:
    """A plan is released: in these words, for the patient."""

    words: str


def release_plan(
    who: Identity, patient: Subject, decision_id: uuid.UUID, *, words: str, client_ref: uuid.UUID, clock: Clock
) -> None:
    """Release a plan to the patient in plain words; released once more, the new words take the place of the old ones.

    Raises:
        NotThere: the patient has no such decision.
        Invalid: there are no words, or too many.
        Changed: the decision was reversed, or `client_ref` was sent before with other words.
    """
    with transaction() as session:
        now, said = clock(), words.strip()
        require(who, Permission.PLAN_RELEASE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        if not said or len(said) > LONGEST:
            raise Invalid(words=Sentence("Write the plan in 1 to %(longest)s characters.", longest=LONGEST))
        decision = _decision(session, patient, decision_id)
        if _is_sent(session, patient, client_ref, words=said):
            return
        if _is_reversed(session, decision):
            raise Changed(Sentence("This decision was reversed: there is no plan to release."))
        _add(session, who, decision, Released(said), now=now, ref=client_ref)


def take_back_plan(who: Identity, patient: Subject, decision_id: uuid.UUID, *, reason: str, clock: Clock) -> None:
    """Take a released plan back; taken back twice, it is kept once.

    Raises:
        NotThere: the patient has no such decision.
        Invalid: there is no reason.
    """
    with transaction() as session:
        now, said = clock(), reason.strip()
        require(who, Permission.PLAN_RELEASE, looked_up(session, patient, now=now))
        lock_patient(session, patient)
        if not said or len(said) > LONGEST_REASON:
            raise Invalid(reason=Sentence("Say why, in a few words."))
        decision = _decision(session, patient, decision_id)
        last = last_plan(session, decision)
        if last is not None and not last.taken_back:
            _add(session, who, decision, TakenBack(said), now=now, ref=uuid.uuid4())


def take_back_of(
    session: Session, who: Identity, patient: Subject, decision_id: uuid.UUID, reason: str, *, now: datetime
) -> None:
    """Take back what was released from a decision that is reversed, within its unit."""
    decision = _decision(session, patient, decision_id)
    last = last_plan(session, decision)
    if last is not None and not last.taken_back:
        _add(session, who, decision, TakenBack(reason[:LONGEST_REASON]), now=now, ref=uuid.uuid4())


def last_plan(session: Session, decision: Decision) -> ReleasedPlan | None:
    """Return what was released of a decision, or taken back, last."""
    return next(reversed(plans_of_decision(session, decision)), None)


def plans_of_decision(session: Session, decision: Decision) -> list[ReleasedPlan]:
    """Return what was released of a decision and taken back, in order."""
    of_decision = select(ReleasedPlan).where(
        ReleasedPlan.clinic_id == decision.clinic_id, ReleasedPlan.decision_id == decision.id
    )
    return list(session.scalars(of_decision.order_by(ReleasedPlan.revision)))


def plans_of_patient(who: Identity, patient: Subject, *, clock: Clock) -> dict[uuid.UUID, ReleasedPlan]:
    """Return what was released last of each decision, or taken back, for the page of a patient that was looked at."""
    with snapshot() as session:
        require(who, Permission.PATIENT_READ, looked_up(session, patient, now=clock()))
        of_patient = select(ReleasedPlan).where(
            ReleasedPlan.clinic_id == patient.clinic_id, ReleasedPlan.patient_id == patient.patient_id
        )
        return {row.decision_id: row for row in session.scalars(of_patient.order_by(ReleasedPlan.revision))}


@dataclass(frozen=True)
class PlanPage:
    """A decision of a patient with what was released of it and taken back, in order."""

    patient: Patient
    decision: Decision
    plans: list[ReleasedPlan]
    is_reversed: bool


def read_plan_page(who: Identity, patient: Subject, decision_id: uuid.UUID, *, clock: Clock) -> PlanPage:
    """Return what a plan is written from; that `who` looked is written before it is handed out.

    Raises:
        NotThere: the patient has no such decision.
    """
    now = clock()
    with snapshot() as session:
        about = looked_up(session, patient, now=now)
        require(who, Permission.PLAN_RELEASE, about)
        decision = _decision(session, patient, decision_id)
        row = session.get_one(Patient, (patient.clinic_id, patient.patient_id))
        page = PlanPage(row, decision, plans_of_decision(session, decision), _is_reversed(session, decision))
    with transaction() as session:
        write_look(session, who, about, at=now)
    return page


def released_to(session: Session, patient: Subject) -> list[OwnPlan]:
    """Return every plan that was ever released to a patient, the latest first, with what became of it."""
    rows = session.execute(
        select(ReleasedPlan, Decision.kind)
        .join(Decision, (Decision.clinic_id == ReleasedPlan.clinic_id) & (Decision.id == ReleasedPlan.decision_id))
        .where(ReleasedPlan.clinic_id == patient.clinic_id, ReleasedPlan.patient_id == patient.patient_id)
        .order_by(ReleasedPlan.made_at.desc(), ReleasedPlan.revision.desc())
    )
    ended: dict[uuid.UUID, datetime] = {}
    plans = []
    for row, kind in rows:
        if not row.taken_back:
            until = ended.get(row.decision_id)
            plans.append(OwnPlan(row.day, kind, row.words, row.member_name, row.made_at, until))
        ended[row.decision_id] = row.made_at
    return plans


def _decision(session: Session, patient: Subject, decision_id: uuid.UUID) -> Decision:
    decision = session.get(Decision, (patient.clinic_id, decision_id))
    if decision is None or decision.patient_id != patient.patient_id:
        raise NotThere
    return decision


def _is_reversed(session: Session, decision: Decision) -> bool:
    reversal = select(Decision.id).where(Decision.clinic_id == decision.clinic_id, Decision.reverses == decision.id)
    return decision.reverses is not None or session.scalar(reversal) is not None


def _is_sent(session: Session, patient: Subject, client_ref: uuid.UUID, *, words: str) -> bool:
    sent = session.get(ReleasedPlan, (patient.clinic_id, client_ref))
    if sent is not None and (sent.patient_id, sent.words) != (patient.patient_id, words):
        raise Changed(Sentence("This form was sent before with something else. Look at the page, then send it again."))
    return sent is not None


def _add(
    session: Session, who: Identity, decision: Decision, said: Released | TakenBack, *, now: datetime, ref: uuid.UUID
) -> None:
    if who.member_id is None:
        raise NotThere
    about = Subject(decision.clinic_id, decision.patient_id)
    before = plans_of_decision(session, decision)
    row = ReleasedPlan(
        clinic_id=decision.clinic_id,
        id=ref,
        patient_id=decision.patient_id,
        decision_id=decision.id,
        revision=len(before) + 1,
        words=said.words if isinstance(said, Released) else "",
        taken_back=isinstance(said, TakenBack),
        reason=said.reason if isinstance(said, TakenBack) else "",
        member_id=who.member_id,
        member_name=session.get_one(Member, (who.clinic_id, who.member_id)).name,
        day=begin_reading(session, about).today(now),
        made_at=max([now, *(one.made_at for one in before)]),
    )
    session.add(row)
    told = {"plan": str(row.id), "decision": str(decision.id), "revision": row.revision}
    action = "plan.taken_back" if row.taken_back else "plan.released"
    audit.write(session, who, action, about=about, at=now, content=told)
