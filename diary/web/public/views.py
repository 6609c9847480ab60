"""The start page, and what Ebb is and is not."""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission, Subject, may
from diary.web.guards import Audience, open_to
from diary.web.public import blueprint
from diary.web.sessions import current_identity, is_signed_in


@blueprint.get("/")
@open_to(Audience.EVERYONE)
def start() -> ResponseReturnValue:
    """Lead everyone to their first page."""
    if not is_signed_in():  # a shut screen lock is led on from there
        return redirect(url_for("account.sign_in"), code=303)
    who = current_identity()
    if who.patient_id or who.clinic_id is None:
        return redirect(url_for("patient.today"), code=303)
    reads_diaries = may(who, Permission.WORKLIST_READ, Subject(who.clinic_id))
    return redirect(url_for("clinic.worklist" if reads_diaries else "clinic.settings"), code=303)


@blueprint.get("/about")
@open_to(Audience.EVERYONE)
def about() -> ResponseReturnValue:
    """Say what Ebb is, what it is not, and what is known of the medicines."""
    return render_template("public/about.html")
