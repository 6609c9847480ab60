"""Confirming that it is you: what was asked for is carried along, and goes on after the proof as it was sent."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid, Throttled
from diary.installation import installation
from diary.services import second_factors, sign_in
from diary.services.ceremonies import Answer
from diary.services.confirming import check_password
from diary.services.passkeys import check_passkey
from diary.services.second_factors import Factors
from diary.vocabulary import Proof
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.carrying import carried, come_back_here, come_to, go_on
from diary.web.account.forms import ConfirmForm
from diary.web.forms import TO_PUT_RIGHT, refused
from diary.web.guards import Audience, open_to
from diary.web.site import site

PREFIX = "confirm-"


def ask_to_confirm() -> ResponseReturnValue:
    """Answer a request that is allowed only after a proof: a page is come back to, a form is carried along."""
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.confirm", next=request.full_path.rstrip("?")), code=303)
    form = ConfirmForm(formdata=None, prefix=PREFIX)
    come_back_here(form)
    return _page(form), 403


@blueprint.get("/account/confirm", endpoint="confirm")
@open_to(Audience.SIGNED_IN)
def show_confirm() -> ResponseReturnValue:
    """Ask for a proof before a page."""
    form = ConfirmForm(formdata=None, prefix=PREFIX)
    come_to(form, request.args.get("next"))
    return _page(form)


@blueprint.post("/account/confirm")
@open_to(Audience.SIGNED_IN)
def send_confirm() -> ResponseReturnValue:
    """Take the proof and go on: a form is sent on as it was (307 keeps method and body)."""
    form = ConfirmForm(prefix=PREFIX)
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            proof = _proof(form)
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            sessions.go_on(sign_in.prove(sessions.current_token(), proof, clock=installation().clock))
            return go_on(form)
    return _page(form), *answer


def _proof(form: ConfirmForm) -> Proof:
    held, made = sessions.current_session(), installation()
    if form.answer.data:
        given = Answer(form.ceremony.data or "", form.answer.data)
        return check_passkey(held.account_id, given, site=site(), clock=made.clock)
    if asks_code(_factors()):
        code, visit = form.code.data or "", sessions.visit()
        return second_factors.check_code(held.account_id, code, visit=visit, clock=made.clock)
    return check_password(held.account_id, form.password.data or "", passwords=made.passwords, clock=made.clock)


def asks_code(factors: Factors) -> bool:
    """Say whether a code is asked for; whoever has no app proves themselves by password or passkey."""
    return factors.has_app


def _factors() -> Factors:
    return second_factors.factors_of(sessions.current_session().account_id)


def _page(form: ConfirmForm) -> str:
    factors = _factors()
    return render_template(
        "account/confirm.html", form=form, carried=carried(), factors=factors, asks_code=asks_code(factors)
    )
