"""Numbers of the rules changed by a clinic: a new version with its reason, and every verdict made again."""

import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from diary.access.identity import OPERATOR, Identity
from diary.clinical.errors import ClinicalError
from diary.clinical.rule_numbers import NumberChange
from diary.clinical.rules import DEFAULT_RULES
from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Refused
from diary.models import ClinicRules
from diary.services import clinics
from diary.services.fresh_lines import remake_stale
from diary.services.rules import change_rules, read_rules, rules_in_force, rules_of_version
from diary.services.verdicts import verdicts_as_of
from diary.services.worklist import WorklistFilter, read_worklist, refresh_everywhere
from diary.vocabulary import DecisionKind, Role
from tests.clinic_builders import a_clinic, a_course, a_member, a_patient, write_days
from tests.services.deciding import decide, shown_digest
from tests.services.looking_in import audit_rows, everything_stored, summary_of_row
from tests.services.side_by_side import side_by_side
from tests.services.tampering import refuse


@pytest.fixture
def holding(clinic, clock):
    """A patient with a baseline of 7 whose weeks of 4 are good at 30 %, and lost at 50 %."""
    patient = a_patient(clinic, clock)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 2, 1))
    a_course(clinic, patient, date(2026, 2, 8), clock, days=1)
    write_days(patient, [4] * 35, clock, first_day=date(2026, 2, 9))
    return patient


def change(clinic, clock, base_version=1, who=None, reason="Half is what our patients ask for.", **changes):
    named = {name.replace("__", "."): value for name, value in changes.items()}
    return change_rules(
        who or clinic.admin, clinic.clinic_id, named, reason=reason, base_version=base_version, clock=clock
    )


def rules_now(clinic):
    with snapshot() as session:
        return rules_in_force(session, clinic.clinic_id)


def state_on_worklist(clinic, clock):
    page = read_worklist(clinic.nurse, clinic.clinic_id, WorklistFilter(), clock=clock)
    ((row, counts),) = [(row, page.counts) for row in page.rows]
    verdict = row.shown["verdict"]
    assert counts[verdict["state"]] == 1
    return verdict["state"], verdict["ruleset"], verdict["line"]


def test_an_admin_changes_numbers_by_a_new_version(clinic, clock):
    clock.move(days=3)
    assert change(clinic, clock, relief_percent=50, near_enters=Decimal("0.35"), ketamine__waiting_time=35) == 2
    rules = rules_now(clinic)
    assert (rules.version, rules.relief_percent, rules.near_enters) == ("2", 50, Fraction(7, 20))
    assert rules.medicine("ketamine").waiting_time == 35
    with snapshot() as session:
        assert rules_of_version(session, clinic.clinic_id, 1) == DEFAULT_RULES
        assert rules_of_version(session, clinic.clinic_id, 2) == rules
        with pytest.raises(NotThere):
            rules_of_version(session, clinic.clinic_id, 3)


def test_the_audit_says_what_it_was_and_what_it_is(clinic, clock):
    before = len(audit_rows(clinic.clinic_id))
    change(clinic, clock, relief_percent=50, near_enters=Decimal("0.35"), ketamine__waiting_time=35, week_minimum=4)
    (row,) = audit_rows(clinic.clinic_id, since=before)
    assert (row.action, row.actor_id, row.at) == ("rules.versioned", clinic.admin.member_id, clock())
    assert row.content == {
        "version": 2,
        "reason": "Half is what our patients ask for.",
        "changes": [
            {"name": "relief_percent", "before": 30, "after": 50},
            {"name": "near_enters", "before": "1/2", "after": "7/20"},
            {"name": "ketamine.waiting_time", "before": None, "after": 35},
        ],
    }


def test_when_the_audit_cannot_be_written_the_rules_stay(clinic, holding, clock):
    refuse("audit_event")
    stored = everything_stored()
    with pytest.raises(Exception, match="disk full"):
        change(clinic, clock, relief_percent=50)
    assert everything_stored() == stored


