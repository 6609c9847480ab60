"""Every change leaves one row of its kind, in the same transaction."""

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from diary.access.identity import OPERATOR
from diary.access.policy import Subject
from diary.db import transaction
from diary.errors import Invalid
from diary.exchange.own_data import own_data_json
from diary.services import (
    audit,
    clinics,
    consents,
    courses,
    entries,
    infusion_changes,
    infusions,
    invite_cards,
    membership,
    patients,
    plans,
    protocols,
    rules,
    saved_views,
    tags,
)
from diary.services.day_extras import Extras, record_extras
from diary.services.decisions import reverse_decision
from diary.services.impressions import record_impression
from diary.services.letters import LetterKind, take_out_letter
from diary.services.own_data import take_out_own_data
from diary.services.patient_pages import read_patient_page
from diary.services.pauses import start_pause
from diary.services.readings import record_reading
from diary.services.staff_notes import write_note
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import ConsentPurpose, CourseStatus, DecisionKind, EventKind, LifeCycle, PauseReason, Role
from tests.clinic_builders import AGREED, a_course, a_member, a_patient, confirmed, subject
from tests.services.deciding import decide, shown_digest
from tests.services.looking_in import audit_rows, diary_of, everything_stored, revisions_of
from tests.services.tampering import refuse
from tests.storage.rows_of_every_table import send_another_number

TODAY = date(2026, 3, 20)


def put_course_and_the_same_patient_twice(session, clinic, patient, clock):
    courses.put_course(session, clinic.nurse, subject(patient), given_course(), now=clock())
    for _ in range(2):
        particulars = patients.Particulars("M-9", "Nine", "UTC")
        patients.put_patient(session, clinic.nurse, clinic.clinic_id, particulars, now=clock())
        session.flush()


def given_course(first=TODAY, last=TODAY):
    return courses.CourseDays(("ketamine",), CourseStatus.GIVEN, first, last)


def extras(patient, clock, **said):
    ref = uuid.uuid4()
    record_extras(patient, subject(patient), day=TODAY, said=Extras(**said), client_ref=ref, clock=clock)


def another_score(patient, clock):
    return record_reading(patient, subject(patient), day=TODAY, score=9, at=None, client_ref=uuid.uuid4(), clock=clock)


def _take_out_letter(clinic, patient, clock):
    """Take a letter out; the look that goes with it was written a moment before."""
    how = {"language": "en", "file_format": "print", "made_by": str}
    take_out_letter(clinic.nurse, subject(patient), LetterKind.VISIT, **how, clock=clock)


PROTOCOL = protocols.ProtocolSaid("Ten days", ("ketamine",), 10)
OTHER_INFUSION = infusions.InfusionGiven(date(2026, 3, 4), "ketamine")
MADE_FIRST = {
    "letter.taken_out": ["patient.seen"],
    "infusion.corrected": ["infusion.recorded"],
    "infusion.taken_back": ["infusion.recorded"],
    "protocol.changed": ["protocol.added"],
    "protocol.retired": ["protocol.added"],
}
"""What has to be there before it can be changed."""


def an_infusion(clinic, patient, course, clock):
    given = infusions.InfusionGiven(date(2026, 3, 3), "ketamine")
    return infusions.record_infusion(clinic.nurse, subject(patient), course, given, clock=clock)


def a_protocol(clinic, clock):
    return protocols.add_protocol(clinic.admin, clinic.clinic_id, PROTOCOL, client_ref=uuid.uuid4(), clock=clock)


def take_back_a_decision(c, p, clock):
    made = diary_of(p).decisions[0]
    reverse_decision(
        confirmed(c.clinician, clock),
        subject(p),
        made.id,
        reason="another patient's",
        shown_digest=shown_digest(p, clock),
        clock=clock,
    )


def release(c, p, clock):
    made = diary_of(p).decisions[0]
    plans.release_plan(c.clinician, subject(p), made.id, words="We wait.", client_ref=uuid.uuid4(), clock=clock)


