"""Two numbers under one name: both are kept, and the patient says which one counts."""

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import DayScore, Source
from diary.db import snapshot
from diary.errors import NotThere, Refused
from diary.services.conflicts import Settled, conflicts_of, keep_first_number, own_conflicts, use_second_number
from diary.services.consents import withdraw_consent
from diary.services.entries import record_entry
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import ConsentPurpose
from tests.clinic_builders import a_patient, subject
from tests.services.looking_in import (
    audit_rows,
    diary_of,
    everything_stored,
    live_score,
    revisions_of,
    summary_of_row,
)
from tests.services.side_by_side import side_by_side
from tests.storage.rows_of_every_table import send_another_number

TODAY = date(2026, 3, 20)


@pytest.fixture
def twice(patient, clock):
    """A patient whose phone sent 9 under the name of a stored 4."""
    ref = uuid.uuid4()
    stored = record_entry(patient, subject(patient), day=TODAY, score=4, client_ref=ref, clock=clock).entry
    clock.move(minutes=5)
    send_another_number(patient, stored, clock, score=9)
    clock.move(minutes=5)
    return patient


def the_one(patient):
    (conflict,) = own_conflicts(patient, subject(patient))
    return conflict


def all_of(patient):
    with snapshot() as session:
        return conflicts_of(session, subject(patient))


def scores(patient):
    return [(entry.score, entry.reason) for entry in revisions_of(patient)]


def test_the_patient_is_told_of_both_numbers_until_one_is_chosen(twice, clock):
    conflict = the_one(twice)
    assert (conflict.day, conflict.score, conflict.stored_day, conflict.stored_score) == (TODAY, 9, TODAY, 4)
    assert conflict.settled is None
    assert scores(twice) == [(4, "")]
    keep_first_number(twice, subject(twice), conflict.id, clock=clock)
    assert own_conflicts(twice, subject(twice)) == ()
    assert [one.settled for one in all_of(twice)] == [Settled.KEPT]


def test_the_second_number_counts_once_it_is_chosen_and_the_first_one_is_kept(twice, clock):
    conflict = the_one(twice)
    for _ in range(2):
        use_second_number(twice, subject(twice), conflict.id, clock=clock)
        keep_first_number(twice, subject(twice), conflict.id, clock=clock)
    assert scores(twice) == [(4, ""), (9, "second number")]
    assert live_score(twice, TODAY, TODAY) == 9
    assert [one.settled for one in all_of(twice)] == [Settled.USED]


def test_keeping_what_is_stored_changes_no_score_and_leaves_a_trace(twice, clock):
    conflict = the_one(twice)
    for _ in range(2):
        keep_first_number(twice, subject(twice), conflict.id, clock=clock)
        use_second_number(twice, subject(twice), conflict.id, clock=clock)
    assert scores(twice) == [(4, ""), (4, "first number")]
    assert live_score(twice, TODAY, TODAY) == 4


def test_what_was_corrected_meanwhile_stays_when_it_is_kept(twice, clock):
    record_entry(twice, subject(twice), day=TODAY, score=6, client_ref=uuid.uuid4(), clock=clock)
    keep_first_number(twice, subject(twice), the_one(twice).id, clock=clock)
    assert live_score(twice, TODAY, TODAY) == 6


def test_a_choice_leaves_its_day_as_late_as_the_entry_it_is_about(twice, clock):
    conflict = the_one(twice)
    clock.move(days=20)
    use_second_number(twice, subject(twice), conflict.id, clock=clock)
    assert [(one.days_late, one.source, one.item_version) for one in revisions_of(twice)] == [
        (0, "self", "average-24-hours-1"),
        (20, "self", "average-24-hours-1"),
    ]
    live = diary_of(twice).scores(TODAY + timedelta(days=20), DEFAULT_RULES)
    assert live == {TODAY: DayScore(9, 0, Source.SELF, counts=True)}


@pytest.mark.parametrize(("choose", "chosen"), [(use_second_number, 9), (keep_first_number, 4)])
def test_as_of_a_day_before_the_choice_the_first_number_is_known_alone(twice, clock, choose, chosen):
    conflict = the_one(twice)
    clock.move(days=10)
    choose(twice, subject(twice), conflict.id, clock=clock)
    as_of = {days: live_score(twice, TODAY, TODAY + timedelta(days=days)) for days in (0, 4, 9, 10, 30)}
    assert as_of == {0: 4, 4: 4, 9: 4, 10: chosen, 30: chosen}


