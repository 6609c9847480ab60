"""The sentences at the top of a patient's page: the weeks, the relief of each course, interval and liver test."""

import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from diary.clinical.book_by import first_day_allowed
from diary.clinical.relief import CourseRelief, ReliefIs
from diary.clinical.worklist_order import Band, place_on_worklist
from diary.services.patient_pages import PatientPage
from diary.vocabulary import ON_WORKLIST, CourseStatus
from diary.web.clinic.state_words import Plain, course_words, mark_words, reason_sentence
from diary.web.words import day, decimals_apart, points

Told = Callable[..., str]
_MARK: Final = "\x1a"


class Number(NamedTuple):
    """A number with entries behind it: what it is, as `clinic.behind` calls it, its words, and of which course."""

    what: str
    words: str
    course: uuid.UUID | None


class Traced:
    """Sentences whose numbers become links to their entries once the sentence is whole."""

    def __init__(self) -> None:
        self._numbers: list[Number] = []

    def told(self, what: str, words: Any, course: uuid.UUID | None = None) -> str:
        """Return what stands for a number within a sentence."""
        self._numbers.append(Number(what, str(words), course))
        return f"{_MARK}{len(self._numbers) - 1}{_MARK}"

    def whole(self, sentence: str) -> list[str | Number]:
        """Return the sentence in parts: words, and numbers that have entries behind them."""
        parts = sentence.split(_MARK)
        return [self._numbers[int(part)] if place % 2 else part for place, part in enumerate(parts)]


def summary_sentences(page: PatientPage, verdict: Plain) -> list[list[str | Number]]:
    """Return the sentences below the state in parts; the first one goes on after its words."""
    if page.verdict.course is None:
        return []
    traced = Traced()
    sentences = (
        " ".join([f"{reason_sentence(verdict, told=traced.told)}.", *_week_before(verdict, traced.told)]),
        "; ".join([_course(verdict, traced.told), *_relief_before(page, traced.told)]),
        " ".join(_interval_and_liver(page)),
    )
    return [traced.whole(sentence) for sentence in sentences if sentence]


def reason_on_list(page: PatientPage, verdict: Plain) -> str | None:
    """Return why the patient is on the worklist, where that is something else than the state says; None elsewhere."""
    place = place_on_worklist(page.verdict, page.diary.decided(page.today))
    said_by_state = place.reason in (verdict["state"], verdict["why"], "over_the_line")
    if page.diary.patient.life_cycle not in ON_WORKLIST or place.band is not Band.NEEDS_YOU or said_by_state:
        return None
    waited = {"code": place.reason, "value": place.day.isoformat()}  # put off by a decision, its mark is gone
    mark = next((mark for mark in verdict["marks"] if mark["code"] == place.reason), waited)
    return _("On the worklist because: %(reason)s", reason=mark_words(mark))


def _course(verdict: Plain, told: Told) -> str:
    course, days = course_words({**verdict, "days_of_relief": None}), verdict["days_of_relief"]
    if days is None:
        return course
    words = ngettext("%(days)s day of relief", "%(days)s days of relief", days, days=told("days-of-relief", days))
    return f"{course} · {words}"


def _week_before(verdict: Plain, told: Told) -> Iterator[str]:
    if verdict["mean7"] is None or verdict["mean7_before"] is None:
        return
    decimals = decimals_apart(verdict["line"], verdict["mean7_before"])
    mean = told("mean7-before", points(verdict["mean7_before"], decimals))
    yield _("The week before: %(mean)s (%(number)s of 7 days).", mean=mean, number=verdict["n7_before"])


def _relief_before(page: PatientPage, told: Told) -> Iterator[str]:
    ids = {course.first_day: course.id for course in page.courses if course.status == CourseStatus.GIVEN}
    before = [
        told("days-of-relief", one.days, course=ids[one.course.first_day])
        for one in page.verdict.relief[:-1]
        if one.relief is ReliefIs.LOST and one.days is not None
    ]
    without = sum(_is_without(one) for one in page.verdict.relief[:-1])
    came_and_went = sum(one.came_and_went for one in page.verdict.relief[:-1])
    if before:
        yield ngettext(
            "the course before gave %(days)s days of relief",
            "the courses before gave %(days)s days of relief",
            len(before),
            days=_and(before),
        )
    if came_and_went:
        yield str(
            ngettext(
                "after %(num)s course before relief came and went",
                "after %(num)s courses before relief came and went",
                came_and_went,
            )
        )
    if without:
        yield str(ngettext("%(num)s course before gave none", "%(num)s courses before gave none", without))


def _is_without(one: CourseRelief) -> bool:
    return one.relief is ReliefIs.NONE and not one.came_and_went


def _and(words: list[str]) -> str:
    if len(words) == 1:
        return words[0]
    return _("%(some)s and %(last)s", some=", ".join(words[:-1]), last=words[-1])


def _interval_and_liver(page: PatientPage) -> Iterator[str]:
    """Yield until when a minimum interval runs or ran, and how old the last liver test is where one is asked for."""
    given = [one.course for one in page.verdict.relief]
    allowed = first_day_allowed(given, page.rules)
    if allowed <= page.today:
        yield _("Minimum interval passed on %(day)s.", day=day(allowed))
    else:
        yield _("Minimum interval runs until %(day)s.", day=day(allowed))
    course = page.verdict.course
    if course is not None and any(code.startswith("ketamine") for code in course.medicines):
        yield _liver_words(_last_liver_test(page), page.today, page.rules.liver_test_days)


def _last_liver_test(page: PatientPage) -> date | None:
    return max(page.diary.circumstances(page.today).liver_tests, default=None)


def _liver_words(last: date | None, today: date, still_known: int) -> str:
    if last is None:
        return _("No liver test known.")
    age = (today - last).days
    told = ngettext("Last liver test %(num)s day ago", "Last liver test %(num)s days ago", age)
    return f"{told}." if age <= still_known else _("%(told)s: older than %(days)s.", told=told, days=still_known)
