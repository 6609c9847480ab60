"""The pages that say who looked and who did what."""

import csv
import io
import json
import re
from decimal import Decimal

import pytest
from flask import Flask

from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services import audit_pages, looks, moving_in, moving_out
from diary.services.anchors import anchor_where_due
from diary.services.audit import CONTENT_OF
from diary.services.courses import give_baseline
from diary.services.patients import choose_language
from diary.vocabulary import DecisionKind, Role
from diary.web.act_words import ACT_WORDS, act_words, own_act_words
from tests.clinic_builders import confirmed, subject
from tests.conftest import TestClock
from tests.services.deciding import decide
from tests.services.looking_in import diary_of
from tests.web.pages import Page, words_of
from tests.web.people import House, a_house, treated
from tests.web.test_patient_words import check


def rows_of(page: Page) -> list[str]:
    body = page.all("tbody")
    return [words_of(row) for row in body[0].iter("tr")] if body else []


def told(page: Page) -> list[str]:
    facts = page.all("dl")
    return [words_of(one) for one in facts[0].iter("div")] if facts else []


def test_every_act_has_words(app: Flask) -> None:
    assert set(ACT_WORDS) == set(CONTENT_OF)
    with app.test_request_context():
        for action in ACT_WORDS:
            assert act_words(action) != action, action
            assert re.fullmatch(r"[a-z][a-z' ]+", own_act_words(action)), action
        assert own_act_words("not.yet.known") == "did something in your diary"
        assert act_words("not.yet.known") == "not.yet.known"


