"""Who opened my data, as a patient reads it, and who did what, as the clinic's admin reads it."""

import uuid
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from diary.access.identity import OPERATOR
from diary.errors import Invalid
from diary.services import audit_pages, clinics, looks, moving_in, moving_out, patients
from diary.services.audit_pages import AuditFilter, export_audit, read_audit
from diary.services.entries import record_entry
from diary.services.looks import read_own_looks
from diary.services.patient_pages import read_patient_page
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import DecisionKind
from tests.clinic_builders import a_clinic, a_course, a_patient, confirmed, subject
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows


def seen_by(patient, **more):
    return read_own_looks(patient, subject(patient), **more).looks


def acts_of(patient):
    return [look.action for look in seen_by(patient)]


def write_today(patient, clock):
    record_entry(patient, subject(patient), day=date(2026, 3, 20), score=4, client_ref=uuid.uuid4(), clock=clock)


def test_a_patient_reads_who_looked_and_what_was_done_the_newest_first(clinic, patient, clock):
    a_course(clinic, patient, date(2026, 3, 2), clock)
    clock.move(minutes=1)
    read_patient_page(clinic.nurse, subject(patient), clock=clock)
    clock.move(minutes=1)
    decide(clinic.clinician, patient, DecisionKind.WAIT, clock)
    told = [(look.name, look.roles, look.action) for look in seen_by(patient)]
    assert told == [
        ("clinician Meyer", ("clinician",), "decision.recorded"),
        ("nurse Meyer", ("nurse",), "patient.seen"),
        ("clinician Meyer", ("clinician",), "course.recorded"),
        ("clinician Meyer", ("clinician",), "patient.added"),
    ]


def test_own_acts_and_those_about_others_are_left_out(clinic, patient, clock):
    before = acts_of(patient)
    write_today(patient, clock)
    read_patient_page(clinic.nurse, subject(a_patient(clinic, clock, "M-2")), clock=clock)
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    east = a_clinic(clock, "Pain clinic East")
    read_patient_page(east.nurse, subject(a_patient(east, clock)), clock=clock)
    assert acts_of(patient) == before


def test_whoever_runs_the_installation_is_told_without_a_name(clinic, patient, clock):
    patients.change_life_cycle(OPERATOR, subject(patient), "paused", clock=clock)
    assert (seen_by(patient)[0].name, seen_by(patient)[0].roles) == ("", ())
    assert seen_by(patient)[0].action == "patient.changed"


def test_staff_of_another_clinic_are_told_as_such_and_not_as_whoever_runs_the_installation(clinic, patient, clock):
    east = a_clinic(clock, "Pain clinic East")
    code = moving_out.make_move_code(confirmed(patient, clock), subject(patient), clock=clock).code
    moving_in.look_at_code(east.nurse, east.clinic_id, code, clock=clock)
    look = seen_by(patient)[0]
    assert (look.action, look.name, look.roles) == ("move.previewed", "Somebody of another clinic", ())


def test_looks_carry_the_time_where_the_patient_lives(clinic, clock):
    far = a_patient(clinic, clock, "M-7", zone="Pacific/Auckland")
    clock.now = datetime(2026, 3, 20, 13, 30, tzinfo=UTC)
    read_patient_page(clinic.nurse, subject(far), clock=clock)
    assert seen_by(far)[0].at.isoformat() == "2026-03-21T02:30:00+13:00"


def test_looks_come_in_pages_each_once(clinic, patient, clock, monkeypatch):
    monkeypatch.setattr(looks, "PAGE", 3)
    for _ in range(6):
        clock.move(minutes=11)
        read_patient_page(clinic.nurse, subject(patient), clock=clock)
    whole, key = [], None
    for number in (3, 3, 1):
        page = read_own_looks(patient, subject(patient), before=key)
        assert len(page.looks) == number
        whole += [look.position for look in page.looks]
        key = page.next_key
    assert key is None
    assert whole == sorted(set(whole), reverse=True)
    assert len(whole) == 7


def audit_of(clinic, clock, **wanted):
    return read_audit(clinic.admin, clinic.clinic_id, AuditFilter(**wanted), clock=clock).lines


