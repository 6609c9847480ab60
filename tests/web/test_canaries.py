"""Everybody opens all they can reach: nothing of somebody else's is on a page, in a header, a file or a log."""

import sys
import uuid
from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from diary.installation import installation
from diary.logs import configure_logs
from diary.services import account_links, beginning_again, invites
from diary.services.invite_mail import mail_patient_invite
from tests.clinic_builders import confirmed, subject
from tests.conftest import TestClock
from tests.exchange.pdf_reading import read_paper
from tests.messaging.post_office import set_up_mail
from tests.services.postbox import letters_waiting
from tests.web.canaries import MarkedClinic, a_marked_clinic, crawl, exports_of
from tests.web.doors import MAY_MOVE_ON_LOOKING, digest, rules_that_answer
from tests.web.visiting import Visitor

EVERYTHING: Final = {"clinic", "staff", "one", "two", "shut", "brought"}
"""What clinicians and nurses see: of a protected diary the name alone."""
MAY_SEE: Final = {
    "clinician": EVERYTHING,
    "nurse": EVERYTHING,
    "admin": EVERYTHING | {"glass", "review", "guest"},  # the audit names patients
    "researcher": {"clinic", "staff"},
    "one": {"clinic", "staff", "one", "passkey"},
    "two": {"clinic", "staff", "two"},
    "shut": {"clinic", "staff", "shut", "inside", "glass", "protecting"},
}
HAS_TO_SEE: Final = {
    "clinician": EVERYTHING,
    "nurse": EVERYTHING,
    "admin": {"clinic", "staff", "glass", "review", "guest"},
    "researcher": {"clinic", "staff"},
    "one": {"clinic", "passkey"},
    "two": {"clinic"},
    "shut": {"clinic", "glass", "protecting"},
}
"""Without these the crawl would have seen nothing at all."""
OF_PATIENTS: Final = {f"/me/data/export#{kind}" for kind in ("pdf", "csv", "json", "print")} | {"/me/move/export#"}
FILES: Final[dict[str, set[str]]] = {
    "clinician": set(),
    "nurse": set(),
    "admin": {"/clinic/audit/export#"},
    "researcher": set(),
    "one": OF_PATIENTS,
    "two": OF_PATIENTS,
    "shut": OF_PATIENTS,
}
"""Files that they have to have taken out at least."""


@pytest.fixture
def west(app: Flask, clock: TestClock, compiled_templates: FileSystemBytecodeCache) -> MarkedClinic:
    """A marked clinic."""
    app.jinja_env.bytecode_cache = compiled_templates
    return a_marked_clinic(app, clock, "west")


@pytest.fixture
def east(app: Flask, clock: TestClock, west: MarkedClinic) -> MarkedClinic:
    """Another one."""
    return a_marked_clinic(app, clock, "east")


def told(answer: TestResponse) -> str:
    """Return everything that an answer says; what is packed is unpacked."""
    answer.headers.remove("X-Request-ID")  # another one for each request
    if answer.mimetype == "application/pdf":
        return f"{answer.headers}\n{read_paper(answer.data).words}"
    if answer.mimetype == "application/zip":
        with ZipFile(BytesIO(answer.data)) as archive:
            return "\n".join([str(answer.headers), *(archive.read(name).decode() for name in archive.namelist())])
    return f"{answer.headers}\n{answer.get_data(as_text=True)}"


def found_in(text: str, *clinics: MarkedClinic) -> set[str]:
    """Return the markers that stand in a text."""
    return {mark for clinic in clinics for mark in clinic.markers.values() if mark.casefold() in text.casefold()}


def test_nobody_sees_a_marker_that_is_not_for_them(west: MarkedClinic, east: MarkedClinic) -> None:
    wrong = []
    for clinic in (west, east):
        # Both clinics are made alike: of the second one who sees most stands for all.
        for person, visitor in clinic.people.items() if clinic is west else [("clinician", east.people["clinician"])]:
            before = digest(but=MAY_MOVE_ON_LOOKING)
            seen = dict(crawl(visitor))
            if digest(but=MAY_MOVE_ON_LOOKING) != before:
                wrong.append(f"{person} of {clinic.word} changed the database by looking")
            files = dict(exports_of(visitor, seen))
            wrong += [f"{person} {file}: {one.status_code}" for file, one in files.items() if one.status_code != 200]
            seen |= files
            if not FILES[person] <= {file.partition("?")[0] for file in files}:
                wrong.append(f"{person} of {clinic.word} took out only {sorted(files)}")
            wrong += [f"{person} GET {path}: {one.status_code}" for path, one in seen.items() if one.status_code >= 500]
            allowed = {clinic.markers[owner] for owner in MAY_SEE[person]}
            for address, answer in seen.items():
                if strange := found_in(told(answer) + address, west, east) - allowed:
                    wrong.append(f"{person} of {clinic.word} sees {sorted(strange)} on {address}")
            everything = "".join(map(told, seen.values()))
            missing = {clinic.markers[owner] for owner in HAS_TO_SEE[person]} - found_in(everything, clinic)
            if missing:
                wrong.append(f"{person} of {clinic.word} never came to {sorted(missing)}")
    assert not wrong, "\n".join(wrong)


