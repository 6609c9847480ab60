"""A round leads through everybody who needs someone, each once, and then it ends."""

import random

import pytest

from diary.services import fresh_lines, rounds
from diary.services.decisions import reverse_decision
from diary.services.rounds import next_in_round, read_end, read_round
from diary.services.wearing_off import say_wearing_off
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import DecisionKind, Role
from tests.clinic_builders import a_clinic, a_member, a_patient, confirmed, subject
from tests.services.closing import protect
from tests.services.deciding import decide, shown_digest
from tests.services.looking_in import summary_of_row


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def people(clinic, clock):
    """Nine patients; six of them say that it wears off."""
    made = [a_patient(clinic, clock, f"M-{number}") for number in range(9)]
    for patient in made[:6]:
        say_wearing_off(patient, subject(patient), clock=clock)
    return made


def led_to(who, clinic, clock, decide_about=lambda _patient_id: None, **wanted):
    """Return whom a round leads to, in its order."""
    found, after = [], ""
    while coming := next_in_round(who, clinic.clinic_id, WorklistFilter(after=after, **wanted), clock=clock):
        found.append(coming.patient_id)
        decide_about(coming.patient_id)
        after = coming.key
        assert len(found) <= 50, "The round never ends."
    return found


def needing_someone(clinic, clock, **wanted):
    page = read_worklist(clinic.clinician, clinic.clinic_id, WorklistFilter(**wanted), clock=clock)
    return [row.patient_id for row in page.rows if row.band == 1]


def ended(clinic, began, clock):
    return read_end(clinic.clinician, clinic.clinic_id, WorklistFilter(), began=began, clock=clock)


def test_a_round_leads_to_whoever_needs_someone_in_the_order_of_the_list(clinic, people, clock):
    assert led_to(clinic.nurse, clinic, clock) == needing_someone(clinic, clock)
    assert len(needing_someone(clinic, clock)) == 6


def test_whoever_is_decided_about_or_passed_over_does_not_come_again(clinic, people, clock):
    by_id = {patient.patient_id: patient for patient in people}
    began, chance = clock(), random.Random(3)
    decided = []

    def now_and_then(patient_id):
        clock.move(minutes=1)
        if chance.random() < 0.5:
            decide(clinic.clinician, by_id[patient_id], DecisionKind.WAIT, clock, in_days=9)
            decided.append(patient_id)

    expected = needing_someone(clinic, clock)
    assert led_to(clinic.clinician, clinic, clock, now_and_then) == expected
    assert decided
    end = ended(clinic, began, clock)
    assert (end.decided, end.passed_over, end.unknown, end.nothing) == (len(decided), 6 - len(decided), 0, 3)


def test_only_ones_own_decisions_since_the_round_began_count(clinic, people, clock):
    decide(clinic.clinician, people[0], DecisionKind.WAIT, clock, in_days=9)
    clock.move(minutes=5)
    other, began = a_member(clinic.clinic_id, Role.CLINICIAN, clock), clock()
    decide(other, people[1], DecisionKind.WAIT, clock, in_days=9)
    for _twice in range(2):
        decide(clinic.clinician, people[2], DecisionKind.WAIT, clock, in_days=9)
    assert read_round(clinic.clinician, clinic.clinic_id, WorklistFilter(), began=began, clock=clock).decided == 1
    assert read_round(other, clinic.clinic_id, WorklistFilter(), began=began, clock=clock).decided == 1


def test_decisions_that_were_taken_back_and_what_takes_them_back_are_not_counted_as_decided(clinic, people, clock):
    before = decide(clinic.clinician, people[0], DecisionKind.WAIT, clock, in_days=9)
    clock.move(minutes=5)
    began = clock()
    made = decide(clinic.clinician, people[1], DecisionKind.WAIT, clock, in_days=9)
    decide(clinic.clinician, people[2], DecisionKind.WAIT, clock, in_days=9)
    for patient, decision in ((people[0], before), (people[1], made)):
        take_back(clinic, patient, decision, clock)
    assert ended(clinic, began, clock).decided == 1
    stands = read_round(clinic.clinician, clinic.clinic_id, WorklistFilter(), began=began, clock=clock)
    assert stands.decided == 1
    decide(clinic.clinician, people[1], DecisionKind.WAIT, clock, in_days=9)
    assert ended(clinic, began, clock).decided == 2


def take_back(clinic, patient, decision, clock):
    who, digest = confirmed(clinic.clinician, clock), shown_digest(patient, clock)
    reverse_decision(who, subject(patient), decision, reason="by mistake", shown_digest=digest, clock=clock)


def test_a_round_passes_over_whose_diary_cannot_be_judged_however_many_and_says_so(clinic, people, clock, monkeypatch):
    clock.move(days=1)  # every line is of yesterday
    order, real = needing_someone(clinic, clock), fresh_lines.line_made
    clock.move(days=1)
    broken = set(order[: rounds.LOOKS])

    def line_made(diary, rules, now):
        if diary.patient.id in broken:
            raise ZeroDivisionError
        return real(diary, rules, now)

    monkeypatch.setattr(fresh_lines, "line_made", line_made)
    assert led_to(clinic.nurse, clinic, clock) == order[rounds.LOOKS :]
    end = ended(clinic, clock(), clock)
    assert (end.passed_over, end.unknown) == (6, rounds.LOOKS)


def test_a_line_of_yesterday_that_nobody_has_made_yet_is_not_told_as_unknown(clinic, people, clock):
    clock.move(days=1)
    assert ended(clinic, clock(), clock).unknown == 0


def test_how_many_are_to_come_counts_from_where_one_stands(clinic, people, clock):
    first = next_in_round(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    stands = read_round(clinic.nurse, clinic.clinic_id, WorklistFilter(after=first.key), began=clock(), clock=clock)
    assert stands.to_come == 5
    assert ended(clinic, clock(), clock).passed_over == 6


def test_a_round_passes_by_what_is_closed_to_the_member(clinic, people, clock):
    protect(clinic, subject(people[0]), clock)
    assert people[0].patient_id not in led_to(clinic.nurse, clinic, clock)
    assert people[0].patient_id in led_to(clinic.clinician, clinic, clock)


def test_a_round_over_a_filter_stays_in_it(clinic, people, clock):
    for wanted in ({"state": "NO_COURSE"}, {"state": "HOLDING"}, {"responsible_id": clinic.nurse.member_id}):
        assert led_to(clinic.nurse, clinic, clock, **wanted) == needing_someone(clinic, clock, **wanted)


def test_a_line_of_yesterday_is_made_right_before_a_round_leads_to_it(clinic, people, clock):
    clock.move(days=1)
    first = next_in_round(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    line = next(summary_of_row(one) for one in people if one.patient_id == first.patient_id)
    assert line.true_until > clock()
