"""Anchors outside the database: whoever changes chain or anchors afterwards is found."""

import json
import os
import stat
import threading
from dataclasses import replace
from functools import partial
from shutil import copyfile

import pytest

from diary import jobs
from diary.db import snapshot
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles, AnchorsBroken
from diary.security.sealed_lines import opened_alone
from diary.services import anchors
from diary.services.anchors import anchor_all, anchor_clinic, anchor_where_due, compare_with_anchors, last_anchor
from diary.services.audit import ChainBroken, verify_chain
from diary.services.chains import verify_chains
from diary.services.patient_pages import read_patient_page
from tests.beside import as_it_was
from tests.clinic_builders import a_clinic, a_patient, subject
from tests.services.looking_in import audit_rows
from tests.services.side_by_side import side_by_side
from tests.services.tampering import tamper

DAYS = 3


@pytest.fixture
def files(app):
    return AnchorFiles.of(installation().settings)


@pytest.fixture(scope="module")
def anchored_kept(keep, clinic_kept):
    def go_on(clock):
        clinic, files = clinic_kept.made, AnchorFiles.of(installation().settings)
        for number in range(DAYS):
            look_on(clinic, clock, number)
            assert anchor_where_due(files, clock=clock) == 1
            clock.move(days=1)
        look_on(clinic, clock, DAYS)

    return keep(go_on, after=clinic_kept)


def look_on(clinic, clock, number):
    """Let somebody look at a new patient, as the days go by."""
    patient = a_patient(clinic, clock, f"P-{number}")
    read_patient_page(clinic.nurse, subject(patient), clock=clock)


@pytest.fixture
def anchored(clinic, clock, anchored_kept):
    """A chain with an anchor on each of three days, and two links more."""
    anchored_kept.put_into_place(clock)
    return clinic.clinic_id


def lines_of(files, clinic_id):
    return files.file_of(clinic_id).read_bytes().splitlines(keepends=True)


def test_each_day_has_one_anchor_and_the_chain_tells_of_it(anchored, clinic, files, clock):
    assert anchor_where_due(files, clock=clock) == 1
    clock.move(hours=8)
    assert anchor_where_due(files, clock=clock) == 0
    made = files.read(anchored)
    assert [anchor.day.isoformat() for anchor in made] == [f"2026-03-{day}" for day in range(20, 24)]
    told = [row for row in audit_rows(anchored) if row.action == "audit.anchored"]
    assert [row.content["digest"] for row in told] == [anchor.digest for anchor in made]
    assert [row.content["position"] for row in told] == [row.position - 1 for row in told]
    assert {(row.actor, row.actor_id) for row in told} == {("operator", None)}


def test_an_anchor_can_be_made_twice_on_a_day_when_somebody_asks(anchored, files, clock):
    assert [name for name, _ in anchor_all(files, clock=clock) + anchor_all(files, clock=clock)] == [
        "Pain clinic West"
    ] * 2
    (chain,) = verify_chains(files)
    assert len(chain.anchors) == DAYS + 2
    assert chain.links == len(audit_rows(anchored))


def test_anchors_are_the_owners_only(anchored, files):
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(files.file_of(anchored).stat().st_mode) == 0o600


def test_no_anchor_is_ever_written_over(anchored, files, clock):
    before = files.file_of(anchored).read_bytes()
    anchor_all(files, clock=clock)
    assert files.file_of(anchored).read_bytes().startswith(before)
    assert lines_of(files, anchored)[:-1] == before.splitlines(keepends=True)


def broken(files, kind, words):
    with pytest.raises(kind, match=words):
        list(verify_chains(files))


def test_a_flipped_byte_is_found_and_nothing_is_anchored_on_it(anchored, files, clock):
    last = len(audit_rows(anchored))
    tamper(f"UPDATE audit_event SET commitment = zeroblob(32) WHERE position = {last}")
    broken(files, ChainBroken, f"^Pain clinic West: Link {last} was changed")
    assert anchor_where_due(files, clock=clock) == 0
    with pytest.raises(ChainBroken):
        anchor_clinic(files, anchored, clock=clock)
    assert len(files.read(anchored)) == DAYS


