"""A day is as late in an exported study as in the diary, whatever the phone's clock said."""

import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from diary.access.identity import OPERATOR, Identity
from diary.clinical.diary_day import diary_day
from diary.clinical.rules import DEFAULT_RULES
from diary.db import snapshot, transaction
from diary.errors import Invalid
from diary.services.clinics import the_clinic
from diary.services.entries import put_writing
from diary.services.patients import patient_with_reference
from diary.services.study import import_study
from diary.services.study_export import export_study
from diary.services.writings import Writing
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import diary_of

WEST, EAST = "Pain clinic West", "Pain clinic East"
MINUTE, HOUR, DAY = 60, 3600, 86400


class Tap(NamedTuple):
    """A score tapped so many `seconds` after the beginning, `back` days before, on a phone so many seconds `ahead`."""

    seconds: int
    back: int
    score: int | None
    ahead: int
    sent_after: int
    on_the_way: int


def tapped(patient: Identity, zone, tap: Tap, beginning: datetime) -> None:
    """Let a phone send a score, unless the diary does not take it."""
    moment = beginning + timedelta(seconds=tap.seconds)
    writing = Writing(
        day=diary_day(moment, zone) - timedelta(days=tap.back),
        score=tap.score,
        client_ref=uuid.uuid4(),
        entered_at=moment + timedelta(seconds=tap.ahead),
        clock_error=timedelta(seconds=tap.on_the_way - tap.ahead),
    )
    arrival = moment + timedelta(seconds=tap.sent_after + tap.on_the_way)
    try:
        with transaction() as session:
            put_writing(session, patient, subject(patient), writing, now=arrival)
    except Invalid:
        return


def scores(patient: Identity, today: date):
    return dict(diary_of(patient).scores(today, DEFAULT_RULES))


def called(reference: str, clinic: str) -> Identity:
    with snapshot() as session:
        home = the_clinic(session, clinic)
        row = patient_with_reference(session, home.clinic_id, reference)
    return Identity(clinic_id=home.clinic_id, patient_id=row.id)


def zone_of(patient: Identity):
    return diary_of(patient).zones[0].zone


@pytest.fixture
def patient(app, clock):
    return a_patient(a_clinic(clock, WEST), clock)


def moments(folder) -> list[str]:
    lines = (folder / "scores.csv").read_text().splitlines()[1:]
    return [line.split(",")[3] for line in lines]


def test_a_phone_that_is_hours_ahead_makes_no_day_late_in_the_file(patient, clock, tmp_path):
    eleven = datetime(2026, 3, 2, 22, tzinfo=UTC)  # 23:00 in Amsterdam; the phone shows 05:00 of the day after
    for back in (0, 1):
        tapped(patient, zone_of(patient), Tap(0, back, 5, 6 * HOUR, 0, 0), eleven)
    export_study(OPERATOR, tmp_path, clinic=WEST, clock=clock)
    assert moments(tmp_path) == ["2026-03-02T23:00:00+01:00"] * 2
    import_study(OPERATOR, tmp_path, clinic=EAST, clock=clock)
    today = date(2026, 3, 20)
    assert scores(called("M-1", EAST), today) == scores(patient, today)
    lateness = {day: entry.days_late for day, entry in scores(patient, today).items()}
    assert lateness == {date(2026, 3, 1): 1, date(2026, 3, 2): 0}


def test_a_phone_that_is_days_behind_does_not_keep_a_clinic_from_being_exported(patient, clock, tmp_path):
    noon = datetime(2026, 3, 5, 11, tzinfo=UTC)
    tapped(patient, zone_of(patient), Tap(0, 0, 5, -3 * DAY, 0, 0), noon)
    export_study(OPERATOR, tmp_path, clinic=WEST, clock=clock)
    assert moments(tmp_path) == ["2026-03-05T12:00:00+01:00"]


def test_a_phone_that_is_a_few_seconds_ahead_at_the_turn_of_the_day_makes_no_day_late(patient, clock, tmp_path):
    turn = datetime(2026, 3, 6, 3, tzinfo=UTC)  # 04:00 in Amsterdam; a minute is no error of a clock
    tapped(patient, zone_of(patient), Tap(-10, 1, 5, 30, 0, 2), turn)
    export_study(OPERATOR, tmp_path, clinic=WEST, clock=clock)
    assert moments(tmp_path) == ["2026-03-06T03:59:52+01:00"], "the moment at which it was here"


ZONES = (
    "Europe/Amsterdam",
    "America/St_Johns",
    "America/Los_Angeles",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Pacific/Kiritimati",
)
WHEN_CLOCKS_CHANGE = [datetime(2025, month, day, 20, tzinfo=UTC) for month, day in ((3, 7), (3, 28), (4, 4), (10, 24))]
A_FEW_DAYS = 4 * DAY
AHEAD = st.one_of(
    st.sampled_from([0, 30, -30, MINUTE, -MINUTE, MINUTE + 1, 6 * HOUR, -6 * HOUR, DAY, -DAY]),
    st.integers(-A_FEW_DAYS, A_FEW_DAYS),
)
TAPS = st.lists(
    st.builds(
        Tap,
        st.integers(0, A_FEW_DAYS),
        st.integers(0, 3),
        st.one_of(st.integers(0, 10), st.none()),
        AHEAD,
        st.one_of(st.just(0), st.integers(0, 40 * DAY)),
        st.integers(0, MINUTE - 1),
    ),
    min_size=1,
    max_size=8,
)
NUMBERS = count()


@settings(max_examples=40)
@given(zone=st.sampled_from(ZONES), beginning=st.sampled_from(WHEN_CLOCKS_CHANGE), taps=TAPS)
@example(zone="Europe/Amsterdam", beginning=datetime(2026, 3, 29, 2, tzinfo=UTC), taps=[Tap(-5, 1, 5, 30, 0, 0)])
def test_every_day_is_as_late_after_a_round_trip(app, clock, tmp_path, zone, beginning, taps):
    number = next(NUMBERS)
    west, east, folder = f"{WEST} {number}", f"{EAST} {number}", tmp_path / str(number)
    clock.now = beginning
    patient = a_patient(a_clinic(clock, west), clock, zone=zone)
    for tap in sorted(taps, key=lambda tap: tap.seconds + tap.sent_after + tap.on_the_way):
        tapped(patient, zone_of(patient), tap, beginning)
    clock.move(days=60)
    export_study(OPERATOR, folder, clinic=west, clock=clock)
    import_study(OPERATOR, folder, clinic=east, clock=clock)
    today = clock().date()
    assert scores(called("M-1", east), today) == scores(patient, today)
