"""Rounds: one key from patient to patient who needs someone, until the list ends."""

import base64
import binascii
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from diary.access.identity import Identity
from diary.clinical.medicines import MEDICINE_CODES
from diary.installation import installation
from diary.services.rounds import LONGEST, MOST_TO_COME, RoundEnd, next_in_round, read_end, read_round
from diary.services.worklist import WorklistFilter
from diary.web.clinic import blueprint
from diary.web.clinic.place import day_in_clinic, own_clinic
from diary.web.clinic.state_words import FILTER_WORDS
from diary.web.clinic.worklist_filters import filter_in_address, monday_in, one_of, worklist_address
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity

SKEW: Final = timedelta(minutes=1)
"""So far two servers' clocks may lie apart."""
_ROUND: Final = re.compile(
    r"(?P<began>[0-9]{9,11})\.(?P<mine>1?)\.(?P<state>[A-Z_]{0,30})\.(?P<medicine>[a-z-]{0,40})"
    r"\.(?P<tag>[A-Za-z0-9_-]{0,400})\.(?P<chairs>[0-9-]{0,10})\.(?P<overdue>1?)\.(?P<place>[0-9a-f-]{0,60})"
)


@dataclass(frozen=True, slots=True)
class Round:
    """A round as the address carries it: when it began, whom it leads to, and behind which place it stands.

    A name that was searched for is left out: the addresses of a round stay in the history of a browser.
    """

    began: datetime
    wanted: WorklistFilter

    @property
    def text(self) -> str:
        """Return the word of the address."""
        wanted = self.wanted
        tag = base64.urlsafe_b64encode(wanted.tag.encode()).decode().rstrip("=")
        mine = "1" if wanted.responsible_id else ""
        began = str(int(self.began.timestamp()))
        chairs = wanted.chairs.isoformat() if wanted.chairs else ""
        overdue = "1" if wanted.chairs_overdue else ""
        return f"{began}.{mine}.{wanted.state}.{wanted.medicine}.{tag}.{chairs}.{overdue}.{wanted.after}"

    @property
    def filters(self) -> dict[str, str]:
        """Return the filter of the round as the addresses of the worklist carry it."""
        wanted = self.wanted
        filters = {
            "state": wanted.state,
            "medicine": wanted.medicine,
            "tag": wanted.tag,
            "mine": "1" if wanted.responsible_id else "",
            "chairs": wanted.chairs.isoformat() if wanted.chairs else "",
        }
        return {name: value for name, value in filters.items() if value}

    def behind(self, key: str) -> "Round":
        """Return the round as it stands at a place."""
        return replace(self, wanted=replace(self.wanted, after=key))


@blueprint.get("/rounds", endpoint="round")
@open_to(Audience.STAFF)
def go_on() -> ResponseReturnValue:
    """Go to the next patient who needs someone, or say that the list ends."""
    who, clock = current_identity(), installation().clock
    here = _in_address(who, now=clock()) or _begun(who, now=clock())
    coming = next_in_round(who, own_clinic(), here.wanted, clock=clock)
    if coming is not None:
        onward = here.behind(coming.key).text
        return redirect(url_for("clinic.patient", patient_id=coming.patient_id, round=onward), code=303)
    end = read_end(who, own_clinic(), here.wanted, began=here.began, clock=clock)
    return render_template(
        "clinic/round.html",
        counts=_counts_in_words(end),
        passed_over=_passed_over(end),
        unknown=_unknown(end.unknown),
        again=url_for("clinic.round", round=here.behind("").text) if end.passed_over > end.unknown else None,
        back=worklist_address(here.filters),
    )


def onward_after(decided_at: datetime) -> str | None:
    """Return where the round leads after a decision; None outside of a round, and after one made before it began."""
    here = _in_address(current_identity(), now=installation().clock())
    return url_for("clinic.round", round=here.text) if here and here.began <= decided_at + SKEW else None


@blueprint.app_template_global()
def round_here() -> dict[str, Any] | None:
    """Return how the round in the address stands, for the bar on a patient's page, or None outside of a round."""
    if "round" not in request.args:
        return None
    who = current_identity()
    here = _in_address(who, now=installation().clock())
    if here is None or who.clinic_id is None:
        return None
    stands = read_round(who, own_clinic(), here.wanted, began=here.began, clock=installation().clock)
    return {
        "onward": url_for("clinic.round", round=here.text),
        "leave": worklist_address(here.filters),
        "decided": str(ngettext("%(num)s decided", "%(num)s decided", stands.decided)),
        "to_come": _to_come(stands.to_come),
    }


def _begun(who: Identity, *, now: datetime) -> Round:
    """Return a round that begins now, for whom the filter of the address leaves."""
    wanted = filter_in_address(who, today=day_in_clinic())
    return Round(now, replace(wanted, search="", after=""))


def _in_address(who: Identity, *, now: datetime) -> Round | None:
    """Return the round of the address, or None where there is none, or one that no page gave."""
    read = _ROUND.fullmatch(request.args.get("round", ""))
    if read is None:
        return None
    began = datetime.fromtimestamp(int(read["began"]), UTC)
    tag = _decoded(read["tag"])
    if tag is None or not now - LONGEST <= began <= now + SKEW:
        return None
    chairs = monday_in(read["chairs"])
    wanted = WorklistFilter(
        state=one_of(read["state"], FILTER_WORDS),
        medicine=one_of(read["medicine"], MEDICINE_CODES),
        tag=tag,
        responsible_id=who.member_id if read["mine"] else None,
        chairs=chairs,
        chairs_overdue=chairs is not None and bool(read["overdue"]),
        after=read["place"],
    )
    return Round(began, wanted)


def _decoded(text: str) -> str | None:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().replace("\x00", "")
    except (binascii.Error, UnicodeDecodeError):
        return None


def _to_come(number: int) -> str:
    if number > MOST_TO_COME:
        return _("more than %(number)s to come", number=MOST_TO_COME)
    return str(ngettext("%(num)s to come", "%(num)s to come", number))


def _counts_in_words(end: RoundEnd) -> str:
    decided = str(ngettext("%(num)s decided", "%(num)s decided", end.decided))
    if end.nothing is None:
        return _("%(decided)s, the others need nothing", decided=decided)
    nothing = str(ngettext("%(num)s needs nothing", "%(num)s need nothing", end.nothing))
    return _("%(decided)s, %(nothing)s", decided=decided, nothing=nothing)


def _passed_over(end: RoundEnd) -> str:
    if not end.passed_over:
        return ""
    if end.passed_over > MOST_TO_COME:
        return _("More than %(number)s were passed over and still need someone.", number=MOST_TO_COME)
    return str(
        ngettext(
            "%(num)s was passed over and still needs someone.",
            "%(num)s were passed over and still need someone.",
            end.passed_over,
        )
    )


def _unknown(number: int) -> str:
    """Return how many no round leads to, or nothing."""
    if not number:
        return ""
    return str(
        ngettext(
            "%(num)s of them cannot be worked out at the moment; the operator is told.",
            "%(num)s of them cannot be worked out at the moment; the operator is told.",
            number,
        )
    )
