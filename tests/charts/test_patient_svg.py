import re
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from diary.charts.patient_svg import HEIGHT, WIDTH, DiaryChartWords, diary_chart
from diary.charts.series import CourseBand, DayPoint
from tests.charts.drawn import band, day, of_class, parsed, points, runs

WORDS = DiaryChartWords(
    title="Your pain",
    summary="Your mean of the last 7 days is 3.4 (6 of 7 days).",
    day_label=lambda shown: f"{shown.day}.{shown.month}.",
)


def chart(
    days: list[DayPoint],
    bands: list[CourseBand] | None = None,
    *,
    last: int = 83,
    words: DiaryChartWords = WORDS,
    highlight: date | None = None,
) -> str:
    return diary_chart(days, bands or [], first=day(0), last=day(last), words=words, highlight=highlight)


def test_the_chart_is_an_image_with_a_name_and_a_summary() -> None:
    drawing = parsed(chart(points([3] * 10)))
    assert drawing.get("role") == "img"
    assert [(part.tag, part.text) for part in list(drawing)[:2]] == [
        ("title", WORDS.title),
        ("desc", WORDS.summary),
    ]


def test_the_patient_sees_no_line_no_baseline_and_nothing_but_the_named_parts() -> None:
    svg = chart([*points([3] * 20), *points([4], start=21, kind="late")], [band(8, 10)], highlight=day(19))
    assert set(re.findall(r'class="([^"]*)"', svg)) == {
        "ebb-chart",
        "ebb-chart__grid",
        "ebb-chart__axis",
        "ebb-chart__band",
        "ebb-chart__band-label",
        "ebb-chart__day",
        "ebb-chart__day ebb-chart__day--late",
        "ebb-chart__day ebb-chart__day--new",
        "ebb-chart__ring",
        "ebb-chart__mean",
    }
    assert "dasharray" not in svg


def test_higher_pain_is_drawn_higher_and_later_days_further_right() -> None:
    low, high = of_class(parsed(chart(points([0, 10]))), "ebb-chart__day")
    assert float(high.get("cy", "")) < float(low.get("cy", ""))
    assert float(high.get("cx", "")) > float(low.get("cx", ""))


def test_a_late_day_is_hollow_and_the_others_are_full() -> None:
    drawing = parsed(chart([*points([3]), *points([4], start=1, kind="late"), *points([5], start=2, kind="paper")]))
    days = of_class(drawing, "ebb-chart__day")
    assert [part.get("fill") for part in days] == [None, "none", None]
    assert days[1] in of_class(drawing, "ebb-chart__day--late")


def test_the_day_just_saved_is_larger_and_ringed_and_drawn_last() -> None:
    drawing = parsed(chart(points([3, 4, 5]), highlight=day(1)))
    days = of_class(drawing, "ebb-chart__day")
    (ring,) = of_class(drawing, "ebb-chart__ring")
    assert [part.get("class") for part in days][-1] == "ebb-chart__day ebb-chart__day--new"
    assert float(days[-1].get("r", "")) > float(days[0].get("r", ""))
    assert (ring.get("cx"), ring.get("cy")) == (days[-1].get("cx"), days[-1].get("cy"))
    assert len(days) == 3


def test_a_late_day_just_saved_stays_hollow() -> None:
    drawing = parsed(chart(points([3], kind="late"), highlight=day(0)))
    (new,) = of_class(drawing, "ebb-chart__day--new")
    assert new.get("fill") == "none"


def test_a_day_to_highlight_without_a_score_draws_nothing() -> None:
    assert "ring" not in chart(points([3]), highlight=day(5))


def test_the_mean_is_left_open_where_days_are_missing() -> None:
    (mean,) = of_class(parsed(chart(points([3] * 10 + [None] * 7 + [4] * 10))), "ebb-chart__mean")
    before, after = runs(mean)
    assert max(x for x, _ in before) < min(x for x, _ in after)


