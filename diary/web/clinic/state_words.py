"""States, reasons and marks in words, made from a verdict's plain values."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from diary.web.medicines import course_name
from diary.web.words import decimals_apart, number, points, short_day

Plain = Mapping[str, Any]
"""A verdict's plain values, with the `numbers` of the rules that its words may name.

`over_since` is the first day over the line without a good week since, where that is known beside the verdict.
"""

STATE_WORDS: Final[Mapping[str, Any]] = {
    "REPEAT_DUE": _l("Loss of response confirmed: review"),
    "DUE_SOON": _l("Close to the line"),
    "HOLDING": _l("Response holding"),
    "NEVER_SETTLED": _l("Relief came and went"),
    "NON_RESPONDER": _l("No response seen"),
    "NOT_ENOUGH_DATA": _l("Cannot say"),
    "AWAITING_RESPONSE": _l("Too early to judge"),
    "SETTLING": _l("Settling"),
    "IN_COURSE": _l("In course"),
    "NO_COURSE": _l("No course yet"),
}
FILTER_WORDS: Final[Mapping[str, Any]] = {**STATE_WORDS, "DUE_SOON": _l("Close to or over the line")}
"""The states as the worklist is filtered by them: one word for all who are in a state."""


def state_words(verdict: Plain) -> str:
    """Return the state as it stands on the screen."""
    state = verdict["state"]
    if state == "DUE_SOON" and has_mark(verdict, "over_the_line"):
        return _("Over the line, not yet for two weeks")
    if state != "NOT_ENOUGH_DATA":
        return str(STATE_WORDS[state])
    return {
        "no_baseline": _("Cannot say: no baseline"),
        "baseline_below_minimum": _("Cannot say: baseline below %(lowest)s", lowest=_lowest_baseline(verdict)),
        "few_entries": _("Cannot say: %(number)s of 7 days", number=verdict["n7"]),
        "few_weeks": _("Cannot say: too few weeks"),
    }[verdict["why"]]


def has_mark(verdict: Plain, code: str) -> bool:
    """Say whether the verdict carries a mark."""
    return any(mark["code"] == code for mark in verdict["marks"])


def _as_it_is(_what: str, words: str) -> str:
    return words


def reason_sentence(verdict: Plain, *, told: Callable[[str, str], str] = _as_it_is) -> str:
    """Return the reason of a state as one sentence with its numbers.

    `told` is asked how a number is written that has entries behind it: what it is, as `clinic.behind` calls it, and
    its words.
    """
    state, why = verdict["state"], verdict["why"]
    if state == "NO_COURSE":
        return _("No course has started")
    if state == "IN_COURSE":
        return _("The course is being given")
    if why == "no_baseline":
        return _baseline_sentence(verdict["numbers"])
    if why == "baseline_below_minimum":
        lowest = verdict["numbers"]["lowest_baseline"]
        return _(
            "Baseline %(baseline)s: below %(lowest)s no response is judged",
            baseline=points(verdict["baseline"], decimals_apart(lowest, verdict["baseline"])),
            lowest=_lowest_baseline(verdict),
        )
    if state == "SETTLING":
        return _("The first weekly mean comes on day 7")
    if verdict["mean7"] is None and state == "REPEAT_DUE":
        return _("Last good week until %(day)s, no weekly mean now", day=short_day(last_good_day(verdict)))
    if verdict["mean7"] is None:
        return str(
            ngettext(
                "%(num)s of 7 days with an entry that counts is needed",
                "%(num)s of 7 days with an entry that counts are needed",
                verdict["numbers"]["week_minimum"],
            )
        )
    return _week_sentence(verdict, told)


def _baseline_sentence(numbers: Plain) -> str:
    return str(
        ngettext(
            "%(num)s of the %(days)s days before the course is needed, or a baseline from your notes",
            "%(num)s of the %(days)s days before the course are needed, or a baseline from your notes",
            numbers["baseline_minimum"],
            days=numbers["baseline_days"],
        )
    )


def _lowest_baseline(verdict: Plain) -> str:
    return number(verdict["numbers"]["lowest_baseline"])


def _week_sentence(verdict: Plain, told: Callable[[str, str], str]) -> str:
    decimals = decimals_apart(verdict["line"], verdict["mean7"])
    numbers = {
        "mean": told("mean7", points(verdict["mean7"], decimals)),
        "number": verdict["n7"],
        "line": told("line", points(verdict["line"], decimals)),
    }
    if verdict["state"] == "REPEAT_DUE" and verdict["days_of_relief"] is not None:
        return _lost_sentence(verdict, numbers)
    if verdict["why"] == "few_weeks":
        return _few_weeks_sentence(verdict["numbers"]["week_minimum"], numbers)
    if verdict["state"] == "NEVER_SETTLED":
        return _(
            "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s: a good week, but no second one in time",
            **numbers,
        )
    if verdict["state"] == "NON_RESPONDER":
        return _("7-day mean %(mean)s (%(number)s of 7 days), line %(line)s: no good week in time", **numbers)
    return _("7-day mean %(mean)s (%(number)s of 7 days), line %(line)s", **numbers)


def _lost_sentence(verdict: Plain, numbers: Plain) -> str:
    """Return the week of a loss in force, which one good week does not end.

    Over the line "since" goes back to the last good week: to one after the day it became due, where there was one.
    """
    since = short_day(day_of_loss(verdict))
    if has_mark(verdict, "good_week_now"):
        return _(
            "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s: a good week now, after a loss since %(day)s",
            day=since,
            **numbers,
        )
    over = verdict.get("over_since")
    if over is None:
        return _("7-day mean %(mean)s (%(number)s of 7 days), line %(line)s, lost on %(day)s", day=since, **numbers)
    if date.fromisoformat(over) > _day(verdict, verdict["due"]):
        return _(
            "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s, lost on %(lost)s, over it again since %(day)s",
            lost=since,
            day=short_day(over),
            **numbers,
        )
    return _(
        "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s, over it since %(day)s",
        day=short_day(over),
        **numbers,
    )


def _few_weeks_sentence(minimum: int, numbers: Plain) -> str:
    return str(
        ngettext(
            "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s, but too few weeks had %(num)s entry",
            "7-day mean %(mean)s (%(number)s of 7 days), line %(line)s, but too few weeks had %(num)s entries",
            minimum,
            **numbers,
        )
    )


def last_good_day(verdict: Plain) -> date:
    """Return the calendar day of the last good week before the loss in force."""
    return day_of_loss(verdict) - timedelta(days=1)


def day_of_loss(verdict: Plain) -> date:
    """Return the calendar day after the last good week of the loss in force."""
    return _day(verdict, verdict["days_of_relief"] + 1)


def _day(verdict: Plain, t: int) -> date:
    return date.fromisoformat(verdict["last_day"]) + timedelta(days=t)


def course_words(verdict: Plain) -> str:
    """Return the course, its day and its days of relief."""
    if verdict["medicine"] is None:
        return ""
    parts = [course_name(verdict["medicine"].split("+"))]
    if verdict["t"] is not None:
        parts[0] = _("%(course)s, day %(t)s", course=parts[0], t=verdict["t"])
    if verdict["days_of_relief"] is not None:
        parts.append(ngettext("%(num)s day of relief", "%(num)s days of relief", verdict["days_of_relief"]))
    return " · ".join(parts)


def mark_words(mark: Plain, *, today: date | None = None) -> str:
    """Return a mark as a few words with its number; a plan for a day before `today` passed without an infusion."""
    if mark["code"] == "course_planned" and today and date.fromisoformat(mark["value"]) < today:
        return _("was planned for %(day)s, no infusion recorded", day=_since(mark))
    return str(MARK_WORDS[mark["code"]](mark))


def _value(mark: Plain) -> str:
    return points(mark["value"])


def _since(mark: Plain) -> str:
    return short_day(mark["value"])


def _liver(mark: Plain) -> str:
    if mark["value"] is None:
        return _("no liver test known")
    return str(ngettext("last liver test %(num)s day ago", "last liver test %(num)s days ago", mark["value"]))


def _by_hand(mark: Plain) -> str:
    if not mark["value"]:
        return _("baseline given by hand today")
    return str(
        ngettext("baseline given by hand, %(num)s day ago", "baseline given by hand, %(num)s days ago", mark["value"])
    )


def _over_the_line(mark: Plain) -> str:
    return _("%(points)s points over the line", points=points(mark["value"], decimals_apart(0, mark["value"])))


def _yearly_limit(mark: Plain) -> str:
    return str(
        ngettext(
            "yearly limit reached: %(num)s course of %(substance)s",
            "yearly limit reached: %(num)s courses of %(substance)s",
            mark["value"],
            substance=course_name((mark["substance"],)),
        )
    )


MARK_WORDS: Final[Mapping[str, Callable[[Plain], str]]] = {
    "sparse_data": lambda m: _("few entries: %(number)s of 14 days behind the loss", number=m["value"]),
    "late_response": lambda m: _("late response: confirmed on day %(t)s", t=m["value"]),
    "improved_later": lambda m: _("improved later, now %(mean)s: not credited to the course", mean=_value(m)),
    "over_the_line": _over_the_line,
    "good_week_now": lambda m: _("a good week now: %(mean)s", mean=_value(m)),
    "stopped_writing": lambda m: ngettext(
        "stopped writing: last entry %(num)s day ago", "stopped writing: last entry %(num)s days ago", m["value"]
    ),
    "stopped_near_line": lambda m: _("near the line when last known: %(mean)s", mean=_value(m)),
    "depends_on_missing_days": lambda m: ngettext(
        "depends on %(num)s missing day", "depends on %(num)s missing days", m["value"]
    ),
    "baseline_weak": lambda m: ngettext(
        "weak baseline, %(num)s day old", "weak baseline, %(num)s days old", m["value"]
    ),
    "baseline_kept": lambda m: ngettext(
        "baseline kept from before, %(num)s day old", "baseline kept from before, %(num)s days old", m["value"]
    ),
    "baseline_set": _by_hand,
    "inside_minimum_interval": lambda m: _(
        "inside the minimum interval of %(substance)s until %(day)s",
        substance=course_name((m["substance"],)),
        day=short_day(m["value"]),
    ),
    "yearly_limit": _yearly_limit,
    "liver_test_missing": _liver,
    "patient_says_wearing_off": lambda m: _("patient says it wears off, since %(day)s", day=_since(m)),
    "back_at_baseline": lambda m: _("back at the baseline: %(mean)s", mean=_value(m)),
    "regression_to_the_mean": lambda _m: _("first course known: part of the fall may be chance"),
    "intercurrent_event": lambda m: _("illness, fall or operation on %(day)s", day=_since(m)),
    "co_treatment_changed": lambda m: _("other pain medicine changed on %(day)s", day=_since(m)),
    "course_planned": lambda m: _("course planned for %(day)s", day=_since(m)),
    "deferred_until": lambda m: _("deferred until %(day)s", day=_since(m)),
    "high_scores": lambda m: _("very high scores on %(day)s", day=_since(m)),
    "book_by": lambda m: _("book by %(day)s", day=short_day(m["value"])),
}
