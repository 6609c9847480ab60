"""What patients never read: a state, a line, a baseline, a forecast. And what they read on every page."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask

from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.demo.told import patients_of_the_demo, summaries, tell, the_clinic_of_the_demo
from tests.web.pages import Page
from tests.web.people import House, a_signing_member, treated
from tests.web.visiting import Visitor

OF_THE_CLINIC = (
    r"\b(state|states|line|baseline|forecast|due|overdue|verdict|threshold|responders?|response|relapse|relief|holding"
    r"|settling|settled|confirmed|loss|worse|worsening|improved?|review|interval|liver|decision|decided"
    r"|outlook|likely|expected|chances?|chairs?|book|waiting time|advice)\b"
)
SAFETY = "This diary is not watched in real time. If you need help now, call 0555 010 203 or 112."
DEMO_PATIENTS = ("M-2041", "M-1987", "M-2110", "M-2077", "M-1950", "M-2061", "M-2145", "M-2019", "M-2151")


def every_page(visitor: Visitor) -> Iterator[Page]:
    """Open every own page that links lead to; of the many old days that can be corrected, three."""
    waiting, seen, corrections = ["/today", "/diary", "/me"], set(), 0
    while waiting:
        path = waiting.pop()
        if path in seen or (corrections > 3 and re.search(r"\d{4}-\d{2}-\d{2}", path)):
            continue
        seen.add(path)
        page = visitor.get(path)
        corrections += page.h1.startswith("On ") and "Why do you correct it?" in page.text
        yield page
        addresses = (urlsplit(address) for address in page.links.values())
        waiting += [one.geturl() for one in addresses if one.path.startswith(("/today", "/diary", "/me"))]


def numbers_of(verdict: dict[str, object]) -> set[str]:
    """Return baseline and line as the clinic reads them."""
    found = {verdict[name] for name in ("baseline", "line")} - {None}
    return {f"{float(str(number)):.1f}" for number in found} | {f"{float(str(number)):.2f}" for number in found}


def check(page: Page, verdict: dict[str, object] | None = None) -> None:
    """Fail when a page says what only the clinic reads, or leaves out whom to call."""
    spoken = page.html.replace(SAFETY, "")
    readable = re.sub(
        r"<(?:path|line|circle|rect)\b[^>]*>|class=\"[^\"]*\"|viewBox=\"[^\"]*\"|[a-z]+=\"[\d. ,-]*\"", " ", spoken
    )
    readable = re.sub(r"<script.*?</script>|<head>.*?</head>", " ", readable, flags=re.DOTALL)
    found = re.search(OF_THE_CLINIC, readable, flags=re.IGNORECASE)
    assert not found, f"{page.path} says {found[0]!r}"  # type: ignore[index]
    assert SAFETY in page.text, page.path
    if verdict:
        own_mean = re.findall(r"\bis\s*(?:<b[^>]*>)?(\d+\.\d)", readable)
        for number in numbers_of(verdict) - set(own_mean):
            assert not re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", readable), f"{page.path} says {number}"


def test_no_patient_of_the_demo_reads_what_only_the_clinic_reads(app: Flask, clock: TestClock) -> None:
    tell(app)
    home, people = the_clinic_of_the_demo(), patients_of_the_demo()
    clinician = a_signing_member(home.name, "one@demo.test", (Role.CLINICIAN,), clock)
    clinic = House(app, clock, "demo", home.name, home.clinic_id, clinician)
    lines = summaries()
    for reference in DEMO_PATIENTS:
        visitor = clinic.sign_in_as(people[reference])
        pages = list(every_page(visitor))
        assert len(pages) >= 6, reference
        for page in pages:
            check(page, lines[reference].shown["verdict"])


def test_the_pages_around_an_entry_say_nothing_of_it_either(house: House, clock: TestClock) -> None:
    lost = treated(house, clock, after=(2,) * 21 + (7,) * 20)
    visitor = house.sign_in_as(lost)
    clock.move(days=1)
    form = visitor.get("/today").form()
    check(visitor.send(form, {"score": "11"}, status=422))
    advice = visitor.send(form, {"score": "9"})
    check(advice)
    saved = visitor.get(next(one for one in advice.links.values() if "/diary?saved=" in one))
    check(saved)
    check(visitor.send(form, {"score": "8"}, status=409))
    check(visitor.send(next(one for one in saved.forms if "/undo/" in one.action)))
    check(visitor.send(next(one for one in visitor.get("/diary").forms if "wearing-off" in one.action)))


def test_whom_to_call_follows_the_clinics_settings(house: House) -> None:
    visitor = house.sign_in_as(house.add_patient())
    admin = house.staff(Role.ADMIN)
    changed = {"phone": "020 555 0199", "emergency_number": "999"}
    admin.send(admin.get("/clinic/settings").form(), changed)
    for path in ("/today", "/diary", "/me", "/diary/2026-03-19"):
        assert "call 020 555 0199 or 999." in visitor.get(path).text


def test_the_invite_says_that_nobody_watches_and_whom_to_call(house: House) -> None:
    patient = house.add_patient()
    clinician = house.staff()
    page = clinician.get(f"/clinic/patients/{patient.patient_id}")
    link = clinician.send(page.form(f"/clinic/patients/{patient.patient_id}/invite")).one("code").text or ""
    shown = Visitor(house.app).get(urlsplit(link).path)
    assert "This diary is not watched in real time." in shown.text
    assert "0555 010 203" in shown.text
    assert "112" in shown.text
