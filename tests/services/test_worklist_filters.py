"""Every filter, alone and with others: page by page it gives what a reading of all lines gives, in the same order."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select

from diary.db import db, snapshot, transaction
from diary.models import Patient, PatientSummary, PatientTag, WorklistWord
from diary.services import tallies, worklist, worklist_finding
from diary.services.patients import name_patient
from diary.services.projection import refresh_summary
from diary.services.tags import give_tag
from diary.services.wearing_off import say_wearing_off
from diary.services.worklist import WorklistFilter, read_worklist
from diary.services.worklist_words import words_of
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import everything_stored, summary_of_row

TODAY = date(2026, 3, 20)
MONDAY = date(2026, 3, 16)
STATES = ("HOLDING", "REPEAT_DUE", "NO_COURSE")
NAMES = ("Ana Ramírez", "Ana María Silva", "de Wit, Joris", "Straße, Änne", "Kok, Ana")


def a_line(number):
    """Return what a patient's line says: anything that the columns can hold, by their number."""
    return {
        "state": STATES[number % 3],
        "medicine": (None, "ketamine", "lidocaine")[number % 5 % 3],
        "band": 1 + number % 3,
        "rank": number % 4,
        "order_day": TODAY - timedelta(days=number % 7),
        "chair_on": None if number % 3 else MONDAY + timedelta(days=number % 30 - 7),
        "true_until": datetime(2030, 1, 1, tzinfo=UTC),
    }


@pytest.fixture(scope="module")
def kept(keep):
    return keep(many_lines)


def many_lines(clock):
    clinic = a_clinic(clock)
    for number in range(40):
        who = a_patient(clinic, clock, f"{'ab'[number % 2]}-{number:02}")
        with transaction() as session:
            patient = session.get_one(Patient, (clinic.clinic_id, who.patient_id))
            patient.name = NAMES[number % 5]
            patient.responsible_id = clinic.nurse.member_id if number % 4 == 0 else None
            session.add(
                PatientTag(clinic_id=clinic.clinic_id, patient_id=patient.id, tag="old" if number % 2 else "new")
            )
            refresh_summary(session, clinic.clinic_id, patient.id, now=clock())
            line = session.get_one(PatientSummary, (clinic.clinic_id, who.patient_id))
            for name, value in a_line(number).items():
                setattr(line, name, value)
    return clinic


FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(STATES),
        "medicine": st.sampled_from(("ketamine", "lidocaine")),
        "tag": st.sampled_from(("old", "new", "none has it")),
        "search": st.sampled_from(
            ("ana", "an", "ramí", "rami", "a-0", "wit", "strasse", "änne", "zz", "b", "Maria Silva")
        ),
        "chairs": st.sampled_from((MONDAY, MONDAY + timedelta(days=7))),
        "chairs_overdue": st.booleans(),
        "mine": st.just(True),
    },
)


def reading_of_all(clinic, wanted):
    """Return the references that fit, in the order of the rules, by looking at every line."""
    with snapshot() as session:
        lines = list(session.scalars(select(PatientSummary)))
        tags = {(row.patient_id, row.tag) for row in session.scalars(select(PatientTag))}

    def fits(line):
        chairs = wanted.get("chairs")
        begins, name = without_accents(wanted.get("search", "")), without_accents(line.name)
        parts = [name, line.reference.casefold(), *parts_of(name)]
        return (
            line.state == wanted.get("state", line.state)
            and line.medicine == wanted.get("medicine", line.medicine)
            and ("tag" not in wanted or (line.patient_id, wanted["tag"]) in tags)
            and ("mine" not in wanted or line.responsible_id == clinic.nurse.member_id)
            and any(part.startswith(begins) for part in parts)
            and (chairs is None or needs_chair(line, chairs, overdue=wanted.get("chairs_overdue", False)))
        )

    found = [line for line in lines if fits(line)]
    found.sort(key=lambda line: (line.band, line.rank, line.order_day, line.reference, line.patient_id.hex))
    return [line.reference for line in found]


def without_accents(text):
    return text.translate(str.maketrans("íÄä", "iAa")).casefold()


def parts_of(name):
    return [name[place + 1 :] for place, letter in enumerate(name) if letter == " "]


def needs_chair(line, monday, *, overdue):
    first = date.min if overdue else monday
    return line.chair_on is not None and first <= line.chair_on < monday + timedelta(days=7)


def page_by_page(clinic, clock, wanted):
    asked = {name: value for name, value in wanted.items() if name != "mine"}
    responsible_id = clinic.nurse.member_id if "mine" in wanted else None
    found, after = [], ""
    while True:
        filtered = WorklistFilter(**asked, responsible_id=responsible_id, after=after)
        page = read_worklist(clinic.nurse, clinic.clinic_id, filtered, clock=clock)
        assert len(page.rows) <= worklist.PAGE
        found += [row.reference for row in page.rows]
        if page.next_key is None:
            return found
        after = page.next_key