def test_the_same_form_sent_twice_makes_one_version(clinic, clock):
    assert [change(clinic, clock, relief_percent=50) for _ in range(3)] == [2, 2, 2]
    assert len(read_rules(clinic.admin, clinic.clinic_id).versions) == 2
    with pytest.raises(Changed):
        change(clinic, clock, relief_percent=40)
    with pytest.raises(Changed):
        change(clinic, clock, relief_percent=50, reason="Something else.")
    with pytest.raises(Changed):
        change(clinic, clock, who=a_member(clinic.clinic_id, Role.ADMIN, clock), relief_percent=50)


def test_a_change_of_rules_that_are_no_longer_in_force_is_refused(clinic, clock):
    change(clinic, clock, relief_percent=50)
    stored = everything_stored()
    for base in (1, 3, 0, -1):
        with pytest.raises(Changed, match="Look at them again"):
            change(clinic, clock, base, week_minimum=5)
    assert everything_stored() == stored
    assert change(clinic, clock, 2, week_minimum=5) == 3
    assert rules_now(clinic).relief_percent == 50


def test_of_two_admins_at_the_same_moment_one_is_told_to_look_again(app, clinic, clock):
    def try_to_change(percent):
        try:
            return change(clinic, clock, relief_percent=percent)
        except Changed:
            return None

    made = side_by_side(app, [lambda percent=percent: try_to_change(percent) for percent in (35, 40, 45, 50)])
    assert sorted(version or 0 for version in made) == [0, 0, 0, 2]
    assert len(read_rules(clinic.admin, clinic.clinic_id).versions) == 2


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"week_minimum": 8}, {"week_minimum": "Write a number from 1 to 7."}),
        ({"week_minimum": 0, "paper_counts": 1}, {"week_minimum", "paper_counts"}),
        ({"near_leaves": Decimal("0.25")}, {"near_leaves": "Write 0.5 or more: that is the number of"}),
        ({"ketamine.minimum_interval": 16}, {"ketamine.minimum_interval": "Write a number from 17 to 730."}),
        ({"gap_minimum": None}, {"gap_minimum"}),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_beside_its_field(clinic, clock, changes, fields):
    stored = everything_stored()
    with pytest.raises(Invalid) as refusal:
        change(clinic, clock, **{name.replace(".", "__"): value for name, value in changes.items()})
    assert refusal.value.fields.keys() == set(fields)
    for name, words in fields.items() if isinstance(fields, dict) else ():
        assert refusal.value.fields[name].startswith(words)
    assert everything_stored() == stored


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_change_needs_a_reason_in_a_few_words(clinic, clock, reason):
    stored = everything_stored()
    with pytest.raises(Invalid) as refusal:
        change(clinic, clock, reason=reason, relief_percent=50)
    assert refusal.value.fields.keys() == {"reason"}
    assert everything_stored() == stored


def test_a_change_that_changes_nothing_is_refused(clinic, clock):
    with pytest.raises(Invalid, match="Every number is as it was"):
        change(clinic, clock, relief_percent=30, near_enters=Decimal("0.50"))


def test_a_number_that_no_clinic_changes_is_refused(clinic, clock):
    for name in ("version", "ketamine__prior_t50", "ketamine__substance", "medicines"):
        with pytest.raises(ClinicalError, match="cannot change"):
            change(clinic, clock, **{name: 3})


def test_only_an_admin_of_the_clinic_changes_its_rules(clinic, clock):
    elsewhere = a_clinic(clock, "Pain clinic East")
    stored = everything_stored()
    for who in (clinic.clinician, clinic.nurse):
        with pytest.raises(Refused):
            change(clinic, clock, who=who, relief_percent=50)
    for who in (elsewhere.admin, OPERATOR, Identity(uuid.uuid4(), clinic.clinic_id, patient_id=uuid.uuid4())):
        with pytest.raises((NotThere, Refused)):
            change(clinic, clock, who=who, relief_percent=50)
    assert everything_stored() == stored


