"""Words of reminders: they say that the day is open, and how it is reached, and nothing of anyone's health.

Each ends with where to call for help: nobody watches the diary.
"""

import uuid
from datetime import datetime
from typing import Final

from flask_babel import gettext as _

from diary.languages import speaking
from diary.messaging.letters import moment_in_words
from diary.messaging.message import Message, Recipient
from diary.vocabulary import MessageKind

TAG: Final = "ebb-day"
"""A later reminder takes the place of the earlier one on the screen."""


def safety(phone: str, emergency: str) -> str:
    """Return the sentence that ends every reminder, with the numbers that the clinic gave."""
    if phone and emergency:
        said = _(
            "This diary is not watched in real time. If you need help now, call %(clinic)s or %(emergency)s.",
            clinic=phone,
            emergency=emergency,
        )
    elif phone or emergency:
        number = phone or emergency
        said = _("This diary is not watched in real time. If you need help now, call %(number)s.", number=number)
    else:
        said = _(
            "This diary is not watched in real time. If you need help now, call your clinic or the emergency number "
            "of your country."
        )
    return str(said)


def reminder(
    whom: Recipient,
    *,
    message_id: uuid.UUID,
    link: str,
    stop: str,
    open_until: datetime,
    useful_until: datetime,
    numbers: tuple[str, str],
) -> Message:
    """Return the mail that reminds of a day; `numbers` are the clinic's phone and the emergency number."""
    with speaking(whom.language):
        paragraphs = (
            _("Your page for today is open. It takes two taps:"),
            link,
            _(
                "The link needs no password and works once, until %(moment)s. Do not hand it on.",
                moment=moment_in_words(open_until),
            ),
            _("If you want no more of these mails, open this link:"),
            stop,
            safety(*numbers),
        )
        subject = _("Your reminder for today")
    return Message(
        MessageKind.REMINDER,
        whom.to,
        subject,
        "\n\n".join(paragraphs),
        clinic_id=whom.clinic_id,
        account_id=whom.account_id,
        patient_id=whom.patient_id,
        expires_at=useful_until,
        id=message_id,
        more={"unsubscribe": stop},
    )


def reminder_on_screen(language: str, *, link: str, numbers: tuple[str, str]) -> dict[str, str]:
    """Return what a notification of the browser says."""
    with speaking(language):
        body = f"{_('It takes two taps.')} {safety(*numbers)}"
        return {"title": _("Your page for today is open"), "body": body, "url": link, "tag": TAG}


def confirm_address(whom: Recipient, *, link: str, expires_at: datetime) -> Message:
    """Return the mail that asks whether reminders may come to an address."""
    with speaking(whom.language):
        paragraphs = (
            _("Somebody, most likely you, asked Ebb to send reminders to this address. Open this link to agree:"),
            link,
            _("It works once, until %(moment)s.", moment=moment_in_words(expires_at)),
            _("If it was not you, there is nothing to do: nothing more is sent to you."),
        )
        return _notice(whom, _("Confirm this address"), *paragraphs, expires_at=expires_at)


def trial_reminder(whom: Recipient, *, link: str, expires_at: datetime, numbers: tuple[str, str]) -> Message:
    """Return the mail with which somebody tries whether reminders reach them."""
    with speaking(whom.language):
        tried = _("This is a trial that you asked for: reminders reach you here. There is nothing to do.")
        return _notice(whom, _("A trial of your reminders"), tried, link, safety(*numbers), expires_at=expires_at)


def trial_on_screen(language: str, *, link: str, numbers: tuple[str, str]) -> dict[str, str]:
    """Return what a notification says with which somebody tries them."""
    with speaking(language):
        tried = _("Reminders reach you here. There is nothing to do.")
        body = f"{tried} {safety(*numbers)}"
        return {"title": _("A trial of your reminders"), "body": body, "url": link, "tag": f"{TAG}-trial"}


def daily_words(language: str, numbers: tuple[str, str]) -> tuple[str, str]:
    """Return title and words of the appointment in a calendar."""
    with speaking(language):
        return _("Ebb: two taps"), f"{_('Your page for today is open.')} {safety(*numbers)}"


def _notice(whom: Recipient, subject: str, *paragraphs: str, expires_at: datetime) -> Message:
    return Message(
        MessageKind.NOTICE,
        whom.to,
        subject,
        "\n\n".join(paragraphs),
        clinic_id=whom.clinic_id,
        account_id=whom.account_id,
        patient_id=whom.patient_id,
        expires_at=expires_at,
    )
