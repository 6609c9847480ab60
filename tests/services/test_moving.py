"""A patient who moves takes the whole diary along, once, and the clinic they leave sees them go."""

import json
import uuid
from dataclasses import asdict, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from diary.db import db, snapshot, transaction
from diary.errors import ConfirmFirst, Invalid, NotThere, Refused
from diary.exchange.copies import (
    CopiedBaseline,
    CopiedCourse,
    CopiedEvent,
    CopiedInfusion,
    HomeClinic,
    read_copy,
)
from diary.models import (
    AccountClinic,
    Consent,
    Entry,
    Invite,
    Member,
    MoveCode,
    Patient,
    PatientOrigin,
    SignedInSession,
)
from diary.security.signatures import Origin
from diary.security.signing import SigningKeys
from diary.services import consents, courses, entries, invites, moving_in, moving_out
from diary.services.copies import copy_of
from diary.services.forecasts import make_forecasts
from diary.services.protection import protect_diary
from diary.services.summary_marks import marked_patients
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import ConsentPurpose, CourseStatus, EventKind, LifeCycle
from tests.clinic_builders import AGREED, a_clinic, a_course, a_patient, confirmed, subject, write_days
from tests.services.looking_in import audit_rows, everything_stored, summary_of_row
from tests.services.moving import a_copy, as_file
from tests.services.side_by_side import side_by_side
from tests.services.tampering import refuse


@pytest.fixture
def west(app, clock):
    return a_clinic(clock)


@pytest.fixture
def east(west, clock):
    return a_clinic(clock, "Pain clinic East")


@pytest.fixture
def patient(west, clock):
    """A patient of West with a diary that has everything in it but a decision."""
    patient = a_patient(west, clock)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(west, patient, date(2026, 1, 8), clock, days=2)
    write_days(patient, [2] * 16 + [None, 6], clock, first_day=date(2026, 1, 10))
    entries.record_entry(
        patient, subject(patient), day=date(2026, 1, 20), score=4, client_ref=uuid.uuid4(), clock=clock
    )
    stored = entries.record_entry(
        patient, subject(patient), day=date(2026, 1, 27), score=9, client_ref=uuid.uuid4(), clock=clock
    )
    entries.undo_entry(patient, subject(patient), stored.entry.id, clock=clock)
    course = a_course(west, patient, date(2025, 11, 3), clock, medicines=("lidocaine", "magnesium"))
    courses.give_baseline(
        west.clinician, subject(patient), course, value=Decimal("6.75"), reason="notes – “then”", clock=clock
    )
    courses.give_baseline(west.clinician, subject(patient), course, value=None, reason="wrong course", clock=clock)
    a_course(west, patient, date(2026, 2, 20), clock, status=CourseStatus.PLANNED)
    courses.record_event(west.nurse, subject(patient), EventKind.WEARING_OFF, clock=clock, note="a note\nof two lines")
    clock.move(minutes=1)
    return patient


def file_of(who, patient, clock):
    return moving_out.take_copy_out(confirmed(who, clock), subject(patient), clock=clock)


def code_of(who, patient, clock):
    return moving_out.make_move_code(confirmed(who, clock), subject(patient), clock=clock).code


def take_in(clinic, sent, clock, reference="E-1"):
    return moving_in.take_in_file(clinic.nurse, clinic.clinic_id, sent, reference=reference, clock=clock)


def take_in_code(clinic, code, clock, reference="E-1"):
    return moving_in.take_in_code(clinic.nurse, clinic.clinic_id, code, reference=reference, clock=clock)


def content_of(whom, now):
    """Return what a patient would take along, without what is another clinic's own."""
    with snapshot() as session:
        copy = copy_of(session, whom, now=now)
    return asdict(replace(copy, home=None))


def test_a_diary_that_was_moved_is_the_same_in_every_fact(west, east, patient, clock):
    before = content_of(subject(patient), clock())
    added = take_in(east, file_of(patient, patient, clock), clock)
    assert content_of(added, clock()) == before
    assert len(before["entries"]) == 27
    assert [len(course["baselines"]) for course in before["courses"]] == [2, 0, 0]


