"""Restores and drills after the secret key was changed, and the backup key of a new machine."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest
from sqlalchemy import select

from diary.db import snapshot
from diary.installation import Installation, installation
from diary.models import Patient
from diary.security.anchor_files import AnchorFiles
from diary.security.backup_key import BackupKey
from diary.security.erasure_files import ErasureFiles
from diary.security.passwords import Passwords
from diary.security.secret_keys import SecretKeys, forget_other, id_of, names_key, rotate_secret
from diary.services.anchors import anchor_all
from diary.services.backups import BackupRefused, make_backup, read_backup
from diary.services.drill import drill
from diary.services.erasure import carry_out_erasure
from diary.services.kept_backups import back_up_where_due, kept_backups, last_backup
from diary.services.restoring import restore_backup
from diary.vocabulary import ErasureHow
from diary.whole_files import write_once
from tests.clinic_builders import a_clinic, a_patient, confirmed, subject
from tests.conftest import CHEAP, running
from tests.services.test_backups import Everything

pytestmark = pytest.mark.usefixtures("schema_once")


@pytest.fixture
def here(app):
    """An installation whose secret key lies in its folder."""
    settings = installation().settings
    write_once(settings.instance / "secret-key", settings.secret_key.encode() + b"\n")
    names_key(settings)
    return settings


def rotated(app, settings, clock):
    """Change the secret key, start again, and return the settings from then on."""
    rotate_secret(settings)
    return started_again(app, settings, clock)


def started_again(app, settings, clock):
    """Let the application run with the key that lies in its folder now."""
    now = replace(settings, secret_key=(settings.instance / "secret-key").read_text(encoding="ascii").strip())
    Installation(now, clock, Passwords(CHEAP)).put_into(app)
    app.config["SECRET_KEY"] = now.secret_key
    return now


def erased(clinic, patient, settings, clock):
    carry_out_erasure(
        confirmed(clinic.admin, clock),
        subject(patient),
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 1),
        files=ErasureFiles.of(settings),
        clock=clock,
    )


def patients_there():
    with snapshot() as session:
        return list(session.scalars(select(Patient.id)))


@pytest.fixture
def before(clinic, here, clock):
    """A backup made before the secret key was changed, with a patient in it and an anchor beside it."""
    patient = a_patient(clinic, clock)
    anchor_all(AnchorFiles.of(here), clock=clock)
    file = here.instance / "before.ebb"
    make_backup(here, file, clock=clock)
    return file, patient


def test_a_backup_from_before_a_change_of_the_secret_key_is_put_back_and_the_key_stays(
    app, clinic, before, here, clock
):
    file, patient = before
    now = rotated(app, here, clock)
    erased(clinic, patient, now, clock)
    assert patients_there() == []
    done = restore_backup(now, file, clock=clock, replace=True)
    assert (done.erased_again, done.secret_changed) == (1, False)
    assert patients_there() == []
    assert (now.instance / "secret-key").read_text().strip() == now.secret_key != here.secret_key
    assert here.secret_key in SecretKeys.of(now).others


def test_it_is_put_back_also_when_the_key_of_then_was_forgotten_since_and_read_from_now_on(
    app, clinic, before, here, clock
):
    file, patient = before
    now = rotated(app, here, clock)
    erased(clinic, patient, now, clock)
    forget_other(now, id_of(here.secret_key).hex())
    assert here.secret_key not in SecretKeys.of(now).all
    restore_backup(now, file, clock=clock, replace=True)
    assert patients_there() == []
    assert SecretKeys.of(now).all == (now.secret_key, here.secret_key)


def test_where_the_database_alone_was_lost_the_newer_key_stays_in_use(
    app, clinic, before, here, clock, empty_instance, tmp_path
):
    file, patient = before
    now = rotated(app, here, clock)
    erased(clinic, patient, now, clock)
    with running(tmp_path / "again", clock, empty_instance) as again:
        settings = replace(installation().settings, secret_key=now.secret_key)
        for name in ("erasures", "keys"):
            (here.instance / name).rename(settings.instance / name)
        write_once(settings.instance / "secret-key", now.secret_key.encode())
        started = started_again(again, settings, clock)
        done = restore_backup(started, file, clock=clock)
        assert (done.erased_again, done.secret_changed) == (1, False)
        assert (started.instance / "secret-key").read_text().strip() == now.secret_key


def test_a_tombstone_from_before_the_change_is_proven_on_a_new_machine_too(
    app, clinic, here, clock, empty_instance, tmp_path
):
    patient = a_patient(clinic, clock)
    now = rotated(app, here, clock)
    file = here.instance / "one.ebb"
    make_backup(now, file, clock=clock)
    stones = ErasureFiles(here.instance / "erasures", here.secret_key)
    erased_under_the_old_key(clinic, patient, stones, clock)
    with running(tmp_path / "new", clock, empty_instance):
        new = installation().settings
        (here.instance / "erasures").rename(new.instance / "erasures")
        done = restore_backup(new, file, clock=clock, key_file=BackupKey.of(here).private_file)
        assert (done.erased_again, done.secret_changed) == (1, True)
        assert patients_there() == []


def erased_under_the_old_key(clinic, patient, stones, clock):
    carry_out_erasure(
        confirmed(clinic.admin, clock),
        subject(patient),
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 1),
        files=stones,
        clock=clock,
    )


def test_a_backup_of_another_installation_is_refused_as_before(before, clock, tmp_path, empty_instance, here):
    file, _patient = before
    with running(tmp_path / "other", clock, empty_instance):
        a_clinic(clock, "Pain clinic North")
        other = replace(installation().settings, secret_key="another secret key, of another installation")
        with pytest.raises(BackupRefused, match="another secret key"):
            restore_backup(other, file, clock=clock, key_file=BackupKey.of(here).private_file, replace=True)


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_drill_proves_anchors_from_before_and_since_a_change_of_the_key(
    app, clinic, before, here, clock, forgotten
):
    old, _patient = before
    now = rotated(app, here, clock)
    clock.move(days=1)
    a_patient(clinic, clock, reference="M-78")
    anchor_all(AnchorFiles.of(now), clock=clock)
    if forgotten:
        forget_other(now, id_of(here.secret_key).hex())
    young = here.instance / "young.ebb"
    make_backup(now, young, clock=clock)
    assert (drill(now, old).anchors, drill(now, young).anchors) == (1, 2)


def test_of_an_empty_database_no_backup_is_made_by_itself_and_so_no_key(here, clock):
    assert not back_up_where_due(here, clock=clock)
    assert not BackupKey.of(here).public_file.exists()
    assert last_backup(here, clock=clock).made_at is None
    a_clinic(clock)
    assert back_up_where_due(here, clock=clock)


def test_a_new_machine_goes_on_with_the_key_from_the_safe(before, here, clock, tmp_path, empty_instance):
    file, _patient = before
    with running(tmp_path / "new", clock, empty_instance):
        new = installation().settings
        assert not back_up_where_due(new, clock=clock)
        restore_backup(new, file, clock=clock, key_file=BackupKey.of(here).private_file)
        clock.move(days=1)
        assert back_up_where_due(new, clock=clock)
        (kept,) = kept_backups(new)
        assert read_backup(kept.file, BackupKey.of(here).private(), Everything()).rows


NEW_MACHINES: Final = "a secret key that was made on the new machine"


@pytest.mark.parametrize("was_asked", [True, False])
def test_on_a_new_machine_phones_are_known_again_whatever_was_looked_at_before(
    before, here, clock, tmp_path, empty_instance, was_asked
):
    file, _patient = before
    with running(tmp_path / "new", clock, empty_instance) as app:
        new = replace(installation().settings, secret_key=NEW_MACHINES)
        Installation(new, clock, Passwords(CHEAP)).put_into(app)
        if was_asked:
            assert names_key(new) == NEW_MACHINES
        done = restore_backup(new, file, clock=clock, key_file=BackupKey.of(here).private_file)
        assert names_key(new) == here.secret_key
        aside = [one.read_text() for one in new.instance.glob("names-key-before-restore-*")]
        assert aside == [NEW_MACHINES] * was_asked
        assert ("names-key-before-restore-" in done.names_told) is was_asked


def test_a_key_of_names_that_is_in_use_stays_and_that_it_differs_is_said(before, here, clock):
    file, _patient = before
    assert restore_backup(here, file, clock=clock, replace=True).names_told == ""
    kept = here.instance / "keys" / "names-key"
    kept.write_text(NEW_MACHINES)
    clock.move(minutes=1)
    done = restore_backup(here, file, clock=clock, replace=True)
    assert "names-key is another one than in the backup, and stays" in done.names_told
    assert kept.read_text() == NEW_MACHINES


def test_a_key_of_names_is_kept_where_the_database_alone_was_lost_and_the_backup_is_older_than_it(
    before, here, clock, tmp_path, empty_instance
):
    (here.instance / "keys" / "names-key").unlink()
    older = here.instance / "older.ebb"
    make_backup(here, older, clock=clock)
    with running(tmp_path / "again", clock, empty_instance):
        again = installation().settings
        kept = names_key(again)
        restore_backup(again, older, clock=clock, key_file=BackupKey.of(here).private_file)
        assert (again.instance / "keys" / "names-key").read_text() == kept


def test_a_private_key_without_its_public_half_is_not_given_another_ones(here, tmp_path):
    own, other = BackupKey.of(here), BackupKey(tmp_path / "other")
    other.public()
    own.public()
    own.public_file.unlink()
    own.keep(other.private())
    assert own.public().public_bytes_raw() == own.private().public_key().public_bytes_raw()
