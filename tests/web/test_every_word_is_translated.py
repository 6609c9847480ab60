"""Every word that a person reads goes through gettext: with a pseudo-language, all of them stand in brackets."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from flask import Flask

from diary.clinical.forecast import Silent
from diary.services import invites
from diary.services.forecasts import make_forecasts
from diary.services.rules import change_rules
from diary.settings import ROOT
from diary.vocabulary import Role
from tests.clinic_builders import a_course, a_member, subject
from tests.conftest import TestClock
from tests.services.expecting import expecting
from tests.web.pages import Page
from tests.web.people import House, treated
from tests.web.reading import read_out
from tests.web.visiting import Visitor

OPEN, CLOSE = "⟦", "⟧"
NAMES = re.compile(
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b"
    r"|\b(?:January|February|March|April|June|July|August|September|October|November|December)\b"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept|Oct|Nov|Dec)\b|\b[A-Z]-?\d+|https?://\S+|[A-Z][\w-]+/[A-Z].*"
    r"|Ebb|English|Español|Nederlands|Deutsch|[\w-]+@west\.example|Ramirez|Ana|Novak|Petra|Pain clinic West|First"
    r"|(?:Clinician|Nurse|Admin)(?:-Admin)?-\d+"
    r"|\b[A-Z][a-z]+ \d{4}(?:, J Pain [\d:]+)?"
    r"|mg/kg/h|mg/h|g/kg|\bmg\b|\bkg\b|UTC"
)


@pytest.fixture(scope="session")
def pseudo_language(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue in which every message of ours stands in brackets."""
    catalogue = Catalog(locale="en")
    methods = [("diary/**.py", "python"), ("templates/**.html", "jinja2")]
    keywords = {
        **DEFAULT_KEYWORDS,
        "_l": None,
        "lazy_gettext": None,
        "Sentence": None,
        "_number": (4,),
        "rule_number": (3,),
        "Medicine": (7,),
    }
    for _, _, message, _, _ in extract_from_dir(ROOT, methods, keywords=keywords, directory_filter=lambda _path: True):
        one = message if isinstance(message, str) else message[0]
        words = f"{OPEN}{one}{CLOSE}" if isinstance(message, str) else tuple(f"{OPEN}{m}{CLOSE}" for m in message)
        catalogue.add(message, words)
    folder = tmp_path_factory.mktemp("translations")
    file = folder / "en" / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    return folder


