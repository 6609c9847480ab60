"""Who is answered in which language, chosen in one place."""

import pytest
from flask import Flask

from diary.access.identity import OPERATOR, Identity
from diary.db import snapshot, transaction
from diary.languages import LANGUAGES
from diary.models import AuditEvent, Patient
from diary.services import clinics, invites, patients
from diary.vocabulary import Role
from tests.clinic_builders import AGREED, subject
from tests.conftest import TestClock
from tests.messaging.post_office import set_up_mail
from tests.services.postbox import letters_waiting
from tests.web.pages import Page
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

SIGN_IN = {"en": "Sign in", "es": "Iniciar sesión", "nl": "Inloggen", "de": "Anmelden"}
WELCOME = {
    "en": "Welcome to Ebb",
    "es": "Le damos la bienvenida a Ebb",
    "nl": "Welkom bij Ebb",
    "de": "Willkommen bei Ebb",
}
QUESTION = {
    "en": "On average, how strong was your pain over the last 24 hours?",
    "es": "¿Cuál ha sido la intensidad media de su dolor en las últimas 24 horas?",
    "nl": "Hoeveel pijn had u gemiddeld in de afgelopen 24 uur?",
    "de": "Wie stark waren Ihre Schmerzen im Durchschnitt in den letzten 24 Stunden?",
}


@pytest.fixture
def ana(house: House) -> Identity:
    """A patient who is spoken to in German."""
    patient = house.add_patient()
    patients.change_language(house.clinician, subject(patient), "de", clock=house.clock)
    return patient


def language_of(page: Page) -> str:
    """Return what a page names as its language."""
    return page.one("html").get("lang") or ""


def asking_for(visitor: Visitor, languages: str, path: str = "/sign-in") -> Page:
    """Open a page with a browser that asks for these languages."""
    answer = visitor.open(path, headers={"Accept-Language": languages})
    return Page(answer.get_data(as_text=True), visitor.app, path=path)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("", "en"),
        ("nl", "nl"),
        ("de-AT", "de"),
        ("de-CH,en;q=0.9", "de"),
        ("es-419,es;q=0.9,en;q=0.8", "es"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr-FR,fr;q=0.9,nl-BE;q=0.8", "nl"),
        ("fr", "en"),
        ("de;q=0,nl;q=0.1", "nl"),
        ("*", "en"),
        ("xx-<script>", "en"),
    ],
)
def test_whoever_is_not_signed_in_reads_what_their_browser_asks_for(app: Flask, asked: str, answered: str) -> None:
    page = asking_for(Visitor(app), asked)
    assert (language_of(page), page.h1) == (answered, SIGN_IN[answered])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_chosen_on_a_public_page_stays_for_the_pages_that_follow(app: Flask, language: str) -> None:
    visitor = Visitor(app)
    page = visitor.get("/sign-in?next=/diary")
    link = next(one for one in page.all("a") if one.get("hreflang") == language)
    assert link.get("lang") == language
    chosen = visitor.get(link.get("href") or "")
    assert (language_of(chosen), chosen.h1) == (language, SIGN_IN[language])
    current = [one.get("hreflang") for one in chosen.all("a") if one.get("aria-current") == "true"]
    assert current == [language]
    assert "next=%2Fdiary" in (link.get("href") or ""), "where one goes next is not lost by choosing"
    assert language_of(asking_for(visitor, "en", "/about")) == language


def test_the_cookie_of_a_choice_holds_the_language_and_nothing_else(app: Flask) -> None:
    visitor = Visitor(app)
    answer = visitor.open("/sign-in?language=nl")
    kept = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("ebb-language="))
    assert kept.startswith("ebb-language=nl;")
    assert all(part in kept for part in ("HttpOnly", "SameSite=Lax", "Path=/"))
    assert visitor.cookie("ebb-language") == "nl"


def test_without_a_choice_no_cookie_is_set(app: Flask) -> None:
    for address in ("/sign-in", "/sign-in?language=xx", "/sign-in?language="):
        answer = Visitor(app).open(address, headers={"Accept-Language": "de"})
        assert not [one for one in answer.headers.getlist("Set-Cookie") if "language" in one]


def test_a_form_that_is_refused_stays_in_the_language_that_was_chosen(app: Flask) -> None:
    visitor = Visitor(app)
    page = visitor.send(visitor.get("/sign-in?language=es").form(), {"email": "x", "password": "y"}, status=422)
    assert language_of(page) == "es"
    assert "El nombre y la contraseña no corresponden." in page.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_patient_reads_their_own_language_whatever_the_browser_asks_for(house: House, language: str) -> None:
    patient = house.add_patient()
    patients.change_language(house.clinician, subject(patient), language, clock=house.clock)
    visitor = house.sign_in_as(patient)
    page = asking_for(visitor, "fr,nl;q=0.9,de;q=0.8", "/today?language=es")
    assert language_of(page) == language
    assert QUESTION[language] in page.main


def test_staff_read_english_whatever_they_ask_for(house: House) -> None:
    visitor = house.staff(Role.CLINICIAN)
    visitor.get("/sign-in?language=de", 303)
    for path in ("/clinic/", "/clinic/settings", "/account/security", "/account/sessions", "/nothing-there"):
        page = asking_for(visitor, "de,nl;q=0.9", path)
        assert language_of(page) == "en", path


def test_staff_whose_second_factor_is_missing_read_english_already(house: House) -> None:
    house.staff(Role.NURSE)
    email = next(iter(house.known))
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get("/sign-in?language=de").form(), {"email": email, "password": PASSWORD})
    assert (page.path, language_of(page)) == ("/sign-in/code", "en")


