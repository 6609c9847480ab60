"""The page on which a patient's particulars are changed, as its nurse meets it."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot, transaction
from diary.models import AuditEvent, Member, Patient
from diary.services.protection import protect_diary
from diary.vocabulary import MemberStatus, Role
from tests.clinic_builders import a_member, confirmed, subject
from tests.conftest import TestClock
from tests.web.pages import Page
from tests.web.people import House
from tests.web.visiting import Visitor

SAME = "Nothing was changed: all of it stands like this already."


@pytest.fixture
def patient(house: House) -> Identity:
    """Ana, who lives in Amsterdam."""
    return house.add_patient()


@pytest.fixture
def nurse(house: House) -> Visitor:
    """A signed-in nurse."""
    return house.staff(Role.NURSE)


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}/particulars"


def save(visitor: Visitor, patient: Identity, *, status: int = 200, **fields: str | None) -> Page:
    """Open the page, write `fields` into it, and save it."""
    return visitor.send(visitor.get(path_of(patient)).form(), fields, status=status)


def stored(patient: Identity) -> Patient:
    with snapshot() as session:
        return session.get_one(Patient, (patient.clinic_id, patient.patient_id))


def times_changed(house: House) -> int:
    with snapshot() as session:
        of_kind = (AuditEvent.clinic_id == house.clinic_id, AuditEvent.action == "patient.changed")
        return len(session.scalars(select(AuditEvent).where(*of_kind)).all())


def test_a_nurse_comes_from_the_patients_page_and_goes_back_to_it_with_what_was_changed(
    house: House, nurse: Visitor, patient: Identity
) -> None:
    page = nurse.get(f"/clinic/patients/{patient.patient_id}")
    form = nurse.get(page.links["Change the particulars"]).form()
    assert (form.fields["name"], form.fields["reference"], form.fields["time_zone"]) == ("Ramirez, Ana", "M-1", "")
    assert form.fields["zone_from"] == "2026-03-21"
    written = {
        "name": "Ramirez Ruiz, Ana",
        "reference": "M-2041",
        "birth_year": "1979",
        "phone": "0555 88",
        "responsible": str(house.clinician.member_id),
        "time_zone": "America/New_York",
    }
    page = nurse.send(form, written)
    assert page.h1 == "Ramirez Ruiz, Ana"
    for words in ("Saved.", "M-2041", "born 1979", "Phone: 0555 88", "Responsible: First", "Europe/Amsterdam"):
        assert words in page.text
    assert "Time zone from 21 Mar 2026: America/New York" in page.main
    assert "Ramirez Ruiz, Ana" in nurse.get("/clinic/").links


def test_a_patient_somebody_is_made_responsible_for_stands_in_my_patients(house: House, patient: Identity) -> None:
    doctor = house.staff()
    me = str(list(house.known.values())[-1].member_id)
    assert "Ramirez, Ana" not in doctor.get("/clinic/?mine=1").links
    save(doctor, patient, responsible=me)
    assert "Ramirez, Ana" in doctor.get("/clinic/?mine=1").links
    save(doctor, patient, responsible="")
    assert "Ramirez, Ana" not in doctor.get("/clinic/?mine=1").links


def test_saving_it_as_it_stands_is_said_to_change_nothing(house: House, nurse: Visitor, patient: Identity) -> None:
    assert SAME not in nurse.get(path_of(patient)).main
    for fields in ({}, {"time_zone": "Europe/Amsterdam"}, {"zone_from": ""}, {"zone_from": "2020-01-01"}):
        page = save(nurse, patient, **fields)
        assert (page.h1, SAME in page.main) == ("Change the particulars", True)
    assert times_changed(house) == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " ", "Write the patient's name."),
        ("name", "x" * 121, "Use at most 120 characters."),
        ("reference", "", "Write your clinic's own number for the patient."),
        ("reference", "M-2", "Haas, Bernd has the reference M-2 already."),
        ("reference", "m -2", "Haas, Bernd has the reference M-2 already."),
        ("birth_year", "79", "Write a year with four digits, like 1979."),
        ("birth_year", "MCMLXXIX", "Write a whole number."),
        ("phone", "1" * 41, "Use at most 40 characters."),
        ("responsible", "somebody", "Choose one of those offered."),
        ("time_zone", "Mars/Olympus", "Choose one of those offered."),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_everything_written_stays(
    house: House, nurse: Visitor, patient: Identity, field: str, value: str, said: str
) -> None:
    bernd = house.add_patient("M-2", "Haas, Bernd")
    page = save(nurse, patient, status=422, **{"phone": "0555 88", field: value})
    led_to = page.links.get("Open the patient who has it")
    assert led_to == (f"/clinic/patients/{bernd.patient_id}" if "Haas" in said else None)
    assert said in page.errors_of(field)
    assert page.links[said] == f"#{field}"
    assert field == "phone" or page.value_of("phone") == "0555 88"
    assert times_changed(house) == 0
    assert stored(patient).phone == ""


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("", "Write the first day in the new time zone."),
        ("2026-02-30", "Write a day that exists in the calendar."),
        ("2026-03-19", "Choose today or a later day: days that are past keep their time zone."),
        ("2027-03-22", "Choose a day within a year from today."),
        ("9999-12-31", "Choose a day within a year from today."),
        ("0001-01-01", "Choose today or a later day: days that are past keep their time zone."),
    ],
)
def test_a_new_time_zone_needs_a_first_day_that_has_not_passed(
    nurse: Visitor, patient: Identity, first: str, said: str
) -> None:
    page = save(nurse, patient, status=422, time_zone="Asia/Tokyo", zone_from=first)
    assert page.errors_of("zone_from") == f"Error: {said}"
    assert page.value_of("time_zone") == "Asia/Tokyo"


def test_a_change_that_lies_ahead_is_shown_and_taken_back_with_a_tick(nurse: Visitor, patient: Identity) -> None:
    assert "lie ahead" not in nurse.get(path_of(patient)).main
    save(nurse, patient, time_zone="America/New_York")
    refused = save(nurse, patient, status=422, time_zone="Asia/Tokyo")
    assert "The time zone changes on this day already" in refused.errors_of("zone_from")
    assert "America/New York from 21 Mar 2026" in refused.main
    page = save(nurse, patient, taken_back="2026-03-21", time_zone="Asia/Tokyo", zone_from="2026-03-25")
    assert "Time zone from 25 Mar 2026: Asia/Tokyo" in page.main
    assert "New York" not in page.main


def test_a_change_that_came_while_its_page_was_open_is_said_to_be_history(
    house: House, patient: Identity, clock: TestClock
) -> None:
    clock.now = datetime(2026, 3, 21, 2, 50, tzinfo=UTC)  # ten minutes before the day turns in Amsterdam
    nurse = house.staff(Role.NURSE)
    save(nurse, patient, time_zone="America/New_York", zone_from="2026-03-21")
    form = nurse.get(path_of(patient)).form()
    clock.move(minutes=11)
    page = nurse.send(form, {"taken_back": "2026-03-21"}, status=422)
    assert "That change of the time zone has come already: enter the next one." in page.text


def test_two_who_change_it_at_once_are_told_and_neither_loses_a_word(
    house: House, nurse: Visitor, patient: Identity
) -> None:
    doctor = house.staff()
    forms = [visitor.get(path_of(patient)).form() for visitor in (nurse, doctor)]
    save(doctor, patient, phone="0555 11", birth_year="1979")
    page = nurse.send(forms[0], {"name": "Ramirez Ruiz, Ana", "phone": "0555 22"}, status=409)
    assert "Somebody else changed these particulars meanwhile: look at both, then save again." in page.text
    assert page.errors_of("phone") == "Error: Stored meanwhile: 0555 11"
    assert [page.value_of(name) for name in ("name", "phone", "birth_year")] == [
        "Ramirez Ruiz, Ana", "0555 22", "1979",
    ]  # fmt: skip
    assert stored(patient).name == "Ramirez, Ana"
    nurse.send(page.form())
    row = stored(patient)
    assert (row.name, row.phone, row.birth_year) == ("Ramirez Ruiz, Ana", "0555 22", 1979)


def test_a_responsible_clinician_chosen_meanwhile_is_named(house: House, nurse: Visitor, patient: Identity) -> None:
    doctor = house.staff()
    me = list(house.known.values())[-1]
    form = nurse.get(path_of(patient)).form()
    save(doctor, patient, responsible=str(me.member_id))
    page = nurse.send(form, {"responsible": str(house.clinician.member_id)}, status=409)
    assert page.errors_of("responsible") == f"Error: Stored meanwhile: {me.name}"
    assert page.value_of("responsible") == str(house.clinician.member_id)


def test_whoever_works_here_no_more_is_shown_as_such_and_stays_until_changed(
    house: House, nurse: Visitor, patient: Identity
) -> None:
    gone = a_member(house.clinic_id, Role.CLINICIAN, house.clock)
    save(nurse, patient, responsible=str(gone.member_id))
    with transaction() as session:
        session.get_one(Member, (house.clinic_id, gone.member_id)).status = MemberStatus.SUSPENDED
    assert f"{gone.name} (does not work here as a clinician now)" in nurse.get(path_of(patient)).main
    save(nurse, patient, phone="0555 88")
    assert stored(patient).responsible_id == gone.member_id


@pytest.mark.parametrize("shown", [None, "", "{}", "[]", "7", "{", '{"name": 1}', "null", "[" * 5000])
def test_a_damaged_form_changes_nothing_and_says_so(
    house: House, nurse: Visitor, patient: Identity, shown: str | None
) -> None:
    page = save(nurse, patient, status=422, shown=shown, phone="0555 88")
    assert "This form is damaged. Reload the page and try again." in page.text
    assert times_changed(house) == 0


def test_zones_that_no_page_showed_are_damage_too(nurse: Visitor, patient: Identity) -> None:
    form = nurse.get(path_of(patient)).form()
    for zones in ([], [["x", "UTC"]], [["2026-01-01"]], "x", None, 3):
        shown = json.dumps({**json.loads(form.fields["shown"]), "zones": zones})
        nurse.send(form, {"shown": shown, "phone": "0555 88"}, status=422)


def test_a_protected_diary_shows_who_is_responsible_and_leads_to_where_that_is_changed(
    house: House, nurse: Visitor, patient: Identity
) -> None:
    doctor = house.staff()
    me = list(house.known.values())[-1]
    admin = confirmed(a_member(house.clinic_id, Role.ADMIN, house.clock), house.clock)
    why = {"reason": "She works in this clinic.", "clock": house.clock}
    open_before = doctor.get(path_of(patient)).form()
    protect_diary(admin, subject(patient), responsible_id=me.member_id, **why)
    nurse.get(path_of(patient), 403)
    page = doctor.get(path_of(patient))
    assert f"Responsible clinician: {me.name}. This diary is protected" in page.main
    assert page.links["Change the protection"] == f"/clinic/patients/{patient.patient_id}/protection"
    assert "responsible" not in page.form().fields
    forged = {"responsible": str(house.clinician.member_id)}
    doctor.send(page.form(), {**forged, "phone": "0555 88"})
    row = stored(patient)
    assert (row.phone, row.responsible_id) == ("0555 88", me.member_id)
    doctor.send(open_before, {**forged, "phone": "0555 99"}, status=409)
    assert stored(patient).responsible_id == me.member_id


def test_the_page_is_for_clinicians_and_nurses_of_the_clinic(house: House, patient: Identity) -> None:
    for role, status in ((Role.CLINICIAN, 200), (Role.NURSE, 200), (Role.ADMIN, 403), (Role.RESEARCHER, 403)):
        house.staff(role).get(path_of(patient), status)
    house.sign_in_as(patient).get(path_of(patient), 404)
