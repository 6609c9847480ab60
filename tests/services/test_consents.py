"""Consents: what a patient agreed to is kept in its words, can be taken back, and stops what it has to stop."""

import hashlib
import uuid
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR, Identity
from diary.clinical.cohort.groups import GroupBy
from diary.db import snapshot
from diary.errors import Changed, Invalid, NotThere, Refused
from diary.installation import installation
from diary.models import Patient
from diary.services import consent_texts, entries
from diary.services.cohort import cohort_as_of, cohort_of_clinic
from diary.services.consent_texts import REQUIRED, TEXTS, current_text, text_of
from diary.services.consents import (
    OnPaper,
    consents_of_patient,
    give_consent,
    own_consents,
    record_paper,
    research_allowed,
    withdraw_consent,
)
from diary.services.invites import accept_invite, invite_patient
from diary.services.own_diary import read_own_diary
from diary.services.study import import_study
from diary.services.wearing_off import say_wearing_off
from diary.vocabulary import ConsentPurpose, ConsentSaid, Role
from tests.clinic_builders import AGREED, a_clinic, a_member, a_patient, subject
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.side_by_side import side_by_side
from tests.services.study_folders import a_study

TODAY = date(2026, 3, 20)
DIARY, RESEARCH = ConsentPurpose.DIARY, ConsentPurpose.RESEARCH
GIVEN, WITHDRAWN = ConsentSaid.GIVEN, ConsentSaid.WITHDRAWN
WORDS_AS_RELEASED = {
    ("diary", "2026-1"): "d7cbc7c93ee348675fb48b48d35f6157425b6edcd039d67bf2e6e2115aa81954",
    ("research", "2026-1"): "63f8bdd660444986f1a7efcc4bd4611e9e96b70bac8be8202e3d088204b5135e",
}


def give(patient, purpose, clock, version=AGREED):
    give_consent(patient, subject(patient), purpose, version=version, clock=clock)


def withdraw(patient, purpose, clock):
    withdraw_consent(patient, subject(patient), purpose, clock=clock)


def paper(clinic, patient, clock, purpose=DIARY, said=GIVEN, day=TODAY, version=AGREED):
    record_paper(clinic.nurse, subject(patient), OnPaper(purpose, version, said, day), clock=clock)


def said_by(patient):
    own = own_consents(patient, subject(patient))
    return [(one.purpose, one.said, one.how, one.version, one.day) for one in reversed(own.said)]


def standing(patient, purpose):
    return next(one for one in own_consents(patient, subject(patient)).standings if one.purpose is purpose)


def write(patient, clock, score=4):
    day = read_own_diary(patient, clock=clock).today
    return entries.record_entry(patient, subject(patient), day=day, score=score, client_ref=uuid.uuid4(), clock=clock)


def in_research(clinic):
    with snapshot() as session:
        return research_allowed(session, clinic.clinic_id)


def with_newer_words(monkeypatch, purpose=DIARY):
    newer = replace(current_text(purpose), version="2027-1")
    monkeypatch.setattr(consent_texts, "TEXTS", (*TEXTS, newer))


def test_words_that_were_once_asked_are_never_changed():
    words = {(text.purpose.value, text.version): "\n".join((text.title, *text.sentences, text.tick)) for text in TEXTS}
    digests = {key: hashlib.sha256(said.encode()).hexdigest() for key, said in words.items()}
    assert digests == WORDS_AS_RELEASED, "New words are a new version at the end of TEXTS."


def test_a_version_is_named_once_for_a_purpose():
    assert len({(text.purpose, text.version) for text in TEXTS}) == len(TEXTS)
    assert text_of("diary", "2026-1") is not None
    assert text_of("diary", "1999-1") is None


def accept(token, clock, agreed=AGREED):
    return accept_invite(
        token,
        sign_in_name="ana@home.example",
        password="four words in a row",
        passwords=installation().passwords,
        clock=clock,
        agreed=agreed,
    )


@pytest.mark.parametrize(("agreed", "words"), [("", "Tick the box"), ("1999-1", "words have changed")])
def test_a_patient_who_does_not_agree_to_the_words_of_today_does_not_begin(clinic, patient, clock, agreed, words):
    token = invite_patient(clinic.nurse, subject(patient), clock=clock)
    stored = everything_stored()
    with pytest.raises(Invalid, match=words) as refusal:
        accept(token, clock, agreed)
    assert list(refusal.value.fields) == ["consent"]
    assert everything_stored() == stored


def test_who_accepts_an_invite_has_agreed_and_it_is_written_down(clinic, patient, clock):
    before = len(audit_rows(clinic.clinic_id))
    accept(invite_patient(clinic.nurse, subject(patient), clock=clock), clock)
    assert said_by(patient) == [("diary", "given", "self", AGREED, TODAY)]
    row = audit_rows(clinic.clinic_id, since=before)[-1]
    assert (row.action, row.actor, row.patient_id) == ("consent.given", "patient", patient.patient_id)
    assert row.content["version"] == AGREED


