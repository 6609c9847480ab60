"""A decision is shown as valid for ever after, until anything it was bound to is no longer what it was."""

import json
import stat
import uuid
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.db import snapshot
from diary.exchange.decision_statement import PURPOSE, DecisionStatement
from diary.installation import installation
from diary.models import Decision
from diary.security.chain import canonical, commit_to, link_hash
from diary.security.signatures import Signature
from diary.security.signing import KeyUnfit, SigningKeys
from diary.services import courses, entries
from diary.services.checked_decisions import Check, Outcome, Standing, check_decisions, judged_as_shown, read_proofs
from diary.services.decision_pages import read_decision_page
from diary.services.rules import change_rules
from diary.services.verified_decisions import verify_decisions
from diary.vocabulary import CourseStatus, DecisionKind
from tests.clinic_builders import a_clinic, a_course, a_patient, subject, write_days
from tests.services.deciding import decide
from tests.services.looking_in import audit_rows, diary_of
from tests.services.tampering import tamper


@pytest.fixture(scope="module")
def kept(keep):
    def make(clock):
        clinic = a_clinic(clock)
        return clinic, a_decided_patient(clinic, clock, "M-1")

    return keep(make)


@pytest.fixture
def clinic(app, clock, kept):
    return kept.put_into_place(clock)[0]


@pytest.fixture
def decided(clinic, kept):
    """A patient with two decisions; the first one is looked at."""
    return kept.made[1]


def a_decided_patient(clinic, clock, reference):
    patient = a_patient(clinic, clock, reference)
    write_days(patient, [7] * 7, clock, first_day=date(2026, 1, 1))
    a_course(clinic, patient, date(2026, 1, 8), clock, days=2)
    write_days(patient, [2] * 9, clock, first_day=date(2026, 1, 10))
    made = decide(clinic.clinician, patient, DecisionKind.WAIT, clock)
    clock.move(minutes=1)
    decide(clinic.clinician, patient, DecisionKind.STOP, clock)
    clock.move(minutes=1)
    return patient, made


def checked(patient, made):
    diary = diary_of(patient)
    with snapshot() as session:
        proofs = read_proofs(session, patient.clinic_id, patient.patient_id)
    return check_decisions(diary, proofs)[made]


def made_again(patient, found):
    with snapshot() as session:
        proofs = read_proofs(session, patient.clinic_id, patient.patient_id)
    return judged_as_shown(found.decision, diary_of(patient), proofs)


def keys():
    return SigningKeys.of(installation().settings)


def test_a_decision_is_signed_and_every_link_holds(decided):
    patient, made = decided
    found = checked(patient, made)
    assert found.standing is Standing.VALID
    assert found.outcomes == dict.fromkeys(Check, Outcome.HOLDS)
    assert made_again(patient, found) is True
    assert found.decision.member_name == "clinician Meyer"
    assert found.decision.confirmed_at


def test_whatever_is_done_after_it_a_decision_stays_valid(clinic, decided, clock):
    patient, made = decided
    entries.record_entry(
        patient, subject(patient), day=date(2026, 1, 17), score=1, client_ref=uuid.uuid4(), clock=clock
    )
    a_course(clinic, patient, date(2026, 3, 20), clock, status=CourseStatus.PLANNED)
    change_rules(clinic.admin, clinic.clinic_id, {"week_minimum": 6}, reason="x", base_version=1, clock=clock)
    course = diary_of(patient).courses[0]
    days = courses.CourseDays(("magnesium",), CourseStatus.GIVEN, course.first_day, course.last_day)
    courses.correct_course(clinic.nurse, course.id, subject(patient), days, reason="a slip", clock=clock)
    clock.move(days=400)
    assert checked(patient, made).standing is Standing.VALID


