import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from time import process_time
from typing import Any

import pytest

from diary.charts.course_chart import CourseChart, CourseChartWords, ForecastWindow
from diary.charts.course_figure import course_figure
from diary.charts.palette import PAINT, TOKENS
from diary.charts.series import CourseBand, DayPoint, weekly_means
from tests.charts.drawn import band, day, points

MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
    *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
)
WORDS = CourseChartWords(
    score="score of a day",
    late="late",
    paper="on paper",
    mean="mean of 7 days",
    course="course",
    entries="{n} of 7 days",
    day="day {day}",
    days_axis="days since the infusion",
    baseline="baseline 7.3",
    line="line 5.1: 30 % relief",
    today="today, day 48",
    forecast="likely end of relief: 10 to 20 November",
    months=MONTHS,
    short_months=tuple(month[:3] for month in MONTHS),
    decimal=",",
)
COURSE = band(10, 12)


def chart(days: list[DayPoint], bands: list[CourseBand], **changes: Any) -> CourseChart:
    today = day(60)
    plain = CourseChart(
        points=days,
        means=weekly_means(days, since=None, bands=bands, until=today),
        bands=bands,
        baseline=7.3,
        line=5.11,
        baseline_from=bands[-1].first_day if bands else None,
        line_from=bands[-1].last_day if bands else None,
        today=today,
        axis="calendar",
        day_0=bands[-1].last_day if bands else None,
        words=WORDS,
    )
    return replace(plain, **changes)


def usual(**changes: Any) -> CourseChart:
    days = points([8] * 10 + [None] * 3 + [2] * 20 + [None] * 6 + [4] * 22)
    days[3] = replace(days[3], kind="late")
    days[5] = replace(days[5], kind="paper")
    return chart(days, [COURSE], **changes)


def three_years(**changes: Any) -> CourseChart:
    bands = [band(first, first + 4, f"ketamine with magnesium {first}") for first in range(30, 1090, 60)]
    given = {number for first in range(30, 1090, 60) for number in range(first, first + 5)}
    days = points([None if number in given or number % 9 == 0 else number * 7 % 11 for number in range(1095)])
    days = [replace(point, kind="late") if place % 12 == 0 else point for place, point in enumerate(days)]
    means = weekly_means(days, since=None, bands=bands, until=day(1094))
    return chart(days, bands, means=means, today=day(1094), **changes)


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [drawn for drawn in figure["data"] if drawn["name"] == name]
    return dict(found)


def test_each_kind_of_day_the_mean_and_the_courses_have_their_own_name_in_the_legend() -> None:
    figure = course_figure(usual())
    assert [drawn["name"] for drawn in figure["data"]] == [
        *("score of a day", "late", "on paper", "mean of 7 days", "course"),
    ]
    assert trace(figure, "late")["marker"]["symbol"] == "circle-open"
    assert trace(figure, "on paper")["marker"]["symbol"] == "square"
    assert trace(figure, "score of a day")["marker"]["symbol"] == "circle"
    legend = figure["layout"]["legend"]
    assert (legend["yref"], legend["y"], legend["yanchor"]) == ("container", 0, "bottom")


def test_the_mean_is_an_open_line_with_a_null_for_each_gap() -> None:
    mean = trace(course_figure(usual()), "mean of 7 days")
    assert mean["mode"] == "lines"
    assert mean["connectgaps"] is False
    assert mean["y"][9] == 8
    assert mean["y"][10:19] == [None] * 9
    assert mean["y"][19] == 2
    assert mean["customdata"][19] == 7


def test_days_without_a_score_are_null_on_an_even_calendar() -> None:
    days = trace(course_figure(usual()), "score of a day")
    assert (days["x0"], days["dx"]) == ("2025-09-01", 86_400_000)
    assert days["y"][:6] == [8, 8, 8, None, 8, None]
    assert days["y"][10:13] == [None] * 3