def test_research_is_nobodys_choice_but_the_patients(clinic, patient, clock):
    give(patient, DIARY, clock)
    assert not standing(patient, RESEARCH).is_given
    assert in_research(clinic) == set()
    give(patient, RESEARCH, clock)
    assert in_research(clinic) == {patient.patient_id}
    withdraw(patient, RESEARCH, clock)
    assert in_research(clinic) == set()
    give(patient, RESEARCH, clock)
    assert in_research(clinic) == {patient.patient_id}


def test_what_is_said_twice_is_kept_once(clinic, patient, clock):
    for _ in range(2):
        give(patient, RESEARCH, clock)
    for _ in range(2):
        withdraw(patient, RESEARCH, clock)
    assert [row[1] for row in said_by(patient)] == ["given", "withdrawn"]


def test_ten_taps_at_once_are_one_consent(app, clinic, patient, clock):
    side_by_side(app, [partial(give, patient, RESEARCH, clock) for _ in range(10)])
    assert [row[1] for row in said_by(patient)] == ["given"]


def test_an_own_consent_is_the_patients_alone(clinic, patient, clock):
    neighbour = a_patient(clinic, clock, "M-2")
    stored = everything_stored()
    for who, refusal in ((clinic.nurse, Refused), (clinic.admin, Refused), (neighbour, NotThere)):
        for act in (
            lambda who=who: give_consent(who, subject(patient), DIARY, version=AGREED, clock=clock),
            lambda who=who: withdraw_consent(who, subject(patient), DIARY, clock=clock),
            lambda who=who: own_consents(who, subject(patient)),
        ):
            with pytest.raises(refusal):
                act()
    assert everything_stored() == stored


def test_a_diary_whose_consent_was_taken_back_takes_nothing_more_and_loses_nothing(clinic, patient, clock):
    stored = write(patient, clock).entry
    withdraw(patient, DIARY, clock)
    before = everything_stored()
    for act in (
        lambda: write(patient, clock, score=5),
        lambda: entries.undo_entry(patient, subject(patient), stored.id, clock=clock),
        lambda: say_wearing_off(patient, subject(patient), clock=clock),
    ):
        with pytest.raises(Refused, match="stopped"):
            act()
    assert everything_stored() == before
    own = read_own_diary(patient, clock=clock)
    assert own.stopped
    assert own.score_of(TODAY) == 4


def test_an_entry_that_was_stored_before_is_still_answered_as_stored(clinic, patient, clock):
    ref = uuid.uuid4()
    send = partial(entries.record_entry, patient, subject(patient), day=TODAY, score=4, client_ref=ref, clock=clock)
    send()
    withdraw(patient, DIARY, clock)
    assert send().again


def test_a_diary_goes_on_when_the_consent_is_given_again(clinic, patient, clock):
    withdraw(patient, DIARY, clock)
    give(patient, DIARY, clock)
    assert write(patient, clock).entry.score == 4
    assert [row[1] for row in said_by(patient)] == ["withdrawn", "given"]


def test_a_study_brings_no_new_scores_into_a_stopped_diary(clinic, clock, tmp_path):
    patient = a_patient(clinic, clock, "P1")
    withdraw(patient, DIARY, clock)
    stored = everything_stored()
    with pytest.raises(Invalid, match="P1 took back"):
        import_study(OPERATOR, a_study(tmp_path, ["P1"], scores=["P1,2026-03-19,4"]), clinic=None, clock=clock)
    assert everything_stored() == stored


def test_who_never_was_asked_is_not_stopped_but_asked(clinic, patient, clock):
    own = read_own_diary(patient, clock=clock)
    assert (own.stopped, own.asked_again) == (False, True)
    assert write(patient, clock)


def test_new_words_are_asked_at_the_next_visit_and_stop_nothing(clinic, patient, clock, monkeypatch):
    give(patient, DIARY, clock)
    assert not read_own_diary(patient, clock=clock).asked_again
    with_newer_words(monkeypatch)
    own = read_own_diary(patient, clock=clock)
    assert (own.stopped, own.asked_again) == (False, True)
    assert write(patient, clock)
    with pytest.raises(Changed, match="words have changed"):
        give(patient, DIARY, clock)
    give(patient, DIARY, clock, version="2027-1")
    assert not read_own_diary(patient, clock=clock).asked_again
    assert [row[3] for row in said_by(patient)] == ["2026-1", "2027-1"]


def test_new_words_of_research_are_asked_only_of_those_who_agreed_to_older_ones(clinic, patient, clock, monkeypatch):
    for purpose in (DIARY, RESEARCH):
        give(patient, purpose, clock)
    other = a_patient(clinic, clock, "M-2")
    give(other, DIARY, clock)
    with_newer_words(monkeypatch, RESEARCH)
    assert read_own_diary(patient, clock=clock).asked_again
    assert not read_own_diary(other, clock=clock).asked_again


