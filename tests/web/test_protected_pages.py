"""Protected diaries through the browser: the closed page, the banner, the review, and what the patient reads."""

import uuid

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.errors import DiaryProtected
from diary.models import BreakGlass
from diary.services import invite_cards
from diary.services.protection import protect_diary
from diary.vocabulary import Role
from tests.clinic_builders import a_member, confirmed, subject
from tests.conftest import TestClock
from tests.web.people import House, treated
from tests.web.visiting import Visitor

A_NEED = "She fell in the waiting room."
PAGES = ("", "/figure.json", "/courses/new")


@pytest.fixture
def patient(house: House, clock: TestClock) -> Identity:
    """A patient whose diary is protected, with the house's clinician answering for her."""
    made = treated(house, clock)
    admin = a_member(house.clinic_id, Role.ADMIN, clock)
    protect_diary(
        confirmed(admin, clock),
        subject(made),
        responsible_id=house.clinician.member_id,
        reason="She works in this clinic.",
        clock=clock,
    )
    return made


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}"


def broken() -> list[BreakGlass]:
    with snapshot() as session:
        return list(session.scalars(select(BreakGlass).order_by(BreakGlass.broken_at)))


def break_the_glass(visitor: Visitor, patient: Identity, reason: str = A_NEED, status: int = 200) -> str:
    form = visitor.get(path_of(patient), 403).form(f"{path_of(patient)}/glass")
    return visitor.send(form, {"reason": reason}, status=status).text


def test_a_closed_diary_says_so_and_tells_nothing_else(house: House, patient: Identity) -> None:
    for visitor in (house.staff(), house.staff(Role.NURSE)):
        for page in PAGES:
            shown = visitor.get(path_of(patient) + page, 403)
            assert shown.h1 == "This diary is protected"
            assert "Ramirez, Ana" in shown.main
            for word in ("60 minutes", "The patient is told", "reviews"):
                assert word in shown.main
            for secret in ("baseline", "ketamine", "Ketamine", "7-day", "She works"):
                assert secret not in shown.text
    worklist = house.staff(Role.NURSE).get("/clinic/")
    assert "This diary is protected" in worklist.main
    assert "Ramirez, Ana" in worklist.main
    assert "ebb-worklist__row" not in worklist.html


