"""Where a patient stands on the worklist: one total order in three bands."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

from diary.clinical.calendar_days import check_day
from diary.clinical.marks import Mark
from diary.clinical.rules import WEEK
from diary.clinical.states import State
from diary.clinical.verdict import Verdict


class Band(IntEnum):
    """The three bands, in their order."""

    NEEDS_YOU = 1
    DECIDED = 2
    NOTHING_TO_DO = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a patient needs someone.

    Attributes:
        code: a state, the reason why it cannot be said, or a mark.
        since: its first day.
        of_state: the state, or why it cannot be said, that it is or belongs to; None where it comes with any state.
        after_decision: it was said or seen after the last decision, which therefore cannot cover it.
    """

    code: str
    since: date
    of_state: str | None = None
    after_decision: bool = False


@dataclass(frozen=True, slots=True)
class LastDecision:
    """The last decision.

    Attributes:
        day: the diary day it was made on.
        next_step: the date of its next step, if it has one.
        about: the state that was on the screen, or why it could not be said; None where that is not known.
        book_by: the last day to ask for a chair that was on the screen, `FAR_AWAY` where none was; None where that is
            not known.
        heard: what was said or seen in this course by then and waits for the next step: codes of marks that are gone
            with a decision, with their days.
    """

    day: date
    next_step: date | None
    about: str | None = None
    book_by: date | None = None
    heard: tuple[tuple[str, date], ...] = ()

    def __post_init__(self) -> None:
        check_day(self.day, "The day of a decision")
        if self.next_step is not None:
            check_day(self.next_step, "The next step of a decision")
        if self.book_by not in (None, FAR_AWAY):
            check_day(self.book_by, "The last day to book of a decision")
        for _code, heard_on in self.heard:
            check_day(heard_on, "What a decision was about")


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the worklist; places compare by band, rank and day, then by the patient's reference."""

    band: Band
    rank: int
    day: date
    reason: str


BOOKING_NOTICE: Final = 7
"""Days before the last day to book on which a patient comes up."""
NEEDS_YOU_ORDER: Final = (
    "REPEAT_DUE",
    "patient_says_wearing_off",
    "book_by",
    "high_scores",
    "over_the_line",
    "DUE_SOON",
    "stopped_near_line",
    "NEVER_SETTLED",
    "NON_RESPONDER",
    "no_baseline",
    "baseline_below_minimum",
    "stopped_writing",
    "few_entries",
    "few_weeks",
)
NOTHING_TO_DO_ORDER: Final = (
    State.AWAITING_RESPONSE,
    State.SETTLING,
    State.IN_COURSE,
    State.HOLDING,
    State.NO_COURSE,
)
_SAME_RANK: Final = {"baseline_below_minimum": "no_baseline", "few_weeks": "few_entries"}
FAR_AWAY: Final = date.max


def place_on_worklist(verdict: Verdict, decision: LastDecision | None) -> Place:
    """Return the place of a patient with `verdict` after the last `decision`.

    A decision covers the reasons that are no younger than it, until the day of its next step has passed. A state that
    it was not about it never covers: entries that arrive late can let one begin before the decision. A booking it
    covers only where what was on the screen asked for one by then: the last day to book can move to an earlier one.
    """
    reasons = [*_reasons(verdict), *_heard(decision)]
    open_reasons = [reason for reason in reasons if not _covered(reason, decision, verdict.today)]
    if open_reasons:
        first = min(open_reasons, key=lambda reason: _rank(reason.code))
        return Place(Band.NEEDS_YOU, _rank(first.code), first.since, first.code)
    if reasons and decision is not None:
        first = min(reasons, key=lambda reason: _rank(reason.code))
        return Place(Band.DECIDED, 0, decision.next_step or FAR_AWAY, first.code)
    rank = NOTHING_TO_DO_ORDER.index(verdict.state)
    return Place(Band.NOTHING_TO_DO, rank, verdict.since or verdict.today, verdict.state.value)


def _covered(reason: Reason, decision: LastDecision | None, today: date) -> bool:
    if decision is None or reason.after_decision or reason.since > decision.day:
        return False
    if reason.of_state is not None and decision.about not in (None, reason.of_state):
        return False
    if reason.code == "book_by" and decision.book_by is not None and _asked_from(decision.book_by) > decision.day:
        return False
    return decision.next_step is None or today <= decision.next_step


def _asked_from(last_day: date) -> date:
    """Return the first day on which a chair to be asked for by `last_day` brings the patient up."""
    return last_day - timedelta(days=BOOKING_NOTICE)


def _rank(code: str) -> int:
    return NEEDS_YOU_ORDER.index(_SAME_RANK.get(code, code))


def _heard(decision: LastDecision | None) -> list[Reason]:
    """Return what the decision put off to its next step, where it has one: without a day nothing waits for it."""
    if decision is None or decision.next_step is None:
        return []
    return [Reason(code, min(said, decision.day)) for code, said in decision.heard]


def _reasons(verdict: Verdict) -> list[Reason]:
    reasons = []
    state, since = (verdict.why or verdict.state).value, verdict.since or verdict.today
    if verdict.state not in NOTHING_TO_DO_ORDER:
        reasons.append(Reason(state, since, of_state=state))
    for mark in verdict.marks:
        match mark:
            case Mark(code="over_the_line" | "stopped_near_line" as code):
                reasons.append(Reason(code, since, of_state=state))
            case Mark(code="patient_says_wearing_off" | "high_scores" as code, value=date() as said):
                reasons.append(Reason(code, said, after_decision=True))
            case Mark(code="book_by" as code, value=date() as last_day):
                if _asked_from(last_day) <= verdict.today:
                    reasons.append(Reason(code, _asked_from(last_day)))
            case Mark(code="stopped_writing" as code) if verdict.last_entry:
                reasons.append(Reason(code, verdict.last_entry + timedelta(days=WEEK)))
    return reasons
