"""Words of the mails that staff are sent in the morning: counts and a link, no name, and nothing of one patient."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from diary.languages import speaking
from diary.messaging.letters import moment_in_words
from diary.messaging.message import Message, Recipient
from diary.vocabulary import MessageKind


def digest(
    whom: Recipient,
    counts: Sequence[int],
    *,
    message_id: uuid.UUID,
    counted_at: datetime,
    link: str,
    stop: str,
    useful_until: datetime,
) -> Message:
    """Return the mail of a morning; `counts` are those of the three bands, `counted_at` is in the clinic's zone."""
    with speaking(whom.language):
        paragraphs = [
            _counts(counts),
            _("Counted on %(moment)s. The list:", moment=moment_in_words(counted_at)),
            link,
            _("It comes on the days on which your clinic works; holidays are not known to it."),
            _("If you want no more of these mails, open this link:"),
            stop,
            _("This mail was written by a machine. Nobody reads answers to it."),
        ]
        subject = _("Your list this morning")
    return _message(
        MessageKind.DIGEST, whom, subject, paragraphs, expires_at=useful_until, message_id=message_id, stop=stop
    )


def confirm_address(whom: Recipient, *, link: str, expires_at: datetime) -> Message:
    """Return the mail that asks whether the counts of the morning may come to an address."""
    with speaking(whom.language):
        paragraphs = [
            _("Somebody, most likely you, asked Ebb to mail the counts of each working morning to this address."),
            _("Open this link to agree:"),
            link,
            _("It works once, until %(moment)s.", moment=moment_in_words(expires_at)),
            _("If it was not you, there is nothing to do: nothing more is sent to you."),
        ]
        return _message(MessageKind.NOTICE, whom, _("Confirm this address"), paragraphs, expires_at=expires_at)


def trial(whom: Recipient, counts: Sequence[int], *, link: str, day: date, expires_at: datetime) -> Message:
    """Return the mail with which a member tries whether the counts reach them."""
    with speaking(whom.language):
        paragraphs = [
            _("This is a trial that you asked for on %(day)s. A digest reads like this:", day=day.isoformat()),
            _counts(counts),
            link,
        ]
        subject = _("A trial of your morning mail")
        return _message(MessageKind.NOTICE, whom, subject, paragraphs, expires_at=expires_at)


def _counts(counts: Sequence[int]) -> str:
    needs, decided, nothing = counts
    return "\n".join(
        [
            ngettext("%(num)s needs you", "%(num)s need you", needs),
            ngettext("%(num)s is decided and waits", "%(num)s are decided and wait", decided),
            ngettext("%(num)s needs nothing", "%(num)s need nothing", nothing),
        ]
    )


def _message(
    kind: MessageKind,
    whom: Recipient,
    subject: str,
    paragraphs: Sequence[str],
    *,
    expires_at: datetime,
    message_id: uuid.UUID | None = None,
    stop: str = "",
) -> Message:
    return Message(
        kind,
        whom.to,
        subject,
        "\n\n".join(paragraphs),
        clinic_id=whom.clinic_id,
        account_id=whom.account_id,
        expires_at=expires_at,
        id=message_id or uuid.uuid4(),
        more={"unsubscribe": stop} if stop else {},
    )
