"""A week from paper, written in by hand on the keys alone."""

from tests.browser.visitors import Visitors

SCORES = ("7", "10", "", "0", "6", "", "5")


def test_a_week_is_written_in_without_leaving_the_keyboard(visitors: Visitors) -> None:
    page = visitors.arrive("clinician", size={"width": 1280, "height": 900})
    page.goto("/clinic/")
    page.get_by_role("link", name="Moreau, Jules").first.click()
    page.get_by_role("link", name="Write in a week").click()
    for _ in range(2):
        page.get_by_role("link", name="Earlier week").click()
    page.locator("[name=written_from]").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    began = page.locator("form.ebb-paper [name=first]").get_attribute("value") or ""
    page.keyboard.type(began[5:7] + began[8:] + began[:4])
    while page.evaluate("document.activeElement.name") != "score_1":
        page.keyboard.press("Tab")
    for number, score in enumerate(SCORES, start=1):
        assert page.evaluate("document.activeElement.name") == f"score_{number}"
        page.keyboard.type(score)
        assert page.evaluate("document.activeElement.name") == f"score_{number}", "nothing moves but by Tab"
        page.keyboard.press("Tab")
    page.locator("[name=score_7]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_text("The week is stored.").wait_for()
    assert "10, from paper of" in page.get_by_role("main").inner_text()
