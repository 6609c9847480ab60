"""The verdicts on a study folder."""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from tests.clinical.second_reading.diaries import Course, Entry, Row, course_days, known_entries, weekly_mean
from tests.clinical.second_reading.marks import (
    marks_of_baseline,
    marks_of_missing_days,
    marks_of_repeating,
    marks_of_weeks,
    marks_of_writing,
    number,
)
from tests.clinical.second_reading.states import baseline_of, judge


def verdict(patient: str, courses: list[Course], entries: list[Entry], today: date) -> dict[str, object]:
    """The verdict on one patient from what was known on `today`."""
    started = sorted((course for course in courses if course.first <= today), key=lambda course: course.first)
    answer: dict[str, object] = dict.fromkeys(KEYS)
    answer.update(patient=patient, state="NO_COURSE", marks=marks_of_writing(entries, today))
    if not started:
        return answer
    counting = {entry.day: Fraction(entry.score) for entry in entries if entry.counts}
    course = started[-1]
    baseline = baseline_of(started, len(started) - 1, counting)
    found = judge(course, baseline, counting, today)
    t = (today - course.last).days
    marks = marks_of_writing(entries, today) + marks_of_baseline(baseline, today)
    if baseline is not None and baseline.value >= 4:
        marks += marks_of_weeks(course, baseline, found, today)
        marks += marks_of_missing_days(course, baseline, counting, found, today)
    marks += marks_of_repeating(started, found, today)
    answer.update(
        state=found.state,
        why=found.why,
        marks=marks,
        medicine=course.medicine,
        last_day=course.last.isoformat(),
        t=t if t >= 1 else None,
        mean7=number(weekly_mean(course, counting, t)),
        n7=len(course_days(course, counting, t - 6, t)) if t >= 1 else None,
        mean7_before=number(weekly_mean(course, counting, t - 7)),
        n7_before=len(course_days(course, counting, t - 13, t - 7)) if t >= 14 else None,
        confirmed=found.confirmed,
        due=None if found.loss is None else found.loss.due,
        days_of_relief=found.days_of_relief,
    )
    if baseline is not None:
        answer.update(
            baseline=number(baseline.value),
            line=number(Fraction(7, 10) * baseline.value),
            baseline_n=baseline.n,
            baseline_how=baseline.how,
        )
    return answer


KEYS = [
    "patient",
    "state",
    "marks",
    "medicine",
    "last_day",
    "t",
    "baseline",
    "baseline_n",
    "baseline_how",
    "line",
    "mean7",
    "n7",
    "mean7_before",
    "n7_before",
    "confirmed",
    "due",
    "days_of_relief",
    "why",
]


def verdicts(
    patients: Iterable[Row], courses: Iterable[Row], scores: Iterable[Row], as_of: date
) -> list[dict[str, object]]:
    """One verdict a patient, ordered by reference, from the rows of a study folder."""
    courses_of: dict[str, list[Course]] = {}
    scores_of: dict[str, list[Row]] = {}
    for row in courses:
        first, last = date.fromisoformat(row["first_day"]), date.fromisoformat(row["last_day"])
        course = Course(row["medicine"], first, last)
        courses_of.setdefault(row["patient"], []).append(course)
    for row in scores:
        scores_of.setdefault(row["patient"], []).append(row)
    answers = []
    for row in sorted(patients, key=lambda one: one["patient"]):
        name = row["patient"]
        entries = known_entries(scores_of.get(name, []), row["timezone"], as_of)
        answers.append(verdict(name, courses_of.get(name, []), entries, as_of))
    return answers
