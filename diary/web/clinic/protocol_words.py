"""A protocol of the clinic in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _

from diary.web.medicines import course_name

if TYPE_CHECKING:
    from diary.models import Protocol


@dataclass(frozen=True, slots=True)
class ProtocolWords:
    """Its id and name, what it says in one line, and the clinic's own words on the dose."""

    id: str
    name: str
    line: str
    dose_range: str
    is_retired: bool


def protocol_words(protocol: "Protocol") -> ProtocolWords:
    """Return it in words."""
    parts = [
        course_name(protocol.medicines),
        str(ngettext("%(num)s day", "%(num)s days in a row", protocol.days)),
        _("%(hours)s h a day", hours=format_decimal(protocol.hours)) if protocol.hours is not None else "",
        _("in %(unit)s", unit=protocol.unit) if protocol.unit else "",
    ]
    line, is_retired = ", ".join(filter(None, parts)), protocol.retired_at is not None
    return ProtocolWords(str(protocol.id), protocol.name, line, protocol.dose_range, is_retired)
