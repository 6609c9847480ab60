"""What is said before something unusual is stored: warnings of a plan, and numbers that are asked about."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.clinical.courses import Course
from diary.clinical.doses import Doubt
from diary.clinical.intervals import BEFORE_NEXT, KETAMINE, LiverWarning, PlanWarning
from diary.web.clinic.rule_words import STATUS_WORDS
from diary.web.clinic.state_words import mark_words
from diary.web.medicines import course_name, medicine_name
from diary.web.words import day

if TYPE_CHECKING:
    from diary.services.courses import CourseDays
    from diary.services.infusions import InfusionDoubt
    from diary.services.repeat_warnings import RepeatWarning

INJURY = _l("Of 6 people who had ketamine again after 16 days, 3 had a liver injury (Noppers 2011).")


def plan_sentences(warnings: "Iterable[RepeatWarning]") -> list[str]:
    """Return each warning as it stands before a plan: the mark's own words, then why; what is known of injury once."""
    said = list(warnings)
    plans = [warning for warning in said if isinstance(warning, PlanWarning)]
    sentences = [_said(one) if isinstance(one, PlanWarning) else _without_liver_test(one) for one in said]
    if any(warning.until and warning.substance == KETAMINE for warning in plans):
        sentences.append(str(INJURY))
    return sentences


def _said(warning: PlanWarning) -> str:
    status = STATUS_WORDS[warning.status]
    if warning.until is None:
        mark = {"code": warning.code, "value": len(warning.courses), "substance": warning.substance}
        listed = "; ".join(_days(course) for course in warning.courses)
        return ngettext(
            "%(mark)s within 365 days: %(courses)s. The limit is %(num)s course a year (%(status)s).",
            "%(mark)s within 365 days: %(courses)s. The limit is %(num)s courses a year (%(status)s).",
            warning.number,
            mark=_begun(mark_words(mark)),
            courses=listed,
            status=status,
        )
    if warning.code == BEFORE_NEXT:
        return _too_early(warning, warning.until)
    mark = {"code": warning.code, "value": warning.until.isoformat(), "substance": warning.substance}
    (course,) = warning.courses
    return ngettext(
        "%(mark)s: %(num)s day (%(status)s) from %(last)s, the last day of the course of %(course)s, %(days)s.",
        "%(mark)s: %(num)s days (%(status)s) from %(last)s, the last day of the course of %(course)s, %(days)s.",
        warning.number,
        mark=_begun(mark_words(mark)),
        status=status,
        last=day(course.last_day),
        course=course_name(course.medicines),
        days=_days(course),
    )


def _without_liver_test(warning: LiverWarning) -> str:
    """Return what is said where no liver test counts."""
    mark = _begun(mark_words({"code": warning.code, "value": warning.age}))
    return ngettext(
        "%(mark)s: before ketamine one of the last %(num)s day (%(status)s) is asked for.",
        "%(mark)s: before ketamine one of the last %(num)s days (%(status)s) is asked for.",
        warning.number,
        mark=mark,
        status=STATUS_WORDS[warning.status],
    )


def _too_early(warning: PlanWarning, until: date) -> str:
    """Return what is said of the course that begins too early after the planned one."""
    (course,) = warning.courses
    return ngettext(
        "The course of %(course)s, %(days)s, begins inside the minimum interval of %(substance)s until %(until)s: "
        "%(num)s day (%(status)s) from %(last)s, the last day of this plan.",
        "The course of %(course)s, %(days)s, begins inside the minimum interval of %(substance)s until %(until)s: "
        "%(num)s days (%(status)s) from %(last)s, the last day of this plan.",
        warning.number,
        course=course_name(course.medicines),
        days=_days(course),
        substance=course_name((warning.substance,)),
        until=day(until),
        status=STATUS_WORDS[warning.status],
        last=day(until - timedelta(days=warning.number)),
    )


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _days(course: "Course | CourseDays") -> str:
    if course.first_day == course.last_day:
        return day(course.first_day)
    return _("%(first)s to %(last)s", first=day(course.first_day), last=day(course.last_day))


def doubt_sentences(doubts: "Iterable[InfusionDoubt]") -> list[str]:
    """Return what is asked about each number; never what it should have been."""
    return [_doubt(one) for one in doubts]


def _doubt(one: "InfusionDoubt") -> str:
    about = {"day": day(one.day), "medicine": medicine_name(one.medicine)}
    if one.planned is not None:
        return _(
            "%(day)s is more than a week from the planned first day, %(planned)s. The whole plan would move.",
            planned=day(one.planned),
            **about,
        )
    if one.stretched is not None:
        now, then = one.stretched
        return _(
            "%(day)s lies more than a week outside this course, %(now)s. It would last from %(first)s to %(last)s, and"
            " relief would be counted from %(last)s. If a new course began, record that course instead.",
            now=_days(now),
            first=day(then.first_day),
            last=day(then.last_day),
            **about,
        )
    if one.doubt is None:
        return _("%(day)s: an infusion of %(medicine)s is recorded on this day already.", **about)
    number = f"{format_decimal(one.number)} {one.unit}"
    if one.doubt is Doubt.DOSE:
        return _("%(day)s: %(number)s of %(medicine)s is an unusual number.", number=number, **about)
    if one.doubt is Doubt.HOURS:
        return _("%(day)s: %(number)s is an unusual time for one infusion.", number=number, **about)
    return _("%(day)s: %(number)s is an unusual weight.", number=number, **about)
