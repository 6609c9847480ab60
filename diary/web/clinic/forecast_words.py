"""Forecast and book by in words: advice beside the state, for clinicians only."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from diary.charts.course_chart import ForecastWindow
from diary.clinical.book_by import BookBy, ExpectedFrom
from diary.clinical.forecast import Forecast, Silent
from diary.clinical.forecast.horizon import FIRST_DAY, LAST_DAY
from diary.services.figures import Drawn
from diary.services.patient_pages import PatientPage
from diary.web.clinic.evidence import Row
from diary.web.words import day, short_day

SILENT_WORDS: Final[Mapping[Silent, Any]] = {
    Silent.NO_COURSE: _l("No forecast before the first course."),
    Silent.NO_BASELINE: _l("No forecast without a baseline that can be used."),
    Silent.NOT_CONFIRMED: _l("No forecast before a response is confirmed."),
    Silent.LOST: _l("No forecast: the loss of response is confirmed."),
    Silent.TOO_EARLY: _l("No forecast before day %(t)s.", t=FIRST_DAY),
    Silent.TOO_LATE: _l("No forecast after day %(t)s.", t=LAST_DAY),
    Silent.UNLIKE_ANY_COURSE: _l("No forecast: this diary is unlike the courses it knows."),
    Silent.NO_RETURN_IN_SIGHT: _l("No return of the pain in sight."),
    Silent.WIDE_WINDOW: _l("The end cannot be narrowed down; only the chance is told."),
}


def outlook_of(page: PatientPage) -> dict[str, Any]:
    """Return what is expected: rows as in the evidence, and the sentences below them."""
    return {"rows": [row._asdict() for row in _rows(page)], "sentences": list(_sentences(page))}


def window_of(page: PatientPage | Drawn) -> ForecastWindow | None:
    """Return the window where it speaks of the state that is on the page."""
    known = _forecast_of_the_state(page)
    if known is None or known.p10 is None or known.p50 is None or known.p90 is None or known.course_day_0 is None:
        return None
    first, middle, last = (known.course_day_0 + timedelta(days=t) for t in (known.p10, known.p50, known.p90))
    return ForecastWindow(first, middle, last)


def window_words(window: ForecastWindow) -> str:
    """Return its first and last day."""
    first = short_day(window.first) if window.first.year == window.last.year else day(window.first)
    return _("%(first)s to %(last)s", first=first, last=day(window.last))


def _forecast_of_the_state(page: PatientPage | Drawn) -> Forecast | None:
    """Return the forecast, or None until one is made that knows of a loss that is on the page already."""
    outdated = page.forecast is not None and page.forecast.shown and page.verdict.due is not None
    return None if outdated else page.forecast


def _rows(page: PatientPage) -> Iterator[Row]:
    window, known, advice = window_of(page), _forecast_of_the_state(page), page.verdict.book_by
    if window:
        yield Row(_("Likely end"), window_words(window), _("the middle is %(day)s", day=short_day(window.middle)))
    if known and known.p_loss_14d is not None:
        yield Row(_("Within 14 days"), _chance(known.p_loss_14d), _("chance that the response is lost"))
    if advice:
        passed = _("%(day)s, passed", day=day(advice.day)) if advice.day < page.today else day(advice.day)
        yield Row(_("Book by"), passed, booking_words(advice))


def _sentences(page: PatientPage) -> Iterator[str]:
    """Yield why nothing more is said, and what the rows are worth."""
    if page.verdict.course is None:
        return
    known = _forecast_of_the_state(page)
    if known is None:
        yield _("The forecast is being made: look again in a minute.")
    elif known.silent:
        yield str(SILENT_WORDS[known.silent])
    if known and known.p_loss_14d is not None:
        yield _("Forecast made on %(day)s. Advice, not a state.", day=day(known.today))
    elif page.verdict.book_by:
        yield _("Advice, not a state.")
    elif known and known.today < page.today:
        yield _("As of %(day)s.", day=day(known.today))


def booking_words(advice: BookBy) -> str:
    """Return why it is that day: the expected end, the waiting time, and what the minimum interval has to say."""
    numbers = _("%(end)s; %(waiting)s", end=_end_words(advice), waiting=_waiting_words(advice))
    allowed = short_day(advice.allowed_from)
    if advice.allowed_from > advice.expected_end:
        return _(
            "to have a chair on %(day)s, the first day the minimum interval allows (%(numbers)s)",
            day=allowed,
            numbers=numbers,
        )
    if advice.expected_from is ExpectedFrom.OWN_COURSES:
        words = _("to have a chair when relief usually ends (%(numbers)s)", numbers=numbers)
    else:
        words = _("to have a chair when relief is likely to end (%(numbers)s)", numbers=numbers)
    return _("%(words)s; the minimum interval allows it from %(day)s", words=words, day=allowed)


def _end_words(advice: BookBy) -> str:
    end = short_day(advice.expected_end)
    if advice.expected_from is ExpectedFrom.FORECAST:
        return _("forecast %(day)s", day=end)
    return _("median of %(numbers)s days: %(day)s", numbers=", ".join(map(str, advice.own_days)), day=end)


def _waiting_words(advice: BookBy) -> str:
    return str(ngettext("waiting time %(num)s day", "waiting time %(num)s days", advice.waiting_time))


def _chance(chance: float) -> str:
    percent = round(100 * chance)
    if percent < 1:
        return _("under %(percent)s %%", percent=1)
    return _("over %(percent)s %%", percent=99) if percent > 99 else _("%(percent)s %%", percent=percent)
