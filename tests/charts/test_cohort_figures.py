"""The figures of groups: single patients behind every mean, signs beside every colour, few bytes, and no upload."""

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from diary.charts.cohort_courses import courses_figure
from diary.charts.cohort_look import LOOKS, CohortWords
from diary.charts.cohort_relief import relief_figure
from diary.charts.cohort_weeks import responders_figure, weeks_figure
from diary.charts.palette import PAINT
from diary.clinical.cohort.figures import cohort_of
from diary.clinical.cohort.groups import GroupBy
from diary.clinical.cohort.outcome import Courses
from diary.clinical.cohort.singles import Stretch, drawn_groups, drawn_patients, single_lines
from tests.clinical.cohort_builders import a_course

WORDS = CohortWords(
    names={"ketamine": "ketamine, days"},
    week="week {week}",
    week_axis="weeks",
    pain_axis="pain",
    share_axis="share",
    day_axis="days",
    course_axis="days since the first course",
    mean="{mean} ± {se}, {n} patients",
    single="{group}: single",
    patient="patient {number}",
    patient_axis="patient",
    responders="{group}: {percent} %",
    share="{share} % of {n}",
    left="day {day}: {share} %, {n}",
    censored="ended",
    followed="looked at",
    relieved="relief",
    lost="lost",
    unnamed="seldom",
    decimal=",",
    buttons={"Zoom": "Vergroten"},
)


def shown(made, weeks=4):
    """Return the groups by medicine, the numbered lines, and the curves of relief."""
    courses = Courses.of(made)
    cohort = cohort_of(courses, GroupBy.MEDICINE, tags={}, weeks=weeks)
    lines = single_lines(courses, cohort, drawn_patients(courses, cohort, closed=()))
    return drawn_groups(cohort), list(enumerate(lines, 1)), cohort.relief


def usual():
    ketamine = [
        a_course(f"k{n}", n, None, n + 1, medicine="ketamine", relieved=20 + 9 * n, lost=n > 1) for n in range(6)
    ]
    return ketamine + [a_course(f"l{n}", 6, 6, medicine="lidocaine", relieved=15, lost=True) for n in range(5)]


def large():
    """Return a clinic of nine medicines whose every figure is as full as it gets."""
    chance = Random(7)
    return [
        a_course(
            f"{medicine} {n}",
            *[round(chance.uniform(0, 10), 1) for _ in range(52)],
            medicine=f"medicine {medicine}",
            relieved=chance.randint(7, 365),
            lost=chance.random() < 0.5,
        )
        for medicine in range(9)
        for n in range(200)
    ]


def figures(made, stretches=(), weeks=4):
    groups, lines, relief = shown(made, weeks)
    places = {one.group: place for place, one in enumerate(relief)}
    return {
        "weeks": weeks_figure(groups, lines, WORDS),
        "responders": responders_figure(groups, (1, 4, 8, 12), WORDS),
        "relief": relief_figure(relief, places, WORDS),
        "courses": courses_figure(stretches, WORDS),
    }


STRETCHES = [
    (1, Stretch(1, "ketamine", 0, 4, 90, 60, lost=True)),
    (1, Stretch(2, "lidocaine", 91, 91, 200, None, lost=False)),
    (2, Stretch(1, None, 0, 0, 40, None, lost=False)),
]


def trace(figure, name):
    (found,) = [one for one in figure["data"] if one["name"] == name]
    return found


def test_each_mean_stands_before_the_thin_lines_of_its_patients():
    drawn = figures(usual())["weeks"]
    singles, mean = trace(drawn, "ketamine, days: single"), trace(drawn, "ketamine, days")
    names = [one["name"] for one in drawn["data"]]
    assert names.index("ketamine, days: single") < names.index("ketamine, days")
    assert singles["opacity"] < 0.5
    assert singles["y"][:10] == [0, None, 1, None, None, 1, None, 2, None, None]
    assert singles["connectgaps"] is False
    assert mean["y"] == [2.5, None, 3.5, None]
    assert mean["error_y"]["array"][0] == pytest.approx(0.764, abs=0.001)
    assert [row[1] for row in mean["customdata"]] == [6, 0, 6, 0]


def test_between_two_patients_the_line_is_cut():
    singles = trace(figures(usual())["weeks"], "ketamine, days: single")
    assert [y for x, y in zip(singles["x"], singles["y"], strict=True) if x is None] == [None] * 5


