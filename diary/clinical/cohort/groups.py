"""Who stands in which group."""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from diary.clinical.cohort.outcome import Courses
from diary.clinical.errors import ClinicalError

SMALLEST_GROUP: Final = 5
"""Fewer patients than this are not shown: they could be recognised, and say nothing about a group."""
USUAL_WEEKS: Final = 12
"""The weeks of the trial of 2009."""

Tags = Mapping[Hashable, Collection[str]]
Groups = dict[str, list[int]]
"""The places of its courses, by the name of a group."""


class GroupBy(StrEnum):
    """What makes a group."""

    TAG = "tag"
    MEDICINE = "medicine"


class NoSuchGroup(ClinicalError):
    """A comparison with a group that is not shown; `known` are those that are."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        said = f"use one of {', '.join(map(repr, known))}" if known else "there is none yet"
        super().__init__(f"There is no group {name!r} of at least {SMALLEST_GROUP} patients: {said}.")
        self.name, self.known = name, tuple(known)


def groups_of(courses: Courses, places: Iterable[int], by: GroupBy, tags: Tags) -> Groups:
    """Return the groups of at least 5 patients that the courses at `places` make, by name.

    By medicine a course belongs to its governing medicine, by tag to every tag of its patient and to none without one.
    """
    groups: Groups = {}
    for place in places:
        own = (courses.medicines[place],) if by is GroupBy.MEDICINE else tags.get(courses.patients[place], ())
        for name in own:
            groups.setdefault(name, []).append(place)
    shown = (name for name, members in groups.items() if is_shown(courses, members))
    return {name: groups[name] for name in sorted(shown)}


def is_shown(courses: Courses, members: Iterable[int]) -> bool:
    """Say whether a group has enough patients to be shown."""
    return len(patients_of(courses, members)) >= SMALLEST_GROUP


def patients_of(courses: Courses, members: Iterable[int]) -> set[Hashable]:
    """Return the patients of a group."""
    return {courses.patients[place] for place in members}


def patients_of_both(courses: Courses, groups: Groups, compared: tuple[str, str]) -> set[Hashable]:
    """Return the patients who stand in both groups of a comparison.

    Raises:
        NoSuchGroup: one of the groups is not shown.
        ClinicalError: a group compared with itself.
    """
    first, second = compared
    for name in compared:
        if name not in groups:
            raise NoSuchGroup(name, list(groups))
    if first == second:
        raise ClinicalError(f"{first!r} cannot be compared with itself: name two groups.")
    return patients_of(courses, groups[first]) & patients_of(courses, groups[second])


def share_patients(courses: Courses, groups: Groups) -> bool:
    """Say whether a patient stands in two of the groups."""
    patients = [patients_of(courses, members) for members in groups.values()]
    return sum(map(len, patients)) > len(set().union(*patients))