OTHER = "'00000000000000000000000000000000'"
COLUMNS = {
    "member_id": "(SELECT id FROM member WHERE name LIKE 'nurse%')",
    "kind": "'stop'",
    "next_step": "NULL",
    "reason": "'another reason'",
    "day": "'2026-01-17'",
    "decided_at": "'2026-01-18 12:00:01.000000'",
    "shown": "replace(shown, '\"n7\": 7', '\"n7\": 6')",
    "shown_digest": f"'{'0' * 64}'",
    "member_name": "'Dr Somebody Else'",
    "confirmed_at": "'2026-01-18 12:00:01.000000'",
    "confirmed_by": "'passkey'",
    "rules_digest": f"'{'0' * 64}'",
    "key_id": f"'{'0' * 32}'",
    "signature": "zeroblob(64)",
    "reverses": OTHER,
    "medicine": "'lidocaine'",
    "id": OTHER,
    "patient_id": "(SELECT id FROM patient WHERE reference = 'M-2')",
}


def test_the_list_of_columns_is_whole():
    assert set(COLUMNS) | {"clinic_id"} == {column.name for column in Decision.__table__.columns}


@pytest.mark.parametrize("column", COLUMNS)
def test_no_column_of_a_decision_can_be_changed_unseen(clinic, decided, clock, column):
    patient, made = decided
    other = a_patient(clinic, clock, "M-2")
    tamper(f"UPDATE decision SET {column} = {COLUMNS[column]} WHERE id = '{made.hex}'")
    if column == "patient_id":
        patient = other
    found = checked(patient, uuid.UUID(int=0) if column == "id" else made)
    assert found.standing is Standing.INVALID
    if column not in ("shown", "key_id"):
        assert Check.SIGNATURE in found.broken or column == "shown_digest"


def test_a_decision_carried_to_another_clinic_is_not_valid(clinic, decided, clock):
    _patient, made = decided
    east = a_clinic(clock, "Pain clinic East")
    other, _theirs = a_decided_patient(east, clock, "E-1")
    tamper(
        f"UPDATE decision SET clinic_id = '{east.clinic_id.hex}', patient_id = '{other.patient_id.hex}',"
        f" member_id = '{east.clinician.member_id.hex}' WHERE id = '{made.hex}'"
    )
    assert checked(other, made).standing is Standing.INVALID


@pytest.mark.parametrize("nothing", ["signature", "key_id", "signature = NULL, key_id", "shown"])
def test_a_signature_that_is_taken_away_is_missed(decided, nothing):
    patient, made = decided
    value = "'[]'" if nothing == "shown" else "NULL"
    tamper(f"UPDATE decision SET {nothing} = {value} WHERE id = '{made.hex}'")
    assert checked(patient, made).standing is Standing.INVALID


def test_a_decision_that_is_made_to_look_older_than_signing_is_not_taken_for_one(decided):
    patient, made = decided
    nothing = "signature = NULL, key_id = NULL, member_name = NULL, confirmed_at = NULL, rules_digest = NULL"
    tamper(f"UPDATE decision SET {nothing} WHERE id = '{made.hex}'")
    assert Check.SIGNATURE in checked(patient, made).broken


def test_the_signature_of_another_patients_decision_does_not_fit(clinic, decided, clock):
    patient, made = decided
    _other, theirs = a_decided_patient(clinic, clock, "M-2")
    tamper(f"UPDATE decision SET signature = (SELECT signature FROM decision WHERE id = '{theirs.hex}')"
           f" WHERE id = '{made.hex}'")  # fmt: skip
    assert {Check.SIGNATURE, Check.AUDIT} <= set(checked(patient, made).broken)


ENTRIES = {
    "deleted": "DELETE FROM entry WHERE day = '2026-01-15'",
    "changed": "UPDATE entry SET score = 9 WHERE day = '2026-01-15'",
    "said to be late": "UPDATE entry SET days_late = 3 WHERE day = '2026-01-15'",
    "said to have come later": "UPDATE entry SET received_at = '2026-12-01 00:00:00' WHERE day = '2026-01-15'",
    "moved to another day": "UPDATE entry SET day = '2025-12-20' WHERE day = '2026-01-15'",
    "slipped in": (
        "INSERT INTO entry SELECT clinic_id, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', patient_id, '2025-12-24', 1, 0, "
        "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', item_version, entered_at, utc_offset_minutes, clock_error_seconds, "
        "written_at, received_at, days_late, source, entered_by, reason FROM entry WHERE day = '2026-01-15'"
    ),
}


