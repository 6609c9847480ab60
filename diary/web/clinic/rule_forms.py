"""Forms that change numbers of the rules, made from what the rules know of each number."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from wtforms import DecimalField, Field, HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired, NumberRange, Optional

from diary.clinical.rule_changes import SET_BY_THE_CLINIC, about_number, value_of
from diary.clinical.rules import RuleSet, allowed_values
from diary.web.clinic.forms import A_REASON, ExactNumber
from diary.web.forms import DAMAGED, Form, choices, stripped

GROUPS: Final = (
    (
        _l("Good and lost weeks"),
        ("relief_percent", "week_minimum", "gap_minimum", "weeks_percent", "short_confirm_last_day"),
    ),
    (
        _l("The baseline"),
        (
            "baseline_days",
            "baseline_minimum",
            "long_baseline_days",
            "long_baseline_minimum",
            "carried_days",
            "kept_drop",
            "lowest_baseline",
            "back_at_baseline",
        ),
    ),
    (_l("Near the line"), ("near_enters", "near_leaves")),
    (_l("Entries"), ("late_days_counting", "late_days_offered", "paper_counts")),
    (_l("Before ketamine"), ("liver_test_days",)),
)
"""The numbers that are not about one medicine, as they stand together in the form."""
_YES_OR_NO: Final = (("yes", _l("yes")), ("no", _l("no")))
_A_NUMBER: Final = InputRequired(_l("Write a number."))


class VersionShown(HiddenField):
    """The version of the rules that was on the screen."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read it.

        Raises:
            ValueError: it is none.
        """
        text = str(valuelist[0]) if valuelist else ""
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            self.data = None
            raise ValueError(DAMAGED)
        self.data = int(text)


class RulesForm(Form):
    """What every change of the rules needs: a reason, and the version it starts from."""

    reason = StringField(_l("Reason of the change"), A_REASON, filters=[stripped])
    base_version = VersionShown()


def own_numbers_form(rules: RuleSet, *, sent: bool) -> RulesForm:
    """Return the form of the numbers that are not about one medicine: as it was sent, or as the rules stand."""
    return _form({name: name for _title, names in GROUPS for name in names}, rules, sent=sent)


def medicine_form(rules: RuleSet, code: str, *, sent: bool) -> RulesForm:
    """Return the form of the numbers of one medicine: as it was sent, or as the rules stand."""
    return _form({short: f"{code}.{short}" for short in SET_BY_THE_CLINIC}, rules, sent=sent)


def values_in(form: RulesForm, names: Iterable[str]) -> dict[str, Any]:
    """Return what stands in the fields of these numbers."""
    return {name: form[name].data == "yes" if isinstance(form[name], RadioField) else form[name].data for name in names}


def _form(names: dict[str, str], rules: RuleSet, *, sent: bool) -> RulesForm:
    made = type("NumbersForm", (RulesForm,), {field: _field(name) for field, name in names.items()})
    if sent:
        form: RulesForm = made()
        return form
    form = made(formdata=None)
    for field, name in names.items():
        form[field].data = _shown(value_of(rules, name))
    form.base_version.data = int(rules.version)
    return form


def _field(name: str) -> Field:
    about = about_number(name)
    words, kind = _l(about["words"]), about["kind"]
    if kind is bool:
        return RadioField(words, [InputRequired(_l("Choose yes or no."))], choices=choices(_YES_OR_NO))
    needed = Optional() if about["may_be_unset"] else _A_NUMBER
    lowest, highest = allowed_values(name)
    least, most = f"{float(lowest):g}", f"{float(highest):g}"
    message = _l("Write a number from %(least)s to %(most)s.", least=least, most=most)
    if kind is int:
        return IntegerField(words, [needed, NumberRange(lowest, highest, message)])
    return DecimalField(words, [needed, ExactNumber(least, most, message)], places=None)


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, int | None) else Decimal(f"{float(value):g}")