def test_a_patient_reads_in_plain_words_who_opened_their_data(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    decide(house.clinician, patient, DecisionKind.WAIT, clock)
    nurse = house.staff(Role.NURSE)
    clock.move(minutes=1)
    nurse.get(f"/clinic/patients/{patient.patient_id}")
    nurse.get(f"/clinic/patients/{patient.patient_id}")
    page = visitor.get("/me/looks")
    assert page.h1 == "Who opened my data"
    first, *others = told(page)
    assert re.fullmatch(r"20 Mar 2026, 13:\d\d Nurse-1 \(nurse\) looked at your chart", first)
    assert any(line.endswith("(clinician) wrote down the next step for you") for line in others)
    assert sum("looked at your chart" in line for line in told(page)) == 1
    check(page)


def test_a_patient_reads_that_somebody_of_another_clinic_looked_at_what_a_code_brings(
    house: House, clock: TestClock
) -> None:
    patient, east = treated(house, clock), a_house(house.app, clock, "Pain clinic East", "east")
    visitor, about = house.sign_in_as(patient), subject(patient)
    code = moving_out.make_move_code(confirmed(patient, clock), about, clock=clock).code
    moving_in.look_at_code(east.clinician, east.clinic_id, code, clock=clock)
    line = told(visitor.get("/me/looks"))[0]
    assert "Somebody of another clinic" in line
    assert "()" not in line
    form = next(one for one in visitor.get("/me/data").forms if one.fields.get("format") == "json")
    assert json.loads(visitor.open(form.action, method="POST", data=form.fields).data)["looks"][0]["who"] == (
        "Somebody of another clinic"
    )
    choose_language(patient, about, "de", clock=clock)
    assert "Jemand aus einer anderen Klinik" in told(visitor.get("/me/looks"))[0]


def test_the_page_is_found_from_the_diary_and_from_me(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    assert visitor.get("/me").links["Who opened my data"] == "/me/looks"
    house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert visitor.get("/diary").links["Who opened my data"] == "/me/looks"


def test_older_looks_stand_on_the_next_page(house: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "PAGE", 2)
    visitor = house.sign_in_as(treated(house, clock))
    first = visitor.get("/me/looks")
    second = visitor.get(first.links["Older ones"])
    assert len(told(first)) == 2
    assert second.links["The newest"] == "/me/looks"
    assert not set(told(first)) & set(told(second))
    check(second)
    for key in ("x", "-1", "1e3", "\u0663", "9" * 40, "9" * 18, ""):
        assert visitor.open("/me/looks", query_string={"before": key}).status_code == 200, key
    assert "There is nothing older." in visitor.get("/me/looks?before=1").main


def test_an_admin_reads_who_did_what_and_a_clinician_does_not(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    admin, clinician = house.staff(Role.ADMIN), house.staff()
    clinician.get(f"/clinic/patients/{patient.patient_id}")
    page = admin.get(admin.get("/clinic/settings").links["Who did what"])
    assert any(re.search(r"Clinician-\d clinician looked at a chart M-1 \d+$", row) for row in rows_of(page))
    assert "Ramirez" not in page.text
    assert "Who did what" not in clinician.get("/clinic/settings").links
    assert clinician.open("/clinic/audit").status_code == 403


def test_filters_stand_in_the_address_and_stay_from_page_to_page(
    house: House, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_pages, "PAGE", 2)
    treated(house, clock)
    treated(house, clock, reference="M-2", name="Haas, Bernd")
    admin = house.staff(Role.ADMIN)
    asked = f"/clinic/audit?member={house.clinician.member_id}&patient=M-2&from=2026-01-01&to=2026-12-31"
    page = admin.get(asked)
    assert {row.split(" ")[-2] for row in rows_of(page)} == {"M-2"}
    assert page.value_of("patient") == "M-2"
    assert page.value_of("from") == "2026-01-01"
    unfiltered = admin.get("/clinic/audit?patient=M-2")
    assert "patient=M-2" in unfiltered.links["Next page"]
    older = admin.get(unfiltered.links["Next page"])
    assert not set(rows_of(unfiltered)) & set(rows_of(older))
    assert older.links["First page"] == "/clinic/audit?patient=M-2"
    assert "Nothing fits what you asked for." in admin.get("/clinic/audit?patient=zzz").main


def test_damaged_filters_are_left_out_and_the_page_shows_it(house: House) -> None:
    admin = house.staff(Role.ADMIN)
    for words in ("x", "%%%", "'", "0001-01-01", "9999-12-31", "\u202e", "<b>", "x" * 5000, "\u0663"):
        asked = dict.fromkeys(("member", "patient", "kind", "from", "to", "before"), words)
        assert admin.open("/clinic/audit", query_string=asked).status_code == 200, words
        page = admin.page
        assert page is not None
        assert page.value_of("from") == ""
        assert page.value_of("kind") == ""


def test_the_rows_asked_for_are_taken_out_as_a_file_without_formulas(house: House, clock: TestClock) -> None:
    house.add_patient("=1+1")
    house.add_patient("M-2")
    admin = house.staff(Role.ADMIN)
    form = admin.get("/clinic/audit?kind=patient.added").forms[-1]
    assert form.action.startswith("/clinic/audit/export")
    answer = admin.open(form.action, method="POST", data=form.fields)
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row["patient"] for row in rows] == ["'=1+1", "M-2"]
    assert {row["act"] for row in rows} == {"patient.added"}
    assert all(len(row["hash"]) == 64 for row in rows)
    assert "took out who did what" in rows_of(admin.get("/clinic/audit"))[0]


def test_what_was_written_reaches_neither_page_nor_file(house: House, clock: TestClock) -> None:
    patient = treated(house, clock)
    (course,) = diary_of(patient).courses
    visitor, admin = house.sign_in_as(patient), house.staff(Role.ADMIN)
    whom = subject(patient)
    give_baseline(house.clinician, whom, course.id, value=Decimal("6.25"), reason="goldfinch", clock=clock)
    decide(house.clinician, patient, DecisionKind.STOP, clock)
    page, own = admin.get("/clinic/audit"), visitor.get("/me/looks")
    answer = admin.open("/clinic/audit/export", method="POST", data=page.forms[-1].fields)
    assert "baseline.given" in answer.text
    told_of = " ".join(rows_of(page)) + own.main + answer.text
    for words in ("goldfinch", "6.25", "stop", "ketamine"):
        assert words not in told_of, words


def test_the_page_says_how_far_the_chain_is_verified(house: House, clock: TestClock) -> None:
    admin = house.staff(Role.ADMIN)
    assert "Not yet verified and anchored" in admin.get("/clinic/audit").main
    files = AnchorFiles.of(installation().settings)
    assert anchor_where_due(files, clock=clock) == 1
    (anchor,) = files.read(house.clinic_id)
    words = f"Verified up to link {anchor.position}, which was anchored outside the database on 20 Mar 2026."
    assert words in admin.get("/clinic/audit").main
    files.file_of(house.clinic_id).write_bytes(b"{}\n")
    assert "The audit and its anchors do not agree" in admin.get("/clinic/audit").main