@pytest.mark.parametrize("how", ENTRIES)
def test_entries_that_were_changed_behind_a_decision_are_told(decided, how):
    patient, made = decided
    tamper(ENTRIES[how])
    found = checked(patient, made)
    assert found.broken == [Check.ENTRIES]
    assert found.standing is Standing.INVALID


@pytest.mark.parametrize("statement", [
    "UPDATE clinic_rules SET parameters = replace(parameters, '\"late_days_offered\": ', '\"late_days_offered\": 1')",
    "DELETE FROM clinic_rules WHERE version = 1",
])  # fmt: skip
def test_rules_that_were_changed_behind_a_decision_are_told(clinic, decided, clock, statement):
    patient, made = decided
    change_rules(clinic.admin, clinic.clinic_id, {"week_minimum": 5}, reason="x", base_version=1, clock=clock)
    tamper(statement)
    assert Check.RULES in checked(patient, made).broken


def test_an_audit_row_that_says_something_else_is_told(decided):
    patient, made = decided
    row = next(row for row in audit_rows(patient.clinic_id) if (row.content or {}).get("decision") == str(made))
    for statement in (
        f"UPDATE audit_event SET content = replace(content, 'wait', 'stop') WHERE position = {row.position}",
        f"UPDATE audit_event SET content = replace(content, 'stop', 'wait') WHERE position = {row.position}",
        f"UPDATE audit_event SET actor = 'operator' WHERE position = {row.position}",
    ):
        before = checked(patient, made).standing
        tamper(statement)
        assert checked(patient, made).standing is not before
    tamper(f"DELETE FROM audit_event WHERE position = {row.position}")
    assert Check.AUDIT in checked(patient, made).broken


def test_a_link_that_was_written_again_does_not_fit_the_next_one(decided):
    patient, made = decided
    row = next(row for row in audit_rows(patient.clinic_id) if (row.content or {}).get("decision") == str(made))
    content = {**row.content, "signature": None}
    commitment = commit_to(content, row.salt)
    envelope = [row.at.isoformat(), row.actor, str(row.actor_id), row.action, str(row.patient_id)]
    linked = link_hash(row.previous_hash, row.position, envelope, commitment)
    tamper(
        f"UPDATE audit_event SET content = '{canonical(content).decode()}', commitment = x'{commitment.hex()}',"
        f" hash = x'{linked.hex()}' WHERE position = {row.position}",
        f"UPDATE decision SET signature = NULL, key_id = NULL WHERE id = '{made.hex}'",
    )
    assert checked(patient, made).broken == [Check.AUDIT]


def test_a_new_key_leaves_what_the_old_one_signed_valid(clinic, decided, clock):
    patient, made = decided
    folder = installation().settings.instance / "keys"
    (folder / "signing-key.pem").unlink()
    newer = decide(clinic.clinician, patient, DecisionKind.OTHER, clock)
    assert checked(patient, newer).decision.key_id != checked(patient, made).decision.key_id
    assert {checked(patient, one).standing for one in (made, newer)} == {Standing.VALID}
    assert len(list((folder / "public").iterdir())) == 2


def test_a_public_key_that_was_replaced_or_taken_away_makes_nothing_valid(decided, tmp_path):
    patient, made = decided
    public = installation().settings.instance / "keys" / "public" / f"{checked(patient, made).decision.key_id}.pem"
    other = SigningKeys(tmp_path / "theirs")
    theirs = other.sign("x", 1)
    public.write_bytes((tmp_path / "theirs" / "public" / f"{theirs.key_id}.pem").read_bytes())
    assert checked(patient, made).outcomes[Check.SIGNATURE] is Outcome.BROKEN
    public.unlink()
    found = checked(patient, made)
    assert found.outcomes[Check.SIGNATURE] is Outcome.KEY_UNKNOWN
    assert found.standing is Standing.INVALID


