"""What would change the state, in words."""

from flask_babel import gettext as _
from flask_babel import ngettext

from diary.clinical.what_would_change import By, Change
from diary.web.clinic.state_words import STATE_WORDS


def change_words(change: Change) -> str:
    """Return one way to another state as a sentence: "3 more days of 6 or higher: Close to the line"."""
    return _("%(what)s: %(state)s", what=_what(change), state=STATE_WORDS[change.state.value])


def _what(change: Change) -> str:
    if change.by is By.THIS_HIGH:
        return ngettext(
            "%(num)s more day of %(score)s or higher",
            "%(num)s more days of %(score)s or higher",
            change.days,
            score=change.score,
        )
    if change.by is By.THIS_LOW:
        return ngettext(
            "%(num)s more day of %(score)s or lower",
            "%(num)s more days of %(score)s or lower",
            change.days,
            score=change.score,
        )
    return ngettext("%(num)s more day with an entry", "%(num)s more days with an entry", change.days)
