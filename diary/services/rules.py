"""The rule parameters of a clinic, by version: read, and changed by a new version."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Table, Text, bindparam, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import ZoneFrom, end_of_day
from diary.clinical.rule_changes import about_number, differences, value_of, with_changes
from diary.clinical.rule_numbers import Fault, FaultWhy, NumberChange, RuleValue, plain_value
from diary.clinical.rules import DEFAULT_RULES, RuleSet
from diary.clock import Clock
from diary.db import HELD, snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Sentence
from diary.models import Clinic, ClinicRules, ClinicTally, Member, PatientSummary
from diary.services import audit
from diary.services.kept_lines import lock_everyone

FIRST_REASON: Final = Sentence("Defaults of the rules, to be signed off by the clinic")
LONGEST_REASON: Final = 500
_RULES: Final = cast("Table", ClinicRules.__table__).c
PARAMETERS: Final = sql_cast(_RULES.parameters, Text)
"""As they are written, to be read by `rule_set_in`."""
_LATEST: Final = (
    select(_RULES.version, PARAMETERS)
    .where(_RULES.clinic_id == bindparam("clinic"))
    .order_by(_RULES.version.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """One version of a clinic's rules.

    Attributes:
        version: its number, which every verdict made with it carries.
        made_on: the day in the clinic's time zone.
        made_by: name of the member, or None where the clinic was set up with it.
        reason: why.
        changes: what is no longer as in the version before.
    """

    version: int
    made_on: date
    made_by: str | None
    reason: str
    changes: tuple[NumberChange, ...]


@dataclass(frozen=True)
class RulesPage:
    """The rules in force and every version there was, the latest first."""

    rules: RuleSet
    versions: tuple[RuleVersion, ...]

    def set_by(self, name: str) -> RuleVersion | None:
        """Return the version that gave the number `name` its value, or None where it has its default."""
        if value_of(self.rules, name) == value_of(DEFAULT_RULES, name):
            return None
        return next((v for v in self.versions if any(change.name == name for change in v.changes)), None)


def first_rules(session: Session, who: Identity, clinic_id: uuid.UUID, *, now: datetime) -> None:
    """Give a new clinic version 1: the defaults of the rules."""
    _put_version(session, who, clinic_id, DEFAULT_RULES, (), reason=str(FIRST_REASON), now=now)


def rules_in_force(session: Session, clinic_id: uuid.UUID, *, until: datetime | None = None) -> RuleSet:
    """Return the latest version of a clinic's rules, or the latest made by `until` (the first where none was)."""
    if until is None:
        session.flush()
        return rule_set_in(*session.execute(_LATEST, {"clinic": clinic_id}).one())
    known = _versions(session, clinic_id)
    return rule_set_of(next((version for version in known if version.made_at <= until), known[-1]))


def rules_on(session: Session, clinic: Clinic, day: date) -> RuleSet:
    """Return the rules that were in force when `day` was over in the clinic's time zone."""
    over = end_of_day(day, [ZoneFrom(date.min, ZoneInfo(clinic.time_zone))])
    return rules_in_force(session, clinic.clinic_id, until=over)


def rules_of_version(session: Session, clinic_id: uuid.UUID, version: int) -> RuleSet:
    """Return the rules of a clinic as they stood under that number.

    Raises:
        NotThere: the clinic never had such a version.
    """
    row = session.get(ClinicRules, (clinic_id, version))
    if row is None:
        raise NotThere
    return rule_set_of(row)


def read_rules(who: Identity, clinic_id: uuid.UUID) -> RulesPage:
    """Return the rules in force in a clinic with their change log, for whoever may see its settings."""
    require(who, Permission.CLINIC_READ, Subject(clinic_id))
    with snapshot() as session:
        rows = _versions(session, clinic_id)
        zone = ZoneInfo(session.get_one(Clinic, clinic_id).time_zone)
        named = select(Member.id, Member.name).where(Member.clinic_id == clinic_id)
        names = {row.id: row.name for row in session.execute(named)}
    sets = [rule_set_of(row) for row in rows]
    changes = [differences(before, after) for after, before in pairwise(sets)]
    versions = tuple(
        RuleVersion(
            version=row.version,
            made_on=row.made_at.astimezone(zone).date(),
            made_by=names.get(row.made_by) if row.made_by else None,
            reason=row.reason,
            changes=changed,
        )
        for row, changed in zip(rows, [*changes, ()], strict=True)
    )
    return RulesPage(sets[0], versions)


