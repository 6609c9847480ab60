"""Inviting patients: one page to hand over, a mail where there is mail, a sheet of cards for many."""

import sys
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR
from diary.db import snapshot
from diary.models import OutboxMessage
from diary.services import clinics
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor


@pytest.fixture
def nurse(house: House) -> Visitor:
    """A clinician, who invites like a nurse."""
    return house.staff()


def invite_page(visitor: Visitor, house: House, reference: str = "M-1") -> Page:
    """Add a patient, make an invite for them and return its page."""
    patient = house.add_patient(reference)
    path = f"/clinic/patients/{patient.patient_id}"
    return visitor.send(visitor.get(path).form(f"{path}/invite"))


def links_on(page: Page) -> list[str]:
    """Return the paths of the links that stand on the page."""
    return [urlsplit(words_of(code)).path for code in page.all("code")]


def test_the_page_says_in_plain_words_what_to_do_and_shows_a_code_to_scan(nurse: Visitor, house: House) -> None:
    page = invite_page(nurse, house)
    assert page.h1 == "Invite for Ramirez, Ana"
    assert "Point the camera of your phone at the square and open the link." in page.main
    assert "until 23 Mar 2026" in page.main
    assert "Call 0555 010 203." in page.main
    (image,) = page.all("img")
    assert (image.get("alt"), (image.get("src") or "")[:18]) == ("QR code of the link below", "data:image/svg+xml")
    assert "Mail is not set up in this installation" in page.main
    assert not page.all("input", name="email")


def test_what_the_code_holds_is_the_link(nurse: Visitor, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    module = sys.modules["diary.web.clinic.invites"]
    monkeypatch.setattr(module, "qr_code", lambda link: drawn.append(link) or "data:image/svg+xml;,")
    page = invite_page(nurse, house)
    assert drawn == [words_of(page.one("code"))]


def test_a_patient_begins_in_one_form_with_a_name_that_is_offered(nurse: Visitor, house: House) -> None:
    (link,) = links_on(invite_page(nurse, house))
    new = Visitor(house.app)
    page = new.get(link)
    offered = page.value_of("email") or ""
    assert offered.startswith("ana")
    wrong = new.send(page.form(), {"email": "anna-maria", "password": "short"}, status=422)
    assert wrong.value_of("email") == "anna-maria", "what was written stays"
    page = new.send(page.form(), {"password": PASSWORD, **_ticked(page)})
    assert page.path == "/today"
    assert "used already" in Visitor(house.app).get(link, 410).main
    assert Visitor(house.app).sign_in(offered, PASSWORD).open("/today").status_code == 200


def _ticked(page: Page) -> dict[str, str]:
    """Return the boxes of an invite as somebody ticks them who agrees."""
    return {"consent": page.one("input", name="consent").get("value") or ""}


def test_the_link_is_mailed_when_mail_is_set_up_and_the_address_is_not_kept(
    nurse: Visitor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("diary.services.invite_mail", "diary.web.clinic.invites", "diary.services.outbox"):
        monkeypatch.setattr(sys.modules[place], "mail_is_set_up", lambda: True)
    page = invite_page(nurse, house)
    (link,) = links_on(page)
    form = next(form for form in page.forms if form.action.endswith("/invite/mail"))
    wrong = nurse.send(form, {"email": "ana at home"}, status=422)
    assert "Write an e-mail address" in wrong.errors_of("email")
    assert links_on(wrong) == [link], "the link stays on the screen"
    sent = nurse.send(form, {"email": "ana@home.example"})
    assert "on its way to ana@home.example" in sent.main
    assert links_on(sent) == [link]
    with snapshot() as session:
        (message,) = session.scalars(select(OutboxMessage)).all()
    assert (message.kind, message.state) == ("invite", "waiting")
    assert b"ana@home.example" not in (message.sealed or b"")


def test_the_link_of_another_patient_is_not_mailed(nurse: Visitor, house: House) -> None:
    (link,) = links_on(invite_page(nurse, house))
    other = house.add_patient("M-2", "Haas, Bernd")
    token = link.rpartition("/")[2]
    fields = {"email": "x@home.example", "token": token}
    nurse.post(f"/clinic/patients/{other.patient_id}/invite/mail", fields, status=404)


def test_many_are_invited_at_once_and_each_card_is_its_patients(nurse: Visitor, house: House) -> None:
    people = [house.add_patient(f"M-{number}", f"Patient {number}") for number in range(3)]
    page = nurse.get(nurse.get("/clinic/settings").links["Invites"])
    chosen = [str(one.patient_id) for one in people[:2]]
    sheet = nurse.post("/clinic/invites", {"patient": chosen})
    assert sheet.h1 == "2 invite cards"
    cards = sheet.all("li", class_="ebb-invite-card")
    assert [words_of(next(card.iter("h2"))) for card in cards] == ["Patient 0", "Patient 1"]
    for number, link in enumerate(links_on(sheet)):
        assert f"Pain clinic West invites Patient {number}." in Visitor(house.app).get(link).main
    page = nurse.get("/clinic/invites")
    assert page.main.count("good until 23 Mar 2026") == 2


def test_one_button_invites_everybody_on_the_page(nurse: Visitor, house: House) -> None:
    for number in range(3):
        house.add_patient(f"M-{number}")
    page = nurse.get("/clinic/invites")
    shown = [one.get("value") for one in page.all("input") if one.get("name") == "shown"]
    assert "Make cards for all 3 on this page" in page.main
    assert nurse.post("/clinic/invites", {"shown": shown, "whom": "all"}).h1 == "3 invite cards"


def test_nobody_ticked_is_said_and_wrong_ids_are_not_there(nurse: Visitor, house: House) -> None:
    house.add_patient()
    nurse.get("/clinic/invites")
    assert "Tick at least one patient." in nurse.post("/clinic/invites", status=422).html
    for wrong in ("x", "6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001"):
        nurse.get("/clinic/invites")
        nurse.post("/clinic/invites", {"patient": wrong}, status=404)


def test_without_the_clinics_numbers_the_list_says_what_is_missing(
    nurse: Visitor, house: House, clock: TestClock
) -> None:
    patient = house.add_patient()
    clinics.change_clinic(OPERATOR, house.clinic_id, clock=clock, phone="")
    assert "Patients cannot be invited before both are given." in nurse.get("/clinic/invites").main
    refused = nurse.post("/clinic/invites", {"patient": str(patient.patient_id)}, status=422)
    assert "phone and emergency number first" in refused.html
    box = next(one for one in refused.all("input") if one.get("value") == str(patient.patient_id) and one.get("id"))
    assert box.get("checked") is not None, "the ticks stay"


def test_a_clinic_where_everybody_has_an_account_says_so(nurse: Visitor) -> None:
    assert "Every patient on the worklist has an account" in nurse.get("/clinic/invites").main


def test_the_language_of_the_clinic_is_kept(house: House) -> None:
    from diary.vocabulary import Role  # noqa: PLC0415

    admin = house.staff(Role.ADMIN)
    page = admin.get("/clinic/settings")
    assert page.value_of("language") == "en"
    admin.send(page.form(), {"language": "xx"}, status=422)
    admin.send(page.form(), {"language": "en"})
