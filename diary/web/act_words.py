"""Acts and looks in words: as the clinic's admin reads them, and as the patient they are about reads them."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ACT_WORDS: Final[dict[str, tuple[Any, Any]]] = {
    "clinic.added": (_l("added the clinic"), None),
    "clinic.changed": (_l("changed the clinic's settings"), None),
    "rules.versioned": (_l("changed the numbers of the rules"), None),
    "member.added": (_l("added a member of staff"), None),
    "patient.added": (_l("added a patient"), _l("added you as a patient")),
    "patient.changed": (_l("changed a patient's particulars"), _l("changed your particulars")),
    "patient.seen": (_l("looked at a chart"), _l("looked at your chart")),
    "worklist.seen": (_l("looked at the worklist"), None),
    "cohort.seen": (_l("compared groups of patients"), None),
    "invite.made": (_l("made an invite"), _l("made your invite link")),
    "invite.accepted": (_l("accepted an invite"), None),
    "entry.recorded": (_l("wrote an entry"), _l("wrote an entry in your diary")),
    "course.recorded": (_l("recorded a course"), _l("recorded a course")),
    "course.corrected": (_l("corrected a course"), _l("corrected a course")),
    "infusion.recorded": (_l("recorded an infusion"), _l("recorded an infusion")),
    "baseline.given": (_l("gave a baseline by hand"), _l("wrote down your pain before a course")),
    "event.recorded": (_l("recorded an event"), _l("wrote down something that happened")),
    "decision.recorded": (_l("recorded a decision"), _l("wrote down the next step for you")),
    "study.imported": (_l("imported a study"), _l("brought in your earlier courses and entries")),
    "signed_in": (_l("signed in"), None),
    "signed_out": (_l("signed out"), None),
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