@pytest.mark.parametrize("way", ["file", "code"])
def test_the_new_clinic_judges_the_diary_as_the_old_one_did(west, east, patient, clock, way):
    make_forecasts(clock)
    before = summary_of_row(patient)
    if way == "file":
        added = take_in(east, file_of(west.nurse, patient, clock), clock)
    else:
        added = take_in_code(east, code_of(patient, patient, clock), clock)
    make_forecasts(clock)
    after = summary_of_row(replace(patient, clinic_id=added.clinic_id, patient_id=added.patient_id))
    for name in ("state", "shown", "band", "rank", "order_day", "as_of", "true_until", "medicine"):
        assert getattr(after, name) == getattr(before, name), name
    assert (after.reference, after.responsible_id, after.on_worklist) == ("E-1", None, True)


def test_the_line_of_a_diary_is_not_reckoned_while_everybody_waits_but_before_anybody_reads_it(
    west, east, patient, clock
):
    added = take_in(east, file_of(patient, patient, clock), clock)

    def marked():
        with snapshot() as session:
            return marked_patients(session, east.clinic_id, now=clock())

    assert marked() == [added.patient_id]
    (line,) = read_worklist(east.nurse, east.clinic_id, WorklistFilter(), clock=clock).rows
    assert (line.reference, line.state) == ("E-1", summary_of_row(patient).state)
    assert line.shown["last_entry"] == "2026-01-27"
    assert marked() == []


def test_a_diary_of_many_courses_is_written_with_as_few_statements_as_one_of_few(east, clock):
    assert written(east, 2, clock) == written(east, 40, clock)


def written(clinic, number, clock):
    """Take in a diary of so many courses, and return how many statements wrote it."""
    day, made_at = date(2026, 2, 1), clock() - timedelta(days=60)
    course = CopiedCourse(
        ("ketamine",),
        "planned",
        day,
        day,
        made_at,
        (CopiedInfusion(day, "ketamine", None, None, None, None, "", made_at),) * 3,
        (CopiedBaseline(Decimal(7), "notes", day, made_at),) * 2,
    )
    event = CopiedEvent(EventKind.LIVER_TEST, day, "", made_at)
    sent = as_file(a_copy(clock(), courses=(course,) * number, events=(event,) * number))
    said = []

    def note(*asked):
        said.append(asked[2])

    listen(db.engine, "before_cursor_execute", note)
    added = take_in(clinic, sent, clock, reference=f"E-{number}")
    remove(db.engine, "before_cursor_execute", note)
    stored = content_of(added, clock())
    assert [len(stored[name]) for name in ("courses", "events")] == [number, number]
    assert {(len(one["infusions"]), len(one["baselines"])) for one in stored["courses"]} == {(3, 2)}
    return len([one for one in said if one.startswith("INSERT")])


def test_a_patient_with_a_code_signs_in_as_before_and_is_at_home_in_the_new_clinic(full_clinic, clock):
    made = full_clinic
    east = a_clinic(clock, "Clinic North")
    code = code_of(made.patient, made.patient, clock)
    added = take_in_code(east, code, clock)
    with snapshot() as session:
        old = session.get_one(Patient, (made.clinic.clinic_id, made.patient.patient_id))
        new = session.get_one(Patient, (added.clinic_id, added.patient_id))
        there = session.scalars(
            select(AccountClinic.clinic_id).where(AccountClinic.account_id == made.patient.account_id)
        ).all()
        held = session.scalars(select(SignedInSession).where(SignedInSession.patient_id == old.id)).all()
    assert (old.account_id, old.life_cycle) == (None, LifeCycle.MOVED)
    assert (new.account_id, new.life_cycle) == (made.patient.account_id, LifeCycle.ACTIVE)
    assert there == [added.clinic_id]
    assert all(one.ended_at for one in held)
    assert audit_rows(made.clinic.clinic_id)[-1].action == "patient.moved_out"
    assert audit_rows(east.clinic_id)[-1].action == "patient.moved_in"


