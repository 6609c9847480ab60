"""Filling an empty database with the demo clinic."""

import json
import secrets
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from diary.access.identity import OPERATOR, Identity
from diary.access.policy import Subject
from diary.clinical.diary_day import diary_day
from diary.clinical.rule_numbers import RuleValue
from diary.clock import Clock
from diary.demo.at_the_clinic import tell_at_the_clinic
from diary.demo.simulation import diary_of
from diary.demo.stories import PATIENT_WHO_SIGNS_IN, STORIES, Story
from diary.errors import Refused
from diary.exchange.study import StudyCourse, StudyPatient, write_study
from diary.installation import Installation
from diary.services import clinics, invites, members, patients, rules, second_factors, study
from diary.services.consent_texts import REQUIRED, current_text
from diary.services.forecasts import make_forecasts
from diary.vocabulary import Role

CLINIC: Final = "Pain clinic West"
ZONE: Final = ZoneInfo("Europe/Amsterdam")
STAFF: Final = (
    ("doctor@demo.example", "Dr K. Meyer", (Role.CLINICIAN,), "clinician"),
    ("nurse@demo.example", "Nurse T. Bakker", (Role.NURSE,), "nurse"),
    ("admin@demo.example", "A. Visser", (Role.ADMIN,), "admin"),
)
PATIENT_EMAIL: Final = "sofie@demo.example"
WAITING_TIME: Final = 28
"""Days one waits for a chair for ketamine."""


def is_empty() -> bool:
    """Say whether there is no clinic yet."""
    return clinics.count_clinics() == 0


def fill_demo(made: Installation) -> list[dict[str, Any]]:
    """Make the demo clinic and return its sign-ins: role, email, password, and the TOTP secret or None.

    Raises:
        Refused: in production, or where there are patients already.
    """
    if made.settings.production:
        raise Refused("The demo clinic is not for production: real people would stand beside invented ones.")
    if clinics.count_patients():
        raise Refused("There are patients already: the demo clinic needs an empty database.")
    clock, today = made.clock, diary_day(made.clock(), ZONE)
    clinic_id = clinics.add_clinic(
        OPERATOR, CLINIC, clock=clock, phone="0555 010 203", emergency_number="112", time_zone=ZONE.key
    )
    sign_ins = [_staff(made, *one) for one in STAFF]
    _set_waiting_time(clinic_id, clock)
    _write_diaries(made, today)
    doctor = clinics.member_named(clinic_id, STAFF[0][1])
    people = {story.reference: _name(clinic_id, story, doctor, made) for story in STORIES}
    tell_at_the_clinic(people, doctor, today, clock)
    sign_ins.append(_patient(people[PATIENT_WHO_SIGNS_IN], made))
    while make_forecasts(clock):
        pass
    _keep(sign_ins, made.settings.instance)
    return sign_ins


def kept_sign_ins(instance: Path) -> list[dict[str, Any]]:
    """Return the sign-ins of the demo clinic that was made here, if one was."""
    file = _sign_in_file(instance)
    kept: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return kept


def _keep(sign_ins: list[dict[str, Any]], instance: Path) -> None:
    file = _sign_in_file(instance)
    file.touch(mode=0o600)
    file.write_text(json.dumps(sign_ins), encoding="utf-8")


def _sign_in_file(instance: Path) -> Path:
    return instance / "demo-sign-ins.json"


def _password() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(4))


def _staff(made: Installation, email: str, name: str, roles: tuple[Role, ...], called: str) -> dict[str, Any]:
    token = members.invite_member(OPERATOR, email, clinic=CLINIC, roles=roles, clock=made.clock, name=name)
    password = _password()
    account_id = invites.accept_invite(
        token, sign_in_name=email, password=password, passwords=made.passwords, clock=made.clock
    )
    secret = second_factors.give_app(account_id, clock=made.clock)
    return {"role": called, "email": email, "password": password, "totp_secret": secret}


def _patient(about: Subject, made: Installation) -> dict[str, Any]:
    token = invites.invite_patient(OPERATOR, about, clock=made.clock)
    password = _password()
    invites.accept_invite(
        token,
        sign_in_name=PATIENT_EMAIL,
        password=password,
        passwords=made.passwords,
        clock=made.clock,
        agreed=current_text(REQUIRED).version,
    )
    return {"role": "patient", "email": PATIENT_EMAIL, "password": password, "totp_secret": None}


def _write_diaries(made: Installation, today: date) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_study(
            folder,
            [StudyPatient(story.reference, ZONE.key, story.tags) for story in STORIES],
            [course for story in STORIES for course in _courses(story, today)],
            (score for story in STORIES for score in diary_of(story, today, ZONE, made.clock())),
        )
        study.import_study(OPERATOR, folder, clinic=CLINIC, clock=made.clock)


def _courses(story: Story, today: date) -> list[StudyCourse]:
    return [
        StudyCourse(
            story.reference,
            (course.medicine,),
            today - timedelta(days=course.ended + course.days - 1),
            today - timedelta(days=course.ended),
        )
        for course in story.courses
    ]


def _name(clinic_id: Any, story: Story, doctor: Identity, made: Installation) -> Subject:
    return patients.name_patient(
        doctor, clinic_id, story.reference, name=story.name, birth_year=story.born, clock=made.clock
    )


def _set_waiting_time(clinic_id: Any, clock: Clock) -> None:
    admin = clinics.member_named(clinic_id, STAFF[2][1])
    changes: dict[str, RuleValue] = {"ketamine.waiting_time": WAITING_TIME}
    reason = "Chairs are given out four weeks ahead."
    rules.change_rules(admin, admin.clinic_id or clinic_id, changes, reason=reason, base_version=1, clock=clock)
