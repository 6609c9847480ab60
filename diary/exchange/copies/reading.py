"""Copies read: nothing is believed, and what is wrong is said with its place."""

import json
from collections import defaultdict
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, Final, NoReturn
from zoneinfo import available_timezones

from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import MEDICINE_CODES, check_medicines
from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE, Source
from diary.errors import Invalid, Sentence
from diary.exchange.copies.cells import Fields, refused
from diary.exchange.copies.content import (
    CopiedBaseline,
    CopiedConsent,
    CopiedCourse,
    CopiedEntry,
    CopiedEvent,
    CopiedInfusion,
    CopiedZone,
    DiaryCopy,
    HomeClinic,
)
from diary.exchange.copies.writing import FORMAT, PURPOSE, VERSION, SignedCopy, digest_of_content
from diary.security.signatures import fits
from diary.vocabulary import CourseStatus, DoseUnit, EventKind

LARGEST_COPY: Final = 8 * 1024 * 1024
MOST_ENTRIES: Final = 20_000
MOST_COURSES: Final = 500
MOST_PER_COURSE: Final = 500
MOST_OF_ALL_COURSES: Final = {"infusions": 2_000, "baselines": 2_000}
"""Together: five days a month for more than thirty years."""
MOST_EVENTS: Final = 5_000
MOST_ZONES: Final = 200
MOST_CONSENTS: Final = 200
LONGEST_COURSE: Final = timedelta(days=366)
FROM_COURSE: Final = timedelta(days=60)
AHEAD: Final = timedelta(days=1)
"""How far a clock may be ahead of ours."""


def read_copy(sent: bytes, *, now: datetime) -> SignedCopy:
    """Return the copy that a file holds, its signature checked against the key in it; whose key that is, is not said.

    Raises:
        Invalid: the file is none, was changed since it was signed, or holds something that no diary holds.
    """
    document = Fields(_json(sent), "", ("format", "version", "content", "digest", "public_key", "signature"))
    if document.raw("format") != FORMAT:
        raise refused("format", Sentence("it is no copy of a diary."))
    if document.raw("version") != VERSION or type(document.raw("version")) is not int:
        raise refused("version", Sentence("this server reads version %(version)s only.", version=VERSION))
    public, signature = document.hexadecimal("public_key", 32), document.hexadecimal("signature", 64)
    content = document.raw("content")
    if not isinstance(content, dict):
        raise refused("content")
    digest = digest_of_content(content)
    if document.raw("digest") != digest or not fits(public, PURPOSE, content, signature):
        raise Invalid(
            Sentence("This file was changed since it was signed. Ask the clinic it comes from for a new one.")
        )
    return SignedCopy(_content(content, now), digest, public, signature)


