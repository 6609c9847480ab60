"""The rules in words: how a state is found, every number with its status, and what a clinic changed."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from diary.clinical.rule_changes import SET_BY_THE_CLINIC, about_number, status_of, value_of
from diary.clinical.rule_numbers import NumberChange
from diary.clinical.rules import DEFAULT_RULES, NUMBERS, RuleSet, allowed_values
from diary.services.rules import FIRST_REASON, RulesPage, RuleVersion
from diary.web.medicines import medicine_name
from diary.web.words import day, number, said

STATUS_WORDS: Final = {"V": _l("published"), "S": _l("simulation"), "O": _l("opinion")}


class NumberRow(NamedTuple):
    """A number of the rules: what it is, its value, its status (V, S, O or none), its source, and who set it."""

    words: str
    value: str
    status: str
    source: str
    set_by: str


class MedicineRow(NamedTuple):
    """The numbers of a medicine: its code, name and evidence, and value and status of each number in order."""

    code: str
    name: str
    evidence: str
    numbers: Sequence[NumberRow]


class VersionRow(NamedTuple):
    """A version of the rules in the change log."""

    version: str
    made: str
    reason: str
    changes: Sequence[str]


def how_a_state_is_found(rules: RuleSet) -> list[str]:
    """Return the rules in a few sentences, with the numbers of the clinic in them."""
    needed = ngettext(
        "A weekly mean needs %(num)s entry in 7 days. Nothing is filled in or carried forward.",
        "A weekly mean needs %(num)s entries in 7 days. Nothing is filled in or carried forward.",
        rules.week_minimum,
    )
    return [
        _(
            "The baseline is the mean of the %(days)s days before the first infusion. The line is %(percent)s %% of it:"
            " a week at or below the line is good, a week above it is lost.",
            days=rules.baseline_days,
            percent=100 - rules.relief_percent,
        ),
        str(needed),
        _("Below a baseline of %(lowest)s no response is judged.", lowest=number(rules.lowest_baseline)),
        _(
            "A response is confirmed by two good weeks that do not overlap; for medicines with one week to confirm by"
            " the first one, up to day %(t)s, if it is good.",
            t=rules.short_confirm_last_day,
        ),
        _("Its loss is confirmed by two lost weeks that do not overlap. Two good weeks after that release it."),
        _("Days of relief end with the last good week before the loss was confirmed."),
    ]


def number_rows(page: RulesPage) -> list[NumberRow]:
    """Return every number that is not about one medicine."""
    return [_number_row(page, name) for name in NUMBERS]


def medicine_rows(page: RulesPage) -> list[MedicineRow]:
    """Return every medicine with its numbers."""
    return [
        MedicineRow(
            code=medicine.code,
            name=medicine_name(medicine.code),
            evidence=_(medicine.evidence),
            numbers=[_number_row(page, f"{medicine.code}.{short}") for short in SET_BY_THE_CLINIC],
        )
        for medicine in page.rules.medicines
    ]


def version_rows(page: RulesPage) -> list[VersionRow]:
    """Return the change log, the latest version first."""
    return [
        VersionRow(
            version=_("Version %(number)s", number=version.version),
            made=_made(version),
            reason=said(FIRST_REASON) if version.reason == FIRST_REASON else version.reason,
            changes=[change_words(change) for change in version.changes],
        )
        for version in page.versions
    ]


def change_words(change: NumberChange) -> str:
    """Return what a number was and what it is now."""
    return _(
        "%(number)s: from %(before)s to %(after)s",
        number=number_words(change.name),
        before=value_words(change.name, change.before),
        after=value_words(change.name, change.after),
    )


def number_words(name: str) -> str:
    """Return what a number is, after the name of the medicine it is about."""
    code, _dot, _short = name.rpartition(".")
    words = _(about_number(name)["words"])
    return _("%(medicine)s: %(words)s", medicine=medicine_name(code), words=words) if code else words


def value_words(name: str, value: Any) -> str:
    """Return a value with its unit."""
    if value is None:
        return _("not set")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _with_unit(about_number(name)["unit"], value)


def _with_unit(unit: str, value: Any) -> str:
    shown = number(value)
    match unit:
        case "entries":
            return str(ngettext("%(num)s entry", "%(num)s entries", value))
        case "days":
            return str(ngettext("%(num)s day", "%(num)s days", value))
        case "weeks":
            return str(ngettext("%(num)s week", "%(num)s weeks", value))
        case "courses":
            return str(ngettext("%(num)s course", "%(num)s courses", value))
        case "day t":
            return _("day %(t)s", t=shown)
        case "%":
            return _("%(percent)s %%", percent=shown)
    return _("1 point") if value == 1 else _("%(number)s points", number=shown)


def allowed_words(name: str) -> str:
    """Return what a clinic may write, and what stands there by default."""
    default = value_of(DEFAULT_RULES, name)
    told = _(
        "Default: %(value)s (%(status)s).",
        value=value_words(name, default),
        status=STATUS_WORDS[status_of(DEFAULT_RULES, name)],
    )
    if isinstance(default, bool):
        return told
    least, most = allowed_values(name)
    first = value_words(name, least) if about_number(name)["unit"] == "day t" else number(least)
    allowed = _("From %(least)s to %(most)s.", least=first, most=value_words(name, most))
    return f"{allowed} {told}"


def _number_row(page: RulesPage, name: str) -> NumberRow:
    setting, value = page.set_by(name), value_of(page.rules, name)
    is_default = value == value_of(DEFAULT_RULES, name)
    return NumberRow(
        words=_(about_number(name)["words"]),
        value=value_words(name, value),
        status="" if value is None else status_of(page.rules, name),
        source=about_number(name)["source"] if is_default else "",
        set_by=_set_by(setting) if setting else "",
    )


def _set_by(version: RuleVersion) -> str:
    return _(
        "changed by %(member)s on %(day)s: %(reason)s",
        member=version.made_by or _("nobody known"),
        day=day(version.made_on),
        reason=version.reason,
    )


def _made(version: RuleVersion) -> str:
    if version.made_by is None:
        return _("%(day)s, when the clinic was set up", day=day(version.made_on))
    return _("%(day)s, %(member)s", day=day(version.made_on), member=version.made_by)
