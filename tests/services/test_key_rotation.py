"""A new secret key: what was sealed, signed or waits on phones under the old one is read on, wherever it was killed."""

import json
import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from itsdangerous import BadSignature
from sqlalchemy import LargeBinary, select, update

from diary.app import create_app
from diary.db import db, snapshot, transaction
from diary.installation import Installation, installation
from diary.models import OneTimeCodes, OutboxMessage, PushSubscription
from diary.security import secret_keys
from diary.security.anchor_files import AnchorFiles, AnchorsBroken
from diary.security.passwords import Passwords
from diary.security.push_keys import PushKeys, key_id_of
from diary.security.sealing import NAMED, Broken, Seal
from diary.security.secret_keys import KeptElsewhere, SecretKeys, forget_other, id_of, names_key, rotate_secret
from diary.security.signing import SigningKeys
from diary.services import outbox, push_subscriptions, resealing, second_factors
from diary.services.anchors import anchor_all
from diary.services.reminder_links import stop_token
from diary.services.resealing import SEALED, reseal_everything, rows_under_other_keys
from diary.services.sync import owner_of
from tests.clinic_builders import subject
from tests.conftest import CHEAP, settings_for


class Killed(BaseException):
    """The process is gone; nothing below it is caught."""


@pytest.fixture
def kept_in_file(app, clock):
    """An installation whose secret key lies in its folder."""
    settings = installation().settings
    file = settings.instance / "secret-key"
    file.write_text(settings.secret_key, encoding="ascii")
    file.chmod(0o600)
    return settings


def started_again(app, settings, clock):
    """Let the application run with the keys that lie in its folder now."""
    current = (settings.instance / "secret-key").read_text(encoding="ascii").strip()
    now = replace(settings, secret_key=current)
    Installation(now, clock, Passwords(CHEAP)).put_into(app)
    return now


def everything_opens():
    """Open every sealed row, and return how many there are."""
    with snapshot() as session:
        rows = [
            (one, key, held)
            for one in SEALED
            for key, held in session.execute(select(one.key, one.column).where(one.column.is_not(None)))
        ]
    for one, key, held in rows:
        assert one.seal().open(held, owner=one.owner(key))
    return len(rows)


def test_every_sealed_column_is_known_to_the_rotation():
    sealed = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary) and column.name in {"sealed", "secret"}
    }
    assert sealed == {f"{one.key.class_.__tablename__}.{one.column.key}" for one in SEALED}


def test_what_is_sealed_says_under_which_key(app):
    seal = Seal("one key of many", "outbox")
    sealed = seal.close(b"7 for today", owner=b"row")
    assert sealed.startswith(NAMED + id_of("one key of many"))
    assert id_of("one key of many") != id_of("another key")
    assert b"7 for today" not in sealed


def test_what_was_sealed_before_rows_named_their_key_opens_still(app):
    seal = Seal("one key of many", "outbox")
    unnamed = seal.close(b"7 for today", owner=b"row")[len(seal.mark) :]
    assert seal.open(unnamed, owner=b"row") == b"7 for today"
    with pytest.raises(Broken):
        seal.open(unnamed, owner=b"other row")


def test_after_a_rotation_everything_opens_before_and_after_it_is_sealed_anew(app, full_clinic, kept_in_file, clock):
    rows = everything_opens()
    assert rows >= 3
    old = id_of(kept_in_file.secret_key)
    rotate_secret(kept_in_file)
    assert everything_opens() == rows, "the process that runs still reads everything"
    now = started_again(app, kept_in_file, clock)
    assert id_of(now.secret_key) != old
    assert everything_opens() == rows
    assert sum(rows_under_other_keys().values()) == rows
    done = reseal_everything()
    assert (sum(one.done for one in done), sum(one.left + one.unreadable for one in done)) == (rows, 0)
    assert everything_opens() == rows
    assert [one.done for one in reseal_everything()] == [0, 0, 0]
    forget_other(now, old.hex())
    assert SecretKeys.of(now).others == ()
    assert everything_opens() == rows


def test_a_server_that_was_not_started_again_reads_what_was_sealed_under_the_new_key(
    app, full_clinic, kept_in_file, clock
):
    rows = everything_opens()
    rotate_secret(kept_in_file)
    started_again(app, kept_in_file, clock)
    reseal_everything()
    Installation(kept_in_file, clock, Passwords(CHEAP)).put_into(app)
    assert everything_opens() == rows


def killed_at(step, act):
    """Do it, and be killed before its step number `step` that changes the disk; say whether that came."""
    left = [step]

    def before(real):
        def counted(*args, **kwargs):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*args, **kwargs)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        for name in ("open", "fsync", "close"):
            patch.setattr(os, name, before(getattr(os, name)))
        for name in ("replace", "hardlink_to", "unlink", "mkdir"):
            real = getattr(secret_keys.Path, name)
            patch.setattr(secret_keys.Path, name, before(real))
        try:
            act()
        except Killed:
            return True
    return False


