"""Every form that there is, found by opening everything, and texts that try to be more than words."""

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from werkzeug.test import TestResponse

from tests.web.canaries import crawl
from tests.web.pages import Form, Page
from tests.web.visiting import Visitor

VALID: Final[Mapping[str, str]] = {
    "name": "Ana",
    "reference": "H-1",
    "phone": "0555",
    "emergency_number": "112",
    "reason": "as talked over",
    "value": "7",
    "first_day": "2026-03-10",
    "last_day": "2026-03-11",
    "day": "2026-03-10",
    "next_step": "2026-04-10",
    "dose": "20",
    "hours": "4",
    "email": "somebody@west.example",
    "password": "quite a long password",
}
HOSTILE: Final[Mapping[str, str]] = {
    "script": "<script>hostile()</script>",
    "attribute": "\"'><img src=x onerror=hostile()>",
    "template": "{{ 7*7 }}{% raw %}%(name)s",
    "SQL": "x'); DROP TABLE entry; -- ' OR '1'='1",
    "CRLF": "x\r\nSet-Cookie: hostile=1\r\n\r\n<script>hostile()</script>",
    "bidi": "Ana\u202egnp.exe\u2066\u200b",
    "NUL": "A\x00na",
    "surrogate": "A\ud800na",
    "long number": "9" * 5000,
    "odd number": "NaN",
    "1 MB": "x" * 1_000_000,
}
ENDS_THE_VISIT: Final = "account.sign_out"


FOR_CHOICES: Final = ("script", "SQL", "NUL", "surrogate", "long number")


@dataclass(frozen=True)
class Field:
    """A field of a form, which takes any text from a program."""

    form: Form
    name: str

    @property
    def texts(self) -> dict[str, str]:
        """What is tried on it: a choice or a hidden field has fewer ways to go wrong."""
        found = next(one for one in self.form.element.iter() if one.get("name") == self.name)
        is_chosen = found.tag == "select" or found.get("type") in ("radio", "checkbox", "hidden")
        tried = [kind for kind in HOSTILE if not is_chosen or kind in FOR_CHOICES]
        # Every other kind for a field, another half for the next: together they try each on fields of every sort.
        return {kind: HOSTILE[kind] for kind in tried[len(self.name) % 2 :: 2] or tried}


def forms_of(visitor: Visitor, *first: str) -> dict[str, Form]:
    """Return one form for each view that the pages a visitor can reach send to."""
    found: dict[str, Form] = {}
    known = visitor.app.url_map.bind("localhost")
    for address, answer in crawl(visitor, *first):
        if answer.mimetype == "text/html" and answer.data:
            for form in Page(answer.get_data(as_text=True), visitor.app, path=address).forms:
                endpoint, _parts = known.match(urlsplit(form.action).path, method=form.method.upper())
                found.setdefault(endpoint, form)
    return {view: form for view, form in found.items() if view != ENDS_THE_VISIT}


def text_fields(forms: Iterable[Form]) -> Iterator[Field]:
    """Return every field of these forms that a request can fill with any text; choices are texts to a server too."""
    for form in forms:
        names = {one.get("name") for one in form.element.iter() if one.tag in ("input", "textarea", "select")}
        yield from (Field(form, name) for name in sorted(filter(None, names)) if _is_tried(name))


def _is_tried(name: str) -> bool:
    """Say whether a field is tried: rows of a table are all alike, so that of many the first stands for them."""
    return name != "csrf_token" and not re.match(r"row-[1-9]", name)


def filled(form: Form) -> dict[str, str]:
    """Return what would be sent when the form is filled in as it should be."""
    fields = {name: value or VALID.get(name, "") for name, value in form.fields.items()}
    for one in form.element.iter():
        name = one.get("name")
        if one.tag == "select" and name:
            values = [option.get("value") or "" for option in one.iter("option")]
            fields[name] = fields.get(name) or next(filter(None, values), "")
        elif one.tag == "input" and one.get("type") == "radio" and name:
            fields.setdefault(name, one.get("value") or "")
    if "client_ref" in fields:
        fields["client_ref"] = str(uuid.uuid4())
    return fields


def send(visitor: Visitor, field: Field, written: str) -> TestResponse:
    """Send a form with `written` in one field, as the bytes that a program would send."""
    body = urlencode({**filled(field.form), field.name: written}, errors="surrogatepass")
    if field.form.method == "get":
        return visitor.open(f"{urlsplit(field.form.action).path}?{body}")
    kind = "application/x-www-form-urlencoded"
    return visitor.open(field.form.action, method="POST", data=body.encode("ascii"), content_type=kind)