def test_a_clinic_that_cannot_be_anchored_does_not_keep_the_others_from_it(anchored, files, clock):
    a_clinic(clock, "Pain clinic East")
    tamper(f"UPDATE audit_event SET actor = 'x' WHERE position = {len(audit_rows(anchored))}")
    assert anchor_where_due(files, clock=clock) == 1


def test_a_missing_middle_is_found(anchored, files):
    tamper("DELETE FROM audit_event WHERE position = 7")
    broken(files, ChainBroken, "Link 7 is missing")


def set_the_head_to(clinic_id, position):
    return (
        f"UPDATE audit_head SET position = {position}, hash = (SELECT hash FROM audit_event WHERE position = {position}"
        f" AND clinic_id = '{clinic_id.hex}') WHERE clinic_id = '{clinic_id.hex}'"
    )


def test_a_tail_cut_off_with_the_head_put_back_is_found(anchored, files):
    at = files.read(anchored)[-1].position
    tamper(f"DELETE FROM audit_event WHERE position >= {at}", set_the_head_to(anchored, at - 1))
    with snapshot() as session:
        assert verify_chain(session, anchored) == at - 1, "the chain alone does not show it"
    broken(files, ChainBroken, f"ends before link {at}, which was anchored on 2026-03-22")


@pytest.fixture
def older(clinic, files, clock):
    """A copy of the database that was made before an anchor."""
    look_on(clinic, clock, 0)
    with as_it_was():
        look_on(clinic, clock, 1)
        anchor_where_due(files, clock=clock)
    return clinic


def test_an_older_backup_put_back_is_found(older, files):
    broken(files, ChainBroken, "an older backup was put back")
    assert last_anchor(files, older.clinic_id).broken


def test_an_older_backup_that_was_written_on_is_found(older, files, clock):
    for number in range(10, 14):
        look_on(older, clock, number)
    broken(files, ChainBroken, "is not the one that was anchored on 2026-03-20")


def test_a_backup_from_before_a_clinic_was_added_is_found(anchored, files, clock):
    with as_it_was():
        east = a_clinic(clock, "Pain clinic East").clinic_id
        anchor_clinic(files, east, clock=clock)
    broken(files, AnchorsBroken, f"Clinic {east} was anchored and is not in the database")


