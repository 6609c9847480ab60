"""A week from paper or from a call, written in for a patient."""

import uuid
from datetime import date, timedelta
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.access.policy import Permission, may
from diary.clinical.rules import WEEK
from diary.errors import Changed, Invalid, NotThere, Refused
from diary.installation import installation
from diary.services.patient_pages import PatientPage
from diary.services.protection import ask_first
from diary.services.transcriptions import (
    EntriesThere,
    WeekPage,
    WrittenDay,
    read_week,
    transcriptions_of,
    write_week,
)
from diary.vocabulary import WrittenFrom
from diary.web.clinic import blueprint
from diary.web.clinic.paper_forms import WeekForm
from diary.web.clinic.place import day_asked, patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import day, said, short_day

ADDRESS: Final = "/patients/<uuid:patient_id>/paper"
SOURCE_WORDS: Final[dict[str, Any]] = {
    "self": _l("by the patient"),
    "late": _l("by the patient, later"),
    "staff": _l("by the clinic"),
    "paper": _l("from paper"),
    "import": _l("imported"),
}


@blueprint.get(ADDRESS)
@open_to(Audience.STAFF)
def paper(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show seven days with a field each."""
    asked = request.args.get("first", "")
    page = read_week(current_identity(), patient_in_address(patient_id), day_asked(asked), clock=installation().clock)
    form = WeekForm.fresh()
    form.first.data = page.days[0].day
    form.written_from.data = request.args.get("from") if request.args.get("from") in list(WrittenFrom) else None
    form.dated.data = day_asked(request.args.get("dated", ""))
    return _shown(page, form)


@blueprint.post(ADDRESS)
@open_to(Audience.STAFF)
def write_paper(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Store the week; whatever is refused, everything that was typed stays."""
    about, clock, form, status = patient_in_address(patient_id), installation().clock, WeekForm(), 422
    ask_first(current_identity(), about, permission=Permission.ENTRY_TRANSCRIBE, clock=clock)
    if form.first.data is None or form.first.data > date.max - timedelta(days=2 * WEEK):
        raise NotThere
    if form.validate():
        try:
            write_week(
                current_identity(), about, form.week, client_ref=form.client_ref.data or uuid.uuid4(), clock=clock
            )
        except EntriesThere as there:
            form.ask_about(there.days)
        except Invalid as refusal:
            form.take(refusal)
        except Refused as refusal:
            form.form_errors.append(said(refusal))
        except Changed as changed:
            form.form_errors.append(said(changed))
            form.client_ref.data, status = uuid.uuid4(), 409
        else:
            return _after(patient_id, form)
    page = read_week(current_identity(), about, form.first.data, clock=clock)
    form.first.data = page.days[0].day
    return _shown(page, form), status


def _after(patient_id: uuid.UUID, form: WeekForm) -> ResponseReturnValue:
    first = form.days[0] + timedelta(days=WEEK if request.form.get("then") == "later" else 0)
    told = {"from": form.written_from.data, "dated": form.dated.data.isoformat()}
    address = url_for("clinic.paper", patient_id=patient_id, first=first.isoformat(), **told, done="week-written")
    return redirect(address, code=303)


def _shown(page: WeekPage, form: WeekForm) -> str:
    form.name_days()
    first = page.days[0].day
    later = first + timedelta(days=WEEK)
    kept = {"from": form.written_from.data or None, "dated": form.dated.data.isoformat() if form.dated.data else None}
    return render_template(
        "clinic/paper.html",
        page=page,
        patient=page.patient,
        form=form,
        there=[_there(one) for one in page.days],
        first=first,
        last=page.days[-1].day,
        earlier=first - timedelta(days=WEEK) if first > page.earliest else None,
        later=later if later <= page.today else None,
        kept={name: value for name, value in kept.items() if value},
    )


def transcribed(page: PatientPage) -> dict[str, Any]:
    """Return what the page of a patient says of entries that staff wrote in."""
    who = current_identity()
    days = transcriptions_of(who, page.about, clock=installation().clock)
    return {
        "transcribed": [_row(one) for one in days],
        "may_transcribe": may(who, Permission.ENTRY_TRANSCRIBE, page.about),
    }


def provenance_words(one: WrittenDay) -> str:
    """Return where an entry came from: "from paper of 15 Mar, written in by Nurse Meyer"."""
    if one.behind is None:
        return str(SOURCE_WORDS.get(one.source or "", ""))
    told = {"day": short_day(one.behind.dated), "name": one.behind.member_name}
    if one.behind.written_from == WrittenFrom.CALL:
        return _("from a call on %(day)s, written in by %(name)s", **told)
    return _("from paper of %(day)s, written in by %(name)s", **told)


def _row(one: WrittenDay) -> list[Any]:
    written = day(one.behind.made_at) if one.behind else ""
    return [day(one.day), one.score, provenance_words(one), written]


def _there(one: WrittenDay) -> str | None:
    return None if one.score is None else f"{one.score}, {provenance_words(one)}"
