"""A page as it is handed out, and what has to hold on every one of them."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from diary.settings import ROOT

UNSEEN: Final = ("script", "style", "template")
IN_A_LINE: Final = ("a", "b", "code", "em", "i", "span", "strong", "sub", "sup", "tspan")
CONTROLS: Final = ("input", "select", "textarea")
LABELLED_OTHERWISE: Final = ("hidden", "submit", "button", "image", "reset")
REFERENCES: Final = ("aria-describedby", "aria-labelledby", "aria-controls", "headers", "list")


@dataclass(frozen=True)
class Form:
    """A form with what it would send as it stands."""

    action: str
    method: str
    fields: dict[str, str]
    element: Element


class Page:
    """A page of the product; `inspect` says whether it is one."""

    def __init__(self, html: str, app: Flask, *, path: str) -> None:
        self.html, self.app, self.path = html, app, path

    @cached_property
    def root(self) -> Element:
        """The document, parsed as strictly as the standard has it."""
        parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
        root: Element = parser.parse(self.html)
        for one in root.iter():
            if isinstance(one.tag, str):
                one.tag = one.tag.rpartition("}")[2]
        return root

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Return the elements of these tags that carry these attributes (`class_` looks for one class)."""
        return [one for one in self.root.iter() if one.tag in tags and _carries(one, attributes)]

    def one(self, tag: str, **attributes: str) -> Element:
        """Return the only element of its kind."""
        found = self.all(tag, **attributes)
        assert len(found) == 1, f"{self.path} has {len(found)} of <{tag}> {attributes}"
        return found[0]

    @property
    def text(self) -> str:
        """The words of the page, with single spaces."""
        body = self.root.find("body")
        assert body is not None
        return words_of(body)

    @property
    def main(self) -> str:
        """The words of its main part."""
        return words_of(self.one("main"))

    @property
    def title(self) -> str:
        """What the tab says."""
        head = self.one("head")
        return words_of(next(head.iter("title")))

    @property
    def h1(self) -> str:
        """Its heading."""
        return words_of(self.one("h1"))

    @property
    def links(self) -> dict[str, str]:
        """Words and addresses of its links."""
        return {words_of(link): link.get("href", "") for link in self.all("a")}

    @property
    def forms(self) -> list[Form]:
        """Its forms, in order."""
        return [self._form(element) for element in self.all("form")]

    def form(self, action: str | None = None) -> Form:
        """Return the form that posts to `action`, or to the page itself."""
        wanted = urlsplit(urljoin(self.path, action)).path if action else urlsplit(self.path).path
        found = [form for form in self.forms if form.method == "post" and urlsplit(form.action).path == wanted]
        assert len(found) == 1, f"{self.path} has {len(found)} forms to {wanted}"
        return found[0]

    def errors_of(self, name: str) -> str:
        """Return what stands beside the field `name` as its error."""
        fields = [one for one in self.all(*CONTROLS) if one.get("name") == name]
        field = next((one for one in fields if one.get("type") != "hidden"), fields[0])
        ident = field.get("id", "")
        base = ident.rsplit("-", 1)[0] if field.get("type") == "radio" else ident
        found = self.all("p", id=f"{base}-error")
        return words_of(found[0]) if found else ""

    def value_of(self, name: str) -> str | None:
        """Return the value of the field `name` as the page holds it."""
        return next((form.fields[name] for form in self.forms if name in form.fields), None)

    def _form(self, element: Element) -> Form:
        action = urljoin(self.path, element.get("action") or self.path)
        return Form(action, element.get("method", "get").lower(), dict(_would_send(element)), element)

    # What holds on every page.

    def inspect(self) -> None:
        """Fail unless this is a page as all of ours are."""
        assert self.html.lstrip().lower().startswith("<!doctype html>"), "no doctype"
        wrong = [*self._wrong_words(), *self._wrong_code(), *self._wrong_controls(), *self._wrong_addresses()]
        assert not wrong, f"{self.path}: " + "; ".join(wrong)

    def _wrong_words(self) -> Iterator[str]:
        if not self.root.get("lang"):
            yield "the page has no language"
        headings = self.all("h1")
        if len(headings) != 1:
            yield f"{len(headings)} first headings"
            return
        asks = any(heading is headings[0] for legend in self.all("legend") for heading in legend.iter("h1"))
        # A question that is the heading stays out of the tab and of the browser's history.
        if not asks and self.title != f"{self.h1} – Ebb":
            yield f"title {self.title!r} over heading {self.h1!r}"
        if not self.title.endswith(" – Ebb") or self.title.startswith(" "):
            yield f"title {self.title!r}"
        for left in ("{{", "{%", "%(", "None", "Undefined", "<function", "&amp;", "&lt;"):
            if left in re.sub(r"\bNone of\b", "", self.text) and left not in self.allowed:
                yield f"{left!r} among the words"

    allowed: tuple[str, ...] = ()
    """Leftovers that are what somebody wrote."""

    def _wrong_code(self) -> Iterator[str]:
        for one in self.root.iter():
            if one.tag == "style" or (one.tag == "script" and (not one.get("src") or (one.text or "").strip())):
                yield f"inline <{one.tag}>"
            for name, value in one.attrib.items():
                if name == "style" or str(name).startswith("on"):
                    yield f"{name} on <{one.tag}>"
                if name in ("href", "src", "action", "formaction") and str(value).strip().lower().startswith(
                    "javascript:"
                ):
                    yield f"a script in {name}"
            if one.tag in ("ul", "ol") and any(child.tag not in ("li", "script") for child in one):
                yield f"<{one.tag}> with more than <li>"
            if one.tag in ("a", "button") and any(
                c.tag in ("a", "button", *CONTROLS) for c in one.iter() if c is not one
            ):
                yield f"a control within <{one.tag}>"
            if one.tag in ("a", "button") and not (words_of(one) or one.get("aria-label")):
                yield f"<{one.tag}> without words"
            if one.tag == "img" and one.get("alt") is None:
                yield "<img> without alt"

    def _wrong_controls(self) -> Iterator[str]:
        ids = Counter(one.get("id") for one in self.root.iter() if one.get("id"))
        yield from (f"id {name} {count} times" for name, count in ids.items() if count > 1)
        controls = {one.get("id"): one for one in self.all(*CONTROLS)}
        labels = {label.get("for") for label in self.all("label")}
        yield from (f"label for {name}, which is not there" for name in labels if name not in controls)
        for control in self.all(*CONTROLS):
            named = control.get("id") in labels or control.get("aria-label") or control.get("aria-labelledby")
            if control.get("type") not in LABELLED_OTHERWISE and not named:
                yield f"{control.get('name')} without a label"
        yield from self._wrong_references(ids)

    def _wrong_references(self, ids: Counter[str | None]) -> Iterator[str]:
        for one in self.root.iter():
            for name in REFERENCES:
                for ident in (one.get(name) or "").split():
                    if ident not in ids:
                        yield f"{name} names {ident}, which is not there"
        for fieldset in self.all("fieldset"):
            if fieldset.find("legend") is None:
                yield "a fieldset without a legend"
        for table in self.all("table"):
            if table.find("caption") is None:
                yield "a table without a caption"

    def _wrong_addresses(self) -> Iterator[str]:
        for form in self.forms:
            if form.method == "post" and not form.fields.get("csrf_token"):
                yield f"the form to {form.action} has no token"
            yield from self._unresolved(form.action, form.method.upper())
        for one in self.root.iter():
            for name in ("href", "src", "data-figure"):
                address = one.get(name)
                drawn = one.tag == "img" and str(address).startswith("data:image/svg+xml")
                if address is not None and not drawn:
                    yield from self._unresolved(address, "GET")

    def _unresolved(self, address: str, method: str) -> Iterator[str]:
        parts = urlsplit(address)
        if parts.scheme in ("tel", "mailto", "otpauth"):
            return
        if parts.scheme or parts.netloc:
            yield f"{address} leads away"
        elif parts.path.startswith("/static/"):
            plain = re.sub(r"^/static/js-[0-9a-f]{12}/", "/static/js/", unquote(parts.path))  # the version of scripts
            if not (ROOT / plain.lstrip("/")).is_file():
                yield f"{address} is no file"
        elif parts.path and not _is_known(self.app, urljoin(self.path, address), method):
            yield f"{address} leads nowhere"
        elif not parts.path and parts.fragment and not self._has(parts.fragment):
            yield f"{address} is not on the page"

    def _has(self, ident: str) -> bool:
        return any(one.get("id") == ident for one in self.root.iter())


