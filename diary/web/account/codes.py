"""The second factor: asked for after the password, and set up by whoever has none yet."""

import uuid

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid, NotThere, Throttled
from diary.installation import installation
from diary.security.one_time_codes import address_of
from diary.services import second_factors, sign_in
from diary.services.accounts import sign_in_name_of
from diary.services.live_sessions import Held
from diary.vocabulary import Proof
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.forms import CodeForm
from diary.web.account.ways import own_path
from diary.web.forms import TO_PUT_RIGHT, refused
from diary.web.guards import Audience, open_to
from diary.web.qr_codes import qr_code


@blueprint.get("/sign-in/code", endpoint="code")
@open_to(Audience.HALFWAY)
def ask_code() -> ResponseReturnValue:
    """Ask for the second factor, or lead whoever has none to setting it up."""
    if not second_factors.factors_of(held_halfway().account_id).any:
        return redirect(url_for("account.set_up", next=after()), code=303)
    return code_page(CodeForm())


@blueprint.post("/sign-in/code")
@open_to(Audience.HALFWAY)
def send_code() -> ResponseReturnValue:
    """Take the code of the app or a recovery code, and go where one wanted to go."""
    held, form = held_halfway(), CodeForm()
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            proof = second_factors.check_code(
                held.account_id, form.code.data, visit=sessions.visit(), clock=installation().clock
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            prove(proof)
            return redirect(after() or url_for("public.start"), code=303)
    return code_page(form), *answer


@blueprint.get("/sign-in/set-up", endpoint="set_up")
@open_to(Audience.HALFWAY)
def show_set_up() -> ResponseReturnValue:
    """Offer an app to somebody who has no second factor yet."""
    if second_factors.factors_of(held_halfway().account_id).any:
        return redirect(url_for("account.code", next=after()), code=303)
    return set_up_page(CodeForm())


@blueprint.post("/sign-in/set-up")
@open_to(Audience.HALFWAY)
def send_set_up() -> ResponseReturnValue:
    """Keep the app that shows the right code, and hand out the recovery codes, once."""
    held, form = held_halfway(), CodeForm()
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            codes = second_factors.keep_first_app(
                held.account_id, held.id, form.code.data, visit=sessions.visit(), clock=installation().clock
            )
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        else:
            prove(Proof.CODE)
            return recovery_codes_page(codes, after=after() or url_for("public.start"))
    return set_up_page(form), *answer


def recovery_codes_page(codes: list[str], *, after: str) -> str:
    """Return the page that shows new recovery codes, the only time that they are shown."""
    return render_template("account/recovery_codes.html", codes=codes, after=after)


def app_offered(account_id: uuid.UUID, session_id: uuid.UUID) -> dict[str, str]:
    """Return what an authenticator app is offered: the secret in groups of four, its address, and that as a QR code."""
    secret = second_factors.offered_secret(account_id, session_id)
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    address = address_of(secret, sign_in_name_of(account_id))
    return {"secret": grouped, "address": address, "qr": qr_code(address)}


def code_page(form: CodeForm) -> str:
    """Return the page that asks for the second factor, with `form` as it stands."""
    factors = second_factors.factors_of(held_halfway().account_id)
    return render_template("account/code.html", form=form, factors=factors, after=after())


def set_up_page(form: CodeForm) -> str:
    """Return the page that offers a first second factor, with `form` as it stands."""
    held = held_halfway()
    return render_template(
        "account/set_up.html",
        form=form,
        offered=app_offered(held.account_id, held.id),
        in_place=False,
        send_to=url_for("account.send_set_up", next=after()),
        ask_passkey=url_for("account.ask_for_first"),
        send_passkey_to=url_for("account.set_up_passkey", next=after()),
    )


def prove(proof: Proof) -> None:
    """Let whoever stands halfway in, with a new token."""
    sessions.go_on(sign_in.prove(sessions.current_token(), proof, clock=installation().clock))


def held_halfway() -> Held:
    """Return the session of somebody whose second factor is missing."""
    held = sessions.halfway()
    if held is None:
        raise NotThere
    return held


def after() -> str | None:
    """Return the path that one wanted to go to before signing in, or None."""
    return own_path(request.args.get("next"))
