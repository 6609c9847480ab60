"""Letters: every number with the entries behind it, one page for the visit, a PDF that can be heard, nothing stored."""

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from diary.db import transaction
from diary.exchange import paper
from diary.models import Clinic
from diary.services import infusions
from diary.services.courses import record_event
from diary.vocabulary import DecisionKind, DoseUnit, EventKind, Role
from tests.clinic_builders import a_course, subject
from tests.exchange.pdf_reading import read_paper
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows, everything_stored
from tests.web.people import _written, a_house, treated

ENGLISH = re.compile(
    r"\b(?:the|and|with|behind|entries|entry|days|baseline|line|relief|course|courses|last|until|none|counts|born"
    r"|request|safety|where|source|decided|planned|reason|score|scores|mean|doses|recorded|signature)\b",
    re.IGNORECASE,
)
NAMES = re.compile(
    r"Pain clinic West|Ramirez, Ana|\bM-1\b|Ebb|First|FREEDOM|Noppers|Farrar|Dworkin|Heapy|J Pain|Cochrane"
    r"|talked on the phone"
)


@pytest.fixture
def ana(house, clock):
    return treated(house, clock, after=(2,) * 21 + (7,) * 20)


def letter(visitor, patient, **asked):
    words = "&".join(f"{name}={value}" for name, value in asked.items())
    return visitor.get(f"/clinic/patients/{patient.patient_id}/letter?{words}")


def pdf(visitor, patient, **fields):
    path = f"/clinic/patients/{patient.patient_id}"
    form = visitor.get(f"{path}/letters").form(f"{path}/letter")
    data = {**form.fields, **fields}
    return visitor.open(f"{path}/letter.pdf", method="POST", data=data)


def a_long_diary(house, clock):
    """Ana wrote for 400 days and was treated five times."""
    patient, end = house.add_patient(), clock.now.date()
    first, now = end - timedelta(days=399), clock.now
    courses = [first + timedelta(days=14 + 78 * number) for number in range(5)]
    for begun in courses:
        clock.now = datetime.combine(begun, time(12), tzinfo=UTC)
        course_id = a_course(house, patient, begun, clock, days=4)
        for number in range(2):
            given = infusions.InfusionGiven(
                begun + timedelta(days=number), "ketamine", Decimal("22.5"), DoseUnit.MG_PER_H, Decimal(4)
            )
            clock.now = datetime.combine(given.day, time(12), tzinfo=UTC)
            infusions.record_infusion(house.clinician, subject(patient), course_id, given, clock=clock)
    clock.now = now
    in_course = {(begun - first).days + day for begun in courses for day in range(4)}
    after = [
        min((day - (begun - first).days for begun in courses if day >= (begun - first).days), default=99)
        for day in range(400)
    ]
    scores = {day: 2 + day % 2 if after[day] < 45 else 7 for day in range(400) if day not in in_course and day % 9}
    _written(patient, scores, first, clock)
    return patient


def test_every_number_stands_with_the_entries_behind_it(house, ana, clock):
    page = letter(house.staff(), ana, kind="visit", language="en")
    words = page.text
    assert "Loss of response confirmed: review." in words
    assert "Baseline 7.0 (7 of 7 days up to 2 Feb 2026)" in words
    assert "7.0 (7 of 7 days)" in words
    assert "0 % less than the baseline (7 of 7 days)" in words
    assert "25 days of relief, back at the baseline on 14 Mar 2026 (41 entries since day 1)" in words
    assert "2.0 (7), 71 %" in words
    assert "48 days with an entry since 27 Jan 2026, of which 48 count: written in time." in words
    assert "Last liver test: none known." in words
    assert "Farrar 2001, Dworkin 2008" in words
    assert "no medical device" in words


def test_a_request_says_what_it_rests_on_and_what_was_given(house, ana, clock):
    nurse = house.staff(Role.NURSE)
    assert "No decision to repeat is recorded." in letter(nurse, ana, kind="repeat", language="en").text
    decide(house.clinician, ana, DecisionKind.REPEAT, clock, in_days=12)
    record_event(house.clinician, subject(ana), EventKind.LIVER_TEST, clock=clock)
    words = letter(nurse, ana, kind="repeat", language="en").text
    assert "Decided on 20 Mar 2026 by First: repeat." in words
    assert "Planned for 1 Apr 2026." in words
    assert "Reason: talked on the phone" in words
    assert "Last liver test known: 20 Mar 2026." in words
    assert "ketamine, 3 Feb 2026 to 7 Feb 2026: doses not recorded here" in words
    assert "no infusion recorded" not in words, "that reads as none was given"
    assert "Minimum interval of ketamine: until 21 Mar 2026." in words
    assert "Name, day and signature" in words


@pytest.mark.parametrize("kind", ["visit", "repeat"])
@pytest.mark.parametrize("language", ["es", "nl", "de"])
def test_no_english_word_is_left_in_another_language(house, ana, clock, kind, language):
    decide(house.clinician, ana, DecisionKind.REPEAT, clock, in_days=12)
    page = letter(house.staff(), ana, kind=kind, language=language)
    article = next(one for one in page.all("article") if "ebb-letter" in (one.get("class") or ""))
    assert article.get("lang") == language
    words = NAMES.sub("", " ".join(article.itertext()))
    assert not ENGLISH.findall(words), words
    assert "7,0" in words, "numbers of the place"


