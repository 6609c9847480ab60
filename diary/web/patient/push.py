"""Phones that remind: a script of this site lets one listen, and any of them is stopped with a button."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import redirect, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid, NotThere, Refused
from diary.installation import installation
from diary.security.signing import KeyUnfit
from diary.services import push_subscriptions
from diary.services.push_sign_ins import bring_along
from diary.services.push_subscriptions import ListeningPhone
from diary.services.reminder_settings import begin_with_phone
from diary.web import sessions
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import csrf, current_identity, current_session
from diary.web.site import json_sent, require_own_script
from diary.web.words import moment, said

STATUS: dict[type[Exception], int] = {Invalid: 422, Refused: 403, NotThere: 404, KeyUnfit: 503}


@dataclass(frozen=True, slots=True)
class ShownPush:
    """What the settings page shows: each phone with the moment since when, in words; without a key none can begin."""

    key: str | None
    shared: bool
    phones: list[tuple[ListeningPhone, str]]


def shown_push() -> ShownPush:
    """Return what `components/push.html` shows to whoever is signed in."""
    phones = push_subscriptions.read_listening_phones(current_identity(), own_subject())
    return ShownPush(_key(), current_session().shared, [(phone, moment(phone.since)) for phone in phones])


def answers_script(view: Callable[..., dict[str, Any]]) -> Callable[..., ResponseReturnValue]:
    """Make a view answer a script or the service worker of this site in JSON; neither has a token of a form."""

    @wraps(view)
    def answer(**parts: Any) -> ResponseReturnValue:
        require_own_script()
        try:
            return view(**parts)
        except (Invalid, Refused, NotThere, KeyUnfit) as refusal:
            return {"words": said(refusal)}, STATUS[type(refusal)]

    exempted: Callable[..., ResponseReturnValue] = csrf.exempt(answer)
    return exempted


@blueprint.get("/me/reminders/push", endpoint="push_key")
@open_to(Audience.PHONE)
def show_push_key() -> ResponseReturnValue:
    """Tell the service worker under which key to subscribe again."""
    return {"key": _key()}


@blueprint.post("/me/reminders/push", endpoint="subscribe")
@open_to(Audience.PHONE)
@answers_script
def subscribe() -> dict[str, Any]:
    """Let the phone at hand listen, or listen on under this sign-in."""
    sent = json_sent()
    if isinstance(sent, dict) and sent.get("along"):
        return _bring_along(str(sent.get("endpoint")))
    replaces = sent.get("replaces") if isinstance(sent, dict) else None
    phone = push_subscriptions.subscribe(
        current_identity(),
        own_subject(),
        sent,
        session_id=current_session().id,
        device=sessions.visit().browser,
        replaces=replaces if isinstance(replaces, str) else None,
        clock=installation().clock,
    )
    if not (isinstance(sent, dict) and sent.get("again")):  # a tap, and not the browser by itself
        begin_with_phone(current_identity(), own_subject(), clock=installation().clock)
    return {"listens": phone.fingerprint}


@blueprint.post("/me/reminders/push/end", endpoint="unsubscribe_here")
@open_to(Audience.PHONE)
@answers_script
def unsubscribe_here() -> dict[str, Any]:
    """Stop the phone at hand."""
    sent = json_sent()
    endpoint = sent.get("endpoint") if isinstance(sent, dict) else None
    clock = installation().clock
    push_subscriptions.unsubscribe_here(current_identity(), own_subject(), str(endpoint), clock=clock)
    return {"listens": None}


@blueprint.post("/me/reminders/push/<uuid:subscription_id>/end", endpoint="unsubscribe")
@open_to(Audience.PATIENT)
def unsubscribe(subscription_id: uuid.UUID) -> ResponseReturnValue:
    """Stop a phone of the list."""
    clock = installation().clock
    push_subscriptions.unsubscribe(current_identity(), own_subject(), subscription_id, clock=clock)
    return redirect(url_for("patient.reminders", done="push-stopped"), code=303)


def _bring_along(endpoint: str) -> dict[str, Any]:
    """Let a phone that listens under an earlier sign-in of its patient listen under this one, as a page asks."""
    held = current_session()
    return {"listens": bring_along(current_identity(), own_subject(), endpoint, session_id=held.id)}


def _key() -> str | None:
    try:
        return push_subscriptions.key_for_browsers(current_identity(), own_subject())
    except KeyUnfit:
        return None
