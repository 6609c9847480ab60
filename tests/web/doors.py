"""Everybody who may knock, every address there is, and the whole database in one digest."""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from diary.access.identity import OPERATOR, Identity
from diary.db import db, snapshot, transaction
from diary.models import Course, Member, SignedInSession
from diary.security.erasure_files import ErasureFiles
from diary.services.erasure import carry_out_erasure
from diary.services.infusions import InfusionGiven, record_infusion
from diary.services.members import invite_member
from diary.services.protocols import ProtocolSaid, add_protocol
from diary.vocabulary import DecisionKind, ErasureHow, MemberStatus, Role
from tests.clinic_builders import a_member, confirmed, subject
from tests.conftest import TestClock
from tests.services.deciding import decide
from tests.web.people import PASSWORD, House, a_house, a_signing_member, treated
from tests.web.visiting import Visitor

MAY_MOVE_ON_LOOKING: Final = (
    "audit_event",
    "audit_head",
    "patient_summary",
    "patient_forecast",
    "course_outcome",
    "clinic_tally",
)
PEOPLE: Final = (
    "signed out", "the patient", "another patient", "clinician", "nurse", "admin", "researcher", "clinician elsewhere",
    "suspended member", "invited member", "expired session", "halfway", "locked",
)  # fmt: skip
OUTSIDE: Final = ("signed out", "suspended member", "invited member", "expired session", "halfway", "locked")
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass
class Street:
    """Two clinics, their people with a browser each, and one patient that all addresses are about."""

    app: Flask
    house: House
    patient: Identity
    course_id: uuid.UUID
    people: dict[str, Visitor]
    erasure_id: uuid.UUID
    decision_id: uuid.UUID
    infusion_id: uuid.UUID
    protocol_id: uuid.UUID

    def address_of(self, rule: Rule, **other: object) -> str:
        """Return an address of `rule` that is about the patient; `other` replaces parts of it."""
        parts = {
            "patient_id": self.patient.patient_id,
            "course_id": self.course_id,
            "member_id": self.house.clinician.member_id,
            "entry_id": uuid.UUID(int=7),
            "day": "2026-03-20",
            "token": "no-such-token",
            "glass_id": uuid.UUID(int=9),
            "whom": self.patient.patient_id,
            "erasure_id": self.erasure_id,
            "decision_id": self.decision_id,
            "infusion_id": self.infusion_id,
            "protocol_id": self.protocol_id,
            "session_id": uuid.UUID(int=11),
            "subscription_id": uuid.UUID(int=12),
            "filename": "css/ebb-patient.css",
            "conflict_id": uuid.UUID(int=13),
            "pause_id": uuid.UUID(int=14),
            "reading_id": uuid.UUID(int=15),
            "code": "ketamine",
            "language": "nl",
            "wording": "average-24-hours-1",
            "what": "mean7",
            "view_id": uuid.UUID(int=19),
            "sheet": "weeks",
            "note_id": uuid.UUID(int=16),
            "event_id": uuid.UUID(int=17),
            "impression_id": uuid.UUID(int=18),
        }
        values = {name: other.get(name, parts[name]) for name in rule.arguments}
        with self.app.test_request_context():
            address: str = self.app.url_map.bind("localhost").build(
                rule.endpoint, {n: _typed(n, v) for n, v in values.items()}
            )
        return address


def _typed(name: str, value: object) -> object:
    from datetime import date  # noqa: PLC0415

    return date.fromisoformat(str(value)) if name == "day" else value


