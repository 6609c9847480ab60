"""What a patient wrote besides the score, in lines for their page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from diary.services.besides import Besides
from diary.web.extras_words import EVENT_WORDS, PAUSE_WORDS, extras_words
from diary.web.words import day

if TYPE_CHECKING:
    from diary.models import DiaryPause, PatientEvent


@dataclass(frozen=True, slots=True)
class BesidesWords:
    """What the page shows: rows of day and words, and a line for each pause."""

    days: tuple[tuple[str, str], ...]
    pauses: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.days or self.pauses)


def besides_in_words(besides: Besides) -> BesidesWords:
    """Return what the patient wrote besides, the latest day first."""
    by_day: dict[object, list[str]] = {}
    for when, words in _said(besides):
        by_day.setdefault(when, []).append(words)
    latest_first = sorted(by_day.items(), key=lambda row: str(row[0]), reverse=True)
    return BesidesWords(
        tuple((day(str(when)), "; ".join(words)) for when, words in latest_first),
        tuple(pause_words(pause) for pause in reversed(besides.pauses)),
    )


def _said(besides: Besides) -> Iterator[tuple[object, str]]:
    for when, note in besides.notes.items():
        if words := extras_words(note):
            yield when, words
    for when, peg in besides.pegs.items():
        yield (
            when,
            _(
                "PEG: pain %(pain)s, enjoyment of life %(enjoyment)s, general activity %(activity)s",
                **peg._asdict(),
            ),
        )
    for reading, at in besides.readings:
        score = reading.score
        yield (
            reading.day,
            _("another score %(score)s at %(time)s", score=score, time=at.strftime("%H:%M"))
            if at
            else _("another score %(score)s", score=score),
        )
    for event, taken_back in besides.events:
        words = _event(event)
        if words:
            yield event.day, _("%(what)s (taken back)", what=words) if taken_back else words


def _event(event: "PatientEvent") -> str:
    if event.kind == "high_scores":
        return _("very high scores, for %(day)s", day=day(event.due_day))
    return str(EVENT_WORDS.get(event.kind, "")) if event.kind in EVENT_WORDS else _("patient says it wears off")


def pause_words(pause: "DiaryPause") -> str:
    """Return a pause in one line."""
    why = PAUSE_WORDS[pause.reason]
    if pause.last_day is None:
        return _("%(why)s, from %(first)s, no end given", why=why, first=day(pause.first_day))
    return _("%(why)s, %(first)s to %(last)s", why=why, first=day(pause.first_day), last=day(pause.last_day))
