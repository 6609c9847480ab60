from hypothesis import given, settings
from hypothesis import strategies as st

from diary.charts.sparkline import HEIGHT, WIDTH, sparkline
from tests.charts.drawn import of_class, parsed, runs

TWELVE_WEEKS = [(number, 3 + number % 7 / 3) for number in range(84)]


def test_the_curve_is_hidden_from_readers_of_words() -> None:
    drawing = parsed(sparkline(TWELVE_WEEKS, [], line=None))
    assert drawing.get("aria-hidden") == "true"
    assert drawing.get("viewBox") == "0 0 152 36"


def test_a_full_row_stays_small() -> None:
    assert len(sparkline(TWELVE_WEEKS, [(20, 24), (70, 71)], line=5.1)) <= 1_500


def test_a_missing_day_breaks_the_curve() -> None:
    (mean,) = of_class(parsed(sparkline([(0, 4.0), (1, 5.0), (3, 6.0), (4, 6.5)], [], line=None)), "ebb-spark__mean")
    assert [len(run) for run in runs(mean)] == [2, 2]


def test_a_lonely_mean_is_still_seen() -> None:
    (mean,) = of_class(parsed(sparkline([(5, 4.0)], [], line=None)), "ebb-spark__mean")
    assert mean.get("d", "").endswith("h3")


def test_the_dot_is_at_the_last_mean_shown() -> None:
    drawing = parsed(sparkline([(0, 4.0), (83, 10.0), (90, 1.0)], [], line=None))
    (last,) = of_class(drawing, "ebb-spark__last")
    assert (float(last.get("cx", "")), float(last.get("cy", ""))) == (WIDTH - 4, 3.0)


def test_the_line_is_dashed_and_begins_after_the_last_course() -> None:
    drawing = parsed(sparkline(TWELVE_WEEKS, [(5, 9), (40, 44)], line=5.1))
    (line,) = of_class(drawing, "ebb-spark__line")
    bands = of_class(drawing, "ebb-spark__band")
    ends = [float(part.get("x", "")) + float(part.get("width", "")) for part in bands]
    assert line.get("stroke-dasharray")
    assert abs(float(line.get("d", "")[1:].split()[0]) - max(ends)) <= 0.2


def test_a_course_before_the_left_edge_leaves_the_line_whole() -> None:
    drawing = parsed(sparkline(TWELVE_WEEKS, [(-30, -26)], line=5.1))
    (line,) = of_class(drawing, "ebb-spark__line")
    assert line.get("d", "").startswith("M4 ")
    assert not of_class(drawing, "ebb-spark__band")


def test_a_course_that_still_runs_has_no_line_yet() -> None:
    assert "ebb-spark__line" not in sparkline(TWELVE_WEEKS, [(80, 86)], line=5.1)


def test_a_patient_without_anything_has_an_empty_picture() -> None:
    assert list(parsed(sparkline([], [], line=None))) == []


@settings(deadline=None)
@given(
    st.dictionaries(st.integers(-10, 120), st.floats(0, 10), max_size=130),
    st.lists(st.tuples(st.integers(-40, 120), st.integers(0, 12)), max_size=4),
    st.none() | st.floats(0, 10),
    st.integers(1, 120),
)
def test_everything_lies_inside_the_row(
    means: dict[int, float], courses: list[tuple[int, int]], line: float | None, width_days: int
) -> None:
    bands = [(first, first + days) for first, days in courses]
    svg = sparkline(sorted(means.items()), bands, line=line, width_days=width_days)
    drawing = parsed(svg)
    assert "style" not in svg
    for part in drawing.iter("rect"):
        x, width = float(part.get("x", "")), float(part.get("width", ""))
        assert width > 0
        assert 0 <= x <= WIDTH - width + 0.1
    for mean in of_class(drawing, "ebb-spark__mean"):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for run in runs(mean) for x, y in run)
    assert len(of_class(drawing, "ebb-spark__last")) == any(0 <= number < width_days for number in means)
