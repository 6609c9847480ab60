"""The groups of a clinic: worked out of the diaries for any day, or read from what was kept for today."""

import json
import typing
import uuid
from collections.abc import Hashable, Iterable, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, String, Table, case, cast, null, or_, select, type_coerce
from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.cohort.groups import USUAL_WEEKS, GroupBy, NoSuchGroup, Tags
from diary.clinical.cohort.outcome import CohortCourse, Courses, cohort_course, days_relieved
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, Sentence
from diary.models import CourseOutcome, Patient, PatientTag
from diary.services import audit
from diary.services.clinics import the_clinic
from diary.services.consents import patients_in_research
from diary.services.diaries import read_diaries
from diary.services.fresh_lines import make_all_right
from diary.services.outcomes import outcomes_on
from diary.services.rules import rules_on
from diary.vocabulary import Role

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import Cohort

_OUTCOMES: Final = typing.cast("Table", CourseOutcome.__table__)
_TAGS: Final = typing.cast("Table", PatientTag.__table__)

Compared = tuple[str, str] | None
AT_ONCE: Final = 200
"""Patients read in one look; between two looks others may write."""
ROWS_AT_ONCE: Final = 1_000


def cohort_as_of(
    who: Identity, day: date, *, clinic: str | None, by: GroupBy, compared: Compared = None, weeks: int = USUAL_WEEKS
) -> "Cohort":
    """Return the figures of a clinic's groups, as if nothing after `day` had been written. Tags are those of now.

    Raises:
        Invalid: no such clinic, or several and none named; a group to compare that is not there.
    """
    with snapshot() as session:
        home = the_clinic(session, clinic)
        require(who, Permission.COHORT_READ, Subject(home.clinic_id))
        rules = rules_on(session, home, day)
        wanted = select(Patient.id).where(Patient.clinic_id == home.clinic_id)
        if is_only_researcher(who):
            wanted = wanted.where(Patient.id.in_(patients_in_research(home.clinic_id)))
        patients = list(session.scalars(wanted))
    courses: list[CohortCourse] = []
    tags: dict[Hashable, list[str]] = {}
    for start in range(0, len(patients), AT_ONCE):
        with snapshot() as session:
            for diary in read_diaries(session, home.clinic_id, patients[start : start + AT_ONCE]):
                courses += [cohort_course(diary.patient.id, one) for one in outcomes_on(diary, day, rules)]
                tags[diary.patient.id] = diary.tags
    return figures_of(Courses.of(courses), by, tags, compared, weeks)


def cohort_of_clinic(
    who: Identity,
    clinic_id: uuid.UUID,
    *,
    by: GroupBy,
    compared: Compared = None,
    weeks: int = USUAL_WEEKS,
    clock: Clock,
) -> "Cohort":
    """Return the figures of the groups today, read from the outcomes that were kept for each course.

    A researcher is shown the patients who agreed to research; whoever treats or runs the clinic is shown all of them.

    Raises:
        Invalid: a group to compare that is not there.
    """
    about = Subject(clinic_id)
    require(who, Permission.COHORT_READ, about)
    with transaction() as session:
        audit.look(session, who, "cohort.seen", about=about, at=clock())
    make_all_right(clinic_id, clock=clock)
    with snapshot() as session:
        courses, tags = kept_courses(session, clinic_id, weeks, seen_by=who), tags_of_patients(session, clinic_id)
    return figures_of(courses, by, tags, compared, weeks)


def figures_of(courses: Courses, by: GroupBy, tags: Tags, compared: Compared, weeks: int) -> "Cohort":
    """Return the figures of the groups; numpy and scipy are loaded with the first of them.

    Raises:
        Invalid: a group to compare that is not there.
    """
    from diary.clinical.cohort.figures import cohort_of  # noqa: PLC0415 (numpy and scipy only where groups are made)

    if compared and compared[0] == compared[1]:
        raise Invalid(compare=Sentence("Choose two different groups."))
    try:
        return cohort_of(courses, by, tags=tags, compared=compared, weeks=weeks)
    except NoSuchGroup as refusal:
        raise Invalid(compare=_missing(refusal)) from refusal


def _missing(refusal: NoSuchGroup) -> Sentence:
    name, known = repr(refusal.name), ", ".join(map(repr, refusal.known))
    if not known:
        return Sentence("There is no group %(name)s: no group has enough patients yet.", name=name)
    return Sentence(
        "There is no group %(name)s with enough patients. Groups there are: %(known)s.", name=name, known=known
    )


def is_only_researcher(who: Identity) -> bool:
    """Say whether `who` is in the clinic for research alone, and neither treats its patients nor runs it."""
    return who.roles == {Role.RESEARCHER}


def kept_courses(session: Session, clinic_id: uuid.UUID, weeks: int, *, seen_by: Identity) -> Courses:
    """Return the courses that are in some figure as they were kept: the judged ones, and those with a response."""
    kept = _OUTCOMES.c
    means = (kept.weeks,) if weeks <= USUAL_WEEKS else (kept.weeks, kept.later_weeks)
    wanted = select(
        type_coerce(kept.patient_id, String),
        kept.medicine,
        kept.judged,
        kept.baseline,
        kept.confirmed,
        kept.days,
        kept.followed,
        *(case((kept.judged, cast(part, String)), else_=null()) for part in means),
    ).where(kept.clinic_id == clinic_id, or_(kept.judged, kept.confirmed.is_not(None)))
    if is_only_researcher(seen_by):
        wanted = wanted.where(kept.patient_id.in_(patients_in_research(clinic_id)))
    rows = session.execute(wanted.execution_options(yield_per=ROWS_AT_ONCE))
    courses = Courses()
    for part in rows.partitions():
        _put_in(courses, part)
    return courses


def _put_in(courses: Courses, rows: Sequence[Row[Any]]) -> None:
    """Put rows into the courses column by column: tens of thousands are too many to be looked at one by one."""
    patients, medicines, judged, baselines, confirmed, days, followed, *means = zip(*rows, strict=True)
    relieved, lost = zip(*map(days_relieved, confirmed, days, followed), strict=True)
    courses.patients.extend(patients)
    courses.medicines.extend(medicines)
    courses.judged.extend(judged)
    courses.baselines.extend(baselines)
    courses.weeks.extend(map(tuple, map(chain, *map(_read_lists, means))))
    courses.relieved.extend(relieved)
    courses.lost.extend(lost)


def _read_lists(texts: Iterable[str | None]) -> list[list[int | None]]:
    """Return the lists that are written in a column; read as one text, which takes a third of the time."""
    lists: list[list[int | None]] = json.loads(f"[{','.join(text or '[]' for text in texts)}]")
    return lists


def tags_of_patients(session: Session, clinic_id: uuid.UUID) -> Tags:
    """Return the tags of each patient, whose key is what the database calls it."""
    given = _TAGS.c
    wanted = select(type_coerce(given.patient_id, String), given.tag).where(given.clinic_id == clinic_id)
    tags: dict[Hashable, tuple[str, ...]] = {}
    for patient_id, tag in session.execute(wanted.execution_options(yield_per=ROWS_AT_ONCE)):
        tags[patient_id] = (*tags.get(patient_id, ()), tag)
    return tags
