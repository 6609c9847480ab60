"""All figures of the groups of a clinic, from the outcomes of its courses."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from diary.clinical.cohort.comparison import Arm, WeekCompared, compare
from diary.clinical.cohort.groups import (
    USUAL_WEEKS,
    GroupBy,
    Groups,
    Tags,
    groups_of,
    is_shown,
    patients_of_both,
    share_patients,
)
from diary.clinical.cohort.outcome import FURTHEST_WEEK, Courses
from diary.clinical.cohort.survival import ReliefCurve, Watched, log_rank, relief_curve
from diary.clinical.cohort.weekly import Parts, WeekOfGroup, weekly_parts, weeks_of_group
from diary.clinical.errors import ClinicalError


@dataclass(frozen=True, slots=True)
class Group:
    """A group of at least 5 patients.

    Attributes:
        name: tag or medicine.
        weeks: the group's weeks.
        places: where its patients' judged courses stand among all courses.
    """

    name: str
    weeks: tuple[WeekOfGroup, ...]
    places: tuple[int, ...] = field(compare=False)


@dataclass(frozen=True, slots=True)
class GroupRelief:
    """Days of relief of the confirmed responses of a group of at least 5 patients.

    Attributes:
        group: tag or medicine.
        curve: Kaplan-Meier curve with its median.
        places: where its courses stand among all courses.
        n: courses, of which `lost` ended by a loss.
        p_logrank: P of the log-rank test over all groups given, the same for each of them; None where a patient stands
            in two of them by tag.
    """

    group: str
    curve: ReliefCurve
    places: tuple[int, ...] = field(compare=False)
    n: int
    lost: int
    p_logrank: float | None


@dataclass(frozen=True, slots=True)
class Cohort:
    """The figures of the groups.

    Attributes:
        by: what makes a group.
        compared: the two groups that are compared, or None.
        known: the names of all groups of at least 5 patients, of which two may be compared.
        left_out: patients who stand in both that are compared; they are in neither here.
        groups, tests, relief: by group or by week; tests only of a comparison.
    """

    by: GroupBy
    compared: tuple[str, str] | None
    known: tuple[str, ...] = field(compare=False)
    left_out: int
    groups: tuple[Group, ...]
    tests: tuple[WeekCompared, ...]
    relief: tuple[GroupRelief, ...]


def cohort_of(
    courses: Courses,
    by: GroupBy,
    *,
    tags: Tags,
    compared: tuple[str, str] | None = None,
    weeks: int = USUAL_WEEKS,
) -> Cohort:
    """Return the figures of the groups, or of the two that are `compared`.

    Weekly means and tests take one course a patient, the judged one; days of relief take every confirmed course.

    Args:
        courses: the started courses of all patients, in any order.
        by: what makes a group.
        tags: the tags of each patient who has any.
        compared: names of two groups to test against each other; nobody else is looked at then.
        weeks: last week after day 0, 1-52.

    Raises:
        NoSuchGroup: a group to compare is not there, or has fewer than 5 patients.
        ClinicalError: a group compared with itself, or weeks out of range.
    """
    if not 1 <= weeks <= FURTHEST_WEEK:
        raise ClinicalError(f"Weeks go from 1 to {FURTHEST_WEEK}, not to {weeks}.")
    groups = groups_of(courses, (place for place, judged in enumerate(courses.judged) if judged), by, tags)
    relieved = [place for place, days in enumerate(courses.relieved) if days is not None]
    if compared is None:
        relief = groups_of(courses, relieved, by, tags)
        return Cohort(by, None, tuple(groups), 0, _shown(courses, groups, weeks), (), _relief(courses, relief, by))
    both = patients_of_both(courses, groups, compared)
    apart = {name: [place for place in groups[name] if courses.patients[place] not in both] for name in compared}
    large = {name: members for name, members in apart.items() if is_shown(courses, members)}
    relief = groups_of(courses, (place for place in relieved if courses.patients[place] not in both), by, tags)
    return Cohort(
        by=by,
        compared=compared,
        known=tuple(groups),
        left_out=len(both),
        groups=_shown(courses, large, weeks),
        tests=_tests(courses, apart, weeks),
        relief=_relief(courses, {name: relief[name] for name in compared if name in relief}, by),
    )


def _shown(courses: Courses, groups: Groups, weeks: int) -> tuple[Group, ...]:
    return tuple(
        Group(name, weeks_of_group(*_of_patients(courses, members, weeks)), tuple(members))
        for name, members in groups.items()
    )


def _of_patients(courses: Courses, members: Sequence[int], weeks: int) -> tuple[Parts, list[Fraction | None]]:
    parts = weekly_parts([courses.weeks[place] for place in members], weeks)
    return parts, [courses.baselines[place] for place in members]


def _tests(courses: Courses, groups: Groups, weeks: int) -> tuple[WeekCompared, ...]:
    first, second = (Arm.of(*_of_patients(courses, members, weeks)) for members in groups.values())
    return compare(first, second, weeks)


def _relief(courses: Courses, groups: Groups, by: GroupBy) -> tuple[GroupRelief, ...]:
    watched = {
        name: Watched.of(
            [courses.relieved[place] or 0 for place in members], [courses.lost[place] for place in members]
        )
        for name, members in groups.items()
    }
    apart = by is GroupBy.MEDICINE or not share_patients(courses, groups)
    p_logrank = log_rank(list(watched.values())) if apart else None
    return tuple(
        GroupRelief(name, relief_curve(one), tuple(groups[name]), len(one.days), int(one.lost.sum()), p_logrank)
        for name, one in watched.items()
    )