def test_the_mean_never_runs_through_a_course() -> None:
    drawing = parsed(chart(points([8] * 10 + [1] * 20), [band(10, 12)]))
    (course,), (mean,) = of_class(drawing, "ebb-chart__band"), of_class(drawing, "ebb-chart__mean")
    left = float(course.get("x", ""))
    right = left + float(course.get("width", ""))
    assert len(runs(mean)) == 2
    assert all(not left < x < right for run in runs(mean) for x, _ in run)


def test_the_week_before_the_left_edge_belongs_to_the_first_mean_and_is_not_drawn() -> None:
    drawing = parsed(chart(points([2] * 7, start=-6)))
    assert len(of_class(drawing, "ebb-chart__day")) == 1
    (mean,) = of_class(drawing, "ebb-chart__mean")
    assert len(runs(mean)[0]) == 4


def test_a_course_outside_the_days_shown_is_left_out_and_one_at_the_edge_is_cut() -> None:
    drawing = parsed(chart(points([3]), [band(-20, -10), band(-3, 2), band(83, 90), band(100, 101)]))
    assert len(of_class(drawing, "ebb-chart__band")) == 2


def test_labels_of_courses_without_room_are_left_out_but_name_their_band() -> None:
    courses = [band(n, n, f"immunoglobulin {n}") for n in range(0, 80, 4)]
    drawing = parsed(chart([], courses))
    assert [part.findtext("title") for part in of_class(drawing, "ebb-chart__band")] == [
        course.label for course in courses
    ]
    labels = of_class(drawing, "ebb-chart__band-label")
    assert 1 <= len(labels) < 5
    assert labels[0].text == "immunoglobulin 76"


def test_the_last_day_is_written_on_the_axis_with_at_most_four_dates() -> None:
    for last in (1, 3, 6, 13, 27, 83, 364, 1094):
        dates = [part.text for part in of_class(parsed(chart([], last=last)), "ebb-chart__axis")][3:]
        assert dates[0] == WORDS.day_label(day(last))
        assert 1 <= len(dates) <= 4


def test_words_of_a_clinic_are_escaped() -> None:
    hostile = '</title><script>alert("1")</script>&\'<b onload="x">'
    words = DiaryChartWords(title=hostile, summary=hostile, day_label=lambda _: "<i>&")
    svg = chart(points([3] * 9), [band(2, 40, hostile)], words=words)
    drawing = parsed(svg)
    assert {part.tag for part in drawing.iter()} == {
        *("svg", "title", "desc", "path", "text", "rect", "circle"),
    }
    assert drawing.findtext("title") == hostile
    assert drawing.findtext("desc") == hostile


scores = st.lists(st.none() | st.integers(0, 10), max_size=400)


@settings(deadline=None)
@given(
    scores,
    st.lists(st.integers(-50, 450), max_size=6, unique=True),
    st.integers(0, 399),
    st.text(max_size=60),
)
def test_everything_lies_inside_the_picture(written: list[int | None], edges: list[int], last: int, label: str) -> None:
    label = "".join(letter for letter in label if letter.isprintable())
    pairs = zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)
    svg = chart(points(written), [band(*pair, label) for pair in pairs], last=last, highlight=day(last))
    drawing = parsed(svg)
    assert " style=" not in svg.replace("&quot;", "")
    assert not {"nan", "inf"} & set(re.findall(r"[a-z]+", " ".join(re.findall(r'(?:c?[xy]|d|r)="([^"]*)"', svg))))
    for part in drawing.iter("circle"):
        cx, cy, r = (float(part.get(name, "")) for name in ("cx", "cy", "r"))
        assert r <= cx <= WIDTH - r
        assert r <= cy <= HEIGHT - r
    for part in drawing.iter("rect"):
        x, width = float(part.get("x", "")), float(part.get("width", ""))
        assert width > 0
        assert 0 <= x <= WIDTH - width + 0.1
    for part in drawing.iter("text"):
        assert 0 <= float(part.get("x", "")) <= WIDTH
        assert 0 <= float(part.get("y", "")) <= HEIGHT
    for mean in of_class(drawing, "ebb-chart__mean"):
        assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for run in runs(mean) for x, y in run)


def test_twelve_weeks_are_a_small_part_of_a_page() -> None:
    assert len(chart(points([n % 11 for n in range(84)]), [band(20, 24)])) <= 8_000
