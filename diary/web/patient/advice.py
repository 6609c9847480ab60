"""Whom to call: a static page, shown after very high scores and open at any time."""

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint


@blueprint.get("/advice")
@open_to(Audience.PATIENT)
def advice() -> ResponseReturnValue:
    """Say whom to call and that nobody was alerted; the way on leads to the entry that was saved."""
    saved = _entry_id(request.args.get("saved", ""))
    return render_template("patient/advice.html", onward=url_for("patient.diary", saved=saved))


def _entry_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
