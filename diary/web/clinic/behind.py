"""What stands behind a number: click it and see the entries."""

import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any, Final, NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from diary.clinical.baseline import BaselineHow
from diary.clinical.behind import Span
from diary.errors import NotThere
from diary.installation import installation
from diary.services.behind import Behind, What, read_behind, written_at
from diary.web.clinic import blueprint
from diary.web.clinic.place import patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity
from diary.web.words import day as day_words
from diary.web.words import moment, points

TITLES: Final = {
    What.BASELINE: _l("Baseline"),
    What.LINE: _l("Line"),
    What.MEAN7: _l("Last 7 days"),
    What.MEAN7_BEFORE: _l("7 days before"),
    What.RELIEF: _l("Relief"),
    What.DAYS_OF_RELIEF: _l("Days of relief"),
    What.WEEK: _l("Mean of 7 days"),
}
SOURCES: Final = {
    "self": _l("patient"),
    "late": _l("patient, late"),
    "staff": _l("staff"),
    "paper": _l("paper"),
    "import": _l("import"),
}


class Days(NamedTuple):
    """Entries of one stretch of days: its heading, its sum in words, and a row a day."""

    heading: str
    sum: str
    rows: list[list[Any]]


@blueprint.get("/patients/<uuid:patient_id>/behind/<what>")
@open_to(Audience.STAFF)
def behind(patient_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """Show the entries behind a number, and how they were added up."""
    if what not in set(What):
        raise NotThere
    traced = read_behind(
        current_identity(),
        patient_in_address(patient_id),
        What(what),
        day=_day_asked(),
        course_id=_course_asked(),
        clock=installation().clock,
    )
    return render_template(
        "clinic/behind.html",
        patient=traced.patient,
        title=TITLES[traced.what],
        about=_about(traced),
        sums=list(_sums(traced)),
        days=list(_days(traced)),
        weeks=_weeks(traced),
    )


def _day_asked() -> date | None:
    asked = request.args.get("day", "")
    try:
        return date.fromisoformat(asked) if asked else None
    except ValueError:
        raise NotThere from None


def _course_asked() -> uuid.UUID | None:
    asked = request.args.get("course", "")
    try:
        return uuid.UUID(asked) if asked else None
    except ValueError:
        raise NotThere from None


def _about(traced: Behind) -> str:
    if traced.judged is None:
        return ""
    course = traced.judged.course
    return _(
        "%(medicine)s, last infusion %(day)s",
        medicine=course_name(course.medicines),
        day=day_words(course.last_day),
    )


def _sums(traced: Behind) -> Iterator[str]:
    """Yield what was made of the means, in exact arithmetic that a reader can follow."""
    baseline = traced.judged.baseline if traced.judged else None
    if baseline and baseline.how is BaselineHow.SET and traced.baseline is None and traced.week is None:
        yield _("Baseline %(value)s, given by hand.", value=points(baseline.value, 2))
    if baseline and traced.what in (What.LINE, What.DAYS_OF_RELIEF):
        line = traced.rules.line(baseline.value)
        yield _(
            "Line: %(share)s %% of %(baseline)s = %(line)s",
            share=100 - traced.rules.relief_percent,
            baseline=points(baseline.value, 2),
            line=points(line, 2),
        )
    if traced.what is What.RELIEF:
        yield _relief_sum(traced)
    if traced.what is What.DAYS_OF_RELIEF:
        yield _days_of_relief(traced)


def _relief_sum(traced: Behind) -> str:
    baseline = traced.judged.baseline if traced.judged else None
    mean = traced.week.mean if traced.week else None
    if baseline is None or mean is None or not baseline.value:
        return _("Relief cannot be said without a baseline and a weekly mean.")
    return _(
        "(%(baseline)s - %(mean)s) / %(baseline)s = %(relief)s %%",
        baseline=points(baseline.value, 2),
        mean=points(mean, 2),
        relief=points(100 * (baseline.value - mean) / baseline.value, 1),
    )


def _days_of_relief(traced: Behind) -> str:
    loss = traced.judged.timeline.loss if traced.judged else None
    if loss is None or loss.last_good is None:
        return _("No loss of response is in force: there is no number of days.")
    return str(
        ngettext(
            "%(num)s day: the last week at or below the line before the loss was confirmed on day %(due)s.",
            "%(num)s days: the last week at or below the line before the loss was confirmed on day %(due)s.",
            loss.last_good,
            due=loss.due,
        )
    )


def _days(traced: Behind) -> Iterator[Days]:
    spans = ((_("Entries of the week"), traced.week), (_("Entries of the baseline"), traced.baseline))
    for heading, span in spans:
        if span is not None:
            between = _("%(first)s to %(last)s", first=day_words(span.first), last=day_words(span.last))
            yield Days(f"{heading}, {between}", _sum_of(span), [_row(one, span, traced) for one in span.days])


def _sum_of(span: Span) -> str:
    counting = span.counting
    if span.broken_by is not None:
        return _(
            "A week never reaches across a course: the last infusion was on %(day)s.", day=day_words(span.broken_by)
        )
    if span.mean is None:
        return str(
            ngettext(
                "%(found)s of %(days)s days count, %(num)s is needed: no mean.",
                "%(found)s of %(days)s days count, %(num)s are needed: no mean.",
                span.needed,
                found=len(counting),
                days=len(span.days),
            )
        )
    return _("%(sum)s / %(n)s = %(mean)s", sum=sum(counting), n=len(counting), mean=points(span.mean, 2))


def _row(one: date, span: Span, traced: Behind) -> list[Any]:
    entry, writings = span.scores.get(one), traced.writings.get(one, [])
    if not writings:
        return [day_words(one), "–", _("no entry"), "", "", ""]
    last, zone = writings[-1], traced.zones[one]
    return [
        day_words(one),
        "–" if entry is None else entry.score,
        moment(written_at(writings[0], zone)),
        str(SOURCES[last.source.value]),
        _("taken back") if entry is None else _("yes") if entry.counts else _("no"),
        ", ".join("–" if each.score is None else str(each.score) for each in writings[:-1]),
    ]


def _weeks(traced: Behind) -> list[dict[str, Any]]:
    """Return the weeks that led to days of relief, the latest first, each with the address of its own entries."""
    baseline = traced.judged.baseline if traced.judged else None
    line = traced.rules.line(baseline.value) if baseline else None
    return [
        {
            "t": week.t,
            "day": day_words(week.day),
            "mean": points(week.mean, 2),
            "n": week.n,
            "side": "" if week.mean is None or line is None else _("good") if week.mean <= line else _("lost"),
            "address": url_for("clinic.behind", patient_id=traced.patient.id, what="week", day=week.day.isoformat()),
        }
        for week in reversed(traced.weeks)
    ]
