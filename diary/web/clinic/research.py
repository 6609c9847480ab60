"""Taking diaries out for research."""

from flask import Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import SelectMultipleField
from wtforms.widgets import CheckboxInput, ListWidget

from diary.access.policy import Permission, Subject, require
from diary.errors import Invalid
from diary.installation import installation
from diary.services.research import MayBeTaken, take_out_for_research, what_may_be_taken
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.forms import Form, choices, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity


class ResearchForm(Form):
    """Which tags go along: each is read by a person before it does."""

    tags = SelectMultipleField(
        _l("Tags that go along"),
        validate_choice=False,  # the service refuses, also where no tag is offered any more
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    @classmethod
    def offering(cls, may_be_taken: MayBeTaken, *, is_sent: bool) -> "ResearchForm":
        """Return the form with the tags that may go along."""
        form = cls() if is_sent else cls(formdata=None)
        form.tags.choices = choices((tag, tag) for tag in may_be_taken.tags)
        return form


@blueprint.get("/research")
@open_to(Audience.STAFF)
def research() -> ResponseReturnValue:
    """Say what the file holds, and which tags may go along."""
    offered = what_may_be_taken(current_identity(), own_clinic())
    return _page(offered, ResearchForm.offering(offered, is_sent=False))


@blueprint.post("/research")
@open_to(Audience.STAFF)
def take_out_research() -> ResponseReturnValue:
    """Hand the diaries out as one file."""
    require(current_identity(), Permission.RESEARCH_TAKE_OUT, Subject(own_clinic()))
    offered = what_may_be_taken(current_identity(), own_clinic())
    form = ResearchForm.offering(offered, is_sent=True)
    if form.validate():
        try:
            packed = take_out_for_research(
                current_identity(), own_clinic(), form.tags.data or [], clock=installation().clock
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            answer = Response(packed, mimetype="application/zip")
            answer.headers["Content-Disposition"] = 'attachment; filename="research.zip"'
            return answer
    return _page(offered, form), 422


def _page(offered: MayBeTaken, form: ResearchForm) -> str:
    return render_template("clinic/research.html", form=form, offered=offered)
