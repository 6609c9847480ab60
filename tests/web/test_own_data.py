"""My data: everything that was written comes out in every format, and nothing that only the clinic reads."""

import csv
import io
import json
import re
import uuid
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from diary.db import transaction
from diary.exchange import paper
from diary.exchange.own_data import TABLES
from diary.models import Entry
from diary.services import infusions
from diary.services.wearing_off import say_wearing_off
from diary.services.wordings import ITEM_LAST_24_HOURS
from diary.vocabulary import CourseStatus
from diary.web.words import day as as_read
from tests.clinic_builders import a_course, subject
from tests.exchange.pdf_reading import Paper, read_paper
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows, diary_of, revisions_of
from tests.web.people import treated
from tests.web.test_patient_words import OF_THE_CLINIC

FORMATS = ("json", "csv", "pdf", "print")
COLUMNS = ("day", "revision", "score", "source")
SOURCES = st.sampled_from(["self", "late", "paper", "import"])
ENTRIES = st.lists(st.tuples(st.integers(0, 800), st.none() | st.integers(0, 10), SOURCES), min_size=1, max_size=12)


@dataclass
class TakenOut:
    """The files of one patient, read back."""

    document: dict
    sheets: dict
    paper: Paper


def export(visitor, wanted, *, status=200):
    form = next(one for one in visitor.get("/me/data").forms if one.fields.get("format") == wanted)
    answer = visitor.open(form.action, method="POST", data=form.fields)
    assert answer.status_code == status
    return answer


