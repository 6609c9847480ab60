"""The screen lock of a patient's phone: set, shut, and opened again without losing what was sent meanwhile."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.errors import Expired, Invalid, NotThere, Throttled
from diary.installation import installation
from diary.services import ceremonies, screen_lock, second_factors, sign_in
from diary.services.ceremonies import Answer, Question
from diary.services.confirming import check_password
from diary.services.live_sessions import Held
from diary.services.passkeys import check_passkey
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.account.asking import answers_questions
from diary.web.account.carrying import carried, come_back_here, come_to, go_on
from diary.web.account.forms import LockForm, UnlockForm
from diary.web.account.ways import own_path
from diary.web.forms import TO_PUT_RIGHT, refused, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.site import site
from diary.web.words import said

PREFIX = "unlock-"


@blueprint.get("/account/lock", endpoint="lock")
@open_to(Audience.PATIENT)
def show_lock() -> ResponseReturnValue:
    """Show how the screen lock of this phone stands; whoever may change it has just proven who they are."""
    screen_lock.ask_for_lock(sessions.current_identity(), clock=installation().clock)
    return _lock_page(LockForm(formdata=None))


@blueprint.post("/account/lock")
@open_to(Audience.PATIENT)
def set_lock() -> ResponseReturnValue:
    """Put a PIN before this session."""
    form, made = LockForm(), installation()
    who, token = sessions.current_identity(), sessions.current_token()
    if form.validate():
        try:
            screen_lock.set_lock(who, token, form.pin.data.strip(), passwords=made.passwords, clock=made.clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("account.own_sessions", done="locked"), code=303)
    return _lock_page(form), 422


@blueprint.post("/account/lock/remove")
@open_to(Audience.PATIENT)
def remove_lock() -> ResponseReturnValue:
    """Take the PIN away."""
    screen_lock.remove_lock(sessions.current_identity(), sessions.current_token(), clock=installation().clock)
    return redirect(url_for("account.own_sessions", done="unlocked"), code=303)


@blueprint.post("/account/lock/now")
@open_to(Audience.PATIENT)
def lock_now() -> ResponseReturnValue:
    """Shut the lock at once."""
    screen_lock.lock_now(sessions.current_token(), clock=installation().clock)
    return redirect(url_for("account.unlock"), code=303)


def ask_to_unlock() -> ResponseReturnValue:
    """Answer a request that meets a shut lock: a page is come back to, a form is carried along, a script is told."""
    if request.is_json or request.headers.get("Sec-Fetch-Mode") == "cors":
        return {"words": _("Ebb is locked: reload the page and open it."), "reload": True}, 401
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("account.unlock", next=request.full_path.rstrip("?")), code=303)
    form = UnlockForm(formdata=None, prefix=PREFIX)
    come_back_here(form)
    return _unlock_page(form), 403


@blueprint.get("/account/unlock", endpoint="unlock")
@open_to(Audience.LOCKED)
def show_unlock() -> ResponseReturnValue:
    """Ask for the PIN; the page names nobody."""
    form = UnlockForm(formdata=None, prefix=PREFIX)
    come_to(form, request.args.get("next"))
    return _unlock_page(form) if sessions.locked() else go_on(form)


@blueprint.post("/account/unlock")
@open_to(Audience.LOCKED)
def send_unlock() -> ResponseReturnValue:
    """Open the lock by PIN or password and go on: a form is sent on as it was."""
    form = UnlockForm(prefix=PREFIX)
    if not sessions.locked():
        return go_on(form)
    answer = TO_PUT_RIGHT
    if form.validate():
        try:
            token = _open(form)
        except (Invalid, Throttled) as refusal:
            answer = refused(form, refusal)
        except Expired as refusal:
            sessions.end()
            return render_template("account/at_rest.html", is_open=False, after=None, words=_told(refusal)), 403
        else:
            sessions.go_on(token)
            return go_on(form)
    return _unlock_page(form), *answer


@blueprint.get("/at-rest", endpoint="at_rest")
@open_to(Audience.EVERYONE)
def at_rest() -> ResponseReturnValue:
    """Stand where a page stood that nobody touched for minutes; to be led here is no use of the session."""
    held, after = sessions.at_rest(), own_path(request.args.get("next"))
    if sessions.locked():
        return redirect(url_for("account.unlock", next=after), code=303)
    words = _("Nobody touched this page for 5 minutes, so it was closed: others may use this phone or computer.")
    is_open = held is not None and held.identity is not None
    return render_template("account/at_rest.html", is_open=is_open, after=after, words=words)


@blueprint.post("/account/passkeys/ask/unlock")
@open_to(Audience.LOCKED)
@answers_questions
def ask_passkey_to_unlock() -> Question:
    """Ask for a passkey in place of the PIN."""
    return ceremonies.ask_known(_held().account_id, site=site(), clock=installation().clock)


def _open(form: UnlockForm) -> str:
    made, token, account_id = installation(), sessions.current_token(), _held().account_id
    if form.answer.data:
        given = Answer(form.ceremony.data or "", form.answer.data)
        proof = check_passkey(account_id, given, site=site(), clock=made.clock)
    elif form.password.data and not form.pin.data:
        proof = check_password(account_id, form.password.data, passwords=made.passwords, clock=made.clock)
    else:
        return screen_lock.unlock(token, form.pin.data or "", passwords=made.passwords, clock=made.clock)
    return sign_in.prove(token, proof, clock=made.clock)


def _told(refusal: Expired) -> str:
    lost = _("What you sent last was not stored: write it again.") if carried() else ""
    return f"{said(refusal)} {lost}".strip()


def _lock_page(form: LockForm) -> str:
    return render_template("account/lock.html", form=form, has_lock=sessions.current_session().has_lock)


def _unlock_page(form: UnlockForm) -> str:
    factors = second_factors.factors_of(_held().account_id)
    return render_template("account/unlock.html", form=form, carried=carried(), factors=factors)


def _held() -> Held:
    held = sessions.locked()
    if held is None:
        raise NotThere
    return held
