"""The worklist: who needs someone, who waits, who needs nothing."""

from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission, Subject, may
from diary.clinical.medicines import MEDICINE_CODES
from diary.installation import installation
from diary.services.worklist import WorklistFilter, WorklistPage, read_worklist
from diary.web.clinic import blueprint
from diary.web.clinic.forms import LIFE_CYCLE_WORDS
from diary.web.clinic.place import day_in_clinic, own_clinic
from diary.web.clinic.state_words import FILTER_WORDS
from diary.web.clinic.worklist_chairs import chairs_in_words, week_words
from diary.web.clinic.worklist_filters import filter_in_address, filters_to_keep, worklist_address
from diary.web.clinic.worklist_row import NEEDS_YOU, Addresses, row_of
from diary.web.guards import Audience, open_to
from diary.web.medicines import medicine_name
from diary.web.sessions import current_identity
from diary.web.words import moment


@blueprint.get("/")
@open_to(Audience.STAFF)
def worklist() -> ResponseReturnValue:
    """Show a page of the worklist, filtered as the address says."""
    who, clock = current_identity(), installation().clock
    today = day_in_clinic()
    wanted = filter_in_address(who, today=today)
    page = read_worklist(who, own_clinic(), wanted, clock=clock)
    addresses = Addresses()
    rows = [row_of(summary, addresses, stale=page.stale) for summary in page.rows]
    return render_template(
        "clinic/worklist.html",
        bands=[(band, _band_words(band), list(lines)) for band, lines in groupby(rows, key=lambda row: row.band)],
        codes=sorted({row.code for row in rows}),
        gone=[(one, LIFE_CYCLE_WORDS[one.life_cycle]) for one in page.gone],
        closed=page.closed,
        knows_somebody=page.knows_somebody,
        counts=page.counts,
        counted_at=_counted_at(page),
        chairs=chairs_in_words(page.chairs, today=today),
        knows_waiting_time=page.knows_waiting_time,
        wanted=wanted,
        mine=wanted.responsible_id is not None,
        chairs_words=week_words(wanted.chairs, today=today) if wanted.chairs else "",
        is_filtered=wanted.narrows,
        asks_for_mine=wanted.narrows and not (wanted.looks_inside or wanted.search),
        kept=filters_to_keep(),
        states=[(code, str(words)) for code, words in FILTER_WORDS.items()],
        medicines=sorted(((code, medicine_name(code)) for code in MEDICINE_CODES), key=lambda pair: pair[1]),
        tags=page.tags,
        views=[(view.name, worklist_address(view.filters)) for view in page.views],
        next_page=worklist_address(filters_to_keep(), after=page.next_key) if page.next_key else None,
        is_first="after" not in request.args,
        begins=_round_to_begin(page, wanted),
        may_change_rules=may(who, Permission.RULES_WRITE, Subject(own_clinic())),
    )


def _band_words(band: int) -> str:
    return {1: _("Needs you"), 2: _("Decided, waiting"), 3: _("Nothing to do")}[band]


def _round_to_begin(page: WorklistPage, wanted: WorklistFilter) -> str | None:
    """Return where a round begins; a list that was searched has none, since no name goes along in its addresses."""
    if wanted.search or not page.counts.get(f"band-{NEEDS_YOU}"):
        return None
    kept: dict[str, Any] = {**filters_to_keep()}
    return url_for("clinic.round", **kept)


def _counted_at(page: WorklistPage) -> Any:
    """Return when the jobs counted, where the list is too long for every page to count it."""
    return moment(page.counted_at) if page.counted_at and not page.counts_itself else None
