"""The clinic's first steps: an empty list, a new patient, and the link that is handed over."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.models import Patient
from diary.services.protection import protect_diary
from diary.vocabulary import Role
from tests.clinic_builders import AGREED, a_member, confirmed, subject
from tests.conftest import TestClock
from tests.web.pages import Page
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

ANA = {"name": "Ramirez, Ana", "reference": "M-2041", "time_zone": "Europe/Amsterdam"}


@pytest.fixture
def clinician(house: House) -> Visitor:
    """A signed-in clinician."""
    return house.staff()


def invited(clinician: Visitor, page: Page) -> str:
    """Return the path of a fresh invite for the patient whose page is open."""
    link = clinician.send(page.form(f"{urlsplit(page.path).path}/invite")).one("code").text or ""
    return urlsplit(link).path


def test_an_empty_worklist_says_what_to_do_first(clinician: Visitor) -> None:
    page = clinician.page
    assert page is not None
    assert page.h1 == "Worklist"
    assert "Add your first patient, record their course, and hand them their link." in page.main
    assert page.links["Add a patient"] == "/clinic/patients/new"
    assert not page.all("table")


def test_a_new_patient_stands_on_the_worklist_with_what_was_written(clinician: Visitor) -> None:
    form = clinician.get("/clinic/patients/new").form()
    page = clinician.send(form, {**ANA, "birth_year": "1979", "phone": "0555 88", "mine": "me"})
    assert page.h1 == "Ramirez, Ana"
    for words in ("M-2041", "born 1979", "Europe/Amsterdam", "Phone: 0555 88", "No course yet", "Nothing written yet"):
        assert words in page.main
    listed = clinician.get("/clinic/")
    assert "Ramirez, Ana" in listed.links
    assert "No course yet" in listed.main
    assert "never" in listed.main
    assert "Ramirez, Ana" in clinician.get("/clinic/?mine=1").links


def test_the_time_zone_offered_first_is_the_clinics(clinician: Visitor) -> None:
    assert clinician.get("/clinic/patients/new").form().fields["time_zone"] == "UTC"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Write the patient's name."),
        ("name", "   ", "Write the patient's name."),
        ("name", "x" * 121, "Use at most 120 characters."),
        ("name", "Ana\u202eRamirez", "Use plain words without line breaks or invisible characters."),
        ("name", "Ana\nRamirez", "Use plain words without line breaks or invisible characters."),
        ("reference", "", "Write your clinic's own number for the patient."),
        ("reference", " ", "Write your clinic's own number for the patient."),
        ("reference", "9" * 65, "Use at most 64 characters."),
        ("birth_year", "79", "Write a year with four digits, like 1979."),
        ("birth_year", "19790", "Write a year with four digits, like 1979."),
        ("phone", "1" * 41, "Use at most 40 characters."),
    ],
)
def test_what_is_wrong_with_a_new_patient_stands_beside_the_field(
    clinician: Visitor, field: str, value: str, said: str
) -> None:
    form = clinician.get("/clinic/patients/new").form()
    page = clinician.send(form, {**ANA, "phone": "0555 88", field: value}, status=422)
    assert said in page.errors_of(field)
    assert page.links[said].startswith("#")
    for name, kept in {**ANA, "phone": "0555 88"}.items():
        assert name == field or page.value_of(name) == kept
    with snapshot() as session:
        assert not list(session.scalars(select(Patient)))


def test_values_that_the_form_does_not_offer_are_refused(clinician: Visitor) -> None:
    form = clinician.get("/clinic/patients/new").form()
    for field, value in (("time_zone", "Mars/Olympus"), ("time_zone", ""), ("birth_year", "MCMLXXIX"), ("mine", "you")):
        clinician.send(form, {**ANA, field: value}, status=422)
    with snapshot() as session:
        assert not list(session.scalars(select(Patient)))


def test_more_fields_than_the_form_has_change_nothing_else(clinician: Visitor) -> None:
    form = clinician.get("/clinic/patients/new").form()
    more = {"life_cycle": "died", "account_id": "1", "clinic_id": "0", "id": "7", "left_handed": "1"}
    clinician.send(form, {**ANA, **more})
    with snapshot() as session:
        patient = session.scalars(select(Patient)).one()
        assert (patient.life_cycle, patient.account_id, patient.left_handed) == ("active", None, False)


@pytest.mark.parametrize("reference", ["M-2041", "m-2041", " M - 2041 "])
def test_a_reference_is_given_once_in_a_clinic_however_it_is_written(clinician: Visitor, reference: str) -> None:
    form = clinician.get("/clinic/patients/new").form()
    has = clinician.send(form, ANA).path.partition("?")[0]
    page = clinician.send(form, {**ANA, "name": "Novak, Petra", "reference": reference}, status=422)
    assert "Ramirez, Ana has the reference M-2041 already." in page.errors_of("reference")
    assert page.links["Open the patient who has it"] == has
    assert page.value_of("name") == "Novak, Petra"


def test_who_has_a_reference_is_not_led_to_where_the_diary_is_closed(house: House) -> None:
    has = house.add_patient("M-2041")
    admin = confirmed(a_member(house.clinic_id, Role.ADMIN, house.clock), house.clock)
    why = {"reason": "She works in this clinic.", "clock": house.clock}
    protect_diary(admin, subject(has), responsible_id=house.clinician.member_id, **why)
    nurse = house.staff(Role.NURSE)
    page = nurse.send(nurse.get("/clinic/patients/new").form(), {**ANA, "reference": "m-2041"}, status=422)
    assert "Ramirez, Ana has the reference M-2041 already." in page.errors_of("reference")
    assert "Open the patient who has it" not in page.links


def test_an_invite_link_is_shown_once_and_makes_an_account_once(house: House, clinician: Visitor) -> None:
    page = clinician.send(clinician.get("/clinic/patients/new").form(), ANA)
    assert "Has no sign-in yet." in page.main
    path = invited(clinician, page)
    assert path not in clinician.get(page.path).html
    ana = Visitor(house.app)
    for _ in range(3):
        assert "Pain clinic West invites Ramirez, Ana." in ana.get(path).main
    begun = ana.send(ana.get(path).form(), {"email": " Ana@Home.example ", "password": PASSWORD, "consent": AGREED})
    assert begun.path == "/today"
    assert "no longer good" in Visitor(house.app).get(path, 410).main
    assert "Writes on their own phone." in clinician.get(page.path).main
    again = Visitor(house.app).sign_in("ana@home.EXAMPLE", PASSWORD)
    assert again.page is not None
    assert again.page.path == "/today"


def test_a_second_link_replaces_the_first(house: House, clinician: Visitor) -> None:
    page = clinician.send(clinician.get("/clinic/patients/new").form(), ANA)
    first = invited(clinician, page)
    second = invited(clinician, clinician.get(page.path))
    Visitor(house.app).get(first, 410)
    Visitor(house.app).get(second, 200)


def test_a_link_is_good_for_72_hours(house: House, clinician: Visitor, clock: TestClock) -> None:
    path = invited(clinician, clinician.send(clinician.get("/clinic/patients/new").form(), ANA))
    clock.move(hours=71, minutes=59)
    visitor = Visitor(house.app)
    form = visitor.get(path).form()
    clock.move(minutes=2)
    assert (
        "Ask your clinic for a new one." in visitor.send(form, {"email": "ana", "password": PASSWORD}, status=410).main
    )


@pytest.mark.parametrize("token", ["x", "0" * 64, "..", "%00", "a.b", "é"])
def test_a_link_nobody_made_is_no_longer_good(house: House, token: str) -> None:
    Visitor(house.app).get(f"/invite/{token}", 410)


def test_what_is_wrong_with_an_acceptance_stands_beside_the_field(house: House, clinician: Visitor) -> None:
    path = invited(clinician, clinician.send(clinician.get("/clinic/patients/new").form(), ANA))
    visitor = Visitor(house.app)
    for field, value, said in (
        ("email", "", "Write an e-mail address, or a name that you will remember."),
        ("email", "ab", "Use 3 to 254 characters."),
        ("email", "first@west.example", "Somebody signs in with this name already: choose another one."),
        ("password", "", "Choose a password."),
        ("password", "eleven char", "Use at least 12 characters, for example four words."),
        ("password", "ß" * 129, "Use at most 256 characters."),
    ):
        written = {"email": "ana", "password": PASSWORD, "consent": AGREED, field: value}
        page = visitor.send(visitor.get(path).form(), written, status=422)
        assert said in page.errors_of(field)
        assert PASSWORD not in page.html
    visitor.send(visitor.get(path).form(), {"email": "ana", "password": PASSWORD, "consent": AGREED})


def test_nobody_is_invited_before_the_clinic_has_its_numbers(house: House, clinician: Visitor) -> None:
    from diary.access.identity import OPERATOR  # noqa: PLC0415
    from diary.services.clinics import change_clinic  # noqa: PLC0415

    page = clinician.send(clinician.get("/clinic/patients/new").form(), ANA)
    change_clinic(OPERATOR, house.clinic_id, clock=house.clock, phone="")
    refused = clinician.send(page.form(f"{urlsplit(page.path).path}/invite"), status=422)
    assert "Give the clinic's phone and emergency number first" in refused.main
    assert "Phone and emergency number are missing." in house.staff(Role.ADMIN).get("/clinic/settings").main


def test_everything_that_is_missing_is_said_at_once(clinician: Visitor, house: House) -> None:
    path = invited(clinician, clinician.send(clinician.get("/clinic/patients/new").form(), ANA))
    visitor = Visitor(house.app)
    refused = visitor.send(visitor.get(path).form(), {"email": "ana", "password": ""}, status=422)
    assert "Choose a password." in refused.main
    assert "Tick the box to begin. Without it your clinic cannot keep a diary." in refused.main
