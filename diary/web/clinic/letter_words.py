"""What a letter says, in the language it is written in: every number with the entries behind it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from diary.clinical.baseline import Baseline, BaselineHow
from diary.clinical.rule_changes import about_number, status_of
from diary.clinical.rules import RuleSet
from diary.clinical.verdict import Verdict
from diary.services.checked_decisions import CheckedDecision, Standing
from diary.services.letters import CourseOfLetter, LetterFacts, WeekOfCourse
from diary.vocabulary import DecisionKind
from diary.web.clinic.infusion_words import infusion_words
from diary.web.clinic.letter_charts import chart_of_letter
from diary.web.clinic.page_verdict import verdict_of_page
from diary.web.clinic.relief_words import relief_words
from diary.web.clinic.state_words import mark_words, reason_sentence, state_words
from diary.web.medicines import course_name
from diary.web.words import day, decimals_apart, half_up, number, points

MOST_COURSES: Final = 6
"""Courses that one page has room for, the latest first."""
NO_BREAK: Final = "\u00a0"
NOT_SAID: Final = ("book_by", "inside_minimum_interval", "liver_test_missing")
"""Marks that a letter says elsewhere, or that are the clinic's own business."""


@dataclass(frozen=True, slots=True)
class LetterWords:
    """A letter in words.

    Attributes:
        written_on: its day; clinic: who writes; patient: whom it is about; diary: how much they wrote.
        state, reason: the verdict of the rules, and the sentence with its arithmetic.
        facts: term and value of each number, with the entries behind it.
        courses: rows of the table of courses; left_out: what is said of courses without room, or "".
        doses: each course with its infusions as they were recorded.
        decision: sentences about the decision on which a request rests.
        notes, safety, sources: sentences.
        chart: days, weekly mean, baseline and line; None before the first entry.
    """

    written_on: str
    clinic: str
    patient: str
    diary: str
    state: str
    reason: str
    facts: list[tuple[str, str]]
    courses: list[list[str]]
    left_out: str
    doses: list[tuple[str, list[str]]]
    decision: list[str]
    notes: list[str]
    safety: list[str]
    sources: list[str]
    chart: Markup | None


def letter_words(facts: LetterFacts) -> LetterWords:
    """Return the letter in the language that is spoken now."""
    page, shown = facts.page, facts.courses[::-1][:MOST_COURSES]
    verdict = verdict_of_page(page)
    return LetterWords(
        written_on=day(page.today),
        clinic=" · ".join(part for part in (facts.clinic.name, facts.clinic.phone) if part),
        patient=_patient(facts),
        diary=_diary(facts),
        state=state_words(verdict),
        reason=f"{reason_sentence(verdict)}.",
        facts=list(_facts(facts)),
        courses=[_course_row(one, page.verdict) for one in shown],
        left_out=_left_out(len(facts.courses) - len(shown)),
        doses=[(_course_days(one), [infusion_words(given) for given in one.infusions]) for one in shown],
        decision=list(_decision(facts)),
        notes=[mark_words(mark, today=page.today) for mark in verdict["marks"] if mark["code"] not in NOT_SAID],
        safety=list(_safety(facts)),
        sources=list(_sources(page.rules)),
        chart=chart_of_letter(facts),
    )


def _patient(facts: LetterFacts) -> str:
    patient = facts.page.diary.patient
    born = [_("born %(year)s", year=patient.birth_year)] if patient.birth_year else []
    return ", ".join([patient.name, patient.reference, *born])


def _diary(facts: LetterFacts) -> str:
    counting, written = facts.entries
    if not facts.page.points:
        return _("Nothing is written yet.")
    first = day(min(point.day for point in facts.page.points))
    return str(
        ngettext(
            "%(num)s day with an entry since %(day)s, of which %(counting)s counts: written in time.",
            "%(num)s days with an entry since %(day)s, of which %(counting)s count: written in time.",
            written,
            day=first,
            counting=counting,
        )
    )


def _facts(facts: LetterFacts) -> Iterator[tuple[str, str]]:
    verdict, rules = facts.page.verdict, facts.page.rules
    if not facts.courses or verdict.course is None:
        return
    last, decimals = facts.courses[-1], decimals_apart(verdict.line, verdict.mean7, verdict.mean7_before)
    yield _("Course"), _course_days(last)
    yield _("Baseline"), _baseline(last.baseline, rules)
    if verdict.line is not None:
        yield _("Line"), _said_with(points(verdict.line, decimals), _percent_of_baseline(rules))
    if verdict.t is None:
        return
    yield _("Last 7 days"), _said_with(points(verdict.mean7, decimals), _of_7_days(verdict.n7))
    if verdict.n7_before is not None:
        yield _("7 days before"), _said_with(points(verdict.mean7_before, decimals), _of_7_days(verdict.n7_before))
    if verdict.mean7 is not None and last.baseline and last.baseline.value > 0:
        yield _("Relief now"), _relief_now(last.baseline, verdict.mean7, verdict.n7)
    yield _("Days of relief"), _said_with(relief_words(last.relief, verdict), _entries_since(last))


def _said_with(value: str, behind: str) -> str:
    return f"{value} ({behind})"


def _percent_of_baseline(rules: RuleSet) -> str:
    return _("%(percent)s %% of the baseline", percent=100 - rules.relief_percent)


def _of_7_days(n: int | None) -> str:
    return _("%(number)s of 7 days", number=n or 0)


def _relief_now(baseline: Baseline, mean: Fraction, n: int | None) -> str:
    share, days = (baseline.value - mean) / baseline.value, _of_7_days(n)
    if share < 0:
        return _("none: %(percent)s more than the baseline (%(days)s)", percent=_percent(-share), days=days)
    return _("%(percent)s less than the baseline (%(days)s)", percent=_percent(share), days=days)