def words_of(element: Element) -> str:
    """Return what is read in an element, with single spaces."""
    return re.sub(r"\s+", " ", "".join(_texts(element))).strip()


def _texts(element: Element) -> Iterator[str]:
    if element.tag in UNSEEN or not isinstance(element.tag, str):
        return
    apart = "" if element.tag in IN_A_LINE else " "
    yield apart + (element.text or "")
    for child in element:
        yield from _texts(child)
        yield child.tail or ""
    yield apart


def _carries(element: Element, attributes: dict[str, str]) -> bool:
    for name, value in attributes.items():
        if name == "class_":
            if value not in (element.get("class") or "").split():
                return False
        elif element.get(name.replace("_", "-")) != value:
            return False
    return True


def _would_send(form: Element) -> Iterator[tuple[str, str]]:
    for one in form.iter():
        name, kind = one.get("name"), one.get("type", "text")
        if not name:
            continue
        if one.tag == "textarea":
            yield name, one.text or ""
        elif one.tag == "select":
            options = list(one.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            yield from ((name, option.get("value") or "") for option in chosen)
        elif one.tag == "input" and kind in ("radio", "checkbox"):
            if one.get("checked") is not None:
                yield name, one.get("value", "on")
        elif one.tag == "input" and kind not in ("submit", "button", "image", "reset"):
            yield name, one.get("value") or ""


def _is_known(app: Flask, address: str, method: str) -> bool:
    adapter: Any = app.url_map.bind("localhost")
    parts = urlsplit(address)
    try:
        adapter.match(parts.path, method=method)
    except RequestRedirect:
        return True
    except HTTPException:
        return False
    return True
