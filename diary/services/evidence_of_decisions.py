"""The evidence of a decision: its verdict, made again from what was kept with it."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.rules import RuleSet
from diary.clinical.scores import DayScore, live_scores
from diary.clinical.verdict import Verdict, judge
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, NotThere, Sentence
from diary.exchange.forecast_lines import plain_book_by
from diary.exchange.verdict_inputs import proof_of_entries, read_circumstances, read_courses
from diary.exchange.verdict_lines import plain_verdict
from diary.models import Decision
from diary.services.decisions import digest_of
from diary.services.diaries import Diary, read_diary
from diary.services.protection import looked_up, write_look
from diary.services.rules import rules_of_version


@dataclass(frozen=True, slots=True)
class VerdictBehind:
    """The verdict that stood behind a decision, made again.

    Attributes:
        verdict: what the rules of that version say of what was known at that moment.
        entries_proven: the entries received by that moment are exactly those that were judged.
        as_shown: every value is the one that was on the screen.
        intact: what is kept with the decision is still what its digest says.
    """

    verdict: Verdict
    entries_proven: bool
    as_shown: bool
    intact: bool


def verdict_behind(who: Identity, patient: Subject, decision_id: uuid.UUID, *, clock: Clock) -> VerdictBehind:
    """Return the verdict behind a decision, from the entries of its moment, the inputs kept with it and its rules.

    Entries are facts and are read as they were received by then; courses and circumstances may have been corrected
    since and are those that the decision kept.

    Raises:
        NotThere: the patient has no such decision.
        Invalid: it was recorded before inputs were kept.
    """
    with snapshot() as session:
        about = looked_up(session, patient, now=clock())
        require(who, Permission.PATIENT_READ, about)
        decision, diary = _read(session, patient, decision_id)
        shown = decision.shown
        if "inputs" not in shown:
            raise Invalid(Sentence("This decision was recorded before what it was made from was kept with it."))
        rules = rules_of_version(session, patient.clinic_id, int(shown["ruleset"]))
    with transaction() as session:
        write_look(session, who, about, at=clock())
    return made_again(decision, diary, rules)


def made_again(decision: Decision, diary: Diary, rules: RuleSet) -> VerdictBehind:
    """Return the verdict behind a decision whose inputs were kept, made again with the rules of its version."""
    shown, scores = decision.shown, scores_of(decision, diary, rules)
    verdict = judge(
        scores,
        read_courses(shown["inputs"]),
        decision.day,
        rules=rules,
        circumstances=read_circumstances(shown["inputs"]),
    )
    return VerdictBehind(
        verdict=verdict,
        entries_proven=proof_of_entries(scores) == shown["inputs"]["entries"],
        as_shown=_is_as_shown(verdict, shown),
        intact=digest_of(shown) == decision.shown_digest,
    )


def scores_of(decision: Decision, diary: Diary, rules: RuleSet) -> Mapping[date, DayScore]:
    """Return the live scores as they were known when it was decided."""
    return live_scores(_received_by(diary, decision.decided_at), decision.day, rules)


def _read(session: Session, patient: Subject, decision_id: uuid.UUID) -> tuple[Decision, Diary]:
    diary = read_diary(session, patient.clinic_id, patient.patient_id) if patient.patient_id else None
    decision = next((made for made in diary.decisions if made.id == decision_id), None) if diary else None
    if diary is None or decision is None:
        raise NotThere
    return decision, diary


def _received_by(diary: Diary, moment: datetime) -> Any:
    return (revision for revision in diary.revisions if revision.received_at <= moment)


def _is_as_shown(verdict: Verdict, shown: dict[str, Any]) -> bool:
    again = plain_verdict(verdict)
    advice = plain_book_by(verdict.book_by) if verdict.book_by else None
    return again == {name: shown[name] for name in again} and advice == shown["outlook"]["book_by"]