CHANGED = {
    "a position": lambda line: line.replace(b'"position":', b'"position":1'),
    "a hash": lambda line: line.replace(b'"hash":"', b'"hash":"00', 1),
    "a day": lambda line: line.replace(b"2026-03-21", b"2026-03-01"),
    "a space": lambda line: line.replace(b",", b", ", 1),
    "a code": lambda line: line.replace(b'"mac":"', b'"mac":"0', 1),
    "a code that is no text": lambda line: line.replace(b'"mac":"', '"mac":"é'.encode(), 1),
    "a name more": lambda line: line.replace(b"{", b'{"a":1,', 1),
    "no object": lambda line: b"[]\n",
    "nothing": lambda line: b"\n",
    "no text": lambda line: b"\xff\n",
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_an_anchor_that_was_changed_is_found_and_none_is_added(anchored, files, clock, change):
    lines = lines_of(files, anchored)
    assert change(lines[1]) != lines[1]
    files.file_of(anchored).write_bytes(b"".join([lines[0], change(lines[1]), *lines[2:]]))
    broken(files, AnchorsBroken, f"Anchor 2 in {anchored}.jsonl was changed")
    assert anchor_where_due(files, clock=clock) == 0


def test_every_flipped_byte_of_the_anchors_is_found(anchored, files):
    held = files.file_of(anchored).read_bytes()
    for place in range(len(held)):
        files.file_of(anchored).write_bytes(held[:place] + bytes([held[place] ^ 1]) + held[place + 1 :])
        with pytest.raises(AnchorsBroken):
            compare_with_anchors(files, anchored)


CUT = {
    "the beginning": (slice(1, None), "An anchor before line 1"),
    "the first two": (slice(2, None), "An anchor before line 1"),
    "the end": (slice(None, -1), "The anchor of 2026-03-22 at link .* is missing"),
    "all lines": (slice(0), "The anchor of 2026-03-20 at link .* is missing"),
}


@pytest.mark.parametrize(("kept", "words"), CUT.values(), ids=CUT)
def test_anchors_that_were_cut_are_found(anchored, files, kept, words):
    files.file_of(anchored).write_bytes(b"".join(lines_of(files, anchored)[kept]))
    broken(files, AnchorsBroken, words)


def test_anchors_cut_in_the_middle_or_within_one_are_found(anchored, files):
    lines = lines_of(files, anchored)
    files.file_of(anchored).write_bytes(b"".join([lines[0], *lines[2:]]))
    broken(files, AnchorsBroken, "An anchor before line 2 .* is missing")
    files.file_of(anchored).write_bytes(b"".join(lines)[:-20])
    broken(files, AnchorsBroken, "not whole")


def test_anchors_taken_away_whole_are_found(anchored, files):
    files.file_of(anchored).unlink()
    broken(files, AnchorsBroken, "is missing from")


def test_anchors_of_another_clinic_do_not_fit(anchored, files, clock):
    east = a_clinic(clock, "Pain clinic East").clinic_id
    copyfile(files.file_of(anchored), files.file_of(east))
    with pytest.raises(AnchorsBroken, match="Anchor 1 in"):
        files.read(east)


def test_anchors_written_under_another_key_are_not_ours(anchored, files):
    line = json.loads(lines_of(files, anchored)[0])
    assert AnchorFiles(files.folder, "another secret key of thirty-two").file_of(anchored).exists()
    with pytest.raises(AnchorsBroken, match="or written under another secret key"):
        AnchorFiles(files.folder, "another secret key of thirty-two").read(anchored)
    assert set(line) == {"clinic", "day", "position", "hash", "previous", "mac"}


def test_the_key_of_anchors_is_no_other_key_of_the_installation(files):
    settings = installation().settings
    assert files._seal._key != settings.secret_key.encode()
    assert AnchorFiles.of(replace(settings, secret_key=settings.secret_key + "x"))._seal._key != files._seal._key


def test_a_file_that_is_called_after_no_clinic_is_told(anchored, files):
    (files.folder / "notes.jsonl").touch()
    broken(files, AnchorsBroken, r"notes\.jsonl among the anchors")


def test_a_disk_that_is_full_leaves_the_anchors_whole(anchored, files, clock, monkeypatch):
    held, write = files.file_of(anchored).read_bytes(), os.pwrite

    def full_after_a_part(file, data, place):
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return write(file, data[:-50], place)

    with monkeypatch.context() as disk:
        disk.setattr("diary.security.sealed_lines.os.pwrite", full_after_a_part)
        assert anchor_where_due(files, clock=clock) == 0
    assert files.file_of(anchored).read_bytes() == held
    assert anchor_where_due(files, clock=clock) == 1
    assert list(verify_chains(files))


def test_an_anchor_whose_unit_failed_still_agrees(anchored, files, clock, monkeypatch):
    def fail(*_words, **_more):
        raise OSError("gone")

    with monkeypatch.context() as fault:
        fault.setattr(anchors.audit, "write", fail)
        assert anchor_where_due(files, clock=clock) == 0
    (chain,) = verify_chains(files)
    assert len(chain.anchors) == DAYS + 1


def test_two_processes_make_one_anchor_of_a_day(app, anchored, files, clock):
    assert side_by_side(app, [partial(anchor_where_due, files, clock=clock)] * 6).count(1) == 1
    assert len(files.read(anchored)) == DAYS + 1
    assert list(verify_chains(files))


def test_who_appends_waits_for_whoever_appends_already(clinic, files, clock):
    with opened_alone(files.file_of(clinic.clinic_id)):
        how = {"position": 1, "link": bytes(32), "again": False}
        waiting = threading.Thread(target=files.add, args=(clinic.clinic_id, clock().date()), kwargs=how)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join()
    assert len(files.read(clinic.clinic_id)) == 1


def test_the_jobs_anchor_every_clinic(app, clinic, files, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(jobs, "make_forecasts", lambda _clock, **_asked: stop.set())
    jobs.work(app, stop)
    assert len(files.read(clinic.clinic_id)) == 1


def test_the_last_anchor_says_how_far_the_chain_is_known_to_hold(clinic, files, clock):
    assert last_anchor(files, clinic.clinic_id) == anchors.LastAnchor(None)
    links = len(audit_rows(clinic.clinic_id))
    anchor_where_due(files, clock=clock)
    assert last_anchor(files, clinic.clinic_id).anchor.position == links
