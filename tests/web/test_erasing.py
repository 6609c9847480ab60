"""Erasing on the screens: the patient asks, the admin carries it out, the certificate is told."""

import io
import re
import zipfile

import pytest
from flask import Flask

from diary.services import patients
from diary.services.consent_texts import current_text
from diary.services.consents import give_consent
from diary.vocabulary import ConsentPurpose, LifeCycle, Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.services.looking_in import audit_rows, everything_stored
from tests.web.pages import Form, Page
from tests.web.people import PASSWORD, House, a_house, treated
from tests.web.test_patient_words import check

ERASE = "/me/data/erase"


def form_of(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.endswith(action))


def test_a_patient_reads_what_is_deleted_and_asks_with_the_word(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get(visitor.get("/me/data").links["Erase my data"])
    for words in ("What is deleted", "What stays, and why", "cannot be taken back", "obliged by law"):
        assert words in page.main
    check(page)
    refused = visitor.send(form_of(page, ERASE), {"word": "yes"}, status=422)
    assert "Write the word ERASE." in refused.main
    asked = visitor.send(form_of(refused, ERASE), {"word": " erase "})
    assert "You asked for this on 20 Mar 2026. Your clinic must answer by 19 Apr 2026." in asked.main
    assert re.search(r"the code [0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}\.", asked.main)
    check(asked)


def test_a_patient_takes_it_back(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    asked = visitor.send(form_of(visitor.get(ERASE), ERASE), {"word": "ERASE"})
    page = visitor.send(form_of(asked, "take-back"))
    assert "You asked for this" not in page.main
    assert "Nobody is waiting." in house.staff(Role.ADMIN).get("/clinic/erasures").main


def test_a_patient_who_signed_in_long_ago_proves_it_first_and_nothing_typed_is_lost(
    house: House, clock: TestClock
) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get(ERASE)
    clock.move(minutes=10)
    asked = visitor.open(ERASE, method="POST", data={**form_of(page, ERASE).fields, "word": "ERASE"})
    assert not everything_stored()["erasure_request"]
    asking = Page(asked.text, visitor.app, path=ERASE)
    form = asking.form("/account/confirm")
    assert form.fields["word"] == "ERASE"
    proof = {**form.fields, "confirm-password": PASSWORD}
    answer = visitor.open(form.action, method="POST", data=proof)
    assert answer.status_code == 307
    answer = visitor.open(answer.headers["Location"], method="POST", data=proof)
    assert answer.headers["Location"] == f"{ERASE}?done=erasure-asked"
    assert "You asked for this" in visitor.get(ERASE).main


def test_the_admin_carries_it_out_and_the_code_is_the_same(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    asked = visitor.send(form_of(visitor.get(ERASE), ERASE), {"word": "ERASE"})
    code = re.findall(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}", asked.main)[0]
    admin = house.staff(Role.ADMIN)
    waiting = admin.get(admin.get("/clinic/settings").links["Erasures"])
    assert re.search(r"M-1 · asked on 20 Mar 2026 · (29|30) days left to answer", waiting.main)
    page = admin.get(waiting.links["Ramirez, Ana"])
    assert code in page.main
    wrong = admin.send(form_of(page, str(patient.patient_id)), {"word": "M-2"}, status=422)
    assert "look again whom you are erasing" in wrong.main
    done = admin.send(form_of(wrong, str(patient.patient_id)), {"word": "M-1"})
    assert done.h1 == f"Certificate of erasure {code}"
    assert "asked on their own pages" in done.main
    assert "Ramirez" not in done.html + admin.get("/clinic/erasures").html
    assert code in admin.get("/clinic/erasures").links
    assert visitor.open("/today").status_code == 303
    assert house.staff().open(f"/clinic/patients/{patient.patient_id}").status_code == 404
    assert "Ramirez" not in house.staff().get("/clinic/").html


def test_somebody_who_asked_on_paper_is_found_by_reference(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    admin = house.staff(Role.ADMIN)
    assert "No patient of this clinic has this reference." in admin.get("/clinic/erasures?reference=M-9").main
    page = admin.get("/clinic/erasures?reference=M-1", follow=True)
    assert page.h1 == "Erase Ramirez, Ana"
    form = form_of(page, str(patient.patient_id))
    ahead = admin.send(form, {"word": "M-1", "asked_on": "2026-04-01"}, status=422)
    assert "cannot lie ahead" in ahead.main
    done = admin.send(form_of(ahead, str(patient.patient_id)), {"word": "M-1", "asked_on": "2026-03-02"})
    assert "asked on paper or in person" in done.main
    assert "2 Mar 2026" in done.main


def test_the_patient_sees_that_an_admin_looked_at_it(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    visitor, admin = house.sign_in_as(patient), house.staff(Role.ADMIN)
    admin.get(f"/clinic/erasures/patients/{patient.patient_id}")
    assert "looked at whether you are to be erased" in visitor.get("/me/looks").main


def test_the_thirty_days_are_counted_down_and_over(house: House, clock: TestClock) -> None:
    visitor = house.sign_in_as(treated(house, clock))
    visitor.send(form_of(visitor.get(ERASE), ERASE), {"word": "ERASE"})
    clock.move(days=31)
    assert "the 30 days are over: answer today" in house.staff(Role.ADMIN).get("/clinic/erasures").main


def test_an_admin_elsewhere_sees_neither_person_nor_certificate(house: House, clock: TestClock, app: Flask) -> None:
    patient = treated(house, clock)
    admin = house.staff(Role.ADMIN)
    page = admin.get(f"/clinic/erasures/patients/{patient.patient_id}")
    there = f"/clinic/erasures/patients/{treated(house, clock, reference='M-2').patient_id}"
    done = admin.send(form_of(page, str(patient.patient_id)), {"word": "M-1", "asked_on": "2026-03-02"})
    elsewhere = a_house(app, clock, "Pain clinic East", "east").staff(Role.ADMIN)
    for path in (there, done.path, f"/clinic/erasures/patients/{patient.patient_id}"):
        assert elsewhere.open(path).status_code == 404, path


def test_years_are_set_and_the_list_leads_to_the_erasure(house: House, clock: TestClock) -> None:
    now, clock.now = clock.now, clock.now.replace(year=2015)
    patient = house.add_patient("M-3", "Long, Gone")
    patients.change_life_cycle(house.clinician, subject(patient), LifeCycle.DISCHARGED, clock=clock)
    clock.now = now
    admin = house.staff(Role.ADMIN)
    page = admin.get("/clinic/retention")
    assert "Your clinic keeps diaries without end." in page.main
    assert "from 1 to 30" in admin.send(form_of(page, "retention"), {"years": "31"}, status=422).main
    page = admin.send(form_of(page, "retention"), {"years": "10"})
    assert "1 patient" in page.main
    assert "discharged · last act on 20 Mar 2015 · kept until 20 Mar 2025" in page.main
    page = admin.get(page.links["Long, Gone"])
    done = admin.send(form_of(page, str(patient.patient_id)), {"word": "M-3"})
    assert "the clinic's years had passed" in done.main
    assert "Nobody left so long ago." in admin.get("/clinic/retention").main


@pytest.mark.parametrize("role", [Role.RESEARCHER, Role.ADMIN])
def test_diaries_for_research_are_one_file(house: House, clock: TestClock, role: Role) -> None:
    staff = house.staff(role)
    assert "Fewer than five patients" in staff.get(staff.get("/clinic/settings").links["Diaries for research"]).main
    for number in range(5):
        patient = treated(house, clock, reference=f"M-{number}")
        version = current_text(ConsentPurpose.RESEARCH).version
        give_consent(patient, subject(patient), ConsentPurpose.RESEARCH, version=version, clock=clock)
    page = staff.get("/clinic/research")
    assert "5 diaries can be taken out." in page.main
    answer = staff.open("/clinic/research", method="POST", data=form_of(page, "research").fields)
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["README.txt", "patients.csv", "courses.csv", "scores.csv"]
        assert b"Ramirez" not in b"".join(map(archive.read, archive.namelist()))
    assert audit_rows(house.clinic_id)[-1].content["patients"] == 5
    foreign = {**form_of(page, "research").fields, "tags": "not offered"}
    assert staff.open("/clinic/research", method="POST", data=foreign).status_code == 422
