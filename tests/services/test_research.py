"""Diaries for research: the numbers of the diaries, of those who agreed, and not a byte that says who or when."""

import csv
import io
import re
import uuid
import zipfile
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from sqlalchemy import event

from diary.db import db, transaction
from diary.errors import ConfirmFirst, Invalid, Refused
from diary.exchange.research import ABOUT
from diary.models import Patient, PatientTag
from diary.services import diaries, entries, research
from diary.services.consent_texts import current_text
from diary.services.consents import give_consent, withdraw_consent
from diary.services.protection import protect_diary
from diary.services.research import take_out_for_research, what_may_be_taken
from diary.vocabulary import ConsentPurpose, Role
from tests.clinic_builders import a_clinic, a_course, a_member, a_patient, confirmed, subject, write_days
from tests.services.looking_in import audit_rows, diary_of, everything_stored

FIRST = date(2026, 1, 5)
RESEARCH = ConsentPurpose.RESEARCH


def agreed(clinic, clock, reference, scores=(7, 6, 3), *, born=1974, tags=("left arm",), zone="Africa/Cairo"):
    end = clock.now
    patient = a_patient(clinic, clock, reference, zone)
    a_course(clinic, patient, FIRST, clock)
    a_course(clinic, patient, FIRST + timedelta(days=30), clock, days=1, medicines=("lidocaine", "magnesium"))
    write_days(patient, scores, clock, first_day=FIRST + timedelta(days=2))
    clock.now = end
    version = current_text(RESEARCH).version
    give_consent(patient, subject(patient), RESEARCH, version=version, clock=clock)
    with transaction() as session:
        session.get_one(Patient, (patient.clinic_id, patient.patient_id)).birth_year = born
        key = {"clinic_id": patient.clinic_id, "patient_id": patient.patient_id}
        session.add_all(PatientTag(**key, tag=tag) for tag in tags)
    return patient


def five(clinic, clock, **fields):
    return [agreed(clinic, clock, f"M-{number}", (number, number + 1, None, 5), **fields) for number in range(5)]


def take(clinic, clock, *tags):
    packed = take_out_for_research(confirmed(clinic.admin, clock), clinic.clinic_id, tags, clock=clock)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        texts = {info.filename: archive.read(info).decode() for info in archive.infolist()}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert texts.pop("README.txt") == ABOUT
    return {name: list(csv.DictReader(io.StringIO(text))) for name, text in texts.items()}, packed


def test_the_numbers_are_those_of_the_diaries_in_days_from_day_0(clinic, clock):
    people = five(clinic, clock)
    files, _packed = take(clinic, clock)
    day_0 = FIRST + timedelta(days=4)
    wanted = sorted(
        sorted(((entry.day - day_0).days, entry.score) for entry in diary_of(person).revisions) for person in people
    )
    found = {}
    for row in files["scores.csv"]:
        found.setdefault(row["patient"], []).append((int(row["day"]), int(row["score"])))
        assert row["source"] in ("self", "late")
    assert sorted(map(sorted, found.values())) == wanted
    assert found.keys() == {row["patient"] for row in files["patients.csv"]}
    courses = [(row["medicine"], int(row["first_day"]), int(row["last_day"])) for row in files["courses.csv"]]
    assert sorted(courses) == sorted([("ketamine", -4, 0), ("lidocaine+magnesium", 26, 26)] * 5)


def test_no_byte_of_the_file_says_who_where_or_when(clinic, clock):
    five(clinic, clock, tags=("left arm", "G-4711 goldfinch"))
    files, packed = take(clinic, clock, "left arm")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        bare = packed + b"".join(map(archive.read, archive.namelist()))
    for mark in (b"Ramirez", b"M-0", b"M-4", b"goldfinch", b"Cairo", b"Africa", b"1974", b"2026", b"Pain clinic"):
        assert mark not in bare, mark
    assert not re.search(rb"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|[0-9a-f]{8}-[0-9a-f]{4}", bare)
    assert not re.search(rb"(?i)\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|\d:\d\d", bare)
    assert {(row["born"], row["tags"]) for row in files["patients.csv"]} == {("1970-1979", "left arm")}


def test_names_are_made_anew_every_time_and_say_nothing_about_the_order(clinic, clock):
    five(clinic, clock)
    names = [{row["patient"] for row in take(clinic, clock)[0]["patients.csv"]} for _ in range(2)]
    assert not names[0] & names[1]
    assert all(re.fullmatch("[a-z]{10}", name) for name in names[0])


def test_fewer_than_five_are_refused_and_not_even_counted(clinic, clock):
    for number in range(4):
        agreed(clinic, clock, f"M-{number}")
    assert what_may_be_taken(clinic.admin, clinic.clinic_id).patients is None
    assert what_may_be_taken(clinic.admin, clinic.clinic_id).tags == ()
    stored = everything_stored()
    with pytest.raises(Invalid, match="Fewer than five patients"):
        take(clinic, clock)
    assert everything_stored() == stored
    agreed(clinic, clock, "M-9")
    assert what_may_be_taken(clinic.admin, clinic.clinic_id).patients == 5


def test_how_many_may_be_taken_is_counted_in_parts_and_without_reading_an_entry(clinic, clock, monkeypatch):
    people = five(clinic, clock)
    agreed(clinic, clock, "M-9", tags=("hand",))
    monkeypatch.setattr(diaries, "AT_ONCE", 2)
    asked = []
    with listening_to(asked):
        offered = what_may_be_taken(clinic.admin, clinic.clinic_id)
    assert (offered.patients, offered.tags) == (len(people) + 1, ("left arm",))
    assert len([sql for sql in asked if "FROM patient_tag" in sql]) == 3
    assert [sql for sql in asked if "FROM entry" in sql] == []