def test_a_screen_lock_speaks_its_patients_language(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    visitor.set_pin()
    visitor.send(visitor.get("/account/sessions").form("/account/lock/now"))
    locked = visitor.get("/account/unlock")
    assert (language_of(locked), locked.h1) == ("de", "Gesperrt")


@pytest.mark.parametrize("path", ["/nothing-there", "/invite/no-such-token"])
def test_a_page_that_says_what_failed_speaks_the_same_language(house: House, ana: Identity, path: str) -> None:
    visitor = house.sign_in_as(ana)
    answer = visitor.open(path)
    assert language_of(Page(answer.get_data(as_text=True), house.app, path=path)) == "de"


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invite_opens_in_the_language_of_its_patient(house: House, language: str) -> None:
    patient = house.add_patient()
    patients.change_language(house.clinician, subject(patient), language, clock=house.clock)
    token = invites.invite_patient(house.clinician, subject(patient), clock=house.clock)
    visitor = Visitor(house.app)
    visitor.get("/sign-in?language=nl")
    page = asking_for(visitor, "es", f"/invite/{token}")
    assert (language_of(page), page.h1) == (language, WELCOME[language])


def test_a_language_chosen_on_the_invite_stays_with_the_new_account(house: House, ana: Identity) -> None:
    token = invites.invite_patient(house.clinician, subject(ana), clock=house.clock)
    visitor = Visitor(house.app)
    german = visitor.get(f"/invite/{token}")
    link = next(one.get("href") for one in german.all("a") if one.get("hreflang") == "nl")
    dutch = visitor.get(link or "")
    assert (language_of(german), language_of(dutch)) == ("de", "nl")
    filled = {"password": PASSWORD, "consent": AGREED}
    first = visitor.send(dutch.form(), filled)
    assert language_of(first) == "nl"
    assert QUESTION["nl"] in first.main
    assert stored(ana) == "nl"


def test_a_patient_chooses_on_their_own_page_and_reads_it_at_once(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    page = visitor.get("/me")
    form = page.form("/me/language")
    assert form.fields["language"] == "de"
    offered = [one.text for one in form.element.iter() if one.tag == "option"]
    assert offered == ["English", "Español", "Nederlands", "Deutsch"]
    spanish = visitor.send(form, {"language": "es"})
    assert (language_of(spanish), spanish.h1) == ("es", "Perfil")
    assert "Ebb le habla en este idioma" in spanish.main
    visitor.send(spanish.form("/me/language"), {"language": "xx"}, status=422)
    assert stored(ana) == "es"


def test_a_change_of_language_is_written_in_the_audit(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    visitor.send(visitor.get("/me").form("/me/language"), {"language": "es"})
    with snapshot() as session:
        rows = session.query(AuditEvent).filter_by(action="patient.changed", patient_id=ana.patient_id)
        by = [row.actor for row in rows.order_by(AuditEvent.position)]
    assert by == ["member", "patient"]


def test_staff_choose_the_language_when_they_add_a_patient(house: House) -> None:
    visitor = house.staff(Role.NURSE)
    page = visitor.get("/clinic/patients/new")
    offered = [one.get("value") for one in page.form().element.iter() if one.tag == "option"]
    assert set(LANGUAGES) <= set(offered)
    fields = {"name": "Vries, Jan de", "reference": "L-1", "time_zone": "Europe/Amsterdam", "language": "nl"}
    visitor.send(page.form(), fields)
    with snapshot() as session:
        assert session.query(Patient).filter_by(reference="L-1").one().language == "nl"


def test_a_new_patient_is_spoken_to_as_the_clinic_is_until_somebody_says_otherwise(house: House) -> None:
    clinics.change_clinic(OPERATOR, house.clinic_id, clock=house.clock, language="es")
    assert house.staff(Role.NURSE).get("/clinic/patients/new").value_of("language") == "es"


def test_staff_change_the_language_on_the_patients_page(house: House, ana: Identity) -> None:
    visitor = house.staff(Role.NURSE)
    path = f"/clinic/patients/{ana.patient_id}"
    page = visitor.get(path)
    assert page.form(f"{path}/language").fields["language"] == "de"
    told = visitor.send(page.form(f"{path}/language"), {"language": "nl"})
    assert "Ebb speaks this language with the patient" in told.main
    visitor.send(told.form(f"{path}/language"), {"language": "xx"})
    assert stored(ana) == "nl"


def test_mail_to_a_patient_is_written_in_their_language(house: House, ana: Identity, clock: TestClock) -> None:
    visitor = house.staff(Role.NURSE)
    set_up_mail(house.app, "smtp://127.0.0.1:9")
    path = f"/clinic/patients/{ana.patient_id}"
    shown = visitor.send(visitor.get(path).form(f"{path}/invite"))
    visitor.send(next(form for form in shown.forms if "email" in form.fields), {"email": "ana@home.example"})
    assert [mail.subject for mail in letters_waiting()] == ["Ihre Einladung"]


def test_a_language_that_is_not_spoken_any_more_is_read_in_english(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    with transaction() as session:
        session.get_one(Patient, (ana.clinic_id, ana.patient_id)).language = "fr"
    assert language_of(visitor.get("/today")) == "en"


def stored(patient: Identity) -> str:
    """Return the language that is kept for a patient."""
    with snapshot() as session:
        return session.get_one(Patient, (patient.clinic_id, patient.patient_id)).language
