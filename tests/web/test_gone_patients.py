"""Patients who are no longer on the worklist: found by a search, told on their page, and asked about once before."""

import pytest

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Patient
from diary.services.patients import change_life_cycle
from diary.services.protection import protect_diary
from diary.vocabulary import LifeCycle, Role
from tests.clinic_builders import a_member, confirmed, subject
from tests.web.pages import Page, words_of
from tests.web.people import House
from tests.web.visiting import Visitor

WORDS = {"discharged": "discharged", "moved": "moved to another clinic", "died": "died"}


@pytest.fixture
def ana(house: House) -> Identity:
    """One of two patients."""
    house.add_patient("M-2", "Haas, Bernd")
    return house.add_patient()


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}"


def say(visitor: Visitor, patient: Identity, life_cycle: str, status: int = 200) -> Page:
    """Choose where the patient stands, on their page, and save it."""
    form = visitor.get(path_of(patient)).form(f"{path_of(patient)}/life-cycle")
    return visitor.send(form, {"life_cycle": life_cycle}, status=status)


def stands(patient: Identity) -> str:
    with snapshot() as session:
        return session.get_one(Patient, (patient.clinic_id, patient.patient_id)).life_cycle


def gone(page: Page) -> list[str]:
    """Return what is told of those who are no longer on the list."""
    found = page.all("section", id="gone")
    return [words_of(one) for one in found[0].iter("div")] if found else []


@pytest.mark.parametrize("life_cycle", WORDS)
def test_a_search_finds_who_is_gone_below_the_list_and_says_why(house: House, ana: Identity, life_cycle: str) -> None:
    visitor = house.staff()
    change_life_cycle(house.clinician, subject(ana), life_cycle, clock=house.clock)
    for search in ("ramirez", "m-1"):
        page = visitor.get(f"/clinic/?search={search}")
        assert gone(page) == [f"Ramirez, Ana M-1 {WORDS[life_cycle]}"]
        assert page.links["Ramirez, Ana"] == path_of(ana)
        assert not page.all("table")
        assert "1 need nothing" in page.main
        assert "Nobody" not in page.main
    for address in ("/clinic/", "/clinic/?search=haas", "/clinic/?state=NO_COURSE"):
        assert gone(visitor.get(address)) == []
    assert len(visitor.get("/clinic/?search=m").all("table")) == 1
    assert len(gone(visitor.get("/clinic/?search=m"))) == 1


def test_who_is_gone_is_found_where_nobody_is_on_the_list_any_more(house: House) -> None:
    only, visitor = house.add_patient(), house.staff()
    change_life_cycle(house.clinician, subject(only), LifeCycle.DIED, clock=house.clock)
    page = visitor.get("/clinic/")
    assert "Nobody is on the worklist now." in page.main
    assert "No patients yet" not in page.main
    assert page.all("input", id="search")
    assert gone(visitor.get("/clinic/?search=ram")) == ["Ramirez, Ana M-1 died"]


def test_a_closed_diary_of_someone_who_died_tells_no_more_than_any_other(house: House, ana: Identity) -> None:
    admin = confirmed(a_member(house.clinic_id, Role.ADMIN, house.clock), house.clock)
    why = {"reason": "She works in this clinic.", "clock": house.clock}
    protect_diary(admin, subject(ana), responsible_id=house.clinician.member_id, **why)
    change_life_cycle(house.clinician, subject(ana), LifeCycle.DIED, clock=house.clock)
    page = house.staff().get("/clinic/?search=ramirez")
    assert gone(page) == []
    assert "Ramirez, Ana M-1 This diary is protected" in page.main
    assert "died" not in page.main


def test_many_who_are_gone_stand_on_several_pages(house: House) -> None:
    visitor = house.staff()
    for number in range(53):
        one = house.add_patient(f"M-{number:03}", f"Person {number:03}")
        if number:
            change_life_cycle(house.clinician, subject(one), LifeCycle.DISCHARGED, clock=house.clock)
    first = visitor.get("/clinic/?search=person")
    assert len(gone(first)) == 50
    second = visitor.get(first.links["Next page"])
    assert gone(second) == ["Person 051 M-051 discharged", "Person 052 M-052 discharged"]
    assert second.links["First page"] == "/clinic/?search=person"


@pytest.mark.parametrize("life_cycle", ["moved", "died"])
def test_what_ends_the_sign_in_is_asked_about_once_before_it_is_saved(
    house: House, ana: Identity, life_cycle: str
) -> None:
    visitor = house.staff(Role.NURSE)
    asked = say(visitor, ana, life_cycle, status=422)
    assert asked.h1 == "Is it right?"
    assert "Nothing was stored yet: read what is said, then tick this." in asked.text
    assert f"Ramirez, Ana · M-1: {WORDS[life_cycle]}" in asked.main
    assert ("Moves to another clinic" in asked.links) == (life_cycle == "moved")
    assert asked.links["Ramirez, Ana"] == path_of(ana)
    assert stands(ana) == "active"
    again = visitor.send(asked.form(), status=422)
    assert stands(ana) == "active"
    page = visitor.send(again.form(), {"sure": "y"})
    assert (page.h1, stands(ana)) == ("Ramirez, Ana", life_cycle)
    assert "Saved." in page.text


@pytest.mark.parametrize("life_cycle", ["active", "paused", "discharged"])
def test_what_ends_nothing_is_saved_at_once(house: House, ana: Identity, life_cycle: str) -> None:
    assert say(house.staff(), ana, life_cycle).h1 == "Ramirez, Ana"
    assert stands(ana) == life_cycle


def test_what_stands_already_is_not_asked_about(house: House, ana: Identity) -> None:
    change_life_cycle(house.clinician, subject(ana), LifeCycle.DIED, clock=house.clock)
    assert say(house.staff(), ana, "died").h1 == "Ramirez, Ana"


@pytest.mark.parametrize(("life_cycle", "words"), [("paused", "paused"), *WORDS.items()])
def test_where_a_patient_stands_is_said_beside_the_name_when_it_is_not_active(
    house: House, ana: Identity, life_cycle: str, words: str
) -> None:
    visitor = house.staff()
    assert words not in head(visitor.get(path_of(ana)))
    change_life_cycle(house.clinician, subject(ana), life_cycle, clock=house.clock)
    assert head(visitor.get(path_of(ana))).startswith(f"Ramirez, Ana {words} M-1")


def head(page: Page) -> str:
    return words_of(page.one("header", class_="ebb-head"))