def take_back(c, p, clock):
    plans.take_back_plan(c.clinician, subject(p), diary_of(p).decisions[0].id, reason="too early", clock=clock)


DECIDED_BEFORE = ("decision.reversed", "plan.released", "plan.taken_back")
CHANGES = {
    "patient.tags_changed": lambda c, p, course, clock: tags.give_tag(c.nurse, subject(p), "trial", clock=clock),
    "view.saved": lambda c, p, course, clock: saved_views.save_view(
        c.nurse, c.clinic_id, "mine", {"mine": "1"}, clock=clock
    ),
    "entry.recorded": lambda c, p, course, clock: entries.record_entry(
        p, subject(p), day=TODAY, score=4, client_ref=uuid.uuid4(), clock=clock
    ),
    "entry.second_number": lambda c, p, course, clock: send_another_number(p, revisions_of(p)[0], clock),
    "course.recorded": lambda c, p, course, clock: courses.record_course(
        c.nurse, subject(p), given_course(), clock=clock
    ),
    "course.corrected": lambda c, p, course, clock: courses.correct_course(
        c.nurse, course, subject(p), given_course(date(2026, 3, 3), date(2026, 3, 7)), reason="a slip", clock=clock
    ),
    "infusion.recorded": lambda c, p, course, clock: infusions.record_infusion(
        c.nurse, subject(p), course, infusions.InfusionGiven(date(2026, 3, 3), "ketamine"), clock=clock
    ),
    "infusion.corrected": lambda c, p, course, clock: infusion_changes.correct_infusion(
        c.nurse, subject(p), an_infusion(c, p, course, clock), OTHER_INFUSION, reason="a slip", clock=clock
    ),
    "infusion.taken_back": lambda c, p, course, clock: infusion_changes.take_back_infusion(
        c.nurse, subject(p), an_infusion(c, p, course, clock), reason="not given", clock=clock
    ),
    "protocol.added": lambda c, p, course, clock: a_protocol(c, clock),
    "protocol.changed": lambda c, p, course, clock: protocols.change_protocol(
        c.admin, c.clinic_id, a_protocol(c, clock), replace(PROTOCOL, days=5), clock=clock
    ),
    "protocol.retired": lambda c, p, course, clock: protocols.retire_protocol(
        c.admin, c.clinic_id, a_protocol(c, clock), clock=clock
    ),
    "baseline.given": lambda c, p, course, clock: courses.give_baseline(
        c.clinician, subject(p), course, value=Decimal(7), reason="notes", clock=clock
    ),
    "event.recorded": lambda c, p, course, clock: courses.record_event(
        c.nurse, subject(p), EventKind.LIVER_TEST, clock=clock
    ),
    "note.written": lambda c, p, course, clock: write_note(
        c.nurse, subject(p), "afraid of needles", client_ref=uuid.uuid4(), clock=clock
    ),
    "impression.recorded": lambda c, p, course, clock: record_impression(
        c.nurse, subject(p), 2, day=TODAY, how="phone", client_ref=uuid.uuid4(), clock=clock
    ),
    "day_note.recorded": lambda c, p, course, clock: extras(p, clock, worst=8),
    "reading.recorded": lambda c, p, course, clock: another_score(p, clock),
    "pause.recorded": lambda c, p, course, clock: start_pause(
        p, subject(p), PauseReason.HOLIDAY, first_day=TODAY, last_day=None, client_ref=uuid.uuid4(), clock=clock
    ),
    "decision.recorded": lambda c, p, course, clock: decide(c.clinician, p, DecisionKind.WAIT, clock),
    "decision.reversed": lambda c, p, course, clock: take_back_a_decision(c, p, clock),
    "plan.released": lambda c, p, course, clock: release(c, p, clock),
    "plan.taken_back": lambda c, p, course, clock: take_back(c, p, clock),
    "consent.given": lambda c, p, course, clock: consents.give_consent(
        p, subject(p), ConsentPurpose.RESEARCH, version=AGREED, clock=clock
    ),
    "consent.withdrawn": lambda c, p, course, clock: consents.withdraw_consent(
        p, subject(p), ConsentPurpose.RESEARCH, clock=clock
    ),
    "data.taken_out": lambda c, p, course, clock: take_out_own_data(
        confirmed(p, clock), subject(p), file_format="json", made_by=own_data_json, clock=clock
    ),
    "letter.taken_out": lambda c, p, course, clock: _take_out_letter(c, p, clock),
    "patient.changed": lambda c, p, course, clock: patients.change_life_cycle(
        c.nurse, subject(p), LifeCycle.PAUSED, clock=clock
    ),
    "patient.added": lambda c, p, course, clock: patients.add_patient(
        c.nurse, c.clinic_id, patients.Particulars("M-9", "Nine", "UTC"), clock=clock
    ),
    "clinic.changed": lambda c, p, course, clock: clinics.change_clinic(
        c.admin, c.clinic_id, clock=clock, phone="0555 999"
    ),
    "rules.versioned": lambda c, p, course, clock: rules.change_rules(
        c.admin, c.clinic_id, {"week_minimum": 5}, reason="too noisy", base_version=1, clock=clock
    ),
    "member.roles_changed": lambda c, p, course, clock: membership.change_roles(
        confirmed(c.admin, clock), c.clinic_id, c.nurse.member_id, [Role.ADMIN], clock=clock
    ),
    "member.suspended": lambda c, p, course, clock: membership.suspend(
        confirmed(c.admin, clock), c.clinic_id, c.nurse.member_id, clock=clock
    ),
    "member.left": lambda c, p, course, clock: membership.leave_clinic(confirmed(c.nurse, clock), clock=clock),
    "invites.seen": lambda c, p, course, clock: invite_cards.patients_without_account(
        c.nurse, c.clinic_id, clock=clock
    ),
    "member.added": lambda c, p, course, clock: a_member(c.clinic_id, Role.NURSE, clock),
}


