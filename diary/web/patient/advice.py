"""Whom to call: a page shown after very high scores and open at any time."""

import uuid

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services.high_scores import is_advised_today
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.sessions import current_identity


@blueprint.get("/advice")
@open_to(Audience.PATIENT)
def advice() -> ResponseReturnValue:
    """Say whom to call; of a number, and that it alerted nobody, only where there is one. The way on leads to it."""
    saved = _entry_id(request.args.get("saved", ""))
    advised = is_advised_today(current_identity(), clock=installation().clock)
    return render_template("patient/advice.html", onward=url_for("patient.diary", saved=saved), advised=advised)


def _entry_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
