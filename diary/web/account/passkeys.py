"""What a passkey answered, sent with the form of the page: signing in, the second factor, an invite, one more."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import require_fresh
from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import invites, invites_by_passkey, passkeys, sign_in
from diary.vocabulary import Proof
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.codes import after, code_page, held_halfway, prove, recovery_codes_page, set_up_page
from diary.web.account.forms import AcceptForm, CodeForm, SignInForm
from diary.web.account.passkey_forms import NewPasskeyForm, PasskeyAcceptForm, PasskeyForm, PasskeySignInForm
from diary.web.account.views import begin_as_invited, invite_page
from diary.web.account.ways import on_the_way, own_path
from diary.web.forms import TO_PUT_RIGHT, hand_errors, refused, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.site import site
from diary.web.spoken import answer_in


@blueprint.post("/sign-in/passkey")
@open_to(Audience.EVERYONE)
def sign_in_with_passkey() -> ResponseReturnValue:
    """Sign in to the end with a passkey alone."""
    form, made = PasskeySignInForm(), installation()
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            token = passkeys.sign_in_with_passkey(
                form.given, site=site(), visit=sessions.visit(), clock=made.clock, shared=form.shared.data
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            sessions.begin(token)
            return redirect(on_the_way(own_path(request.args.get("next"))), code=303)
    return render_template("account/sign_in.html", form=hand_errors(form, SignInForm())), *answer


@blueprint.post("/sign-in/code/passkey")
@open_to(Audience.HALFWAY)
def prove_by_passkey() -> ResponseReturnValue:
    """Take a passkey as the second factor."""
    form, made = PasskeyForm(), installation()
    if form.validate():
        try:
            proof = passkeys.check_passkey(held_halfway().account_id, form.given, site=site(), clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            prove(proof)
            return redirect(after() or url_for("public.start"), code=303)
    return code_page(hand_errors(form, CodeForm())), 422


@blueprint.post("/sign-in/set-up/passkey")
@open_to(Audience.HALFWAY)
def set_up_passkey() -> ResponseReturnValue:
    """Keep a first passkey in place of an app, and hand out the recovery codes, once."""
    form, made = PasskeyForm(), installation()
    if form.validate():
        try:
            codes = passkeys.keep_first_passkey(
                held_halfway().account_id, form.given, name=device_name(), site=site(), clock=made.clock
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            prove(Proof.PASSKEY)
            return recovery_codes_page(codes, after=after() or url_for("public.start"))
    return set_up_page(hand_errors(form, CodeForm())), 422


@blueprint.post("/invite/<token>/passkey")
@open_to(Audience.EVERYONE)
def accept_with_passkey(token: str) -> ResponseReturnValue:
    """Make the account of a patient with a passkey alone and sign it in."""
    form, made = PasskeyAcceptForm(), installation()
    invite = invites.try_invite(token, visit=sessions.visit(), clock=made.clock)
    answer_in(invite.language)
    if form.validate():
        try:
            account_id = invites_by_passkey.accept_with_passkey(
                token,
                form.given,
                sign_in_name=form.email.data,
                agreed=form.consent.data,
                device=device_name(),
                site=site(),
                clock=made.clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            begun = sign_in.start_session(account_id, visit=sessions.visit(), proof=Proof.PASSKEY, clock=made.clock)
            if begun:
                begin_as_invited(begun)
            return redirect(on_the_way(), code=303)
    page = hand_errors(form, AcceptForm())
    kept = form if not form.form_errors else None  # an answer that was not taken is not sent again
    return invite_page(token, invite, page, kept=kept), 422


@blueprint.get("/account/passkeys/add", endpoint="add_passkey")
@open_to(Audience.SIGNED_IN)
def show_add_passkey() -> ResponseReturnValue:
    """Ask for a name for one more passkey."""
    require_fresh(sessions.current_identity(), now=installation().clock())
    form = NewPasskeyForm(formdata=None)
    form.name.data = device_name()
    return render_template("account/add_passkey.html", form=form)


@blueprint.post("/account/passkeys/add", endpoint="save_passkey")
@open_to(Audience.SIGNED_IN)
def save_passkey() -> ResponseReturnValue:
    """Keep one more passkey."""
    form, who, made = NewPasskeyForm(), sessions.current_identity(), installation()
    require_fresh(who, now=made.clock())
    if form.validate():
        try:
            passkeys.add_passkey(who, form.given, name=form.name.data, site=site(), clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("account.security", done="passkey"), code=303)
    return render_template("account/add_passkey.html", form=form), 422


def device_name() -> str:
    """Return what a new passkey is called until its owner says otherwise."""
    return sessions.visit().browser or _("Passkey")
