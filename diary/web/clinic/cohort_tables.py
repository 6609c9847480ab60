"""The numbers under the figures of groups, as rows of tables."""

from datetime import timedelta
from typing import Any, Final

from flask_babel import gettext as _

from diary.clinical.cohort.groups import USUAL_WEEKS
from diary.clinical.cohort.singles import SingleLine
from diary.exchange.cohort_sheets import RESPONDER_WEEKS
from diary.services.cohort_pages import CohortPage
from diary.services.drawn_patients import DrawnPatient
from diary.web.clinic.cohort_words import group_name, p_words, share_words
from diary.web.medicines import course_name
from diary.web.words import points

DAYS_AT_RISK: Final = (0, 30, 60, 90, 120, 180, 240, 300, 360)
NONE: Final = "–"


def tables_of(page: CohortPage) -> dict[str, Any]:
    """Return the rows of every table of the page, by name."""
    return {
        "week_rows": _weeks(page),
        "test_rows": _tests(page),
        "responder_rows": _responders(page),
        "relief_rows": _relief(page),
        "risk_columns": [{"words": _("day %(day)s", day=day), "numeric": True} for day in DAYS_AT_RISK],
        "risk_rows": _at_risk(page),
        "line_rows": _lines(page),
        "course_rows": _courses(page),
    }


def _weeks(page: CohortPage) -> list[list[Any]]:
    return [
        [group_name(page.asked.by, group.name), week.week, week.n, points(week.mean, 2), points(week.se, 2)]
        for group in page.cohort.groups
        for week in group.weeks
    ]


def _tests(page: CohortPage) -> list[list[Any]]:
    return [
        [one.week, one.n, p_words(one.p_ancova), p_words(one.p_holm), p_words(one.p_welch)] for one in page.cohort.tests
    ]


def _responders(page: CohortPage) -> list[list[Any]]:
    return [
        [
            *(group_name(page.asked.by, group.name), week.week, week.with_baseline),
            *(share_words(week.responders30), share_words(week.responders50)),
        ]
        for group in page.cohort.groups
        for week in group.weeks
        if week.week in RESPONDER_WEEKS
    ]


def _relief(page: CohortPage) -> list[list[Any]]:
    return [
        [
            *(group_name(page.asked.by, one.group), one.n, one.lost),
            *(NONE if day is None else day for day in (one.curve.median, one.curve.low, one.curve.high)),
        ]
        for one in page.cohort.relief
    ]


def _at_risk(page: CohortPage) -> list[list[Any]]:
    return [
        [group_name(page.asked.by, one.group), *(one.curve.at_risk(day) for day in DAYS_AT_RISK)]
        for one in page.cohort.relief
    ]


def _lines(page: CohortPage) -> list[dict[str, Any]]:
    """Return a row for each line: who, and each mean with the last day of its week where it can be traced."""
    patients = {one.number: one for one in page.patients}
    return [
        {
            "patient": patients[number],
            "group": group_name(page.asked.by, line.group),
            "cells": _cells(line, patients[number]),
        }
        for number, line in page.lines
    ]


def _cells(line: SingleLine, patient: DrawnPatient) -> list[tuple[str, Any]]:
    """Return words and last day of each week; only the usual weeks are traced, or the table would be all links."""
    cells: list[tuple[str, Any]] = []
    for week, mean in enumerate(line.means, 1):
        traced = mean is not None and patient.day_0 is not None and week <= USUAL_WEEKS
        day = patient.day_0 + timedelta(days=7 * week) if traced and patient.day_0 else None
        cells.append((points(mean), day))
    return cells


def _courses(page: CohortPage) -> list[dict[str, Any]]:
    return [
        {
            "patient": patient,
            "cells": [
                one.place,
                course_name([one.medicine]) if one.medicine else _("another medicine"),
                one.first,
                one.last,
                one.end,
                NONE if one.relieved is None else one.relieved - one.last,
                NONE if one.relieved is None else _("lost") if one.lost else _("look ended"),
            ],
        }
        for patient in page.patients
        for one in patient.stretches
    ]
