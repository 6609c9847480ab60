"""What a phone sends ends in the same diary, whatever the order, and is as late as its moment of writing."""

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.diary_day import diary_day
from diary.db import transaction
from diary.exchange.phone_entries import Sending
from diary.models import PatientZone
from diary.services.entries import record_entry, undo_entry
from diary.services.sync import Status, receive_entries
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import live_score, revisions_of

NUMBERS = count(1)


def an_entry(day, score, entered_at, *, ref=None, **more):
    named = {"client_ref": str(ref or uuid.uuid4()), "day": str(day), "score": score}
    return {**named, "entered_at": entered_at.isoformat(), "utc_offset": 0, **more}


def send(patient, clock, *entries, ahead=timedelta(), on_the_way=timedelta()):
    """Send entries now, from a phone whose clock is `ahead`."""
    sending = Sending(clock() - on_the_way + ahead, list(entries))
    return receive_entries(patient, subject(patient), sending, received_at=clock())


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TURNS = [
    # zone, tapped at (UTC), about, days late; each worked out by hand from the clocks of that night
    ("Europe/Amsterdam", "2026-03-21T02:59:59", "2026-03-20", 0),
    ("Europe/Amsterdam", "2026-03-21T03:00:00", "2026-03-20", 1),
    # 28 March has 23 hours: it ends at 04:00 summer time
    ("Europe/Amsterdam", "2026-03-29T01:59:59", "2026-03-28", 0),
    ("Europe/Amsterdam", "2026-03-29T02:00:00", "2026-03-28", 1),
    ("Europe/Amsterdam", "2026-03-29T02:00:00", "2026-03-29", 0),
    # 24 October has 25 hours: it ends at 04:00 winter time
    ("Europe/Amsterdam", "2026-10-25T02:59:59", "2026-10-24", 0),
    ("Europe/Amsterdam", "2026-10-25T03:00:00", "2026-10-24", 1),
    # Cairo leaves out the hour after midnight of 24 April
    ("Africa/Cairo", "2026-04-24T00:59:59", "2026-04-23", 0),
    ("Africa/Cairo", "2026-04-24T01:00:00", "2026-04-23", 1),
    ("Africa/Cairo", "2026-04-24T01:00:00", "2026-04-24", 0),
    # Santiago leaves out the hour after midnight of 6 September
    ("America/Santiago", "2026-09-06T06:59:59", "2026-09-05", 0),
    ("America/Santiago", "2026-09-06T07:00:00", "2026-09-05", 1),
    ("America/Santiago", "2026-09-06T07:00:00", "2026-09-06", 0),
    # Apia left out 30 December 2011: the day after the 29th was the 31st
    ("Pacific/Apia", "2011-12-30T13:59:59", "2011-12-29", 0),
    ("Pacific/Apia", "2011-12-30T14:00:00", "2011-12-31", 0),
    ("Pacific/Apia", "2011-12-30T14:00:00", "2011-12-29", 2),
]


@pytest.mark.parametrize("turn", TURNS, ids=str)
@pytest.mark.parametrize("offline", [timedelta(), timedelta(days=30)])
@pytest.mark.parametrize("ahead", [timedelta(), timedelta(hours=5), timedelta(hours=-5)])
def test_it_is_as_late_as_it_was_written_wherever_the_patient_lives(app, clock, turn, offline, ahead):
    zone, tapped, about, late = turn
    clock.now = utc(tapped) - timedelta(days=40)
    patient = a_patient(a_clinic(clock), clock, zone=zone)
    entry = an_entry(about, 6, utc(tapped) + ahead)
    clock.now = utc(tapped) + offline
    (told,) = send(patient, clock, entry, ahead=ahead)
    assert told.status is Status.STORED
    (stored,) = revisions_of(patient)
    assert (stored.days_late, stored.written_at) == (late, utc(tapped))
    assert (stored.entered_at, stored.received_at) == (utc(tapped) + ahead, clock())
    assert stored.clock_error_seconds == -ahead.total_seconds()


@pytest.mark.parametrize(
    ("tapped", "about", "late"),
    [
        # Amsterdam until the diary day of 20 March begins in Los Angeles, at 11:00 UTC; the phone was offline
        ("2026-03-20T02:59:59", "2026-03-19", 0),
        ("2026-03-20T03:00:00", "2026-03-20", 0),
        ("2026-03-20T10:59:59", "2026-03-20", 0),
        ("2026-03-21T10:59:59", "2026-03-20", 0),
        ("2026-03-21T11:00:00", "2026-03-20", 1),
    ],
)
def test_a_move_that_the_phone_did_not_know_of_is_reckoned_with(app, clock, tapped, about, late):
    clock.now = utc("2026-03-10T12:00:00")
    patient = a_patient(a_clinic(clock), clock)
    with transaction() as session:
        key = {"clinic_id": patient.clinic_id, "patient_id": patient.patient_id}
        session.add(PatientZone(**key, valid_from=date(2026, 3, 20), time_zone="America/Los_Angeles"))
    clock.now = utc("2026-03-28T12:00:00")
    (told,) = send(patient, clock, an_entry(about, 6, utc(tapped)))
    assert told.status is Status.STORED
    assert revisions_of(patient)[0].days_late == late


def test_a_clock_that_is_two_hours_behind_makes_an_entry_of_the_morning_one_of_the_day_before(app, clock):
    """At half past four the phone shows half past two, and asks about a day that is over."""
    clock.now = utc("2026-03-21T03:30:00")
    patient = a_patient(a_clinic(clock), clock)
    entry = an_entry("2026-03-20", 6, clock() - timedelta(hours=2))
    assert send(patient, clock, entry, ahead=timedelta(hours=-2))[0].status is Status.STORED
    assert revisions_of(patient)[0].days_late == 1


