"""A decision is taken back by a new one that names it, and the patient stands as if it had not been made."""

import uuid
from datetime import date, timedelta

import pytest

from diary.db import snapshot
from diary.errors import Changed, ConfirmFirst, Invalid, NotThere, Refused
from diary.exchange.decision_statement import PURPOSE, SECOND_PURPOSE
from diary.services.checked_decisions import Standing, check_decisions, read_proofs
from diary.services.decision_charts import read_drawn_then
from diary.services.decision_pages import read_decision_page
from diary.services.decision_statements import statement_of
from diary.services.decisions import record_decision, reverse_decision
from diary.services.own_data import released_plans
from diary.services.plans import release_plan, take_back_plan
from diary.services.rules import rules_in_force
from diary.services.transcriptions import Week, write_week
from diary.services.wearing_off import said_since_decision, say_wearing_off
from diary.vocabulary import DecisionKind, WrittenFrom
from tests.clinic_builders import a_clinic, a_course, a_patient, confirmed, subject, write_days
from tests.services.deciding import decide, shown_digest
from tests.services.looking_in import audit_rows, diary_of
from tests.services.tampering import tamper


@pytest.fixture(scope="module")
def kept(keep):
    def make(clock):
        clinic = a_clinic(clock)
        patient = a_patient(clinic, clock)
        write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
        a_course(clinic, patient, date(2026, 1, 8), clock, days=2)
        write_days(patient, [2] * 9, clock, first_day=date(2026, 1, 10))
        return clinic, patient, decide(clinic.clinician, patient, DecisionKind.WAIT, clock)

    return keep(make)


@pytest.fixture
def clinic(app, clock, kept):
    return kept.put_into_place(clock)[0]


@pytest.fixture
def patient(clinic, kept):
    return kept.made[1]


@pytest.fixture
def made(clinic, kept):
    """A decision to wait for two weeks."""
    return kept.made[2]


def reverse(clinic, patient, made, clock, **said):
    clock.move(minutes=1)
    asked = {"reason": "wrong patient", "shown_digest": shown_digest(patient, clock), "clock": clock} | said
    return reverse_decision(confirmed(clinic.clinician, clock), subject(patient), made, **asked)


def standings(patient):
    with snapshot() as session:
        proofs = read_proofs(session, patient.clinic_id, patient.patient_id)
    return {made: one.standing for made, one in check_decisions(diary_of(patient), proofs).items()}


def deferred(patient, clock):
    diary = diary_of(patient)
    return diary.circumstances(diary.today(clock())).deferred_until


def told(patient):
    with snapshot() as session:
        return [(one.words, one.until is None) for one in released_plans(session, subject(patient))]


def test_a_reversal_names_the_decision_and_both_stay_valid(clinic, patient, made, clock):
    reversal = reverse(clinic, patient, made, clock)
    assert standings(patient) == {made: Standing.VALID, reversal: Standing.VALID}
    page = read_decision_page(clinic.nurse, subject(patient), reversal, clock=clock)
    assert (page.takes_back.id, page.reversal) == (made, None)
    assert read_decision_page(clinic.nurse, subject(patient), made, clock=clock).reversal.id == reversal
    row = next(row for row in audit_rows(clinic.clinic_id) if row.action == "decision.reversed")
    assert row.content["reverses"] == str(made)


def test_the_patient_stands_as_if_it_had_not_been_made(clinic, patient, made, clock):
    assert deferred(patient, clock) == date(2026, 2, 1)
    before = decide(clinic.clinician, patient, DecisionKind.STOP, clock)
    assert deferred(patient, clock) is None
    reverse(clinic, patient, before, clock)
    assert deferred(patient, clock) == date(2026, 2, 1)
    reverse(clinic, patient, made, clock)
    assert deferred(patient, clock) is None
    assert diary_of(patient).last_decision(date(2026, 1, 18)) is None


def test_what_the_patient_said_before_a_reversed_decision_is_open_again(clinic, patient, clock):
    clock.move(minutes=1)
    say_wearing_off(patient, subject(patient), clock=clock)
    clock.move(minutes=1)
    second = decide(clinic.clinician, patient, DecisionKind.STOP, clock)
    with snapshot() as session:
        assert said_since_decision(session, subject(patient)) is None
    reverse(clinic, patient, second, clock)
    with snapshot() as session:
        assert said_since_decision(session, subject(patient)) is not None


def test_a_decision_is_reversed_once_and_a_reversal_never(clinic, patient, made, clock):
    ref = uuid.uuid4()
    reversal = reverse(clinic, patient, made, clock, client_ref=ref)
    assert reverse(clinic, patient, made, clock, client_ref=ref) == reversal == ref
    with pytest.raises(Changed, match="already"):
        reverse(clinic, patient, made, clock)
    with pytest.raises(Invalid, match="reverses another"):
        reverse(clinic, patient, reversal, clock)
    with pytest.raises(NotThere):
        reverse(clinic, patient, uuid.uuid4(), clock)
    assert len(diary_of(patient).decisions) == 2