@pytest.mark.parametrize("action", CHANGES)
def test_a_change_writes_one_row_of_its_kind(clinic, patient, clock, action):
    course = a_course(clinic, patient, date(2026, 3, 2), clock)
    entries.record_entry(patient, subject(patient), day=TODAY, score=4, client_ref=uuid.uuid4(), clock=clock)
    if action in DECIDED_BEFORE:
        decide(clinic.clinician, patient, DecisionKind.WAIT, clock)
        clock.move(minutes=1)
    if action == "plan.taken_back":
        release(clinic, patient, clock)
    before = len(audit_rows(clinic.clinic_id))
    CHANGES[action](clinic, patient, course, clock)
    *first, row = audit_rows(clinic.clinic_id, since=before)
    assert [one.action for one in first] == MADE_FIRST.get(action, [])
    assert row.action == action
    assert row.at == clock()
    assert row.content.keys() == audit.CONTENT_OF[action]
    of_a_patient = ("entry", "course", "infusion", "baseline", "event", "decision", "consent", "data")
    of_a_patient += ("letter", "note", "impression")
    of_a_patient += ("plan", "day_note", "reading", "pause")
    about_patient = action.split(".")[0] in of_a_patient
    assert (row.patient_id == patient.patient_id) is (
        about_patient or action in ("patient.changed", "patient.tags_changed")
    )


def test_the_row_tells_who_did_it(clinic, patient, clock):
    CHANGES["entry.recorded"](clinic, patient, None, clock)
    a_course(clinic, patient, TODAY, clock)
    clinics.change_clinic(OPERATOR, clinic.clinic_id, clock=clock, name="Pain clinic North")
    by_patient, by_member, by_operator = audit_rows(clinic.clinic_id)[-3:]
    assert (by_patient.actor, by_patient.actor_id) == ("patient", patient.patient_id)
    assert (by_member.actor, by_member.actor_id) == ("member", clinic.clinician.member_id)
    assert (by_operator.actor, by_operator.actor_id) == ("operator", None)


