"""Every service asks the table first: the wrong person changes nothing and learns nothing."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from diary.access.policy import Subject
from diary.clinical.cohort.groups import GroupBy
from diary.db import snapshot
from diary.errors import NotThere, Refused
from diary.exchange.own_data import own_data_json
from diary.exchange.phone_entries import Sending
from diary.installation import installation
from diary.models import Infusion
from diary.security.erasure_files import ErasureFiles
from diary.services import (
    clinics,
    cohort,
    consents,
    courses,
    decisions,
    entries,
    erasure,
    infusion_changes,
    infusions,
    invite_cards,
    invites,
    members,
    membership,
    moving_in,
    moving_out,
    own_courses,
    own_diary,
    particulars,
    past_courses,
    patients,
    pauses,
    planning,
    plans,
    protocols,
    reminder_settings,
    rounds,
    rules,
    saved_views,
    staff,
    study,
    study_export,
    tags,
    transcriptions,
    verdicts,
)
from diary.services.audit_pages import AuditFilter, export_audit, read_audit
from diary.services.behind import What, read_behind
from diary.services.besides import besides_of_patient
from diary.services.calendar_feeds import end_feed, make_feed
from diary.services.cohort_pages import Asked, cohort_page_as_shown, read_cohort_page, take_out_figures
from diary.services.conflicts import keep_first_number, own_conflicts, use_second_number
from diary.services.course_cards import read_course_extras
from diary.services.day_extras import Extras, read_extras, record_extras
from diary.services.decision_charts import read_drawn_then
from diary.services.decision_pages import read_decision_page
from diary.services.delivery_log import read_delivery_log
from diary.services.diary_settings import set_diary
from diary.services.digest_settings import own_digest, set_digest, stop_digest, try_digest
from diary.services.erasure_pages import find_to_be_erased, read_certificate, read_erasures, read_to_be_erased
from diary.services.event_corrections import correct_event
from diary.services.figures import read_drawn
from diary.services.impressions import record_impression, take_back_impression
from diary.services.letters import LetterKind, may_take_out, take_out_letter
from diary.services.looks import read_own_looks
from diary.services.own_data import take_out_own_data
from diary.services.patient_pages import read_patient_page
from diary.services.phones import phone_state
from diary.services.readings import record_reading, take_back_reading
from diary.services.reminder_trials import outcomes_of, try_reminders
from diary.services.research import take_out_for_research, what_may_be_taken
from diary.services.retention import keep_for, whose_time_has_passed
from diary.services.staff_notes import take_back_note, write_note
from diary.services.sync import receive_entries
from diary.services.wearing_off import say_wearing_off, take_back_wearing_off
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import (
    ConsentPurpose,
    ConsentSaid,
    CourseStatus,
    DecisionKind,
    ErasureHow,
    EventKind,
    PauseReason,
    Role,
    WrittenFrom,
)
from tests.clinic_builders import AGREED, a_clinic, a_member, confirmed, subject
from tests.services.deciding import decide, shown_digest
from tests.services.looking_in import everything_stored
from tests.services.moving import a_copy, as_file
from tests.services.study_folders import a_study

TODAY = date(2026, 3, 20)
GIVEN = courses.CourseDays(("ketamine",), CourseStatus.GIVEN, TODAY, TODAY)
INFUSION = infusions.InfusionGiven(date(2026, 3, 3), "ketamine")
PLAN = planning.Plan(("ketamine",), date(2027, 3, 20), date(2027, 3, 21))
PAST = past_courses.PastCourse("lidocaine", date(2020, 3, 1), date(2020, 3, 2))
PROTOCOL = protocols.ProtocolSaid("Five days", ("ketamine",), 5)
WRITES_COURSES = {
    "record several infusions",
    "correct an infusion",
    "take an infusion back",
    "plan a course",
    "move a course",
    "cancel a course",
    "bring in past courses",
    "see what was changed of courses",
}
PARTICULARS = patients.Particulars("M-9", "Nine", "UTC")
SAID = particulars.Said("Nine", "M-9", None, "", None)
SHOWN = particulars.Known("Eight", "M-8", None, "", None, ((date(1900, 1, 1), "UTC"),))


def infusion_of(made):
    with snapshot() as session:
        of_course = Infusion.clinic_id == made.clinic.clinic_id, Infusion.course_id == made.course_id
        return session.scalars(select(Infusion.id).where(*of_course)).one()


def decision(who, whom, made, clock):
    return decisions.record_decision(
        who,
        whom,
        DecisionKind.OTHER,
        reason="x",
        next_step=None,
        shown_digest=shown_digest(made.patient, clock),
        clock=clock,
    )


CALLS = {
    "write an entry": lambda who, whom, made, clock: entries.record_entry(
        who, whom, day=TODAY, score=3, client_ref=uuid.uuid4(), clock=clock
    ),
    "undo an entry": lambda who, whom, made, clock: entries.undo_entry(who, whom, made.entry_id, clock=clock),
    "record a course": lambda who, whom, made, clock: courses.record_course(who, whom, GIVEN, clock=clock),
    "correct a course": lambda who, whom, made, clock: courses.correct_course(
        who, made.course_id, whom, GIVEN, reason="x", clock=clock
    ),
    "record an infusion": lambda who, whom, made, clock: infusions.record_infusion(
        who, whom, made.course_id, INFUSION, clock=clock
    ),
    "record several infusions": lambda who, whom, made, clock: infusions.record_infusions(
        who, whom, made.course_id, {0: INFUSION}, client_refs={0: None}, clock=clock
    ),
    "correct an infusion": lambda who, whom, made, clock: infusion_changes.correct_infusion(
        who, whom, infusion_of(made), INFUSION, reason="x", clock=clock
    ),
    "take an infusion back": lambda who, whom, made, clock: infusion_changes.take_back_infusion(
        who, whom, infusion_of(made), reason="x", clock=clock
    ),
    "plan a course": lambda who, whom, made, clock: planning.plan_course(who, whom, PLAN, clock=clock),
    "move a course": lambda who, whom, made, clock: planning.move_course(
        who, whom, made.course_id, PLAN, reason="x", clock=clock
    ),
    "cancel a course": lambda who, whom, made, clock: planning.cancel_course(
        who, whom, made.course_id, reason="x", clock=clock
    ),
    "bring in past courses": lambda who, whom, made, clock: past_courses.record_past_courses(
        who, whom, {0: PAST}, client_ref=uuid.uuid4(), clock=clock
    ),
    "give a baseline": lambda who, whom, made, clock: courses.give_baseline(
        who, whom, made.course_id, value=Decimal(5), reason="x", clock=clock
    ),
    "record an event": lambda who, whom, made, clock: courses.record_event(
        who, whom, EventKind.LIVER_TEST, clock=clock
    ),
    "say it wears off": lambda who, whom, made, clock: say_wearing_off(who, whom, clock=clock),
    "decide": decision,
    "change the life cycle": lambda who, whom, made, clock: patients.change_life_cycle(who, whom, "died", clock=clock),
    "see the particulars": lambda who, whom, made, clock: particulars.read_particulars(who, whom, clock=clock),
    "change the particulars": lambda who, whom, made, clock: particulars.change_particulars(
        who, whom, SAID, shown=SHOWN, clock=clock
    ),
    "change the language": lambda who, whom, made, clock: patients.change_language(who, whom, "de", clock=clock),
    "choose a language": lambda who, whom, made, clock: patients.choose_language(who, whom, "de", clock=clock),
    "change the hand": lambda who, whom, made, clock: patients.change_hand(who, whom, left_handed=True, clock=clock),
    "invite a patient": lambda who, whom, made, clock: invites.invite_patient(who, whom, clock=clock),
    "look at a patient": lambda who, whom, made, clock: read_patient_page(who, whom, clock=clock),
    "add a patient": lambda who, whom, made, clock: patients.add_patient(who, whom.clinic_id, PARTICULARS, clock=clock),
    "read the worklist": lambda who, whom, made, clock: read_worklist(
        who, whom.clinic_id, WorklistFilter(), clock=clock
    ),
    "lead to the next patient": lambda who, whom, made, clock: rounds.next_in_round(
        who, whom.clinic_id, WorklistFilter(), clock=clock
    ),
    "count a round": lambda who, whom, made, clock: rounds.read_round(
        who, whom.clinic_id, WorklistFilter(), began=clock(), clock=clock
    ),
    "count what a round came to": lambda who, whom, made, clock: rounds.read_end(
        who, whom.clinic_id, WorklistFilter(), began=clock(), clock=clock
    ),
    "see the saved views": lambda who, whom, made, clock: saved_views.own_views(who, whom.clinic_id),
    "save a view": lambda who, whom, made, clock: saved_views.save_view(
        who, whom.clinic_id, "mine", {"mine": "1"}, clock=clock
    ),
    "delete a view": lambda who, whom, made, clock: saved_views.delete_view(
        who, whom.clinic_id, uuid.UUID(int=19), clock=clock
    ),
    "see the clinic's tags": lambda who, whom, made, clock: tags.known_tags(who, whom.clinic_id),
    "give a tag": lambda who, whom, made, clock: tags.give_tag(who, whom, "trial", clock=clock),
    "take a tag away": lambda who, whom, made, clock: tags.take_tag_away(who, whom, "left arm", clock=clock),
    "change the clinic": lambda who, whom, made, clock: clinics.change_clinic(
        who, whom.clinic_id, clock=clock, phone="1"
    ),
    "change the rules": lambda who, whom, made, clock: rules.change_rules(
        who, whom.clinic_id, {"week_minimum": 5}, reason="x", base_version=1, clock=clock
    ),
    "give a consent": lambda who, whom, made, clock: consents.give_consent(
        who, whom, ConsentPurpose.RESEARCH, version=AGREED, clock=clock
    ),
    "take a consent back": lambda who, whom, made, clock: consents.withdraw_consent(
        who, whom, ConsentPurpose.RESEARCH, clock=clock
    ),
    "record a consent on paper": lambda who, whom, made, clock: consents.record_paper(
        who, whom, consents.OnPaper(ConsentPurpose.RESEARCH, AGREED, ConsentSaid.GIVEN, TODAY), clock=clock
    ),
    "read a patient's consents": lambda who, whom, made, clock: consents.consents_of_patient(who, whom, clock=clock),
    "take the own data out": lambda who, whom, made, clock: take_out_own_data(
        who, whom, file_format="json", made_by=own_data_json, clock=clock
    ),
    "see the own reminders": lambda who, whom, made, clock: reminder_settings.own_reminders(who, whom),
    "choose reminders": lambda who, whom, made, clock: reminder_settings.set_reminders(
        who, whom, reminder_settings.Wanted(19), clock=clock
    ),
    "begin with a phone": lambda who, whom, made, clock: reminder_settings.begin_with_phone(who, whom, clock=clock),
    "ask the address again": lambda who, whom, made, clock: reminder_settings.ask_address_again(who, whom, clock=clock),
    "stop reminders": lambda who, whom, made, clock: reminder_settings.stop_reminders(who, whom, clock=clock),
    "try reminders": lambda who, whom, made, clock: try_reminders(who, whom, clock=clock),
    "see what came of a trial": lambda who, whom, made, clock: outcomes_of(who, whom, []),
    "make a calendar link": lambda who, whom, made, clock: make_feed(who, whom, clock=clock),
    "end a calendar link": lambda who, whom, made, clock: end_feed(who, whom, clock=clock),
    "read what came of reminders": lambda who, whom, made, clock: read_delivery_log(who, whom, clock=clock),
    "take out a letter": lambda who, whom, made, clock: take_out_letter(
        who, whom, LetterKind.VISIT, language="en", file_format="print", made_by=str, clock=clock
    ),
    "ask for a letter": lambda who, whom, made, clock: may_take_out(who, whom, clock=clock),
    "see the own digest": lambda who, whom, made, clock: own_digest(who, whom.clinic_id),
    "set the digest": lambda who, whom, made, clock: set_digest(who, whom.clinic_id, "a@b.example", clock=clock),
    "stop the digest": lambda who, whom, made, clock: stop_digest(who, whom.clinic_id, clock=clock),
    "try the digest": lambda who, whom, made, clock: try_digest(who, whom.clinic_id, clock=clock),
    "see who looked": lambda who, whom, made, clock: read_own_looks(who, whom),
    "read the audit": lambda who, whom, made, clock: read_audit(who, whom.clinic_id, AuditFilter(), clock=clock),
    "read who is to be erased": lambda who, whom, made, clock: read_erasures(who, whom.clinic_id, clock=clock),
    "find who is to be erased": lambda who, whom, made, clock: find_to_be_erased(who, whom.clinic_id, "M-2"),
    "look at who is to be erased": lambda who, whom, made, clock: read_to_be_erased(who, whom, clock=clock),
    "read a certificate": lambda who, whom, made, clock: read_certificate(who, whom.clinic_id, uuid.uuid4()),
    "erase": lambda who, whom, made, clock: erasure.carry_out_erasure(
        who,
        whom,
        how=ErasureHow.PAPER,
        asked_on=TODAY,
        files=ErasureFiles.of(installation().settings),
        clock=clock,
    ),
    "ask to be erased": lambda who, whom, made, clock: erasure.ask_for_erasure(who, whom, clock=clock),
    "take the wish back": lambda who, whom, made, clock: erasure.take_back_wish(who, whom, clock=clock),
    "see the own wish": lambda who, whom, made, clock: erasure.own_wish(who, whom),
    "set how long diaries are kept": lambda who, whom, made, clock: keep_for(who, whom.clinic_id, 3, clock=clock),
    "read whose time has passed": lambda who, whom, made, clock: whose_time_has_passed(
        who, whom.clinic_id, clock=clock
    ),
    "see what research may take": lambda who, whom, made, clock: what_may_be_taken(who, whom.clinic_id),
    "take diaries out": lambda who, whom, made, clock: take_out_for_research(who, whom.clinic_id, [], clock=clock),
    "take the audit out": lambda who, whom, made, clock: export_audit(who, whom.clinic_id, AuditFilter(), clock=clock),
    "invite many patients": lambda who, whom, made, clock: invite_cards.make_cards(
        who, whom.clinic_id, [made.patient.patient_id], clock=clock
    ),
    "see who has no account": lambda who, whom, made, clock: invite_cards.patients_without_account(
        who, whom.clinic_id, clock=clock
    ),
    "see the staff": lambda who, whom, made, clock: staff.staff_of_clinic(who, whom.clinic_id, clock=clock),
    "invite a member": lambda who, whom, made, clock: members.invite_to_clinic(
        who, whom.clinic_id, name="New", email="new@a.example", roles=[Role.NURSE], clock=clock
    ),
    "change roles": lambda who, whom, made, clock: membership.change_roles(
        who, whom.clinic_id, made.clinic.nurse.member_id, [Role.ADMIN], clock=clock
    ),
    "suspend": lambda who, whom, made, clock: membership.suspend(
        who, whom.clinic_id, made.clinic.nurse.member_id, clock=clock
    ),
    "open the groups": lambda who, whom, made, clock: read_cohort_page(who, whom.clinic_id, Asked(), clock=clock),
    "draw the groups": lambda who, whom, made, clock: cohort_page_as_shown(who, whom.clinic_id, Asked(), clock=clock),
    "take groups out": lambda who, whom, made, clock: take_out_figures(
        who, whom.clinic_id, Asked(), "weeks", clock=clock
    ),
    "compare groups": lambda who, whom, made, clock: cohort.cohort_of_clinic(
        who, whom.clinic_id, by=GroupBy.TAG, clock=clock
    ),
    "look at a move": lambda who, whom, made, clock: moving_out.read_move_page(who, whom, clock=clock),
    "take a copy out": lambda who, whom, made, clock: moving_out.take_copy_out(who, whom, clock=clock),
    "make a move code": lambda who, whom, made, clock: moving_out.make_move_code(who, whom, clock=clock),
    "look at a file": lambda who, whom, made, clock: moving_in.look_at_file(
        who, whom.clinic_id, as_file(a_copy(clock())), clock=clock
    ),
    "look at a code": lambda who, whom, made, clock: moving_in.look_at_code(who, whom.clinic_id, "A" * 26, clock=clock),
    "take a file in": lambda who, whom, made, clock: moving_in.take_in_file(
        who, whom.clinic_id, as_file(a_copy(clock())), reference="F-1", clock=clock
    ),
    "take a code in": lambda who, whom, made, clock: moving_in.take_in_code(
        who, whom.clinic_id, "A" * 26, reference="F-1", clock=clock
    ),
    "take back that it wears off": lambda who, whom, made, clock: take_back_wearing_off(who, whom, clock=clock),
    "read what goes with a day": lambda who, whom, made, clock: read_extras(who, whom, TODAY, clock=clock),
    "write what goes with a day": lambda who, whom, made, clock: record_extras(
        who, whom, day=TODAY, said=Extras(worst=8), client_ref=uuid.uuid4(), clock=clock
    ),
    "write another score": lambda who, whom, made, clock: record_reading(
        who, whom, day=TODAY, score=3, at=None, client_ref=uuid.uuid4(), clock=clock
    ),
    "take another score back": lambda who, whom, made, clock: take_back_reading(who, whom, uuid.uuid4(), clock=clock),
    "see the own pauses": lambda who, whom, made, clock: pauses.read_own_pauses(who, whom, clock=clock),
    "pause": lambda who, whom, made, clock: pauses.start_pause(
        who, whom, PauseReason.HOLIDAY, first_day=TODAY, last_day=None, client_ref=uuid.uuid4(), clock=clock
    ),
    "end a pause": lambda who, whom, made, clock: pauses.end_pause(who, whom, uuid.uuid4(), clock=clock),
    "undo a pause": lambda who, whom, made, clock: pauses.undo_pause(who, whom, uuid.uuid4(), clock=clock),
    "read what a patient wrote besides": lambda who, whom, made, clock: besides_of_patient(who, whom, clock=clock),
    "set what patients write": lambda who, whom, made, clock: set_diary(
        who, whom.clinic_id, notes=True, working_days=("mon",), clock=clock
    ),
    "write a note": lambda who, whom, made, clock: write_note(who, whom, "words", client_ref=uuid.uuid4(), clock=clock),
    "take a note back": lambda who, whom, made, clock: take_back_note(who, whom, uuid.uuid4(), reason="x", clock=clock),
    "record an impression": lambda who, whom, made, clock: record_impression(
        who, whom, 2, day=TODAY, how="phone", client_ref=uuid.uuid4(), clock=clock
    ),
    "take an impression back": lambda who, whom, made, clock: take_back_impression(
        who, whom, uuid.uuid4(), reason="x", clock=clock
    ),
    "take an event back for a patient": lambda who, whom, made, clock: correct_event(
        who, whom, uuid.uuid4(), reason="x", clock=clock
    ),
    "read what the chart draws": lambda who, whom, made, clock: read_drawn(who, whom, clock=clock),
    "read what is behind a number": lambda who, whom, made, clock: read_behind(
        who, whom, What.MEAN7, day=None, course_id=None, clock=clock
    ),
    "read a decision": lambda who, whom, made, clock: read_decision_page(who, whom, uuid.uuid4(), clock=clock),
    "send entries from a phone": lambda who, whom, made, clock: receive_entries(
        who, whom, Sending(clock(), []), received_at=clock()
    ),
    "ask where a phone stands": lambda who, whom, made, clock: phone_state(who, whom, clock=clock),
    "read the own second numbers": lambda who, whom, made, clock: own_conflicts(who, whom),
    "use a second number": lambda who, whom, made, clock: use_second_number(
        who, whom, own_conflicts(made.patient, subject(made.patient))[0].id, clock=clock
    ),
    "keep the first number": lambda who, whom, made, clock: keep_first_number(
        who, whom, own_conflicts(made.patient, subject(made.patient))[0].id, clock=clock
    ),
    "see what was changed of courses": lambda who, whom, made, clock: read_course_extras(who, whom, clock=clock),
    "read the protocols": lambda who, whom, made, clock: protocols.read_protocols(who, whom.clinic_id),
    "add a protocol": lambda who, whom, made, clock: protocols.add_protocol(
        who, whom.clinic_id, PROTOCOL, client_ref=uuid.uuid4(), clock=clock
    ),
    "change a protocol": lambda who, whom, made, clock: protocols.change_protocol(
        who, whom.clinic_id, uuid.uuid4(), PROTOCOL, clock=clock
    ),
    "look at a week": lambda who, whom, made, clock: transcriptions.read_week(who, whom, None, clock=clock),
    "write in a week": lambda who, whom, made, clock: transcriptions.write_week(
        who,
        whom,
        transcriptions.Week({TODAY: 3}, WrittenFrom.SHEET, TODAY),
        client_ref=uuid.uuid4(),
        clock=clock,
    ),
    "see what staff wrote in": lambda who, whom, made, clock: transcriptions.transcriptions_of(who, whom, clock=clock),
    "reverse a decision": lambda who, whom, made, clock: decisions.reverse_decision(
        who, whom, uuid.uuid4(), reason="x", shown_digest="", clock=clock
    ),
    "draw a decision": lambda who, whom, made, clock: read_drawn_then(who, whom, uuid.uuid4(), clock=clock),
    "look at a plan": lambda who, whom, made, clock: plans.read_plan_page(who, whom, uuid.uuid4(), clock=clock),
    "see the plans": lambda who, whom, made, clock: plans.plans_of_patient(who, whom, clock=clock),
    "release a plan": lambda who, whom, made, clock: plans.release_plan(
        who, whom, uuid.uuid4(), words="x", client_ref=uuid.uuid4(), clock=clock
    ),
    "take a plan back": lambda who, whom, made, clock: plans.take_back_plan(
        who, whom, uuid.uuid4(), reason="x", clock=clock
    ),
    "retire a protocol": lambda who, whom, made, clock: protocols.retire_protocol(
        who, whom.clinic_id, uuid.uuid4(), clock=clock
    ),
}
OF_A_PATIENT = list(CALLS)[:20]


@pytest.fixture
def west(full_clinic):
    return full_clinic


@pytest.fixture
def east(full_neighbour):
    return full_neighbour


def refuses(call, who, whom, made, clock, refusal):
    who = confirmed(who, clock)
    stored = everything_stored()
    with pytest.raises(refusal):
        CALLS[call](who, whom, made, clock)
    assert everything_stored() == stored


def test_another_clinics_patients_are_not_there(west, east, clock):
    for call in CALLS:
        for who in (east.clinic.clinician, east.clinic.nurse, east.clinic.admin, east.patient):
            refuses(call, who, subject(west.patient), west, clock, NotThere)


def test_a_patient_who_does_not_exist_is_not_there(west, clock):
    nobody = Subject(west.clinic.clinic_id, uuid.uuid4())
    for call in OF_A_PATIENT:
        if call not in ("write an entry", "undo an entry", "say it wears off", "change the hand", "choose a language"):
            refuses(call, west.clinic.clinician, nobody, west, clock, NotThere)


def test_what_belongs_to_another_clinic_cannot_be_reached_through_the_own_one(west, east, clock):
    own = subject(east.patient)
    for call in ("correct a course", "record an infusion", "give a baseline"):
        refuses(call, east.clinic.clinician, own, west, clock, NotThere)
    refuses("undo an entry", east.patient, own, west, clock, NotThere)


def test_a_neighbour_in_the_same_clinic_is_not_there(west, clock):
    neighbour = patients.add_patient(
        west.clinic.nurse, west.clinic.clinic_id, patients.Particulars("M-3", "Three", "UTC"), clock=clock
    )
    for call in (
        "send entries from a phone",
        "ask where a phone stands",
        "read the own second numbers",
        "use a second number",
        "keep the first number",
        "write an entry",
        "undo an entry",
        "say it wears off",
        *BESIDES,
        *REMINDED,
        "read what came of reminders",
        "change the hand",
        "choose a language",
        "look at a patient",
        "give a consent",
        "take a consent back",
        "take the own data out",
        "see who looked",
        "ask to be erased",
        "take the wish back",
        "see the own wish",
        "erase",
        "look at who is to be erased",
    ):
        refuses(call, west.patient, neighbour, west, clock, NotThere)


MOVES = {"look at a move", "take a copy out", "make a move code"}
FROM_PAPER = {"look at a week", "write in a week", "see what staff wrote in", "draw a decision", "see the plans"}
BRINGS = {"look at a file", "look at a code", "take a file in", "take a code in"}
WRITES_LETTERS = {"take out a letter", "ask for a letter"}
MORNING = {
    "see the own digest",
    "set the digest",
    "stop the digest",
    "try the digest",
}
REMINDED = {
    "see the own reminders",
    "choose reminders",
    "begin with a phone",
    "ask the address again",
    "stop reminders",
    "try reminders",
    "see what came of a trial",
    "make a calendar link",
    "end a calendar link",
}
BESIDES = {
    "take back that it wears off",
    "read what goes with a day",
    "write what goes with a day",
    "write another score",
    "take another score back",
    "see the own pauses",
    "pause",
    "end a pause",
    "undo a pause",
}
GROUPS = {"compare groups", "draw the groups", "open the groups", "take groups out"}
ROUNDS = {
    "lead to the next patient",
    "count a round",
    "count what a round came to",
    "see the saved views",
    "save a view",
    "delete a view",
    "see the clinic's tags",
}
"""What goes with the worklist, and is about nobody."""
WRITES_NOTES = {
    "write a note",
    "take a note back",
    "record an impression",
    "take an impression back",
    "take an event back for a patient",
    "read what the chart draws",
    "read what is behind a number",
}
MAY = {
    "nurse": {
        *FROM_PAPER,
        *MOVES,
        *BRINGS,
        *WRITES_LETTERS,
        *MORNING,
        *WRITES_COURSES,
        *WRITES_NOTES,
        "read the protocols",
        "read a decision",
        "record a course",
        "correct a course",
        "record an infusion",
        "record an event",
        "read what a patient wrote besides",
        "read what came of reminders",
        "change the life cycle",
        "change the language",
        "see the particulars",
        "change the particulars",
        "invite a patient",
        "invite many patients",
        "see who has no account",
        "look at a patient",
        "record a consent on paper",
        "read a patient's consents",
        "add a patient",
        "read the worklist",
        *ROUNDS,
        "give a tag",
        "take a tag away",
        *GROUPS,
    },
    "admin": {
        "read the protocols",
        "add a protocol",
        "change a protocol",
        "retire a protocol",
        "change the clinic",
        "set what patients write",
        "see the staff",
        "invite a member",
        "change roles",
        "suspend",
        "change the rules",
        *GROUPS,
        "read the audit",
        "take the audit out",
        "read who is to be erased",
        "find who is to be erased",
        "look at who is to be erased",
        "read a certificate",
        "erase",
        "set how long diaries are kept",
        "read whose time has passed",
        "see what research may take",
        "take diaries out",
    },
    "researcher": {"read the protocols", *GROUPS, "see what research may take", "take diaries out"},
    "patient": {
        *MOVES,
        *BESIDES,
        *REMINDED,
        "send entries from a phone",
        "ask where a phone stands",
        "read the own second numbers",
        "use a second number",
        "keep the first number",
        "write an entry",
        "undo an entry",
        "say it wears off",
        "change the hand",
        "choose a language",
        "give a consent",
        "take a consent back",
        "take the own data out",
        "see who looked",
        "ask to be erased",
        "take the wish back",
        "see the own wish",
    },
}


@pytest.mark.parametrize("role", MAY)
def test_what_a_role_may_not_do_in_its_own_clinic_is_refused(west, clock, role):
    people = {
        "nurse": west.clinic.nurse,
        "admin": west.clinic.admin,
        "researcher": a_member(west.clinic.clinic_id, Role.RESEARCHER, clock),
        "patient": west.patient,
    }
    of_clinic = (
        "read the protocols",
        "add a protocol",
        "change a protocol",
        "retire a protocol",
        "add a patient",
        "read the worklist",
        "change the clinic",
        "set what patients write",
        "change the rules",
        "invite many patients",
        "see who has no account",
        "see the staff",
        "invite a member",
        "change roles",
        "suspend",
        *GROUPS,
        "read the audit",
        "take the audit out",
        "read who is to be erased",
        "find who is to be erased",
        "read a certificate",
        "set how long diaries are kept",
        "read whose time has passed",
        "see what research may take",
        "take diaries out",
        *BRINGS,
        *ROUNDS,
        *MORNING,
    )
    for call in CALLS.keys() - MAY[role]:
        told = NotThere if role == "patient" and call in of_clinic else Refused
        refuses(call, people[role], subject(west.patient), west, clock, told)


def test_a_nurse_cannot_decide_and_a_clinician_can(west, clock):
    stored = everything_stored()
    with pytest.raises(Refused, match="Your role in this clinic does not allow this"):
        decide(west.clinic.nurse, west.patient, DecisionKind.WAIT, clock)
    assert everything_stored() == stored
    assert decide(west.clinic.clinician, west.patient, DecisionKind.WAIT, clock)


def test_studies_and_verdicts_are_the_operators(west, clock, tmp_path):
    folder = a_study(tmp_path / "in", ["P1"])
    stored = everything_stored()
    for who in (west.clinic.clinician, west.clinic.nurse, west.clinic.admin, west.patient):
        with pytest.raises((Refused, NotThere)):
            study.import_study(who, folder, clinic=None, clock=clock)
        with pytest.raises((Refused, NotThere)):
            study.import_study(who, folder, clinic="Of my own", clock=clock)
        with pytest.raises((Refused, NotThere)):
            study_export.export_study(who, tmp_path / "out", clinic=None, clock=clock)
        with pytest.raises((Refused, NotThere)):
            list(verdicts.verdicts_as_of(who, TODAY, clinic=None))
        with pytest.raises((Refused, NotThere)):
            list(verdicts.forecasts_as_of(who, TODAY, clinic=None))
    assert everything_stored() == stored
    assert not (tmp_path / "out").exists()


def test_nobody_of_a_clinic_makes_another_one(west, clock):
    stored = everything_stored()
    for who in (west.clinic.clinician, west.clinic.admin, west.patient):
        with pytest.raises(NotThere):
            clinics.add_clinic(who, "Mine", clock=clock)
        with pytest.raises(NotThere):
            members.invite_member(who, "a@b.example", clinic="Mine", roles=[Role.ADMIN], clock=clock)
    assert everything_stored() == stored


def test_an_own_diary_is_for_patients(west, clock):
    for who in (west.clinic.clinician, west.clinic.admin):
        with pytest.raises(NotThere):
            own_diary.read_own_diary(who, clock=clock)
        with pytest.raises(NotThere):
            own_diary.read_whole_diary(who, clock=clock)
        with pytest.raises(NotThere):
            own_courses.read_own_courses(who, clock=clock)
        with pytest.raises(NotThere):
            patients.own_particulars(who)
    assert own_diary.read_own_diary(west.patient, clock=clock).patient.reference == "M-1"


def test_staff_are_listed_to_staff_only(west, clock):
    assert len(clinics.active_members(west.clinic.nurse, west.clinic.clinic_id)) == 3
    with pytest.raises((Refused, NotThere)):
        clinics.active_members(west.patient, west.clinic.clinic_id)


def test_two_clinics_may_have_the_same_reference(app, clock):
    for name in ("West", "East"):
        clinic = a_clinic(clock, name)
        assert patients.add_patient(clinic.nurse, clinic.clinic_id, PARTICULARS, clock=clock)