def test_an_admin_reads_every_act_of_the_clinic_and_nothing_of_another(clinic, patient, clock):
    a_patient(a_clinic(clock, "Pain clinic East"), clock, "E-1")
    write_today(patient, clock)
    lines = audit_of(clinic, clock)
    assert [line.position for line in lines] == [row.position for row in reversed(audit_rows(clinic.clinic_id))]
    assert (lines[0].action, lines[0].name) == ("audit.seen", "admin Meyer")
    assert (lines[1].action, lines[1].actor, lines[1].name, lines[1].reference) == (
        "entry.recorded",
        "patient",
        "",
        "M-1",
    )
    assert (lines[-1].action, lines[-1].actor) == ("clinic.added", "operator")


def test_the_audit_is_filtered_by_who_whom_what_and_when(clinic, patient, clock):
    clinics.change_clinic(OPERATOR, clinic.clinic_id, clock=clock, time_zone="Europe/Amsterdam")
    a_course(clinic, patient, date(2026, 3, 2), clock)
    clock.now = datetime(2026, 3, 24, 22, 59, tzinfo=UTC)
    read_patient_page(clinic.nurse, subject(patient), clock=clock)
    clock.now = datetime(2026, 3, 24, 23, 0, tzinfo=UTC)
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)

    def acts(**wanted):
        return [line.action for line in audit_of(clinic, clock, **wanted) if line.action != "audit.seen"]

    assert acts(member_id=clinic.nurse.member_id) == ["worklist.seen", "patient.seen"]
    assert acts(reference="M-1") == ["patient.seen", "course.recorded", "patient.added"]
    assert acts(reference="M-404") == []
    assert acts(action="course.recorded") == ["course.recorded"]
    assert acts(first_day=date(2026, 3, 24), last_day=date(2026, 3, 24)) == ["patient.seen"]
    assert acts(first_day=date(2026, 3, 25)) == ["worklist.seen"]
    assert acts(member_id=clinic.nurse.member_id, reference="M-1") == ["patient.seen"]
    assert audit_of(clinic, clock)[0].at.tzinfo == ZoneInfo("Europe/Amsterdam")


def test_the_audit_comes_in_pages_each_line_once(clinic, patient, clock, monkeypatch):
    monkeypatch.setattr(audit_pages, "PAGE", 4)
    whole, key = [], None
    while True:
        page = read_audit(clinic.admin, clinic.clinic_id, AuditFilter(), clock=clock, before=key)
        assert len(page.lines) <= 4
        whole += [line.position for line in page.lines]
        key = page.next_key
        if key is None:
            break
    assert whole == list(range(len(audit_rows(clinic.clinic_id)), 0, -1))


def test_reading_the_audit_is_a_look_and_the_patient_who_was_picked_out_sees_it(clinic, patient, clock):
    before = acts_of(patient)
    audit_of(clinic, clock)
    audit_of(clinic, clock)
    assert [row.action for row in audit_rows(clinic.clinic_id)].count("audit.seen") == 1
    assert acts_of(patient) == before
    audit_of(clinic, clock, reference="M-1")
    assert acts_of(patient) == ["audit.seen", *before]


def test_taking_the_audit_out_is_written_with_what_was_asked(clinic, patient, clock):
    wanted = AuditFilter(reference="M-1", first_day=date(2026, 3, 1))
    lines = export_audit(confirmed(clinic.admin, clock), clinic.clinic_id, wanted, clock=clock)
    assert [line.action for line in lines] == ["patient.added"]
    row = audit_rows(clinic.clinic_id)[-1]
    assert (row.action, row.actor_id, row.patient_id) == (
        "audit.exported",
        clinic.admin.member_id,
        patient.patient_id,
    )
    assert row.content == {"filters": {"patient": "M-1", "from": "2026-03-01"}, "rows": 1}
    whole = export_audit(confirmed(clinic.admin, clock), clinic.clinic_id, AuditFilter(), clock=clock)
    assert [line.position for line in whole] == list(range(1, len(whole) + 1))


def test_more_rows_than_a_file_holds_are_refused_and_none_is_left_out_in_silence(clinic, patient, clock, monkeypatch):
    monkeypatch.setattr(audit_pages, "MOST_AT_ONCE", 5)
    before = len(audit_rows(clinic.clinic_id))
    with pytest.raises(Invalid, match="choose fewer days"):
        export_audit(confirmed(clinic.admin, clock), clinic.clinic_id, AuditFilter(), clock=clock)
    assert len(audit_rows(clinic.clinic_id)) == before
