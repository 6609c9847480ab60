"""The cards of a patient's courses: infusions as rows, means that can be traced, and what was changed, in words."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.clinical.intervals import BEFORE_NEXT
from diary.clinical.relief import CourseRelief
from diary.clinical.rules import WEEK
from diary.installation import installation
from diary.services.course_cards import CourseExtras, read_course_extras
from diary.services.patient_pages import PatientPage
from diary.vocabulary import CourseChanged, CourseStatus
from diary.web.extras_words import SIDE_EFFECT_WORDS, in_a_row
from diary.web.medicines import course_name, medicine_name
from diary.web.sessions import current_identity
from diary.web.words import NONE, day, points

if TYPE_CHECKING:
    from diary.models import Course, CourseChange, Infusion

WEEKS: Final = (1, 4, 8, 12)
STATUS_WORDS: Final = {CourseStatus.PLANNED.value: _l("planned"), CourseStatus.CANCELLED.value: _l("cancelled")}


@dataclass(frozen=True, slots=True)
class InfusionLine:
    """An infusion as a row of the table, with what was done to it."""

    id: uuid.UUID
    day: str
    cells: tuple[str, ...]
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class WeekMean:
    """The mean of one week after a course: which week, its last day, the mean in words and its entries."""

    week: int
    last: date
    words: str
    n: int


@dataclass(frozen=True, slots=True)
class CourseCard:
    """What the card of a course shows beside its name and days."""

    lines: tuple[InfusionLine, ...]
    weeks: tuple[WeekMean, ...]
    days_of_relief: int | None
    protocol: str
    changes: tuple[str, ...]
    status: str


def cards_in_words(page: PatientPage) -> dict[uuid.UUID, CourseCard]:
    """Return the card of each course of a patient, by the course's id."""
    extras = read_course_extras(current_identity(), page.about, clock=installation().clock)
    relief = {one.course.first_day: one for one in page.verdict.relief}
    return {course.id: _card(page, course, extras, relief) for course in page.courses}


def _card(page: PatientPage, course: "Course", extras: CourseExtras, relief: Mapping[date, CourseRelief]) -> CourseCard:
    given = [*page.infusions.get(course.id, []), *extras.taken_back.get(course.id, ())]
    is_given = course.status == CourseStatus.GIVEN
    known = relief.get(course.first_day) if is_given else None
    protocol = extras.protocols.get(course.id)
    return CourseCard(
        lines=tuple(_line(one) for one in sorted(given, key=lambda one: (one.day, one.made_at))),
        weeks=tuple(_weeks(page, course)) if is_given else (),
        days_of_relief=known.days if known else None,
        protocol=_protocol_words(protocol) if protocol else "",
        changes=tuple(_change_words(change, page.members) for change in extras.changes.get(course.id, ())),
        status=str(STATUS_WORDS.get(course.status, "")),
    )


def _line(infusion: "Infusion") -> InfusionLine:
    dose = f"{format_decimal(infusion.dose)} {infusion.unit}" if infusion.dose is not None else NONE
    effects = (in_a_row(infusion.side_effects, SIDE_EFFECT_WORDS), infusion.side_effect_words)
    cells = (
        medicine_name(infusion.medicine),
        dose,
        NONE if infusion.hours is None else format_decimal(infusion.hours),
        NONE if infusion.weight_kg is None else _("%(weight)s kg", weight=format_decimal(infusion.weight_kg)),
        "; ".join(filter(None, effects)) or NONE,
        infusion.remark or NONE,
    )
    return InfusionLine(infusion.id, day(infusion.day), cells, infusion.taken_back_at is not None)


def _weeks(page: PatientPage, course: "Course") -> Iterator[WeekMean]:
    by_day = {week.day: week for week in page.means}
    later = (other.first_day for other in page.courses if other.status == CourseStatus.GIVEN)
    until = min((first for first in later if first > course.last_day), default=page.today + timedelta(days=1))
    for number in WEEKS:
        last = course.last_day + timedelta(days=WEEK * number)
        found = by_day.get(last)
        if last < until and found is not None:
            yield WeekMean(number, last, points(found.mean), found.n)


def _protocol_words(protocol: Any) -> str:
    words = [protocol.name, protocol.dose_range]
    return ": ".join(filter(None, words))


def _change_words(change: "CourseChange", members: Mapping[uuid.UUID, str]) -> str:
    who = members.get(change.made_by) if change.made_by else None
    said = {"who": who or _("the operator"), "when": day(change.made_at), "reason": change.reason}
    before = change.before
    if change.changed == CourseChanged.PLANNED_ANYWAY:
        return _("Planned all the same by %(who)s on %(when)s: %(what)s.", what=_warned(before["warnings"]), **said)
    if change.changed in (CourseChanged.INFUSION_CORRECTED, CourseChanged.INFUSION_TAKEN_BACK):
        what = _infusion_before(before)
        if change.changed == CourseChanged.INFUSION_TAKEN_BACK:
            return _("Taken back by %(who)s on %(when)s: %(what)s. %(reason)s", what=what, **said)
        return _("Infusion corrected by %(who)s on %(when)s, before: %(what)s. %(reason)s", what=what, **said)
    what = _course_before(before)
    if change.changed == CourseChanged.CANCELLED:
        return _("Cancelled by %(who)s on %(when)s, planned for %(what)s. %(reason)s", what=what, **said)
    if change.changed == CourseChanged.MOVED:
        return _("Moved by %(who)s on %(when)s, before: %(what)s. %(reason)s", what=what, **said)
    return _("Corrected by %(who)s on %(when)s, before: %(what)s. %(reason)s", what=what, **said)


def _course_before(before: Mapping[str, Any]) -> str:
    days = {"first": day(before["first_day"]), "last": day(before["last_day"])}
    return f"{course_name(before['medicines'].split('+'))}, {_('%(first)s to %(last)s', **days)}"


def _infusion_before(before: Mapping[str, Any]) -> str:
    amounts = [
        f"{before['dose']} {before['unit']}" if before["dose"] else "",
        _("%(hours)s hours", hours=before["hours"]) if before["hours"] else "",
        _("%(weight)s kg", weight=before["weight_kg"]) if before["weight_kg"] else "",
        in_a_row(before["side_effects"], SIDE_EFFECT_WORDS),
        before["side_effect_words"],
        before["remark"],
    ]
    return ", ".join(filter(None, [day(before["day"]), medicine_name(before["medicine"]), *amounts]))


def _warned(warnings: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(_warning(one) for one in warnings)


def _warning(one: Mapping[str, Any]) -> str:
    substance = course_name((one["substance"],))
    if one["until"] is None:
        return _("yearly limit of %(substance)s reached", substance=substance)
    if one["code"] == BEFORE_NEXT:
        first, _last = one["courses"][0].split("/")
        return _(
            "the course on %(first)s begins inside the minimum interval of %(substance)s until %(day)s",
            first=day(first),
            substance=substance,
            day=day(one["until"]),
        )
    return _("inside the minimum interval of %(substance)s until %(day)s", substance=substance, day=day(one["until"]))