def test_a_key_that_stands_under_the_name_of_another_signed_nothing(tmp_path):
    own, theirs = SigningKeys(tmp_path / "own"), SigningKeys(tmp_path / "theirs")
    mine, forged = own.sign(PURPOSE, "mine"), theirs.sign(PURPOSE, "forged")
    kept = tmp_path / "own" / "public" / f"{mine.key_id}.pem"
    kept.write_bytes((tmp_path / "theirs" / "public" / f"{forged.key_id}.pem").read_bytes())
    assert not own.verify(PURPOSE, "forged", replace(forged, key_id=mine.key_id))


def test_the_private_key_is_its_owners_only_and_made_once(tmp_path):
    keys = SigningKeys(tmp_path / "keys")
    assert keys.sign("x", 1).key_id == keys.sign("x", 2).key_id
    assert stat.S_IMODE((tmp_path / "keys" / "signing-key.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    (tmp_path / "keys" / "signing-key.pem").write_text("no key")
    with pytest.raises(KeyUnfit, match="cannot be read"):
        keys.sign("x", 3)


def test_whoever_writes_rows_cannot_sign_with_a_key_of_their_own(decided, tmp_path):
    patient, made = decided
    forged = SigningKeys(tmp_path / "theirs").sign(PURPOSE, "anything")
    tamper(
        f"UPDATE decision SET signature = x'{forged.value.hex()}', key_id = '{forged.key_id}' WHERE id = '{made.hex}'"
    )
    assert checked(patient, made).outcomes[Check.SIGNATURE] is Outcome.KEY_UNKNOWN


def test_what_was_recorded_before_decisions_were_signed_says_so(decided, clock):
    patient, made = decided
    as_before_signing(patient, made)
    found = checked(patient, made)
    assert (found.standing, found.broken) == (Standing.UNSIGNED, [])
    tamper("DELETE FROM entry WHERE day = '2026-01-15'")
    assert checked(patient, made).standing is Standing.INVALID


def as_before_signing(patient, made):
    """Put a decision and the whole chain back to how they were written before decisions were signed."""
    nothing = ", ".join(f"{c} = NULL" for c in ("signature", "key_id", "member_name", "confirmed_at", "rules_digest"))
    statements = [f"UPDATE decision SET {nothing} WHERE id = '{made.hex}'"]
    previous = bytes(32)
    for row in audit_rows(patient.clinic_id):
        content = dict(row.content)
        if content.get("decision") == str(made):
            del content["signature"]
        commitment = commit_to(content, row.salt)
        envelope = [row.at.isoformat(), row.actor, _text(row.actor_id), row.action, _text(row.patient_id)]
        linked = link_hash(previous, row.position, envelope, commitment)
        statements.append(
            f"UPDATE audit_event SET content = '{canonical(content).decode()}', commitment = x'{commitment.hex()}',"
            f" previous_hash = x'{previous.hex()}', hash = x'{linked.hex()}' WHERE position = {row.position}"
        )
        previous = linked
    tamper(*statements, f"UPDATE audit_head SET hash = x'{previous.hex()}'")


def _text(value):
    return None if value is None else str(value)


def test_all_decisions_are_verified_and_the_broken_ones_are_named(clinic, decided, clock):
    _patient, made = decided
    east = a_clinic(clock, "Pain clinic East")
    a_decided_patient(east, clock, "E-1")
    assert [dict(found.counts) for found in verify_decisions(None)] == [{Standing.VALID: 2}, {Standing.VALID: 2}]
    tamper(f"UPDATE decision SET reason = 'x' WHERE id = '{made.hex}'")
    by_clinic = {found.clinic: found for found in verify_decisions(None)}
    assert [(r, one.decision.id) for r, one in by_clinic["Pain clinic West"].invalid] == [("M-1", made)]
    assert by_clinic["Pain clinic East"].invalid == []
    assert [found.clinic for found in verify_decisions("Pain clinic East")] == ["Pain clinic East"]


@pytest.mark.about_sqlite(reason="PostgreSQL takes no text that is no JSON")
def test_a_row_that_cannot_be_read_at_all_is_named(decided):
    patient, made = decided
    tamper(f"UPDATE decision SET shown = 'no json' WHERE id = '{made.hex}'")
    assert [found.unreadable for found in verify_decisions(None)] == [[patient.patient_id]]


def test_the_command_exits_1_and_says_which(app, decided):
    runner = app.test_cli_runner()
    assert runner.invoke(args=["diary", "decisions", "verify"]).exit_code == 0
    tamper(f"UPDATE decision SET reason = 'x' WHERE id = '{decided[1].hex}'")
    refused = runner.invoke(args=["diary", "decisions", "verify"])
    assert refused.exit_code == 1
    assert f"patient M-1, {decided[1]}: the signature does not fit" in refused.stderr
    assert runner.invoke(args=["diary", "decisions", "verify", "--clinic", "Nowhere"]).exit_code == 1


def test_the_page_of_a_decision_hands_out_what_was_used(clinic, decided, clock):
    patient, made = decided
    page = read_decision_page(clinic.nurse, subject(patient), made, clock=clock)
    assert len(page.entries) == 16
    assert page.entries[0][0] == date(2026, 1, 18)
    assert page.public_key
    assert page.shown["state"]
    signature = Signature(page.checked.decision.key_id, page.checked.decision.signature)
    assert keys().verify(PURPOSE, json.loads(page.statement), signature)
    assert audit_rows(clinic.clinic_id)[-1].action == "patient.seen"


MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2190, 1, 1), timezones=st.just(UTC))
STATEMENTS = st.builds(
    DecisionStatement,
    clinic_id=st.uuids(),
    patient_id=st.uuids(),
    decision_id=st.uuids(),
    member_id=st.uuids(),
    member_name=st.text(max_size=20),
    kind=st.sampled_from(DecisionKind),
    next_step=st.none() | st.dates(),
    reason=st.text(max_size=30),
    day=st.dates(),
    decided_at=MOMENTS,
    confirmed_at=st.none() | MOMENTS,
    confirmed_by=st.sampled_from(["", "code", "passkey"]),
    shown_digest=st.text("0123456789abcdef", max_size=4),
    ruleset=st.sampled_from(["1", "2", ""]),
    rules_digest=st.text("0123456789abcdef", max_size=4),
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return SigningKeys(tmp_path_factory.mktemp("keys"))


@given(one=STATEMENTS, other=STATEMENTS, data=st.data())
def test_a_signature_fits_its_own_statement_and_no_other(pair, one, other, data):
    signature = pair.sign(PURPOSE, one.plain())
    assert pair.verify(PURPOSE, one.plain(), signature)
    name = data.draw(st.sampled_from([field.name for field in fields(DecisionStatement)]))
    changed = replace(one, **{name: getattr(other, name)})
    assert pair.verify(PURPOSE, changed.plain(), signature) is (changed == one)
    assert (canonical(one.plain()) == canonical(other.plain())) is (one == other)
    assert not pair.verify("another purpose", one.plain(), signature)


@given(one=STATEMENTS, hours=st.integers(-14, 14))
def test_a_moment_is_signed_the_same_in_whatever_zone_it_is_written(one, hours):
    moved = replace(one, decided_at=one.decided_at.astimezone(timezone(timedelta(hours=hours))))
    assert canonical(moved.plain()) == canonical(one.plain())


@given(one=STATEMENTS, place=st.integers(0, 63), bit=st.integers(0, 7))
def test_a_flipped_bit_of_a_signature_is_seen(pair, one, place, bit):
    signature = pair.sign(PURPOSE, one.plain())
    flipped = bytearray(signature.value)
    flipped[place] ^= 1 << bit
    assert not pair.verify(PURPOSE, one.plain(), replace(signature, value=bytes(flipped)))
