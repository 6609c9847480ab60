"""The marks of a verdict."""

from datetime import date, timedelta
from fractions import Fraction

from tests.clinical.second_reading.diaries import MEDICINES, Course, Entry, Scores
from tests.clinical.second_reading.states import Baseline, Finding, good, judge

Mark = dict[str, object]


def number(value: Fraction | None) -> float | None:
    """A number to four decimals."""
    return None if value is None else float(round(value, 4))


def substances(course: Course) -> set[str]:
    """The substances of a course; ketamine in one day or in several is one."""
    return {"ketamine" if code == "ketamine-single" else code for code in course.codes}


def marks_of_writing(entries: list[Entry], today: date) -> list[Mark]:
    """`stopped_writing`, with the days since the last live entry of any kind."""
    week = [entry for entry in entries if today - timedelta(days=6) <= entry.day <= today]
    earlier = [entry for entry in entries if entry.day < today - timedelta(days=6)]
    if week or not earlier:
        return []
    return [{"code": "stopped_writing", "value": (today - max(entry.day for entry in earlier)).days}]


def marks_of_baseline(baseline: Baseline | None, today: date) -> list[Mark]:
    """`baseline_weak` with its n (14 days) or its age (carried), `baseline_kept` with its age."""
    if baseline is None or baseline.how == "7-day":
        return []
    if baseline.how == "14-day":
        return [{"code": "baseline_weak", "value": baseline.n}]
    age = (today - baseline.measured_for).days
    return [{"code": "baseline_kept" if baseline.how == "kept" else "baseline_weak", "value": age}]


def marks_of_weeks(course: Course, baseline: Baseline, found: Finding, today: date) -> list[Mark]:
    """The marks that look at the weekly means."""
    t = (today - course.last).days
    line = Fraction(7, 10) * baseline.value
    now, before = found.means.get(t), found.means.get(t - 7)
    marks: list[Mark] = []
    if found.loss is not None and found.loss.sparse is not None:
        marks.append({"code": "sparse_data", "value": found.loss.sparse})
    if found.confirmed is not None and found.confirmed > course.rules.eval_end:
        marks.append({"code": "late_response", "value": found.confirmed})
    if found.confirmed is None and t > 2 * course.rules.eval_end and good(now, line) and good(before, line):
        marks.append({"code": "improved_later", "value": number(now)})
    if found.state == "DUE_SOON" and now is not None and now > line:
        marks.append({"code": "over_the_line", "value": number(now - line)})
    if found.state == "REPEAT_DUE" and now is not None and now <= line:
        marks.append({"code": "good_week_now", "value": number(now)})
    if found.why == "few_entries" and found.confirmed is not None and found.near:
        last = max(s for s in found.means if found.means[s] is not None)
        marks.append({"code": "stopped_near_line", "value": number(found.means[last])})
    weeks = [m for m in (now, before) if m is not None]
    if found.confirmed is not None and len(weeks) == 2 and min(weeks) >= baseline.value - Fraction(1, 2):
        marks.append({"code": "back_at_baseline", "value": number(now)})
    return marks


def marks_of_missing_days(
    course: Course, baseline: Baseline, counting: Scores, found: Finding, today: date
) -> list[Mark]:
    """`depends_on_missing_days`, with how many of the last 14 days are missing."""
    t = (today - course.last).days
    if t < 7 or found.state == "NOT_ENOUGH_DATA":
        return []
    days = [course.last + timedelta(days=s) for s in range(max(1, t - 13), t + 1)]
    missing = [day for day in days if day not in counting]
    defined = [m for m in found.means.values() if m is not None]
    for filling in [baseline.value, *([min(defined)] if defined else [])]:
        filled = {**counting, **dict.fromkeys(missing, filling)}
        if judge(course, baseline, filled, today).state != found.state:
            return [{"code": "depends_on_missing_days", "value": len(missing)}]
    return []


def marks_of_repeating(courses: list[Course], found: Finding, today: date) -> list[Mark]:
    """The marks that matter when another course comes near; `courses` have started, the last is judged."""
    judged = courses[-1]
    marks: list[Mark] = []
    if found.state in ("REPEAT_DUE", "DUE_SOON"):
        given = [(course, code) for course in courses for code in course.codes]
        ends = [course.last + timedelta(days=MEDICINES[code].interval) for course, code in given]
        if any(end > today for end in ends):
            marks.append({"code": "inside_minimum_interval", "value": max(ends).isoformat()})
        counts = []
        for code in judged.codes:
            same = "ketamine" if code == "ketamine-single" else code
            year = [c for c in courses if same in substances(c) and c.first > today - timedelta(days=365)]
            if len(year) >= MEDICINES[code].a_year:
                counts.append(len(year))
        if counts:
            marks.append({"code": "yearly_limit", "value": max(counts)})
        if "ketamine" in substances(judged):
            marks.append({"code": "liver_test_missing", "value": None})
    if len(courses) == 1 and found.state in ("HOLDING", "DUE_SOON", "REPEAT_DUE"):
        marks.append({"code": "regression_to_the_mean", "value": None})
    return marks