def a_street(app: Flask, clock: TestClock, house: House) -> Street:
    """Build it."""
    patient = treated(house, clock)
    decision_id = decide(house.clinician, patient, DecisionKind.WAIT, clock)
    elsewhere = a_house(app, clock, "Pain clinic East", "east")
    east = treated(elsewhere, clock, reference="E-1", name="Novak, Petra")
    with snapshot() as session:
        course_id = session.scalars(select(Course.id).where(Course.clinic_id == house.clinic_id)).one()
    people = {
        "signed out": Visitor(app),
        "the patient": house.sign_in_as(patient),
        "another patient": house.sign_in_as(treated(house, clock, reference="M-2", name="Haas, Bernd")),
        "clinician": house.staff(),
        "nurse": house.staff(Role.NURSE),
        "admin": house.staff(Role.ADMIN),
        "researcher": house.staff(Role.RESEARCHER),
        "clinician elsewhere": elsewhere.staff(),
        "suspended member": _suspended(house),
        "invited member": _invited(house),
        "expired session": _expired(house),
        "halfway": _halfway(house),
        "locked": _locked(house),
    }
    assert tuple(people) == PEOPLE
    assert east.clinic_id != patient.clinic_id
    given = record_infusion(
        house.clinician, subject(patient), course_id, InfusionGiven(date(2026, 3, 2), "ketamine"), clock=clock
    )
    said = ProtocolSaid("Ten days", ("ketamine",), 10)
    protocol_id = add_protocol(house.clinician, house.clinic_id, said, client_ref=uuid.uuid4(), clock=clock)
    return Street(app, house, patient, course_id, people, _erased(house), decision_id, given, protocol_id)


def _erased(house: House) -> uuid.UUID:
    """Erase somebody and return the certificate."""
    admin = a_member(house.clinic_id, Role.ADMIN, house.clock)
    return carry_out_erasure(
        confirmed(admin, house.clock),
        subject(house.add_patient("M-0", "Nobody Any More")),
        how=ErasureHow.PAPER,
        asked_on=house.clock().date(),
        files=ErasureFiles.of(house.app.extensions["ebb"].settings),
        clock=house.clock,
    )


def _suspended(house: House) -> Visitor:
    """Return a clinician who was signed in when the clinic suspended them."""
    visitor = house.staff()
    who = list(house.known.values())[-1]
    with transaction() as session:
        session.get_one(Member, (who.clinic_id, who.member_id)).status = MemberStatus.SUSPENDED
    return visitor


def _expired(house: House) -> Visitor:
    """Return a clinician whose session idled out in the browser that still holds its cookie."""
    visitor = house.staff()
    who = list(house.known.values())[-1]
    with transaction() as session:
        for held in session.scalars(select(SignedInSession).where(SignedInSession.member_id == who.member_id)):
            held.last_seen_at -= timedelta(hours=1)
    return visitor


def _halfway(house: House) -> Visitor:
    """Return a clinician who gave the right password and no second factor yet."""
    email = "halfway@west.example"
    a_signing_member(house.name, email, (Role.CLINICIAN,), house.clock)
    visitor = Visitor(house.app)
    visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD})
    return visitor


def _locked(house: House) -> Visitor:
    """Return a patient whose screen lock is shut."""
    visitor = house.sign_in_as(treated(house, house.clock, reference="M-3", name="Ramirez, Luis"))
    visitor.set_pin()
    visitor.send(visitor.get("/account/sessions").form("/account/lock/now"))
    return visitor


def _invited(house: House) -> Visitor:
    """Return somebody with an invite in their hands and no account yet."""
    token = invite_member(OPERATOR, "later@west.example", clinic=house.name, roles=[Role.ADMIN], clock=house.clock)
    visitor = Visitor(house.app)
    visitor.get(f"/invite/{token}")
    return visitor


def rules_that_answer(app: Flask, method: str) -> list[Rule]:
    """Return every rule for `method`, static files included."""
    return [rule for rule in app.url_map.iter_rules() if method in (rule.methods or ())]


def digest(*, but: tuple[str, ...] = ()) -> dict[str, str]:
    """Return a digest of the rows of every table; when a session was last seen is left out."""
    found = {}
    with db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            if table.name in but:
                continue
            columns = [column for column in table.columns if column.name != "last_seen_at"]
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*columns)))
            found[table.name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found
