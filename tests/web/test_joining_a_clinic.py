"""One account in several clinics: joining by link, with both names on the page, and going from one to the other."""

import pytest

from diary.access.identity import OPERATOR
from diary.services import invites, members
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Page
from tests.web.people import PASSWORD, House, a_house
from tests.web.visiting import Visitor


@pytest.fixture
def east(house: House, clock: TestClock) -> House:
    """A second clinic."""
    return a_house(house.app, clock, "Pain clinic East", "east")


def staff_link(house: House, clock: TestClock, name: str = "Nurse Bakker") -> str:
    """Return the path of a staff invite."""
    email = f"{name.rsplit(maxsplit=1)[-1].lower()}@elsewhere.example"
    roles = (Role.NURSE,)
    return f"/invite/{members.invite_member(OPERATOR, email, clinic=house.name, roles=roles, clock=clock, name=name)}"


def patient_link(house: House, clock: TestClock, reference: str = "E-1", name: str = "Novak, Petra") -> str:
    """Return the path of a patient's invite."""
    about = subject(house.add_patient(reference, name))
    return f"/invite/{invites.invite_patient(house.clinician, about, clock=clock)}"


def agreed(page: Page) -> dict[str, str]:
    """Return the boxes as somebody ticks them who means it."""
    boxes = [one for one in page.all("input") if one.get("type") == "checkbox"]
    return {box.get("name") or "": box.get("value") or "y" for box in boxes}


def test_both_names_stand_on_the_page_before_anything_is_joined(house: House, east: House, clock: TestClock) -> None:
    nurse = house.staff(Role.NURSE)
    page = nurse.get(patient_link(east, clock))
    assert page.h1 == "Join Pain clinic East"
    assert "Novak, Petra, as a patient" in page.main
    assert "nurse-0@west.example (Nurse-0)" in page.main
    assert "Join as nurse-0@west.example" in page.main
    refused = nurse.send(page.form(f"{page.path}/join"), status=422)
    assert "Tick that both names are yours. Nothing was joined." in refused.main


def test_the_phone_forgets_the_diary_it_keeps_where_another_place_may_be_next(
    house: House, east: House, clock: TestClock
) -> None:
    phone = house.sign_in_as(house.add_patient())
    link = staff_link(east, clock)
    for path in (link, f"{link}?as=new", "/account/clinics"):
        loaded = [one.get("src", "") for one in phone.get(path).all("script")]
        assert any("/signed-out" in source for source in loaded), path


def test_staff_join_a_second_clinic_and_go_back_and_forth(house: House, east: House, clock: TestClock) -> None:
    nurse = house.staff(Role.NURSE)
    assert "Other clinics" not in nurse.get("/clinic/").links
    page = nurse.get(staff_link(east, clock))
    before = nurse.cookie()
    page = nurse.send(page.form(f"{page.path}/join"), agreed(page))
    assert page.path == "/clinic/"
    assert "Nurse Bakker · Pain clinic East".replace(" · ", " ") in page.text
    assert nurse.cookie() != before
    clinics = nurse.get(page.links["Other clinics"])
    assert "You are here" in clinics.main
    page = nurse.send(clinics.form())
    assert "Pain clinic West" in page.text


def test_the_old_cookie_is_worth_nothing_after_going_to_another_clinic(
    house: House, east: House, clock: TestClock
) -> None:
    nurse, copy = house.staff(Role.NURSE), Visitor(house.app)
    page = nurse.get(staff_link(east, clock))
    copy.client.set_cookie("ebb", nurse.cookie() or "", domain="localhost")
    assert copy.open("/clinic/").status_code == 200
    nurse.send(page.form(f"{page.path}/join"), agreed(page))
    assert copy.open("/clinic/").status_code == 303


def test_a_patient_of_two_clinics_finds_the_other_on_their_own_page(
    house: House, east: House, clock: TestClock
) -> None:
    ana = house.sign_in_as(house.add_patient())
    assert "Other clinics" not in ana.get("/me").links
    page = ana.get(patient_link(east, clock, name="Ramirez, Ana"))
    without = ana.send(page.form(f"{page.path}/join"), {"mine": "y"}, status=422)
    assert "Tick the box to begin" in without.main
    page = ana.send(page.form(f"{page.path}/join"), agreed(page))
    assert page.path == "/today"
    assert "/account/clinics" in ana.get("/me").links.values()
    assert "Ramirez, Ana: my own diary" in ana.get("/account/clinics").main


def test_a_patient_who_joins_as_staff_needs_a_second_factor_first(house: House, east: House, clock: TestClock) -> None:
    ana = house.sign_in_as(house.add_patient())
    page = ana.get(staff_link(east, clock))
    page = ana.send(page.form(f"{page.path}/join"), agreed(page))
    assert page.path.startswith("/sign-in/set-up")
    assert ana.open("/clinic/").status_code == 303


