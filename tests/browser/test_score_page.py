"""The score page: eleven numbers and Save, in reach of one thumb, by touch, by keyboard and without any script."""

import pytest
from playwright.sync_api import expect

from tests.browser.measures import focus_is_seen
from tests.browser.phones import QUESTION
from tests.browser.served import PATIENT

SMALLEST_HEIGHT, SMALLEST_WIDTH = 56, 66
"""CSS pixels of one number on a phone of 320 px."""

WIDE_PHONE = {"width": 844, "height": 900}


def numbers(page):
    return page.get_by_role("radio")


def box_of(locator):
    box = locator.bounding_box()
    assert box, "it is not shown"
    return box


def parts_of_the_question(page):
    """Return everything that a full entry needs to see."""
    return [
        page.get_by_role("heading", name=QUESTION),
        *page.locator(".ebb-score__number").all(),
        page.get_by_text("no pain", exact=False).last,
        page.get_by_text("worst pain you can imagine"),
        page.get_by_role("button", name="Save"),
    ]


def test_eleven_numbers_and_none_is_chosen(visitors):
    page = visitors.with_a_phone("patient")
    page.goto("/today")
    assert [one.get_attribute("value") for one in numbers(page).all()] == [str(score) for score in range(11)]
    expect(page.locator("input:checked")).to_have_count(0)
    # Nothing of yesterday's stands in the way of today's answer.
    assert not page.locator("main").get_by_text("Yesterday you", exact=False).count()


def test_a_number_is_large_enough_for_a_thumb(visitors):
    page = visitors.arrive("patient", size={"width": 320, "height": 640})
    page.goto("/today")
    for cell in page.locator(".ebb-score__number").all():
        box = box_of(cell)
        assert box["height"] >= SMALLEST_HEIGHT
        assert box["width"] >= SMALLEST_WIDTH


def test_the_numbers_stand_in_rows_of_four(visitors):
    page = visitors.with_a_phone("patient")
    page.goto("/today")
    tops = [round(box_of(cell)["y"]) for cell in page.locator(".ebb-score__number").all()]
    assert [tops.count(top) for top in sorted(set(tops))] == [4, 4, 3]


@pytest.mark.parametrize("size", [(360, 640), (390, 844)], ids=str)
def test_everything_stands_above_the_fold(visitors, size):
    page = visitors.arrive("patient", size={"width": size[0], "height": size[1]})
    page.goto("/today")
    for part in parts_of_the_question(page):
        box = box_of(part)
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= size[1], part
    # Playwright presses only what nothing covers.
    page.get_by_role("button", name="Save").click(trial=True)


def test_save_is_reached_at_four_hundred_percent(visitors):
    page = visitors.arrive("patient", size={"width": 320, "height": 256})
    page.goto("/today")
    save = page.get_by_role("button", name="Save")
    save.scroll_into_view_if_needed()
    expect(save).to_be_in_viewport(ratio=1)
    page.locator(".ebb-score__input").nth(4).check(trial=True)
    save.click(trial=True)


def test_the_keyboard_alone_is_enough(visitors):
    page = visitors.arrive("patient")
    page.goto("/today")
    while page.evaluate("() => document.activeElement.name") != "score":
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement !== document.body"), "the numbers were never reached"
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    assert page.locator("input:checked").get_attribute("value") in {"4", "5"}
    assert focus_is_seen(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Save")).to_be_focused()
    assert focus_is_seen(page)


MEDIA = [{"forced_colors": "active"}, {"reduced_motion": "reduce"}, {"color_scheme": "dark"}]


@pytest.mark.parametrize("media", MEDIA, ids=str)
def test_a_chosen_number_looks_chosen(visitors, media):
    page = visitors.with_a_phone("patient")
    page.emulate_media(**media)
    page.goto("/today")
    cell = page.locator(".ebb-score__cell").nth(7)
    before = cell.screenshot()
    numbers(page).nth(7).check(force=True)
    numbers(page).nth(7).blur()
    assert cell.screenshot() != before


def test_the_left_hand_gets_its_layout(visitors, served):
    page = visitors.arrive("patient", size=WIDE_PHONE)
    page.goto("/today")
    right = box_of(page.get_by_role("button", name="Save"))["x"]
    page.goto("/me")
    page.get_by_label("the left hand").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("the left hand")).to_be_checked()
    page.goto("/today")
    assert box_of(page.get_by_role("button", name="Save"))["x"] < right
    assert served.ask("SELECT left_handed FROM patient WHERE reference = ?", PATIENT) == [(1,)]


def test_what_is_tapped_in_the_diary_moves_to_the_left_hand(visitors):
    page = visitors.with_a_phone("patient")
    page.goto("/me")
    page.get_by_label("the left hand").check()
    page.get_by_role("button", name="Save").click()
    page.goto("/diary")
    act = box_of(page.locator(".ebb-days__act").first)
    assert act["x"] + act["width"] < page.viewport_size["width"] / 2
