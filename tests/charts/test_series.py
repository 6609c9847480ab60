from datetime import date, timedelta
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from diary.charts.series import CourseBand, DayPoint, Kind, WeekPoint, unbroken_runs, weekly_means
from tests.charts.drawn import FIRST, band, day, points


def test_a_week_of_scores_gives_the_mean_of_its_seven_days() -> None:
    means = weekly_means(points([1, 2, 3, 4, 5, 6, 7, 8]), since=None)
    assert means[6] == WeekPoint(day(6), 4.0, 7)
    assert means[7] == WeekPoint(day(7), 5.0, 7)


def test_fewer_than_four_entries_of_seven_days_are_a_gap_with_their_number() -> None:
    means = weekly_means(points([5, 5, 5, None, None, None, None, 5]), since=None)
    assert [week.mean for week in means] == [None] * 8
    assert [week.n for week in means] == [1, 2, 3, 3, 3, 3, 3, 3]


def test_late_days_are_not_averaged_and_paper_days_are() -> None:
    days = [*points([0] * 4), *points([10], start=4, kind="late"), *points([10], start=5, kind="paper")]
    means = weekly_means(days, since=None)
    assert (means[4].mean, means[4].n) == (0.0, 4)
    assert (means[5].mean, means[5].n) == (2.0, 5)


def test_a_clinic_that_switches_paper_off_averages_none_of_it() -> None:
    days = [*points([0] * 4), *points([10], start=4, kind="paper")]
    assert weekly_means(days, since=None, counting={"counts"})[-1].mean == 0.0


def test_days_up_to_day_0_have_no_mean_and_belong_to_none() -> None:
    means = weekly_means(points([10] * 10 + [2] * 9), since=day(9))
    assert all(week.mean is None and week.n == 0 for week in means[:10])
    assert [week.mean for week in means[10:]] == [None] * 6 + [2.0] * 3


def test_there_is_no_mean_on_a_day_of_a_course() -> None:
    means = weekly_means(points([5] * 20), since=None, bands=[band(8, 10)])
    assert [week.day for week in means if week.mean is None] == [day(n) for n in (0, 1, 2, *range(8, 17))]


def test_the_mean_goes_on_to_the_day_asked_for() -> None:
    means = weekly_means(points([3] * 7), since=None, until=day(10))
    assert means[-1] == WeekPoint(day(10), None, 3)
    assert means[-2] == WeekPoint(day(9), 3.0, 4)


def test_no_points_have_no_means() -> None:
    assert weekly_means([], since=None) == []


def test_one_day_after_the_other_is_a_run_and_a_missing_day_ends_it() -> None:
    assert unbroken_runs([(1, 2.0), (2, 3.0), (5, 4.0)]) == [[(1, 2.0), (2, 3.0)], [(5, 4.0)]]


@st.composite
def diaries(draw: st.DrawFn) -> tuple[list[DayPoint], list[CourseBand]]:
    scores = draw(st.lists(st.none() | st.integers(0, 10), min_size=1, max_size=80))
    edges = sorted(draw(st.sets(st.integers(-5, 85), max_size=6)))
    pairs = zip(edges[::2], edges[1::2], strict=False)
    kinds: st.SearchStrategy[Kind] = st.sampled_from(get_args(Kind))
    days = [DayPoint(point.day, point.score, draw(kinds)) for point in points(scores)]
    return days, [band(first, last) for first, last in pairs]


@settings(deadline=None)
@given(diaries())
def test_no_mean_ever_crosses_a_course(diary: tuple[list[DayPoint], list[CourseBand]]) -> None:
    days, courses = diary
    for week in weekly_means(days, since=None, bands=courses):
        ended = [course.last_day for course in courses if course.first_day <= week.day]
        after = max(ended, default=date.min)
        scores = [
            point.score
            for point in days
            if max(after, week.day - timedelta(days=7)) < point.day <= week.day and point.kind != "late"
        ]
        assert week.n == len(scores)
        is_whole = after == date.min or week.day - timedelta(days=7) >= after
        assert week.mean == (sum(scores) / len(scores) if is_whole and len(scores) >= 4 else None)


@settings(deadline=None)
@given(diaries())
def test_every_day_from_the_first_to_the_last_is_there_once(
    diary: tuple[list[DayPoint], list[CourseBand]],
) -> None:
    days, courses = diary
    means = weekly_means(days, since=None, bands=courses)
    if not days:
        assert means == []
        return
    assert [week.day for week in means] == [
        days[0].day + timedelta(days=n) for n in range((days[-1].day - days[0].day).days + 1)
    ]
    assert days[0].day >= FIRST
