"""Every page is open to everyone; those of the clinic are looked at beside these, in a file of their own."""

import pytest

from tests.browser.looks import faults_in_every_look
from tests.browser.measures import faults_of
from tests.browser.moments import prepare
from tests.browser.pages import NO_PAGES, PAGES


@pytest.fixture(scope="module")
def facts(served):
    return prepare(served)


@pytest.mark.parametrize("opened", [one for one in PAGES if not one.endpoint.startswith("clinic.")], ids=str)
def test_a_page_shuts_nobody_out(visitors, facts, opened):
    faults = faults_in_every_look(visitors, opened, facts)
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