@pytest.fixture
def speaking(app: Flask, house: House, pseudo_language: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """The clinic, spoken to in the pseudo-language; pages are not inspected for the words in their titles."""
    app.extensions["babel"].translation_directories = [str(pseudo_language)]
    monkeypatch.setattr(Page, "inspect", lambda _self: None)
    return house


def outside(page: Page) -> list[str]:
    """Return the words of a page that stand outside the brackets and are nobody's name."""
    found = []
    for words in read_out(page):
        rest = words
        while OPEN in rest:
            shorter = re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", rest)
            if shorter == rest:
                break
            rest = shorter
        rest = NAMES.sub("", rest)
        if re.search(r"[A-Za-z]{2,}", rest):
            found.append(" ".join(words.split()))
    return found


def test_a_patients_pages_are_translated(speaking: House, clock: TestClock) -> None:
    patient = treated(speaking, clock)
    visitor = speaking.sign_in_as(patient)
    clock.move(days=1)
    pages = [
        visitor.get(path)
        for path in (
            "/today",
            "/diary",
            "/diary?year=1",
            "/diary?month=2026-02",
            "/courses",
            "/me",
            "/diary/2026-03-20",
            "/about",
            "/me/looks",
            "/me/looks?before=1",
            "/me/data",
            "/me/consents",
            "/me/consents/stop",
        )
    ]
    form = visitor.get("/today").form()
    pages += [visitor.send(form, status=422), visitor.send(form, {"score": "12"}, status=422)]
    pages += [visitor.send(form, {"score": "6", "day": "x"}, status=422)]
    pages += [visitor.send(form, {"score": "6"}), visitor.get("/today"), visitor.send(form, {"score": "7"}, status=409)]
    pages += [visitor.send(visitor.get("/diary/2026-03-20").form(), {"score": "6"}, status=422)]
    pages += [visitor.send(visitor.get("/me").form(), {"hand": "x"}, status=422)]
    visitor = speaking.sign_in_as(patient)
    to_print = [form for form in visitor.get("/me/data").forms if form.fields.get("format") == "print"]
    pages += [visitor.send(form) for form in to_print]
    pages += [visitor.send(visitor.get("/me/consents/stop").form("/me/consents/withdraw"))]
    pages += [visitor.get(at) for at in ("/today", "/me/consents/stop", "/me/consents")]
    assert_translated(pages)


def test_a_clinics_pages_are_translated(speaking: House, clock: TestClock) -> None:
    patient = treated(speaking, clock, after=(2,) * 21 + (7,) * 20)
    treated(speaking, clock, reference="X-2", before=(), name="Novak, Petra")
    visitor = speaking.staff(Role.CLINICIAN, Role.ADMIN)
    path = f"/clinic/patients/{patient.patient_id}"
    pages = [
        visitor.get(at)
        for at in (
            "/clinic/",
            "/clinic/?search=q",
            path,
            f"{path}?view=calendar",
            "/clinic/patients/new",
            f"{path}/consents",
        )
    ]
    course = [address for address in pages[2].links.values() if "/courses/" in address]
    pages += [visitor.get(address) for address in course]
    pages += [visitor.get(at) for at in ("/clinic/settings", "/clinic/audit", "/clinic/audit?patient=q")]
    pages += [visitor.send(visitor.get("/clinic/patients/new").form(), status=422)]
    pages += [
        visitor.send(visitor.get("/clinic/patients/new").form(), {"birth_year": "x", "time_zone": "x"}, status=422)
    ]
    pages += [visitor.send(visitor.get(f"{path}/courses/new").form(), status=422)]
    pages += [visitor.send(visitor.get(f"{path}/courses/new").form(), {"first_day": "x"}, status=422)]
    pages += [visitor.send(visitor.get(path).form(f"{path}/decisions"), status=422)]
    pages += [visitor.send(visitor.get(path).form(f"{path}/events"), status=422)]
    pages += [visitor.send(visitor.get(path).form(f"{path}/invite"))]
    figure = visitor.open(f"{path}/figure.json").json
    assert_translated(pages)
    assert figure is not None
    for trace in figure["data"]:
        assert trace["name"].startswith(OPEN), trace["name"]


def test_staff_and_invites_are_translated(speaking: House) -> None:
    speaking.add_patient("X-4")
    visitor = speaking.staff(Role.CLINICIAN, Role.ADMIN)
    pages = [visitor.get(at) for at in ("/clinic/members", "/clinic/members/new", "/clinic/leave", "/clinic/invites")]
    members = [address for address in pages[0].links.values() if address.count("-") == 4]
    pages += [visitor.get(address) for address in members]
    pages += [visitor.send(pages[-1].form(f"{members[-1]}/suspend"), status=422)]
    pages += [visitor.send(visitor.get("/clinic/members/new").form(), status=422)]
    pages += [visitor.send(visitor.get("/clinic/members/new").form(), {"email": "x", "roles": "x"}, status=422)]
    new = {"name": "Petra", "email": "X-5@a.example", "roles": "nurse"}
    pages += [visitor.send(visitor.get("/clinic/members/new").form(), new), visitor.get("/clinic/members")]
    pages += [visitor.send(visitor.get("/clinic/leave").form(), {"sure": "y"}, status=422)]
    pages += [visitor.get("/clinic/invites"), visitor.post("/clinic/invites", status=422)]
    pages += [visitor.post("/clinic/invites", {"whom": "all", "shown": pages[3].value_of("shown")})]
    assert_translated(pages)


def test_joining_is_translated(speaking: House) -> None:
    about = subject(speaking.add_patient("X-6"))
    token = invites.invite_patient(speaking.clinician, about, clock=speaking.clock)
    visitor = speaking.staff(Role.NURSE)
    page = visitor.get(f"/invite/{token}")
    pages = [page, visitor.get(f"/invite/{token}?as=new"), visitor.get("/account/clinics")]
    pages += [visitor.send(page.form(f"{page.path}/join"), status=422)]
    pages += [visitor.send(page.form(f"{page.path}/join"), {"mine": "y"}, status=422)]
    assert_translated(pages)


@pytest.mark.parametrize("silent", [None, *Silent])
def test_what_is_expected_is_translated(
    speaking: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch, silent: Silent | None
) -> None:
    patient = treated(speaking, clock, after=(2,) * 21)
    admin = a_member(speaking.clinic_id, Role.ADMIN, clock)
    changes = {"ketamine.waiting_time": 14}
    change_rules(admin, speaking.clinic_id, changes, reason=f"{OPEN}x{CLOSE}", base_version=1, clock=clock)
    expecting(monkeypatch, p50=30, silent=silent)
    visitor, path = speaking.staff(), f"/clinic/patients/{patient.patient_id}"
    pages = [visitor.get(path)]
    make_forecasts(clock)
    pages += [visitor.get(path), visitor.get("/clinic/")]
    assert_translated(pages)
    figure = visitor.open(f"{path}/figure.json").json
    assert figure is not None
    assert all(trace["name"].startswith(OPEN) for trace in figure["data"])


def test_the_rules_are_translated(speaking: House) -> None:
    visitor = speaking.staff(Role.CLINICIAN, Role.ADMIN)
    own, medicine = "/clinic/rules/edit", "/clinic/rules/medicines/ketamine"
    pages = [visitor.get("/clinic/rules"), visitor.get(own), visitor.get(medicine)]
    pages += [visitor.send(visitor.get(own).form(), {"near_enters": "x", "week_minimum": "9"}, status=422)]
    nonsense = {"near_enters": "9", "near_leaves": "0.1", "week_minimum": "8", "reason": "2026"}
    pages += [visitor.send(visitor.get(own).form(), nonsense, status=422)]
    pages += [visitor.send(visitor.get(own).form(), {"near_leaves": "0.1", "reason": "2026"}, status=422)]
    pages += [visitor.send(visitor.get(own).form(), {"reason": "2026"}, status=422)]
    pages += [visitor.send(visitor.get(medicine).form(), {"minimum_interval": "1", "reason": "2026"}, status=422)]
    changed = {"near_leaves": "1.5", "paper_counts": "no", "week_minimum": "5", "weeks_percent": "50", "reason": "2026"}
    pages += [visitor.send(visitor.get(own).form(), changed)]
    weeks = {"confirm_weeks": "1", "eval_end": "21", "courses_a_year": "7", "waiting_time": "35", "reason": "2026"}
    pages += [visitor.send(visitor.get(medicine).form(), weeks)]
    pages += [visitor.send(visitor.get(medicine).form(), {"base_version": "1", "reason": "2026"}, status=409)]
    assert_translated(pages)


def test_the_names_of_roles_are_translated(speaking: House) -> None:
    page = speaking.staff(Role.NURSE).get("/clinic/settings")
    assert_translated([page])


def test_pages_for_everybody_and_errors_are_translated(speaking: House, clock: TestClock) -> None:
    patient = speaking.add_patient("X-3")
    a_course(speaking, patient, clock.now.date(), clock, days=1)  # type: ignore[arg-type]
    token = invites.invite_patient(speaking.clinician, subject(patient), clock=clock)
    visitor = Visitor(speaking.app)
    pages = [
        visitor.get("/sign-in"),
        visitor.get("/about"),
        visitor.get(f"/invite/{token}"),
        visitor.get("/nothing", 404),
    ]
    pages += [visitor.get("/invite/x", 410)]
    pages += [visitor.send(visitor.get("/sign-in").form(), {"email": "x" * 300, "password": "x"}, status=422)]
    pages += [visitor.send(visitor.get("/sign-in").form(), {"email": "x", "password": "x"}, status=422)]
    short = {"email": "ab", "password": "x"}
    pages += [visitor.send(visitor.get(f"/invite/{token}").form(), short, status=422)]
    pages += [visitor.send(visitor.get(f"/invite/{token}").form(), {"email": "abc", "password": "x"}, status=422)]
    visitor.open("/sign-in", method="POST")
    visitor.open("/sign-in", method="DELETE")
    assert visitor.page is not None
    assert_translated([*pages, visitor.page])


def assert_translated(pages: list[Page]) -> None:
    """Fail with the list of what is not."""
    found = {(re.sub(r"[0-9a-f-]{36}|\?.*", "…", page.path), words) for page in pages for words in outside(page)}
    assert not found, "\n".join(f"{path}: {words}" for path, words in sorted(found))
