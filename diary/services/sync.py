"""What phones send: each entry is stored in a unit of its own, and answered for itself once that is committed."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

import structlog
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.attempt import can_be_done_again, is_unavailable
from diary.clinical.phone_clock import is_day_doubtful, moment_of_writing
from diary.db import transaction
from diary.errors import BeingMoved, Invalid, NotThere, Refused
from diary.exchange.phone_entries import EntryRejected, Open, PhoneEntry, Sending, name_of, read_entry
from diary.installation import installation
from diary.models import Entry
from diary.security.asked_days import moment_of_asking, written_asking
from diary.security.phone_keys import KeyNotKept, NotOpened, PhoneKeys, owner_tag
from diary.security.secret_keys import names_key
from diary.services.at_hand import AtHand, take_in_hand
from diary.services.conflicts import keep_second_number
from diary.services.consents import is_diary_stopped
from diary.services.entries import (
    UNDONE,
    Stored,
    earliest_day_offered,
    entry_sent_as,
    put_writing,
    score_without,
)
from diary.services.high_scores import advised_on
from diary.services.rules import rules_in_force
from diary.services.some_days import begin_reading
from diary.services.writings import NotOffered, NotYet, Writing

log = structlog.get_logger()


class Status(StrEnum):
    """What became of one entry."""

    STORED = "stored"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one entry.

    Attributes:
        client_ref: the entry's name, as the phone wrote it; None where it had none.
        status: what became of it.
        reason: why it was rejected, a word of the phone's.
        entry: what is stored under that name.
        advice: the page with the clinic's numbers is due.
        days: the days that the patient may choose from, the latest first.
        asked: when they were offered, for the phone to say again with the day that was chosen.
    """

    client_ref: str | None
    status: Status
    reason: str | None = None
    entry: uuid.UUID | None = None
    advice: bool = False
    days: tuple[date, ...] = ()
    asked: str | None = None


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One entry as it arrived `at` some moment, first `known_at` it, from a phone whose clock is `behind` ours."""

    who: Identity
    patient: Subject
    entry: PhoneEntry
    behind: timedelta
    at: datetime
    known_at: datetime

    @property
    def writing(self) -> Writing:
        """What is to be stored."""
        entry = self.entry
        return Writing(
            day=entry.day_chosen or entry.day,
            score=entry.score,
            client_ref=entry.client_ref,
            entered_at=entry.entered_at,
            utc_offset=entry.utc_offset,
            clock_error=self.behind,
            item_version=entry.item_version,
            reason=UNDONE if entry.undoes else "",
            known_at=self.known_at,
        )

    @property
    def is_doubtful(self) -> bool:
        """Say whether the patient has to name the day."""
        return self.entry.day_chosen is None and is_day_doubtful(self.entry.entered_at, self.behind, self.known_at)


class _Turned(Exception):
    """Nothing is stored of this entry, for a reason that the phone is told."""

    def __init__(self, reason: str, days: tuple[date, ...] = (), asked: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.days, self.asked = reason, days, asked


def receive_entries(who: Identity, patient: Subject, sending: Sending, *, received_at: datetime) -> list[Outcome]:
    """Store what a phone of the patient sent; one answer for each entry, in their order.

    Raises:
        OperationalError: the database does not answer; whatever was stored before is told when it is sent again.
    """
    require(who, Permission.ENTRY_WRITE, patient)
    owner, opened = owner_of(patient), _opener()
    outcomes = []
    for sent in sending.entries:
        name = name_of(sent)
        try:
            entry = read_entry(sent, owner=owner, opened=opened)
        except EntryRejected as refusal:
            outcomes.append(Outcome(name, Status.REJECTED, refusal.reason))
        else:
            known_at = _known_at(patient, entry, received_at)
            arrival = _Arrival(who, patient, entry, received_at - sending.sent_at, received_at, known_at)
            outcomes.append(replace(_receive(arrival), client_ref=name))
    return outcomes


def owner_of(patient: Subject) -> str:
    """Return what phones call this patient.

    Raises:
        NotThere: it is about no patient.
    """
    if patient.patient_id is None:
        raise NotThere
    return owner_tag(names_key(installation().settings), patient.clinic_id, patient.patient_id)


def is_over(session: Session, patient: Subject) -> bool:
    """Say whether nothing is taken any more, as on the page: the patient took back that the clinic keeps a diary."""
    return patient.patient_id is not None and is_diary_stopped(session, patient.clinic_id, patient.patient_id)


def _opener() -> Open:
    keys = PhoneKeys.of(installation().settings)

    def opened(sealed: bytes, key_id: str, about: bytes) -> bytes:
        try:
            return keys.open(sealed, key_id=key_id, about=about)
        except KeyNotKept as error:
            raise EntryRejected("unknown_key") from error
        except NotOpened as error:
            raise EntryRejected("unreadable") from error

    return opened


def _receive(arrival: _Arrival) -> Outcome:
    """Store one entry in a unit of its own; the answer is made once that is committed."""
    try:
        with transaction(once=arrival.entry.client_ref) as session:
            return _take(session, arrival)
    except _Turned as refusal:
        return Outcome(None, Status.REJECTED, refusal.reason, days=refusal.days, asked=refusal.asked)
    except Refused:
        return Outcome(None, Status.REJECTED, "stopped")
    except Invalid:
        return Outcome(None, Status.REJECTED, "invalid")
    except BeingMoved:
        raise
    except Exception as error:  # one entry that we cannot take never costs the others
        if is_unavailable(error) or can_be_done_again(error):
            raise
        log.exception("entry_not_taken", kind=type(error).__name__)
        return Outcome(None, Status.REJECTED, "failed")


def _take(session: Session, arrival: _Arrival) -> Outcome:
    if arrival.entry.undoes is not None:
        arrival = _of_undone_day(session, arrival, arrival.entry.undoes)
    writing = arrival.writing
    at_hand = take_in_hand(session, arrival.patient, day=writing.day, client_ref=writing.client_ref)
    stored = entry_sent_as(session, arrival.patient, writing.client_ref) if at_hand.is_name_taken else None
    if stored is not None and _is_same(session, arrival, stored):
        advice = advised_on(session, arrival.patient, stored.day)
        return Outcome(None, Status.DUPLICATE, entry=stored.id, advice=advice)
    if at_hand.is_stopped:
        raise _Turned("stopped")
    if stored is not None:
        keep_second_number(session, arrival.who, arrival.patient, writing, received_at=arrival.at)
        return Outcome(None, Status.CONFLICT, entry=stored.id)
    done = _put(session, arrival, at_hand)
    return Outcome(None, Status.STORED, entry=done.entry.id, advice=done.advice)


def _put(session: Session, arrival: _Arrival, at_hand: AtHand) -> Stored:
    who, patient, now, writing = arrival.who, arrival.patient, arrival.at, arrival.writing
    if arrival.is_doubtful:
        raise _asking_for_day(session, arrival)
    if arrival.entry.undoes is not None:
        writing = replace(writing, score=score_without(session, patient, writing.day, arrival.entry.undoes))
    try:
        return put_writing(session, who, patient, writing, now=now, at_hand=at_hand)
    except NotOffered as error:
        raise _Turned("not_offered", _days_to_choose(session, arrival)) from error
    except NotYet as error:
        if arrival.entry.day_chosen is None:
            raise _asking_for_day(session, arrival) from error
    # The patient names a day that had not come by the phone's moment: then that moment is wrong, and only ours is left.
    writing = replace(writing, clock_error=arrival.known_at - arrival.entry.entered_at)
    try:
        return put_writing(session, who, patient, writing, now=now, at_hand=at_hand)
    except (NotYet, NotOffered) as error:
        raise _Turned("not_offered", _days_to_choose(session, arrival)) from error


def _is_same(session: Session, arrival: _Arrival, stored: Entry) -> bool:
    """Say whether a name stands for what it stood for: the same score for the same day.

    An entry whose day the patient named later is the same, also where its first sending comes once more without it.
    """
    if arrival.entry.undoes is not None:
        return stored.reason == UNDONE
    if stored.score != arrival.entry.score:
        return False
    return arrival.writing.day == stored.day or (
        arrival.entry.day_chosen is None and (arrival.is_doubtful or arrival.entry.day > _written_on(session, arrival))
    )


def _written_on(session: Session, arrival: _Arrival) -> date:
    """Return the diary day of the moment of writing."""
    written_at = moment_of_writing(arrival.entry.entered_at, arrival.behind, arrival.known_at)
    return begin_reading(session, arrival.patient).today(min(written_at, arrival.known_at))


def _of_undone_day(session: Session, arrival: _Arrival, undone: uuid.UUID) -> _Arrival:
    """Return a taking-back as one of the day of what it takes back, where that arrived: then the day is no question."""
    stored = entry_sent_as(session, arrival.patient, undone)
    return replace(arrival, entry=replace(arrival.entry, day_chosen=stored.day)) if stored else arrival


def _known_at(patient: Subject, entry: PhoneEntry, received_at: datetime) -> datetime:
    """Return when this very entry was here first: when we asked for its day, as we wrote it down, or now."""
    if entry.asked is None:
        return received_at
    asked_at = moment_of_asking(names_key(installation().settings), _spoken_of(patient, entry), entry.asked)
    return min(received_at, asked_at or received_at)


def _asking_for_day(session: Session, arrival: _Arrival) -> _Turned:
    about = _spoken_of(arrival.patient, arrival.entry)
    asked = written_asking(names_key(installation().settings), about, arrival.known_at)
    return _Turned("which_day", _days_to_choose(session, arrival), asked)


def _spoken_of(patient: Subject, entry: PhoneEntry) -> bytes:
    said = (owner_of(patient), entry.client_ref, entry.day, entry.score, entry.entered_at.isoformat())
    return repr([str(part) for part in said]).encode()


def _days_to_choose(session: Session, arrival: _Arrival) -> tuple[date, ...]:
    last = _written_on(session, arrival)
    first = earliest_day_offered(last, rules_in_force(session, arrival.patient.clinic_id))
    return tuple(last - timedelta(days=back) for back in range((last - first).days + 1))
