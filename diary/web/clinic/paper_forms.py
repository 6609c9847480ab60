"""The form of a week from paper or from a call."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional, StopValidation
from wtforms.widgets import TextInput

from diary.clinical.rules import WEEK
from diary.clinical.scores import HIGHEST_SCORE, LOWEST_SCORE
from diary.errors import Invalid, Sentence
from diary.services.transcriptions import Week, WrittenDay
from diary.vocabulary import WrittenFrom
from diary.web.clinic.forms import SentOnceForm
from diary.web.forms import DAMAGED, HiddenDay, Tick, at_most, choices, stripped, take_refusal
from diary.web.words import week_day

FROM_WORDS: Final = {WrittenFrom.SHEET: _l("A paper sheet"), WrittenFrom.CALL: _l("A phone call")}
A_SCORE: Final = _l("Write a whole number from 0 to 10.")


class ScoreField(IntegerField):
    """A score from 0 to 10, or nothing: a gap."""

    widget = TextInput()

    def __init__(self, **bound: Any) -> None:
        super().__init__("", [Optional(), NumberRange(LOWEST_SCORE, HIGHEST_SCORE, message=A_SCORE)], **bound)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is no number in digits.
        """
        text = str(valuelist[0]).strip() if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None
        if self.data is None and text:
            raise ValueError(A_SCORE)

    def pre_validate(self, _form: Any) -> None:
        """Say once what is wrong with a number that could not be read.

        Raises:
            StopValidation: it could not.
        """
        if self.process_errors:
            raise StopValidation


class WeekForm(SentOnceForm):
    """Seven days from `first` on; `over` holds the entries that were shown and are to be corrected."""

    written_from = RadioField(
        _l("What do you write it in from?"),
        [InputRequired(_l("Choose the sheet or the call."))],
        choices=choices((source.value, words) for source, words in FROM_WORDS.items()),
    )
    dated = DateField(_l("Date on the sheet, or day of the call"), [InputRequired(_l("Write the date."))])
    score_1, score_2, score_3, score_4 = ScoreField(), ScoreField(), ScoreField(), ScoreField()
    score_5, score_6, score_7 = ScoreField(), ScoreField(), ScoreField()
    reason = StringField(_l("Why are they corrected?"), [at_most(500)], filters=[stripped])
    sure = Tick(_l("It is right as written"))
    first = HiddenDay(validators=[InputRequired(DAMAGED)])
    over = HiddenField()

    @property
    def score_fields(self) -> list[ScoreField]:
        """The seven fields in order."""
        return [self[f"score_{number}"] for number in range(1, WEEK + 1)]

    @property
    def days(self) -> list[date]:
        """The seven days in order."""
        first: date = self.first.data or date.min
        return [first + timedelta(days=number) for number in range(WEEK)]

    @property
    def week(self) -> Week:
        """What is to be written in."""
        filled = zip(self.days, self.score_fields, strict=True)
        return Week(
            scores={day: field.data for day, field in filled if field.data is not None},
            written_from=WrittenFrom(self.written_from.data),
            dated=self.dated.data,
            over=frozenset(self._shown()) if self.sure.data else frozenset(),
            reason=self.reason.data,
        )

    def name_days(self) -> None:
        """Label each field by its day."""
        for day, field in zip(self.days, self.score_fields, strict=True):
            field.label.text = week_day(day)

    def in_summary(self, field: Any, words: str) -> str:
        """Return what is wrong with a field as the summary above the form says it: with the day of a score."""
        said, label = str(words), str(field.label.text)
        return f"{label}: {said}" if isinstance(field, ScoreField) and not said.startswith(label) else said

    def ask_about(self, there: list[WrittenDay]) -> None:
        """Ask before entries that are there are corrected: each at its field, with the tick and the reason."""
        by_day = dict(zip(self.days, self.score_fields, strict=True))
        for one in there:
            words = _("%(day)s has %(score)s already.", day=week_day(one.day), score=one.score)
            by_day[one.day].errors = [*by_day[one.day].errors, words]
        self.over.data = " ".join(str(one.entry_id) for one in there)
        self.sure.data = False

    @property
    def asks(self) -> bool:
        """Say whether it asks before something is corrected."""
        return bool(self.over.data)

    def take(self, refusal: Invalid) -> None:
        """Put what was refused of a day beside its field."""
        names = {day.isoformat(): field.name for day, field in zip(self.days, self.score_fields, strict=True)}
        fields = {names.get(name, name): words for name, words in refusal.fields.items()}
        take_refusal(self, Invalid(str(refusal), **fields) if fields else refusal)

    def _shown(self) -> Iterator[uuid.UUID]:
        for text in (self.over.data or "").split()[:WEEK]:
            try:
                yield uuid.UUID(text)
            except ValueError:
                raise Invalid(Sentence("This form is damaged. Reload the page and try again.")) from None
