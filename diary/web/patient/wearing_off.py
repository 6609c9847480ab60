"""It is wearing off: taking back that the clinic was told so."""

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services.wearing_off import take_back_wearing_off
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity


@blueprint.post("/diary/wearing-off/take-back", endpoint="take_back_wearing_off")
@open_to(Audience.PATIENT)
def take_back_told() -> ResponseReturnValue:
    """Take it back, within a day."""
    take_back_wearing_off(current_identity(), own_subject(), clock=installation().clock)
    return redirect(url_for("patient.diary", done="wearing-off-taken-back"), code=303)
