"""The figures of groups: all are drawn at once, nothing leaves, and the keyboard reaches every number."""

from playwright.sync_api import expect

TABLES = "details.ebb-numbers > summary"


def test_every_figure_is_drawn_saved_and_sends_nothing_away(visitors, served):
    page = visitors.arrive("clinician")
    page.goto("/clinic/cohort")
    places = page.locator("[data-group-figure]")
    assert places.count() >= 1, "the demo clinic has a group of five"
    for place in places.all():
        place.locator(".main-svg").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    page.emulate_media(media="print")
    assert all(place.is_visible() for place in places.all()), "every figure is on paper too"
    page.emulate_media(media="screen")
    titles = [one.get_attribute("data-title") or "" for one in page.locator(".modebar-btn").all()]
    for words in ("share", "edit", "cloud", "studio", "plotly"):
        assert not [title for title in titles if words in title.lower()]
    with page.expect_download() as coming:
        places.first.locator(".modebar-btn[data-title*='png' i]").click()
    assert coming.value.suggested_filename == f"groups-{places.first.get_attribute('data-group-figure')}.png"
    assert len([asked for asked in visitors.requests if "figures.json" in asked]) == 1
    assert all(asked.startswith((served.address, "data:", "blob:")) for asked in visitors.requests)


def test_the_tables_open_with_the_keyboard_and_lead_to_the_patients(visitors):
    page = visitors.arrive("clinician", size={"width": 390, "height": 900})
    page.goto("/clinic/cohort")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    opened = page.locator(TABLES).last
    opened.focus()
    page.keyboard.press("Enter")
    link = page.locator("details[open] th[scope=row] a").first
    expect(link).to_be_visible()
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/clinic/patients/*")
