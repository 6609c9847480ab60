"""What became of a reminder, in words: for the patient who tries them, and for the clinic's log."""

from datetime import datetime
from typing import Any, Final

from babel.dates import format_time
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.vocabulary import Channel, OutboxState
from diary.web.spoken import reading_locale

WAYS: Final[dict[Channel, Any]] = {Channel.MAIL: _l("Mail"), Channel.PUSH: _l("Phone")}
WHY: Final[dict[str, Any]] = {
    "no_mail_server": _l("Not sent: mail is not set up."),
    "recipient_refused": _l("Refused: the mail server does not know this address or does not take mail for it."),
    "address": _l("Refused: this is not an address that can be reached."),
    "mail_refused": _l("Refused: the mail server did not take this mail."),
    "message_refused": _l("Refused: the push service did not take this message."),
    "too_long": _l("Refused: the message was too long."),
    "sender_refused": _l(
        "Refused: the server does not take messages from this installation. Whoever runs Ebb can mend it."
    ),
    "sign_in_refused": _l("Not sent: the mail server refused this installation. Whoever runs Ebb can mend it."),
    "other_push_key": _l("Refused: this phone listens under an old key. Set it up again."),
    "gone": _l("Refused: this phone does not listen any more."),
    "unsubscribed": _l("Refused: this phone does not listen any more."),
    "not_wanted": _l("Not sent: the day was answered before, or reminders were switched off."),
    "expired": _l("Not sent: it would have come too late."),
    "worker_gone": _l("Unknown: Ebb stopped while it was handed over. It is not sent twice."),
    "unclear": _l("Unknown: the connection broke at the last moment. It is not sent twice."),
    "other_key": _l("Not sent: the installation's key was changed."),
}
"""What is said of a class of problem; of any other, that the server was not reached."""


def time_of_day(moment: datetime) -> str:
    """Return a moment, in the zone it carries, as "20:07"."""
    return str(format_time(moment, "short", tzinfo=moment.tzinfo, locale=reading_locale()))


def came_of_it(channel: Channel, state: OutboxState | None, why: str, at: datetime) -> str:
    """Return in one sentence what became of a message."""
    if state is None:
        return _("No longer known.")
    if state in (OutboxState.WAITING, OutboxState.SENDING):
        return _("On its way. Look again in a minute.")
    if state is OutboxState.SENT and channel is Channel.MAIL:
        return _("Handed to the mail server at %(time)s.", time=time_of_day(at))
    if state is OutboxState.SENT:
        return _("Handed to the push service of the phone's browser at %(time)s.", time=time_of_day(at))
    if state is OutboxState.UNKNOWN:
        return str(WHY.get(why, WHY["unclear"]))
    return str(WHY.get(why) or _not_reached(channel))


def hour_words(hour: int, minute: int) -> str:
    """Return an hour of the diary day as the time on the clock, with "at night" for those after midnight."""
    clock = time_of_day(datetime(2000, 1, 1, hour % 24, minute))  # noqa: DTZ001 (a time of any day, anywhere)
    return _("%(time)s, after midnight", time=clock) if hour >= 24 else clock


def _not_reached(channel: Channel) -> str:
    if channel is Channel.MAIL:
        return _("Not sent: the mail server was not reached.")
    return _("Not sent: the push service of the phone's browser was not reached.")
