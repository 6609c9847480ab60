"""Dates, numbers and counts in the way of each place, worked by hand."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_babel import ngettext

from diary.errors import Throttled
from diary.languages import LANGUAGES, own_name, speaking
from diary.messaging import letters
from diary.messaging.message import Recipient
from diary.web import words
from tests.conftest import TestClock

FRIDAY = date(2026, 11, 20)
BY_HAND: dict[str, tuple[Callable[[date], str], dict[str, str]]] = {
    "day": (words.day, {"en": "20 Nov 2026", "es": "20 nov 2026", "nl": "20 nov 2026", "de": "20. Nov. 2026"}),
    "short day": (words.short_day, {"en": "20 Nov", "es": "20 nov", "nl": "20 nov", "de": "20. Nov."}),
    "day of an axis": (words.day_and_month, {"en": "20 Nov", "es": "20 nov", "nl": "20 nov", "de": "20. Nov."}),
    "long day": (
        words.long_day,
        {
            "en": "Friday 20 November",
            "es": "viernes, 20 de noviembre",
            "nl": "vrijdag 20 november",
            "de": "Freitag, 20. November",
        },
    ),
    "day of a list": (
        words.week_day,
        {"en": "Fri 20 Nov", "es": "vie, 20 nov", "nl": "vr 20 nov", "de": "Fr., 20. Nov."},
    ),
    "month": (
        words.month,
        {"en": "November 2026", "es": "noviembre de 2026", "nl": "november 2026", "de": "November 2026"},
    ),
    "day of the week": (words.weekday, {"en": "Friday", "es": "viernes", "nl": "vrijdag", "de": "Freitag"}),
}


@pytest.fixture
def this_year(clock: TestClock) -> int:
    """The year of the clock, which is not said again in a short day."""
    assert clock.now.year == FRIDAY.year
    return clock.now.year


@pytest.mark.parametrize("kind", BY_HAND)
def test_a_day_is_written_as_its_place_writes_it(app: Flask, this_year: int, kind: str) -> None:
    write, expected = BY_HAND[kind]
    for language, wanted in expected.items():
        with speaking(language):
            assert write(FRIDAY) == wanted, language
    assert set(expected) == set(LANGUAGES)


def test_another_year_is_said(app: Flask, this_year: int) -> None:
    earlier = date(2025, 3, 7)
    said = {
        "en": ("7 Mar 2025", "Friday 7 March 2025"),
        "es": ("7 mar 2025", "viernes, 7 de marzo de 2025"),
        "nl": ("7 mrt 2025", "vrijdag 7 maart 2025"),
        "de": ("7. März 2025", "Freitag, 7. März 2025"),
    }
    for language, (short, long) in said.items():
        with speaking(language):
            assert (words.short_day(earlier), words.long_day(earlier)) == (short, long)
            assert words.long_day(earlier.isoformat()) == long
            assert words.long_day(None) == words.short_day(None) == "–"


@pytest.mark.parametrize(
    ("language", "wanted", "with_seconds"),
    [
        ("en", "20 Nov 2026, 09:05", "20 Nov 2026, 09:05:30"),
        ("es", "20 nov 2026, 9:05", "20 nov 2026, 9:05:30"),
        ("nl", "20 nov 2026, 09:05", "20 nov 2026, 09:05:30"),
        ("de", "20. Nov. 2026, 09:05", "20. Nov. 2026, 09:05:30"),
    ],
)
def test_a_moment_stays_in_the_zone_it_carries(app: Flask, language: str, wanted: str, with_seconds: str) -> None:
    at = datetime(2026, 11, 20, 8, 5, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Amsterdam"))
    with speaking(language):
        assert words.moment(at) == wanted
        assert words.moment(at, seconds=True) == with_seconds


def test_the_day_of_a_moment_is_that_of_its_zone(app: Flask) -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Amsterdam"))
    with speaking("nl"):
        assert words.moment(late) == "21 nov 2026, 00:30"


@pytest.mark.parametrize(("language", "wanted"), [("en", "6.4"), ("es", "6,4"), ("nl", "6,4"), ("de", "6,4")])
def test_decimals_stand_after_the_sign_of_the_place(app: Flask, language: str, wanted: str) -> None:
    with speaking(language):
        assert words.points(Fraction(45, 7)) == wanted
        assert words.number(Fraction(5, 2)) == wanted.replace("6", "2").replace("4", "5")


@pytest.mark.parametrize(
    ("language", "none", "one", "many"),
    [
        ("en", "0 days", "1 day", "21 days"),
        ("es", "0 días", "1 día", "21 días"),
        ("nl", "0 dagen", "1 dag", "21 dagen"),
        ("de", "0 Tage", "1 Tag", "21 Tage"),
    ],
)
def test_one_and_many_are_counted_in_each_language(app: Flask, language: str, none: str, one: str, many: str) -> None:
    with speaking(language):
        assert [str(ngettext("%(num)s day", "%(num)s days", number)) for number in (0, 1, 21)] == [none, one, many]


def test_seconds_to_wait_are_counted(app: Flask) -> None:
    with speaking("de"):
        assert words.too_many(Throttled(timedelta(seconds=1))).endswith("in 1 Sekunde noch einmal.")
        assert words.too_many(Throttled(timedelta(seconds=61))).endswith("in 2 Minuten noch einmal.")


def test_each_language_is_called_as_its_own_people_call_it() -> None:
    assert [own_name(code) for code in LANGUAGES] == ["English", "Español", "Nederlands", "Deutsch"]


def test_a_language_that_ebb_does_not_speak_is_english(app: Flask, this_year: int) -> None:
    for unknown in ("fr", "", None, "de-AT", "../de"):
        with speaking(unknown):
            assert words.long_day(FRIDAY) == "Friday 20 November"


def test_without_a_reader_words_and_days_are_english(app: Flask, this_year: int) -> None:
    assert words.day(FRIDAY) == "20 Nov 2026"
    with speaking("nl"):
        assert words.day(FRIDAY) == "20 nov 2026"
    assert words.day(FRIDAY) == "20 Nov 2026"


@pytest.mark.parametrize(
    ("language", "subject", "until"),
    [
        ("en", "Your invitation", "until 20 Nov 2026, 09:05 (GMT+01:00)."),
        ("es", "Su invitación", "hasta el 20 nov 2026, 9:05 (GMT+01:00)."),
        ("nl", "Uw uitnodiging", "tot 20 nov 2026, 09:05 (GMT+01:00)."),
        ("de", "Ihre Einladung", "bis 20. Nov. 2026, 09:05 (GMT+01:00)."),
    ],
)
def test_a_letter_is_written_in_its_readers_language(app: Flask, language: str, subject: str, until: str) -> None:
    whom = Recipient("ana@home.example", language)
    at = datetime(2026, 11, 20, 9, 5, tzinfo=ZoneInfo("Europe/Amsterdam"))
    letter = letters.patient_invite(whom, clinic="Kliniek West", link="https://ebb.example/x", expires_at=at)
    assert letter.subject == subject
    assert until in letter.text