def test_a_rotation_that_is_killed_anywhere_loses_no_key_and_goes_on(tmp_path):
    steps = 0
    while rotated_but_killed_at(steps, tmp_path / str(steps)):
        steps += 1
    assert steps > 20


def rotated_but_killed_at(step, folder):
    """Kill a rotation before a step, look and go on; say whether there was such a step."""
    folder.mkdir()
    settings = replace(settings_for(folder), secret_key="the key of the beginning, long enough")
    (folder / "secret-key").write_text(settings.secret_key, encoding="ascii")
    sealed = Seal.of(settings, "outbox").close(b"7 for today", owner=b"row")
    secret_keys._names_key.cache_clear()
    killed = killed_at(step, lambda: rotate_secret(settings))
    for _ in range(2):
        secret_keys._names_key.cache_clear()
        now = replace(settings, secret_key=(folder / "secret-key").read_text(encoding="ascii").strip())
        assert Seal.of(now, "outbox").open(sealed, owner=b"row") == b"7 for today", step
        assert names_key(now) == settings.secret_key, step
        if now.secret_key == settings.secret_key:
            assert killed
            rotate_secret(now)
    assert now.secret_key != settings.secret_key
    assert all(
        file.stat().st_mode & 0o077 == 0 for file in folder.rglob("*") if file.name != "secret-key" or not killed
    )
    return killed


def test_sealing_anew_that_is_killed_after_every_row_goes_on(app, full_clinic, kept_in_file, clock, monkeypatch):
    rows = everything_opens()
    rotate_secret(kept_in_file)
    started_again(app, kept_in_file, clock)
    real = resealing._reseal_row

    def once(*args):
        real(*args)
        raise Killed

    for done in range(rows):
        assert sum(rows_under_other_keys().values()) == rows - done
        with monkeypatch.context() as patch:
            patch.setattr(resealing, "_reseal_row", once)
            with pytest.raises(Killed):
                reseal_everything()
        assert everything_opens() == rows
    assert sum(one.done for one in reseal_everything()) == 0


def test_a_row_that_no_key_opens_is_told_and_does_not_stop_the_others(app, full_clinic, kept_in_file, clock):
    with transaction() as session:
        session.execute(update(OneTimeCodes).values(secret=b"\x00" * 60))
    rotate_secret(kept_in_file)
    started_again(app, kept_in_file, clock)
    by_name = {one.name: one for one in reseal_everything()}
    assert by_name["apps"].unreadable == by_name["apps"].left >= 1
    assert by_name["phones"].left == by_name["messages"].left == 0


def test_what_phones_and_mails_know_people_by_outlives_every_rotation(app, full_clinic, kept_in_file, clock):
    patient = subject(full_clinic.patient)
    before = owner_of(patient), stop_token(patient.clinic_id, patient.patient_id), names_key(kept_in_file)
    now = kept_in_file
    for _ in range(3):
        rotate_secret(now)
        secret_keys._names_key.cache_clear()
        now = started_again(app, now, clock)
    assert (owner_of(patient), stop_token(patient.clinic_id, patient.patient_id), names_key(now)) == before
    assert len(SecretKeys.of(now).others) == 3


def test_whoever_is_signed_in_stays_so(app, kept_in_file, clock):
    def cookie_of(made):
        return made.session_interface.get_signing_serializer(made)

    before = cookie_of(app).dumps({"_user_id": "a token"})
    rotate_secret(kept_in_file)
    current = (kept_in_file.instance / "secret-key").read_text(encoding="ascii").strip()
    after = create_app(replace(kept_in_file, secret_key=current))
    assert cookie_of(after).loads(before) == {"_user_id": "a token"}
    forget_other(replace(kept_in_file, secret_key=current), id_of(kept_in_file.secret_key).hex())
    with pytest.raises(BadSignature):
        cookie_of(create_app(replace(kept_in_file, secret_key=current))).loads(before)


def test_anchors_of_before_hold_and_those_of_a_stranger_do_not(app, full_clinic, kept_in_file, clock):
    anchor_all(AnchorFiles.of(kept_in_file), clock=clock)
    clinic_id = full_clinic.clinic.clinic_id
    rotate_secret(kept_in_file)
    now = started_again(app, kept_in_file, clock)
    clock.move(days=1)
    anchor_all(AnchorFiles.of(now), clock=clock)
    assert len(AnchorFiles.of(now).read(clinic_id)) == 2
    forget_other(now, id_of(kept_in_file.secret_key).hex())
    assert len(AnchorFiles.of(now).read(clinic_id)) == 2, "a key that is forgotten still proves what it wrote"
    assert kept_in_file.secret_key not in "".join(
        file.read_text(encoding="utf-8") for file in (now.instance / "keys").glob("*-keys")
    )
    (now.instance / "keys" / "line-keys").unlink()
    with pytest.raises(AnchorsBroken):
        AnchorFiles.of(now).read(clinic_id)


