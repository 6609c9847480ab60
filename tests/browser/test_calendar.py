"""The calendar of the own diary: with the keyboard, read aloud, and on paper."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

A4 = {"width": 794, "height": 1123}
MONTHS = ["/diary?month=2026-02", "/diary?month=2026-03"]


def days_of(page):
    return page.get_by_role("table", name=re.compile("Calendar of")).get_by_role("link")


def test_the_keyboard_goes_from_day_to_day_and_into_a_day(visitors):
    page = visitors.arrive("patient")
    page.goto("/diary?month=2026-02")
    days = days_of(page)
    days.first.focus()
    for number in range(3):
        expect(days.nth(number)).to_be_focused()
        page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    name = days.nth(2).inner_text()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/diary/2026-02-\d\d$"))
    assert "score" in name
    expect(page.get_by_role("radio", name="10")).to_be_visible()


def test_the_keyboard_goes_from_month_to_month_and_arrives_at_the_calendar(visitors):
    page = visitors.arrive("patient", size={"width": 390, "height": 844})
    page.goto("/diary")
    page.get_by_role("link", name="Earlier: February 2026").press("Enter")
    page.wait_for_url("**/diary?month=2026-02#calendar")
    expect(page.get_by_role("heading", name="February 2026")).to_be_in_viewport()
    expect(page.get_by_role("table", name="Calendar of February 2026")).to_be_in_viewport()
    page.get_by_role("link", name="Later: March 2026").press("Enter")
    expect(page.get_by_role("table", name="Calendar of March 2026")).to_be_visible()


def test_every_day_is_read_aloud_with_its_date_and_what_it_holds(visitors):
    page = visitors.arrive("patient")
    page.goto("/diary?month=2026-02")
    told = page.get_by_role("table", name="Calendar of February 2026").aria_snapshot()
    for number in range(28):
        day = date(2026, 2, 1) + timedelta(days=number)
        (line,) = re.findall(rf"cell \"({day:%A} {day.day} February: [^\"]+)\"", told)
        assert re.search(r": (score \d+|no entry)", line), line
    assert "course: ketamine" in told


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_day_is_as_high_as_a_thumb_wants(visitors, width):
    page = visitors.arrive("patient", size={"width": width, "height": 800})
    page.goto("/diary")
    for box in (link.bounding_box() for link in days_of(page).all()):
        assert box["height"] >= 56
        assert box["width"] >= 24
    for step in page.get_by_role("navigation", name="Months").get_by_role("link").all():
        assert step.bounding_box()["height"] >= 56


@pytest.mark.parametrize("address", MONTHS)
def test_on_paper_a_month_stands_with_whose_it_is_and_nothing_to_click(visitors, address):
    page = visitors.arrive("patient", size=A4, color_scheme="dark")
    page.goto(address)
    expect(page.locator(".ebb-on-paper")).to_be_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".ebb-on-paper")).to_contain_text("Pain clinic West")
    for role in ("navigation", "button"):
        expect(page.get_by_role(role)).to_have_count(0)
    expect(page.get_by_role("table", name=re.compile("Calendar of"))).to_be_visible()
    assert page.evaluate("() => getComputedStyle(document.querySelector('.ebb-month__cell')).backgroundColor") in {
        "rgb(255, 255, 255)",
        "rgba(0, 0, 0, 0)",
    }


def test_an_earlier_month_is_one_sheet_of_paper(visitors):
    page = visitors.arrive("patient", size=A4)
    page.goto("/diary?month=2026-02")
    sheets = page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheets)) == 1


def test_courses_are_on_one_sheet_with_whose_they_are(visitors):
    page = visitors.arrive("patient", size=A4)
    page.goto("/courses")
    page.emulate_media(media="print")
    expect(page.locator(".ebb-on-paper")).to_contain_text("Pain clinic West")
    expect(page.get_by_text("Mean of the week before")).to_be_visible()
    assert len(re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4"))) == 1
