"""My data: what is kept, in plain words, and taking it out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.validators import AnyOf

from diary.access.policy import Permission, require
from diary.exchange.own_data import OwnData, OwnEntry, own_data_csv, own_data_json
from diary.exchange.paper import NoPaper, paper_of
from diary.installation import installation
from diary.services.clinics import clinic_of
from diary.services.own_data import take_out_own_data
from diary.services.own_diary import OwnDiary, read_own_diary, read_whole_diary
from diary.web.consent_words import HOW_WORDS, PURPOSE_WORDS, SAID_WORDS
from diary.web.extras_words import EVENT_WORDS, PAUSE_WORDS, extras_words
from diary.web.forms import DAMAGED, Form
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name, medicine_name
from diary.web.patient import blueprint
from diary.web.patient.diary import own_chart
from diary.web.patient.own_data_words import REASON_WORDS, SETTLED_WORDS, SOURCE_WORDS, in_words
from diary.web.patient.today import own_subject
from diary.web.reminder_words import WAYS
from diary.web.sessions import current_identity
from diary.web.words import moment, month, number, role_words, said

FORMATS: Final = {
    "pdf": ("pdf", "application/pdf"),
    "csv": ("zip", "application/zip"),
    "json": ("json", "application/json"),
    "print": ("", "text/html"),
}
"""Ending and kind of each file; the page to print is no file."""


class TakeOutForm(Form):
    """Which file is wanted."""

    format = HiddenField(validators=[AnyOf(FORMATS, message=DAMAGED)])


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the diary: the first of it, its days with an entry, their plain mean, and all that was written."""

    first: date
    days: int
    mean: Fraction | None
    entries: list[OwnEntry]


@blueprint.get("/me/data")
@open_to(Audience.PATIENT)
def own_data() -> ResponseReturnValue:
    """Say what is kept and offer the files."""
    require(current_identity(), Permission.DIARY_READ, own_subject())
    return _page(TakeOutForm(formdata=None))


@blueprint.post("/me/data/export")
@open_to(Audience.PATIENT)
def take_out() -> ResponseReturnValue:
    """Hand the patient everything that is theirs as a file, or as a page to print where no PDF can be made."""
    form = TakeOutForm()
    if not form.validate():
        return _page(form), 422
    wanted, clock = form.format.data, installation().clock
    try:
        made = take_out_own_data(
            current_identity(), own_subject(), file_format=wanted, made_by=MAKERS[wanted], clock=clock
        )
    except NoPaper as refusal:
        form.form_errors.append(said(refusal))
        return _page(form), 422
    return _file(made, wanted)


def _page(form: TakeOutForm) -> str:
    return render_template("patient/own_data.html", form=form, clinic_name=clinic_of(current_identity()).name)


def _file(made: bytes, wanted: str) -> Response:
    """Answer with a file whose name tells nobody who looks at the list of downloads what it holds."""
    ending, kind = FORMATS[wanted]
    answer = Response(made, mimetype=kind)
    if ending:
        today = read_own_diary(current_identity(), clock=installation().clock).today
        answer.headers["Content-Disposition"] = f'attachment; filename="ebb-{today.isoformat()}.{ending}"'
    return answer


def _laid_out(own: OwnData, *, template: str) -> str:
    diary, zone = read_whole_diary(current_identity(), clock=installation().clock), ZoneInfo(own.about.time_zone)
    first = diary.points[0].day if diary.points else None
    return render_template(
        template,
        own=in_words(own),
        chart=own_chart(diary, first) if first else None,
        months=list(_months(own, diary)),
        local=lambda at: moment(at.astimezone(zone)),
        course_name=course_name,
        medicine_name=medicine_name,
        number=number,
        role_words=role_words,
        source_words=SOURCE_WORDS,
        reason_words=lambda reason: REASON_WORDS.get(reason, reason),
        month=month,
        purpose_words=PURPOSE_WORDS,
        said_words=SAID_WORDS,
        extras_words=extras_words,
        event_words=EVENT_WORDS,
        pause_words=PAUSE_WORDS,
        how_words=HOW_WORDS,
        way_words=WAYS,
        settled_words=SETTLED_WORDS,
    )


def _months(own: OwnData, diary: OwnDiary) -> Iterator[Month]:
    live = {point.day: point.score for point in diary.points}
    for first, written in groupby(own.entries, key=lambda entry: entry.day.replace(day=1)):
        entries = list(written)
        scores = [live[day] for day in sorted({entry.day for entry in entries} & live.keys())]
        mean = Fraction(sum(scores), len(scores)) if scores else None
        yield Month(first, len(scores), mean, entries)


MAKERS: Final[dict[str, Callable[[OwnData], bytes]]] = {
    "json": lambda own: own_data_json(in_words(own)),
    "csv": lambda own: own_data_csv(in_words(own)),
    "pdf": lambda own: paper_of(_laid_out(own, template="patient/own_data_paper.html")),
    "print": lambda own: _laid_out(own, template="patient/own_data_print.html").encode(),
}
