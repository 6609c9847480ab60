"""The clinicians' chart: it draws, jumps nothing, sends nothing anywhere, and has a table beside it."""

import pytest
from playwright.sync_api import expect

from tests.browser.measures import MEASURE_JUMPS, faults_of_the_chart, layout_shift

LEAST_SHIFT = 0.05
LATE = "M-2041"


UNTIL_IT_FITS = """async () => {
  const plot = document.querySelector(".js-plotly-plot"), drawn = plot.querySelector(".main-svg");
  while (Math.abs(drawn.getBoundingClientRect().width - plot.clientWidth) > 1) await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
}"""


@pytest.fixture
def address(served):
    (found,) = served.ask("SELECT id FROM patient WHERE reference = ?", LATE)[0]
    return f"/clinic/patients/{found[:8]}-{found[8:12]}-{found[12:16]}-{found[16:20]}-{found[20:]}"


@pytest.fixture
def desk(visitors, address):
    page = visitors.arrive("clinician")
    page.add_init_script(MEASURE_JUMPS)
    page.goto(address)
    page.locator(".main-svg").first.wait_for()
    return page


def test_it_draws_scores_mean_baseline_line_and_courses(desk):
    assert desk.locator(".scatterlayer .trace").count() >= 2
    drawn = desk.locator(".ebb-chart-box").inner_text()
    assert "baseline" in drawn
    assert "line" in drawn
    assert "ketamine" in drawn


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("view", ["", "?view=calendar"], ids=["days", "calendar"])
def test_its_words_are_whole_and_stand_apart(visitors, address, width, view):
    page = visitors.arrive("clinician", size={"width": width, "height": 900})
    page.goto(address + view)
    page.locator(".main-svg").first.wait_for()
    assert not faults_of_the_chart(page)


def test_its_words_stand_apart_when_the_window_was_turned(desk):
    for width in (320, 390, 1280):
        desk.set_viewport_size({"width": width, "height": 900})
        desk.evaluate(UNTIL_IT_FITS)
    assert not faults_of_the_chart(desk)


def test_nothing_on_it_sends_the_diary_away(desk, visitors, served):
    titles = [one.get_attribute("data-title") for one in desk.locator(".modebar-btn").all()]
    assert titles
    for words in ("share", "edit", "cloud", "studio", "plotly"):
        assert not [title for title in titles if words in (title or "").lower()]
    assert all(asked.startswith((served.address, "data:", "blob:")) for asked in visitors.requests)


def test_it_is_saved_as_a_picture(desk):
    with desk.expect_download() as coming:
        desk.locator(".modebar-btn[data-title*='png' i]").click()
    assert coming.value.suggested_filename.endswith(".png")
    assert coming.value.path().read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("view", ["", "?view=calendar"])
def test_nothing_on_the_page_jumps(desk, address, view):
    desk.goto(address + view)
    desk.locator(".main-svg").first.wait_for()
    desk.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert 0 <= layout_shift(desk) < LEAST_SHIFT


def test_the_table_opens_and_scrolls_with_the_keyboard(desk):
    desk.locator("#table summary").focus()
    desk.keyboard.press("Enter")
    region = desk.get_by_role("region", name="Scores and weekly means, the latest day first")
    expect(region).to_be_visible()
    desk.keyboard.press("Tab")
    expect(region).to_be_focused()
    desk.keyboard.press("End")
    expect(region.get_by_role("row").last).to_be_in_viewport()


def test_its_colours_follow_the_page(desk):
    line = desk.locator(".scatterlayer path.js-line").first
    light = line.evaluate("(path) => getComputedStyle(path).stroke")
    desk.emulate_media(color_scheme="dark")
    desk.wait_for_selector(f".scatterlayer path.js-line:not([style*='{light}'])")
    assert line.evaluate("(path) => getComputedStyle(path).stroke") != light


def test_words_and_the_table_stand_in_for_a_chart_that_does_not_come(visitors, address):
    visitors.expect("Failed to fetch", "net::ERR_FAILED")
    page = visitors.arrive("clinician")
    page.route("**/figure.json*", lambda route: route.abort())
    page.goto(address)
    failed = page.locator("[data-figure-failed]")
    expect(failed).to_be_visible()
    failed.get_by_role("link", name="The table has the same numbers.").click()
    expect(page.locator("#table")).to_be_in_viewport()


def test_words_stand_in_for_the_chart_without_scripts(visitors, address):
    page = visitors.arrive("clinician", java_script_enabled=False)
    page.goto(address)
    # Searching by words passes over noscript.
    expect(page.locator("noscript p")).to_be_visible()


def test_both_views_are_reached_by_their_links(desk):
    desk.get_by_role("link", name="calendar").click()
    desk.locator(".main-svg").first.wait_for()
    expect(desk.get_by_role("heading", name="Pain by date")).to_be_visible()
    desk.get_by_role("link", name="days since infusion").click()
    expect(desk.get_by_role("heading", name="Pain since the last infusion")).to_be_visible()
