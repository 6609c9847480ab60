"""What was just done, said once on the page that follows; only known words are said, never what an address holds."""

from typing import Any, Final

from flask import Flask, has_request_context, request
from flask_babel import lazy_gettext as _l

DONE: Final[dict[str, Any]] = {
    "hand": _l("Kept: the pages are laid out for this hand."),
    "erasure-asked": _l("Your clinic is asked to erase your data."),
    "erasure-taken-back": _l("Your data is kept. Nothing was deleted."),
    "clinic-changed": _l("The clinic's particulars are saved."),
    "retention-changed": _l("Saved: how long diaries are kept."),
    "member-changed": _l("Saved. It counts from this member's next page on."),
    "invite-withdrawn": _l("The invite is withdrawn: its link opens nothing any more."),
    "clinic-left": _l("You have left the clinic."),
    "patient-added": _l("The patient is added. Record their course, and make an invite link."),
    "patient-taken-in": _l("The patient and their diary are here now."),
    "patient-changed": _l("Saved."),
    "consent-recorded": _l("The consent is recorded."),
    "protection-changed": _l("The protection is changed. The patient is told."),
    "protection-handed-over": _l("The diary is protected, and open to its responsible clinician only."),
    "glass-closed": _l("The glass is closed: the diary is no longer open to you."),
    "glass-reviewed": _l("Your review is kept."),
}


def register(app: Flask) -> None:
    """Hand the words to the frames of the pages."""
    app.context_processor(lambda: {"just_done": _words()})


def _words() -> Any:
    """Return the words, none when a form was refused on the page that said them."""
    return DONE.get(request.args.get("done", "")) if has_request_context() and request.method == "GET" else None