def test_the_axis_of_days_counts_from_day_0() -> None:
    figure = course_figure(usual(axis="days"))
    assert figure["layout"]["xaxis"]["type"] == "linear"
    assert figure["layout"]["xaxis"]["title"]["text"] == "days since the infusion"
    assert (trace(figure, "mean of 7 days")["x0"], trace(figure, "mean of 7 days")["dx"]) == (-12, 1)
    course = figure["layout"]["shapes"][0]
    assert (course["x0"], course["x1"]) == (-2.5, 0.5)
    assert trace(figure, "score of a day")["hovertemplate"].startswith("day %{x}<br>")


def test_days_cannot_be_counted_without_a_course() -> None:
    with pytest.raises(ValueError, match="day 0"):
        usual(axis="days", day_0=None)


def test_courses_lie_behind_and_baseline_and_line_begin_with_their_course() -> None:
    course, baseline, line, today = course_figure(usual())["layout"]["shapes"]
    assert (course["x0"], course["x1"], course["layer"]) == ("2025-09-10 12:00", "2025-09-13 12:00", "below")
    assert (baseline["y0"], baseline["y1"], baseline["line"]["dash"]) == (7.3, 7.3, "dot")
    assert (line["y0"], line["y1"], line["line"]["dash"]) == (5.11, 5.11, "dash")
    assert baseline["x0"] == "2025-09-10 12:00"
    assert line["x0"] == "2025-09-13 12:00"
    assert today["x0"] == today["x1"] == "2025-10-31"


def test_course_baseline_line_and_today_are_labelled() -> None:
    labels = [label["text"] for label in course_figure(usual())["layout"]["annotations"]]
    assert labels == ["ketamine", WORDS.baseline, WORDS.line, WORDS.today]


def test_labels_and_their_lines_have_names_that_the_script_of_the_page_knows() -> None:
    layout = course_figure(usual())["layout"]
    assert [label["name"] for label in layout["annotations"]] == ["course", "baseline", "line", "today"]
    assert [shape["name"] for shape in layout["shapes"]] == ["ketamine", "baseline", "line", "today"]


def test_the_forecast_is_a_hatched_band_with_a_tick_in_its_middle() -> None:
    figure = course_figure(usual(forecast=ForecastWindow(day(70), day(73), day(80))))
    window = trace(figure, WORDS.forecast)
    assert (window["x"][0], window["x"][2]) == ("2025-11-09 12:00", "2025-11-20 12:00")
    assert (window["y"], window["fill"], window["mode"]) == ([0, 10, 10, 0], "toself", "none")
    assert window["fillpattern"]["shape"] == "/"
    assert window["fillpattern"]["fgcolor"] == "var:brand"
    ground = next(shape for shape in figure["layout"]["shapes"] if shape["name"] == "forecast")
    assert (ground["type"], ground["x0"], ground["x1"]) == ("rect", window["x"][0], window["x"][2])
    tick = figure["layout"]["shapes"][-1]
    assert (tick["name"], tick["x0"], tick["x1"]) == ("forecast", "2025-11-13", "2025-11-13")
    assert (tick["yref"], tick["y0"], tick["y1"]) == ("paper", 0, 0.12)
    assert figure["data"][0]["name"] == WORDS.forecast, "it lies behind everything else"


def test_the_forecast_is_counted_in_days_where_the_axis_is() -> None:
    window = trace(
        course_figure(usual(forecast=ForecastWindow(day(70), day(73), day(80)), axis="days")), WORDS.forecast
    )
    assert window["x"] == [57.5, 57.5, 68.5, 68.5]


def test_without_a_forecast_nothing_of_it_is_drawn() -> None:
    figure = course_figure(usual())
    assert all("fillpattern" not in drawn for drawn in figure["data"])
    assert "forecast" not in {shape["name"] for shape in figure["layout"]["shapes"]}


def test_the_first_view_reaches_to_the_end_of_the_forecast_but_leaves_half_to_what_has_been() -> None:
    def right_edge(days: int) -> str:
        edge = course_figure(usual(forecast=ForecastWindow(day(61), day(62), day(days))))["layout"]["xaxis"]["range"][1]
        return str(edge)

    assert right_edge(62) > right_edge(60)
    assert right_edge(100) > "2025-12-10"
    assert right_edge(300) == right_edge(120)


