"""What was just done, said once on the page that follows; only known words are said, never what an address holds."""

from typing import Any, Final

from flask import Flask, has_request_context, request
from flask_babel import lazy_gettext as _l

DONE: Final[dict[str, Any]] = {
    "language": _l("Kept: Ebb speaks this language with you."),
    "language-changed": _l("Saved: Ebb speaks this language with the patient."),
    "reminders-kept": _l("Saved. Reminders are on."),
    "reminders-stopped": _l("Stopped: no reminder comes any more."),
    "address-asked": _l("The mail was sent again. Open the link in it."),
    "calendar-ended": _l("Taken back: the link shows nothing any more."),
    "push-stopped": _l("That phone does not remind you any more."),
    "hand": _l("Kept: the pages are laid out for this hand."),
    "extras-kept": _l("Kept. You can change it here at any time."),
    "extras-taken-back": _l("Taken back."),
    "reading-kept": _l("Kept beside the score of the day."),
    "reading-taken-back": _l("Taken back."),
    "pause-begun": _l("Paused. You may still write."),
    "pause-ended": _l("The pause is over."),
    "pause-undone": _l("Undone."),
    "wearing-off-taken-back": _l("Taken back: your clinic's list no longer says that it is wearing off."),
    "erasure-asked": _l("Your clinic is asked to erase your data."),
    "erasure-taken-back": _l("Your data is kept. Nothing was deleted."),
    "clinic-changed": _l("The clinic's particulars are saved."),
    "retention-changed": _l("Saved: how long diaries are kept."),
    "member-changed": _l("Saved. It counts from this member's next page on."),
    "invite-withdrawn": _l("The invite is withdrawn: its link opens nothing any more."),
    "digest-kept": _l("Saved. A new address gets a mail first: open the link in it."),
    "digest-stopped": _l("Switched off: no morning mail comes any more."),
    "clinic-left": _l("You have left the clinic."),
    "patient-added": _l("The patient is added. Record their course, and make an invite link."),
    "patient-taken-in": _l("The patient and their diary are here now."),
    "patient-changed": _l("Saved."),
    "course-planned": _l("The course is planned."),
    "course-moved": _l("The course is moved."),
    "course-cancelled": _l("The course is cancelled."),
    "courses-brought-in": _l("The earlier courses are kept, marked as from the notes."),
    "infusion-taken-back": _l("Taken back. The course has the days again that it had without this infusion."),
    "baseline-taken-back": _l("The baseline by hand is taken back: what was measured counts again."),
    "protocol-kept": _l("The protocol is saved."),
    "protocol-retired": _l("The protocol is retired: it is not offered any more."),
    "week-written": _l("The week is stored."),
    "decision-reversed": _l("The decision is reversed."),
    "plan-released": _l("The patient reads the plan on My courses."),
    "plan-taken-back": _l("The plan is taken back: the patient no longer reads it."),
    "tags-changed": _l("The tags are changed."),
    "view-saved": _l("The view is saved."),
    "view-deleted": _l("The view is deleted."),
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
