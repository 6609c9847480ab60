"""Which writing of a day is live, how late it is, and whether it counts."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest

from diary.clinical.errors import ClinicalError
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clinical.scores import DayScore, Revision, Source, counting_scores, live_scores
from tests.clinical.builders import DAY_0, revision

MONDAY = DAY_0
MONTH_END = MONDAY + timedelta(days=30)
NO_PAPER = replace(DEFAULT_RULES, paper_counts=False)


def live(*revisions: Revision, today: date = MONTH_END, rules: RuleSet = DEFAULT_RULES) -> DayScore | None:
    return live_scores(revisions, today, rules).get(MONDAY)


def counted(*revisions: Revision, today: date = MONTH_END, rules: RuleSet = DEFAULT_RULES) -> bool:
    entry = live(*revisions, today=today, rules=rules)
    assert entry is not None
    return entry.counts


@pytest.mark.parametrize(("late", "counts"), [(0, True), (1, True), (2, False), (3, False), (4, False)])
def test_an_entry_of_the_same_or_the_next_day_counts_and_a_later_one_does_not(late: int, counts: bool) -> None:
    assert live(revision(MONDAY, 6, late=late)) == DayScore(6, late, Source.SELF, counts)


def test_an_entry_written_before_its_day_does_not_count() -> None:
    assert live(revision(MONDAY, 6, late=-1)) == DayScore(6, -1, Source.SELF, counts=False)


def test_thirty_days_offline_are_not_late() -> None:
    assert counted(revision(MONDAY, 6, received=30 * 24))


def test_paper_counts_however_late_it_is_transcribed() -> None:
    assert live(revision(MONDAY, 6, late=12, source=Source.PAPER)) == DayScore(6, 12, Source.PAPER, counts=True)


def test_a_clinic_may_switch_paper_off_even_when_it_was_on_time() -> None:
    assert not counted(revision(MONDAY, 6, source=Source.PAPER), rules=NO_PAPER)
    assert counted(revision(MONDAY, 6), rules=NO_PAPER)


def on_paper_then(*own: Revision) -> tuple[Revision, ...]:
    return (revision(MONDAY, 6, hour=12, source=Source.PAPER), *own)


def test_with_paper_off_a_late_correction_of_a_day_that_was_on_paper_does_not_count() -> None:
    writings = on_paper_then(revision(MONDAY, 2, late=20, source=Source.LATE))
    assert live(*writings, rules=NO_PAPER) == DayScore(2, 0, Source.LATE, counts=False)
    assert live(*writings) == DayScore(2, 0, Source.LATE, counts=True), "paper counts, and so does its correction"


def test_with_paper_off_a_day_that_was_on_paper_counts_where_the_patient_wrote_it_in_time_too() -> None:
    in_time, corrected = revision(MONDAY, 4, late=1), revision(MONDAY, 2, late=20, source=Source.LATE)
    assert live(*on_paper_then(in_time), rules=NO_PAPER) == DayScore(4, 0, Source.SELF, counts=True)
    assert live(*on_paper_then(in_time, corrected), rules=NO_PAPER) == DayScore(2, 0, Source.LATE, counts=True)


def test_with_paper_off_what_was_copied_from_paper_last_does_not_count() -> None:
    in_time, sheet = revision(MONDAY, 4, late=1), revision(MONDAY, 3, late=2, source=Source.PAPER)
    assert live(*on_paper_then(in_time, sheet), rules=NO_PAPER) == DayScore(3, 0, Source.PAPER, counts=False)


def test_with_paper_off_an_own_entry_in_time_that_is_not_known_yet_lets_nothing_count() -> None:
    writings = on_paper_then(revision(MONDAY, 4, late=1))
    assert not counted(*writings, today=MONDAY, rules=NO_PAPER)
    assert counted(*writings, today=MONDAY + timedelta(days=1), rules=NO_PAPER)


@pytest.mark.parametrize("source", [Source.SELF, Source.LATE, Source.STAFF, Source.IMPORT])
def test_every_source_but_paper_is_judged_by_its_lateness(source: Source) -> None:
    assert counted(revision(MONDAY, 6, late=1, source=source))
    assert not counted(revision(MONDAY, 6, late=2, source=source))


def test_a_withdrawn_day_has_no_score() -> None:
    assert live(revision(MONDAY, 6), revision(MONDAY, None, hour=21)) is None


def test_a_withdrawn_day_may_be_written_again_and_stays_as_late_as_its_first_writing() -> None:
    again = (revision(MONDAY, 6), revision(MONDAY, None, hour=21), revision(MONDAY, 4, late=5))
    assert live(*again) == DayScore(4, 0, Source.SELF, counts=True)


def test_a_late_correction_changes_the_score_and_not_the_lateness() -> None:
    assert live(revision(MONDAY, 6), revision(MONDAY, 3, late=9)) == DayScore(3, 0, Source.SELF, counts=True)


def test_a_correction_that_is_read_before_the_first_writing_is_still_the_correction() -> None:
    first, second, third = revision(MONDAY, 6), revision(MONDAY, 5, late=3), revision(MONDAY, 3, late=9)
    for order in permutations((first, second, third)):
        assert live(*order) == DayScore(3, 0, Source.SELF, counts=True)


def test_a_late_day_stays_late_when_it_is_corrected() -> None:
    assert live(revision(MONDAY, 6, late=2), revision(MONDAY, 3, late=3)) == DayScore(3, 2, Source.SELF, counts=False)


def test_the_last_written_revision_is_live_whatever_arrived_last() -> None:
    corrected = revision(MONDAY, 3, hour=21)
    first_but_slow = revision(MONDAY, 6, hour=20, received=100)
    assert live(corrected, first_but_slow) == DayScore(3, 0, Source.SELF, counts=True)


def test_of_two_written_at_the_same_moment_the_last_received_is_live() -> None:
    early, late = (
        revision(MONDAY, 6, received=1, client_ref="z"),
        revision(MONDAY, 3, received=2, client_ref="a"),
    )
    assert live(early, late) == live(late, early) == DayScore(3, 0, Source.SELF, counts=True)


def test_of_two_written_and_received_together_the_greater_reference_is_live() -> None:
    a, b = revision(MONDAY, 6, client_ref="a"), revision(MONDAY, 3, client_ref="b")
    assert live(a, b) == live(b, a) == DayScore(3, 0, Source.SELF, counts=True)


def test_as_of_a_day_nothing_written_after_it_is_known() -> None:
    writings = (revision(MONDAY, 6), revision(MONDAY, 3, late=5))
    on_friday = live(*writings, today=MONDAY + timedelta(days=4))
    on_saturday = live(*writings, today=MONDAY + timedelta(days=5))
    assert on_friday is not None
    assert on_saturday is not None
    assert (on_friday.score, on_saturday.score) == (6, 3)


def test_as_of_a_day_no_later_day_is_known_even_if_it_was_written_early() -> None:
    early = revision(MONDAY + timedelta(days=1), 6, late=-1)
    assert live_scores([early], MONDAY, DEFAULT_RULES) == {}
    assert live_scores([early], MONDAY + timedelta(days=1), DEFAULT_RULES) != {}


def test_a_withdrawal_after_the_day_looked_at_is_not_known_yet() -> None:
    writings = (revision(MONDAY, 6), revision(MONDAY, None, late=3))
    assert live(*writings, today=MONDAY + timedelta(days=2)) is not None
    assert live(*writings, today=MONDAY + timedelta(days=3)) is None


@pytest.mark.parametrize("score", [-1, 11, 7.5, True, "7"])
def test_only_a_whole_number_from_0_to_10_is_a_score(score: object) -> None:
    with pytest.raises(ClinicalError, match="whole number from 0 to 10"):
        revision(MONDAY, score)  # type: ignore[arg-type]


@pytest.mark.parametrize("score", [0, 10])
def test_0_and_10_are_scores(score: int) -> None:
    assert live(revision(MONDAY, score)) == DayScore(score, 0, Source.SELF, counts=True)


def test_only_counting_entries_are_handed_to_the_means() -> None:
    tuesday = MONDAY + timedelta(days=1)
    scores = live_scores([revision(MONDAY, 6), revision(tuesday, 3, late=2)], MONTH_END, DEFAULT_RULES)
    assert set(scores) == {MONDAY, tuesday}
    assert counting_scores(scores) == {MONDAY.toordinal(): 6}
