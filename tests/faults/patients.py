"""Clinics and patients for faults and load, each signed in once: made through the services, without pages."""

import json
import uuid
from contextlib import nullcontext
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

from flask import Flask

from diary.app import create_app
from diary.db import db
from diary.installation import Installation
from diary.schema import prepare_database
from diary.security.passwords import Passwords
from diary.services import invites, sign_in
from diary.services.devices import Visit
from diary.settings import Settings
from diary.vocabulary import Proof
from diary.web import sessions
from tests.clinic_builders import AGREED, a_clinic, a_patient, subject
from tests.conftest import CHEAP
from tests.faults.served import Ground

PASSWORD = "four plain small words"


@dataclass
class Person:
    """A patient with an account, and the cookies of the one browser that they signed in with."""

    clinic_id: uuid.UUID
    patient_id: uuid.UUID
    name: str
    password: str
    jar: dict[str, str] = field(default_factory=dict)

    @property
    def cookie(self) -> str:
        """What the browser sends along."""
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    def take(self, lines: list[str]) -> None:
        """Keep the cookies of an answer."""
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.jar.pop(name, None)
                else:
                    self.jar[name] = morsel.value

    def told(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {**vars(self), "clinic_id": str(self.clinic_id), "patient_id": str(self.patient_id)}

    @classmethod
    def read(cls, told: dict[str, Any]) -> Self:
        """Return whom `told` is about."""
        ids = {name: uuid.UUID(told[name]) for name in ("clinic_id", "patient_id")}
        return cls(**{**told, **ids})


def settle(ground: Ground, *, patients: int = 3, clinics: int = 1, begin: int = 0) -> list[Person]:
    """Migrate the database, add so many clinics with so many patients each, and sign every patient in once.

    Clinics are named `Clinic 0`, `Clinic 1`, … from `begin` on; patients of one clinic follow each other.
    """
    app = app_of(ground)
    prepare_database(app)
    clock = app.extensions["ebb"].clock
    people = []
    with app.app_context(), in_the_whole_house():
        for number in range(begin, begin + clinics):
            clinic = a_clinic(clock, f"Clinic {number}")
            for reference in range(patients):
                who = a_patient(clinic, clock, f"M-{reference}")
                name = f"m{reference}@clinic{number}.example"
                token = invites.invite_patient(clinic.nurse, subject(who), clock=clock)
                account_id = invites.accept_invite(
                    token, sign_in_name=name, password=PASSWORD, passwords=Passwords(CHEAP), clock=clock, agreed=AGREED
                )
                assert who.patient_id
                person = Person(clinic.clinic_id, who.patient_id, name, PASSWORD)
                person.jar = cookies_of(app, account_id)
                people.append(person)
        db.engine.dispose()
    return people


def app_of(ground: Ground) -> Flask:
    """Return the application of an installation in this process, with hashes of passwords that cost little."""
    app = create_app(Settings.from_environment(ground.settings()))
    made = app.extensions["ebb"]
    Installation(made.settings, made.clock, Passwords(CHEAP)).put_into(app)
    return app


def cookies_of(app: Flask, account_id: uuid.UUID) -> dict[str, str]:
    """Sign an account in without the page that asks for it, and return what its browser keeps."""
    made, kept = app.extensions["ebb"], Person(uuid.UUID(int=0), uuid.UUID(int=0), "", "")
    base_url = made.settings.base_url or "http://127.0.0.1"
    with app.test_request_context("/sign-in", base_url=base_url), in_the_whole_house():
        visit = Visit("127.0.0.1", None, "Firefox, Android")
        token = sign_in.start_session(account_id, clock=made.clock, visit=visit, proof=Proof.PASSWORD)
        assert token is not None
        sessions.begin(token)
        kept.take(app.process_response(app.make_response("")).headers.getlist("Set-Cookie"))
    return kept.jar


def in_the_whole_house() -> Any:
    """Stand before the wall between clinics, as commands do."""
    return import_module("diary.wall").whole_house() if find_spec("diary.wall") else nullcontext()


def keep(people: list[Person], file: Path) -> None:
    """Write down who was made."""
    file.write_text(json.dumps([one.told() for one in people]), encoding="utf-8")


def kept(file: Path) -> list[Person]:
    """Read who was made."""
    return [Person.read(one) for one in json.loads(file.read_text(encoding="utf-8"))]