@contextmanager
def listening_to(asked):
    def hear(_connection, _cursor, statement, *_rest):
        asked.append(" ".join(statement.split()))

    engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    yield
    event.remove(engine, "before_cursor_execute", hear)


def test_only_who_agreed_is_not_protected_and_had_a_course_is_taken(clinic, clock):
    people = five(clinic, clock)
    others = [agreed(clinic, clock, f"X-{number}", (9, 9, 9)) for number in range(2)]
    withdraw_consent(others[0], subject(others[0]), RESEARCH, clock=clock)
    with transaction() as session:
        session.get_one(Patient, (clinic.clinic_id, others[1].patient_id)).protected_at = clock()
    silent = a_patient(clinic, clock, "X-9")
    give_consent(silent, subject(silent), RESEARCH, version=current_text(RESEARCH).version, clock=clock)
    elsewhere = a_clinic(clock, "Pain clinic East")
    agreed(elsewhere, clock, "E-1", (10, 10))
    files, _packed = take(clinic, clock)
    assert len(files["patients.csv"]) == len(people)
    assert not {row["score"] for row in files["scores.csv"]} & {"9", "10"}


def test_ten_years_of_birth_that_fewer_than_five_share_are_left_out(clinic, clock):
    five(clinic, clock)
    agreed(clinic, clock, "M-9", born=1931)
    agreed(clinic, clock, "M-8", born=None)
    assert sorted(row["born"] for row in take(clinic, clock)[0]["patients.csv"]) == ["", "", *["1970-1979"] * 5]


def test_only_chosen_tags_of_five_go_along(clinic, clock):
    five(clinic, clock, tags=("left arm", "works in the mill"))
    agreed(clinic, clock, "M-9", tags=("the mayor",))
    assert what_may_be_taken(clinic.admin, clinic.clinic_id).tags == ("left arm", "works in the mill")
    with pytest.raises(Invalid, match="choose again"):
        take(clinic, clock, "the mayor")
    tags = [row["tags"] for row in take(clinic, clock, "left arm")[0]["patients.csv"]]
    assert sorted(tags) == ["", *["left arm"] * 5]
    assert {row["tags"] for row in take(clinic, clock)[0]["patients.csv"]} == {""}


@pytest.mark.parametrize("happens", ["withdrawn", "protected"])
def test_whoever_takes_it_back_while_diaries_are_read_is_in_no_file(clinic, clock, monkeypatch, happens):
    people = [*five(clinic, clock), agreed(clinic, clock, "M-9")]
    real = research.last_scores

    def read_slowly(diary):
        if diary.patient.id == people[0].patient_id:  # in a unit of its own: none is open while a file is made
            if happens == "withdrawn":
                withdraw_consent(people[0], subject(people[0]), RESEARCH, clock=clock)
            else:
                admin, clinician = confirmed(clinic.admin, clock), clinic.clinician.member_id
                reason = "a colleague of ours"
                protect_diary(admin, subject(people[0]), responsible_id=clinician, reason=reason, clock=clock)
        return real(diary)

    monkeypatch.setattr(research, "last_scores", read_slowly)
    with pytest.raises(Invalid, match="may not be taken out any more"):
        take(clinic, clock)
    assert "research.taken_out" not in {row.action for row in audit_rows(clinic.clinic_id)}
    files, _packed = take(clinic, clock)
    assert len(files["patients.csv"]) == 5


def test_whoever_agrees_while_diaries_are_read_holds_up_nothing(clinic, clock, monkeypatch):
    five(clinic, clock)
    late, real = [], research.last_scores

    def read_slowly(diary):
        if not late:
            late.append(agreed(clinic, clock, "M-9"))
        return real(diary)

    monkeypatch.setattr(research, "last_scores", read_slowly)
    assert len(take(clinic, clock)[0]["patients.csv"]) == 5
    assert len(take(clinic, clock)[0]["patients.csv"]) == 6


def test_a_corrected_day_is_told_as_it_was_said_last_and_a_withdrawn_one_not_at_all(clinic, clock):
    people = five(clinic, clock)
    stored = entries.record_entry(
        people[0], subject(people[0]), day=clock().date(), score=10, client_ref=uuid.uuid4(), clock=clock
    )
    assert "10" in {row["score"] for row in take(clinic, clock)[0]["scores.csv"]}
    entries.undo_entry(people[0], subject(people[0]), stored.entry.id, clock=clock)
    assert "10" not in {row["score"] for row in take(clinic, clock)[0]["scores.csv"]}


def test_it_is_written_down_with_its_counts(clinic, clock):
    five(clinic, clock)
    take(clinic, clock, "left arm")
    row = audit_rows(clinic.clinic_id)[-1]
    assert (row.action, row.patient_id, row.actor_id) == ("research.taken_out", None, clinic.admin.member_id)
    assert row.content == {"patients": 5, "courses": 10, "scores": 15, "tags": ["left arm"]}


def test_a_researcher_who_proved_it_may_and_a_clinician_may_not(clinic, clock):
    five(clinic, clock)
    researcher = a_member(clinic.clinic_id, Role.RESEARCHER, clock)
    with pytest.raises(ConfirmFirst):
        take_out_for_research(researcher, clinic.clinic_id, [], clock=clock)
    assert take_out_for_research(confirmed(researcher, clock), clinic.clinic_id, [], clock=clock)
    for who in (clinic.clinician, clinic.nurse):
        with pytest.raises(Refused):
            take_out_for_research(confirmed(who, clock), clinic.clinic_id, [], clock=clock)
        with pytest.raises(Refused):
            what_may_be_taken(who, clinic.clinic_id)
