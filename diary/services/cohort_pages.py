"""The groups of a clinic as pages: their figures, the single patients behind them, and what is taken out of them."""

import uuid
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require, require_confirmed
from diary.clinical.cohort.groups import USUAL_WEEKS, GroupBy
from diary.clinical.cohort.outcome import FURTHEST_WEEK
from diary.clinical.cohort.singles import SingleLine, drawn_patients, single_lines, told_of
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid, Sentence
from diary.exchange.cohort_sheets import SHEETS, CohortFigures, sheet_of
from diary.services import audit
from diary.services.cohort import Compared, figures_of, kept_courses, tags_of_patients
from diary.services.cohort_kept import Kept, keep, kept_page, position_of
from diary.services.drawn_patients import DrawnPatient, closed_patients, numbered_patients
from diary.services.fresh_lines import make_all_right

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import Cohort


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of groups is asked for.

    Attributes:
        by: what makes a group.
        compared: two groups to test against each other, or None.
        weeks: last week after day 0, 1-52.
    """

    by: GroupBy = GroupBy.MEDICINE
    compared: Compared = None
    weeks: int = USUAL_WEEKS


@dataclass(frozen=True, slots=True)
class CohortPage:
    """The figures of the groups, and the single patients behind them.

    Attributes:
        asked: what was asked for.
        cohort: figures by group.
        lines: weekly means of the drawn patients, each under the number of its patient.
        patients: the drawn patients by number.
        grouped: patients in the groups that are shown.
        closed: how many of them have a diary that is closed to whoever looks: counted, never drawn.
    """

    asked: Asked
    cohort: "Cohort"
    lines: tuple[tuple[int, SingleLine], ...]
    patients: tuple[DrawnPatient, ...]
    grouped: int
    closed: int

    @property
    def figures(self) -> CohortFigures:
        """What files are made from: nobody's name, reference or id."""
        stretches = tuple((one.number, stretch) for one in self.patients for stretch in one.stretches)
        return CohortFigures(self.cohort, self.lines, stretches)


def read_cohort_page(who: Identity, clinic_id: uuid.UUID, asked: Asked, *, clock: Clock) -> CohortPage:
    """Return the groups of a clinic as they stand today.

    A researcher is shown the patients who agreed to research. Diaries that are closed to whoever looks count in the
    figures of groups and are never among the single patients.

    Raises:
        Invalid: a group to compare that is not there, or a number of weeks that cannot be shown.
    """
    about = Subject(clinic_id)
    require(who, Permission.COHORT_READ, about)
    if not 1 <= asked.weeks <= FURTHEST_WEEK:
        raise Invalid(weeks=Sentence("Weeks go from 1 to %(last)s.", last=FURTHEST_WEEK))
    with transaction() as session:
        audit.look(session, who, "cohort.seen", about=about, at=clock())
    make_all_right(clinic_id, clock=clock)
    with snapshot() as session:
        at, position = clock(), position_of(session, clinic_id)
        courses, tags = kept_courses(session, clinic_id, asked.weeks, seen_by=who), tags_of_patients(session, clinic_id)
        closed = closed_patients(session, who, clinic_id, now=clock())
    cohort = figures_of(courses, asked.by, tags, asked.compared, asked.weeks)
    grouped = {courses.patients[place] for group in cohort.groups for place in group.places}
    drawn = drawn_patients(courses, cohort, closed=closed & grouped)
    with snapshot() as session:
        drawn -= closed_patients(session, who, clinic_id, now=clock())
        lines = single_lines(courses, cohort, drawn)
        patients = numbered_patients(session, who, clinic_id, lines, told_of(courses))
    numbered = [(patients[line.patient].number, line) for line in lines if line.patient in patients]
    numbered.sort(key=itemgetter(0))
    page = CohortPage(asked, cohort, tuple(numbered), tuple(patients.values()), len(grouped), len(closed & grouped))
    keep(who, clinic_id, Kept(at, position, frozenset(closed), page))
    return page


def cohort_page_as_shown(who: Identity, clinic_id: uuid.UUID, asked: Asked, *, clock: Clock) -> CohortPage:
    """Return the groups as `who` was shown them within the last minute, or else as they stand today.

    The figures of a page are asked for right after it: they are drawn from the same reading, and cost no second one.

    Raises:
        Invalid: as on the page.
    """
    require(who, Permission.COHORT_READ, Subject(clinic_id))
    with snapshot() as session:
        closed = closed_patients(session, who, clinic_id, now=clock())
        kept = kept_page(session, who, clinic_id, asked, closed=closed, now=clock())
    return kept or read_cohort_page(who, clinic_id, asked, clock=clock)


def take_out_figures(who: Identity, clinic_id: uuid.UUID, asked: Asked, sheet: str, *, clock: Clock) -> bytes:
    """Return the numbers of one figure as a file, and write into the audit that they were taken out.

    Raises:
        KeyError: there is no such sheet.
        Invalid: as on the page.
        ConfirmFirst: it is longer than five minutes ago that they proved who they are.
    """
    about = Subject(clinic_id)
    require_confirmed(who, Permission.COHORT_TAKE_OUT, about, now=clock())
    content, rows = sheet_of(SHEETS[sheet], read_cohort_page(who, clinic_id, asked, clock=clock).figures)
    said = {"sheet": sheet, "by": asked.by.value, "compared": list(asked.compared or ()), "rows": rows}
    with transaction() as session:
        audit.write(session, who, "cohort.taken_out", about=about, at=clock(), content=said)
    return content
