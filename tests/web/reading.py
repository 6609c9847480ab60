"""What is read on a page: the words of each block in one piece, and what is read out without being seen."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from tests.web.pages import IN_A_LINE, UNSEEN, Page

READ_OUT = ("aria-label", "placeholder", "alt", "title", "data-label")
BREAK, JOIN = "\x1e", "\u2060"
"""Stand between blocks, and between the parts of a line."""


def read_out(page: Page) -> Iterator[str]:
    """Yield the words of a page, block by block; a sentence with a mark inside it stays one piece."""
    yield from (block for block in _said(page.root).split(BREAK) if block.strip())
    for one in page.root.iter():
        if isinstance(one.tag, str) and one.tag not in UNSEEN:
            yield from (one.get(name) or "" for name in READ_OUT if name != "title" or one.tag != "link")


def _said(element: Element) -> str:
    if not isinstance(element.tag, str) or element.tag in (*UNSEEN, "code", "style"):
        return ""
    inner = (element.text or "") + "".join(_said(one) + (one.tail or "") for one in element)
    return f"{JOIN}{inner}{JOIN}" if element.tag in IN_A_LINE else f"{BREAK}{inner}{BREAK}"
