"""An infusion in one line, its numbers as they were written down."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from flask_babel import format_decimal
from flask_babel import gettext as _

from diary.web.medicines import medicine_name
from diary.web.words import day

if TYPE_CHECKING:
    from diary.models import Infusion


def infusion_words(infusion: "Infusion") -> str:
    """Return day, medicine, dose, hours, weight and remark, as far as they are known."""
    words = f"{day(infusion.day)}: {', '.join(_parts(infusion))}"
    return f"{words}: {infusion.remark}" if infusion.remark else words


def _parts(infusion: "Infusion") -> Iterator[str]:
    yield medicine_name(infusion.medicine)
    if infusion.dose is not None:
        yield f"{format_decimal(infusion.dose)} {infusion.unit}"
    if infusion.hours is not None:
        yield _("%(hours)s hours", hours=format_decimal(infusion.hours))
    if infusion.weight_kg is not None:
        yield _("%(weight)s kg", weight=format_decimal(infusion.weight_kg))