def test_a_day_is_as_late_as_its_first_writing_also_when_that_arrives_second(app, clock):
    patient = a_patient(a_clinic(clock), clock)
    first, correction = an_entry("2026-03-20", 6, clock()), clock.now + timedelta(days=2)
    clock.now = correction
    assert send(patient, clock, an_entry("2026-03-20", 4, correction))[0].status is Status.STORED
    clock.move(days=1)
    assert send(patient, clock, first)[0].status is Status.STORED
    assert [one.score for one in revisions_of(patient)] == [4, 6]
    assert live_score(patient, date(2026, 3, 20), date(2026, 3, 23)) == 4


@dataclass(frozen=True)
class Tap:
    """A score tapped on one of two phones: minutes after the beginning, and when it was sent, once or more often."""

    phone: int
    minute: int
    back: int
    score: int | None
    sent_after: tuple[int, ...]


TAPS = st.lists(
    st.builds(
        Tap,
        phone=st.integers(0, 1),
        minute=st.integers(0, 5 * 24 * 10).map(lambda number: number * 6),
        back=st.integers(0, 3),
        score=st.none() | st.integers(0, 10),
        sent_after=st.lists(st.sampled_from([0, 1, 60, 1440, 10_000, 43_200]), min_size=1, max_size=3).map(tuple),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda tap: tap.minute,
)
CLOCKS = st.tuples(*[st.sampled_from([0, 30, 20 * 60, -3 * 3600, 11 * 3600])] * 2)
BEGINNING = utc("2026-03-16T05:00:00")


@settings(max_examples=30)
@given(taps=TAPS, ahead=CLOCKS, on_the_way=st.lists(st.integers(0, 59), min_size=24, max_size=24), chance=st.randoms())
def test_any_order_repetition_and_batching_ends_in_the_same_diary(app, clock, taps, ahead, on_the_way, chance):
    clock.now = BEGINNING
    clinic = _clinic(app, clock)
    patient = a_patient(clinic, clock, f"M-{next(NUMBERS)}")
    wanted, sendings = {}, []
    for tap in sorted(taps, key=lambda tap: tap.minute):
        moment = BEGINNING + timedelta(minutes=tap.minute)
        day = diary_day(moment, ZoneInfo("Europe/Amsterdam")) - timedelta(days=tap.back)
        wanted[day] = tap.score
        entry = an_entry(day, tap.score, moment + timedelta(seconds=ahead[tap.phone]))
        sendings += [(moment + timedelta(minutes=after), tap.phone, entry) for after in tap.sent_after]
    answered = set()
    chance.shuffle(sendings)
    for (sent_at, phone), some in groupby(sorted(sendings, key=lambda one: one[:2]), key=lambda one: one[:2]):
        way = timedelta(seconds=on_the_way[len(answered) % 24])
        clock.now = max(clock.now, sent_at) + way
        told = send(patient, clock, *(one[2] for one in some), ahead=timedelta(seconds=ahead[phone]), on_the_way=way)
        assert {one.status for one in told} <= {Status.STORED, Status.DUPLICATE}
        answered |= {one.client_ref for one in told}
    clock.move(days=1)
    stored = revisions_of(patient)
    assert sorted(str(one.client_ref) for one in stored) == sorted(answered)
    assert len(stored) == len(taps)
    today = clock().date()
    assert {day: live_score(patient, day, today) for day in wanted} == wanted


CLINICS = {}


def _clinic(app, clock):
    if app not in CLINICS:
        CLINICS.clear()
        CLINICS[app] = a_clinic(clock)
    return CLINICS[app]


@pytest.mark.parametrize("behind", [0, 5, 59, 61, 100, 3 * 3600])
@pytest.mark.parametrize("first_came_by", ["phone", "page"])
def test_a_number_tapped_after_an_undo_counts_also_when_the_phones_clock_is_behind(app, clock, behind, first_came_by):
    patient = a_patient(a_clinic(clock), clock)
    day, ahead = clock().date(), -timedelta(seconds=behind)
    if first_came_by == "phone":
        (told,) = send(patient, clock, an_entry(day, 5, clock() + ahead), ahead=ahead, on_the_way=timedelta(seconds=1))
        first = told.entry
    else:
        page = {"day": day, "score": 5, "client_ref": uuid.uuid4()}
        first = record_entry(patient, subject(patient), **page, clock=clock).entry.id
    clock.move(seconds=3)
    undo_entry(patient, subject(patient), first, clock=clock)
    clock.move(seconds=3)
    tapped = an_entry(day, 6, clock() + ahead)
    clock.move(seconds=1)
    (told,) = send(patient, clock, tapped, ahead=ahead, on_the_way=timedelta(seconds=1))
    assert told.status is Status.STORED
    assert live_score(patient, day, day) == 6


def test_what_was_tapped_before_a_correction_on_a_page_and_came_late_does_not_replace_it(app, clock):
    patient = a_patient(a_clinic(clock), clock)
    day, tapped = clock().date(), an_entry(clock().date(), 5, clock())
    clock.move(seconds=30)
    record_entry(patient, subject(patient), day=day, score=7, client_ref=uuid.uuid4(), clock=clock)
    clock.move(minutes=5)
    assert send(patient, clock, tapped)[0].status is Status.STORED
    assert live_score(patient, day, day) == 7