def test_a_reversal_asks_for_the_screen_and_the_proof_that_a_decision_asks_for(clinic, patient, made, clock):
    asked = {"reason": "x", "clock": clock}
    with pytest.raises(Changed, match="changed while"):
        reverse_decision(confirmed(clinic.clinician, clock), subject(patient), made, shown_digest="0" * 64, **asked)
    digest = shown_digest(patient, clock)
    with pytest.raises(ConfirmFirst):
        reverse_decision(clinic.clinician, subject(patient), made, shown_digest=digest, **asked)
    with pytest.raises(Refused):
        reverse_decision(confirmed(clinic.nurse, clock), subject(patient), made, shown_digest=digest, **asked)


@pytest.mark.parametrize("change", ["reverses = NULL", "reverses = id", "medicine = 'lidocaine'"])
def test_what_is_reversed_cannot_be_changed_unseen(clinic, patient, made, clock, change):
    reversal = reverse(clinic, patient, made, clock)
    tamper(f"UPDATE decision SET {change} WHERE id = '{reversal.hex}'")
    assert standings(patient)[reversal] is Standing.INVALID


def test_a_decision_without_the_new_words_states_what_it_always_stated(clinic, patient, made, clock):
    first = next(one for one in diary_of(patient).decisions if one.id == made)
    assert statement_of(first).purpose == PURPOSE == "ebb-decision-1"
    assert not {"reverses", "medicine"} & statement_of(first).plain().keys()
    change = record_decision(
        confirmed(clinic.clinician, clock),
        subject(patient),
        DecisionKind.CHANGE,
        reason="x",
        next_step=None,
        medicine="lidocaine",
        shown_digest=shown_digest(patient, clock),
        clock=clock,
    )
    second = next(one for one in diary_of(patient).decisions if one.id == change)
    assert statement_of(second).purpose == SECOND_PURPOSE == "ebb-decision-2"
    assert statement_of(second).plain()["medicine"] == "lidocaine"
    assert standings(patient)[change] is Standing.VALID
    tamper(f"UPDATE decision SET medicine = 'magnesium' WHERE id = '{change.hex}'")
    assert standings(patient)[change] is Standing.INVALID


@pytest.mark.parametrize(("kind", "medicine"), [(DecisionKind.STOP, "lidocaine"), (DecisionKind.CHANGE, "aspirin")])
def test_a_medicine_goes_with_a_change_to_one_that_is_known(clinic, patient, clock, kind, medicine):
    digest = shown_digest(patient, clock)
    said = {"reason": "x", "next_step": None, "medicine": medicine, "shown_digest": digest, "clock": clock}
    with pytest.raises(Invalid) as refused:
        record_decision(confirmed(clinic.clinician, clock), subject(patient), kind, **said)
    assert set(refused.value.fields) == {"medicine"}


def test_a_plan_is_read_until_it_is_taken_back_put_otherwise_or_its_decision_is_reversed(clinic, patient, made, clock):
    who, about = clinic.clinician, subject(patient)
    release_plan(who, about, made, words=" We wait. ", client_ref=uuid.uuid4(), clock=clock)
    assert told(patient) == [("We wait.", True)]
    clock.move(minutes=1)
    release_plan(who, about, made, words="We wait until May.", client_ref=uuid.uuid4(), clock=clock)
    assert told(patient) == [("We wait until May.", True), ("We wait.", False)]
    clock.move(minutes=1)
    for _ in range(2):
        take_back_plan(who, about, made, reason="too early", clock=clock)
    assert told(patient) == [("We wait until May.", False), ("We wait.", False)]
    release_plan(who, about, made, words="We wait again.", client_ref=uuid.uuid4(), clock=clock)
    reverse(clinic, patient, made, clock)
    assert not any(holds for _, holds in told(patient))
    with pytest.raises(Changed, match="reversed"):
        release_plan(who, about, made, words="x", client_ref=uuid.uuid4(), clock=clock)


def test_a_plan_sent_twice_is_released_once_and_never_without_words(clinic, patient, made, clock):
    who, about, ref = clinic.clinician, subject(patient), uuid.uuid4()
    for _ in range(2):
        release_plan(who, about, made, words="We wait.", client_ref=ref, clock=clock)
    with pytest.raises(Changed, match="sent before"):
        release_plan(who, about, made, words="We do not.", client_ref=ref, clock=clock)
    with pytest.raises(Invalid):
        release_plan(who, about, made, words="  ", client_ref=uuid.uuid4(), clock=clock)
    assert told(patient) == [("We wait.", True)]


def test_the_chart_of_a_decision_has_the_entries_of_then_and_no_later_ones(clinic, patient, made, clock):
    before = read_drawn_then(clinic.nurse, subject(patient), made, clock=clock)
    clock.move(days=1)
    week = Week({date(2025, 12, 30): 9}, WrittenFrom.SHEET, date(2026, 1, 1))
    write_week(clinic.nurse, subject(patient), week, client_ref=uuid.uuid4(), clock=clock)
    write_days(patient, [9] * 3, clock, first_day=date(2026, 1, 19))
    drawn = read_drawn_then(clinic.nurse, subject(patient), made, clock=clock)
    assert [(one.day, one.score) for one in drawn.points] == [(one.day, one.score) for one in before.points]
    assert len(drawn.points) == 16
    assert drawn.today == date(2026, 1, 18)
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    assert drawn.verdict.line == diary_of(patient).verdict(date(2026, 1, 18), rules).line
    assert drawn.means[-1].day == drawn.today + timedelta()
