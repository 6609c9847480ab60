"""Words of the mails: each says what its reader must know, and nothing of anyone's health.

A subject names no clinic either: it lights up on a locked phone.
"""

from datetime import datetime

from babel.dates import format_datetime, format_skeleton, format_time
from flask_babel import get_locale
from flask_babel import gettext as _

from diary.languages import ENGLISH, locale_of, speaking
from diary.messaging.message import Message, Recipient
from diary.vocabulary import MessageKind


def patient_invite(whom: Recipient, *, clinic: str, link: str, expires_at: datetime) -> Message:
    """Return the mail with a patient's one-time link."""
    with speaking(whom.language):
        invited = _("%(clinic)s invites you. Open this link on your phone:", clinic=clinic)
        once = _(
            "It works once, until %(moment)s. Do not hand it on: whoever opens it acts as you.",
            moment=moment_in_words(expires_at),
        )
        return _message(MessageKind.INVITE, whom, _("Your invitation"), invited, link, once, expires_at=expires_at)


def staff_invite(whom: Recipient, *, clinic: str, link: str, expires_at: datetime) -> Message:
    """Return the mail with the one-time link of somebody who is to work in a clinic."""
    with speaking(whom.language):
        invited = _("%(clinic)s invites you to work with Ebb. Open this link to make your account:", clinic=clinic)
        once = _(
            "It works once, until %(moment)s. Do not hand it on: whoever opens it acts as you.",
            moment=moment_in_words(expires_at),
        )
        subject = _("Your invitation to Ebb")
        return _message(MessageKind.INVITE, whom, subject, invited, link, once, expires_at=expires_at)


def password_reset(whom: Recipient, *, link: str, expires_at: datetime) -> Message:
    """Return the mail with the one-time link to a new password."""
    with speaking(whom.language):
        asked = _("Somebody, most likely you, asked for a new password for Ebb. Open this link to choose one:")
        once = _(
            "It works once, until %(moment)s. Your second factor is still asked for.",
            moment=moment_in_words(expires_at),
        )
        other = _("If it was not you, there is nothing to do: your password stays as it is.")
        subject = _("A new password for Ebb")
        return _message(MessageKind.RESET, whom, subject, asked, link, once, other, expires_at=expires_at)


def password_changed(whom: Recipient, *, at: datetime) -> Message:
    """Return the notice that a password was changed."""
    with speaking(whom.language):
        what = _("The password of your Ebb account was changed on %(moment)s.", moment=moment_in_words(at))
        return _notice(whom, _("Your password was changed"), what)


def second_factor_added(whom: Recipient, *, at: datetime) -> Message:
    """Return the notice that codes of an authenticator app can be used from now on."""
    with speaking(whom.language):
        what = _("A new authenticator app was added to your Ebb account on %(moment)s.", moment=moment_in_words(at))
        return _notice(whom, _("A second factor was added"), what)


def passkey_added(whom: Recipient, *, at: datetime) -> Message:
    """Return the notice that one more passkey opens the account."""
    with speaking(whom.language):
        what = _("A new passkey was added to your Ebb account on %(moment)s.", moment=moment_in_words(at))
        return _notice(whom, _("A passkey was added"), what)


def new_device(whom: Recipient, *, at: datetime, device: str) -> Message:
    """Return the notice of a sign-in from a device that was not seen before; `device` is said in words."""
    with speaking(whom.language):
        what = _(
            "Your Ebb account was opened on %(moment)s from a new device: %(device)s.",
            moment=moment_in_words(at),
            device=device,
        )
        return _notice(whom, _("A sign-in from a new device"), what)


def trial(to: str) -> Message:
    """Return the mail with which an operator tries the settings."""
    with speaking(ENGLISH):
        said = _("This is a trial. Mail from this installation of Ebb reaches you; there is nothing to do.")
        return _message(MessageKind.NOTICE, Recipient(to), _("A trial mail from Ebb"), said)


def _notice(whom: Recipient, subject: str, what: str) -> Message:
    fine = _("If it was you, there is nothing to do.")
    otherwise = _("If it was not you, call your clinic now, and choose a new password.")
    return _message(MessageKind.NOTICE, whom, subject, what, fine, otherwise)


def _message(
    kind: MessageKind, whom: Recipient, subject: str, *paragraphs: str, expires_at: datetime | None = None
) -> Message:
    farewell = _("This mail was written by a machine. Nobody reads answers to it.")
    return Message(
        kind,
        whom.to,
        subject,
        "\n\n".join([*paragraphs, farewell]),
        clinic_id=whom.clinic_id,
        account_id=whom.account_id,
        patient_id=whom.patient_id,
        expires_at=expires_at,
    )


def moment_in_words(moment: datetime) -> str:
    """Return a moment in the zone it was given in, and the name of that zone."""
    locale = get_locale() or locale_of(ENGLISH)
    day = format_skeleton("yMMMd", moment, tzinfo=moment.tzinfo, locale=locale)
    time = format_time(moment, "short", tzinfo=moment.tzinfo, locale=locale)
    zone = format_datetime(moment, "ZZZZ", tzinfo=moment.tzinfo, locale=locale)
    return f"{day}, {time} ({zone})"
