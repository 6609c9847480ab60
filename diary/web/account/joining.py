"""Joining a clinic with the account one has, and going from one clinic to another."""

import uuid

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.errors import Invalid, NotThere
from diary.installation import installation
from diary.services import invites, joining, sign_in
from diary.services.invites import OpenInvite
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.forms import JoinForm
from diary.web.account.ways import on_the_way
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.words import role_words


def join_page(token: str, invite: OpenInvite, form: JoinForm | None = None) -> str:
    """Return the page that names the account and the person invited before anything is joined."""
    who = sessions.current_identity()
    if form is None:
        form = JoinForm(formdata=None)
        form.account.data = str(who.account_id)
    return render_template(
        "account/join.html",
        form=form,
        invite=invite,
        token=token,
        account=joining.own_sign_in_name(who),
        called=who.name,
    )


@blueprint.post("/invite/<token>/join", endpoint="join")
@open_to(Audience.SIGNED_IN)
def join_clinic(token: str) -> ResponseReturnValue:
    """Join with the account that is signed in, and go to work there."""
    form, made, who = JoinForm(), installation(), sessions.current_identity()
    invite = invites.try_invite(token, visit=sessions.visit(), clock=made.clock)
    if form.validate() and _is_mine(form):
        try:
            shown = uuid.UUID(form.account.data)
            clinic_id = joining.join(who, token, shown_account=shown, agreed=form.consent.data, clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _to_work_in(clinic_id)
    if invite.for_patient:
        form.consent.miss()
    return join_page(token, invite, form), 422


@blueprint.get("/account/clinics", endpoint="clinics")
@open_to(Audience.SIGNED_IN)
def show_clinics() -> ResponseReturnValue:
    """Show where one belongs."""
    places = [(place, role_words(sorted(place.roles))) for place in joining.own_places(sessions.current_identity())]
    return render_template("account/clinics.html", places=places)


@blueprint.post("/account/clinics")
@open_to(Audience.SIGNED_IN)
def work_in() -> ResponseReturnValue:
    """Go to another clinic of one's own."""
    try:
        clinic_id = uuid.UUID(request.form.get("clinic", ""))
    except ValueError:
        raise NotThere from None
    return _to_work_in(clinic_id)


def _to_work_in(clinic_id: uuid.UUID) -> ResponseReturnValue:
    token = sign_in.work_in(sessions.current_token(), clinic_id, clock=installation().clock)
    if token is None:
        raise NotThere
    sessions.begin(token)
    return redirect(on_the_way(), code=303)


def _is_mine(form: JoinForm) -> bool:
    """Say whether it was ticked that both names are one's own."""
    if not form.mine.data:
        form.mine.errors = [_("Tick that both names are yours. Nothing was joined.")]
    return bool(form.mine.data)
