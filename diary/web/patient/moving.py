"""Moving to another clinic, by the patient themself."""

from flask import Response, render_template
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services import moving_out
from diary.web.copy_files import as_download
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity
from diary.web.words import moment


@blueprint.get("/me/move")
@open_to(Audience.PATIENT)
def move() -> ResponseReturnValue:
    """Show how one moves to another clinic."""
    page = moving_out.read_move_page(current_identity(), own_subject(), clock=installation().clock)
    until = moment(page.code_until.astimezone(page.zone)) if page.code_until else None
    return render_template("patient/move.html", page=page, code=None, until=until)


@blueprint.post("/me/move/export")
@open_to(Audience.PATIENT)
def take_copy_out() -> Response:
    """Hand out the signed copy of the own diary as a file."""
    return as_download(moving_out.take_copy_out(current_identity(), own_subject(), clock=installation().clock))


@blueprint.post("/me/move/code")
@open_to(Audience.PATIENT)
def make_move_code() -> ResponseReturnValue:
    """Make a code and show it, once."""
    who, clock = current_identity(), installation().clock
    made = moving_out.make_move_code(who, own_subject(), clock=clock)
    page = moving_out.read_move_page(who, own_subject(), clock=clock)
    return render_template(
        "patient/move.html", page=page, code=made.code, until=moment(made.until.astimezone(page.zone))
    )