def read_sheets(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    return {name: list(csv.reader(io.StringIO(text, newline=""))) for name, text in texts.items()}


def taken_out(visitor):
    """Take everything out in every format."""
    made = {wanted: export(visitor, wanted).data for wanted in ("json", "csv", "pdf")}
    return TakenOut(json.loads(made["json"]), read_sheets(made["csv"]), read_paper(made["pdf"]))


def put(patient, entries, clock):
    """Put revisions into the diary as they may stand there after years: any day, source and number of corrections."""
    about, revisions = subject(patient), {}
    with transaction() as session:
        for number, (back, score, source) in enumerate(entries):
            on = clock().date() - timedelta(days=back)
            revisions[on] = revisions.get(on, 0) + 1
            written = datetime.combine(on, time(12), tzinfo=UTC) + timedelta(seconds=number)
            session.add(
                Entry(
                    clinic_id=about.clinic_id,
                    patient_id=about.patient_id,
                    id=uuid.uuid4(),
                    day=on,
                    revision=revisions[on],
                    score=score,
                    client_ref=uuid.uuid4(),
                    item_version=ITEM_LAST_24_HOURS,
                    entered_at=None if source == "import" else written,
                    utc_offset_minutes=0,
                    written_at=written,
                    received_at=written,
                    days_late=0,
                    source=source,
                )
            )


def named(lines):
    """Return the rows of a sheet by their columns."""
    return [dict(zip(lines[0], row, strict=True)) for row in lines[1:]]


def of_paper(read: Paper):
    """Return day, revision and score of each entry of a PDF, as they are read."""
    rows = (row for row in read.rows(3, starting=r"\d{1,2} \w{3,4} \d{4}"))
    return [tuple(row) for row in rows if row[1].isdigit() and re.fullmatch(r"\d+|–", row[2])]


@settings(max_examples=6, phases=[Phase.generate])  # a PDF takes a second, and shrinking makes hundreds
@given(entries=ENTRIES)
def test_every_entry_that_was_written_is_in_all_three_files(house, clock, entries):
    patient = house.add_patient(f"M-{uuid.uuid4().hex[:12]}")
    put(patient, entries, clock)
    out = taken_out(house.sign_in_as(patient))
    stored = [(row.day, row.revision, row.score, row.source) for row in revisions_of(patient)]
    assert len(stored) == len(entries)
    in_json = [(row["day"], row["revision"], row["score"], row["source"]) for row in out.document["entries"]]
    assert in_json == [(day.isoformat(), *rest) for day, *rest in stored]
    of_sheet = [tuple(row[name] for name in COLUMNS) for row in named(out.sheets["entries.csv"])]
    assert of_sheet == [tuple("" if value is None else str(value) for value in row) for row in in_json]
    with house.app.test_request_context():
        as_words = [
            (as_read(day), str(number), "–" if score is None else str(score)) for day, number, score, _ in stored
        ]
    assert of_paper(out.paper) == as_words


def test_all_three_files_hold_the_same_courses_infusions_consents_and_looks(house, clock):
    patient = treated(house, clock)
    about, (course,) = subject(patient), diary_of(patient).courses
    dose = (Decimal("22.5"), "mg/h", Decimal(4), Decimal("70.25"))
    given_first = infusions.InfusionGiven(course.first_day, "ketamine", *dose, remark="felt sick")
    infusions.record_infusion(house.clinician, about, course.id, given_first, clock=clock)
    say_wearing_off(patient, about, clock=clock)
    out = taken_out(house.sign_in_as(patient))
    for name in TABLES:
        assert len(out.document[name]) == len(named(out.sheets[f"{name}.csv"])), name
    assert (out.document["infusions"][0]["dose"], out.document["infusions"][0]["weight_kg"]) == (22.5, 70.25)
    assert out.sheets["infusions.csv"][1][3:] == ["22.5", "mg/h", "4", "70.25"]
    for words in ("22.5 mg/h", "70.25", "2 Mar 2026", "ketamine", "2026-1", "recorded a course"):
        assert words in out.paper.words, words
    looks = [(look["who"], look["what"]) for look in out.document["looks"]]
    assert looks == [(row["who"], row["what"]) for row in named(out.sheets["looks.csv"])]
    assert ("First", "recorded a course") in looks
    assert out.document["wearing_off"][0]["day"] == "2026-03-20"
    assert out.document["plans"] == []
    assert "No released plans." in out.paper.words
    assert "felt sick" not in json.dumps(out.document) + out.paper.words


def test_the_paper_has_the_chart_a_table_by_month_and_is_tagged(house, clock):
    visitor = house.sign_in_as(treated(house, clock))
    read = read_paper(export(visitor, "pdf").data)
    assert "February 2026" in read.words
    assert "Days with an entry" in read.words
    assert "/Alt (My diary)" in read.objects
    assert "/Lang (en)" in read.objects
    assert 'pdfuaid:part="1"' in read.objects


def test_nothing_comes_out_that_only_the_clinic_reads(house, clock):
    patient = treated(house, clock, after=(2,) * 21 + (7,) * 20)
    decide(house.clinician, patient, "wait", clock)
    a_course(house, patient, date(2026, 6, 1), clock, status=CourseStatus.PLANNED, medicines=("lidocaine",))
    visitor = house.sign_in_as(patient)
    files = {wanted: export(visitor, wanted).data for wanted in FORMATS}
    said = {"json": files["json"].decode(), "pdf": read_paper(files["pdf"]).words}
    said["csv"] = "\n".join(",".join(row) for lines in read_sheets(files["csv"]).values() for row in lines)
    for wanted, words in said.items():
        assert not re.search(OF_THE_CLINIC, words, re.IGNORECASE), wanted
        assert "2026-06-01" not in words
        assert "lidocaine" not in words


def test_the_name_of_a_file_says_nothing_of_health_and_nobodys_name(house, clock):
    visitor = house.sign_in_as(treated(house, clock))
    for wanted, name in (("json", "ebb-2026-03-20.json"), ("csv", "ebb-2026-03-20.zip"), ("pdf", "ebb-2026-03-20.pdf")):
        answer = export(visitor, wanted)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Cache-Control"].startswith("no-store")


def test_taking_it_out_is_written_down_once_for_each_file(house, clock):
    patient = house.add_patient()
    visitor = house.sign_in_as(patient)
    before = len(audit_rows(house.clinic_id))
    for wanted in FORMATS:
        export(visitor, wanted)
    rows = audit_rows(house.clinic_id, since=before)
    assert [(row.action, row.actor, row.content) for row in rows] == [
        ("data.taken_out", "patient", {"format": wanted}) for wanted in FORMATS
    ]


def test_an_empty_diary_comes_out_too(house):
    visitor = house.sign_in_as(house.add_patient())
    assert json.loads(export(visitor, "json").data)["entries"] == []
    assert "Nothing written yet." in read_paper(export(visitor, "pdf").data).words


def test_without_the_libraries_the_page_says_so_and_offers_the_page_to_print(house, monkeypatch):
    patient = house.add_patient()
    visitor = house.sign_in_as(patient)
    before = len(audit_rows(house.clinic_id))
    missing = paper.subprocess.CompletedProcess([], paper._LIBRARIES_MISSING, b"", b"")
    monkeypatch.setattr(paper, "_made_elsewhere", lambda _page, _styles: missing)
    export(visitor, "pdf", status=422)
    assert "This server cannot make PDF files." in visitor.page.text
    assert audit_rows(house.clinic_id, since=before) == []
    assert b"My data to print" in export(visitor, "print").data


def test_a_format_that_there_is_not_is_refused(house):
    visitor = house.sign_in_as(house.add_patient())
    form = next(one for one in visitor.get("/me/data").forms if one.fields.get("format") == "json")
    for wrong in ("exe", "", "../json"):
        assert visitor.open(form.action, method="POST", data=form.fields | {"format": wrong}).status_code == 422


def test_the_proof_of_who_one_is_has_to_be_fresh(house, clock):
    patient = house.add_patient()
    visitor = house.sign_in_as(patient)
    form = next(one for one in visitor.get("/me/data").forms if one.fields.get("format") == "json")
    before = len(audit_rows(house.clinic_id))
    clock.move(minutes=6)
    answer = visitor.open(form.action, method="POST", data=form.fields)
    assert b"ebb-own-data" not in answer.data
    assert audit_rows(house.clinic_id, since=before) == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "=1+1", "a\u202eb", "Ω العربية 漢"])
def test_hostile_names_come_out_as_they_are(house, clock, name):
    patient = house.add_patient(name=name)
    visitor = house.sign_in_as(patient)
    assert json.loads(export(visitor, "json").data)["about"]["name"] == name
    sheet = dict(read_sheets(export(visitor, "csv").data)["about.csv"])
    assert sheet["name"] == (f"'{name}" if name.startswith("=") else name)
    assert export(visitor, "pdf").data.startswith(b"%PDF")