def _json(sent: bytes) -> Any:
    if len(sent) > LARGEST_COPY:
        raise Invalid(Sentence("This file is larger than %(number)s MB.", number=LARGEST_COPY // 1024 // 1024))
    try:
        read = json.loads(
            sent.decode("ascii"), object_pairs_hook=_object, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise Invalid(Sentence("This file is no copy of a diary: choose the file that the other clinic handed out."))
    return read


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) != len(pairs):
        raise ValueError("A name stands twice.")
    return read


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of a copy.")


def _content(content: Any, now: datetime) -> DiaryCopy:
    read = Fields(content, "", tuple(DiaryCopy.__dataclass_fields__))
    made_at = read.moment("made_at")
    if made_at > now + AHEAD:
        raise refused("made_at", Sentence("the file says that it was made later than today."))
    last_day = made_at.date() + AHEAD
    return DiaryCopy(
        made_at=made_at,
        home=_home(read.raw("home")),
        name=read.text("name", 120, shortest=1),
        birth_year=None if read.raw("birth_year") is None else read.whole("birth_year", 1880, 2100),
        phone=read.text("phone", 40),
        language=read.text("language", 10),
        left_handed=read.true_or_false("left_handed"),
        protected=read.true_or_false("protected"),
        zones=_zones(read),
        entries=_entries(read, made_at, last_day),
        courses=_courses(read, made_at, last_day),
        events=tuple(
            _event(one, f"events[{number}]", made_at, last_day)
            for number, one in enumerate(read.listed("events", MOST_EVENTS))
        ),
        consents=tuple(
            _consent(one, f"consents[{number}]") for number, one in enumerate(read.listed("consents", MOST_CONSENTS))
        ),
    )


def _home(value: Any) -> HomeClinic:
    read = Fields(value, "home", tuple(HomeClinic.__dataclass_fields__))
    return HomeClinic(
        clinic_id=read.identifier("clinic_id"),
        name=read.text("name", 120, shortest=1),
        patient_id=read.identifier("patient_id"),
        reference=read.text("reference", 64, shortest=1),
    )


def _zones(whole: Fields) -> tuple[CopiedZone, ...]:
    zones = []
    for number, value in enumerate(whole.listed("zones", MOST_ZONES)):
        read = Fields(value, f"zones[{number}]", tuple(CopiedZone.__dataclass_fields__))
        zones.append(CopiedZone(read.day("valid_from"), read.word("time_zone", _known_zones())))
    days = [zone.valid_from for zone in zones]
    if not zones or days != sorted(set(days)):
        raise refused("zones")
    return tuple(zones)


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _entries(whole: Fields, made_at: datetime, last_day: date) -> tuple[CopiedEntry, ...]:
    entries = tuple(
        _entry(value, f"entries[{number}]", made_at, last_day)
        for number, value in enumerate(whole.listed("entries", MOST_ENTRIES))
    )
    if len({entry.client_ref for entry in entries}) != len(entries):
        raise refused("entries", Sentence("two of them carry the same number (client_ref)."))
    revisions: dict[date, list[int]] = defaultdict(list)
    for entry in entries:
        revisions[entry.day].append(entry.revision)
    for day, known in revisions.items():
        if sorted(known) != list(range(1, len(known) + 1)):
            raise refused("entries", Sentence("a writing of %(day)s is missing or stands there twice.", day=day))
    return entries


def _entry(value: Any, where: str, made_at: datetime, last_day: date) -> CopiedEntry:
    read = Fields(value, where, tuple(CopiedEntry.__dataclass_fields__))
    entry = CopiedEntry(
        day=_past(read, "day", last_day),
        revision=read.whole("revision", 1, MOST_ENTRIES),
        score=None if read.raw("score") is None else read.whole("score", LOWEST_SCORE, HIGHEST_SCORE),
        client_ref=read.identifier("client_ref"),
        item_version=read.text("item_version", 40, shortest=1),
        entered_at=None if read.raw("entered_at") is None else read.moment("entered_at"),
        utc_offset_minutes=(
            None if read.raw("utc_offset_minutes") is None else read.whole("utc_offset_minutes", -1440, 1440)
        ),
        clock_error_seconds=read.whole("clock_error_seconds", -(2**31), 2**31 - 1),
        written_at=_known_by(read, "written_at", made_at),
        received_at=_known_by(read, "received_at", made_at),
        days_late=read.whole("days_late", -200_000, 200_000),
        source=read.word("source", Source),
        reason=read.free_text("reason", 500),
    )
    written_day = entry.day + timedelta(days=entry.days_late)
    if not date(1900, 1, 1) <= written_day <= last_day:
        raise refused(read.at("days_late"))
    return entry


def _courses(whole: Fields, made_at: datetime, last_day: date) -> tuple[CopiedCourse, ...]:
    listed = whole.listed("courses", MOST_COURSES)
    _check_together(whole, listed)
    courses = tuple(_course(value, f"courses[{number}]", made_at, last_day) for number, value in enumerate(listed))
    given = sorted((course.first_day, course.last_day) for course in courses if course.status == CourseStatus.GIVEN)
    for (_first, last), (first, _last) in pairwise(given):
        if first <= last:
            raise refused("courses", Sentence("two of them share the day %(day)s.", day=first))
    return courses


def _check_together(whole: Fields, courses: list[Any]) -> None:
    """Refuse more than one unit should write, before any of it is looked at; what is no list is refused after."""
    for name, most in MOST_OF_ALL_COURSES.items():
        lists = [course.get(name) for course in courses if isinstance(course, dict)]
        if sum(len(one) for one in lists if isinstance(one, list)) > most:
            wrong = Sentence("together they hold more than %(most)s %(name)s.", most=most, name=name)
            raise refused(whole.at("courses"), wrong)


def _course(value: Any, where: str, made_at: datetime, last_day: date) -> CopiedCourse:
    read = Fields(value, where, tuple(CopiedCourse.__dataclass_fields__))
    first, last = read.day("first_day"), read.day("last_day")
    status = read.word("status", CourseStatus)
    if not first <= last <= first + LONGEST_COURSE or (status == CourseStatus.GIVEN and first > last_day):
        raise refused(read.at("first_day"))
    infusions = enumerate(read.listed("infusions", MOST_PER_COURSE))
    baselines = enumerate(read.listed("baselines", MOST_PER_COURSE))
    return CopiedCourse(
        medicines=_medicines(read),
        status=status,
        first_day=first,
        last_day=last,
        made_at=_known_by(read, "made_at", made_at),
        infusions=tuple(_infusion(one, f"{where}.infusions[{n}]", made_at, (first, last)) for n, one in infusions),
        baselines=tuple(_baseline(one, f"{where}.baselines[{n}]", made_at, last_day) for n, one in baselines),
    )


def _medicines(read: Fields) -> tuple[str, ...]:
    codes = tuple(read.listed("medicines", len(MEDICINE_CODES)))
    if not all(isinstance(code, str) for code in codes):
        raise refused(read.at("medicines"))
    try:
        check_medicines(codes)
    except ClinicalError:
        raise refused(read.at("medicines")) from None
    return codes


def _infusion(value: Any, where: str, made_at: datetime, course: tuple[date, date]) -> CopiedInfusion:
    read = Fields(value, where, tuple(CopiedInfusion.__dataclass_fields__))
    day = read.day("day")
    if not course[0] - FROM_COURSE - LONGEST_COURSE <= day <= course[1] + FROM_COURSE + LONGEST_COURSE:
        raise refused(read.at("day"))
    return CopiedInfusion(
        day=day,
        medicine=read.word("medicine", MEDICINE_CODES),
        dose=read.number("dose", "0.01", "100000"),
        unit=None if read.raw("unit") is None else read.word("unit", DoseUnit),
        hours=read.number("hours", "0.01", "240"),
        weight_kg=read.number("weight_kg", "1", "400"),
        remark=read.free_text("remark", 500),
        made_at=_known_by(read, "made_at", made_at),
    )


def _baseline(value: Any, where: str, made_at: datetime, last_day: date) -> CopiedBaseline:
    read = Fields(value, where, tuple(CopiedBaseline.__dataclass_fields__))
    return CopiedBaseline(
        value=read.number("value", "0", "10"),
        reason=read.free_text("reason", 500),
        set_on=_past(read, "set_on", last_day),
        made_at=_known_by(read, "made_at", made_at),
    )


def _event(value: Any, where: str, made_at: datetime, last_day: date) -> CopiedEvent:
    read = Fields(value, where, tuple(CopiedEvent.__dataclass_fields__))
    return CopiedEvent(
        kind=read.word("kind", EventKind),
        day=_past(read, "day", last_day),
        note=read.free_text("note", 500),
        recorded_at=_known_by(read, "recorded_at", made_at),
    )


def _consent(value: Any, where: str) -> CopiedConsent:
    read = Fields(value, where, tuple(CopiedConsent.__dataclass_fields__))
    return CopiedConsent(
        read.text("purpose", 20, shortest=1),
        read.text("version", 20),
        read.text("said", 20, shortest=1),
        read.day("day"),
    )


def _past(read: Fields, name: str, last_day: date) -> date:
    day = read.day(name)
    if day > last_day:
        raise refused(read.at(name), Sentence("this day had not come yet when the file was made."))
    return day


def _known_by(read: Fields, name: str, made_at: datetime) -> datetime:
    moment = read.moment(name)
    if moment > made_at + AHEAD:
        raise refused(read.at(name), Sentence("this moment had not come yet when the file was made."))
    return moment
