"""How long diaries are kept, and whose time has passed."""

from typing import Any, Final

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField
from wtforms.validators import NumberRange, Optional

from diary.access.policy import Permission, Subject, require
from diary.installation import installation
from diary.services.retention import FEWEST_YEARS, MOST_YEARS, keep_for, whose_time_has_passed
from diary.vocabulary import LifeCycle
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.forms import Form
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity

GONE_WORDS: Final[dict[str, Any]] = {
    LifeCycle.DISCHARGED: _l("discharged"),
    LifeCycle.MOVED: _l("moved to another clinic"),
    LifeCycle.DIED: _l("died"),
}


class RetentionForm(Form):
    """For how many years."""

    years = IntegerField(
        _l("Years after a patient has left"),
        [
            Optional(),
            NumberRange(FEWEST_YEARS, MOST_YEARS, _l("Write a number of years from 1 to 30, or nothing.")),
        ],
    )


@blueprint.get("/retention")
@open_to(Audience.STAFF)
def retention() -> ResponseReturnValue:
    """Show for how many years diaries are kept, and who left longer ago."""
    return _page(None)


@blueprint.post("/retention")
@open_to(Audience.STAFF)
def save_retention() -> ResponseReturnValue:
    """Set the years; nobody is erased by it."""
    require(current_identity(), Permission.CLINIC_WRITE, Subject(own_clinic()))
    form = RetentionForm()
    if not form.validate():
        return _page(form), 422
    keep_for(current_identity(), own_clinic(), form.years.data, clock=installation().clock)
    return redirect(url_for("clinic.retention", done="retention-changed"), code=303)


def _page(form: RetentionForm | None) -> str:
    years, passed = whose_time_has_passed(current_identity(), own_clinic(), clock=installation().clock)
    if form is None:
        form = RetentionForm(formdata=None)
        form.years.data = years
    return render_template("clinic/retention.html", form=form, years=years, passed=passed, life_cycle_words=GONE_WORDS)