def _percent(share: Fraction) -> str:
    return _("%(percent)s %%", percent=number(half_up(100 * share, 0))).replace(" ", NO_BREAK)


def _entries_since(one: CourseOfLetter) -> str:
    return str(ngettext("%(num)s entry since day 1", "%(num)s entries since day 1", one.entries))


def _baseline(baseline: Baseline | None, rules: RuleSet) -> str:
    if baseline is None:
        return _("none: too few entries before the course")
    return _said_with(points(baseline.value), _how_measured(baseline, rules))


def _how_measured(baseline: Baseline, rules: RuleSet) -> str:
    measured = day(baseline.measured_on)
    days = {BaselineHow.WEEK: rules.baseline_days, BaselineHow.FORTNIGHT: rules.long_baseline_days}.get(baseline.how)
    if days is not None:
        return _("%(number)s of %(days)s days up to %(day)s", number=baseline.n, days=days, day=measured)
    if baseline.n is None:
        return _("given by hand on %(day)s, no entries behind it", day=measured)
    if baseline.how is BaselineHow.CARRIED:
        return _("carried from an earlier course: %(number)s entries up to %(day)s", number=baseline.n, day=measured)
    return _("kept, treated again while relieved: %(number)s entries up to %(day)s", number=baseline.n, day=measured)


def _course_days(one: CourseOfLetter) -> str:
    name, first, last = course_name(one.course.medicines), day(one.course.first_day), day(one.course.last_day)
    if first == last:
        return _("%(course)s, %(day)s", course=name, day=first)
    return _("%(course)s, %(first)s to %(last)s", course=name, first=first, last=last)


def _course_row(one: CourseOfLetter, verdict: Verdict) -> list[str]:
    baseline = one.baseline
    cell = "–" if baseline is None else points(baseline.value)
    if baseline is not None and baseline.n is not None:
        cell = f"{cell} ({baseline.n})"
    return [_course_days(one), cell, *(_week(week, one.line) for week in one.weeks), _relief_of(one, verdict)]


def _week(week: WeekOfCourse, line: Fraction | None) -> str:
    if week.mean is None:
        return f"– ({week.n})" if week.n else "–"
    mean = f"{points(week.mean, decimals_apart(line, week.mean))} ({week.n})"
    return mean if week.relief is None else f"{mean}, {_percent(week.relief)}"


def _relief_of(one: CourseOfLetter, verdict: Verdict) -> str:
    known = one.relief.days
    words = relief_words(replace(one.relief, back_at_baseline=None), verdict) if known is None else str(known)
    return f"{words} ({one.entries})"


def _left_out(courses: int) -> str:
    if courses <= 0:
        return ""
    return str(ngettext("%(num)s earlier course is left out.", "%(num)s earlier courses are left out.", courses))


def _decision(facts: LetterFacts) -> Iterator[str]:
    checked = facts.decision
    if checked is None:
        yield _("No decision to repeat is recorded.")
        return
    decision, kinds = checked.decision, {DecisionKind.REPEAT: _("repeat"), DecisionKind.CHANGE: _("change medicine")}
    said = {"day": day(decision.day), "kind": kinds[DecisionKind(decision.kind)], "name": _decider(checked, facts)}
    yield _("Decided on %(day)s by %(name)s: %(kind)s.", **said)
    if decision.next_step is not None:
        yield _("Planned for %(day)s.", day=day(decision.next_step))
    if decision.reason:
        yield _("Reason: %(reason)s", reason=decision.reason)
    if checked.standing is Standing.INVALID:
        yield _("Its signature does not hold: see the decision in Ebb before you rely on it.")


def _decider(checked: CheckedDecision, facts: LetterFacts) -> str:
    decision = checked.decision
    return decision.member_name or facts.page.members.get(decision.member_id, "–")


def _safety(facts: LetterFacts) -> Iterator[str]:
    if facts.liver_test is None:
        yield _("Last liver test: none known.")
    else:
        yield _("Last liver test known: %(day)s.", day=day(facts.liver_test))
    for one in facts.intervals:
        substance = course_name((one.substance,))
        yield _("Minimum interval of %(substance)s: until %(day)s.", substance=substance, day=day(one.until))
    if facts.courses and not facts.intervals:
        yield _("No minimum interval is running.")
    yield _("The diary is not watched in real time.")


def _sources(rules: RuleSet) -> Iterator[str]:
    yield _(
        "Line: %(percent)s %% of the baseline (%(source)s).",
        percent=100 - rules.relief_percent,
        source=_source(rules, "relief_percent"),
    )
    yield _(
        "Weekly mean: at least %(number)s of 7 days with an entry that counts (%(source)s).",
        number=rules.week_minimum,
        source=_source(rules, "week_minimum"),
    )
    yield _(
        "Baseline: mean of the %(days)s days before the first infusion, at least %(number)s of them (%(source)s).",
        days=rules.baseline_days,
        number=rules.baseline_minimum,
        source=_source(rules, "baseline_days"),
    )
    yield _("Loss of response: two weeks above the line that do not overlap (after the FREEDOM trial).")
    yield _(
        "Minimum intervals are opinion, signed off by the clinic; liver injury after 16 days is published "
        "(Noppers 2011)."
    )
    yield _("Rule set %(version)s.", version=rules.version)


def _source(rules: RuleSet, name: str) -> str:
    if status_of(rules, name) == "O":
        return _("opinion, signed off by the clinic")
    return str(about_number(name)["source"])