@pytest.mark.parametrize("at_home_in", ["west", "east"])
def test_a_password_alone_opens_no_diary_of_somebody_who_works_elsewhere(
    house: House, east: House, clock: TestClock, at_home_in: str
) -> None:
    here, there = (house, east) if at_home_in == "west" else (east, house)
    nurse = here.staff(Role.NURSE)
    page = nurse.get(patient_link(there, clock, name="Bakker, Nel"))
    nurse.send(page.form(f"{page.path}/join"), agreed(page))
    thief = Visitor(house.app)
    page = thief.send(thief.get("/sign-in").form(), {"email": f"nurse-0@{here.word}.example", "password": PASSWORD})
    assert page.path.startswith("/sign-in/code")
    for closed in ("/today", "/account/passkeys/add", "/account/password", "/account/clinics"):
        assert thief.open(closed).status_code == 303
    owner = thief.send(thief.get("/sign-in/code").form(), {"code": thief.code()})
    assert owner.path in ("/today", "/clinic/")


def test_an_open_phone_is_asked_for_the_second_factor_once_its_owner_is_staff(
    house: House, east: House, clock: TestClock
) -> None:
    patient = house.add_patient()
    ana, phone = house.sign_in_as(patient), house.sign_in_as(patient)
    assert phone.open("/today").status_code == 200
    page = ana.get(staff_link(east, clock))
    ana.send(page.form(f"{page.path}/join"), agreed(page))
    assert phone.open("/today").status_code == 303
    assert phone.get("/sign-in/set-up").h1


def test_somebody_else_on_the_same_device_begins_with_a_name_of_their_own(
    house: House, east: House, clock: TestClock
) -> None:
    nurse = house.staff(Role.NURSE)
    page = nurse.get(patient_link(east, clock))
    page = nurse.get(page.links["Begin with a name of your own"])
    page = nurse.send(page.form(), {"password": PASSWORD, **agreed(page)})
    assert page.path == "/today"
    assert nurse.open("/clinic/").status_code == 404, "the nurse is signed out"


def test_whoever_is_signed_out_signs_in_and_comes_back_to_the_link(house: House, east: House, clock: TestClock) -> None:
    house.staff(Role.NURSE)
    email = list(house.known)[-1]
    nurse, link = Visitor(house.app), staff_link(east, clock)
    way = nurse.get(link).links["Sign in and join with that account"]
    nurse.sign_in(email, PASSWORD, path=way)
    assert nurse.page is not None
    assert nurse.page.h1 == "Join Pain clinic East"


def test_the_form_of_another_account_joins_nothing(house: House, east: House, clock: TestClock) -> None:
    one, two = house.staff(Role.NURSE), house.staff(Role.NURSE)
    link = staff_link(east, clock)
    shown = one.get(link).form(f"{link}/join").fields
    two.get(link)
    page = two.post(f"{link}/join", {"mine": "y", "account": shown["account"]}, status=409)
    assert "Somebody else is signed in by now" in page.main


def test_minutes_later_it_is_confirmed_first(house: House, east: House, clock: TestClock) -> None:
    nurse = house.staff(Role.NURSE)
    page = nurse.get(staff_link(east, clock))
    clock.move(minutes=6)
    asked = nurse.send(page.form(f"{page.path}/join"), agreed(page), status=403)
    assert "Pain clinic East" in nurse.confirm(asked).text


def test_a_clinic_that_is_not_ones_own_is_not_there(house: House, east: House) -> None:
    nurse = house.staff(Role.NURSE)
    for clinic in (str(east.clinic_id), "x", ""):
        nurse.get("/clinic/")
        nurse.post("/account/clinics", {"clinic": clinic}, status=404)
    assert nurse.open("/clinic/").status_code == 200


def in_own_diary(house: House, east: House, clock: TestClock) -> tuple[Visitor, Page]:
    """Return a nurse of West in their own diary in East, and the page that lists both clinics."""
    nurse = house.staff(Role.NURSE)
    page = nurse.get(patient_link(east, clock, name="Bakker, Nel"))
    assert nurse.send(page.form(f"{page.path}/join"), agreed(page)).path == "/today"
    return nurse, nurse.get("/account/clinics")


def test_a_nurse_goes_from_their_own_diary_back_to_work(house: House, east: House, clock: TestClock) -> None:
    nurse, clinics = in_own_diary(house, east, clock)
    assert nurse.send(clinics.form()).path == "/clinic/"


def test_a_phone_left_in_ones_own_diary_opens_the_worklist_to_nobody_else(
    house: House, east: House, clock: TestClock
) -> None:
    nurse, clinics = in_own_diary(house, east, clock)
    clock.move(minutes=16)
    assert nurse.get("/today").h1
    page = nurse.send(clinics.form())
    assert page.path.startswith("/sign-in/code")
    for closed in ("/clinic/", "/today", "/account/clinics"):
        assert nurse.open(closed).status_code == 303
    assert nurse.send(nurse.get("/sign-in/code").form(), {"code": nurse.code()}).path == "/clinic/"


def test_after_an_hour_in_ones_own_diary_one_signs_in_anew_to_work(house: House, east: House, clock: TestClock) -> None:
    nurse, clinics = in_own_diary(house, east, clock)
    clock.move(hours=1)
    assert nurse.send(clinics.form()).path == "/sign-in"
    assert nurse.open("/clinic/").status_code == 303
