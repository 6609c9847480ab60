"""Every page that a patient can come to, in each language: what is read there is a translation, a name or a day.

The catalogue is read with each translation in brackets; what stands outside them was said past it, or in English.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from diary.access.identity import Identity
from diary.languages import LANGUAGES, locale_of, own_name
from diary.services import invites, patients
from diary.vocabulary import Role
from script.lib.words import TRANSLATED, messages_of, read_catalogue
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.languages.test_catalogues import forms
from tests.messaging.post_office import set_up_mail
from tests.web.pages import Page
from tests.web.people import House, treated
from tests.web.reading import read_out
from tests.web.test_every_word_is_translated import CLOSE, OPEN
from tests.web.visiting import Visitor

NAMES = re.compile(
    r"Ebb|[\w-]+@[\w.-]+|Ramirez|Ana|Pain clinic West|First|JavaScript|(?:Clinician|Nurse|Admin)-\d+|https?://\S+"
    r"|\b[A-Z]-\d+|Europe/Amsterdam|\bPDF\b|\bCSV\b|\bJSON\b|GMT|" + "|".join(map(own_name, LANGUAGES))
)
OLD_DAYS_OPENED = 4
MOST_PAGES = 120


@pytest.fixture(scope="module", params=TRANSLATED)
def language(request: pytest.FixtureRequest) -> str:
    """Each language but that of the code."""
    return str(request.param)


@pytest.fixture(scope="module")
def bracketed(language: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the catalogue of that language, each translation in brackets."""
    kept = read_catalogue(language)
    catalogue = Catalog(locale=language)
    for message in messages_of(kept):
        marked = [f"{OPEN}{one}{CLOSE}" for one in forms(message.string)]
        catalogue.add(message.id, marked if message.pluralizable else marked[0], context=message.context)
    folder = tmp_path_factory.mktemp("bracketed")
    file = folder / language / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    return folder


@pytest.fixture
def ana(house: House, clock: TestClock, language: str, bracketed: Path, monkeypatch: pytest.MonkeyPatch) -> Identity:
    """A patient of that language who wrote before and after a course; the brackets would not pass as titles."""
    house.app.extensions["babel"].translation_directories = [str(bracketed)]
    monkeypatch.setattr(Page, "inspect", lambda _self: None)
    set_up_mail(house.app, "smtp://127.0.0.1:9")
    patient = treated(house, clock)
    patients.change_language(house.clinician, subject(patient), language, clock=clock)
    return patient


def days_in_words(locale: Locale) -> re.Pattern[str]:
    """Return what days and months are called in a language, in full and in short."""
    names = {
        name
        for kinds in (locale.days, locale.months)
        for lengths in kinds.values()
        for length in ("wide", "abbreviated")
        for name in lengths.get(length, {}).values()
    }
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)|\bde\b|\bUhr\b")


def unsaid(page: Page, language: str) -> set[str]:
    """Return the words of a page that no translation holds and that are no name and no day."""
    days, found = days_in_words(locale_of(language)), set()
    for words in read_out(page):
        rest = words
        while OPEN in rest:
            shorter = re.sub(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}", "", rest)
            if shorter == rest:
                break
            rest = shorter
        rest = days.sub("", NAMES.sub("", rest))
        if re.search(r"[^\W\d_]{2,}", rest):
            found.add(f"{re.sub(r'[0-9a-f-]{36}', '…', page.path)}: {' '.join(words.split())}")
    return found


def every_page(visitor: Visitor, *first: str) -> Iterator[Page]:
    """Open every page that links lead to; of many days that look alike, some."""
    waiting, known, old_days = list(first), set(first), 0
    while waiting:
        path = waiting.pop()
        if re.search(r"\d{4}-\d{2}", path):
            old_days += 1
            if old_days > OLD_DAYS_OPENED:
                continue
        assert len(known) < MOST_PAGES, "The crawl finds no end."
        answer = visitor.open(path)
        assert answer.status_code < 500, path
        addresses = [answer.headers["Location"]] if answer.status_code in range(300, 400) else []
        if answer.mimetype == "text/html" and not addresses:
            page = Page(answer.get_data(as_text=True), visitor.app, path=path)
            yield page
            addresses = [link.get("href") or "" for link in page.all("a")]
        for parts in map(urlsplit, addresses):
            address = f"{parts.path}?{parts.query}" if parts.query else parts.path
            if not parts.scheme and parts.path.startswith("/") and address not in known and "language=" not in address:
                known.add(address)
                waiting.append(address)


def refusals(visitor: Visitor) -> Iterator[Page]:
    """Send the forms of the patient's pages empty, and with nonsense in every field; yield what is answered."""
    for path in ("/today", "/me", "/me/consents", "/me/data/erase", "/account/lock", "/account/password"):
        for form in visitor.get(path).forms:
            if form.method != "post" or form.action.endswith(("sign-out", "lock/now", "withdraw", "/export")):
                continue
            kept = {name: value for name, value in form.fields.items() if name == "csrf_token"}
            nonsense = kept | {name: "?" for name in form.fields if name != "csrf_token"}
            for sent in (kept, nonsense):
                answer = visitor.open(form.action, method="POST", data=sent)
                if answer.mimetype == "text/html" and answer.status_code not in range(300, 400):
                    yield Page(answer.get_data(as_text=True), visitor.app, path=f"{form.action} ({answer.status_code})")


def test_no_page_of_a_patient_says_a_word_of_english(
    house: House, ana: Identity, clock: TestClock, language: str
) -> None:
    house.staff(Role.NURSE).get(f"/clinic/patients/{ana.patient_id}")
    clock.move(days=1)
    visitor = house.sign_in_as(ana)
    pages = [*every_page(visitor, "/today", "/diary", "/me"), *refusals(visitor)]
    visitor = house.sign_in_as(ana)
    pages += [visitor.send(visitor.get("/today").form("/today"), {"score": "10"}), visitor.get("/today")]
    pages += every_page(visitor, "/today", "/me/looks")
    assert len(pages) > 30, "a crawl of few pages says little"
    assert_said(pages, language)


@pytest.mark.usefixtures("ana")
def test_no_page_before_signing_in_says_a_word_of_english(house: House, clock: TestClock, language: str) -> None:
    new = house.add_patient("X-3")
    patients.change_language(house.clinician, subject(new), language, clock=clock)
    token = invites.invite_patient(house.clinician, subject(new), clock=clock)
    visitor = Visitor(house.app)
    visitor.open(f"/sign-in?language={language}")
    first = ("/sign-in", "/about", "/sign-in/forgotten", "/nothing-there", "/invite/no-such-token", f"/invite/{token}")
    pages = list(every_page(visitor, *first))
    wrong = {"email": "x", "password": "y"}
    pages += [visitor.send(visitor.get("/sign-in").form(), wrong, status=422)]
    pages += [visitor.send(visitor.get(f"/invite/{token}").form(), wrong, status=422)]
    assert_said(pages, language)


def assert_said(pages: list[Page], language: str) -> None:
    """Fail with the list of what no translation says."""
    found = set().union(*(unsaid(page, language) for page in pages))
    assert not found, "\n".join(sorted(found))
