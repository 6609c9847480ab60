"""The single patients behind the groups: who may be drawn, and what is drawn of them."""

import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, is_closed_to, may
from diary.clinical.cohort.outcome import FURTHEST_DAY, days_relieved
from diary.clinical.cohort.singles import SingleLine, Stretch, Told
from diary.models import CourseOutcome, Patient
from diary.services.protection import looked_up


@dataclass(frozen=True, slots=True)
class DrawnPatient:
    """A patient who is drawn singly, under a number that means nothing beyond this page.

    Attributes:
        number: 1 for the uppermost.
        groups: the groups in which they are drawn.
        stretches: their courses on one line of days.
        patient_id, reference, course_id, day_0: who it is and the judged course, for those who may read patients;
            None for everybody else.
    """

    number: int
    groups: tuple[str, ...]
    stretches: tuple[Stretch, ...]
    patient_id: uuid.UUID | None = None
    reference: str | None = None
    course_id: uuid.UUID | None = None
    day_0: date | None = None


def closed_patients(session: Session, who: Identity, clinic_id: uuid.UUID, *, now: datetime) -> set[Hashable]:
    """Return the patients whose diary is closed to `who`, under the keys that the groups have for them."""
    key = type_coerce(Patient.id, String)
    protected = select(key, Patient.id).where(Patient.clinic_id == clinic_id, Patient.protected_at.is_not(None))
    return {
        patient
        for patient, patient_id in session.execute(protected).all()
        if is_closed_to(who, looked_up(session, Subject(clinic_id, patient_id), now=now))
    }


def numbered_patients(
    session: Session, who: Identity, clinic_id: uuid.UUID, lines: Iterable[SingleLine], told: Told
) -> dict[Hashable, DrawnPatient]:
    """Return the patients of these lines by their keys: group by group, whoever was followed for longest first.

    Only those who may read patients are told who they are.
    """
    groups: dict[Hashable, list[str]] = {}
    for line in lines:
        groups.setdefault(line.patient, []).append(line.group)
    keys = {uuid.UUID(str(key)): key for key in groups}
    given = _outcomes(session, clinic_id, keys)
    stretches = {key: _stretches(outcomes, told) for key, outcomes in given.items()}
    in_order = sorted(stretches, key=lambda key: (groups[key][0], -max(one.end for one in stretches[key]), str(key)))
    drawn = {
        key: DrawnPatient(number, tuple(groups[key]), stretches[key]) for number, key in enumerate(in_order, start=1)
    }
    if may(who, Permission.PATIENT_READ, Subject(clinic_id)):
        names = _references(session, clinic_id, keys)
        return {key: _named(one, given[key], names[key]) for key, one in drawn.items() if key in names}
    return drawn


def _named(plain: DrawnPatient, outcomes: Sequence[CourseOutcome], reference: str) -> DrawnPatient:
    judged = next((one for one in outcomes if one.judged), outcomes[-1])
    return replace(
        plain,
        patient_id=judged.patient_id,
        reference=reference,
        course_id=judged.course_id,
        day_0=judged.last_day,
    )


Keys = Mapping[uuid.UUID, Hashable]


def _outcomes(session: Session, clinic_id: uuid.UUID, keys: Keys) -> dict[Hashable, list[CourseOutcome]]:
    kept = CourseOutcome
    wanted = select(kept).where(kept.clinic_id == clinic_id, kept.patient_id.in_(keys))
    found: dict[Hashable, list[CourseOutcome]] = {}
    for outcome in session.scalars(wanted.order_by(kept.patient_id, kept.first_day)):
        found.setdefault(keys[outcome.patient_id], []).append(outcome)
    return found


def _references(session: Session, clinic_id: uuid.UUID, keys: Keys) -> dict[Hashable, str]:
    wanted = select(Patient.id, Patient.reference).where(Patient.clinic_id == clinic_id, Patient.id.in_(keys))
    return {keys[patient_id]: reference for patient_id, reference in session.execute(wanted)}


def _stretches(outcomes: Sequence[CourseOutcome], told: Told) -> tuple[Stretch, ...]:
    """Return the courses of a patient in days since the first day of the first one."""
    start = outcomes[0].first_day
    return tuple(_stretch(place, outcome, start, told) for place, outcome in enumerate(outcomes, 1))


def _stretch(place: int, outcome: CourseOutcome, start: date, told: Told) -> Stretch:
    first, day_0 = (outcome.first_day - start).days, (outcome.last_day - start).days
    relieved, lost = days_relieved(outcome.confirmed, outcome.days, outcome.followed)
    if outcome.medicine not in told.given & told.responded:
        relieved, lost = None, False
    followed = max(min(outcome.followed or 0, FURTHEST_DAY), relieved or 0)
    return Stretch(
        place=place,
        medicine=outcome.medicine if outcome.medicine in told.given else None,
        first=first,
        last=day_0,
        end=day_0 + followed,
        relieved=None if relieved is None else day_0 + relieved,
        lost=lost,
    )
