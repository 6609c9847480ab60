"""What a decision is worth as a proof, in plain words."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from diary.services.checked_decisions import Check, CheckedDecision, Outcome, Standing
from diary.web.words import moment

CHECK_WORDS: Final[Mapping[Check, Any]] = {
    Check.SIGNATURE: _l("The signature fits what the decision says"),
    Check.SHOWN: _l("What was on the screen is what was signed"),
    Check.ENTRIES: _l("The entries known then are those that were judged"),
    Check.RULES: _l("The rules of that version are those that judged"),
    Check.AUDIT: _l("The audit says the same"),
}
BROKEN_WORDS: Final[Mapping[Check, Any]] = {
    Check.SIGNATURE: _l("something in the decision was changed since"),
    Check.SHOWN: _l("what was on the screen was changed since"),
    Check.ENTRIES: _l("the entries were changed since"),
    Check.RULES: _l("the rules were changed since"),
    Check.AUDIT: _l("the audit does not say the same"),
}
OUTCOME_WORDS: Final[Mapping[Outcome, Any]] = {
    Outcome.HOLDS: _l("yes"),
    Outcome.BROKEN: _l("no"),
    Outcome.KEY_UNKNOWN: _l("cannot be said: this server does not keep the key that signed it"),
    Outcome.NEVER_KEPT: _l("not kept yet when it was recorded"),
    Outcome.NOT_HERE: _l("checked on the decision's own page"),
}
MARKS: Final[Mapping[Standing, Any]] = {
    Standing.VALID: _l("valid"),
    Standing.INVALID: _l("not valid"),
    Standing.UNSIGNED: _l("not signed"),
}
CONFIRMED_WORDS: Final[Mapping[str, Any]] = {
    "password": _l("with their password"),
    "code": _l("with a code of their second factor"),
    "recovery_code": _l("with a recovery code"),
    "passkey": _l("with a passkey"),
}


def standing_sentence(checked: CheckedDecision, zone: ZoneInfo) -> str:
    """Return who signed it and when, or why it is not valid."""
    decision = checked.decision
    if checked.standing is Standing.UNSIGNED:
        return _("Recorded before decisions were signed.")
    if checked.standing is Standing.VALID:
        told = {"name": decision.member_name, "moment": moment(decision.decided_at.astimezone(zone))}
        if Outcome.NOT_HERE in checked.outcomes.values():
            return _("Signed by %(name)s on %(moment)s; valid, its entries are checked on its own page.", **told)
        return _("Signed by %(name)s on %(moment)s; valid.", **told)
    return _("Not valid: %(reasons)s.", reasons="; ".join(_reasons(checked)))


def check_rows(checked: CheckedDecision, *, judged_as_shown: bool | None) -> list[tuple[str, str]]:
    """Return each check with its outcome, and at last whether the verdict made again is the same."""
    rows = [(str(CHECK_WORDS[check]), str(OUTCOME_WORDS[outcome])) for check, outcome in checked.outcomes.items()]
    again = {True: _("yes"), False: _("no: the program judges otherwise today"), None: _("cannot be done")}
    return [*rows, (_("The verdict made again today is the same"), again[judged_as_shown])]


def confirmed_words(checked: CheckedDecision, zone: ZoneInfo) -> str:
    """Return when and how the member proved who they were."""
    decision = checked.decision
    if decision.confirmed_at is None:
        return "–"
    at = moment(decision.confirmed_at.astimezone(zone))
    how = CONFIRMED_WORDS.get(decision.confirmed_by or "")
    return f"{at}, {how}" if how else at


def _reasons(checked: CheckedDecision) -> list[str]:
    if checked.outcomes[Check.SIGNATURE] is Outcome.KEY_UNKNOWN:
        return [_("this server does not keep the key that signed it")] + [
            str(BROKEN_WORDS[check]) for check in checked.broken if check is not Check.SIGNATURE
        ]
    return [str(BROKEN_WORDS[check]) for check in checked.broken]