def test_a_sign_in_that_works_in_the_new_clinic_gets_no_diary_there_that_it_could_not_open(full_clinic, clock):
    made = full_clinic
    north = a_clinic(clock, "Clinic North")
    with transaction() as session:
        session.get_one(Member, (north.clinic_id, north.nurse.member_id)).account_id = made.patient.account_id
    code = code_of(made.patient, made.patient, clock)
    with pytest.raises(Invalid, match="works in your clinic"):
        take_in_code(north, code, clock)
    with snapshot() as session:
        assert session.scalars(select(Patient).where(Patient.clinic_id == north.clinic_id)).all() == []
        old = session.get_one(Patient, (made.clinic.clinic_id, made.patient.patient_id))
    assert (old.account_id, old.life_cycle) == (made.patient.account_id, LifeCycle.ACTIVE)


def test_an_entry_that_waited_on_the_phone_is_not_doubled_by_the_move(west, east, patient, clock):
    ref = uuid.uuid4()
    day = clock().date()
    entries.record_entry(patient, subject(patient), day=day, score=4, client_ref=ref, clock=clock)
    added = take_in_code(east, code_of(patient, patient, clock), clock)
    moved = replace(patient, clinic_id=added.clinic_id, patient_id=added.patient_id)
    assert entries.record_entry(moved, subject(moved), day=day, score=4, client_ref=ref, clock=clock).again


def test_the_old_patient_leaves_the_worklist_and_has_no_open_invite(west, east, clock):
    patient = a_patient(west, clock, "M-9")
    invites.invite_patient(west.nurse, subject(patient), clock=clock)
    take_in_code(east, code_of(west.nurse, patient, clock), clock)
    page = read_worklist(west.nurse, west.clinic_id, WorklistFilter(), clock=clock)
    assert "M-9" not in repr(page)
    with snapshot() as session:
        assert all(invite.expires_at <= clock() for invite in session.scalars(select(Invite)))


def test_a_copy_alone_moves_nobody(west, east, patient, clock):
    take_in(east, file_of(patient, patient, clock), clock)
    with snapshot() as session:
        assert session.get_one(Patient, (west.clinic_id, patient.patient_id)).life_cycle == LifeCycle.ACTIVE


def test_where_the_diary_comes_from_is_kept(west, east, patient, clock):
    sent = file_of(west.nurse, patient, clock)
    added = take_in(east, sent, clock)
    with snapshot() as session:
        origin = session.get_one(PatientOrigin, (added.clinic_id, added.patient_id))
    assert (origin.from_clinic, origin.from_reference, origin.key_origin) == ("Pain clinic West", "M-1", "own")
    row = audit_rows(east.clinic_id)[-1]
    assert row.content["digest"] == origin.digest == json.loads(sent)["digest"]
    assert audit_rows(west.clinic_id)[-1].content == {"digest": origin.digest, "entries": 27, "courses": 3}


def test_the_same_form_sent_twice_makes_one_patient_and_another_one_is_refused(west, east, patient, clock):
    sent = file_of(patient, patient, clock)
    first = take_in(east, sent, clock)
    stored = everything_stored()
    assert take_in(east, sent, clock) == first
    with pytest.raises(Invalid, match="taken in already, as E-1"):
        take_in(east, sent, clock, reference="E-2")
    clock.move(days=1)
    with pytest.raises(Invalid, match="taken in already, as E-1"):
        take_in(east, as_newer(sent, clock), clock)
    assert everything_stored() == stored


def as_newer(sent, clock):
    signed = read_copy(sent, now=clock())
    return as_file(replace(signed.copy, made_at=clock()))


def test_a_code_is_good_once_also_when_twenty_send_it_at_once(app, west, east, patient, clock):
    code = code_of(patient, patient, clock)
    answers = side_by_side(
        app, [partial(take_in_code, east, code, clock, reference=f"E-{number}") for number in range(20)]
    )
    assert sorted(isinstance(answer, Invalid) for answer in answers) == [False] + [True] * 19
    with snapshot() as session:
        assert len(session.scalars(select(PatientOrigin)).all()) == 1


def test_a_code_sent_twice_with_the_same_form_gives_the_same_patient(west, east, patient, clock):
    code = code_of(patient, patient, clock)
    assert take_in_code(east, code, clock) == take_in_code(east, code.lower().replace("-", " "), clock)
    with pytest.raises(Invalid, match="not good"):
        take_in_code(east, code, clock, reference="E-2")


