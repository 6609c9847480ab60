"""Forgotten passwords, and the links with which somebody who has an account begins again."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import account_links, beginning_again
from diary.services.account_links import OpenLink
from diary.services.live_sessions import Held
from diary.services.outbox import mail_is_set_up
from diary.vocabulary import LinkPurpose, Proof
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.codes import app_offered, prove, recovery_codes_page
from diary.web.account.forms import CodeForm
from diary.web.account.passkey_forms import ForgottenForm, KnownPasswordForm, NewPasswordForm, PasskeyForm
from diary.web.account.passkeys import device_name
from diary.web.forms import TO_PUT_RIGHT, hand_errors, refused, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.site import site, whole_address


@blueprint.get("/sign-in/forgotten", endpoint="forgotten")
@open_to(Audience.EVERYONE)
def show_forgotten() -> ResponseReturnValue:
    """Ask whose password was forgotten, or say that the clinic helps."""
    return _forgotten_page(ForgottenForm(formdata=None), sent="sent" in request.args)


@blueprint.post("/sign-in/forgotten")
@open_to(Audience.EVERYONE)
def send_forgotten() -> ResponseReturnValue:
    """Mail a link to whoever has this name; the answer is the same when nobody has."""
    form = ForgottenForm()
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            account_links.ask_for_new_password(
                form.email.data,
                address_of=lambda token: whole_address(url_for("account.link", token=token)),
                visit=sessions.visit(),
                clock=installation().clock,
            )
        except Throttled as refusal:
            answer = refused(form, refusal)
        else:
            return redirect(url_for("account.forgotten", sent=1), code=303)
    return _forgotten_page(form), *answer


@blueprint.get("/link/<token>", endpoint="link")
@open_to(Audience.EVERYONE)
def show_link(token: str) -> ResponseReturnValue:
    """Show what the link is for; opening it uses nothing up."""
    link = account_links.open_link(token, clock=installation().clock)
    if link.purpose is LinkPurpose.PASSWORD:
        return _new_password_page(token, link, NewPasswordForm(formdata=None))
    held = _halfway_with(link)
    if held is None:
        return render_template("account/known_password.html", token=token, form=KnownPasswordForm(formdata=None))
    return _new_factor_page(token, held, CodeForm(formdata=None))


@blueprint.post("/link/<token>")
@open_to(Audience.EVERYONE)
def choose_password(token: str) -> ResponseReturnValue:
    """Set the new password; it is signed in with afterwards, with the second factor as always."""
    form, made = NewPasswordForm(), installation()
    link = account_links.try_link(token, visit=sessions.visit(), clock=made.clock)
    if form.validate():
        try:
            beginning_again.choose_password(token, form.password.data, passwords=made.passwords, clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("account.sign_in", done="password"), code=303)
    return _new_password_page(token, link, form), 422


@blueprint.post("/link/<token>/passkey")
@open_to(Audience.EVERYONE)
def choose_passkey(token: str) -> ResponseReturnValue:
    """Give a patient a passkey in place of their password."""
    form, made = PasskeyForm(), installation()
    link = account_links.try_link(token, visit=sessions.visit(), clock=made.clock)
    if form.validate():
        try:
            beginning_again.choose_passkey(token, form.given, device=device_name(), site=site(), clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("account.sign_in", done="passkey"), code=303)
    return _new_password_page(token, link, hand_errors(form, NewPasswordForm())), 422


@blueprint.post("/link/<token>/sign-in")
@open_to(Audience.EVERYONE)
def begin_with_password(token: str) -> ResponseReturnValue:
    """Take the password of whoever lost their second factor, and go on to a new one."""
    form, made = KnownPasswordForm(), installation()
    account_links.try_link(token, visit=sessions.visit(), clock=made.clock)
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            begun = beginning_again.begin_with_password(
                token, form.password.data, visit=sessions.visit(), passwords=made.passwords, clock=made.clock
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            sessions.begin(begun)
            return redirect(url_for("account.link", token=token), code=303)
    return render_template("account/known_password.html", token=token, form=form), *answer


@blueprint.post("/link/<token>/app")
@open_to(Audience.EVERYONE)
def renew_by_app(token: str) -> ResponseReturnValue:
    """Keep a new app in place of every second factor, and hand out recovery codes, once."""
    form, made = CodeForm(), installation()
    held = _halfway_with(account_links.try_link(token, visit=sessions.visit(), clock=made.clock))
    if held is None:
        return redirect(url_for("account.link", token=token), code=303)
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            codes = beginning_again.renew_by_app(
                token,
                form.code.data,
                session_id=held.id,
                held_by=sessions.current_token(),
                visit=sessions.visit(),
                clock=made.clock,
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            prove(Proof.CODE)
            return recovery_codes_page(codes, after=url_for("public.start"))
    return _new_factor_page(token, held, form), *answer


@blueprint.post("/link/<token>/new-passkey")
@open_to(Audience.EVERYONE)
def renew_by_passkey(token: str) -> ResponseReturnValue:
    """Keep a new passkey in place of every second factor, and hand out recovery codes, once."""
    form, made = PasskeyForm(), installation()
    held = _halfway_with(account_links.try_link(token, visit=sessions.visit(), clock=made.clock))
    if held is None:
        return redirect(url_for("account.link", token=token), code=303)
    if form.validate():
        try:
            codes = beginning_again.renew_by_passkey(
                token,
                form.given,
                device=device_name(),
                held_by=sessions.current_token(),
                site=site(),
                clock=made.clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            prove(Proof.PASSKEY)
            return recovery_codes_page(codes, after=url_for("public.start"))
    return _new_factor_page(token, held, hand_errors(form, CodeForm())), 422


def _halfway_with(link: OpenLink) -> Held | None:
    """Return the session of whoever proved by their password that this link for a second factor is theirs."""
    held = sessions.halfway()
    is_theirs = held is not None and held.account_id == link.account_id and link.purpose is LinkPurpose.SECOND_FACTOR
    return held if is_theirs else None


def _forgotten_page(form: ForgottenForm, *, sent: bool = False) -> str:
    return render_template("account/forgotten.html", form=form, sent=sent, mail_is_set_up=mail_is_set_up())


def _new_password_page(token: str, link: OpenLink, form: NewPasswordForm) -> str:
    return render_template("account/new_password.html", token=token, form=form, by_passkey=link.by_passkey)


def _new_factor_page(token: str, held: Held, form: CodeForm) -> str:
    return render_template(
        "account/set_up.html",
        form=form,
        offered=app_offered(held.account_id, held.id),
        in_place=True,
        send_to=url_for("account.renew_by_app", token=token),
        ask_passkey=url_for("account.ask_by_link", token=token),
        send_passkey_to=url_for("account.renew_by_passkey", token=token),
    )
