"""Files are kept under the version they have, and under no other: two releases may be served side by side."""

import json
import re

import pytest

from diary.settings import ROOT
from diary.web.assets import BEHIND_PATIENT_PAGES, SCRIPTS, script_address
from tests.web.visiting import Visitor

A_YEAR = "public, max-age=31536000, immutable"
OTHER = "0123456789ab"
SCRIPT = (ROOT / "static/js/sending.js").read_bytes()


@pytest.fixture
def visitor(app):
    return Visitor(app)


def style_address(visitor):
    """Return how a page names its style."""
    named = [link.get("href") or "" for link in visitor.get("/sign-in").all("link")]
    return next(address for address in named if ".css?v=" in address)


def imported_by(name):
    """Return every script that one imports, near and far."""
    near = set(re.findall(r'from "\./([a-z-]+\.js)"', (SCRIPTS / name).read_text(encoding="utf-8")))
    return near.union(*map(imported_by, near))


def test_a_patients_page_asks_at_once_for_all_that_its_script_imports():
    assert set(BEHIND_PATIENT_PAGES) == imported_by("patient.js")
    assert imported_by("today.js") - {"patient.js"} <= set(BEHIND_PATIENT_PAGES)


def test_a_file_named_with_its_version_may_be_kept_for_a_year(visitor):
    script = visitor.open(script_address("sending.js"))
    assert (script.status_code, script.headers.get_all("Cache-Control"), script.data) == (200, [A_YEAR], SCRIPT)
    style = visitor.open(style_address(visitor))
    assert (style.status_code, style.headers.get_all("Cache-Control")) == (200, [A_YEAR])


def test_a_file_of_another_release_is_not_there_and_nobody_keeps_that(visitor):
    style = style_address(visitor)
    for address in (
        f"/static/js-{OTHER}/sending.js",
        f"/static/js-{OTHER}/nothing.js",
        re.sub(r"v=\w+", f"v={OTHER}", style),
        f"/static/js/sending.js?x=1&v={OTHER}",
        "/static/js/sending.js?v=",
    ):
        answer = visitor.open(address)
        assert (answer.status_code, answer.headers.get_all("Cache-Control")) == (404, ["no-store"]), address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert SCRIPT not in answer.data


def test_a_file_named_without_a_version_is_kept_for_an_hour(visitor):
    for address in ("/static/js/sending.js", "/static/icons/ebb-192.png?size=1"):
        answer = visitor.open(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "max-age=3600, public")


def test_what_is_not_there_is_not_there_under_our_version_either(visitor):
    version = script_address("").split("/")[2]
    for address in (f"/static/{version}/nothing.js", f"/static/{version}/", "/static/nothing.css?v=1"):
        answer = visitor.open(address)
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store"), address


def test_a_second_look_at_a_kept_file_keeps_it_for_another_year(visitor):
    address = script_address("sending.js")
    seen = visitor.open(address).headers["Last-Modified"]
    again = visitor.open(address, headers={"If-Modified-Since": seen})
    assert (again.status_code, again.headers["Cache-Control"]) == (304, A_YEAR)


def test_every_file_that_a_phone_keeps_is_there_by_the_name_it_is_asked_for(visitor):
    worker = visitor.open("/service-worker.js").get_data(as_text=True)
    files = json.loads(re.search(r"start\(self, (\{.*\})\);", worker).group(1))["files"]
    addresses = [*files, *re.findall(r'import (?:\{ start \} from )?"([^"]+)"', worker)]
    assert len(addresses) > 8
    for address in addresses:
        answer = visitor.open(address)
        assert (answer.status_code, answer.headers["Cache-Control"], answer.headers["Ebb"]) == (200, A_YEAR, "1")