def test_groups_are_told_apart_without_their_colour():
    drawn = figures(usual())
    means = [trace(drawn["weeks"], name) for name in ("ketamine, days", "lidocaine")]
    assert means[0]["marker"]["symbol"] != means[1]["marker"]["symbol"]
    assert means[0]["line"]["dash"] != means[1]["line"]["dash"]
    curves = [trace(drawn["relief"], name) for name in ("ketamine, days", "lidocaine")]
    assert curves[0]["line"]["dash"] != curves[1]["line"]["dash"]
    for part in ("dash", "sign", "pattern", "paint"):
        assert len({getattr(look, part) for look in LOOKS}) == len(LOOKS)


def test_half_relief_is_a_filled_bar_within_the_open_one_of_thirty_percent():
    drawn = figures(usual())["responders"]
    open_bar, filled = trace(drawn, "ketamine, days: 30 %"), trace(drawn, "ketamine, days: 50 %")
    assert open_bar["offsetgroup"] == filled["offsetgroup"]
    assert open_bar["x"] == ["week 1", "week 4"]
    assert open_bar["y"][0] == pytest.approx(83.3)
    assert filled["y"][0] == pytest.approx(66.7)
    assert open_bar["marker"]["color"] != filled["marker"]["color"]


def test_a_curve_steps_down_at_each_loss_and_has_a_stroke_where_a_look_ended():
    drawn = figures(usual())["relief"]
    curve, ended = trace(drawn, "ketamine, days"), trace(drawn, "ketamine, days: ended")
    assert curve["line"]["shape"] == "hv"
    assert curve["x"] == [0, 38, 47, 56, 65]
    assert curve["y"] == [100, 75, 50, 25, 0]
    assert (ended["x"], ended["y"]) == ([20, 29], [100, 100])
    assert ended["marker"]["symbol"] == "line-ns"


def test_a_patients_courses_lie_on_one_line_with_relief_and_loss():
    drawn = courses_figure(STRETCHES, WORDS)
    given, relief = trace(drawn, "ketamine, days"), trace(drawn, "ketamine, days: relief")
    assert (given["y"], given["base"], given["x"]) == ([1], [0], [4])
    assert (relief["base"], relief["x"]) == ([4], [56])
    assert relief["marker"]["pattern"]["shape"]
    lost = trace(drawn, "lost")
    assert (lost["x"], lost["y"]) == ([60], [1])
    assert trace(drawn, "seldom")["y"] == [2]
    assert trace(drawn, "looked at")["x"] == [90, 109, 40]
    assert drawn["layout"]["yaxis"]["range"][0] > drawn["layout"]["yaxis"]["range"][1], "the first stands on top"


def test_a_figure_is_as_tall_as_it_has_patients():
    assert courses_figure(STRETCHES, WORDS)["layout"]["height"] == 150 + 2 * 15


def test_without_groups_the_figures_are_empty_and_whole():
    for figure in figures([]).values():
        assert {"data", "layout", "config"} == figure.keys()
        assert not [one for one in figure["data"] if one.get("y")]


def test_every_colour_is_the_name_of_a_token_and_nothing_asks_outside():
    written = json.dumps(figures(usual(), STRETCHES))
    assert not any(paint in written for paint in PAINT.values())
    assert "http" not in written
    for figure in figures(usual(), STRETCHES).values():
        assert (figure["config"]["showSendToCloud"], figure["config"]["plotlyServerURL"]) == (False, "")
        assert figure["config"]["displaylogo"] is False


def test_plotly_draws_the_words_of_a_clinic_letter_by_letter():
    made = [a_course(f"P{n}", 3, medicine="<b>%{x} $y$</b>", relieved=20) for n in range(5)]
    written = json.dumps(figures(made))
    assert "<b>" not in written
    assert "&lt;b&gt;%&#123;x} &#36;y&#36;&lt;/b&gt;" in written


def test_the_figures_of_a_full_clinic_are_less_than_150_kb():
    one = Stretch(1, "", 0, 4, 50, 40, lost=True)
    stretches = [
        (number, one._replace(medicine=f"medicine {place}", first=60 * place, last=60 * place + 4, end=60 * place + 50))
        for number in range(1, 61)
        for place in range(8)
    ]
    written = json.dumps(figures(large(), stretches, weeks=52))
    assert len(written) <= 150_000


def test_nothing_heavy_is_loaded_with_the_pages_of_groups():
    code = "import sys, diary.web.clinic.cohort; print({'numpy', 'scipy', 'plotly'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], cwd=Path.cwd(), capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
