"""A plan in plain words: what it begins with in the patient's language, and words that do not belong in one."""

import re
from datetime import date
from typing import Final

from flask_babel import gettext as _

from diary.languages import speaking
from diary.vocabulary import DecisionKind
from diary.web.medicines import medicine_name
from diary.web.words import long_day

NOT_FOR_PATIENTS: Final = (
    *("due", "overdue", "forecast", "predict", "prediction", "predicted", "loss of response", "responder"),
    *("non-responder", "no response", "holding", "close to the line", "over the line", "never settled"),
    *("fällig", "überfällig", "Prognose", "Vorhersage", "Wirkverlust", "Responder", "Non-Responder", "Ansprechen"),
    *("prognose", "voorspelling", "voorspeld", "verlies van respons", "respons", "aan de beurt"),
    *("pronóstico", "predicción", "previsto", "pérdida de respuesta", "respondedor", "sin respuesta", "toca"),
)
"""States and forecasts as clinicians say them, in every language: patients read neither on the pages of Ebb."""
_FOUND: Final = re.compile(
    r"(?<!\w)(" + "|".join(re.escape(one) for one in sorted(NOT_FOR_PATIENTS, key=len, reverse=True)) + r")(?!\w)",
    re.IGNORECASE,
)


def first_words(kind: str, next_step: date | None, medicine: str | None, language: str) -> str:
    """Return what a plan begins with: plain words from what was decided and its date, in the patient's language."""
    with speaking(language):
        said = [_decided(kind, medicine)]
        if next_step is not None:
            said.append(_("The next step is on %(day)s.", day=long_day(next_step)))
        return " ".join(said)


def words_to_think_about(words: str) -> list[str]:
    """Return what in the words of a plan names a state or a forecast, each once."""
    return list(dict.fromkeys(found.group(0) for found in _FOUND.finditer(words)))


def _decided(kind: str, medicine: str | None) -> str:
    if kind == DecisionKind.REPEAT:
        return _("We plan another course for you.")
    if kind == DecisionKind.WAIT:
        return _("We wait for now, and then look at your diary with you again.")
    if kind == DecisionKind.STOP:
        return _("We plan no further course for now.")
    if kind == DecisionKind.CHANGE and medicine and medicine != "other":
        return _("We plan a course with another medicine for you: %(medicine)s.", medicine=medicine_name(medicine))
    if kind == DecisionKind.CHANGE:
        return _("We plan a course with another medicine for you.")
    return _("We would like to talk with you about what comes next.")
