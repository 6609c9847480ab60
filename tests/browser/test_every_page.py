"""Every page is open to everyone: at three widths, in light and dark, with nothing cut off and no complaint."""

import pytest

from tests.browser.hands import faults_for_hands, is_for_patients
from tests.browser.measures import COLOURS, TAGS, faults_of
from tests.browser.moments import prepare
from tests.browser.pages import NO_PAGES, PAGES

SIZES = {"small phone": (320, 640), "phone": (390, 844), "desk": (1280, 900)}


@pytest.fixture(scope="module")
def facts(served):
    return prepare(served)


def open_page(visitors, opened, facts):
    """Come to a page as a person would, and do there what the page is about."""
    page = visitors.arrive(opened.role)
    for status in {opened.first, opened.status} - {200}:
        visitors.expect(f"Answer: {status}", f"a status of {status}")
    answer = page.goto(opened.address.format(**facts))
    if opened.act:
        opened.act(page)
    else:
        assert answer.status == opened.status
    if page.locator("[data-figure]").count():
        page.locator(".main-svg").first.wait_for()
    return page


@pytest.mark.parametrize("opened", PAGES, ids=str)
def test_a_page_shuts_nobody_out(visitors, facts, opened):
    page = open_page(visitors, opened, facts)
    faults = []
    for scheme, rules in {"light": TAGS, "dark": COLOURS}.items():
        page.emulate_media(color_scheme=scheme)
        for called, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            faults += [f"{called}, {scheme}: {fault}" for fault in faults_of(page, rules=rules)]
    if is_for_patients(page):
        faults += faults_for_hands(page)
    assert not faults, "\n".join(faults)


BROKEN = {
    "words too pale": "document.querySelector('h1').style.color = '#eeeeee'",
    "a button without words": "document.querySelector('main button').replaceChildren()",
    "a picture wider than the window": "document.querySelector('main').style.minWidth = '2000px'",
    "words cut off": "Object.assign(document.querySelector('h1').style,"
    " {overflow: 'hidden', width: '30px', whiteSpace: 'nowrap'})",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_a_fault_of_a_page_is_seen(visitors, broken):
    page = visitors.arrive()
    page.goto("/sign-in")
    assert not faults_of(page)
    page.evaluate(broken)
    assert faults_of(page)


ADD_A_STYLE = "() => void document.body.append(Object.assign(document.createElement('style'), {textContent: 'p {}'}))"


def test_a_broken_content_policy_is_heard(visitors):
    visitors.expect("Content policy", "Content Security Policy")
    page = visitors.arrive()
    page.goto("/sign-in")
    with page.expect_console_message(lambda message: "Content policy: style-src" in message.text):
        page.evaluate(ADD_A_STYLE)
    assert any("Content policy: style-src" in words for words in visitors.complaints)


def test_every_page_of_the_application_is_looked_at(served):
    served_pages = {rule.endpoint for rule in served.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert served_pages - NO_PAGES == {opened.endpoint for opened in PAGES}
