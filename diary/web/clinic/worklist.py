"""The worklist: who needs someone, who waits, who needs nothing."""

from itertools import groupby
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.clinical.medicines import MEDICINE_CODES
from diary.installation import installation
from diary.services.worklist import WorklistFilter, read_worklist
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.clinic.state_words import FILTER_WORDS
from diary.web.clinic.worklist_row import row_of
from diary.web.forms import stripped
from diary.web.guards import Audience, open_to
from diary.web.medicines import medicine_name
from diary.web.sessions import current_identity

FILTERS = ("state", "medicine", "search", "mine")


@blueprint.get("/")
@open_to(Audience.STAFF)
def worklist() -> ResponseReturnValue:
    """Show a page of the worklist, filtered as the address says."""
    mine = "mine" in request.args
    wanted = WorklistFilter(
        state=_one_of("state", FILTER_WORDS),
        medicine=_one_of("medicine", MEDICINE_CODES),
        search=stripped(request.args.get("search"))[:80],
        responsible_id=current_identity().member_id if mine else None,
        after=request.args.get("after", ""),
    )
    page = read_worklist(current_identity(), own_clinic(), wanted, clock=installation().clock)
    rows = [row_of(summary) for summary in page.rows]
    return render_template(
        "clinic/worklist.html",
        bands=[(band, _band_words(band), list(lines)) for band, lines in groupby(rows, key=lambda row: row.band)],
        closed=page.closed,
        counts=page.counts,
        wanted=wanted,
        mine=mine,
        is_filtered=bool(wanted.state or wanted.medicine or wanted.search or mine),
        states=[(code, str(words)) for code, words in FILTER_WORDS.items()],
        medicines=sorted(((code, medicine_name(code)) for code in MEDICINE_CODES), key=lambda pair: pair[1]),
        next_page=_next_page(page.next_key),
        is_first="after" not in request.args,
    )


def _one_of(name: str, known: Any) -> str:
    value = request.args.get(name, "")
    return value if value in known else ""


def _band_words(band: int) -> str:
    return {1: _("Needs you"), 2: _("Decided, waiting"), 3: _("Nothing to do")}[band]


def _next_page(key: str | None) -> str | None:
    if key is None:
        return None
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in FILTERS}
    return url_for("clinic.worklist", **kept, after=key)
