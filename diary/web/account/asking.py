"""What a browser is to ask a passkey: JSON for the script of the page; the answer comes back with the page's form."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask.typing import ResponseReturnValue

from diary.errors import ConfirmFirst, DiaryError, Expired, Invalid, NotThere, Refused, Throttled
from diary.installation import installation
from diary.services import account_links, ceremonies, invites_by_passkey, passkeys
from diary.services.account_links import OpenLink
from diary.services.ceremonies import Question
from diary.vocabulary import LinkPurpose
from diary.web import sessions
from diary.web.account import blueprint
from diary.web.guards import Audience, open_to
from diary.web.site import json_sent, require_own_script, site
from diary.web.words import said, too_many

STATUS: dict[type[DiaryError], int] = {Expired: 410, Invalid: 422, Refused: 403, NotThere: 404}


def answers_questions(view: Callable[..., Question]) -> Callable[..., ResponseReturnValue]:
    """Make a view that returns a question answer a script: in JSON, and only one of this site."""

    @wraps(view)
    def answer(**parts: Any) -> ResponseReturnValue:
        require_own_script()
        try:
            question = view(**parts)
        except ConfirmFirst as refusal:
            return {"words": said(refusal), "reload": True}, 403  # the page itself asks for the proof
        except Throttled as refusal:
            return {"words": too_many(refusal)}, 429, {"Retry-After": str(refusal.seconds)}
        except (Expired, Invalid, Refused, NotThere) as refusal:
            return {"words": said(refusal)}, STATUS[type(refusal)]
        return {"ceremony": str(question.ceremony), "options": question.options}

    return answer


@blueprint.post("/account/passkeys/ask/sign-in")
@open_to(Audience.EVERYONE)
@answers_questions
def ask_to_sign_in() -> Question:
    """Ask whoever is there for a passkey."""
    return passkeys.ask_to_sign_in(site=site(), visit=sessions.visit(), clock=installation().clock)


@blueprint.post("/account/passkeys/ask/second-factor")
@open_to(Audience.HALFWAY)
@answers_questions
def ask_second_factor() -> Question:
    """Ask somebody halfway for one of their passkeys."""
    return ceremonies.ask_known(_halfway(), site=site(), clock=installation().clock)


@blueprint.post("/account/passkeys/ask/first")
@open_to(Audience.HALFWAY)
@answers_questions
def ask_for_first() -> Question:
    """Ask somebody halfway for their first passkey."""
    return ceremonies.ask_for_new(_halfway(), site=site(), clock=installation().clock)


@blueprint.post("/account/passkeys/ask/confirm")
@open_to(Audience.SIGNED_IN)
@answers_questions
def ask_to_confirm() -> Question:
    """Ask whoever is signed in for one of their passkeys."""
    account_id = sessions.current_session().account_id
    return ceremonies.ask_known(account_id, site=site(), clock=installation().clock)


@blueprint.post("/account/passkeys/ask/new")
@open_to(Audience.SIGNED_IN)
@answers_questions
def ask_for_new() -> Question:
    """Ask whoever is signed in for one more passkey."""
    return passkeys.ask_for_own(sessions.current_identity(), site=site(), clock=installation().clock)


@blueprint.post("/account/passkeys/ask/invite/<token>")
@open_to(Audience.EVERYONE)
@answers_questions
def ask_invited(token: str) -> Question:
    """Ask a patient who was invited for a passkey, under the name they chose."""
    return invites_by_passkey.ask_invited(
        token, _name(), site=site(), visit=sessions.visit(), clock=installation().clock
    )


@blueprint.post("/account/passkeys/ask/link/<token>")
@open_to(Audience.EVERYONE)
@answers_questions
def ask_by_link(token: str) -> Question:
    """Ask whoever begins again with a link for a new passkey."""
    link = account_links.try_link(token, visit=sessions.visit(), clock=installation().clock)
    if not _may_answer(link):
        raise NotThere
    return ceremonies.ask_for_new(link.account_id, site=site(), clock=installation().clock)


def _may_answer(link: OpenLink) -> bool:
    """Say whether a passkey may be made with this link: for a new second factor by whoever knows the password."""
    if link.purpose is LinkPurpose.PASSWORD:
        return link.by_passkey
    held = sessions.halfway()
    return held is not None and held.account_id == link.account_id


def _halfway() -> uuid.UUID:
    held = sessions.halfway()
    if held is None:
        raise NotThere
    return held.account_id


def _name() -> str:
    """Return the name to sign in with that was sent along."""
    sent = json_sent()
    name = sent.get("name") if isinstance(sent, dict) else None
    return name if isinstance(name, str) else ""
