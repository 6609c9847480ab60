"""What patients may write beside the score, and the days on which the clinic works."""

from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as _l
from wtforms.validators import InputRequired

from diary.services.high_scores import working_days
from diary.web.clinic.member_forms import ManyOf
from diary.web.forms import Form, Tick, choices

if TYPE_CHECKING:
    from diary.models import Clinic

DAY_NAMES: Final[dict[str, Any]] = {
    "mon": _l("Monday"),
    "tue": _l("Tuesday"),
    "wed": _l("Wednesday"),
    "thu": _l("Thursday"),
    "fri": _l("Friday"),
    "sat": _l("Saturday"),
    "sun": _l("Sunday"),
}


class DiarySettingsForm(Form):
    """Short notes, and working days."""

    notes = Tick(_l("Patients may write a short note with a day"))
    working_days = ManyOf(
        _l("Days on which somebody looks at the list"),
        [InputRequired(_l("Choose at least one day on which somebody looks at the list."))],
        choices=choices(DAY_NAMES.items()),
    )

    @classmethod
    def of(cls, clinic: "Clinic") -> "DiarySettingsForm":
        """Return a fresh form with what the clinic has set."""
        form = cls(formdata=None)
        form.notes.data, form.working_days.data = clinic.notes_since is not None, list(working_days(clinic))
        return form
