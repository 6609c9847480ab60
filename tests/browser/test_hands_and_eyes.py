"""Hands that hurt, eyes that see little, voices: the patient's pages as they are used on a bad day.

What holds for every page is measured in `hands.py` and looked at in `test_every_page.py`.
"""

import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from diary.languages import LANGUAGES
from tests.browser.hands import faults_for_hands
from tests.browser.measures import focus_is_seen
from tests.browser.phones import come_in
from tests.browser.served import PATIENT

SMALLEST_PHONE = {"width": 360, "height": 640}
WIDTH = SMALLEST_PHONE["width"]


@pytest.fixture
def patient_has(served):
    """Write a column of the patient's row, past the application; in the end it is as it was."""
    before = {}

    def write(column, value):
        with closing(sqlite3.connect(served.file)) as connection, connection:
            (known,) = connection.execute(f"SELECT {column} FROM patient WHERE reference = ?", (PATIENT,)).fetchone()
            before.setdefault(column, known)
            connection.execute(f"UPDATE patient SET {column} = ? WHERE reference = ?", (value, PATIENT))

    yield write
    for column, value in before.items():
        write(column, value)


TOO_MUCH_FOR_A_LINE = """
const save = document.querySelector('main form button');
Object.assign(save.style, {width: 'max-content', whiteSpace: 'nowrap', padding: 0, overflow: 'hidden'});
save.style.width = `${Math.ceil(save.getBoundingClientRect().width)}px`;
"""
BROKEN = {
    "px high to a finger": "document.querySelector('main form button').style.cssText = 'height: 50px; min-height: 0'",
    "covered when": "document.querySelector('.ebb-places').style.cssText = 'position: fixed; height: 70%'",
    "jumps back up": "document.querySelector('main form button').style.order = -1",
    "a place of its own": "document.querySelector('main form button').tabIndex = 3",
    "one heading": "document.querySelector('h1').replaceWith(document.createElement('p'))",
    "would move": "document.querySelector('h1').style.setProperty('transition', 'color 1s', 'important')",
    "listens to touchmove": "document.querySelector('main').addEventListener('touchmove', () => {})",
    "label-content-name-mismatch": "document.querySelector('main form button').ariaLabel = 'Send it'",
    "with wide spacing": TOO_MUCH_FOR_A_LINE,
    "no edge": "document.querySelector('main form button').style.border = 'none'",
}


@pytest.mark.parametrize(("fault", "broken"), BROKEN.items(), ids=BROKEN)
def test_a_page_that_fails_a_hand_or_an_eye_is_seen(visitors, fault, broken):
    page = visitors.arrive("patient")
    page.goto("/today")
    page.evaluate(f"() => {{ {broken} }}")
    assert any(fault in found for found in faults_for_hands(page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_save_stands_above_the_fold_in_every_language(visitors, patient_has, language):
    patient_has("language", language)
    page = visitors.arrive("patient", size=SMALLEST_PHONE)
    page.goto("/today")
    assert page.locator("html").get_attribute("lang") == language
    save = page.locator("main form button[type=submit]").first
    box, bar = save.bounding_box(), page.locator(".ebb-places").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]
    assert page.locator("h1").first.bounding_box()["y"] >= 0
    save.click(trial=True)
    page.set_viewport_size({"width": 320, "height": 640})
    for place in page.locator(".ebb-places__link").all():
        assert place.evaluate("(one) => one.scrollWidth <= one.clientWidth"), place.inner_text()


ACTS = ".ebb-days__act, main form button, main .ebb-link-button"
NARROW_ACTS = """(acts) => acts.filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect())
  .filter(({ width }) => width < innerWidth * 0.6).map(({ left, right }) => [left, right])"""
"""What spans the page is in reach of either thumb."""


@pytest.mark.parametrize("address", ["/diary", "/today"])
def test_what_is_tapped_stands_on_the_side_of_the_thumb(visitors, patient_has, address):
    sides = []
    for left_handed in (0, 1):
        patient_has("left_handed", left_handed)
        page = visitors.with_a_phone("patient")
        page.goto(address)
        assert page.locator("body.hand-left").count() == left_handed
        sides.append(page.locator(ACTS).evaluate_all(NARROW_ACTS))
    right, left = sides
    assert len(right) == len(left)
    assert address != "/diary" or right
    for (starts, ends), (others_start, others_end) in zip(right, left, strict=True):
        assert (starts + ends) / 2 > WIDTH / 2 > (others_start + others_end) / 2


STRANGE_COLOURS = """(chart) => {
  const system = ["Canvas", "CanvasText", "LinkText"].map((name) => {
    const one = document.body.appendChild(document.createElement("p"));
    one.style.color = name;
    return getComputedStyle(one).color;
  });
  return [[".ebb-chart__day", "fill"], [".ebb-chart__mean", "stroke"], [".ebb-chart__band", "stroke"],
    [".ebb-chart__axis", "fill"]].flatMap(([name, part]) => [...chart.querySelectorAll(name)]
    .filter((one) => !system.slice(1).includes(getComputedStyle(one)[part]))
    .map((one) => `${name}: ${getComputedStyle(one)[part]}, not one of ${system}`));
}"""


def test_the_own_chart_is_drawn_in_the_colours_that_are_forced(visitors):
    page = visitors.with_a_phone("patient")
    page.emulate_media(forced_colors="active")
    page.goto("/diary")
    chart = page.locator("svg.ebb-chart").first
    assert chart.locator(".ebb-chart__day").count() > 10
    assert not chart.evaluate(STRANGE_COLOURS)


def test_the_app_without_a_network_serves_hands_as_well(visitors):
    visitors.expect("ERR_INTERNET_DISCONNECTED", "Failed to load resource", "Failed to fetch")
    page = visitors.with_a_phone(service_workers="allow")
    come_in(visitors, page, "patient")
    page.context.set_offline(True)
    page.goto("/today")
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    assert not faults_for_hands(page)


def tab_to(page, locator):
    """Come to a control with the Tab key alone; each step on the way is seen."""
    for _step in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement !== document.body"):
            assert focus_is_seen(page), page.evaluate("() => document.activeElement.outerHTML")
        if locator.evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{locator} is not reached with the keyboard")


def test_a_whole_day_with_the_keyboard_alone(visitors, served):
    """It stands last: the day of this clinic is answered by it."""
    page, known = visitors.arrive(), served.sign_in_of("patient")
    keys = page.keyboard
    page.goto("/sign-in")
    tab_to(page, page.get_by_label("E-mail address or sign-in name"))
    keys.type(known["email"])
    tab_to(page, page.get_by_label("Password"))
    keys.type(known["password"])
    keys.press("Enter")
    page.wait_for_url("**/today")
    for score in (5, 3):
        tab_to(page, page.get_by_role("radio").first)
        keys.press("Space")
        for _step in range(score):
            keys.press("ArrowRight")
        tab_to(page, page.get_by_role("button", name="Save"))
        keys.press("Enter")
        page.wait_for_url("**/diary?saved=*")
        if score == 5:
            tab_to(page, page.get_by_role("button", name="Undo"))
            keys.press("Enter")
            page.wait_for_url("**/diary?undone=*")
            page.goto("/today")
    assert [score for score, _source in served.entries_of(PATIENT, "2026-03-20")] == [5, None, 3]
    tab_to(page, page.get_by_role("main").get_by_role("link", name="More").first)
    keys.press("Enter")
    page.wait_for_url("**/more*")
    tab_to(page, page.get_by_role("main").get_by_role("button").last)
