"""The single patients behind the figures of the groups: who is drawn, without anybody being found by subtraction."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from typing import TYPE_CHECKING, Final, NamedTuple

from diary.clinical.cohort.groups import SMALLEST_GROUP
from diary.clinical.cohort.outcome import PARTS, Courses

if TYPE_CHECKING:
    from diary.clinical.cohort.figures import Cohort, Group

DRAWN_AT_MOST: Final = 60
"""Single patients in all figures together: more lines are a cloud, and more bytes than a page should take."""
GROUPS_DRAWN: Final = 8
"""Groups in one figure: more cannot be told apart by colour, dash and sign."""

Cell = tuple[str, int]
"""What a figure says of a group: its mean of a week, or its days of relief (week 0)."""
DAYS_OF_RELIEF: Final = 0


@dataclass(frozen=True, slots=True)
class SingleLine:
    """One patient in one group.

    Attributes:
        patient: who it is; never told by a figure.
        group: the group it is drawn in.
        means: weekly means, points; None where there is none, and in weeks that fewer than 5 of the group have.
    """

    patient: Hashable
    group: str
    means: tuple[float | None, ...]


class Stretch(NamedTuple):
    """A course on a patient's line, in days since the first day of the patient's first course.

    Attributes:
        place: 1 for the first course of the patient.
        medicine: the governing medicine; None where fewer than 5 patients had it.
        first, last: first and last infusion day.
        end: last day that was looked at: the last entry of the course, day 365 after it, or `last` without one.
        relieved: last day on which the confirmed response was seen; None without one, or where fewer than 5 patients
            had one to this medicine.
        lost: whether the response was lost then.
    """

    place: int
    medicine: str | None
    first: int
    last: int
    end: int
    relieved: int | None
    lost: bool


class Told(NamedTuple):
    """The medicines of which courses, and responses, may be told singly: at least 5 patients had them."""

    given: frozenset[str]
    responded: frozenset[str]


def drawn_groups(cohort: "Cohort") -> list["Group"]:
    """Return the groups that stand in the figures, in their order: the 8 with the most patients."""
    largest = {group.name for group in nlargest(GROUPS_DRAWN, cohort.groups, key=lambda group: len(group.places))}
    return [group for group in cohort.groups if group.name in largest]


def drawn_patients(
    courses: Courses, cohort: "Cohort", *, closed: Collection[Hashable], most: int = DRAWN_AT_MOST
) -> set[Hashable]:
    """Return the patients who are drawn singly: as many of each group, those with the lowest keys, which are random.

    Nobody in `closed` is drawn, though they count in the groups. So that nobody can subtract the drawn patients from
    a group's figure and be left with one of them, every figure that a closed diary counts in keeps at least 5 patients
    undrawn.

    Args:
        courses: all courses, as the cohort was made from them.
        cohort: its groups.
        closed: patients whose diary is closed to whoever looks.
        most: patients drawn, in all groups together.
    """
    groups = drawn_groups(cohort)
    each = max(most // len(groups), 1) if groups else 0
    drawn: set[Hashable] = set()
    for group in groups:
        own = {courses.patients[place] for place in group.places}
        drawn.update(nsmallest(each, own.difference(closed), key=str))
    return _veiled(sorted(drawn, key=str), *_cells(courses, cohort, drawn, set(closed))) if closed else drawn


def single_lines(courses: Courses, cohort: "Cohort", drawn: Collection[Hashable]) -> list[SingleLine]:
    """Return the lines of the `drawn` patients in each group that is in the figures, by group and then by key."""
    lines = []
    for group in drawn_groups(cohort):
        told = [week.n >= SMALLEST_GROUP for week in group.weeks]
        places = [place for place in group.places if courses.patients[place] in drawn]
        for place in sorted(places, key=lambda place: str(courses.patients[place])):
            own = [*courses.weeks[place][: len(told)], *[None] * (len(told) - len(courses.weeks[place]))]
            means = tuple(
                part / PARTS if shown and part is not None else None for part, shown in zip(own, told, strict=True)
            )
            lines.append(SingleLine(courses.patients[place], group.name, means))
    return lines


def told_of(courses: Courses) -> Told:
    """Return the medicines of which at least 5 of these patients had a course, or a response."""
    given: dict[str, set[Hashable]] = {}
    responded: dict[str, set[Hashable]] = {}
    for patient, medicine, relieved in zip(courses.patients, courses.medicines, courses.relieved, strict=True):
        _count_up_to_five(given, medicine, patient)
        if relieved is not None:
            _count_up_to_five(responded, medicine, patient)
    return Told(
        *(frozenset(m for m, own in known.items() if len(own) >= SMALLEST_GROUP) for known in (given, responded))
    )


def _of_five(known: Mapping[str, set[Hashable]]) -> frozenset[str]:
    return frozenset(medicine for medicine, own in known.items() if len(own) >= SMALLEST_GROUP)


def _count_up_to_five(known: dict[str, set[Hashable]], medicine: str, patient: Hashable) -> None:
    own = known.setdefault(medicine, set())
    if len(own) < SMALLEST_GROUP:
        own.add(patient)


Cells = Mapping[Hashable, set[Cell]]


def _cells(
    courses: Courses, cohort: "Cohort", drawn: set[Hashable], closed: set[Hashable]
) -> tuple[Cells, Mapping[Cell, int]]:
    """Return the cells that each drawn patient counts in, and how many patients do in those with a closed diary."""
    cells: dict[Hashable, set[Cell]] = {patient: set() for patient in drawn | closed}
    sizes: dict[Cell, int] = {}
    for group in cohort.groups:
        for place in group.places:
            if (patient := courses.patients[place]) in cells:
                weeks = courses.weeks[place][: len(group.weeks)]
                cells[patient].update((group.name, week) for week, mean in enumerate(weeks, 1) if mean is not None)
        sizes.update({(group.name, week.week): week.n for week in group.weeks})
    for relief in cohort.relief:
        everybody = {courses.patients[place] for place in relief.places}
        sizes[relief.group, DAYS_OF_RELIEF] = len(everybody)
        for patient in everybody & cells.keys():
            cells[patient].add((relief.group, DAYS_OF_RELIEF))
    sensitive = set().union(*(cells[patient] for patient in closed))
    return cells, {cell: sizes[cell] for cell in sensitive if sizes[cell] >= SMALLEST_GROUP}


def _veiled(drawn: Sequence[Hashable], cells: Cells, sizes: Mapping[Cell, int]) -> set[Hashable]:
    """Return the patients who stay drawn when each of the cells in `sizes` has at least 5 who are not."""
    stay = list(drawn)
    seen = Counter(cell for patient in stay for cell in cells[patient])
    for patient in reversed(drawn):
        if any(sizes[cell] - seen[cell] < SMALLEST_GROUP for cell in cells[patient] & sizes.keys()):
            stay.remove(patient)
            seen.subtract(cells[patient])
    return set(stay)
