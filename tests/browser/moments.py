"""The demo clinic in the moments that pages show: people who have just begun, a course with all that belongs to it."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.clinical.diary_day import diary_day
from diary.demo.clinic import CLINIC, STAFF, ZONE
from diary.installation import Installation
from diary.services import clinics, courses, entries, infusions, invites, members, patients
from diary.vocabulary import Role
from tests.browser.served import Served

LATE, UNTOLD, SPARSE, PLANNED, EBBING = "M-2041", "M-2151", "M-2056", "M-2140", "M-1812"
"""References: response lost, no course known, too few entries, course planned, end of relief in sight."""

PASSWORD = "four plain words here"


def prepare(served: Served) -> dict[str, str]:
    """Bring the demo clinic into these moments and return what stands in the addresses of its pages."""
    made: Installation = served.app.extensions["ebb"]
    ids = {reference: uuid.UUID(found) for reference, found in served.ask("SELECT reference, id FROM patient")}
    clinic_id = uuid.UUID(served.ask("SELECT clinic_id FROM patient")[0][0])
    today = diary_day(made.clock(), ZONE)
    with served.app.app_context():
        doctor = clinics.member_named(clinic_id, STAFF[0][1])
        silent = a_patient_who_signs_in(served, doctor, "M-3001", "Silva, Rui", "silent patient")
        new = a_patient_who_signs_in(
            served, doctor, "M-3002", "Papadopoulos-Vandenberghe, Alexandra-Maria", "new patient"
        )
        invited = add_patient(made, doctor, "M-3003", "Berg, Kim")
        a_doctor_of_a_new_clinic(served)
        course = uuid.UUID(
            served.ask("SELECT id FROM course WHERE patient_id = ? ORDER BY first_day DESC", ids[LATE].hex)[0][0]
        )
        tell_everything(made, doctor, Subject(clinic_id, ids[LATE]), course)
        who = Identity(uuid.uuid4(), clinic_id, patient_id=new.patient_id)
        stored = entries.record_entry(who, new, day=today, score=6, client_ref=uuid.uuid4(), clock=made.clock)
        token = invites.invite_patient(doctor, invited, clock=made.clock)
    named = {"late": ids[LATE], "untold": ids[UNTOLD], "sparse": ids[SPARSE], "planned": ids[PLANNED]}
    named["ebbing"] = ids[EBBING]
    return {name: str(known) for name, known in named.items()} | {
        "silent": str(silent.patient_id),
        "course": str(course),
        "invite": token,
        "entry": str(stored.entry.id),
        "before": str(today - timedelta(days=1)),
    }


def add_patient(made: Installation, doctor: Identity, reference: str, name: str) -> Subject:
    """Add a patient."""
    assert doctor.clinic_id
    particulars = patients.Particulars(reference, name, ZONE.key)
    added = patients.add_patient(doctor, doctor.clinic_id, particulars, clock=made.clock)
    return Subject(doctor.clinic_id, added.patient_id)


def a_patient_who_signs_in(served: Served, doctor: Identity, reference: str, name: str, role: str) -> Subject:
    """Add a patient who has accepted their invite and signs in as `role`."""
    made: Installation = served.app.extensions["ebb"]
    added = add_patient(made, doctor, reference, name)
    accept(served, invites.invite_patient(doctor, added, clock=made.clock), role)
    return added


def a_doctor_of_a_new_clinic(served: Served) -> None:
    """Add a doctor whose clinic has nobody yet."""
    made: Installation = served.app.extensions["ebb"]
    roles = (Role.CLINICIAN, Role.ADMIN)
    token = members.invite_member(
        OPERATOR, "begins@demo.example", clinic=f"{CLINIC} and North", roles=roles, clock=made.clock
    )
    accept(served, token, "new doctor")


def accept(served: Served, token: str, role: str) -> None:
    """Accept an invite and keep the sign-in."""
    made: Installation = served.app.extensions["ebb"]
    name = f"{role.replace(' ', '-')}@demo.example"
    invites.accept_invite(token, sign_in_name=name, password=PASSWORD, passwords=made.passwords, clock=made.clock)
    served.sign_ins.append({"role": role, "email": name, "password": PASSWORD})


def tell_everything(made: Installation, doctor: Identity, about: Subject, course: uuid.UUID) -> None:
    """Give a course an infusion with all its particulars, and a baseline by hand."""
    day: date = diary_day(made.clock(), ZONE) - timedelta(days=61)
    given = infusions.InfusionGiven(
        day, "ketamine", Decimal("22.5"), "mg/h", Decimal(4), Decimal("71.5"), "slept well, a little nausea"
    )
    infusions.record_infusion(doctor, about, course, given, clock=made.clock)
    courses.give_baseline(
        doctor, about, course, value=Decimal("7.3"), reason="paper diary of the week before", clock=made.clock
    )