def test_without_a_baseline_there_is_neither_line_nor_label() -> None:
    layout = course_figure(usual(baseline=None, line=None))["layout"]
    assert [shape["type"] for shape in layout["shapes"]] == ["rect", "line"]
    assert [label["text"] for label in layout["annotations"]] == ["ketamine", WORDS.today]


def test_a_patient_without_entries_or_courses_has_an_empty_chart() -> None:
    figure = course_figure(chart([], []))
    assert figure["data"] == []
    assert figure["layout"]["xaxis"]["range"][0] == "2025-10-30"


def test_scores_always_run_from_0_to_10() -> None:
    axis = course_figure(usual())["layout"]["yaxis"]
    assert axis["range"] == [0, 10]
    assert axis["fixedrange"] is True


def test_the_first_view_can_begin_later_than_the_diary() -> None:
    figure = course_figure(usual(first_shown=day(30)))
    assert figure["layout"]["xaxis"]["range"][0] == "2025-09-30"
    assert trace(figure, "score of a day")["x0"] == "2025-09-01"


def test_every_colour_is_the_name_of_a_token() -> None:
    written = json.dumps(course_figure(usual()))
    assert not any(paint in written for paint in PAINT.values())
    assert all(f'"var:{token}"' in written for token in TOKENS)


def test_a_medicine_named_like_a_colour_keeps_its_name() -> None:
    figure = course_figure(chart(points([3] * 20), [band(2, 4, PAINT["ink"])]))
    assert figure["layout"]["annotations"][0]["text"] == PAINT["ink"]


def test_plotly_draws_the_words_of_a_clinic_letter_by_letter() -> None:
    figure = course_figure(chart(points([3] * 20), [band(2, 4, "<b>&amp;</b> %{x} $y$")]))
    label = figure["layout"]["annotations"][0]["text"]
    assert label == "&lt;b&gt;&amp;amp;&lt;/b&gt; %&#123;x} &#36;y&#36;"
    assert trace(figure, "course")["text"] == [label]
    assert figure["layout"]["shapes"][0]["name"] == label


def test_no_text_is_bold_which_the_content_policy_would_refuse() -> None:
    assert "<b" not in json.dumps(course_figure(usual())).replace("<br>", "")


def test_the_figure_asks_nobody_outside() -> None:
    config = course_figure(usual())["config"]
    assert config["showSendToCloud"] is False
    assert config["plotlyServerURL"] == ""
    assert config["displaylogo"] is False


def test_dates_and_numbers_are_those_of_the_place() -> None:
    figure = course_figure(usual())
    assert figure["config"]["locales"][figure["config"]["locale"]]["format"]["shortMonths"][0] == "ene"
    assert figure["layout"]["separators"][0] == ","
    assert "%{x|%-d %b %Y}" in trace(figure, "mean of 7 days")["hovertemplate"]
    assert "%{customdata} of 7 days" in trace(figure, "mean of 7 days")["hovertemplate"]


def test_labels_of_many_courses_do_not_lie_over_each_other_and_the_latest_has_one() -> None:
    drawn = three_years()
    labels = course_figure(drawn)["layout"]["annotations"][:-3]
    assert labels[0]["text"] == drawn.bands[-1].label
    starts = [date.fromisoformat(label["x"][:10]) for label in labels]
    assert 3 <= len(labels) < len(drawn.bands)
    assert all((later - earlier).days > 200 for later, earlier in pairwise(starts))
    assert len(trace(course_figure(drawn), "course")["text"]) == len(drawn.bands)


@pytest.mark.parametrize("axis", ["calendar", "days"])
def test_three_years_stay_below_40_kilobytes_and_25_milliseconds(axis: str) -> None:
    drawn = three_years(axis=axis)
    course_figure(drawn)
    times = []
    for _ in range(5):
        start = process_time()
        figure = course_figure(drawn)
        times.append(process_time() - start)
    assert len(json.dumps(figure, allow_nan=False)) <= 40_000
    assert min(times) <= 0.025


def test_the_other_charts_do_without_plotly() -> None:
    charts = "diary.charts.patient_svg, diary.charts.sparkline, diary.charts.course_chart"
    code = f"import sys, {charts}; print('plotly' in sys.modules)"
    root = Path(__file__).parents[2]
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert answer.stdout.strip() == "False"
