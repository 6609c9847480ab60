"""Who opened my data."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.services.looks import Look, read_own_looks
from diary.web.act_words import own_act_words
from diary.web.guards import Audience, open_to
from diary.web.patient import blueprint
from diary.web.patient.today import own_subject
from diary.web.sessions import current_identity
from diary.web.words import moment, page_key, role_words, said


@blueprint.get("/me/looks")
@open_to(Audience.PATIENT)
def looks() -> ResponseReturnValue:
    """Say who looked at the diary or worked on it, the newest first."""
    before = page_key(request.args.get("before", ""))
    page = read_own_looks(current_identity(), own_subject(), before=before)
    return render_template(
        "patient/looks.html",
        looks=[(_who(look), _what(look), moment(look.at)) for look in page.looks],
        next_page=url_for("patient.looks", before=page.next_key) if page.next_key else None,
        is_first=before is None,
    )


def _what(look: Look) -> str:
    words = own_act_words(look.action)
    return _("%(act)s. The reason given: %(reason)s", act=words, reason=look.reason) if look.reason else words


def _who(look: Look) -> str:
    if not look.name:
        return _("The people who run Ebb for your clinic")
    name = said(look.name)
    return f"{name} ({role_words(look.roles)})" if look.roles else name
