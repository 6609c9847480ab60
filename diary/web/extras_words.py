"""The words of what goes with a day: side effects, red flags, what came, why a diary is paused."""

from collections.abc import Iterable
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.clinical.after_infusion import red_flags_of

SIDE_EFFECT_WORDS: Final[dict[str, Any]] = {
    "nausea": _l("nausea or vomiting"),
    "dizzy": _l("dizzy"),
    "dreams": _l("vivid dreams or feeling unreal"),
    "numb_mouth": _l("numb mouth or ringing ears"),
    "tired": _l("very tired"),
    "mild_headache": _l("mild headache"),
    "flu_like": _l("feeling as with the flu"),
    "aching": _l("aching muscles or bones"),
    "warm": _l("feeling hot"),
    "dry_mouth": _l("dry mouth"),
}
RED_FLAG_WORDS: Final[dict[str, Any]] = {
    "yellow_skin": _l("yellow skin or yellow eyes"),
    "dark_urine": _l("dark urine"),
    "fever": _l("fever"),
    "severe_headache": _l("severe headache"),
    "cramps": _l("cramps"),
    "tingling": _l("tingling around the mouth or in fingers"),
    "jaw_pain": _l("pain in the jaw"),
    "fainting": _l("fainting, or nearly fainting when you stand up"),
}
HAPPENED_WORDS: Final[dict[str, Any]] = {
    "illness": _l("an illness"),
    "fall": _l("a fall or an accident"),
    "operation": _l("an operation"),
    "other": _l("something else"),
}
PAUSE_WORDS: Final[dict[str, Any]] = {
    "hospital": _l("in hospital"),
    "holiday": _l("on holiday"),
    "other": _l("another reason"),
}
PEG_WORDS: Final[dict[str, Any]] = {
    "pain": _l("pain"),
    "enjoyment": _l("enjoyment of life"),
    "activity": _l("general activity"),
}
EVENT_WORDS: Final[dict[str, Any]] = {
    "co_treatment_changed": _l("other pain medicine changed"),
    "intercurrent_event": _l("illness, fall or operation"),
    "high_scores": _l("very high scores"),
}


def red_flag_words(medicines: Iterable[str]) -> list[Any]:
    """Return the signs to look out for after these medicines."""
    return [RED_FLAG_WORDS[flag] for flag in red_flags_of(medicines)]


def in_a_row(codes: Iterable[str], words: dict[str, Any]) -> str:
    """Return codes in words, with commas; a code without words stands as it is."""
    return ", ".join(str(words.get(code, code)) for code in codes)


def extras_words(said: Any) -> str:
    """Return what was said of a day in one line; nothing for nothing. `said` is a day's note, stored or taken out."""
    parts = [
        _("worst pain %(score)s", score=said.worst) if said.worst is not None else "",
        _("sleep disturbed %(score)s", score=said.sleep) if said.sleep is not None else "",
        in_a_row(said.side_effects, SIDE_EFFECT_WORDS),
        _("other pain medicine changed") if said.medicine_changed else "",
        in_a_row(said.happened, HAPPENED_WORDS),
        said.note,
    ]
    return "; ".join(part for part in parts if part)
