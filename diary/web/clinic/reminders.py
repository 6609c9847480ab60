"""What became of a patient's reminders."""

import uuid
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.installation import installation
from diary.services.delivery_log import Delivery, DeliveryLog, read_delivery_log
from diary.services.reminder_times import minute_of
from diary.web.clinic import blueprint
from diary.web.clinic.place import patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.reminder_words import WAYS, came_of_it, hour_words, time_of_day
from diary.web.sessions import current_identity
from diary.web.words import day


@blueprint.get("/patients/<uuid:patient_id>/reminders")
@open_to(Audience.STAFF)
def reminders(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show the reminders of the last ninety days."""
    log = read_delivery_log(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return render_template(
        "clinic/reminders.html", log=log, standing=_standing(log), rows=[_row(one) for one in log.deliveries]
    )


def _standing(log: DeliveryLog) -> list[str]:
    """Return in sentences how the patient is reminded now."""
    if not log.is_on or log.hour is None:
        return [_("Reminders are off. Only the patient can switch them on, on their own pages.")]
    at = hour_words(log.hour, minute_of(log.patient_id))
    sentences = [_("Reminders are on, at %(hour)s where the patient lives, and once more two hours later.", hour=at)]
    ways = [str(WAYS[channel]) for channel, is_used in log.ways if is_used]
    if ways:
        sentences.append(_("Ways: %(ways)s.", ways=", ".join(ways)))
    elif not log.waits_for_address:
        sentences.append(_("No way is set up by which they would reach the patient."))
    if log.waits_for_address:
        sentences.append(_("The patient gave an address and has not confirmed it yet: nothing is mailed."))
    return sentences


def _row(one: Delivery) -> list[Any]:
    number = _("first") if one.number == 1 else _("second")
    opened, answered = (time_of_day(at) if at else "–" for at in (one.opened_at, one.answered_at))
    return [
        day(one.day),
        number,
        WAYS[one.channel],
        came_of_it(one.channel, one.state, one.why, one.at),
        opened,
        answered,
    ]
