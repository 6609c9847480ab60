"""The demo clinic in the moments that pages show: people who have just begun, a course with all that belongs to it."""

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.clinical.diary_day import diary_day
from diary.demo.clinic import CLINIC, STAFF, ZONE
from diary.installation import Installation
from diary.security.erasure_files import ErasureFiles
from diary.services import (
    account_links,
    clinics,
    courses,
    entries,
    erasure,
    glass,
    invites,
    members,
    patients,
    protection,
    protocols,
    second_factors,
)
from diary.vocabulary import ErasureHow, Role
from diary.wall import whole_house
from tests.browser.served import Served
from tests.clinic_builders import AGREED

LATE, UNTOLD, SPARSE, PLANNED, EBBING = "M-2041", "M-2151", "M-2056", "M-2140", "M-1812"
"""References: response lost, no course known, too few entries, course planned, end of relief in sight."""

PASSWORD = "four plain words here"


def prepare(served: Served) -> dict[str, str]:
    """Bring the demo clinic into these moments and return what stands in the addresses of its pages."""
    made: Installation = served.app.extensions["ebb"]
    ids = {reference: uuid.UUID(found) for reference, found in served.ask("SELECT reference, id FROM patient")}
    clinic_id = uuid.UUID(served.ask("SELECT clinic_id FROM patient")[0][0])
    today = diary_day(made.clock(), ZONE)
    with served.app.app_context(), whole_house():
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
        decision, decided = (
            uuid.UUID(found) for found in served.ask("SELECT id, patient_id FROM decision ORDER BY decided_at")[0]
        )
        protocol = tell_everything(made, doctor, Subject(clinic_id, ids[LATE]), course)
        infusion = uuid.UUID(served.ask("SELECT id FROM infusion WHERE course_id = ? ORDER BY day", course.hex)[0][0])
        who = Identity(uuid.uuid4(), clinic_id, patient_id=new.patient_id)
        stored = entries.record_entry(who, new, day=today, score=6, client_ref=uuid.uuid4(), clock=made.clock)
        protect_two(made, doctor, silent, invited)
        token = invites.invite_patient(doctor, invited, clock=made.clock)
        links = give_links(made, doctor, new)
        erased = erase_one(made, doctor)
    for role in ("sharing patient", "locking patient", "unlocking patient"):  # the same person on other phones
        served.sign_ins.append({**served.sign_in_of("silent patient"), "role": role})
    named = {"late": ids[LATE], "untold": ids[UNTOLD], "sparse": ids[SPARSE], "planned": ids[PLANNED]}
    named["ebbing"] = ids[EBBING]
    return {name: str(known) for name, known in named.items()} | {
        "silent": str(silent.patient_id),
        "new": str(new.patient_id),
        "closed": str(invited.patient_id),
        "course": str(course),
        "infusion": str(infusion),
        "protocol": str(protocol),
        "decided": str(decided),
        "decision": str(decision),
        "invite": token,
        "member": str(doctor.member_id),
        **links,
        "entry": str(stored.entry.id),
        "erasure": str(erased),
        "before": str(today - timedelta(days=1)),
    }


def give_links(made: Installation, doctor: Identity, patient: Subject) -> dict[str, str]:
    """Return the link of a patient who begins again, and that of a doctor who lost their second factor."""
    admin = replace(clinics.member_named(patient.clinic_id, STAFF[2][1]), confirmed_at=made.clock())
    proven, lost = replace(doctor, confirmed_at=made.clock()), doctor.member_id or uuid.UUID(int=0)
    return {
        "link": account_links.give_patient_link(proven, patient, clock=made.clock).token,
        "factor_link": account_links.give_factor_link(admin, patient.clinic_id, lost, clock=made.clock).token,
    }


def protect_two(made: Installation, doctor: Identity, opened: Subject, closed: Subject) -> None:
    """Protect two diaries; before the first of them the nurse has broken the glass."""
    clinic_id, clock = opened.clinic_id, made.clock
    admin = replace(clinics.member_named(clinic_id, STAFF[2][1]), confirmed_at=clock())
    for about in (opened, closed):
        protection.protect_diary(
            admin,
            about,
            responsible_id=doctor.member_id,
            reason="Works at the desk of the clinic.",
            clock=clock,
        )
    nurse = replace(clinics.member_named(clinic_id, STAFF[1][1]), confirmed_at=clock())
    glass.break_glass(nurse, opened, reason="Fell in the waiting room, the doctor is away.", clock=clock)


def erase_one(made: Installation, doctor: Identity) -> uuid.UUID:
    """Erase one patient, let another one wait for it, and return the certificate."""
    clock = made.clock
    gone, waiting = (add_patient(made, doctor, reference, "Moreau, Luc") for reference in ("M-3008", "M-3009"))
    asking = Identity(None, doctor.clinic_id, patient_id=waiting.patient_id, confirmed_at=clock())
    erasure.ask_for_erasure(asking, waiting, clock=clock)
    return erasure.carry_out_erasure(
        replace(clinics.member_named(gone.clinic_id, STAFF[2][1]), confirmed_at=clock()),
        gone,
        how=ErasureHow.PAPER,
        asked_on=clock().date(),
        files=ErasureFiles.of(made.settings),
        clock=clock,
    )


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
    newcomer = members.invite_member(
        OPERATOR, "newcomer@demo.example", clinic=f"{CLINIC} and North", roles=roles, clock=made.clock
    )
    accept(served, newcomer, "newcomer")


def accept(served: Served, token: str, role: str) -> None:
    """Accept an invite and keep the sign-in."""
    made: Installation = served.app.extensions["ebb"]
    name = f"{role.replace(' ', '-')}@demo.example"
    account_id = invites.accept_invite(
        token, sign_in_name=name, password=PASSWORD, passwords=made.passwords, clock=made.clock, agreed=AGREED
    )
    secret = second_factors.give_app(account_id, clock=made.clock) if role == "new doctor" else None
    served.sign_ins.append({"role": role, "email": name, "password": PASSWORD, "totp_secret": secret})


def tell_everything(made: Installation, doctor: Identity, about: Subject, course: uuid.UUID) -> uuid.UUID:
    """Give a course a baseline by hand, add a protocol, and return its id."""
    courses.give_baseline(
        doctor, about, course, value=Decimal("7.3"), reason="paper diary of the week before", clock=made.clock
    )
    said = protocols.ProtocolSaid("Ten days", ("ketamine",), 10, Decimal(4), "mg", "40 to 80 mg")
    return protocols.add_protocol(doctor, about.clinic_id, said, client_ref=uuid.uuid4(), clock=made.clock)
