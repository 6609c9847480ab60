"""Acts and looks in words: as the clinic's admin reads them, and as the patient they are about reads them."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ACT_WORDS: Final[dict[str, tuple[Any, Any]]] = {
    "clinic.added": (_l("added the clinic"), None),
    "clinic.changed": (_l("changed the clinic's settings"), None),
    "rules.versioned": (_l("changed the numbers of the rules"), None),
    "member.added": (_l("added a member of staff"), None),
    "member.roles_changed": (_l("changed the roles of a member of staff"), None),
    "member.suspended": (_l("suspended a member of staff"), None),
    "member.brought_back": (_l("brought a suspended member of staff back"), None),
    "member.left": (_l("ended a membership of staff"), None),
    "patient.added": (_l("added a patient"), _l("added you as a patient")),
    "patient.changed": (_l("changed a patient's particulars"), _l("changed your particulars")),
    "patient.tags_changed": (_l("changed a patient's tags"), _l("changed the words by which your clinic groups you")),
    "patient.seen": (_l("looked at a chart"), _l("looked at your chart")),
    "patient.seen_under_glass": (
        _l("looked at a protected chart through broken glass"),
        _l("looked at your protected chart in the hour after breaking the glass"),
    ),
    "letter.taken_out": (
        _l("took out a letter about a patient"),
        _l("took out a letter about you"),
    ),
    "diary.protected": (
        _l("protected a diary"),
        _l("protected your diary so that only the clinician responsible for you opens it in the usual way"),
    ),
    "diary.unprotected": (_l("ended the protection of a diary"), _l("ended the protection of your diary")),
    "glass.broken": (
        _l("broke the glass before a protected diary"),
        _l("opened your protected diary for an hour without being responsible for you"),
    ),
    "glass.closed": (_l("closed the glass before a protected diary"), _l("closed your protected diary again")),
    "glass.seen": (
        _l("looked at how diaries are protected"),
        _l("looked at how your diary is protected"),
    ),
    "glass.reviewed": (
        _l("reviewed why the glass was broken"),
        _l("checked whether it was right to open your protected diary"),
    ),
    "worklist.seen": (_l("looked at the worklist"), None),
    "view.saved": (_l("saved a view of the worklist"), None),
    "view.deleted": (_l("deleted a view of the worklist"), None),
    "cohort.seen": (_l("compared groups of patients"), None),
    "cohort.taken_out": (_l("took out the numbers of groups of patients"), None),
    "invite.made": (_l("made an invite"), _l("made your invite link")),
    "invite.accepted": (_l("accepted an invite"), None),
    "invite.withdrawn": (_l("withdrew an invite"), None),
    "invite.mailed": (_l("mailed an invite"), _l("mailed your invite link")),
    "invites.seen": (_l("looked at who has no account yet"), None),
    "entry.recorded": (_l("wrote an entry"), _l("wrote an entry in your diary")),
    "entry.second_number": (_l("sent another number under the name of an entry"), None),
    "consent.given": (_l("gave or recorded a consent"), _l("wrote down a consent that you signed")),
    "consent.withdrawn": (
        _l("took back or recorded the end of a consent"),
        _l("wrote down that you took a consent back"),
    ),
    "data.taken_out": (_l("took out their own data"), None),
    "erasure.asked": (_l("asked to be erased"), None),
    "erasure.taken_back": (_l("took back the wish to be erased"), None),
    "erasures.seen": (_l("looked at who is to be erased"), _l("looked at whether you are to be erased")),
    "patient.erased": (_l("erased a patient"), None),
    "erasure.repeated": (_l("repeated an erasure after an older backup was put back"), None),
    "retention.set": (_l("set how long diaries are kept"), None),
    "research.taken_out": (_l("took diaries out for research"), None),
    "course.recorded": (_l("recorded a course"), _l("recorded a course")),
    "course.corrected": (_l("corrected a course"), _l("corrected a course")),
    "course.fitted": (_l("changed the days of a course with an infusion"), _l("corrected a course")),
    "course.planned_anyway": (
        _l("planned a course in spite of a warning"),
        _l("planned a course"),
    ),
    "courses.brought_in": (_l("brought in earlier courses"), _l("wrote down your earlier courses")),
    "infusion.recorded": (_l("recorded an infusion"), _l("recorded an infusion")),
    "infusion.corrected": (_l("corrected an infusion"), _l("corrected an infusion")),
    "infusion.taken_back": (_l("took back an infusion"), _l("took back an infusion")),
    "protocol.added": (_l("added a protocol"), None),
    "protocol.changed": (_l("changed a protocol"), None),
    "protocol.retired": (_l("retired a protocol"), None),
    "baseline.given": (_l("gave a baseline by hand"), _l("wrote down your pain before a course")),
    "event.recorded": (_l("recorded an event"), _l("wrote down something that happened")),
    "note.written": (_l("wrote a note about a patient"), _l("wrote a note about you")),
    "note.taken_back": (_l("took back a note about a patient"), _l("took back a note about you")),
    "impression.recorded": (
        _l("recorded how much a patient says they have changed"),
        _l("wrote down how much you said that you have changed"),
    ),
    "impression.taken_back": (
        _l("took back how much a patient says they have changed"),
        _l("took back how much you said that you have changed"),
    ),
    "event.taken_back": (_l("took back an event"), _l("took back something that happened")),
    "day_note.recorded": (_l("wrote what goes with a day"), None),
    "peg.recorded": (_l("answered the three questions of the week"), None),
    "reading.recorded": (_l("wrote another score of a day"), None),
    "reading.taken_back": (_l("took back another score of a day"), None),
    "pause.recorded": (_l("paused the diary, or changed a pause"), None),
    "decision.recorded": (_l("recorded a decision"), _l("wrote down the next step for you")),
    "decision.recorded_anyway": (_l("decided to repeat in spite of a warning"), _l("wrote down the next step for you")),
    "decision.reversed": (_l("reversed a decision"), _l("took back the next step that was written down for you")),
    "plan.released": (_l("released a plan to the patient"), _l("wrote a plan for you")),
    "plan.taken_back": (_l("took a released plan back"), _l("took back a plan written for you")),
    "diary.copied": (_l("took out a signed copy of a diary"), _l("took out a signed copy of your diary")),
    "move.code_made": (_l("made a code to move a diary"), _l("made a code to move your diary")),
    "move.previewed": (_l("looked at a diary that is to move"), _l("looked at what you would bring along")),
    "patient.moved_out": (_l("took a patient over to another clinic"), _l("took your diary over to another clinic")),
    "patient.moved_in": (_l("took in a patient from another clinic"), _l("took in your diary from another clinic")),
    "study.imported": (_l("imported a study"), _l("brought in your earlier courses and entries")),
    "signed_in": (_l("signed in"), None),
    "signed_out": (_l("signed out"), None),
    "confirmed": (_l("confirmed who they are"), None),
    "session.shared": (_l("made a sign-in one of a shared phone"), None),
    "devices.forgotten": (_l("forgot the devices they had signed in from"), None),
    "reminders.set": (_l("chose when and how to be reminded"), None),
    "reminders.address_confirmed": (_l("confirmed the address for reminders"), None),
    "reminders.stopped": (_l("stopped reminders"), None),
    "reminders.tried": (_l("tried whether reminders arrive"), None),
    "digest.set": (_l("chose to be mailed the counts of each morning"), None),
    "digest.address_confirmed": (_l("confirmed the address for the counts of each morning"), None),
    "digest.stopped": (_l("stopped the mail with the counts of each morning"), None),
    "digest.tried": (_l("tried the mail with the counts of each morning"), None),
    "calendar.link_made": (_l("made a link for a calendar"), None),
    "calendar.link_ended": (_l("took the link for a calendar back"), None),
    "push.subscribed": (_l("let reminders come to a phone"), None),
    "push.unsubscribed": (_l("stopped the reminders on a phone"), None),
    "push.taken_over": (_l("lost the reminders on a phone that somebody else uses now"), None),
    "screen_lock.set": (_l("put a PIN before their diary on one phone"), None),
    "screen_lock.removed": (_l("took the PIN from before their diary"), None),
    "second_factor.added": (_l("added a way to prove who they are"), None),
    "second_factor.removed": (_l("removed a way to prove who they are"), None),
    "second_factor.used_up": (_l("used a recovery code"), None),
    "password.changed": (_l("set a new password"), None),
    "account_link.made": (_l("made a link to sign in anew"), _l("made a link for you to sign in anew")),
    "audit.seen": (_l("looked at who did what"), _l("looked at this list of who opened your data")),
    "audit.exported": (_l("took out who did what"), _l("took out this list of who opened your data")),
    "audit.anchored": (_l("anchored the audit"), None),
}
"""By the audit's name of the act; None where no act of that name by somebody else is ever about one patient."""


def act_words(action: str) -> str:
    """Return what was done, as the clinic reads it."""
    return str(ACT_WORDS[action][0]) if action in ACT_WORDS else action


def own_act_words(action: str) -> str:
    """Return what was done, as the patient it is about reads it; never what was written."""
    words = ACT_WORDS.get(action, (None, None))[1]
    return str(words) if words else _("did something in your diary")


def doer_words(actor: str, name: str) -> str:
    """Return who did it: the name of a member, or whoever else acts in a clinic."""
    others = {"patient": _("the patient"), "operator": _("whoever runs this installation")}
    return name or others.get(actor) or _("somebody who is no longer here")
