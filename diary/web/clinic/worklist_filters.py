"""The filter of the worklist, as it stands in the address."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, Final

from flask import request, url_for

from diary.access.identity import Identity
from diary.clinical.medicines import MEDICINE_CODES
from diary.services.tallies import monday_of
from diary.services.worklist import WorklistFilter
from diary.web.clinic.state_words import FILTER_WORDS
from diary.web.forms import stripped

FILTERS: Final = ("state", "medicine", "tag", "search", "mine", "chairs")
LONGEST_SEARCH: Final = 80
LONGEST_TAG: Final = 64


def filter_in_address(who: Identity, *, today: date) -> WorklistFilter:
    """Return what the address asks for; what no page offers is left out."""
    chairs = monday_in(request.args.get("chairs", ""))
    return WorklistFilter(
        state=one_of(request.args.get("state"), FILTER_WORDS),
        medicine=one_of(request.args.get("medicine"), MEDICINE_CODES),
        tag=stripped(request.args.get("tag"))[:LONGEST_TAG],
        search=stripped(request.args.get("search"))[:LONGEST_SEARCH],
        responsible_id=who.member_id if "mine" in request.args else None,
        chairs=chairs,
        chairs_overdue=chairs is not None and chairs <= monday_of(today),
        after=request.args.get("after", ""),
    )


def filters_to_keep() -> dict[str, str]:
    """Return the parts of the address that go along to the next page."""
    return {name: value for name, value in request.args.items() if name in FILTERS and value}


def worklist_address(filters: Mapping[str, Any], **more: str) -> str:
    """Return the address of the worklist with these filters."""
    parts: dict[str, Any] = {**filters, **more}
    return url_for("clinic.worklist", **parts)


def one_of(value: str | None, known: Collection[str]) -> str:
    """Return a code that is known, or nothing."""
    return value if value is not None and value in known else ""


def monday_in(text: str) -> date | None:
    """Return a Monday of our time; anything else is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day.weekday() == 0 and 1900 < day.year < 2200 else None