def test_a_code_ends_after_72_hours_and_when_a_newer_one_is_made(west, east, patient, clock):
    old, new = (code_of(patient, patient, clock) for _ in range(2))
    with pytest.raises(Invalid, match="not good"):
        take_in_code(east, old, clock)
    clock.move(hours=72)
    for code in (new, "", "A" * 26, new[:-1], "é" * 26, "x" * 5000):
        with pytest.raises(Invalid, match="not good"):
            moving_in.look_at_code(east.nurse, east.clinic_id, code, clock=clock)


def test_only_the_hash_of_a_code_is_stored(west, patient, clock):
    code = code_of(patient, patient, clock)
    assert code.replace("-", "") not in repr(everything_stored())
    with snapshot() as session:
        (held,) = session.scalars(select(MoveCode))
    assert held.expires_at == clock() + timedelta(hours=72)
    assert len(code.replace("-", "")) * 5 >= 128


def test_looking_at_what_a_code_brings_stores_nothing_but_the_look(west, east, patient, clock):
    code = code_of(patient, patient, clock)
    brought = moving_in.look_at_code(east.nurse, east.clinic_id, code, clock=clock)
    assert (brought.signed.copy.name, brought.key_origin, brought.by_code) == ("Ramirez M-1", Origin.OWN, True)
    assert audit_rows(west.clinic_id)[-1].action == "move.previewed"
    with snapshot() as session:
        assert session.scalars(select(Patient).where(Patient.clinic_id == east.clinic_id)).all() == []


def test_a_taken_reference_takes_in_nothing_and_the_code_stays_good(west, east, patient, clock):
    a_patient(east, clock, "E-1")
    code = code_of(patient, patient, clock)
    stored = everything_stored()
    with pytest.raises(Invalid, match="Another patient has the reference E-1"):
        take_in_code(east, code, clock)
    assert everything_stored() == stored
    assert take_in_code(east, code, clock, reference="E-2")


def test_when_the_last_step_fails_nothing_is_taken_in(west, east, patient, clock):
    code = code_of(patient, patient, clock)
    refuse("move_code", when="UPDATE OF used_at")
    stored = everything_stored()
    with pytest.raises(Exception, match="disk full"):
        take_in_code(east, code, clock)
    assert everything_stored() == stored


@pytest.mark.parametrize("is_known", [False, True], ids=["a key nobody knows", "the key of another installation"])
def test_a_file_of_a_clinic_of_this_installation_counts_with_its_own_signature_alone(
    app, west, east, patient, clock, tmp_path, is_known
):
    theirs = SigningKeys(tmp_path / "theirs")
    home = HomeClinic(west.clinic_id, "Pain clinic West", patient.patient_id, "M-1")
    forged = as_file(a_copy(clock(), home=home, entries=(), courses=()), theirs)
    if is_known:
        make_known(tmp_path, app)
    stored = everything_stored()
    for act in (
        lambda: moving_in.look_at_file(east.nurse, east.clinic_id, forged, clock=clock),
        lambda: take_in(east, forged, clock),
    ):
        with pytest.raises(Invalid, match="not signed by this installation"):
            act()
    assert everything_stored() == stored
    assert take_in_code(east, code_of(patient, patient, clock), clock)


def make_known(folder, app):
    others = app.extensions["ebb"].settings.instance / "keys" / "others"
    others.mkdir(parents=True)
    public = next((folder / "theirs" / "public").iterdir())
    (others / "Clinic Far.pem").write_bytes(public.read_bytes())


def test_ones_own_clinic_is_no_other_clinic(west, patient, clock):
    for take in (
        lambda: take_in(west, file_of(patient, patient, clock), clock),
        lambda: take_in_code(west, code_of(patient, patient, clock), clock),
    ):
        with pytest.raises(Invalid, match="your own clinic"):
            take()