def test_a_key_in_the_environment_is_not_changed_behind_its_back(app):
    with pytest.raises(KeptElsewhere, match="DIARY_OTHER_SECRET_KEYS"):
        rotate_secret(installation().settings)


def test_a_key_of_the_environment_is_not_changed_though_the_file_holds_the_same(kept_in_file):
    with pytest.raises(KeptElsewhere, match="DIARY_OTHER_SECRET_KEYS"):
        rotate_secret(replace(kept_in_file, secret_key_given=True))


@pytest.mark.parametrize("told", ["forgotten by command", "taken out by hand after a start"])
def test_a_key_that_left_the_environment_still_proves_what_it_wrote(app, clinic, clock, told):
    old = installation().settings
    anchor_all(AnchorFiles.of(old), clock=clock)
    both = replace(old, secret_key="a newer key that is long enough to be one", other_secret_keys=(old.secret_key,))
    if told == "forgotten by command":
        assert forget_other(both, id_of(old.secret_key).hex()) is True
    else:
        create_app(both)
    alone = replace(both, other_secret_keys=())
    assert len(AnchorFiles.of(alone).read(clinic.clinic_id)) == 1


def test_keys_of_the_environment_are_read_beside_the_one_in_use(app, full_clinic, clock):
    rows, settings = everything_opens(), installation().settings
    names_key(settings)
    coming = "a coming key that is long enough to be one"
    for change in (
        {"other_secret_keys": (coming,)},
        {"secret_key": coming, "other_secret_keys": (settings.secret_key,)},
    ):
        Installation(replace(settings, **change), clock, Passwords(CHEAP)).put_into(app)
        assert everything_opens() == rows
    assert sum(one.done for one in reseal_everything()) == rows


def test_browsers_that_listen_under_the_old_push_key_are_reminded_on(app, full_clinic):
    keys = PushKeys.of(installation().settings)
    before = key_id_of(keys.public())
    after = keys.rotate()
    assert key_id_of(keys.public()) == after != before
    assert key_id_of(keys.private_of(before).public_key().public_bytes(*push_encoding())) == before
    assert keys.private_of(b"\x00" * 16) is None


def push_encoding():
    return Encoding.X962, PublicFormat.UncompressedPoint


def test_what_the_old_signing_key_signed_is_verified_on(app):
    keys = SigningKeys.of(installation().settings)
    signed = keys.sign("decision", {"score": "line"})
    after = keys.rotate()
    assert after != signed.key_id
    assert keys.verify("decision", {"score": "line"}, signed)
    again = keys.sign("decision", {"score": "line"})
    assert again.key_id == after
    assert keys.verify("decision", {"score": "line"}, again)


def test_a_look_at_the_keys_of_a_new_machine_makes_none(app):
    there = sorted(installation().settings.instance.rglob("*"))
    assert app.test_cli_runner().invoke(args=["diary", "keys", "status"]).exit_code == 0
    assert sorted(installation().settings.instance.rglob("*")) == there


def test_the_commands_say_how_the_keys_stand(app, full_clinic, kept_in_file, clock):
    run = app.test_cli_runner().invoke
    assert "other key: 0" in run(args=["diary", "keys", "status"]).output
    told = run(args=["diary", "keys", "rotate", "secret"])
    assert told.exit_code == 0
    assert "Restart the servers" in told.output
    now = started_again(app, kept_in_file, clock)
    old = id_of(kept_in_file.secret_key).hex()
    assert f"also read:         {old}" in run(args=["diary", "keys", "status"]).output
    early = run(args=["diary", "keys", "forget", old])
    assert (early.exit_code, "run `diary keys reseal`" in early.output) == (1, True)
    assert " 0 left, 0 unreadable" in run(args=["diary", "keys", "reseal"]).output
    assert run(args=["diary", "keys", "forget", old]).exit_code == 0
    assert run(args=["diary", "keys", "forget", id_of(now.secret_key).hex()]).exit_code == 1
    for which in ("phones", "push", "signing"):
        assert run(args=["diary", "keys", "rotate", which]).exit_code == 0
    assert json.dumps(told.output).count(now.secret_key) == 0
    assert OutboxMessage.sealed.key == PushSubscription.sealed.key
    assert {outbox.seal().mark, second_factors.seal().mark, push_subscriptions.seal().mark} == {
        NAMED + id_of(now.secret_key)
    }
