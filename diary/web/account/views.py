"""Sign in, sign out, accept an invite."""

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from diary.access.policy import Subject
from diary.errors import Invalid, Sentence, Throttled
from diary.installation import installation
from diary.services import invites, sign_in
from diary.services.invites import OpenInvite
from diary.services.patients import choose_language
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.forms import AcceptForm, SignInForm
from diary.web.account.joining import join_page
from diary.web.account.ways import on_the_way, own_path
from diary.web.forms import TO_PUT_RIGHT, refused, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.spoken import answer_in, chosen_here

NOT_TOGETHER: Final = Sentence("Name and password do not belong together. Check both and try again.")
DONE: Final[dict[str, Any]] = {
    "password": _l("Your new password is set. Sign in with it."),
    "passkey": _l("Your passkey is set. Sign in with it."),
}
"""What was set by a link before one signs in with it."""


@blueprint.get("/sign-in", endpoint="sign_in")
@open_to(Audience.EVERYONE)
def show_sign_in() -> ResponseReturnValue:
    """Show the form, or the start page to whoever is signed in."""
    if sessions.is_signed_in() or sessions.locked():
        return redirect(on_the_way(), code=303)
    return render_template("account/sign_in.html", form=SignInForm(), done=DONE.get(request.args.get("done", "")))


@blueprint.post("/sign-in", endpoint="send_sign_in")
@open_to(Audience.EVERYONE)
def send_sign_in() -> ResponseReturnValue:
    """Sign in; a wrong name and a wrong password get the same words."""
    form, made, answer = SignInForm(), installation(), TO_PUT_RIGHT
    if form.validate():
        try:
            token = sign_in.sign_in(
                form.email.data,
                form.password.data,
                visit=sessions.visit(),
                passwords=made.passwords,
                clock=made.clock,
                shared=form.shared.data,
            )
        except Throttled as refusal:
            answer = refused(form, refusal)
        else:
            if token is not None:
                sessions.begin(token)
                return redirect(on_the_way(own_path(request.args.get("next"))), code=303)
            answer = refused(form, Invalid(NOT_TOGETHER))
    return render_template("account/sign_in.html", form=form), *answer


@blueprint.post("/sign-out")
@open_to(Audience.EVERYONE)
def sign_out() -> ResponseReturnValue:
    """End the session; every copy of its cookie is dead from now on."""
    sessions.end()
    return redirect(url_for("account.sign_in"), code=303)


@blueprint.get("/invite/<token>")
@open_to(Audience.EVERYONE)
def show_invite(token: str) -> ResponseReturnValue:
    """Show the form of an invite, or to whoever is signed in what they would join; opening it uses nothing up."""
    invite = invites.open_invite(token, clock=installation().clock)
    if sessions.is_signed_in() and request.args.get("as") != "new":
        return join_page(token, invite)
    answer_in(invite.language)
    form = AcceptForm(formdata=None)
    form.email.data = invite.suggested
    return invite_page(token, invite, form)


@blueprint.post("/invite/<token>")
@open_to(Audience.EVERYONE)
def accept_invite(token: str) -> ResponseReturnValue:
    """Make the account and sign it in."""
    form, made = AcceptForm(), installation()
    invite = invites.try_invite(token, visit=sessions.visit(), clock=made.clock)
    answer_in(invite.language)
    if form.validate():
        try:
            account_id = invites.accept_invite(
                token,
                sign_in_name=form.email.data,
                password=form.password.data,
                passwords=made.passwords,
                clock=made.clock,
                agreed=form.consent.data,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            begun = sign_in.start_session(account_id, visit=sessions.visit(), clock=made.clock)
            if begun:
                begin_as_invited(begun)
            return redirect(on_the_way(), code=303)
    if invite.for_patient:
        form.consent.miss()
    return invite_page(token, invite, form), 422


def begin_as_invited(token: str) -> None:
    """Begin the first session of a new account; a language that its patient chose on the invite stays theirs."""
    sessions.begin(token)
    chosen, made = chosen_here(), installation()
    if chosen and sessions.is_signed_in():
        who = sessions.current_identity()
        if who.clinic_id and who.patient_id and chosen != who.language:
            choose_language(who, Subject(who.clinic_id, who.patient_id), chosen, clock=made.clock)


def invite_page(token: str, invite: OpenInvite, form: AcceptForm, *, kept: Any = None) -> str:
    """Return the page of an invite with `form` as it stands; `kept` is a form whose passkey is still good."""
    here = url_for("account.show_invite", token=token)
    to_join = here if sessions.is_signed_in() else url_for("account.sign_in", next=here)
    return render_template("account/invite.html", form=form, invite=invite, to_join=to_join, kept=kept)