def test_an_own_language_of_the_clinic_is_offered_first(house, ana):
    with transaction() as session:
        session.get_one(Clinic, house.clinic_id).language = "nl"
    visitor = house.staff()
    form = visitor.get(f"/clinic/patients/{ana.patient_id}/letters").form(f"/clinic/patients/{ana.patient_id}/letter")
    assert form.fields["language"] == "nl"


def test_one_page_holds_400_days_and_five_courses_in_a_pdf_that_can_be_heard(house, clock):
    ana = a_long_diary(house, clock)
    visitor = house.staff()
    answer = pdf(visitor, ana, kind="visit", language="de", sheet="us")
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ebb-letter-2026-03-20.pdf"'
    read = read_paper(answer.data)
    assert len(read.pages) == 1
    assert 'pdfuaid:part="1"' in read.objects
    assert "/Lang (de)" in read.objects
    assert "/DisplayDocTitle true" in read.objects
    for tag in ("/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/Figure", "/P"):
        assert f"/S {tag}" in read.objects, tag
    assert "Ramirez, Ana" in read.words
    assert read.words.count("Ketamin") >= 5
    assert not re.search(r"Ramirez|ketamin|M-1", read.objects.split("/Title", 1)[1].split(")", 1)[0], re.IGNORECASE)


def test_a_request_with_all_its_doses_is_a_pdf_too(house, clock):
    ana = a_long_diary(house, clock)
    read = read_paper(
        pdf(house.staff(), ana, kind="repeat", to="Dr. Novak\nWest Street 1", words="Please call us.").data
    )
    assert len(read.pages) <= 2
    for words in ("Dr. Novak", "Please call us.", "22.5 mg/h", "4 hours", "Name, day and signature"):
        assert words in read.words, words


def test_what_is_added_by_hand_is_printed_and_never_stored(house, ana):
    visitor, path = house.staff(), f"/clinic/patients/{ana.patient_id}"
    form = visitor.get(f"{path}/letters").form(f"{path}/letter")
    page = visitor.send(form, {"to": "Dr. <b>Novak</b>\nWest Street 1", "words": "Unheard-of words & more"})
    assert "Dr. <b>Novak</b>" in page.text
    assert "Unheard-of words & more" in page.text
    assert "Unheard-of" not in str(everything_stored())
    again = page.form(f"{path}/letter.pdf")
    assert again.fields["words"] == "Unheard-of words & more"


def test_taking_a_letter_out_is_a_row_that_the_patient_reads(house, ana):
    letter(house.staff(), ana, kind="visit", language="nl")
    rows = [row for row in audit_rows(house.clinic_id) if row.action == "letter.taken_out"]
    assert [(row.patient_id, row.content) for row in rows] == [
        (ana.patient_id, {"kind": "visit", "language": "nl", "format": "print"})
    ]
    assert "took out a letter about you" in house.sign_in_as(ana).get("/me/looks").text


def test_without_the_libraries_the_page_to_print_says_so(house, ana, monkeypatch):
    missing = paper.subprocess.CompletedProcess([], paper._LIBRARIES_MISSING, b"", b"")
    monkeypatch.setattr(paper, "_made_elsewhere", lambda _page, _styles: missing)
    answer = pdf(house.staff(), ana, kind="visit")
    assert answer.status_code == 422
    assert "This server cannot make PDF files." in answer.text
    assert "Pain diary: one page for the visit" in answer.text


def test_a_letter_before_any_course_and_any_entry_says_so(house):
    silent = house.add_patient("M-7")
    for kind in ("visit", "repeat"):
        words = letter(house.staff(), silent, kind=kind, language="en").text
        assert "Nothing is written yet." in words
        assert "No course yet." in words


def test_an_unknown_letter_is_not_there_and_a_damaged_form_is_shown_again(house, ana):
    visitor, path = house.staff(), f"/clinic/patients/{ana.patient_id}"
    visitor.get(f"{path}/letter?kind=love", status=404)
    form = visitor.get(f"{path}/letters").form(f"{path}/letter")
    visitor.send(form, {"kind": "love"}, status=422)
    visitor.send(form, {"words": "x" * 1501}, status=422)
    assert pdf(visitor, ana, kind="love").status_code == 422


def test_a_letter_about_another_clinics_patient_is_not_there(app, house, ana, clock):
    elsewhere, path = a_house(app, clock, "Pain clinic East", "east").staff(), f"/clinic/patients/{ana.patient_id}"
    for address in ("letters", "letter?kind=visit"):
        elsewhere.get(f"{path}/{address}", status=404)
    for address in ("letter", "letter.pdf"):
        elsewhere.get("/clinic/digest")
        elsewhere.post(f"{path}/{address}", {"kind": "visit", "language": "en", "sheet": "a4"}, status=404)
    assert not [row for row in audit_rows(house.clinic_id) if row.action == "letter.taken_out"]
