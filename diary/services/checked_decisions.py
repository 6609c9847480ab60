"""Decisions held against everything that proves them: signature, what was shown, entries, rules and the audit."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from diary.clinical.errors import ClinicalError
from diary.clinical.rules import RuleSet
from diary.clinical.scores import DayScore
from diary.exchange.verdict_inputs import proof_of_entries
from diary.models import AuditEvent, ClinicRules, Decision
from diary.security.signatures import Signature
from diary.security.signing import SigningKeys
from diary.services import audit
from diary.services.decision_statements import digest_of_rules, keys, ruleset_of, statement_of
from diary.services.decisions import act_of, audited, digest_of
from diary.services.diaries import Diary
from diary.services.evidence_of_decisions import made_again, scores_of
from diary.services.rules import rule_set_of


class Check(StrEnum):
    """One link of the proof of a decision."""

    SIGNATURE = "signature"
    SHOWN = "shown"
    ENTRIES = "entries"
    RULES = "rules"
    AUDIT = "audit"


class Outcome(StrEnum):
    """What became of a check; one that was never possible breaks nothing."""

    HOLDS = "holds"
    BROKEN = "broken"
    KEY_UNKNOWN = "key unknown"
    NEVER_KEPT = "never kept"
    NOT_HERE = "not checked here"


class Standing(StrEnum):
    """What a decision is worth as a proof."""

    VALID = "valid"
    INVALID = "invalid"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True)
class CheckedDecision:
    """A decision with the outcome of every check.

    `outcomes` stand by check, in their order.
    """

    decision: Decision
    outcomes: Mapping[Check, Outcome]

    @property
    def broken(self) -> list[Check]:
        """The checks that do not hold."""
        fine = (Outcome.HOLDS, Outcome.NEVER_KEPT, Outcome.NOT_HERE)
        return [check for check, outcome in self.outcomes.items() if outcome not in fine]

    @property
    def standing(self) -> Standing:
        """Valid, not valid, or recorded before decisions were signed."""
        if self.broken:
            return Standing.INVALID
        signed = self.outcomes[Check.SIGNATURE] is Outcome.HOLDS
        return Standing.VALID if signed else Standing.UNSIGNED


@dataclass(frozen=True, slots=True)
class Proofs:
    """What decisions of one patient are held against; read in the unit that reads the diary."""

    events: Mapping[str, AuditEvent]
    linked: Mapping[int, bytes]
    rules: Mapping[str, ClinicRules]
    keys: SigningKeys
    _rule_sets: dict[str, RuleSet] = field(default_factory=dict)

    def rule_set(self, version: str) -> RuleSet:
        """Return the rules of a version, read once for all the decisions that name it.

        Raises:
            KeyError: there is no such version.
        """
        if version not in self._rule_sets:
            self._rule_sets[version] = rule_set_of(self.rules[version])
        return self._rule_sets[version]


RECORDED: Final = ("decision.recorded", "decision.reversed")
UNREADABLE: Final = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, ClinicalError)
"""What happens to a damaged row: it cannot be read as what it was."""


def read_proofs(session: Session, clinic_id: uuid.UUID, patient_id: uuid.UUID) -> Proofs:
    """Return what the decisions of a patient are held against."""
    events = [
        event
        for event in session.scalars(
            select(AuditEvent).where(
                AuditEvent.clinic_id == clinic_id,
                AuditEvent.patient_id == patient_id,
                AuditEvent.action.in_(RECORDED),
            )
        )
        if isinstance(event.content, dict)
    ]
    rules = session.scalars(select(ClinicRules).where(ClinicRules.clinic_id == clinic_id))
    return Proofs(
        events={str((event.content or {}).get("decision")): event for event in events},
        linked=audit.linked_after(session, clinic_id, [event.position for event in events]),
        rules={str(row.version): row for row in rules},
        keys=keys(),
    )


def check_decisions(diary: Diary, proofs: Proofs, *, in_full: int | None = None) -> dict[uuid.UUID, CheckedDecision]:
    """Return every decision of a diary with what its checks say.

    `in_full` is how many of the latest are held against the entries too, which reads the whole diary each time; the
    earlier ones are held against everything else, and their entries wait for their own page. None checks all in full.
    """
    latest_first = sorted(diary.decisions, key=lambda decision: decision.decided_at, reverse=True)
    checked = {}
    for place, decision in enumerate(latest_first):
        with_entries = in_full is None or place < in_full
        checked[decision.id] = check_decision(decision, diary, proofs, with_entries=with_entries)
    return checked


def check_decision(decision: Decision, diary: Diary, proofs: Proofs, *, with_entries: bool = True) -> CheckedDecision:
    """Return a decision with the outcome of each check; nothing that is damaged raises."""
    event = proofs.events.get(str(decision.id))
    checks: dict[Check, Callable[[], Outcome]] = {
        Check.SIGNATURE: lambda: _signature(decision, event, proofs.keys),
        Check.SHOWN: lambda: _said(digest_of(decision.shown) == decision.shown_digest),
        Check.ENTRIES: lambda: _entries(decision, diary, proofs) if with_entries else Outcome.NOT_HERE,
        Check.RULES: lambda: _rules(decision, proofs),
        Check.AUDIT: lambda: _said(event is not None and _tells(event, decision, proofs)),
    }
    outcomes = {name: _tried(check) for name, check in checks.items()}
    return CheckedDecision(decision, outcomes)


def _tried(check: Callable[[], Outcome]) -> Outcome:
    with suppress(*UNREADABLE):
        return check()
    return Outcome.BROKEN


def _said(holds: bool) -> Outcome:
    return Outcome.HOLDS if holds else Outcome.BROKEN


def _signature(decision: Decision, event: AuditEvent | None, known: SigningKeys) -> Outcome:
    if decision.signature is None and decision.key_id is None:
        never = event is not None and not (event.content or {}).get("signature")
        return Outcome.NEVER_KEPT if never else Outcome.BROKEN  # a signature that was taken away
    if decision.signature is None or decision.key_id is None:
        return Outcome.BROKEN
    if known.public_key(decision.key_id) is None:
        return Outcome.KEY_UNKNOWN
    signature = Signature(decision.key_id, decision.signature)
    statement = statement_of(decision)
    return _said(known.verify(statement.purpose, statement.plain(), signature))


def _entries(decision: Decision, diary: Diary, proofs: Proofs) -> Outcome:
    kept = decision.shown.get("inputs")
    if kept is None and decision.signature is None:
        return Outcome.NEVER_KEPT
    if kept is None:
        return Outcome.BROKEN
    return _said(proof_of_entries(scores_of(decision, diary, _rule_set(decision, proofs))) == kept["entries"])


def _rules(decision: Decision, proofs: Proofs) -> Outcome:
    row = proofs.rules.get(ruleset_of(decision))
    if row is None:
        return Outcome.BROKEN
    if decision.rules_digest is None and decision.signature is None:
        return Outcome.NEVER_KEPT
    return _said(digest_of_rules(row) == decision.rules_digest)


def _rule_set(decision: Decision, proofs: Proofs) -> RuleSet:
    return proofs.rule_set(ruleset_of(decision))


def _tells(event: AuditEvent, decision: Decision, proofs: Proofs) -> bool:
    """Say whether the audit has this decision by this member at this moment, in a link that holds."""
    wanted = audited(decision)
    if decision.signature is None:
        wanted = {name: value for name, value in wanted.items() if name in (event.content or {})}
    who = (event.actor, event.actor_id, event.at) == ("member", decision.member_id, decision.decided_at)
    said = who and event.action == act_of(decision) and event.content == wanted
    return said and audit.link_holds(event, proofs.linked.get(event.position))


def judged_as_shown(decision: Decision, diary: Diary, proofs: Proofs) -> bool | None:
    """Say whether the verdict made again is the one that was on the screen, or None where it cannot be made.

    Programs change, so it tells and never decides; and it judges a whole diary, so one page alone asks for it.
    """
    with suppress(*UNREADABLE):
        return made_again(decision, diary, _rule_set(decision, proofs)).as_shown
    return None


def rules_behind(decision: Decision, proofs: Proofs) -> RuleSet | None:
    """Return the rules of the version that a decision names, or None where there is none that can be read."""
    with suppress(*UNREADABLE):
        return _rule_set(decision, proofs)
    return None


def entries_behind(checked: CheckedDecision, diary: Diary, proofs: Proofs) -> list[tuple[date, DayScore]]:
    """Return day and live score as they were known when it was decided, the latest first; none where unreadable."""
    with suppress(*UNREADABLE):
        scores = scores_of(checked.decision, diary, _rule_set(checked.decision, proofs))
        return sorted(scores.items(), reverse=True)
    return []
