"""Baseline, walk and state of a course, each worked out from its definition."""

from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from tests.clinical.second_reading.diaries import (
    Course,
    Means,
    Medicine,
    Scores,
    course_days,
    mean,
    weekly_mean,
)


class Baseline(NamedTuple):
    """A baseline, how it was come by, and the first infusion day it was measured for."""

    value: Fraction
    n: int
    how: str
    measured_for: date


class Loss(NamedTuple):
    """A loss in force: the day t it became due, and the entries behind it if the gap rule found it."""

    due: int
    sparse: int | None


class Finding(NamedTuple):
    """What the rules say of one course on one day."""

    state: str
    why: str | None
    means: Means
    confirmed: int | None = None
    loss: Loss | None = None
    near: bool = False
    days_of_relief: int | None = None


def measured(course: Course, before: Course | None, counting: Scores) -> Baseline | None:
    """The baseline the diary gives by itself."""
    for days, needed, how in ((7, 4, "7-day"), (14, 6, "14-day")):
        window = [course.first - timedelta(days=back) for back in range(1, days + 1)]
        usable = [day for day in window if before is None or day > before.last]
        scores = [counting[day] for day in usable if day in counting]
        if len(scores) >= needed:
            return Baseline(mean(scores), len(scores), how, course.first)
    return None


def baseline_of(courses: list[Course], number: int, counting: Scores) -> Baseline | None:
    """The baseline in force for the course at place `number`."""
    course = courses[number]
    if number == 0:
        return measured(course, None, counting)
    before = courses[number - 1]
    new = measured(course, before, counting)
    old = baseline_of(courses, number - 1, counting)
    if old is None:
        return new
    if new is None:
        young = (course.first - old.measured_for).days <= 365
        return old._replace(how="carried") if young else None
    then = judge(before, old, counting, course.first - timedelta(days=1))
    responded = then.confirmed is not None
    lower = old.value - new.value > 1
    relieved = then.state in ("HOLDING", "DUE_SOON") or new.value <= Fraction(7, 10) * old.value
    return old._replace(how="kept") if responded and lower and relieved else new


def good(m: Fraction | None, line: Fraction) -> bool:
    """A defined week at or under the line."""
    return m is not None and m <= line


def lost(m: Fraction | None, line: Fraction) -> bool:
    """A defined week over the line."""
    return m is not None and m > line


def confirmation(rules: Medicine, means: Means, line: Fraction) -> int | None:
    """The day the response was confirmed."""
    if rules.confirm_weeks == 1:
        defined = [t for t in (7, 8, 9, 10) if means.get(t) is not None]
        if defined and good(means[defined[0]], line):
            return defined[0]
    for t in sorted(means):
        if t <= 2 * rules.eval_end and good(means[t], line) and good(means.get(t - 7), line):
            return t
    return None


def loss_at(course: Course, counting: Scores, means: Means, line: Fraction, t: int) -> Loss | None:
    """The loss that the weeks ending on t and t-7 show, by both weeks or by the gap rule."""
    if not lost(means[t], line):
        return None
    if lost(means.get(t - 7), line):
        return Loss(t, None)
    fortnight = course_days(course, counting, t - 13, t)
    if means.get(t - 7) is None and len(fortnight) >= 6 and mean(fortnight) > line:
        return Loss(t, len(fortnight))
    return None


def loss_in_force(course: Course, counting: Scores, means: Means, line: Fraction, confirmed: int) -> Loss | None:
    """The loss that stands on the last day of `means`, after every release."""
    loss = None
    after = confirmed
    for t in sorted(means):
        if t - 7 <= after:
            continue
        if loss is None:
            loss = loss_at(course, counting, means, line, t)
            after = t if loss else after
        elif good(means[t], line) and good(means[t - 7], line):
            loss = None
            after = t
    return loss


def near_line(means: Means, line: Fraction, confirmed: int) -> bool:
    """Whether the response is near the line on the last day of `means`."""
    near = False
    for t in sorted(means):
        m = means[t]
        if t < confirmed or m is None:
            continue
        if m >= line - Fraction(1, 2):
            near = True
        elif m < line - 1:
            near = False
    return near


def judge(course: Course, baseline: Baseline | None, counting: Scores, today: date) -> Finding:
    """State of a started course on `today`; the first that matches wins."""
    t = (today - course.last).days
    means = {s: weekly_mean(course, counting, s) for s in range(7, t + 1)}
    if today <= course.last:
        return Finding("IN_COURSE", None, means)
    if baseline is None:
        return Finding("NOT_ENOUGH_DATA", "no_baseline", means)
    if baseline.value < 4:
        return Finding("NOT_ENOUGH_DATA", "baseline_below_minimum", means)
    if t < 7:
        return Finding("SETTLING", None, means)
    line = Fraction(7, 10) * baseline.value
    confirmed = confirmation(course.rules, means, line)
    loss, near, relief = None, False, None
    if confirmed is not None:
        loss = loss_in_force(course, counting, means, line, confirmed)
        near = near_line(means, line, confirmed)
    if loss is not None:
        relief = max(s for s in means if s < loss.due and good(means[s], line))
    state, why = state_after_settling(course.rules, means, line, (confirmed, loss, near))
    return Finding(state, why, means, confirmed, loss, near, relief)


def state_after_settling(
    rules: Medicine, means: Means, line: Fraction, walked: tuple[int | None, Loss | None, bool]
) -> tuple[str, str | None]:
    """The rest of the table of states, from day 7 on."""
    confirmed, loss, near = walked
    today = max(means)
    evaluated = [means[s] for s in range(7, min(today, rules.eval_end) + 1)]
    if loss is not None:
        return "REPEAT_DUE", None
    if means[today] is None:
        return "NOT_ENOUGH_DATA", "few_entries"
    if confirmed is not None:
        return ("DUE_SOON" if near else "HOLDING"), None
    if today <= rules.eval_end:
        return "AWAITING_RESPONSE", None
    if len([m for m in evaluated if m is not None]) < Fraction(60, 100) * len(evaluated):
        return "NOT_ENOUGH_DATA", "few_weeks"
    if any(good(m, line) for m in evaluated):
        return "NEVER_SETTLED", None
    return "NON_RESPONDER", None
