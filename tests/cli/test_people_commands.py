"""The commands on clinics, their people and the audit."""

import json
from shutil import copytree, rmtree

import pytest

from diary.access.identity import OPERATOR
from diary.db import snapshot
from diary.installation import installation
from diary.services import clinics, patients
from diary.services.devices import Visit
from diary.services.invites import open_invite
from diary.services.sign_in import identity_behind, prove, sign_in
from diary.vocabulary import Proof
from tests.clinic_builders import a_clinic, a_patient
from tests.services.looking_in import audit_rows, everything_stored
from tests.services.signing_in import PASSWORD, accept
from tests.services.tampering import tamper


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


def token_in(link):
    address, _, token = link.strip().rpartition("/invite/")
    assert address == "http://127.0.0.1:8000"
    return token


def enter(name, clock):
    token = sign_in(name, PASSWORD, visit=Visit(), passwords=installation().passwords, clock=clock)
    return prove(token, Proof.CODE, clock=clock)


def test_the_first_admin_comes_from_the_command_line(run, clock):
    made = run("admin", "create", "chief@clinic.example", "--clinic", "West")
    assert (made.exit_code, made.stderr) == (0, "")
    token = token_in(made.stdout)
    assert open_invite(token, clock=clock).clinic.name == "West"
    accept(token, "chief@clinic.example", clock)
    session = enter("chief@clinic.example", clock)
    who = identity_behind(session, clock=clock)
    assert {role.value for role in who.roles} == {"admin"}


def test_several_roles_can_be_given(run, clock):
    words = ("--clinic", "West", "--role", "admin", "--role", "clinician")
    token = token_in(run("admin", "create", "chief@clinic.example", *words).stdout)
    accept(token, "chief@clinic.example", clock)
    session = enter("chief@clinic.example", clock)
    assert {role.value for role in identity_behind(session, clock=clock).roles} == {"admin", "clinician"}


def test_what_is_no_address_or_has_an_account_is_refused(run, clock):
    assert run("admin", "create", "chief", "--clinic", "West").exit_code == 1
    accept(token_in(run("admin", "create", "c@d.example", "--clinic", "West").stdout), "c@d.example", clock)
    stored = everything_stored()
    refused = run("admin", "create", "C@D.example", "--clinic", "West")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "C@D.example has an account already in West.\n"
    assert everything_stored() == stored


def test_a_patient_is_invited_by_reference(run, clock):
    a_patient(a_clinic(clock), clock, "M-1")
    plain, as_json = run("invite", "M-1"), run("invite", "M-1", "--json")
    assert (plain.exit_code, as_json.exit_code) == (0, 0)
    said = json.loads(as_json.stdout)
    assert list(said) == ["patient", "link"]
    assert said["patient"] == "M-1"
    assert open_invite(token_in(said["link"]), clock=clock).name == "Ramirez M-1"
    assert token_in(plain.stdout) != token_in(said["link"])


def test_an_invite_that_cannot_be_made_is_refused(run, clock):
    clinic = a_clinic(clock)
    unknown = run("invite", "M-404")
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr == "Pain clinic West has no patient with the reference 'M-404'.\n"
    a_patient(clinic, clock, "M-1")
    accept(token_in(run("invite", "M-1").stdout), "ana", clock)
    assert "accepted an invite already" in run("invite", "M-1").stderr
    a_clinic(clock, "Pain clinic East")
    assert "name one with --clinic" in run("invite", "M-1").stderr


def test_a_clinic_without_its_numbers_invites_nobody(run, clock):
    run("admin", "create", "chief@clinic.example", "--clinic", "West")
    with snapshot() as session:
        clinic_id = clinics.the_clinic(session, "West").clinic_id
    patients.add_patient(OPERATOR, clinic_id, patients.Particulars("M-1", "One", "UTC"), clock=clock)
    refused = run("invite", "M-1")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "phone and emergency number first" in refused.stderr


def test_the_audit_is_verified_clinic_by_clinic(run, clock):
    both = [a_clinic(clock), a_clinic(clock, "Pain clinic East")]
    links = [len(audit_rows(clinic.clinic_id)) for clinic in both]
    held = run("audit", "verify")
    assert (held.exit_code, held.stderr) == (0, "")
    told = [
        f"Pain clinic {name}: {number} links hold; there is no anchor yet."
        for name, number in zip(("East", "West"), reversed(links), strict=True)
    ]
    assert held.stdout.splitlines() == told


def test_the_audit_is_anchored_and_compared_with_its_anchors(run, clock, tmp_path):
    links = len(audit_rows(a_clinic(clock).clinic_id))
    made = run("audit", "anchor")
    assert (made.exit_code, made.stderr) == (0, "")
    assert made.stdout.startswith(f"Pain clinic West: link {links} is anchored, ")
    agree = f"{links + 1} links hold; 1 anchors agree, the last of 2026-03-20 at link {links}."
    assert run("audit", "verify").stdout == f"Pain clinic West: {agree}\n"
    anchors = installation().settings.instance / "anchors"
    copytree(anchors, tmp_path / "elsewhere")
    rmtree(anchors)
    gone = run("audit", "verify")
    assert (gone.exit_code, gone.stdout) == (1, "")
    assert gone.stderr.startswith(f"Pain clinic West: The anchor of 2026-03-20 at link {links} is missing from ")
    assert run("audit", "verify", "--anchors", tmp_path / "elsewhere").stdout == f"Pain clinic West: {agree}\n"


def test_a_broken_chain_is_told_and_exits_1(run, clock):
    a_clinic(clock)
    tamper("UPDATE audit_event SET actor = 'nobody' WHERE position = 2")
    broken = run("audit", "verify")
    assert broken.exit_code == 1
    assert broken.stderr == "Pain clinic West: Link 2 was changed.\n"
