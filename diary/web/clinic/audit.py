"""Who did what: the clinic's audit, for its admin."""

import csv
import io
import uuid
from contextlib import suppress
from datetime import UTC, date
from typing import Any, Final

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.exchange.study.cells import cell_of
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services.anchors import last_anchor
from diary.services.audit_pages import AuditFilter, AuditLine, export_audit, read_audit
from diary.web.act_words import ACT_WORDS, act_words, doer_words
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.forms import stripped
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import moment, page_key, role_words

COLUMNS: Final = ("link", "at", "who", "name", "roles", "act", "patient", "hash")
YEARS: Final = range(2000, 2201)


@blueprint.get("/audit")
@open_to(Audience.STAFF)
def audit() -> ResponseReturnValue:
    """Show every act and look of the clinic, filtered as the address says."""
    wanted, before = _wanted(), page_key(request.args.get("before", ""))
    asked: dict[str, Any] = dict(wanted.said)
    page = read_audit(current_identity(), own_clinic(), wanted, clock=installation().clock, before=before)
    return render_template(
        "clinic/audit.html",
        lines=[_words(line) for line in page.lines],
        last=last_anchor(AnchorFiles.of(installation().settings), own_clinic()),
        wanted=asked,
        members=[(str(member_id), name) for member_id, name in page.members],
        kinds=sorted(((action, act_words(action)) for action in ACT_WORDS), key=lambda pair: pair[1]),
        export=url_for("clinic.take_out_audit", **asked),
        next_page=url_for("clinic.audit", **asked, before=page.next_key) if page.next_key else None,
        first_page=url_for("clinic.audit", **asked) if before is not None else None,
    )


@blueprint.post("/audit/export")
@open_to(Audience.STAFF)
def take_out_audit() -> ResponseReturnValue:
    """Hand out the lines that the address asks for as a file."""
    lines = export_audit(current_identity(), own_clinic(), _wanted(), clock=installation().clock)
    answer = Response(_csv(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _wanted() -> AuditFilter:
    given = request.args
    kind = given.get("kind", "")
    return AuditFilter(
        member_id=_member(given.get("member", "")),
        reference=stripped(given.get("patient"))[:64],
        action=kind if kind in ACT_WORDS else "",
        first_day=_day(given.get("from", "")),
        last_day=_day(given.get("to", "")),
    )


def _member(text: str) -> uuid.UUID | None:
    with suppress(ValueError):
        return uuid.UUID(text)
    return None


def _day(text: str) -> date | None:
    with suppress(ValueError):
        day = date.fromisoformat(text)
        return day if day.year in YEARS else None
    return None


def _words(line: AuditLine) -> dict[str, Any]:
    return {
        "position": line.position,
        "at": moment(line.at, seconds=True),
        "who": doer_words(line.actor, line.name),
        "roles": role_words(line.roles),
        "act": act_words(line.action),
        "reference": line.reference,
    }


def _csv(lines: list[AuditLine]) -> bytes:
    """Write the lines for a spreadsheet: names of acts as they are stored, moments in UTC, no cell a formula."""
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(COLUMNS)
    for line in lines:
        at = line.at.astimezone(UTC).isoformat()
        said = (line.actor, line.name, "|".join(line.roles), line.action, line.reference, line.hash.hex())
        sheet.writerow([line.position, at, *map(cell_of, said)])
    return text.getvalue().encode("utf-8-sig")
