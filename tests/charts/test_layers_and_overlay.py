"""Ticks beside the scores, and all courses laid over each other."""

import json
from datetime import timedelta
from time import process_time

from diary.charts.course_figure import course_figure
from diary.charts.overlay_figure import CourseCurve, OverlayChart, overlay_figure
from diary.charts.palette import PAINT
from diary.charts.ticks import SYMBOLS, Tick, TickLayer
from tests.charts.drawn import day
from tests.charts.test_course_figure import WORDS, three_years, trace, usual

LAYERS = (
    TickLayer("decision", "decision", [Tick(day(20), "20 Sep 2025: Wait"), Tick(day(50), "20 Oct 2025: Repeat")]),
    TickLayer("peg", "PEG", [Tick(day(30), "PEG 6.3", 6.333)]),
    TickLayer("pause", "pause", stretches=[(day(33), day(38), "in hospital")]),
)


def test_each_kind_of_tick_is_a_trace_that_the_page_can_switch_and_the_legend_leaves_out() -> None:
    figure = course_figure(usual(ticks=LAYERS))
    switched = {drawn["meta"]: drawn for drawn in figure["data"] if "meta" in drawn}
    assert list(switched) == ["decision", "peg", "pause"]
    assert all(drawn["showlegend"] is False for drawn in switched.values())
    assert switched["decision"]["x"] == ["2025-09-21", "2025-10-21"]
    assert switched["decision"]["text"] == ["20 Sep 2025: Wait", "20 Oct 2025: Repeat"]
    assert switched["peg"]["y"] == [6.33]
    assert (switched["decision"]["visible"], switched["peg"]["visible"]) == (True, False)


def test_a_pause_lies_over_its_days_and_two_pauses_do_not_run_together() -> None:
    two = TickLayer("pause", "pause", stretches=[(day(1), day(2), "a"), (day(8), day(8), "b")])
    drawn = trace(course_figure(usual(ticks=[two], axis="days")), "pause")
    assert drawn["x"] == [-11.4, -9.6, None, -4.4, -3.6, None]
    assert drawn["y"][2] is None


def test_every_kind_has_a_sign_of_its_own() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)


def test_words_of_staff_are_drawn_letter_by_letter() -> None:
    layer = TickLayer("intercurrent_event", "illness", [Tick(day(20), "<b>fell</b> %{x}")])
    assert trace(course_figure(usual(ticks=[layer])), "illness")["text"] == ["&lt;b&gt;fell&lt;/b&gt; %&#123;x}"]


def test_three_years_with_a_hundred_ticks_stay_within_the_budget() -> None:
    words = "20 Sep 2025: Wait, next step 4 Oct 2025"
    ticks = [Tick(day(0) + timedelta(days=11 * number), words) for number in range(99)]
    drawn = three_years(ticks=[TickLayer("decision", "decision", ticks)])
    course_figure(drawn)
    times = []
    for _ in range(5):
        start = process_time()
        figure = course_figure(drawn)
        times.append(process_time() - start)
    assert len(json.dumps(figure, allow_nan=False)) <= 40_000
    assert min(times) <= 0.025


def overlaid() -> dict:
    curves = [
        CourseCurve("ketamine, 3 Mar 2025", day(0), -3, [7.0, None, 6.5, 6.0]),
        CourseCurve("lidocaine, 1 Sep 2025", day(100), -2, [7.333, 7.0, 3.0]),
    ]
    return overlay_figure(OverlayChart(curves, 5.11, WORDS))


def test_courses_are_laid_over_each_other_by_day_and_the_latest_is_the_strong_one() -> None:
    latest, earlier = overlaid()["data"]
    assert (latest["name"], latest["x0"], latest["y"]) == ("lidocaine, 1 Sep 2025", -2, [7.33, 7.0, 3.0])
    assert earlier["y"] == [7.0, None, 6.5, 6.0]
    assert "dash" not in latest["line"]
    assert earlier["line"]["dash"] == "dash"
    assert earlier["connectgaps"] is False


def test_the_line_is_that_of_the_latest_course_and_day_0_is_ruled() -> None:
    layout = overlaid()["layout"]
    assert [shape["name"] for shape in layout["shapes"]] == ["today", "line"]
    assert layout["shapes"][1]["y0"] == 5.11
    assert layout["annotations"][0]["text"] == WORDS.line
    assert layout["xaxis"]["range"] == [-4, 2]


def test_the_overlay_paints_with_tokens_and_asks_nobody_outside() -> None:
    figure = overlaid()
    assert not any(paint in json.dumps(figure) for paint in PAINT.values())
    assert figure["config"]["plotlyServerURL"] == ""
