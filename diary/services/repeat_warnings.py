"""What the rules say against a decision to repeat, asked before it is signed, whatever the state."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clinical.courses import Course as GivenCourse
from diary.clinical.intervals import LiverWarning, PlanWarning, warning_of_liver, warnings_of_plan
from diary.clinical.rules import RuleSet
from diary.services import audit
from diary.services.asking_again import ask_again
from diary.services.diaries import Diary
from diary.services.plan_warnings import plain_warning

RepeatWarning = PlanWarning | LiverWarning


def check_repeat(
    diary: Diary, next_step: date, today: date, rules: RuleSet, *, accepted: str
) -> tuple[RepeatWarning, ...]:
    """Return what stands against repeating the course judged on `next_step` and was accepted.

    A plan is not held against it: it may be the very course that is decided. A liver test is asked for only where the
    page does not say already, by its mark, that it is missing.
    Raises:
        AskAgain: something stands against it that was not accepted yet.
    """
    verdict = diary.verdict(today, rules)
    if verdict.course is None:
        return ()
    medicines = verdict.course.medicines
    found: list[RepeatWarning] = [
        *warnings_of_plan(GivenCourse(medicines, next_step, next_step), diary.given, rules),
    ]
    liver = warning_of_liver(medicines, diary.circumstances(today).liver_tests, today, rules)
    if liver and not verdict.mark(liver.code):
        found.append(liver)
    ask_again(found, accepted)
    return tuple(found)


def keep_accepted(
    session: Session,
    who: Identity,
    about: Subject,
    decision_id: uuid.UUID,
    warnings: Sequence[RepeatWarning],
    *,
    now: datetime,
) -> None:
    """Keep in the audit what was said against a decision and accepted; nothing for nothing."""
    if warnings:
        content = {"decision": str(decision_id), "warnings": [_plain(warning) for warning in warnings]}
        audit.write(session, who, "decision.recorded_anyway", about=about, at=now, content=content)


def _plain(warning: RepeatWarning) -> dict[str, Any]:
    if isinstance(warning, PlanWarning):
        return plain_warning(warning)
    return {
        "code": warning.code,
        "substance": warning.substance,
        "medicine": warning.medicine,
        "age": warning.age,
        "number": warning.number,
        "status": warning.status,
    }
