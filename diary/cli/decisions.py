"""Commands on signed decisions."""

from typing import Final

import click
from flask.cli import with_appcontext

from diary.cli.group import refusals_exit_1
from diary.errors import DiaryError
from diary.services.checked_decisions import Check, CheckedDecision, Outcome, Standing
from diary.services.verified_decisions import verify_decisions

WORDS: Final = {
    Check.SIGNATURE: "the signature does not fit what the decision says",
    Check.SHOWN: "what was on the screen was changed since",
    Check.ENTRIES: "the entries were changed since",
    Check.RULES: "the rules of that version were changed since",
    Check.AUDIT: "the audit does not say the same",
}
KEY_UNKNOWN: Final = "the key that signed it is not kept in instance/keys/public on this server"


@click.group("decisions", help="Signed decisions.")
def decisions_group() -> None:
    """Group the commands on decisions."""


@decisions_group.command("verify")
@click.option("--clinic", metavar="NAME", help="Only the decisions of this clinic.")
@with_appcontext
@refusals_exit_1
def verify(clinic: str | None) -> None:
    """Hold every decision against its signature, what was shown, entries, rules and audit."""
    failed = 0
    for found in verify_decisions(clinic):
        valid, unsigned = found.counts[Standing.VALID], found.counts[Standing.UNSIGNED]
        click.echo(f"{found.clinic}: {valid} valid, {unsigned} from before signing, {len(found.invalid)} not valid.")
        for reference, checked in found.invalid:
            failed += 1
            click.echo(f"{found.clinic}, patient {reference}, {checked.decision.id}: {_why(checked)}.", err=True)
        for patient_id in found.unreadable:
            failed += 1
            click.echo(f"{found.clinic}, patient {patient_id}: a row is so damaged that it cannot be read.", err=True)
    if failed:
        raise DiaryError(f"Not valid: {failed}.")


def _why(checked: CheckedDecision) -> str:
    unknown = checked.outcomes[Check.SIGNATURE] is Outcome.KEY_UNKNOWN
    return "; ".join(KEY_UNKNOWN if unknown and check is Check.SIGNATURE else WORDS[check] for check in checked.broken)


COMMANDS: Final = (decisions_group,)
