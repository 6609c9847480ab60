"""At least one row in every table, made through the services as the clinic would."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from diary.access.identity import Identity
from diary.clinical.medicines import MEDICINE_CODES
from diary.db import snapshot, transaction
from diary.exchange.phone_entries import Sending
from diary.installation import installation
from diary.messaging.letters import password_changed
from diary.messaging.message import Recipient
from diary.models import Clinic, DigestSetting
from diary.security.erasure_files import ErasureFiles
from diary.security.passkeys import Site
from diary.services import (
    account_links,
    calibrations,
    courses,
    decisions,
    entries,
    erasure,
    forecasts,
    infusions,
    invites,
    moving_in,
    moving_out,
    passkeys,
    patients,
    planning,
    plans,
    protocols,
    push_subscriptions,
    retention,
    saved_views,
    second_factors,
    sign_in,
    transcriptions,
)
from diary.services.asking_again import AskAgain
from diary.services.calendar_feeds import make_feed
from diary.services.ceremonies import Answer
from diary.services.day_extras import Extras, record_extras
from diary.services.devices import Visit, remember_device
from diary.services.glass import break_glass
from diary.services.impressions import record_impression
from diary.services.leases import take_lease
from diary.services.outbox import post
from diary.services.pauses import start_pause
from diary.services.pegs import Peg
from diary.services.protection import protect_diary, unprotect_diary
from diary.services.readings import record_reading
from diary.services.reminder_settings import Wanted, set_reminders
from diary.services.reminders import remind_where_due
from diary.services.rules import rules_in_force
from diary.services.staff_notes import write_note
from diary.services.sync import receive_entries
from diary.vocabulary import DecisionKind, DoseUnit, ErasureHow, EventKind, PauseReason, WrittenFrom
from tests.clinic_builders import AGREED, AClinic, a_clinic, a_course, confirmed, subject, write_days
from tests.messaging.push_service import Browser
from tests.security.authenticator import Authenticator
from tests.services.looking_in import diary_of
from tests.services.moving import a_copy, as_file


@dataclass(frozen=True)
class FullClinic:
    """A clinic in which everything has happened once, and the ids of what happened."""

    clinic: AClinic
    patient: Identity
    course_id: uuid.UUID
    entry_id: uuid.UUID
    token: str
    invite: str


def rows_of_every_table(clock, name="Pain clinic West"):
    """Make one clinic with a row in every table."""
    clinic = a_clinic(clock, name)
    particulars = patients.Particulars("M-1", "Ramírez, Ana", "Europe/Amsterdam", tags=("left arm",))
    whom = patients.add_patient(clinic.clinician, clinic.clinic_id, particulars, clock=clock)
    token, account_id = _account(clinic, whom, name, clock)
    patient = Identity(account_id, clinic.clinic_id, patient_id=whom.patient_id)
    course_id = a_course(clinic, patient, date(2026, 3, 2), clock)
    given = infusions.InfusionGiven(
        date(2026, 3, 2), "ketamine", Decimal("22.5"), DoseUnit.MG_PER_H, Decimal(4), Decimal("70.25")
    )
    infusions.record_infusion(clinic.nurse, whom, course_id, given, clock=clock)
    courses.give_baseline(clinic.clinician, whom, course_id, value=Decimal("7.5"), reason="from the notes", clock=clock)
    saved_views.save_view(clinic.nurse, clinic.clinic_id, "my arm", {"tag": "left arm", "mine": "1"}, clock=clock)
    _plan_by_protocol(clinic, whom, clock)
    write_days(patient, [7, 6, 3], clock, first_day=date(2026, 3, 18))
    stored = entries.record_entry(patient, whom, day=date(2026, 3, 20), score=4, client_ref=uuid.uuid4(), clock=clock)
    courses.record_event(clinic.nurse, whom, EventKind.LIVER_TEST, clock=clock)
    say_what_goes_with_a_day(patient, clock)
    write_about(clinic, whom, clock)
    send_another_number(patient, stored.entry, clock)
    _decide(clinic, patient, clock)
    _tell_and_write_in(clinic, patient, clock)
    other = patients.Particulars("M-2", "Second", "UTC")
    second = patients.add_patient(clinic.clinician, clinic.clinic_id, other, clock=clock)
    invite = invites.invite_patient(clinic.nurse, second, clock=clock)
    _break_glass(clinic, second, clock)
    _erase_one_and_hear_of_another(clinic, second, clock)
    _tell_by_mail(account_id, clock)
    _prove_in_every_way(clinic, patient, clock)
    _listen(patient, token, clock)
    _remind(patient, clock)
    assert take_lease("a job", lasts=timedelta(hours=1), since=clock(), clock=clock) or name != "Pain clinic West"
    _mail_the_counts(clinic.nurse, clock)
    _move(clinic, second, clock)
    calibrations.learn_calibrations(clock)
    forecasts.make_forecasts(clock)
    return FullClinic(clinic, patient, course_id, stored.entry.id, token, invite)


def _tell_and_write_in(clinic, patient, clock):
    """Release a plan of the decision to the patient, and write in a day from paper."""
    about, made = subject(patient), diary_of(patient).decisions[0]
    plans.release_plan(clinic.clinician, about, made.id, words="We wait.", client_ref=uuid.uuid4(), clock=clock)
    week = transcriptions.Week({date(2026, 3, 17): 7}, WrittenFrom.SHEET, date(2026, 3, 19))
    transcriptions.write_week(clinic.nurse, about, week, client_ref=uuid.uuid4(), clock=clock)


def _plan_by_protocol(clinic, whom, clock):
    """Plan a course of a protocol inside the minimum interval, which is kept beside it, and cancel it again."""
    said = protocols.ProtocolSaid(
        "Ten days", ("ketamine",), 10, Decimal(4), DoseUnit.MG, "as the notes of 2019 have it"
    )
    protocol_id = protocols.add_protocol(clinic.clinician, clinic.clinic_id, said, client_ref=uuid.uuid4(), clock=clock)
    first = clock().date() + timedelta(days=10)
    plan = planning.Plan(("ketamine",), first, first + timedelta(days=9), protocol_id=protocol_id)
    with pytest.raises(AskAgain) as asked:
        planning.plan_course(clinic.nurse, whom, plan, clock=clock)
    accepted = asked.value.token
    course_id = planning.plan_course(clinic.nurse, whom, plan, clock=clock, accepted=accepted)
    planning.cancel_course(clinic.nurse, whom, course_id, reason="no chair", clock=clock)


def an_infusion_of(medicine="ketamine", **fields):
    """Return an infusion of today, with other words where they are given."""
    assert medicine in MEDICINE_CODES
    return infusions.InfusionGiven(fields.pop("day", date(2026, 3, 20)), medicine, **fields)


def send_another_number(patient, entry, clock, score=9):
    """Let a phone send another score under the name of `entry`, which is kept beside it."""
    again = {"client_ref": str(entry.client_ref), "day": str(entry.day), "score": score}
    sent = again | {"entered_at": clock().isoformat(), "utc_offset": 60}
    (told,) = receive_entries(patient, subject(patient), Sending(clock(), [sent]), received_at=clock())
    assert told.status == "conflict", told.status


def say_what_goes_with_a_day(patient, clock, *, note="slept in the chair, left arm up"):
    """Let a patient write every extra of today, another score, a pause, and something that they take back."""
    about, today = subject(patient), diary_of(patient).today(clock())
    with transaction() as session:
        session.get_one(Clinic, patient.clinic_id).notes_since = clock()
    said = Extras(8, 6, (), medicine_changed=True, happened=("fall",), note=note, peg=Peg(7, 6, 5))
    for extras in (said, replace(said, medicine_changed=False, happened=())):
        record_extras(patient, about, day=today, said=extras, client_ref=uuid.uuid4(), clock=clock)
    record_reading(patient, about, day=today, score=9, at=None, client_ref=uuid.uuid4(), clock=clock)
    ahead = {"first_day": today + timedelta(days=30), "last_day": today + timedelta(days=33)}
    start_pause(patient, about, PauseReason.HOSPITAL, **ahead, client_ref=uuid.uuid4(), clock=clock)


def write_about(clinic, whom, clock, words="afraid of needles, the brother drives"):
    """Let staff write a note and a global impression about a patient."""
    write_note(clinic.nurse, whom, words, client_ref=uuid.uuid4(), clock=clock)
    said = {"day": clock().date(), "how": "phone", "client_ref": uuid.uuid4()}
    record_impression(clinic.nurse, whom, 2, **said, clock=clock)


def _account(clinic, whom, name, clock):
    passwords = installation().passwords
    link = invites.invite_patient(clinic.nurse, whom, clock=clock)
    sign_in_name = f"ana@{name.split()[-1]}.example"
    account_id = invites.accept_invite(
        link,
        sign_in_name=sign_in_name,
        password="four words in a row",
        passwords=passwords,
        clock=clock,
        agreed=AGREED,
    )
    token, refused = (
        sign_in.sign_in(sign_in_name, password, visit=Visit(), passwords=passwords, clock=clock)
        for password in ("four words in a row", "four other words")
    )
    assert token
    assert not refused
    remember_device(account_id, None, clock=clock)
    return token, account_id


def _break_glass(clinic, whom, clock):
    admin, reason = confirmed(clinic.admin, clock), "works at the desk of this clinic"
    protect_diary(admin, whom, responsible_id=clinic.clinician.member_id, reason=reason, clock=clock)
    break_glass(confirmed(clinic.nurse, clock), whom, reason="fell in the waiting room", clock=clock)
    unprotect_diary(admin, whom, reason="has left the clinic's staff", clock=clock)


def _erase_one_and_hear_of_another(clinic, second, clock):
    retention.keep_for(clinic.admin, clinic.clinic_id, 10, clock=clock)
    gone = patients.Particulars("M-0", "Nobody Any More", "UTC")
    first = patients.add_patient(clinic.clinician, clinic.clinic_id, gone, clock=clock)
    erasure.carry_out_erasure(
        confirmed(clinic.admin, clock),
        first,
        how=ErasureHow.PAPER,
        asked_on=date(2026, 3, 10),
        files=ErasureFiles.of(installation().settings),
        clock=clock,
    )
    asking = Identity(None, clinic.clinic_id, patient_id=second.patient_id)
    erasure.ask_for_erasure(confirmed(asking, clock), second, clock=clock)


def _move(clinic, second, clock):
    moving_out.make_move_code(confirmed(clinic.nurse, clock), second, clock=clock)
    moving_in.take_in_file(clinic.nurse, clinic.clinic_id, as_file(a_copy(clock())), reference="F-7", clock=clock)


def _tell_by_mail(account_id, clock):
    whom = Recipient("ana@home.example", account_id=account_id)
    with transaction() as session:
        post(session, password_changed(whom, at=clock()))


def _prove_in_every_way(clinic, patient, clock):
    """Give the account an app, recovery codes, a passkey, a question nobody answered, and a link to begin again."""
    site, device = Site("https://diary.example"), Authenticator(host="diary.example", origin="https://diary.example")
    device.credential_id = uuid.uuid4().bytes
    second_factors.give_app(patient.account_id, clock=clock)
    second_factors.new_recovery_codes(patient.account_id, clock=clock)
    who = confirmed(patient, clock)
    asked = passkeys.ask_for_own(who, site=site, clock=clock)
    answer = Answer(str(asked.ceremony), device.register(asked.options["challenge"]))
    passkeys.add_passkey(who, answer, name="My phone", site=site, clock=clock)
    passkeys.ask_for_own(who, site=site, clock=clock)
    account_links.give_patient_link(confirmed(clinic.nurse, clock), subject(patient), clock=clock)


def _listen(patient, token, clock):
    browser = Browser(f"https://fcm.googleapis.com/fcm/send/{uuid.uuid4()}")
    push_subscriptions.key_for_browsers(patient, subject(patient))
    session_id = sign_in.session_at_rest(token, clock=clock).id
    push_subscriptions.subscribe(
        patient, subject(patient), browser.subscription, session_id=session_id, device="Chrome, Android", clock=clock
    )


def _remind(patient, clock):
    """Remind of a day that nobody has written for yet."""
    set_reminders(patient, subject(patient), Wanted(12), clock=clock)
    make_feed(patient, subject(patient), clock=clock)
    in_two_days = clock() + timedelta(days=2)
    assert remind_where_due(lambda: in_two_days) == 1


def _mail_the_counts(member, clock):
    """Let a member have asked for the counts of the morning; this installation sends no mail."""
    with transaction() as session:
        session.add(
            DigestSetting(
                clinic_id=member.clinic_id,
                member_id=member.member_id,
                is_on=True,
                email="nurse@home.example",
                stop_hash=uuid.uuid4().bytes * 2,
                changed_at=clock(),
            )
        )


def _decide(clinic, patient, clock):
    diary = diary_of(patient)
    today = diary.today(clock())
    with snapshot() as session:
        rules = rules_in_force(session, clinic.clinic_id)
    decisions.record_decision(
        confirmed(clinic.clinician, clock),
        subject(patient),
        DecisionKind.WAIT,
        reason="see in two weeks",
        next_step=today + timedelta(days=14),
        shown_digest=decisions.what_is_shown(diary, today, rules)[1],
        clock=clock,
    )
