"""Short ways to write down courses and their outcomes for the groups."""

from collections.abc import Hashable, Iterable, Sequence
from fractions import Fraction

from diary.clinical.cohort.figures import Cohort, Group, GroupRelief, cohort_of
from diary.clinical.cohort.groups import GroupBy
from diary.clinical.cohort.outcome import PARTS, CohortCourse, Courses

Points = float | int | Fraction | None


def parts(points: Iterable[Points]) -> tuple[int | None, ...]:
    """Return weekly means in points as 1/420 points."""
    return tuple(None if point is None else round(Fraction(point).limit_denominator(PARTS) * PARTS) for point in points)


def a_course(
    patient: Hashable,
    *weeks: Points,
    medicine: str = "ketamine",
    judged: bool = True,
    baseline: Points = 7,
    relieved: int | None = None,
    lost: bool = True,
) -> CohortCourse:
    """Return a course with these weekly means, in points."""
    value = None if baseline is None else Fraction(baseline)
    return CohortCourse(patient, medicine, judged, value, parts(weeks), relieved, lost and relieved is not None)


def one_week(means: Sequence[Points], *, of: str, baselines: Sequence[Points] | None = None) -> list[CohortCourse]:
    """Return a patient for each mean of week 1, on the medicine `of`."""
    before = [7] * len(means) if baselines is None else baselines
    return [
        a_course(f"{of} {number}", mean, medicine=of, baseline=baseline)
        for number, (mean, baseline) in enumerate(zip(means, before, strict=True))
    ]


def by_medicine(courses: Iterable[CohortCourse], *compared: str, weeks: int = 1) -> Cohort:
    """Return the figures by medicine, of two compared where they are named."""
    pair = (compared[0], compared[1]) if compared else None
    return cohort_of(Courses.of(courses), GroupBy.MEDICINE, tags={}, compared=pair, weeks=weeks)


def by_tag(
    courses: Iterable[CohortCourse], tags: dict[Hashable, Sequence[str]], *compared: str, weeks: int = 1
) -> Cohort:
    """Return the figures by tag, of two compared where they are named."""
    pair = (compared[0], compared[1]) if compared else None
    return cohort_of(Courses.of(courses), GroupBy.TAG, tags=tags, compared=pair, weeks=weeks)


def group(cohort: Cohort, name: str) -> Group:
    """Return the group of that name, which must be shown."""
    return next(one for one in cohort.groups if one.name == name)


def relief(cohort: Cohort, name: str) -> GroupRelief:
    """Return the days of relief of that group, which must be shown."""
    return next(one for one in cohort.relief if one.group == name)
