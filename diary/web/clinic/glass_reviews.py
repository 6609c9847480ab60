"""Broken glass, reviewed by the clinic's admin, and the diaries that are protected."""

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from diary.errors import Invalid
from diary.installation import installation
from diary.services import glass_reviews
from diary.services.glass_reviews import Broken, ProtectedDiary
from diary.vocabulary import ReviewOutcome
from diary.web.clinic import blueprint
from diary.web.clinic.glass_forms import ReviewForm
from diary.web.clinic.place import own_clinic
from diary.web.forms import stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import day, moment

OUTCOME_WORDS = {"justified": _l("justified"), "not justified": _l("not justified")}


@blueprint.get("/break-glass", endpoint="broken_glass")
@open_to(Audience.STAFF)
def show_broken_glass() -> ResponseReturnValue:
    """Show what waits for review first, then what was reviewed, then the protected diaries."""
    reference = stripped(request.args.get("reference"))[:64]
    if reference:
        patient_id = glass_reviews.patient_of_reference(current_identity(), own_clinic(), reference)
        if patient_id is not None:
            return redirect(url_for("clinic.protection", patient_id=patient_id), code=303)
    return _page(None, ReviewForm(formdata=None), unknown=reference)


@blueprint.post("/break-glass/<uuid:glass_id>")
@open_to(Audience.STAFF)
def review_glass(glass_id: uuid.UUID) -> ResponseReturnValue:
    """Say whether it was justified."""
    form = ReviewForm()
    if form.validate():
        try:
            glass_reviews.review_glass(
                current_identity(),
                own_clinic(),
                glass_id,
                outcome=ReviewOutcome(form.outcome.data),
                words=form.words.data,
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.broken_glass", done="glass-reviewed"), code=303)
    return _page(glass_id, form), 422


def _page(glass_id: uuid.UUID | None, form: ReviewForm, unknown: str = "") -> str:
    page = glass_reviews.read_glass(current_identity(), own_clinic(), clock=installation().clock)
    form.words.id = f"words-{glass_id}"
    return render_template(
        "clinic/broken_glass.html",
        waiting=[_words(broken) for broken in page.waiting],
        reviewed=[_words(broken) for broken in page.reviewed],
        diaries=[_diary(diary) for diary in page.diaries],
        form=form,
        refused=str(glass_id) if glass_id else "",
        unknown=unknown,
    )


def _words(broken: Broken) -> dict[str, Any]:
    return {
        "id": str(broken.id),
        "name": broken.name,
        "reference": broken.reference,
        "member": broken.member,
        "reason": broken.reason,
        "from": moment(broken.broken_at),
        "to": moment(broken.ended_at),
        "own": broken.own,
        "reviewed": day(broken.reviewed_at),
        "reviewed_by": broken.reviewed_by,
        "outcome": str(OUTCOME_WORDS.get(broken.outcome, "")),
        "words": broken.words,
    }


def _diary(diary: ProtectedDiary) -> dict[str, Any]:
    return {
        "patient_id": diary.patient_id,
        "name": diary.name,
        "reference": diary.reference,
        "responsible": diary.responsible,
        "since": day(diary.protected_at),
    }
