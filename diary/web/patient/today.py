"""Today: the whole product for the patient."""

from datetime import date, timedelta

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access import policy
from diary.access.policy import Subject
from diary.clinical.scores import Source
from diary.errors import Invalid
from diary.installation import installation
from diary.metering import count_entries
from diary.services import entries
from diary.services.baseline_weeks import baseline_week_asked
from diary.services.entries import Stored
from diary.services.high_scores import is_advised_today
from diary.services.own_diary import OwnDiary, read_own_diary
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.forms import ScoreForm
from diary.web.resting import keep_standing
from diary.web.sessions import current_identity


def own_subject() -> Subject:
    """Return the patient who is asking."""
    return policy.own_subject(current_identity())


@blueprint.get("/today")
@open_to(Audience.PATIENT)
def today() -> ResponseReturnValue:
    """Ask for today's score, or say that it is in."""
    own = read_own_diary(current_identity(), clock=installation().clock)
    if own.stopped:
        return render_template("patient/stopped.html")
    score = own.score_of(own.today)
    if score is not None:
        return render_template(
            "patient/today_done.html",
            own=own,
            score=score,
            by_clinic=by_clinic_words(own, own.today),
            yesterday=_open_yesterday(own),
            advised=is_advised_today(current_identity(), clock=installation().clock),
        )
    return _question(ScoreForm.asking_for(own.today), own)


@blueprint.post("/today")
@open_to(Audience.PATIENT)
def save_today() -> ResponseReturnValue:
    """Store the score; a form sent twice is stored once."""
    form = ScoreForm()
    if form.validate():
        try:
            stored = entries.record_entry(current_identity(), own_subject(), **form.answer, clock=installation().clock)
        except entries.AlreadyAnswered as answered:
            return render_template("patient/already_answered.html", stored=answered.stored), 409
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(after_saving(stored), code=303)
    own = read_own_diary(current_identity(), clock=installation().clock)
    return _question(form, own), 422


def after_saving(stored: Stored) -> str:
    """Return the address of what is shown next: the diary, or whom to call after very high scores."""
    count_entries(["duplicate" if stored.again else "stored"])
    return url_for("patient.advice" if stored.advice else "patient.diary", saved=stored.entry.id)


def _question(form: ScoreForm, own: OwnDiary) -> str:
    keep_standing()
    about: date = form.day.data or own.today
    return render_template(
        "patient/today.html",
        form=form.ask(own.patient.wording, about=about, today=own.today),
        about=about,
        yesterday=_open_yesterday(own),
        asked_again=own.asked_again,
        pause=own.pause,
        week_before=baseline_week_asked(current_identity(), clock=installation().clock),
    )


def _open_yesterday(own: OwnDiary) -> date | None:
    """Return yesterday, when it has no entry and can still be filled in; its score is never shown here."""
    yesterday = own.today - timedelta(days=1)
    return yesterday if own.may_be_filled_in(yesterday) and own.score_of(yesterday) is None else None


def by_clinic_words(own: OwnDiary, day: date) -> str:
    """Return how the score of a day came from the clinic, nothing for one's own."""
    words = {
        Source.PAPER: _("written in by your clinic from paper"),
        Source.STAFF: _("written in by your clinic after a call"),
    }
    source = own.by_clinic.get(day)
    return words[source] if source else ""
