"""What the links of reminders open without a sign-in: one day, an address to confirm, an end of mails, a calendar."""

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import AnyOf, InputRequired

from diary.errors import Invalid
from diary.exchange.calendar_feed import tag_of
from diary.installation import installation
from diary.services import calendar_feeds, one_tap, reminder_stops
from diary.services.one_tap import OpenDay
from diary.web.forms import Form, score_choices, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.public import blueprint
from diary.web.public.secret_links import keep_out_of_search
from diary.web.sessions import csrf
from diary.web.spoken import answer_in
from diary.web.words import said

CHOOSE = _l("Choose a number from 0 to 10.")


class OneTapForm(Form):
    """The score of the one day."""

    score = RadioField(
        "",
        [InputRequired(CHOOSE), AnyOf([choice.value for choice in score_choices()], message=CHOOSE)],
        choices=score_choices(),
        validate_choice=False,
    )


@blueprint.get("/t/<token>", endpoint="one_tap")
@open_to(Audience.EVERYONE)
def show_day(token: str) -> ResponseReturnValue:
    """Ask for the score of the day that the link opens."""
    keep_out_of_search()
    clock = installation().clock
    opened = one_tap.open_day(token, clock=clock)
    if _is_opened_by_somebody():
        one_tap.note_opened(token, clock=clock)
    return _ask(opened, OneTapForm(formdata=None))


@blueprint.post("/t/<token>")
@open_to(Audience.EVERYONE)
def answer_day(token: str) -> ResponseReturnValue:
    """Store the score, and say that it is in; the form sent twice is stored once."""
    keep_out_of_search()
    form, clock = OneTapForm(), installation().clock
    if form.validate():
        try:
            answered = one_tap.answer_day(token, int(form.score.data), address=request.remote_addr, clock=clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            answer_in(answered.language)
            return render_template("reminders/answered.html", answered=answered)
    return _ask(one_tap.open_day(token, clock=clock), form), 422


@blueprint.get("/reminders/confirm/<token>", endpoint="confirm_address")
@open_to(Audience.EVERYONE)
def show_confirm(token: str) -> ResponseReturnValue:
    """Ask whether reminders may come to the address that the link was sent to."""
    keep_out_of_search()
    answer_in(reminder_stops.open_confirm_link(token, clock=installation().clock))
    return render_template("reminders/confirm.html", token=token, done=False)


@blueprint.post("/reminders/confirm/<token>", endpoint="confirm_address_now")
@open_to(Audience.EVERYONE)
def confirm_address(token: str) -> ResponseReturnValue:
    """Take the yes."""
    keep_out_of_search()
    answer_in(reminder_stops.confirm_address(token, clock=installation().clock))
    return render_template("reminders/confirm.html", token=token, done=True)


@blueprint.get("/reminders/stop/<token>", endpoint="stop_mails")
@open_to(Audience.EVERYONE)
def show_stop(token: str) -> ResponseReturnValue:
    """Ask whether the mails are to stop; a program that opens every link of a mail stops nothing."""
    keep_out_of_search()
    answer_in(reminder_stops.open_stop_link(token))
    return render_template("reminders/stop.html", token=token, done=False)


@blueprint.post("/reminders/stop/<token>", endpoint="stop_mails_now")
@open_to(Audience.EVERYONE)
def stop_mails(token: str) -> ResponseReturnValue:
    """Stop them: a mail program sends this by itself (RFC 8058), and has no token of a form."""
    keep_out_of_search()
    answer_in(reminder_stops.stop_mails(token, clock=installation().clock))
    return render_template("reminders/stop.html", token=token, done=True)


csrf.exempt(stop_mails)


@blueprint.get("/feed/<token>.ics")
@open_to(Audience.EVERYONE)
def calendar(token: str) -> ResponseReturnValue:
    """Return the calendar behind a link, or that it has not changed."""
    keep_out_of_search()
    written = calendar_feeds.read_feed(token, clock=installation().clock)
    answer = Response(written, content_type="text/calendar; charset=utf-8")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(tag_of(written))
    return answer.make_conditional(request)


def _is_opened_by_somebody() -> bool:
    """Say whether a browser goes to the page for somebody: programs that check mails look into links too."""
    purpose = request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")
    is_ahead = "prefetch" in purpose.lower()
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate" and not is_ahead


def _ask(opened: OpenDay, form: OneTapForm) -> str:
    answer_in(opened.language)
    form.score.label.text = said(opened.wording.question)
    return render_template(
        "reminders/day.html",
        form=form,
        opened=opened,
        lowest=said(opened.wording.lowest),
        highest=said(opened.wording.highest),
    )