def change_rules(
    who: Identity,
    clinic_id: uuid.UUID,
    changes: Mapping[str, RuleValue],
    *,
    reason: str,
    base_version: int,
    clock: Clock,
) -> int:
    """Change numbers of a clinic's rules by a new version, which is returned, and make every verdict be made again.

    Args:
        who: an admin of the clinic.
        clinic_id: the clinic.
        changes: numbers by name (`rule_changes.NAMES`); those that stay as they are may be among them.
        reason: why, in words.
        base_version: the version that was on the screen. The same form sent twice makes one version.
        clock: the clock.

    Raises:
        Changed: the rules are no longer those of `base_version`.
        Invalid: no reason, nothing changed, or a number that makes no sense; the fields are the names.
        ClinicalError: a number that a clinic cannot change.
    """
    about = Subject(clinic_id)
    require(who, Permission.RULES_WRITE, about)
    _check_reason(reason)
    with transaction() as session:
        if session.get(Clinic, clinic_id, with_for_update=HELD) is None:
            raise NotThere
        now, known = clock(), _versions(session, clinic_id)
        if known[0].version != base_version:
            return _sent_before(who, known, changes, reason, base_version)
        before = rule_set_of(known[0])
        after = with_changes(before, changes)
        _check(after)
        changed = differences(before, after)
        if not changed:
            raise Invalid(Sentence("Every number is as it was: nothing was stored."))
        version = known[0].version + 1
        lock_everyone(session, clinic_id)  # before the head of the chain: their lines are written below
        _put_version(session, who, clinic_id, replace(after, version=str(version)), changed, reason=reason, now=now)
        _judge_everyone_again(session, clinic_id, now)
        return version


def _put_version(
    session: Session,
    who: Identity,
    clinic_id: uuid.UUID,
    rules: RuleSet,
    changes: Sequence[NumberChange],
    *,
    reason: str,
    now: datetime,
) -> None:
    version = int(rules.version)
    session.add(
        ClinicRules(
            clinic_id=clinic_id,
            version=version,
            parameters=rules.parameters(),
            reason=reason,
            made_at=now,
            made_by=who.member_id,
        )
    )
    told = [{"name": c.name, "before": plain_value(c.before), "after": plain_value(c.after)} for c in changes]
    said = {"version": version, "reason": reason, "changes": told}
    audit.write(session, who, "rules.versioned", about=Subject(clinic_id), at=now, content=said)


def _judge_everyone_again(session: Session, clinic_id: uuid.UUID, now: datetime) -> None:
    """Let every summary of the clinic be out of date, so that no page shows a verdict of the older rules as new."""
    summaries = update(PatientSummary).where(PatientSummary.clinic_id == clinic_id)
    session.execute(summaries.values(true_until=now))
    session.execute(update(ClinicTally).where(ClinicTally.clinic_id == clinic_id).values(out_of_date=True))


def _sent_before(
    who: Identity, known: Sequence[ClinicRules], changes: Mapping[str, RuleValue], reason: str, base_version: int
) -> int:
    by_version = {row.version: row for row in known}
    base, made = by_version.get(base_version), by_version.get(base_version + 1)
    if base and made and (made.made_by, made.reason) == (who.member_id, reason):
        wanted = replace(with_changes(rule_set_of(base), changes), version=str(made.version))
        if wanted == rule_set_of(made):
            return made.version
    raise Changed(Sentence("The rules were changed since this page was opened. Look at them again, then change them."))


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Invalid(reason=Sentence("Say why, in a few words."))
    if len(reason) > LONGEST_REASON:
        raise Invalid(reason=Sentence("Use at most %(number)s characters.", number=LONGEST_REASON))


def _check(rules: RuleSet) -> None:
    if found := {fault.name: _words_of(fault) for fault in rules.faults()}:
        raise Invalid(" ".join(found.values()), **found)


def _words_of(fault: Fault) -> Sentence:
    least, most = _number(fault.least), _number(fault.most)
    if fault.why is FaultWhy.BELOW_ANOTHER and fault.other:
        other = Sentence(about_number(fault.other)["words"])
        return Sentence("Write %(least)s or more: that is the number of “%(other)s”.", least=least, other=other)
    if fault.why is FaultWhy.NEVER_ENDS:
        return Sentence("Write less than %(most)s: that is the line of the lowest baseline.", most=most)
    if fault.least is False:
        return Sentence("Choose yes or no.")
    return Sentence("Write a number from %(least)s to %(most)s.", least=least, most=most)


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):g}"


def _versions(session: Session, clinic_id: uuid.UUID) -> list[ClinicRules]:
    versions = select(ClinicRules).where(ClinicRules.clinic_id == clinic_id).order_by(ClinicRules.version.desc())
    return list(session.scalars(versions))


def rule_set_of(row: ClinicRules) -> RuleSet:
    """Return the rules that a version holds."""
    return replace(RuleSet.from_parameters(row.parameters), version=str(row.version))


@lru_cache(maxsize=1024)
def rule_set_in(version: int, parameters: str) -> RuleSet:
    """Return the rules that a version holds, as its parameters are written; read once, since no version changes."""
    return replace(RuleSet.from_parameters(json.loads(parameters)), version=str(version))
