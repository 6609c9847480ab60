"""Medicines and courses by their names."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask_babel import lazy_gettext as _l

MEDICINE_NAMES: Final[Mapping[str, Any]] = {
    "ketamine": _l("ketamine, days in a row"),
    "ketamine-single": _l("ketamine, single days"),
    "lidocaine": _l("lidocaine"),
    "immunoglobulin": _l("immunoglobulin"),
    "bisphosphonate": _l("bisphosphonate"),
    "magnesium": _l("magnesium"),
    "clonidine": _l("clonidine"),
    "dexmedetomidine": _l("dexmedetomidine"),
    "other": _l("another medicine"),
}
_SHORT: Final[Mapping[str, Any]] = {
    **MEDICINE_NAMES,
    "ketamine": _l("ketamine"),
    "ketamine-single": _l("ketamine, single"),
}


def medicine_name(code: str) -> str:
    """Return the full name of a medicine."""
    return str(MEDICINE_NAMES.get(code, code))


def course_name(codes: Iterable[str]) -> str:
    """Return the short name of a course with these medicines."""
    return " + ".join(str(_SHORT.get(code, code)) for code in codes)
