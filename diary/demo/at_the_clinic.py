"""What the staff of the demo clinic wrote down: doses, notes, tests, plans and decisions."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.demo.stories import (
    DECIDED_TO_WAIT,
    PATIENT_WHO_SIGNS_IN,
    PLANNED_AGAIN,
    SAYS_WEARING_OFF,
    SHORTENING,
    TAGS,
    WITH_LIVER_TEST,
)
from diary.services import courses, decisions, impressions, infusions, planning, plans, protocols, staff_notes, tags
from diary.services.asking_again import AskAgain
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.vocabulary import DecisionKind, DoseUnit, EventKind

PROTOCOL: Final = protocols.ProtocolSaid(
    name="Ketamine, five days",
    medicines=("ketamine",),
    days=5,
    hours=Decimal(4),
    unit=DoseUnit.MG,
    dose_range="40 to 80 mg a day, one step a day",
)
DOSES: Final = (40, 50, 60, 70, 80)
"""In mg, a day each."""
People = Mapping[str, Subject]


def tell_at_the_clinic(people: People, doctor: Identity, today: date, clock: Clock) -> None:
    """Write down what a doctor of this clinic did on the days before `today`."""
    if doctor.clinic_id is None:
        raise ValueError("The demo's doctor works in its clinic.")
    protocol = protocols.add_protocol(doctor, doctor.clinic_id, PROTOCOL, client_ref=None, clock=clock)
    for tag, references in TAGS.items():
        for reference in references:
            tags.give_tag(doctor, people[reference], tag, clock=clock)
    _tell_of_the_shortening(people[SHORTENING], doctor, today, clock)
    courses.record_event(doctor, people[SAYS_WEARING_OFF], EventKind.WEARING_OFF, clock=clock)
    tested = today - timedelta(days=9)
    courses.record_event(doctor, people[WITH_LIVER_TEST], EventKind.LIVER_TEST, day=tested, clock=clock)
    _plan_again(people[PLANNED_AGAIN], doctor, protocol, today, clock)
    _decide_to_wait(people, doctor, today, clock)


def _tell_of_the_shortening(about: Subject, doctor: Identity, today: date, clock: Clock) -> None:
    """Write down the doses of the latest course, a test that is too old by now, an answer and a note."""
    latest = _page(doctor, about, clock).courses[0]
    for number, dose in enumerate(DOSES):
        given = infusions.InfusionGiven(
            day=latest.first_day + timedelta(days=number),
            medicine="ketamine",
            dose=Decimal(dose),
            unit=DoseUnit.MG,
            hours=Decimal(4),
            weight_kg=Decimal(64),
            remark="" if number else "blood pressure 118/76, pulse 64",
            side_effects=("nausea",) if dose == max(DOSES) else (),
        )
        infusions.record_infusion(doctor, about, latest.id, given, clock=clock, client_ref=uuid.uuid4())
    tested = today - timedelta(days=41)
    courses.record_event(doctor, about, EventKind.LIVER_TEST, day=tested, clock=clock)
    asked = today - timedelta(days=33)
    impressions.record_impression(doctor, about, 2, day=asked, how="visit", client_ref=uuid.uuid4(), clock=clock)
    words = "Walks to work again in the good weeks. Wants to know early, so that she can arrange the week off."
    staff_notes.write_note(doctor, about, words, client_ref=uuid.uuid4(), clock=clock)


def _plan_again(about: Subject, doctor: Identity, protocol: uuid.UUID, today: date, clock: Clock) -> None:
    """Plan the next course and decide on it; the patient is asked to write the week before."""
    first = today + timedelta(days=12)
    plan = planning.Plan(("ketamine",), first, first + timedelta(days=4), protocol_id=protocol)
    planning.plan_course(doctor, about, plan, clock=clock, client_ref=uuid.uuid4())
    _decide(about, doctor, DecisionKind.REPEAT, "The last one held for weeks; a chair is free.", first, clock)


def _decide_to_wait(people: People, doctor: Identity, today: date, clock: Clock) -> None:
    """Wait with two patients; the one who signs in reads the plan on their own pages."""
    later = today + timedelta(days=12)
    reason = "Holiday first; look again when she is back."
    _decide(people[DECIDED_TO_WAIT], doctor, DecisionKind.WAIT, reason, later, clock)
    visit = today + timedelta(days=21)
    about = people[PATIENT_WHO_SIGNS_IN]
    made = _decide(about, doctor, DecisionKind.WAIT, "Doing well; see her at the next visit.", visit, clock)
    words = "You go on with your diary, and we look at it together at your next visit, three weeks from now."
    plans.release_plan(doctor, about, made, words=words, client_ref=uuid.uuid4(), clock=clock)


def _decide(
    about: Subject, doctor: Identity, kind: DecisionKind, reason: str, next_step: date, clock: Clock
) -> uuid.UUID:
    """Record a decision; what the rules say against it was read and accepted."""
    record = partial(
        decisions.record_decision,
        replace(doctor, confirmed_at=clock()),
        about,
        kind,
        reason=reason,
        next_step=next_step,
        shown_digest=_page(doctor, about, clock).shown_digest,
        clock=clock,
    )
    try:
        return record()
    except AskAgain as again:
        return record(accepted=again.token)


def _page(doctor: Identity, about: Subject, clock: Clock) -> PatientPage:
    return read_patient_page(doctor, about, clock=clock)