def test_a_second_number_for_another_day_is_stored_there_and_takes_nothing_away(patient, clock):
    ref = uuid.uuid4()
    stored = record_entry(patient, subject(patient), day=TODAY, score=4, client_ref=ref, clock=clock).entry
    yesterday = TODAY - timedelta(days=1)
    elsewhere = {"client_ref": stored.client_ref, "day": yesterday}
    send_another_number(patient, type("Sent", (), elsewhere), clock, score=7)
    clock.move(days=9)
    use_second_number(patient, subject(patient), the_one(patient).id, clock=clock)
    assert [(one.day, one.score, one.days_late) for one in revisions_of(patient)] == [(yesterday, 7, 1), (TODAY, 4, 0)]


def test_a_second_sending_that_takes_the_day_back_can_be_chosen_too(patient, clock):
    stored = record_entry(patient, subject(patient), day=TODAY, score=4, client_ref=uuid.uuid4(), clock=clock).entry
    send_another_number(patient, stored, clock, score=None)
    use_second_number(patient, subject(patient), the_one(patient).id, clock=clock)
    assert live_score(patient, TODAY, TODAY) is None


def test_the_same_second_number_once_more_is_kept_once_and_a_third_one_beside_it(twice, clock):
    entry, stored = revisions_of(twice)[0], everything_stored()
    for _ in range(3):
        send_another_number(twice, entry, clock, score=9)
    assert everything_stored() == stored
    send_another_number(twice, entry, clock, score=2)
    assert sorted(one.score for one in own_conflicts(twice, subject(twice))) == [2, 9]


def test_the_clinic_sees_it_and_its_verdict_does_not_move(clinic, twice, clock):
    before = summary_of_row(twice).shown
    page = read_patient_page(clinic.nurse, subject(twice), clock=clock)
    assert [(one.stored_score, one.score) for one in page.conflicts] == [(4, 9)]
    send_another_number(twice, revisions_of(twice)[0], clock, score=1)
    assert summary_of_row(twice).shown == before


def test_it_is_written_down_once(twice, clinic):
    (row,) = [row for row in audit_rows(clinic.clinic_id) if row.action == "entry.second_number"]
    assert (row.actor, row.patient_id) == ("patient", twice.patient_id)
    assert row.content == {"conflict": str(the_one(twice).id), "day": "2026-03-20", "score": 9}


def test_twenty_taps_on_both_buttons_settle_it_once(app, twice, clock):
    conflict, choices = the_one(twice), (use_second_number, keep_first_number)
    side_by_side(
        app,
        [
            lambda choose=choices[number % 2]: choose(twice, subject(twice), conflict.id, clock=clock)
            for number in range(20)
        ],
    )
    assert len(revisions_of(twice)) == 2


def test_nobody_else_settles_it(clinic, twice, clock):
    conflict, neighbour = the_one(twice), a_patient(clinic, clock, "M-2")
    stored = everything_stored()
    for settle in (use_second_number, keep_first_number):
        with pytest.raises(NotThere):
            settle(neighbour, subject(neighbour), conflict.id, clock=clock)
        with pytest.raises(NotThere):
            settle(replace(neighbour), subject(twice), conflict.id, clock=clock)
        with pytest.raises(Refused):
            settle(clinic.nurse, subject(twice), conflict.id, clock=clock)
        with pytest.raises(NotThere):
            settle(twice, subject(twice), uuid.uuid4(), clock=clock)
    assert everything_stored() == stored


def test_in_a_stopped_diary_nothing_is_settled(twice, clock):
    withdraw_consent(twice, subject(twice), ConsentPurpose.DIARY, clock=clock)
    for settle in (use_second_number, keep_first_number):
        with pytest.raises(Refused, match="stopped"):
            settle(twice, subject(twice), the_one(twice).id, clock=clock)
    assert scores(twice) == [(4, "")]


def test_more_second_numbers_than_a_phone_makes_by_mistake_stay_where_they_are(twice, clock, monkeypatch):
    monkeypatch.setattr("diary.services.conflicts.MOST_KEPT", 2)
    (stored,) = revisions_of(twice)
    send_another_number(twice, stored, clock, score=8)
    with pytest.raises(AssertionError, match="rejected"):
        send_another_number(twice, stored, clock, score=7)
    send_another_number(twice, stored, clock, score=8)
    assert sorted(one.score for one in all_of(twice)) == [8, 9]
