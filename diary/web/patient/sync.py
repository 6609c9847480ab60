"""What the phone sends and asks by itself, in JSON; no page is shown."""

from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue

from diary.exchange.phone_entries import SendingUnreadable, TooMany, read_sending
from diary.installation import installation
from diary.metering import count_entries
from diary.services.sync import Outcome, receive_entries
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.phones import moment_told, push_elsewhere, state_told
from diary.web.sessions import csrf, current_identity
from diary.web.site import require_own_script


@blueprint.get("/sync/state")
@open_to(Audience.PHONE)
def sync_state() -> ResponseReturnValue:
    """Tell the phone whose it is, which day it is, to which key it seals, and which phones listen elsewhere."""
    return state_told(own_subject()) | {"push_elsewhere": push_elsewhere(own_subject())}


@blueprint.post("/sync/entries")
@open_to(Audience.PHONE)
def sync_entries() -> ResponseReturnValue:
    """Store what waited on the phone; every entry is answered once it is committed."""
    require_own_script()
    received_at = installation().clock()
    try:
        sending = read_sending(request.get_data())
    except SendingUnreadable:
        abort(400)
    except TooMany:
        abort(413)
    outcomes = receive_entries(current_identity(), own_subject(), sending, received_at=received_at)
    count_entries(one.status.value for one in outcomes)
    return {"now": moment_told(received_at), "results": [_result(one) for one in outcomes]}


csrf.exempt(sync_entries)  # there is no page and no token: what asks instead is `require_own_script`


def _result(outcome: Outcome) -> dict[str, Any]:
    told = {
        "client_ref": outcome.client_ref,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "entry": outcome.entry and str(outcome.entry),
        "advice": outcome.advice or None,
        "days": [day.isoformat() for day in outcome.days] or None,
        "asked": outcome.asked,
    }
    return {name: value for name, value in told.items() if value is not None or name == "client_ref"}