def test_a_consent_on_paper_is_recorded_with_its_day_and_by_whom(clinic, patient, clock):
    before = len(audit_rows(clinic.clinic_id))
    paper(clinic, patient, clock, day=date(2026, 3, 1))
    assert said_by(patient) == [("diary", "given", "paper", AGREED, date(2026, 3, 1))]
    known = consents_of_patient(clinic.clinician, subject(patient), clock=clock)
    assert [known.names[one.recorded_by] for one in known.said] == [clinic.nurse.name]
    (row,) = audit_rows(clinic.clinic_id, since=before)
    assert (row.action, row.actor_id, row.content["how"]) == ("consent.given", clinic.nurse.member_id, "paper")


def test_a_paper_from_before_what_the_patient_said_last_does_not_undo_it(clinic, patient, clock):
    withdraw(patient, DIARY, clock)
    stored = everything_stored()
    with pytest.raises(Invalid, match="something newer"):
        paper(clinic, patient, clock, day=TODAY - timedelta(days=1))
    assert everything_stored() == stored
    paper(clinic, patient, clock, day=TODAY)
    assert standing(patient, DIARY).is_given


@pytest.mark.parametrize(
    ("field", "wrong"), [("day", {"day": TODAY + timedelta(days=1)}), ("words", {"version": "1999-1"})]
)
def test_a_paper_of_tomorrow_or_in_unknown_words_is_refused(clinic, patient, clock, field, wrong):
    stored = everything_stored()
    with pytest.raises(Invalid) as refusal:
        paper(clinic, patient, clock, **wrong)
    assert list(refusal.value.fields) == [field]
    assert everything_stored() == stored


def test_a_patient_without_a_phone_takes_it_back_on_paper(clinic, patient, clock):
    paper(clinic, patient, clock)
    paper(clinic, patient, clock, said=WITHDRAWN)
    assert standing(patient, DIARY).is_withdrawn


def test_papers_are_recorded_by_those_who_treat(clinic, patient, clock):
    east = a_clinic(clock, "Pain clinic East")
    stored = everything_stored()
    wrong = OnPaper(DIARY, AGREED, GIVEN, TODAY)
    for who, refusal in ((clinic.admin, Refused), (patient, Refused), (east.nurse, NotThere)):
        with pytest.raises(refusal):
            record_paper(who, subject(patient), wrong, clock=clock)
    for who, refusal in ((clinic.admin, Refused), (east.nurse, NotThere)):
        with pytest.raises(refusal):
            consents_of_patient(who, subject(patient), clock=clock)
    assert everything_stored() == stored


def test_research_of_one_clinic_says_nothing_of_another(clinic, patient, clock):
    east = a_clinic(clock, "Pain clinic East")
    elsewhere = a_patient(east, clock)
    give(patient, RESEARCH, clock)
    give(elsewhere, RESEARCH, clock)
    assert in_research(clinic) == {patient.patient_id}
    assert in_research(east) == {elsewhere.patient_id}


def a_study_of_eight(folder):
    names = [f"P{number}" for number in range(8)]
    first = date(2026, 1, 5)
    days = [first + timedelta(days=since) for since in range(-8, 60)]
    return a_study(
        folder,
        [f"{name},Europe/Amsterdam,one" for name in names],
        courses=[f"{name},ketamine,{first},{first}" for name in names],
        scores=[f"{name},{day},{7 if day <= first else 2}" for name in names for day in days],
    )


def test_a_researcher_sees_those_who_agreed_and_the_clinic_sees_all(clinic, clock, tmp_path):
    import_study(OPERATOR, a_study_of_eight(tmp_path), clinic=None, clock=clock)
    researcher = a_member(clinic.clinic_id, Role.RESEARCHER, clock)
    both = replace(researcher, roles=frozenset({Role.RESEARCHER, Role.CLINICIAN}))
    with snapshot() as session:
        people = [Identity(None, clinic.clinic_id, patient_id=found) for found in session.scalars(select(Patient.id))]

    def counted(who):
        kept = cohort_of_clinic(who, clinic.clinic_id, by=GroupBy.TAG, clock=clock)
        again = cohort_as_of(who, TODAY, clinic=None, by=GroupBy.TAG)
        numbers = [sum(len(group.places) for group in cohort.groups) for cohort in (kept, again)]
        assert numbers[0] == numbers[1]
        return numbers[0]

    assert counted(researcher) == 0
    for one in people[:6]:
        give(one, RESEARCH, clock)
    assert counted(researcher) == 6
    assert [counted(who) for who in (clinic.clinician, clinic.admin, both)] == [8, 8, 8]
    withdraw(people[0], RESEARCH, clock)
    assert counted(researcher) == 5


def test_the_required_purpose_is_the_diary():
    assert REQUIRED is DIARY