def test_no_letter_tells_anything_but_the_name_of_the_clinic(app: Flask, clock: TestClock) -> None:
    set_up_mail(app, "smtp://127.0.0.1:9")
    clinic = a_marked_clinic(app, clock, "west")
    for owner in ("one", "shut"):
        patient = clinic.patients[owner]
        who = confirmed(clinic.house.clinician, clock)
        link = account_links.give_patient_link(who, subject(patient), clock=clock)
        passwords = installation().passwords
        beginning_again.choose_password(link.token, f"new words for {owner}", passwords=passwords, clock=clock)
    new = clinic.house.add_patient(clinic.markers["one"] + "9", clinic.markers["one"])
    token = invites.invite_patient(clinic.house.clinician, subject(new), clock=clock)
    to = {"to": "somebody@home.example", "link": "https://diary.example/x"}
    mail_patient_invite(clinic.house.clinician, subject(new), token, clock=clock, **to)
    letters = letters_waiting()
    assert {"invite", "notice"} <= {letter.kind for letter in letters}
    for letter in letters:
        assert not found_in(letter.subject, clinic), letter.kind
        assert found_in(letter.text, clinic) <= {clinic.markers["clinic"]}, letter.kind


def test_addresses_of_strangers_tell_nothing_but_that_there_is_nothing(
    app: Flask, west: MarkedClinic, east: MarkedClinic
) -> None:
    people = {f"{name} elsewhere": one for name, one in east.people.items()}
    people |= {"signed out": Visitor(app), "two": west.people["two"]}
    theirs, nobody = west.patients["one"].patient_id, uuid.UUID("6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001")
    wrong = []
    for person, visitor in people.items():
        for rule in rules_that_answer(app, "GET"):
            if "patient_id" not in rule.arguments:
                continue
            answers = []
            for patient_id in (theirs, nobody):
                with app.test_request_context():
                    parts = dict.fromkeys(rule.arguments, patient_id)
                    address = str(app.url_map.bind("localhost").build(rule.endpoint, parts))
                answer = visitor.open(address)
                answer.headers.remove("Set-Cookie")  # it says until when it lasts
                answers.append((answer.status_code, told(answer).replace(str(patient_id), "")))
            if answers[0] != answers[1] or answers[0][0] not in (303, 403, 404) or found_in(answers[0][1], west):
                wrong.append(f"{person} GET {address}: {answers[0][0]}, {answers[1][0]}")
    assert not wrong, "\n".join(wrong)


def test_who_is_signed_out_comes_to_no_marker_at_all(app: Flask, west: MarkedClinic) -> None:
    seen = dict(crawl(Visitor(app), "/clinic/", "/today", "/about", "/nothing", "/invite/x"))
    assert len(seen) >= 5
    assert not found_in("".join(map(told, seen.values())), west)


def test_the_files_of_one_clinic_hold_nothing_of_another(
    app: Flask, west: MarkedClinic, east: MarkedClinic, tmp_path: Path
) -> None:
    run = app.test_cli_runner()
    for clinic, other in ((west, east), (east, west)):
        folder = tmp_path / clinic.word
        commands = (
            ("export-study", str(folder)),
            ("verdicts", "--as-of", "2026-03-20"),
            ("forecast", "--as-of", "2026-03-20"),
            ("cohort", "--as-of", "2026-03-20", "--by", "medicine"),
            ("cohort", "--as-of", "2026-03-20", "--by", "tag"),
        )
        said = ""
        for words in commands:
            done = run.invoke(args=["diary", *words, "--clinic", clinic.name])
            assert done.exit_code == 0, (words, done.output)
            said += done.output
        said += "".join(file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()))
        assert not found_in(said, other)
        assert {clinic.markers["one"], clinic.markers["two"]} <= found_in(said, clinic)


def test_no_line_of_a_log_holds_a_marker(
    app: Flask, west: MarkedClinic, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs()
    for visitor in west.people.values():
        list(crawl(visitor))
    about = west.patients["one"]
    monkeypatch.setattr(sys.modules["diary.web.clinic.patients"], "patient_page", lambda *_a, **_k: 1 / 0)
    answer = west.people["clinician"].open(f"/clinic/patients/{about.patient_id}?search={west.markers['one']}")
    assert answer.status_code == 500
    assert not found_in(told(answer), west)
    written = capsys.readouterr().err
    assert "unexpected_error" in written
    assert not found_in(written, west)