def test_staff_of_the_clinic_read_its_rules_and_nobody_else_does(clinic, clock):
    elsewhere, patient = a_clinic(clock, "Pain clinic East"), a_patient(clinic, clock)
    for who in (clinic.clinician, clinic.nurse, clinic.admin, a_member(clinic.clinic_id, Role.RESEARCHER, clock)):
        assert read_rules(who, clinic.clinic_id).rules == DEFAULT_RULES
    for who in (elsewhere.admin, patient, Identity()):
        with pytest.raises((NotThere, Refused)):
            read_rules(who, clinic.clinic_id)


def test_no_page_shows_a_verdict_of_the_older_rules(clinic, holding, clock):
    assert state_on_worklist(clinic, clock) == ("HOLDING", "1", 4.9)
    change(clinic, clock, relief_percent=50)
    assert state_on_worklist(clinic, clock) == ("NON_RESPONDER", "2", 3.5)
    change(clinic, clock, 2, relief_percent=30)
    assert state_on_worklist(clinic, clock) == ("HOLDING", "3", 4.9)


def test_the_jobs_judge_everyone_again_after_a_change(clinic, holding, clock):
    refresh_everywhere(clock)
    assert refresh_everywhere(clock) == 0
    change(clinic, clock, relief_percent=50)
    assert refresh_everywhere(clock) == 1
    assert summary_of_row(holding).state == "NON_RESPONDER"
    assert refresh_everywhere(clock) == 0


def test_a_change_leaves_the_patients_of_other_clinics_alone(clinic, holding, clock):
    elsewhere = a_clinic(clock, "Pain clinic East")
    a_patient(elsewhere, clock)
    change(clinic, clock, relief_percent=50)
    assert remake_stale(elsewhere.clinic_id, clock=clock) == 0
    assert remake_stale(clinic.clinic_id, clock=clock) == 1


def test_a_decision_on_a_verdict_of_the_older_rules_is_refused(clinic, holding, clock):
    seen = shown_digest(holding, clock)
    change(clinic, clock, relief_percent=31)
    assert shown_digest(holding, clock) != seen
    assert decide(clinic.clinician, holding, DecisionKind.WAIT, clock)


def test_a_verdict_of_an_earlier_day_is_that_of_the_rules_of_that_day(clinic, holding, clock):
    (before,) = verdicts_as_of(OPERATOR, date(2026, 3, 14), clinic=None)
    clock.now = datetime(2026, 3, 15, 9, tzinfo=UTC)
    change(clinic, clock, relief_percent=50)
    assert list(verdicts_as_of(OPERATOR, date(2026, 3, 14), clinic=None)) == [before]
    (after,) = verdicts_as_of(OPERATOR, date(2026, 3, 15), clinic=None)
    assert (before["ruleset"], before["line"]) == ("1", 4.9)
    assert (after["ruleset"], after["line"]) == ("2", 3.5)


def test_the_change_log_says_who_changed_what_when_and_why(clinic, clock):
    clinics.change_clinic(clinic.admin, clinic.clinic_id, clock=clock, time_zone="Pacific/Auckland")
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)  # the 21st in Auckland
    change(clinic, clock, relief_percent=50, week_minimum=5)
    change(clinic, clock, 2, reason="Back to the published number.", relief_percent=30)
    page = read_rules(clinic.nurse, clinic.clinic_id)
    third, second, first = page.versions
    assert (first.version, first.made_by, first.changes) == (1, None, ())
    assert first.reason == "Defaults of the rules, to be signed off by the clinic"
    assert (second.version, second.made_on, second.made_by) == (2, date(2026, 3, 21), clinic.admin.name)
    assert second.changes == (NumberChange("relief_percent", 30, 50), NumberChange("week_minimum", 4, 5))
    assert (third.reason, third.changes) == (
        "Back to the published number.",
        (NumberChange("relief_percent", 50, 30),),
    )
    assert page.set_by("week_minimum") == second
    assert page.set_by("relief_percent") is None
    assert page.set_by("ketamine.waiting_time") is None


def test_a_stored_version_can_not_be_changed(clinic, clock):
    change(clinic, clock, relief_percent=50)
    with pytest.raises(Exception, match=r"append-only|permission denied"), transaction() as session:
        session.get_one(ClinicRules, (clinic.clinic_id, 2)).parameters = {}