def test_who_may_take_a_diary_out(west, east, patient, clock):
    for act in (moving_out.take_copy_out, moving_out.make_move_code):
        with pytest.raises(Refused):
            act(confirmed(west.admin, clock), subject(patient), clock=clock)
        for who in (west.clinician, west.nurse, patient):
            with pytest.raises(ConfirmFirst):
                act(who, subject(patient), clock=clock)
            assert act(confirmed(who, clock), subject(patient), clock=clock)
        neighbour = a_patient(west, clock, f"M-{uuid.uuid4().hex[:6]}")
        for who in (east.nurse, east.admin, neighbour):
            with pytest.raises(NotThere):
                act(confirmed(who, clock), subject(patient), clock=clock)
    with pytest.raises(Refused):
        moving_in.look_at_file(west.admin, west.clinic_id, as_file(a_copy(clock())), clock=clock)


def test_a_protected_diary_is_taken_out_by_the_responsible_clinician_alone(west, patient, clock):
    protect_diary(
        confirmed(west.admin, clock),
        subject(patient),
        responsible_id=west.clinician.member_id,
        reason="works at the desk",
        clock=clock,
    )
    for who in (west.admin, west.nurse):
        with pytest.raises(Refused):
            file_of(who, patient, clock)
    assert read_copy(file_of(west.clinician, patient, clock), now=clock()).copy.protected


def test_nobody_moves_twice_or_after_death(west, east, patient, clock):
    take_in_code(east, code_of(patient, patient, clock), clock)
    with pytest.raises(Invalid, match="has moved already"):
        code_of(west.nurse, patient, clock)
    with transaction() as session:
        session.get_one(Patient, (west.clinic_id, patient.patient_id)).life_cycle = LifeCycle.DIED
    with pytest.raises(Invalid, match="has died"):
        file_of(west.nurse, patient, clock)


def test_whose_key_it_is_is_told(east, clock, tmp_path, app):
    theirs = SigningKeys(tmp_path / "theirs")
    sent = as_file(a_copy(clock()), theirs)
    look = partial(moving_in.look_at_file, east.nurse, east.clinic_id, clock=clock)
    assert look(sent).key_origin is Origin.UNKNOWN
    make_known(tmp_path, app)
    assert (look(sent).key_origin, look(sent).key_name) == (Origin.OTHER, "Clinic Far")
    assert look(as_file(a_copy(clock()))).key_origin is Origin.OWN


def test_whoever_lived_in_two_zones_has_lived_there_in_the_new_clinic(east, clock):
    added = take_in(east, as_file(a_copy(clock())), clock)
    zones = content_of(added, clock())["zones"]
    assert [zone["time_zone"] for zone in zones] == ["Europe/Amsterdam", "Asia/Tokyo"]


def test_a_copy_of_nothing_but_a_name_can_be_taken_in(east, clock):
    empty = a_copy(clock(), entries=(), courses=(), birth_year=None, phone="")
    added = take_in(east, as_file(empty), clock)
    with snapshot() as session:
        row = session.get_one(Patient, (added.clinic_id, added.patient_id))
        assert session.scalars(select(Entry).where(Entry.patient_id == added.patient_id)).all() == []
    assert (row.name, row.birth_year, row.left_handed) == ("Okafor, Ada", None, True)


def test_a_diary_that_was_stopped_stays_stopped_in_the_other_clinic(west, east, patient, clock):
    consents.withdraw_consent(patient, subject(patient), ConsentPurpose.DIARY, clock=clock)
    added = take_in_code(east, code_of(patient, patient, clock), clock)
    with snapshot() as session:
        assert consents.is_diary_stopped(session, added.clinic_id, added.patient_id)
    there = replace(patient, clinic_id=added.clinic_id, patient_id=added.patient_id)
    with pytest.raises(Refused, match="stopped"):
        entries.record_entry(there, added, day=clock().date(), score=3, client_ref=uuid.uuid4(), clock=clock)


def test_a_yes_of_the_old_clinic_is_asked_again_in_the_new_one(west, east, patient, clock):
    consents.give_consent(patient, subject(patient), ConsentPurpose.DIARY, clock=clock, version=AGREED)
    added = take_in_code(east, code_of(patient, patient, clock), clock)
    with snapshot() as session:
        assert not consents.is_diary_stopped(session, added.clinic_id, added.patient_id)
        assert session.scalar(select(Consent.id).where(Consent.clinic_id == added.clinic_id)) is None
