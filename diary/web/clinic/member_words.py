"""The staff in words: how each stands, what proves them, when they were last here."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.services.staff import Link, MemberOfStaff
from diary.web.words import moment, role_words

STATUS_WORDS: Final = {
    "active": _l("active"),
    "invited": _l("invited"),
    "suspended": _l("suspended"),
    "left": _l("left"),
}


def member_line(one: MemberOfStaff, zone: ZoneInfo) -> dict[str, Any]:
    """Return a member as the list shows them; moments are those of the clinic."""
    return {
        "id": one.member.id,
        "name": one.member.name,
        "roles": role_words(one.member.roles),
        "status": status_words(one, zone),
        "has_left": one.member.status == "left",
        "factor": factor_words(one),
        "last": at(one.last_signed_in, zone) if one.last_signed_in else _("never"),
    }


def status_words(one: MemberOfStaff, zone: ZoneInfo) -> str:
    """Return where a membership stands, with the invite where that is all there is."""
    if one.link is Link.WITHDRAWN:
        return _("invite withdrawn")
    if one.member.status == "invited" and one.link is Link.GOOD and one.until:
        return _("invited, link good until %(moment)s", moment=at(one.until, zone))
    if one.member.status == "invited":
        return _("invited, link ran out")
    return str(STATUS_WORDS[one.member.status])


def factor_words(one: MemberOfStaff) -> str:
    """Return what proves a member beside their password."""
    words = [_("passkey")] if one.has_passkey else []
    words += [_("app")] if one.has_codes else []
    return ", ".join(words) or _("not set up")


def at(when: datetime, zone: ZoneInfo) -> str:
    """Return a moment where the clinic is."""
    return moment(when.astimezone(zone))