def test_what_is_sent_to_a_closed_diary_is_not_stored_and_says_so(house: House, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    nurse.get(path_of(patient), 403)
    happened = {"happened": "liver_test", "happened_on": "2026-03-10", "client_ref": str(uuid.uuid4())}
    said = nurse.post(f"{path_of(patient)}/events", happened, status=403)
    assert "What you sent was not stored." in said.main


def test_the_glass_is_broken_with_a_reason_and_every_page_says_so(house: House, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    assert "Say why, in 10 to 500 characters." in break_the_glass(nurse, patient, "because", status=422)
    assert broken() == []
    break_the_glass(nurse, patient)
    for page in ("", "/courses/new"):
        shown = nurse.get(path_of(patient) + page).main
        assert "You broke the glass before this protected diary. It is open to you until 20 Mar 2026" in shown
        assert A_NEED in shown
    assert "You broke the glass" not in nurse.get("/clinic/").main
    assert "You broke the glass" not in house.staff(Role.ADMIN).get("/clinic/settings").main


def test_the_glass_is_closed_from_the_banner(house: House, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    break_the_glass(nurse, patient)
    nurse.send(nurse.get(path_of(patient)).form(f"{path_of(patient)}/glass/close"))
    assert nurse.get(path_of(patient), 403).h1 == "This diary is protected"
    assert broken()[0].closed_at is not None


def test_the_page_closes_after_an_hour(house: House, clock: TestClock, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    break_the_glass(nurse, patient)
    for minutes in (14, 14, 14, 14):
        clock.move(minutes=minutes)
        nurse.get(path_of(patient))
    clock.move(minutes=5)
    nurse.get(path_of(patient), 403)


def test_the_admin_is_told_and_reviews(house: House, patient: Identity) -> None:
    admin = house.staff(Role.ADMIN)
    assert "for you" not in admin.get("/clinic/settings").main
    assert "Nothing waits." in admin.get("/clinic/break-glass").main
    break_the_glass(house.staff(Role.NURSE), patient)
    assert "1 review waits for you" in admin.get("/clinic/settings").main
    page = admin.get("/clinic/break-glass")
    assert A_NEED in page.main
    form = page.form(f"/clinic/break-glass/{broken()[0].id}")
    refused = admin.send(form, {"outcome": "not justified", "words": " "}, status=422)
    assert "why it was not justified" in refused.main
    kept = admin.send(form, {"outcome": "not justified", "words": "<b>Talked</b> with her."})
    assert "not justified · <b>Talked</b> with her." in kept.main
    assert "for you" not in admin.get("/clinic/settings").main
    assert broken()[0].review_outcome == "not justified"


def test_a_review_that_is_damaged_is_refused(house: House, patient: Identity) -> None:
    admin = house.staff(Role.ADMIN)
    break_the_glass(house.staff(Role.NURSE), patient)
    form = admin.get("/clinic/break-glass").form(f"/clinic/break-glass/{broken()[0].id}")
    for outcome in (None, "", "fine"):
        admin.send(form, {"outcome": outcome}, status=422)
    assert broken()[0].reviewed_at is None


def test_the_patient_reads_it_in_plain_words(house: House, patient: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    break_the_glass(nurse, patient)
    looks = house.sign_in_as(patient).get("/me/looks").main
    assert "opened your protected diary for an hour without being responsible for you" in looks
    assert f"The reason given: {A_NEED}" in looks
    assert "looked at your protected chart" in looks
    assert "The reason given: She works in this clinic." in looks


def test_an_admin_protects_a_diary_found_by_its_reference_and_ends_it(house: House, clock: TestClock) -> None:
    patient, admin = treated(house, clock, reference="M-7"), house.staff(Role.ADMIN)
    assert "Nobody in your clinic has the reference M-8." in admin.get("/clinic/break-glass?reference=M-8").main
    page = admin.get("/clinic/break-glass?reference=M-7", follow=True)
    form = page.form()
    refused = admin.send(form, {"act": "protect", "reason": "She works in this clinic."}, status=422)
    assert "A protected diary needs a responsible clinician" in refused.main
    responsible = str(house.clinician.member_id)
    assert "10 to 500" in admin.send(form, {"act": "protect", "responsible": responsible}, status=422).main
    kept = admin.send(form, {"act": "protect", "responsible": responsible, "reason": "She works in this clinic."})
    assert kept.h1 == "Protection of this diary"
    house.staff(Role.NURSE).get(path_of(patient), 403)
    assert "Ramirez, Ana" in admin.get("/clinic/break-glass").main
    admin.send(kept.form(), {"act": "end", "reason": "She has left the clinic."})
    house.staff(Role.NURSE).get(path_of(patient))


def test_the_responsible_clinician_protects_from_the_patients_page_and_hands_over(
    house: House, clock: TestClock, patient: Identity
) -> None:
    doctor, other = house.staff(), house.staff()
    other_id = list(house.known.values())[-1].member_id
    doctor_id = list(house.known.values())[-2].member_id
    admin = house.staff(Role.ADMIN)
    form = admin.get(f"{path_of(patient)}/protection").form()
    admin.send(form, {"act": "protect", "responsible": str(doctor_id), "reason": "A new doctor for her."})
    page = doctor.get(path_of(patient))
    assert "This diary is protected: only you open it in the usual way." in page.main
    form = doctor.get(page.links["Change the protection"]).form()
    left = doctor.send(form, {"act": "protect", "responsible": str(other_id), "reason": "Away for some weeks."})
    assert left.h1 == "Worklist"
    doctor.get(path_of(patient), 403)
    other.get(path_of(patient))


def test_a_sheet_of_cards_leaves_a_protected_diary_out_and_says_so(house: House, patient: Identity) -> None:
    nurse, other = house.staff(Role.NURSE), house.add_patient("M-2", "Novak, Petra")
    nurse.get("/clinic/invites")
    sheet = nurse.post("/clinic/invites", {"patient": [str(patient.patient_id), str(other.patient_id)]}).main
    assert "No card was made for: Ramirez, Ana. Their diaries are protected" in sheet
    assert "needed any more" not in sheet
    assert sheet.count("/invite/") == 1
    nurse.get("/clinic/invites")
    alone = nurse.post("/clinic/invites", {"patient": str(patient.patient_id)}).main
    assert "No card was made for: Ramirez, Ana." in alone
    assert "/invite/" not in alone


def test_a_closed_diary_met_where_no_patient_stands_in_the_address_is_no_fault(
    house: House, patient: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    def met(*_asked: object, **_more: object) -> None:
        raise DiaryProtected("This diary is protected.")

    monkeypatch.setattr(invite_cards, "make_cards", met)
    nurse = house.staff(Role.NURSE)
    nurse.get("/clinic/invites")
    page = nurse.post("/clinic/invites", {"patient": str(patient.patient_id)}, status=403)
    assert page.h1 == "This diary is protected"
    assert "Nothing was stored." in page.main
    assert "break the glass" in page.main
    assert "Ramirez" not in page.text