def test_an_infusion_that_makes_a_course_longer_tells_both(clinic, patient, clock):
    course = a_course(clinic, patient, date(2026, 3, 2), clock)
    before = len(audit_rows(clinic.clinic_id))
    given = infusions.InfusionGiven(date(2026, 3, 9), "ketamine")
    infusions.record_infusion(clinic.nurse, subject(patient), course, given, clock=clock)
    corrected, recorded = audit_rows(clinic.clinic_id, since=before)
    assert (corrected.action, recorded.action) == ("course.fitted", "infusion.recorded")
    assert corrected.content["before"]["last_day"] == "2026-03-06"
    assert corrected.content["after"]["last_day"] == "2026-03-09"


def test_a_change_that_changes_nothing_writes_nothing(clinic, patient, clock):
    course = a_course(clinic, patient, date(2026, 3, 2), clock)
    before = len(audit_rows(clinic.clinic_id))
    same = given_course(date(2026, 3, 2), date(2026, 3, 6))
    courses.correct_course(clinic.nurse, course, subject(patient), same, reason="none", clock=clock)
    clinics.change_clinic(clinic.admin, clinic.clinic_id, clock=clock, phone="0555 010 203")
    assert audit_rows(clinic.clinic_id, since=before) == []


def test_when_the_unit_fails_there_is_neither_row_nor_change(clinic, patient, clock):
    stored = everything_stored()
    with pytest.raises(Invalid, match="Another patient"), transaction() as session:
        put_course_and_the_same_patient_twice(session, clinic, patient, clock)
    assert everything_stored() == stored


def test_when_the_row_cannot_be_written_the_change_is_not_made(clinic, patient, clock):
    refuse("audit_event")
    stored = everything_stored()
    for action in ("entry.recorded", "course.recorded", "patient.added", "decision.recorded", "event.recorded"):
        with pytest.raises(Exception, match="disk full"):
            CHANGES[action](clinic, patient, None, clock)
    assert everything_stored() == stored


def test_a_row_says_exactly_what_its_kind_declares(clinic, clock):
    about = Subject(clinic.clinic_id)
    wrong = [
        ("clinic.added", {}),
        ("clinic.added", {"name": "x", "phone": "1"}),
        ("signed_in", {"password": "x"}),
        ("entry.recorded", {"entry": "1", "day": "x", "score": 1}),
    ]
    stored = everything_stored()
    for action, content in wrong:
        with pytest.raises(ValueError, match=action), transaction() as session:
            audit.write(session, OPERATOR, action, about=about, at=clock(), content=content)
    with pytest.raises(KeyError), transaction() as session:
        audit.write(session, OPERATOR, "clinic.painted", about=about, at=clock())
    assert everything_stored() == stored


def test_looks_within_ten_minutes_are_one_look(clinic, patient, clock):
    def looks():
        return [row.action for row in audit_rows(clinic.clinic_id, since=before)]

    before = len(audit_rows(clinic.clinic_id))
    for minutes in (0, 4, 5.9):
        clock.move(minutes=minutes)
        read_patient_page(clinic.nurse, subject(patient), clock=clock)
        read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert looks() == ["patient.seen", "worklist.seen"]
    clock.move(minutes=0.2)
    read_patient_page(clinic.nurse, subject(patient), clock=clock)
    read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    assert looks() == ["patient.seen", "worklist.seen"] * 2


def test_looks_of_two_people_or_at_two_patients_are_two(clinic, patient, clock):
    second = a_patient(clinic, clock, "M-2")
    before = len(audit_rows(clinic.clinic_id))
    for who in (clinic.nurse, clinic.clinician):
        for whom in (patient, second):
            read_patient_page(who, subject(whom), clock=clock)
    seen = {(row.actor_id, row.patient_id) for row in audit_rows(clinic.clinic_id, since=before)}
    assert len(seen) == 4
