"""What the rules mean in words: each definition, state, mark and silence, written once, beside the code it is about."""

from dataclasses import dataclass
from fractions import Fraction
from string import Formatter
from typing import Any, Final

from diary.clinical.rules import MEDICINE_NUMBERS, RuleSet


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one word of the rules means.

    Attributes:
        code: the word as the code has it.
        when: when it is so, or what it is; numbers of the rules stand in it by name: `{week_minimum}`.
        status: V verified in a published source, S from simulation, O opinion; of what is not a number of the rules.
        source: where it was published.
    """

    code: str
    when: str
    status: str = ""
    source: str = ""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of the rules that stand in it, in order."""
        return tuple(name for _text, name, _spec, _conversion in Formatter().parse(self.when) if name)

    def in_words(self, rules: RuleSet) -> str:
        """Return it with the numbers of `rules`; a number that each medicine has of its own stands by its name."""
        shown = {
            name: f"`{name}`" if name in MEDICINE_NUMBERS else _shown(getattr(rules, name)) for name in self.numbers
        }
        return self.when.format_map(shown)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)


DEFINITIONS: Final = (
    Meaning(
        "counting entry",
        "the live score of a day whose first writing was 0 to {late_days_counting} days late, whenever it arrived; from"
        " a dated paper sheet whatever its lateness (paper counts: {paper_counts})",
    ),
    Meaning("live score", "the score of a day as it was written last; a day that was withdrawn has none"),
    Meaning(
        "baseline",
        "the exact mean of the counting entries of the {baseline_days} days before the first infusion day, at least"
        " {baseline_minimum}; else of {long_baseline_days} days, at least {long_baseline_minimum}; no day of the"
        " course before and none before its end belongs to it; one set by hand stands before all",
    ),
    Meaning(
        "carried baseline",
        "without enough entries the one in force before, when it was measured for a course that began at most"
        " {carried_days} days earlier",
    ),
    Meaning(
        "kept baseline",
        "the one in force before stays after a confirmed response when the new mean lies more than {kept_drop} below it"
        " and relief was still there: holding or due soon on the day before, or the new mean at or below the line of"
        " the one in force",
    ),
    Meaning(
        "weekly mean",
        "the exact mean of the counting entries of days t-6 to t, t from 7 on, at least {week_minimum}; nothing is"
        " filled in or carried forward",
        "V",
        "Heapy 2014, J Pain 15:1360",
    ),
    Meaning("line", "the baseline less {relief_percent} %", "V", "Farrar 2001, Dworkin 2008"),
    Meaning("good week", "its mean is at or below the line; a lost week is above it"),
    Meaning(
        "confirmed",
        "the first day up to twice {eval_end} on which this week and the week 7 days before are good; with"
        " {confirm_weeks} of 1 the first defined week of days 7 to {short_confirm_last_day}, if it is good",
        "S",
    ),
    Meaning(
        "due",
        "the first day on which this week and the week 7 days before are lost, the earlier one later than the day of"
        " confirmation or release",
        "V",
        "FREEDOM trial: two consecutive visits",
    ),
    Meaning(
        "gap rule",
        "where the week 7 days before has no mean: at least {gap_minimum} counting entries in 14 days, their mean"
        " above the line, stand in for it",
    ),
    Meaning(
        "released",
        "the loss ends when this week and the week 7 days before are good, the earlier one later than the day it"
        " became due; a new course ends it too",
    ),
    Meaning(
        "near",
        "from the confirmation on: from a weekly mean of the line less {near_enters} on, until one below the line less"
        " {near_leaves}; unchanged between them and without a mean",
    ),
    Meaning("days of relief", "the last day with a good week before the loss in force became due"),
)

STATES: Final = (
    Meaning("NO_COURSE", "no course has started"),
    Meaning("IN_COURSE", "from the first infusion day to day 0, the last one"),
    Meaning("NOT_ENOUGH_DATA: no_baseline", "no baseline is in force"),
    Meaning("NOT_ENOUGH_DATA: baseline_below_minimum", "the baseline is below {lowest_baseline}"),
    Meaning("SETTLING", "days 1 to 6"),
    Meaning("REPEAT_DUE", "due and not released, also when the diary has stopped since"),
    Meaning("NOT_ENOUGH_DATA: few_entries", "fewer than {week_minimum} counting entries in the last 7 days"),
    Meaning("DUE_SOON", "confirmed, and near the line or over it"),
    Meaning("HOLDING", "confirmed, and not near"),
    Meaning("AWAITING_RESPONSE", "not confirmed, up to day {eval_end}"),
    Meaning(
        "NOT_ENOUGH_DATA: few_weeks", "a weekly mean on fewer than {weeks_percent} % of the days from 7 to {eval_end}"
    ),
    Meaning("NEVER_SETTLED", "some weekly mean of days 7 to {eval_end} was good"),
    Meaning("NON_RESPONDER", "otherwise"),
)
"""In the order in which they are looked for: the first that fits is the state."""

