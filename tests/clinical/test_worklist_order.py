"""The order of the worklist: what needs someone, what was decided and waits, what needs nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from diary.clinical.circumstances import Circumstances
from diary.clinical.marks import Mark
from diary.clinical.states import State
from diary.clinical.verdict import Verdict
from diary.clinical.worklist_order import FAR_AWAY, Band, LastDecision, Place, place_on_worklist
from tests.clinical.builders import (
    DAY_0,
    LOST_ON_26,
    Level,
    course,
    day,
    diary,
    run,
    verdict_of,
    verdict_on,
    weeks,
)

DUE = verdict_of(LOST_ON_26)  # due since day 26
WISHED = Circumstances(wearing_off_since=day(10))
HIGH = Circumstances(high_scores=day(12))
FEW_WEEKS = [*run(8, 11), *run(None, 10), *run(8, 4)]

# From first to last: what is shown as the reason, and a verdict that gives it.
NEEDS_SOMEONE: list[tuple[str, Verdict]] = [
    ("REPEAT_DUE", DUE),
    ("patient_says_wearing_off", verdict_of(run(5, 14), circumstances=WISHED)),
    ("high_scores", verdict_of(run(5, 14), circumstances=HIGH)),
    ("over_the_line", verdict_of([*run(5, 14), *run(8, 7)])),
    ("DUE_SOON", verdict_of(weeks(5, 5, 7))),
    ("stopped_near_line", verdict_of([*weeks(5, 5, 7), *run(None, 4)])),
    ("NEVER_SETTLED", verdict_of([*run(7, 7), *run(9, 22)])),
    ("NON_RESPONDER", verdict_of(run(9, 29))),
    ("no_baseline", verdict_of(run(5, 14), before=[])),
    ("stopped_writing", verdict_of([], t=6)),
    ("few_entries", verdict_of([*run(5, 20), *run(None, 4)])),
]
NEEDS_NOTHING = [
    (State.AWAITING_RESPONSE, verdict_of(run(9, 10))),
    (State.SETTLING, verdict_of(run(9, 3))),
    (State.IN_COURSE, verdict_of([], t=0)),
    (State.HOLDING, verdict_of(run(5, 14))),
    (State.NO_COURSE, verdict_on(DAY_0, diary([]))),
]


def place(
    verdict: Verdict, *, decided: int | None = None, next_step: int | None = None, about: str | None = None
) -> Place:
    """Return the place after a decision on day `decided` about a state, its next step on day `next_step`."""
    step = None if next_step is None else day(next_step)
    return place_on_worklist(verdict, None if decided is None else LastDecision(day(decided), step, about))


def order(place: Place) -> tuple[int, int, date]:
    return (place.band, place.rank, place.day)


@pytest.mark.parametrize(("reason", "verdict"), NEEDS_SOMEONE, ids=[reason for reason, _ in NEEDS_SOMEONE])
def test_each_reason_brings_a_patient_to_the_first_band(reason: str, verdict: Verdict) -> None:
    assert (place(verdict).band, place(verdict).reason) == (Band.NEEDS_YOU, reason)


def test_the_reasons_stand_in_the_order_of_the_rules() -> None:
    ranks = [place(verdict).rank for _, verdict in NEEDS_SOMEONE]
    assert ranks == sorted(set(ranks))


def test_no_and_low_baseline_stand_together_and_so_do_few_entries_and_few_weeks() -> None:
    no, low = verdict_of([], before=[], t=3), verdict_of([], before=[3] * 7, t=3)
    assert (place(no).rank, place(no).reason) == (place(low).rank, "no_baseline")
    assert place(low).reason == "baseline_below_minimum"
    entries, few = verdict_of([*run(9, 4), *run(None, 6)]), verdict_of(FEW_WEEKS, "ketamine-single")
    assert place(few).reason == "few_weeks"
    assert (place(entries).reason, place(entries).rank) == ("few_entries", place(few).rank)


def test_book_by_stands_between_a_wish_and_high_scores() -> None:
    assert place(NEEDS_SOMEONE[1][1]).rank + 2 == place(NEEDS_SOMEONE[2][1]).rank


@pytest.mark.parametrize(("state", "verdict"), NEEDS_NOTHING, ids=[state for state, _ in NEEDS_NOTHING])
def test_each_quiet_state_stands_in_the_last_band(state: State, verdict: Verdict) -> None:
    assert (verdict.state, place(verdict).band, place(verdict).reason) == (state, Band.NOTHING_TO_DO, state)


def test_the_quiet_states_stand_in_the_order_of_the_rules() -> None:
    assert [place(verdict).rank for _, verdict in NEEDS_NOTHING] == [0, 1, 2, 3, 4]


def test_the_bands_stand_in_their_order_whatever_the_rank_in_them() -> None:
    last_needing, decided = place(NEEDS_SOMEONE[-1][1]), place(DUE, decided=26, next_step=40)
    assert order(last_needing) < order(decided) < order(place(NEEDS_NOTHING[0][1]))


def test_the_first_of_several_reasons_is_shown() -> None:
    both = Circumstances(wearing_off_since=day(20), high_scores=day(21))
    assert place(verdict_of(LOST_ON_26, circumstances=both)).reason == "REPEAT_DUE"
    assert place(verdict_of(run(5, 14), circumstances=both)).reason == "patient_says_wearing_off"
    silent = verdict_of(weeks(5, 5, 7), t=61)  # few entries, stopped near the line, stopped writing
    assert place(silent).reason == "stopped_near_line"


def test_a_patient_who_stopped_writing_needs_someone_even_while_settling() -> None:
    stopped = verdict_of([], t=6)
    assert (stopped.state, place(stopped).reason, place(stopped).day) == (
        State.SETTLING,
        "stopped_writing",
        day(6),
    )


def test_the_bands_have_the_numbers_they_are_stored_with() -> None:
    assert [(band.name, band.value) for band in Band] == [("NEEDS_YOU", 1), ("DECIDED", 2), ("NOTHING_TO_DO", 3)]


# ---- decided


def test_a_decision_of_the_day_a_state_began_covers_it_and_one_of_the_day_before_does_not() -> None:
    assert place(DUE, decided=26, next_step=40) == Place(Band.DECIDED, 0, day(40), "REPEAT_DUE")
    assert place(DUE, decided=25, next_step=40) == Place(Band.NEEDS_YOU, 0, day(26), "REPEAT_DUE")


def test_on_the_day_of_its_next_step_a_decision_still_waits_and_the_day_after_it_is_back() -> None:
    on_30, on_31 = (verdict_of(LOST_ON_26, t=t) for t in (30, 31))
    assert place(on_30, decided=27, next_step=30).band is Band.DECIDED
    assert place(on_31, decided=27, next_step=30) == Place(Band.NEEDS_YOU, 0, day(26), "REPEAT_DUE")


def test_a_decision_without_a_next_step_waits_until_the_state_changes_and_stands_last() -> None:
    assert place(DUE, decided=26) == Place(Band.DECIDED, 0, FAR_AWAY, "REPEAT_DUE")
    assert order(place(DUE, decided=26, next_step=400)) < order(place(DUE, decided=26))


def test_decided_patients_stand_by_the_date_of_their_next_step_not_by_reason() -> None:
    never = verdict_of([*run(7, 7), *run(9, 22)])
    assert order(place(never, decided=29, next_step=33)) < order(place(DUE, decided=26, next_step=34))


def test_a_state_that_changes_after_the_decision_comes_back() -> None:
    # Decided on day 20 while DUE_SOON; due on day 26.
    assert place(verdict_of(LOST_ON_26, t=25), decided=20, next_step=60).band is Band.DECIDED
    assert place(DUE, decided=20, next_step=60).band is Band.NEEDS_YOU


def test_what_the_patient_said_or_showed_after_the_decision_is_never_covered_by_it() -> None:
    for said in (WISHED, HIGH):
        verdict = verdict_of(run(5, 14), circumstances=said)
        assert place(verdict, decided=14, next_step=60).band is Band.NEEDS_YOU
    due_and_wished = verdict_of(LOST_ON_26, circumstances=WISHED)
    assert place(due_and_wished, decided=26, next_step=60).reason == "patient_says_wearing_off"


@pytest.mark.parametrize("code", ["patient_says_wearing_off", "high_scores"])
def test_what_the_patient_said_before_the_decision_waits_for_its_next_step_and_comes_back_after_it(code: str) -> None:
    def on(t: int, next_step: int | None = 18, said: int = 12) -> Place:
        step = None if next_step is None else day(next_step)
        decided = LastDecision(day(14), step, "HOLDING", heard=((code, day(said)),))
        return place_on_worklist(verdict_of(run(5, t)), decided)

    assert on(14) == on(18) == Place(Band.DECIDED, 0, day(18), code)
    assert on(19) == Place(Band.NEEDS_YOU, on(19).rank, day(12), code)
    assert on(19, next_step=None).band is Band.NOTHING_TO_DO  # nothing was put off
    assert on(18, said=15).band is Band.DECIDED  # a diary day that is ahead of the clinic's


def test_what_waits_for_its_next_step_does_not_hide_that_it_is_due() -> None:
    heard = (("patient_says_wearing_off", day(24)),)
    before, after = (LastDecision(day(on), day(60), about, heard=heard) for on, about in ((25, "DUE_SOON"), (26, None)))
    assert place_on_worklist(DUE, before) == Place(Band.NEEDS_YOU, 0, day(26), "REPEAT_DUE")
    assert place_on_worklist(DUE, after) == Place(Band.DECIDED, 0, day(60), "REPEAT_DUE")


def test_a_decision_before_a_patient_stopped_writing_does_not_cover_that() -> None:
    # Due since 26, last entry on day 26: stopped writing since day 33.
    silent = verdict_of(LOST_ON_26, t=40)
    assert place(silent, decided=30, next_step=60) == Place(
        Band.NEEDS_YOU, place(verdict_of([], t=6)).rank, day(33), "stopped_writing"
    )
    assert place(silent, decided=33, next_step=60).reason == "REPEAT_DUE"
    assert place(silent, decided=33, next_step=60).band is Band.DECIDED


# What is shown as the reason, the state (or why it cannot be said) that it belongs to, and a verdict that gives it.
OF_A_STATE = [
    *(
        (reason, {"over_the_line": "DUE_SOON", "stopped_near_line": "few_entries"}.get(reason, reason), verdict)
        for reason, verdict in NEEDS_SOMEONE
        if reason not in ("patient_says_wearing_off", "high_scores", "stopped_writing")
    ),
    ("baseline_below_minimum", "baseline_below_minimum", verdict_of([], before=[3] * 7, t=3)),
    ("few_weeks", "few_weeks", verdict_of(FEW_WEEKS, "ketamine-single")),
]


@pytest.mark.parametrize(("reason", "state", "verdict"), OF_A_STATE, ids=[reason for reason, *_ in OF_A_STATE])
def test_a_decision_covers_the_state_it_was_about_and_no_other_that_began_before_it(
    reason: str, state: str, verdict: Verdict
) -> None:
    today = (verdict.today - DAY_0).days
    about_it = place(verdict, decided=today, next_step=90, about=state)
    assert (about_it.band, about_it.reason) == (Band.DECIDED, reason)
    for other in {*(of for _, of, _ in OF_A_STATE), "HOLDING", "NOT_ENOUGH_DATA"} - {state}:
        assert place(verdict, decided=today, next_step=90, about=other) == place(verdict), other


def test_a_decision_of_which_it_is_not_known_what_was_shown_covers_by_its_date_alone() -> None:
    for _, _, verdict in OF_A_STATE:
        assert place(verdict, decided=(verdict.today - DAY_0).days, about=None).band is Band.DECIDED


def test_a_state_that_changes_on_the_day_of_the_decision_after_it_comes_back() -> None:
    # Close to the line in the morning; the number of that evening makes it due.
    assert place(DUE, decided=26, next_step=40, about="DUE_SOON") == Place(Band.NEEDS_YOU, 0, day(26), "REPEAT_DUE")


def test_silence_is_covered_by_its_date_whatever_state_the_decision_was_about() -> None:
    silent_and_settling = verdict_of([], t=6)
    assert place(silent_and_settling, decided=6, about="NON_RESPONDER").band is Band.DECIDED
    assert place(silent_and_settling, decided=5, about="SETTLING").band is Band.NEEDS_YOU


# ---- a last day to book that moves

HELD = verdict_of(run(5, 30))  # holding, on day 30


def booked_by(last_day: int, *, shown: int | None = None, shown_none: bool = False, decided: int = 20) -> Place:
    """Return the place on day 30 of someone to be booked by `last_day`, decided about with another day `shown`."""
    verdict = replace(HELD, marks=(*HELD.marks, Mark("book_by", day(last_day))))
    booked = FAR_AWAY if shown_none else None if shown is None else day(shown)
    return place_on_worklist(verdict, LastDecision(day(decided), day(60), "HOLDING", booked))


def test_a_last_day_to_book_that_moved_before_the_decision_is_not_covered_by_it() -> None:
    # Decided on day 20 with day 40 on the screen: nobody was asked before day 33. It moved to day 26, asked from 19.
    assert booked_by(26, shown=40) == Place(Band.NEEDS_YOU, 2, day(19), "book_by")
    assert booked_by(26, shown_none=True) == Place(Band.NEEDS_YOU, 2, day(19), "book_by")


def test_a_booking_that_was_asked_for_when_it_was_decided_waits_for_the_next_step() -> None:
    waits = Place(Band.DECIDED, 0, day(60), "book_by")
    assert booked_by(26, shown=26) == booked_by(26, shown=27) == waits  # day 27 is asked for from the day itself
    assert booked_by(24, shown=26) == waits  # still earlier, and seen
    assert booked_by(26, shown=28).band is Band.NEEDS_YOU
    assert booked_by(28, shown=26).band is Band.NEEDS_YOU  # later: asked for again on its own day


def test_a_decision_of_which_no_booking_is_known_covers_it_by_its_date_alone() -> None:
    assert booked_by(26).band is booked_by(27).band is Band.DECIDED
    assert booked_by(28).band is Band.NEEDS_YOU


def test_a_decision_does_not_move_a_patient_who_needs_nothing() -> None:
    holding = verdict_of(run(5, 20))
    assert (
        place(holding, decided=18, next_step=40) == place(holding) == Place(Band.NOTHING_TO_DO, 3, day(14), "HOLDING")
    )


# ---- ties


def since(after: Sequence[Level]) -> Place:
    return place(verdict_of(after))


def test_of_two_in_the_same_state_the_one_longest_in_it_comes_first() -> None:
    earlier, later = since([*LOST_ON_26, *run(8, 4)]), since([*run(5, 18), *run(8, 12)])
    assert (earlier.day, later.day) == (day(26), day(30))
    assert order(earlier) < order(later)


def test_among_the_quiet_the_one_longest_in_its_state_comes_first() -> None:
    assert order(since(run(5, 20))) < order(place(verdict_on(day(20), diary(run(5, 20)), course(day_0=day(1)))))


def test_a_patient_without_a_course_stands_by_the_day_looked_at() -> None:
    assert place(NEEDS_NOTHING[-1][1]).day == DAY_0


def test_a_wish_and_high_scores_stand_by_the_day_they_were_first_there() -> None:
    assert [place(NEEDS_SOMEONE[n][1]).day for n in (1, 2)] == [day(10), day(12)]


def test_the_place_says_nothing_of_who_the_patient_is() -> None:
    assert place(replace(DUE, ruleset="2")) == place(DUE)
