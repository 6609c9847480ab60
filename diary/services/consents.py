"""Consents: what a patient agreed to, when and in which words, and what they took back."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clock import Clock
from diary.db import HELD, snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Refused, Sentence
from diary.models import Consent, Member, Patient
from diary.services import audit
from diary.services.consent_texts import REQUIRED, current_text, text_of
from diary.services.looks import zone_of
from diary.services.projection import refresh_summary
from diary.services.protection import looked_up
from diary.vocabulary import ConsentHow, ConsentPurpose, ConsentSaid


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands with one purpose: what they said last, None when they were never asked."""

    purpose: ConsentPurpose
    last: Consent | None

    @property
    def is_given(self) -> bool:
        """Say whether they agreed and did not take it back."""
        return self.last is not None and self.last.said == ConsentSaid.GIVEN

    @property
    def is_withdrawn(self) -> bool:
        """Say whether they took it back."""
        return self.last is not None and self.last.said == ConsentSaid.WITHDRAWN

    @property
    def is_to_be_asked(self) -> bool:
        """Say whether the words of today were never put to them: they agreed to older ones, or began without any."""
        if self.last is None:
            return self.purpose is REQUIRED
        return self.is_given and self.last.version != current_text(self.purpose).version


@dataclass(frozen=True, slots=True)
class Consents:
    """Everything a patient said, the newest first, and where that leaves them; `names` are those of members."""

    standings: tuple[Standing, ...]
    said: tuple[Consent, ...]
    names: dict[uuid.UUID, str]


def own_consents(who: Identity, patient: Subject) -> Consents:
    """Return what the patient who is asking said."""
    require(who, Permission.DIARY_READ, patient)
    with snapshot() as session:
        return _read(session, patient)


def consents_of_patient(who: Identity, patient: Subject, *, clock: Clock) -> Consents:
    """Return what a patient of the clinic said; the page it stands on writes the look."""
    with snapshot() as session:
        require(who, Permission.PATIENT_READ, looked_up(session, patient, now=clock()))
        return _read(session, patient)


def give_consent(who: Identity, patient: Subject, purpose: ConsentPurpose, *, version: str, clock: Clock) -> None:
    """Agree to the words of `version`; said twice, it is kept once.

    Raises:
        Changed: other words are asked by now.
    """
    require(who, Permission.CONSENT_SAY, patient)
    if version != current_text(purpose).version:
        raise Changed(Sentence("The words have changed since you opened the page: read them again."))
    with transaction() as session:
        last = _last_locked(session, patient, purpose)
        if last is None or (last.said, last.version) != (ConsentSaid.GIVEN, version):
            put_consent(session, who, patient, purpose, version=version, now=clock())
            _tell_worklist(session, patient, now=clock())


def withdraw_consent(who: Identity, patient: Subject, purpose: ConsentPurpose, *, clock: Clock) -> None:
    """Take it back; taken back twice, it is kept once."""
    require(who, Permission.CONSENT_SAY, patient)
    with transaction() as session:
        last = _last_locked(session, patient, purpose)
        if last is None or last.said == ConsentSaid.GIVEN:
            version = last.version if last else current_text(purpose).version
            put_consent(session, who, patient, purpose, version=version, said=ConsentSaid.WITHDRAWN, now=clock())
            _tell_worklist(session, patient, now=clock())


@dataclass(frozen=True, slots=True)
class OnPaper:
    """A paper the patient signed: what it says, in the words of which version, and the day of the signature."""

    purpose: ConsentPurpose
    version: str
    said: ConsentSaid
    day: date


def record_paper(who: Identity, patient: Subject, paper: OnPaper, *, clock: Clock) -> None:
    """Record what a patient signed on paper.

    Raises:
        Invalid: the day lies ahead, or before what the patient said last; or no such words were ever asked.
    """
    with transaction() as session:
        now = clock()
        require(who, Permission.CONSENT_RECORD, looked_up(session, patient, now=now))
        last = _last_locked(session, patient, paper.purpose)
        if text_of(paper.purpose, paper.version) is None:
            raise Invalid(words=Sentence("Choose one of those offered."))
        if paper.day > _today(session, patient, now):
            raise Invalid(day=Sentence("This day has not come yet."))
        if last is not None and paper.day < last.day:
            raise Invalid(day=Sentence("The patient has said something newer on %(day)s: that counts.", day=last.day))
        put_consent(
            session,
            who,
            patient,
            paper.purpose,
            version=paper.version,
            said=paper.said,
            signed_on=paper.day,
            now=now,
        )
        _tell_worklist(session, patient, now=now)


def _tell_worklist(session: Session, patient: Subject, *, now: datetime) -> None:
    if patient.patient_id is not None:
        refresh_summary(session, patient.clinic_id, patient.patient_id, now=now)


