"""One diary that is read once answers for any day and any rules."""

import uuid
from dataclasses import replace
from datetime import date

from diary.clinical.rules import DEFAULT_RULES
from diary.services.entries import record_entry
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.looking_in import diary_of

STRICT = replace(DEFAULT_RULES, relief_percent=50, late_days_counting=0)


def test_a_diary_answers_for_each_day_and_rules_as_if_it_were_asked_for_the_first_time(app, clock):
    clinic = a_clinic(clock)
    patient = a_patient(clinic, clock)
    a_course(clinic, patient, date(2026, 2, 23), clock)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 2, 16))
    write_days(patient, [*[2] * 19, None, 2], clock, first_day=date(2026, 2, 28))
    late = date(2026, 3, 19)
    record_entry(patient, subject(patient), day=late, score=2, client_ref=uuid.uuid4(), clock=clock)
    diary = diary_of(patient)
    days = {DEFAULT_RULES: (8, 12, 20), STRICT: (20, 8, 12)}
    asked = [(date(2026, 3, day), rules) for rules in days for day in days[rules]]
    answers = [(diary.scores(day, rules), diary.verdict(day, rules)) for day, rules in asked]
    assert answers == [(diary_of(patient).scores(*one), diary_of(patient).verdict(*one)) for one in asked]
    assert {len(scores) for scores, _ in answers} == {28, 16, 20}
    assert len({verdict.line for _, verdict in answers}) == 2
