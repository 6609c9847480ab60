"""My sign-in: password, passkeys, authenticator app and recovery codes of whoever is signed in."""

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.access.identity import Identity
from diary.access.policy import require_fresh
from diary.errors import Invalid, NotThere, Throttled
from diary.installation import installation
from diary.services import own_sign_in, passkeys
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.codes import app_offered, recovery_codes_page
from diary.web.account.forms import CodeForm
from diary.web.account.passkey_forms import ChangePasswordForm, RemovePasskeyForm
from diary.web.forms import TO_PUT_RIGHT, refused, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.words import moment

DONE: Final[dict[str, Any]] = {
    "password": _l("Your new password is set. You are signed out everywhere else."),
    "passkey": _l("Your passkey is added. You can sign in with it from now on."),
    "removed": _l("The passkey is removed. It opens nothing any more."),
    "app": _l("Your app is set. Codes of an earlier one are worth nothing from now on."),
}


@blueprint.get("/account/security", endpoint="security")
@open_to(Audience.SIGNED_IN)
def show_security() -> ResponseReturnValue:
    """Show how one's own account is opened."""
    return _security_page(RemovePasskeyForm(formdata=None))


@blueprint.post("/account/passkeys/remove")
@open_to(Audience.SIGNED_IN)
def remove_passkey() -> ResponseReturnValue:
    """Remove a passkey when it was ticked that it is meant."""
    form, who, clock = RemovePasskeyForm(), sessions.current_identity(), installation().clock
    require_fresh(who, now=clock())
    if form.validate() and _is_sure(form):
        try:
            passkeys.remove_passkey(who, form.passkey.data or "", clock=clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("account.security", done="removed"), code=303)
    return _security_page(form), 422


@blueprint.get("/account/password", endpoint="password")
@open_to(Audience.SIGNED_IN)
def show_password() -> ResponseReturnValue:
    """Ask for a new password."""
    require_fresh(sessions.current_identity(), now=installation().clock())
    return _password_page(ChangePasswordForm(formdata=None))


@blueprint.post("/account/password", endpoint="change_password")
@open_to(Audience.SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Set a new password; every other session ends."""
    form, who, made = ChangePasswordForm(), sessions.current_identity(), installation()
    require_fresh(who, now=made.clock())
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            own_sign_in.change_password(
                who,
                old=form.old.data or "",
                new=form.password.data,
                held_by=sessions.current_token(),
                passwords=made.passwords,
                clock=made.clock,
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            return redirect(url_for("account.security", done="password"), code=303)
    return _password_page(form), *answer


@blueprint.get("/account/app", endpoint="app")
@open_to(Audience.STAFF)
def show_app() -> ResponseReturnValue:
    """Offer an app in place of the one that there is, or beside the passkeys."""
    require_fresh(sessions.current_identity(), now=installation().clock())
    return _app_page(CodeForm(formdata=None))


@blueprint.post("/account/app", endpoint="replace_app")
@open_to(Audience.STAFF)
def replace_app() -> ResponseReturnValue:
    """Keep the app that shows the right code."""
    form, who, clock = CodeForm(), sessions.current_identity(), installation().clock
    require_fresh(who, now=clock())
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            own_sign_in.replace_app(
                who, sessions.current_session().id, form.code.data, visit=sessions.visit(), clock=clock
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            return redirect(url_for("account.security", done="app"), code=303)
    return _app_page(form), *answer


@blueprint.post("/account/recovery-codes")
@open_to(Audience.STAFF)
def new_recovery_codes() -> ResponseReturnValue:
    """Make new recovery codes and show them, once."""
    codes = own_sign_in.new_recovery_codes(sessions.current_identity(), clock=installation().clock)
    return recovery_codes_page(codes, after=url_for("account.security"))


def _security_page(form: RemovePasskeyForm) -> str:
    who = sessions.current_identity()
    own = [
        (one, moment(one.made_at), moment(one.last_used_at) if one.last_used_at else "")
        for one in passkeys.passkeys_of(who)
    ]
    return render_template(
        "account/security.html",
        form=form,
        factors=own_sign_in.own_factors(who),
        passkeys=own,
        done=DONE.get(request.args.get("done", "")),
        is_staff=_is_staff(who),
    )


def _password_page(form: ChangePasswordForm) -> str:
    who = sessions.current_identity()
    factors = own_sign_in.own_factors(who)
    asks_old = own_sign_in.asks_old_password(who, factors)
    return render_template("account/password.html", form=form, factors=factors, asks_old=asks_old)


def _app_page(form: CodeForm) -> str:
    held = sessions.current_session()
    if held.identity is None:
        raise NotThere
    offered = app_offered(held.account_id, held.id)
    return render_template(
        "account/app.html", form=form, offered=offered, factors=own_sign_in.own_factors(held.identity)
    )


def _is_sure(form: RemovePasskeyForm) -> bool:
    if not form.sure.data:
        form.form_errors.append(_("Tick that you are sure. Nothing was changed."))
    return bool(form.sure.data)


def _is_staff(who: Identity) -> bool:
    return who.member_id is not None
