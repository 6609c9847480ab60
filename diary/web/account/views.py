"""Sign in, sign out, accept an invite."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import invites, sign_in
from diary.web import sessions
from diary.web.account.forms import AcceptForm, SignInForm
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.words import too_many

blueprint = Blueprint("account", __name__)


@blueprint.get("/sign-in", endpoint="sign_in")
@open_to(Audience.EVERYONE)
def show_sign_in() -> ResponseReturnValue:
    """Show the form, or the start page to whoever is signed in."""
    if sessions.is_signed_in():
        return redirect(url_for("public.start"), code=303)
    return render_template("account/sign_in.html", form=SignInForm())


@blueprint.post("/sign-in", endpoint="send_sign_in")
@open_to(Audience.EVERYONE)
def send_sign_in() -> ResponseReturnValue:
    """Sign in; a wrong name and a wrong password get the same words."""
    form, made = SignInForm(), installation()
    if form.validate():
        try:
            token = sign_in.sign_in(
                form.email.data,
                form.password.data,
                visit=sessions.visit(),
                passwords=made.passwords,
                clock=made.clock,
            )
        except Throttled as refusal:
            form.form_errors.append(too_many(refusal))
            return render_template("account/sign_in.html", form=form), 429, {"Retry-After": str(refusal.seconds)}
        if token is not None:
            sessions.begin(token)
            return redirect(own_path(request.args.get("next")) or url_for("public.start"), code=303)
        form.form_errors.append(_("Name and password do not belong together. Check both and try again."))
    return render_template("account/sign_in.html", form=form), 422


@blueprint.post("/sign-out")
@open_to(Audience.EVERYONE)
def sign_out() -> ResponseReturnValue:
    """End the session; every copy of its cookie is dead from now on."""
    sessions.end()
    return redirect(url_for("account.sign_in"), code=303)


@blueprint.get("/invite/<token>")
@open_to(Audience.EVERYONE)
def show_invite(token: str) -> ResponseReturnValue:
    """Show the form of an invite; opening it uses nothing up."""
    invite = invites.open_invite(token, clock=installation().clock)
    return render_template("account/invite.html", form=AcceptForm(), invite=invite)


@blueprint.post("/invite/<token>")
@open_to(Audience.EVERYONE)
def accept_invite(token: str) -> ResponseReturnValue:
    """Make the account and sign it in."""
    form, made = AcceptForm(), installation()
    invite = invites.try_invite(token, visit=sessions.visit(), clock=made.clock)
    if form.validate():
        try:
            account_id = invites.accept_invite(
                token,
                sign_in_name=form.email.data,
                password=form.password.data,
                passwords=made.passwords,
                clock=made.clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            begun = sign_in.start_session(account_id, clock=made.clock)
            if begun:
                sessions.begin(begun)
            return redirect(url_for("public.start"), code=303)
    return render_template("account/invite.html", form=form, invite=invite), 422


def own_path(target: str | None) -> str | None:
    """Return `target` when it is a path of this site, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target if target.isprintable() and "\\" not in target else None
