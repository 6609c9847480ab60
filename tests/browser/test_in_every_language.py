"""Longer words fit: the patient's pages at 320 px in every language, the longest of them German."""

import pytest

from diary.languages import LANGUAGES
from tests.browser.measures import faults_of

pytestmark = pytest.mark.long

NARROW = {"width": 320, "height": 640}
OFTEN = ("/today", "/diary", "/courses", "/me", "/me/reminders", "/me/data", "/me/consents", "/account/sessions")
PLACES = ".ebb-places__link"
BROKEN_WORDS = """(boxes) => boxes.filter((box) => box.offsetWidth).flatMap((box) => {
  const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), broken = [];
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    for (const word of text.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1) broken.push(word[0]);
    }
  }
  return broken;
})"""
"""Words that run over the end of their line in the middle."""


def speak(page, language):
    """Choose a language on the own page, as a patient does."""
    page.goto("/me")
    page.locator("select[name=language]").select_option(language)
    page.locator("form[action$='/me/language'] button").click()
    page.locator(f"html[lang={language}]").wait_for(state="attached")


def more_about_a_day(page):
    """Return the address of the page that asks for more about the day last written."""
    page.goto("/diary")
    found = page.locator("a[href$='/more']").first.get_attribute("href")
    assert found
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_cut_off_and_no_page_scrolls_sideways(visitors, language):
    page = visitors.arrive("patient", size=NARROW)
    speak(page, language)
    faults = []
    for address in (*OFTEN, more_about_a_day(page)):
        page.goto(address)
        faults += [f"{address}: {fault}" for fault in faults_of(page)]
        broken = page.locator("h1, h2, .nhsuk-button, .ebb-ways__link").evaluate_all(BROKEN_WORDS)
        faults += [f"{address}: {word} is broken in the middle" for word in broken]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_four_places_stand_side_by_side_whole(visitors, language):
    page = visitors.arrive("patient", size=NARROW)
    speak(page, language)
    places = page.locator(PLACES)
    boxes = [one.bounding_box() for one in places.all()]
    assert len({round(box["y"]) for box in boxes}) == 1
    assert min(box["height"] for box in boxes) >= 56
    assert places.evaluate_all(BROKEN_WORDS) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_full_entry_needs_no_scrolling_on_a_common_phone(visitors, language):
    page = visitors.arrive("patient", size={"width": 360, "height": 640})
    speak(page, language)
    page.goto("/today")
    question, send = (
        page.locator(".ebb-score__question:visible"),
        page.locator(".ebb-today button[type=submit]:visible"),
    )
    bottom = send.bounding_box()
    assert question.bounding_box()["y"] >= 0
    assert bottom["y"] + bottom["height"] <= 640, f"Save ends at {bottom['y'] + bottom['height']} px"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_is_chosen_on_the_sign_in_page_without_any_script(visitors, language):
    page = visitors.arrive(None, size=NARROW, java_script_enabled=False)
    page.goto("/sign-in")
    page.locator(f"a[hreflang={language}]").click()
    assert page.locator("html").get_attribute("lang") == language
    page.goto("/about")
    assert page.locator("html").get_attribute("lang") == language
