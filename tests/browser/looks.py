"""A page as everyone meets it: at three widths, in light and dark, with nothing cut off and no barrier."""

from urllib.parse import urlsplit

from tests.browser.hands import faults_for_hands, is_for_patients
from tests.browser.measures import COLOURS, TAGS, faults_of

SIZES = {"small phone": (320, 640), "phone": (390, 844), "desk": (1280, 900)}
LOOKS = (
    ("small phone", "light", TAGS),
    ("phone", "light", ()),
    ("desk", "light", ()),
    ("desk", "dark", COLOURS),
)
"""In which window, in which colours, by which rules of axe; edges and cut-off words are looked at in each."""
AT_A_DESK = (
    ("small phone", "light", ()),
    ("desk", "light", TAGS),
    ("desk", "dark", COLOURS),
)
"""The same for pages of the clinic, which are the same page in every window."""


def open_page(visitors, opened, facts):
    """Come to a page as a person would, and do there what the page is about."""
    if not opened.act:  # what is done on a page may end a session
        visitors.share_cookies(facts.setdefault("cookies", {}))
    page = visitors.arrive(opened.role)
    for status in {opened.first, opened.status} - {200}:
        visitors.expect(f"Answer: {status}", f"a status of {status}")
    answer = page.goto(opened.address.format(**facts))
    if opened.role and not opened.act and urlsplit(page.url).path == "/sign-in":
        visitors.share_cookies({})
        page = visitors.arrive(opened.role)
        answer = page.goto(opened.address.format(**facts))
    if opened.act:
        opened.act(page)
    else:
        assert answer.status == opened.status
    if page.locator("[data-figure]").count():
        page.locator(".main-svg").first.wait_for()
    return page


def faults_in_every_look(visitors, opened, facts):
    """Return what is wrong with a page, however it is looked at."""
    page = open_page(visitors, opened, facts)
    faults = []
    for called, scheme, rules in AT_A_DESK if opened.endpoint.startswith("clinic.") else LOOKS:
        width, height = SIZES[called]
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        faults += [f"{called}, {scheme}: {fault}" for fault in faults_of(page, rules=rules)]
    if is_for_patients(page):
        faults += faults_for_hands(page)
    return faults