@pytest.mark.parametrize("few", [0, 5, 2000])
def test_page_by_page_every_filter_gives_what_a_reading_of_all_lines_gives(app, clock, kept, monkeypatch, few):
    """Whether few fit and are sorted, or many do and the list is walked."""
    clinic = kept.put_into_place(clock)
    monkeypatch.setattr(worklist, "PAGE", 7)
    monkeypatch.setattr(worklist_finding, "FEW", few)

    @settings(max_examples=25)
    @given(FILTERS)
    def agrees(wanted):
        assert page_by_page(clinic, clock, wanted) == reading_of_all(clinic, wanted)

    agrees()
    assert len(reading_of_all(clinic, {})) == 40


def test_words_follow_the_name_and_the_reference(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock, "M-1")
    assert words(patient) == {"ramirez m-1", "m-1"}
    name_patient(clinic.nurse, clinic.clinic_id, "M-1", name="Ana  de Wit", birth_year=None, clock=clock)
    assert words(patient) == {"ana  de wit", " de wit", "de wit", "wit", "m-1"}
    name_patient(clinic.nurse, clinic.clinic_id, "M-1", name="Inês Sá", birth_year=None, clock=clock)
    assert words(patient) == {"inês sá", "ines sa", "sá", "sa", "m-1"}


def words(patient):
    wanted = select(WorklistWord.word).where(WorklistWord.patient_id == patient.patient_id)
    with snapshot() as session:
        return set(session.scalars(wanted))


def test_an_entry_leaves_the_words_alone(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    before = everything_stored()["worklist_word"]
    written = []
    event.listen(db.engine, "before_cursor_execute", lambda *said: written.append(said[2]))
    with transaction() as session:
        refresh_summary(session, clinic.clinic_id, patient.patient_id, now=clock())
    assert everything_stored()["worklist_word"] == before
    assert not [one for one in written if "worklist_word" in one and not one.startswith("SELECT")]


@given(st.text(max_size=200), st.text(max_size=64))
def test_whatever_the_name_its_words_fit_their_column(name, reference):
    assert all(1 <= len(word) <= 80 for word in words_of(name, reference))


@pytest.mark.about_sqlite("it reads the plan of SQLite; PostgreSQL has the same indexes")
def test_no_page_sorts_or_counts_the_whole_list(app, clock, kept):
    """Each page walks an index in the order of the list; nothing is sorted but the few that a filter found."""
    clinic = kept.put_into_place(clock)
    asked = []
    event.listen(db.engine, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
    for wanted in ({}, {"state": "HOLDING"}, {"medicine": "ketamine"}, {"responsible_id": clinic.nurse.member_id}):
        read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(**wanted), clock=clock)
        asked.clear()
        read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(**wanted), clock=clock)
        ordered = [one for one in asked if "ORDER BY patient_summary.band" in one[0]]
        assert ordered, wanted
        with snapshot() as session:
            for statement, values in ordered:
                plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
                told = " ".join(str(row[-1]) for row in plan)
                assert "TEMP B-TREE" not in told, (wanted, told)
                assert "SCAN" not in told, (wanted, told)


def test_only_the_stale_lines_that_are_shown_are_made_again_where_many_are(app, clock, monkeypatch):
    clinic = a_clinic(clock)
    people = [a_patient(clinic, clock, f"M-{number}") for number in range(12)]
    for who in people:
        say_wearing_off(who, subject(who), clock=clock)
    monkeypatch.setattr(worklist, "PAGE", 5)
    monkeypatch.setattr(worklist, "AT_ONCE", 3)
    clock.move(days=1)
    page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert {row.as_of for row in page.rows} == {TODAY + timedelta(days=1)}
    again = [one for one in people if summary_of_row(one).as_of > TODAY]
    assert 5 <= len(again) < 12
    assert worklist.refresh_everywhere(clock) == 12 - len(again)


def test_a_long_list_is_counted_by_the_jobs_alone(app, clock, monkeypatch):
    clinic = a_clinic(clock)
    for number in range(3):
        a_patient(clinic, clock, f"M-{number}")
    worklist.refresh_everywhere(clock)
    monkeypatch.setattr(tallies, "SMALL", 2)
    give_tag(clinic.nurse, subject(a_patient(clinic, clock, "M-9")), "new", clock=clock)
    seen = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert seen.counts["all"] == 3
    worklist.refresh_everywhere(clock)
    assert read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock).counts["all"] == 4