def put_consent(
    session: Session,
    who: Identity,
    patient: Subject,
    purpose: ConsentPurpose,
    *,
    version: str,
    now: datetime,
    said: ConsentSaid = ConsentSaid.GIVEN,
    signed_on: date | None = None,
) -> None:
    """Add what a patient said within a unit that is open already; `signed_on` says that it stands on paper."""
    of_purpose = (*_of_patient(patient), Consent.purpose == purpose)
    so_far = session.scalar(select(func.max(Consent.revision)).where(*of_purpose)) or 0
    how = ConsentHow.PAPER if signed_on else ConsentHow.SELF
    day = signed_on or _today(session, patient, now)
    consent = Consent(
        clinic_id=patient.clinic_id,
        id=uuid.uuid4(),
        patient_id=patient.patient_id,
        purpose=purpose,
        revision=so_far + 1,
        version=version,
        said=said,
        day=day,
        at=now,
        how=how,
        recorded_by=who.member_id,
    )
    session.add(consent)
    session.flush()
    content = {"consent": str(consent.id), "purpose": purpose, "version": version, "how": how, "day": day.isoformat()}
    audit.write(session, who, f"consent.{said}", about=patient, at=now, content=content)


def is_diary_stopped(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID | None) -> bool:
    """Say whether a patient took back that the clinic keeps a diary: nothing is written and nobody is reminded."""
    return any(one.is_withdrawn for one in standings(session, clinic_id, patient_id) if one.purpose is REQUIRED)


def refuse_when_stopped(session: Session, patient: Subject) -> None:
    """Let nobody write in a diary that was stopped.

    Raises:
        Refused: the patient took their consent back.
    """
    refuse_stopped(is_diary_stopped(session, patient.clinic_id, patient.patient_id))


def refuse_stopped(is_stopped: bool) -> None:
    """Let nobody write in a diary that is stopped.

    Raises:
        Refused: it is.
    """
    if is_stopped:
        raise Refused(Sentence("This diary is stopped, because the consent to it was taken back. Nothing was stored."))


def research_allowed(session: Session, clinic_id: uuid.UUID) -> set[uuid.UUID]:
    """Return the patients of a clinic who agreed to research with their numbers and did not take it back."""
    return set(session.scalars(patients_in_research(clinic_id)))


def patients_in_research(clinic_id: uuid.UUID) -> Select[uuid.UUID]:
    """Return the same as a selection of `patient_id`, for use within another one."""
    later = aliased(Consent)
    taken_over = exists().where(
        later.clinic_id == Consent.clinic_id,
        later.patient_id == Consent.patient_id,
        later.purpose == Consent.purpose,
        later.revision > Consent.revision,
    )
    return select(Consent.patient_id).where(
        Consent.clinic_id == clinic_id,
        Consent.purpose == ConsentPurpose.RESEARCH,
        Consent.said == ConsentSaid.GIVEN,
        ~taken_over,
    )


def standings(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID | None) -> tuple[Standing, ...]:
    """Return where a patient stands with every purpose."""
    return _standings(consents_in_order(session, Subject(clinic_id, patient_id)))


def consents_in_order(session: Session, patient: Subject) -> list[Consent]:
    """Return everything a patient said, the oldest first."""
    in_order = (Consent.at, Consent.purpose, Consent.revision)
    return list(session.scalars(select(Consent).where(*_of_patient(patient)).order_by(*in_order)))


def _standings(said: list[Consent]) -> tuple[Standing, ...]:
    last: dict[str, Consent] = {}
    for consent in said:
        known = last.get(consent.purpose)
        if known is None or consent.revision > known.revision:
            last[consent.purpose] = consent
    return tuple(Standing(purpose, last.get(purpose)) for purpose in ConsentPurpose)


def _read(session: Session, patient: Subject) -> Consents:
    if session.get(Patient, (patient.clinic_id, patient.patient_id)) is None:
        raise NotThere
    said = consents_in_order(session, patient)
    who = {one.recorded_by for one in said if one.recorded_by}
    names = select(Member.id, Member.name).where(Member.clinic_id == patient.clinic_id, Member.id.in_(who))
    called = {row.id: row.name for row in session.execute(names)} if who else {}
    return Consents(_standings(said), tuple(reversed(said)), called)


def _last_locked(session: Session, patient: Subject, purpose: ConsentPurpose) -> Consent | None:
    """Return what was said last to a purpose, while nobody else adds to it."""
    if session.get(Patient, (patient.clinic_id, patient.patient_id), with_for_update=HELD) is None:
        raise NotThere
    of_purpose = select(Consent).where(*_of_patient(patient), Consent.purpose == purpose)
    return session.scalar(of_purpose.order_by(Consent.revision.desc()).limit(1))


def _of_patient(patient: Subject):  # type: ignore[no-untyped-def]
    return Consent.clinic_id == patient.clinic_id, Consent.patient_id == patient.patient_id


def _today(session: Session, patient: Subject, now: datetime) -> date:
    return now.astimezone(zone_of(session, patient.clinic_id, patient.patient_id)).date()