MARKS: Final = (
    Meaning("sparse_data", "the loss in force was found by the gap rule; how many entries stood for the 14 days"),
    Meaning("late_response", "confirmed after day {eval_end}; the day"),
    Meaning(
        "improved_later",
        "not confirmed, past twice {eval_end}, this week and the week before good: not credited to the course; its"
        " mean",
    ),
    Meaning("over_the_line", "due soon, and the weekly mean is above the line; by how much"),
    Meaning("good_week_now", "due, and the weekly mean is at or below the line; the mean"),
    Meaning("stopped_writing", "no entry of any kind in the last 7 days, but an earlier one; how many days ago"),
    Meaning(
        "stopped_near_line",
        "too few entries after a confirmed response, and near at the last defined mean; that mean",
    ),
    Meaning(
        "depends_on_missing_days",
        "the state would be another with the missing days of the last 14 filled with the baseline, or with the lowest"
        " weekly mean of the course; how many days",
    ),
    Meaning("baseline_weak", "the baseline is of {long_baseline_days} days or carried; its age in days"),
    Meaning("baseline_kept", "the baseline was kept from before; its age in days"),
    Meaning("baseline_set", "the baseline was set by hand; its age in days"),
    Meaning(
        "inside_minimum_interval",
        "due, due soon, a wish or a planned course, and some course ended less than {minimum_interval} days ago; the"
        " last such day and its substance",
        "V",
        "Noppers 2011: liver injury in 3 of 6 after 16 days of ketamine",
    ),
    Meaning(
        "yearly_limit",
        "the same, and {courses_a_year} courses of the substance began within 365 days; how many and the substance",
    ),
    Meaning(
        "liver_test_missing",
        "due or due soon after ketamine, and no liver test known in {liver_test_days} days; the age of the last one",
    ),
    Meaning("patient_says_wearing_off", "the patient said so since the last decision; the first day"),
    Meaning(
        "back_at_baseline",
        "confirmed, and this week and the week before no more than {back_at_baseline} points below the baseline; the"
        " mean",
    ),
    Meaning(
        "regression_to_the_mean",
        "holding, due soon or due after the first course known: part of the fall may be chance; the baseline",
    ),
    Meaning("intercurrent_event", "an illness, fall or operation was recorded since day 0; the last day"),
    Meaning("co_treatment_changed", "other pain medicine was changed since day 0; the last day"),
    Meaning("course_planned", "a course is planned; its first day"),
    Meaning("deferred_until", "the last decision was to wait; the date of its next step"),
    Meaning("high_scores", "very high scores since the last decision; the last day"),
    Meaning("book_by", "the last day to ask for a chair, so that it is free when relief is expected to end"),
)
"""In the order in which a verdict carries them; after the semicolon its number. A mark never changes the state."""

SILENCES: Final = (
    Meaning("no_course", "no course has started"),
    Meaning("no_baseline", "no baseline can be used"),
    Meaning("not_confirmed", "no response is confirmed"),
    Meaning("lost", "the loss of response is confirmed"),
    Meaning("too_early", "before its first day"),
    Meaning("too_late", "after its last day"),
    Meaning("unlike_any_course", "too few of the curves it knows fit the diary"),
    Meaning(
        "no_return_in_sight", "more than half of the futures keep their relief within the horizon; the chance stands"
    ),
    Meaning("wide_window", "the window is too wide to help; the chance stands"),
)
"""Why the forecast says nothing, or only the chance of loss within 14 days."""

BOOK_BY: Final = Meaning(
    "book by",
    "the later of (first day that no minimum interval forbids) and (expected end of relief: the median of at least two"
    " of the patient's own finished courses of the medicine, else the middle of the forecast), less {waiting_time}",
)
NOT_BOOKED: Final = (
    Meaning("no waiting time", "the clinic has not set {waiting_time} for the medicine that governs the course"),
    Meaning("another state", "the state is none of holding, due soon and due"),
    Meaning("planned", "a course is planned for today or later"),
    Meaning("no end", "neither two finished courses nor the forecast say when relief ends"),
)
"""When nothing is said about booking."""
