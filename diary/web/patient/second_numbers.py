"""Two numbers that came for one day: said on the own diary, and settled there."""

import uuid
from dataclasses import dataclass

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import HiddenField
from wtforms.validators import AnyOf

from diary.errors import Invalid, Sentence
from diary.installation import installation
from diary.services import conflicts
from diary.services.conflicts import Conflict, Settled
from diary.web.forms import DAMAGED, Form
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity
from diary.web.words import long_day


class SettleForm(Form):
    """Which of the two numbers counts."""

    choice = HiddenField(validators=[AnyOf([*Settled], message=DAMAGED)])


@dataclass(frozen=True, slots=True)
class SecondNumber:
    """A second number as the patient reads it, and what its two buttons say."""

    conflict_id: uuid.UUID
    words: str
    use: str
    keep: str


def second_number(conflict: Conflict) -> SecondNumber:
    """Return what is said about a second number."""
    kept = _("It is right as it stands")
    return SecondNumber(conflict.id, _what_came(conflict), _what_to_use(conflict), kept)


@blueprint.post("/diary/second-number/<uuid:conflict_id>")
@open_to(Audience.PATIENT)
def settle(conflict_id: uuid.UUID) -> ResponseReturnValue:
    """Let one of the two numbers count; sent twice, it is settled once."""
    form = SettleForm()
    if not form.validate():
        raise Invalid(Sentence("This form is damaged. Reload the page and try again."))
    who, clock = current_identity(), installation().clock
    if form.choice.data == Settled.USED:
        conflicts.use_second_number(who, own_subject(), conflict_id, clock=clock)
    else:
        conflicts.keep_first_number(who, own_subject(), conflict_id, clock=clock)
    return redirect(url_for("patient.diary", settled=1), code=303)


def _what_came(conflict: Conflict) -> str:
    day, stored_day = long_day(conflict.day), long_day(conflict.stored_day)
    if conflict.day != conflict.stored_day:
        return _(
            "One entry came for two days: %(stored)s for %(stored_day)s is stored, %(score)s for %(day)s is not.",
            stored=_number(conflict.stored_score),
            stored_day=stored_day,
            score=_number(conflict.score),
            day=day,
        )
    return _(
        "Two numbers came for %(day)s: %(stored)s is stored, %(score)s came later.",
        day=day,
        stored=_number(conflict.stored_score),
        score=_number(conflict.score),
    )


def _what_to_use(conflict: Conflict) -> str:
    if conflict.score is None:
        return _("Take %(day)s back", day=long_day(conflict.day))
    return _("Use %(score)s for %(day)s", score=conflict.score, day=long_day(conflict.day))


def _number(score: int | None) -> str:
    return _("no number") if score is None else str(score)
