"""Reminders: at the patient's hour where they live, once more two hours later, then silence; never twice or late."""

import os
import signal
import subprocess
import sys
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from diary import jobs
from diary.db import db, snapshot, transaction
from diary.installation import installation
from diary.messaging.problems import Gone
from diary.models import OutboxMessage, PatientZone, Reminder, ReminderSetting
from diary.services import consents, entries, outbox, patients, pauses, reminders
from diary.services.consent_texts import REQUIRED
from diary.services.outbox import send_due
from diary.services.reminder_settings import Wanted, set_reminders, stop_reminders
from diary.services.reminder_times import Turn, minute_of
from diary.services.reminders import remind_where_due
from diary.services.writings import Writing
from diary.vocabulary import Channel, LifeCycle, PauseReason
from diary.wall import whole_house
from tests.beside import all_bytes
from tests.clinic_builders import a_patient, subject
from tests.messaging.post_office import open_post_office, set_up_mail
from tests.services.away import failing_as
from tests.services.postbox import letters_waiting
from tests.services.postbox import outbox as messages

TO = "ana@home.example"
SUBJECT = "Your reminder for today"


@pytest.fixture
def office(app):
    with open_post_office() as opened:
        set_up_mail(app, opened.url)
        yield opened


@pytest.fixture
def reminded(office, patient, clock):
    """A patient who is reminded by mail at eight in the evening, Amsterdam."""
    return with_reminders(patient, clock)


def with_reminders(patient, clock, *, hour=20, to=TO):
    set_reminders(patient, subject(patient), Wanted(hour, by_mail=True, email=to), clock=clock)
    with transaction() as session:
        row = session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))
        row.email_confirmed_at, row.confirm_hash = clock(), None
    with transaction() as session:
        for message in session.scalars(select(OutboxMessage)):
            session.delete(message)
    return patient


def setting(patient):
    with snapshot() as session:
        return session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))


def planned():
    with snapshot() as session:
        rows = session.scalars(select(Reminder).order_by(Reminder.day, Reminder.number)).all()
    return [(row.day.isoformat(), row.number) for row in rows]


def answered():
    with snapshot() as session:
        return [row is not None for row in session.scalars(select(Reminder.answered_at).order_by(Reminder.number))]


def at_the_hour(clock, patient):
    clock.now = setting(patient).next_at
    return clock.now


def write(patient, clock, day=None):
    day = day or clock().astimezone(ZoneInfo("Europe/Amsterdam")).date()
    ref = uuid.uuid4()
    return entries.record_entry(patient, subject(patient), day=day, score=5, client_ref=ref, clock=clock).entry


def undo(patient, entry, clock):
    clock.move(minutes=1)
    entries.undo_entry(patient, subject(patient), entry.id, clock=clock)


def test_a_reminder_comes_at_the_patients_hour_in_the_patients_own_minute(reminded, office, clock):
    there = setting(reminded).next_at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert (there.date(), there.hour, there.minute) == (date(2026, 3, 20), 20, minute_of(reminded.patient_id))
    clock.now = setting(reminded).next_at - timedelta(seconds=1)
    assert remind_where_due(clock) == 0
    clock.move(seconds=1)
    assert remind_where_due(clock) == 1
    assert send_due(clock) == 1
    (mail,) = office.taken
    assert (mail["To"], mail["Subject"]) == (TO, SUBJECT)
    assert planned() == [("2026-03-20", 1)]


def test_without_an_answer_a_second_one_comes_after_two_hours_and_then_none_until_tomorrow(reminded, office, clock):
    first = at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert setting(reminded).next_at == first + timedelta(hours=2)
    for _ in range(200):
        clock.move(minutes=6)
        remind_where_due(clock)
        send_due(clock)
    assert planned() == [("2026-03-20", 1), ("2026-03-20", 2)]
    assert [mail["Subject"] for mail in office.taken] == [SUBJECT] * 2
    assert setting(reminded).next_at.astimezone(ZoneInfo("Europe/Amsterdam")).date() == date(2026, 3, 21)


def test_whoever_has_answered_is_not_reminded(reminded, office, clock):
    write(reminded, clock)
    at_the_hour(clock, reminded)
    assert remind_where_due(clock) == 1
    assert planned() == []


def test_an_answer_between_the_reminders_saves_the_second_one(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    write(reminded, clock)
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert planned() == [("2026-03-20", 1)]
    with snapshot() as session:
        assert session.scalars(select(Reminder.answered_at)).one() is not None


def test_a_day_whose_answer_was_taken_back_before_the_hour_is_reminded_of(reminded, office, clock):
    undo(reminded, write(reminded, clock), clock)
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert send_due(clock) == 1
    assert planned() == [("2026-03-20", 1)]


def test_an_answer_that_is_taken_back_is_reminded_of_once_more_after_two_hours_and_not_at_once(reminded, office, clock):
    first = at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    clock.move(minutes=30)
    entry = write(reminded, clock)
    assert answered() == [True]
    undo(reminded, entry, clock)
    assert answered() == [False]
    for _ in range(200):
        remind_where_due(clock)
        send_due(clock)
        assert len(office.taken) == (1 if clock() < first + timedelta(hours=2) else 2)
        clock.move(minutes=5)
    assert planned() == [("2026-03-20", 1), ("2026-03-20", 2)]


def test_an_undone_correction_leaves_the_day_answered(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    write(reminded, clock)
    clock.move(minutes=1)
    undo(reminded, write(reminded, clock), clock)
    assert answered() == [True]
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert planned() == [("2026-03-20", 1)]


def test_what_a_phone_sends_late_does_not_answer_a_day_that_was_taken_back_after_it(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    at, day = clock(), date(2026, 3, 20)
    clock.move(minutes=30)
    undo(reminded, write(reminded, clock), clock)
    clock.move(minutes=30)
    with transaction() as session:
        sent = Writing(day, 3, uuid.uuid4(), entered_at=at, utc_offset=60)
        entries.put_writing(session, reminded, subject(reminded), sent, now=clock())
    assert answered() == [False]


def test_an_answer_between_planning_and_handing_over_stops_the_mail(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    write(reminded, clock)
    assert send_due(clock) == 0
    assert not office.taken
    assert [(row.state, row.why, row.sealed) for row in messages()] == [("failed", "not_wanted", None)]


def test_whoever_stops_reminders_gets_none_that_was_planned_already(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    stop_reminders(reminded, subject(reminded), clock=clock)
    send_due(clock)
    clock.move(days=3)
    assert remind_where_due(clock) == 0
    assert not office.taken


@pytest.mark.parametrize("life_cycle", [LifeCycle.DISCHARGED, LifeCycle.MOVED, LifeCycle.DIED])
def test_nobody_is_reminded_who_has_left_the_clinic(reminded, clinic, office, clock, life_cycle):
    patients.change_life_cycle(clinic.nurse, subject(reminded), life_cycle, clock=clock)
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert planned() == []


def test_nobody_is_reminded_of_a_diary_that_was_stopped(reminded, office, clock):
    consents.withdraw_consent(reminded, subject(reminded), REQUIRED, clock=clock)
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert planned() == []


def test_nobody_is_reminded_during_a_pause(reminded, office, clock):
    today = date(2026, 3, 20)
    pauses.start_pause(
        reminded,
        subject(reminded),
        PauseReason.HOLIDAY,
        first_day=today,
        last_day=today,
        client_ref=uuid.uuid4(),
        clock=clock,
    )
    for _ in range(3):
        at_the_hour(clock, reminded)
        remind_where_due(clock)
    assert planned() == [("2026-03-21", 1)]


def test_a_pause_between_planning_and_handing_over_stops_the_mail(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    today, how = date(2026, 3, 20), {"client_ref": uuid.uuid4(), "clock": clock}
    pauses.start_pause(reminded, subject(reminded), PauseReason.HOSPITAL, first_day=today, last_day=None, **how)
    send_due(clock)
    assert not office.taken


def test_a_server_that_was_down_sends_nothing_hours_late(reminded, office, clock):
    due = at_the_hour(clock, reminded)
    clock.now = due + timedelta(hours=1, minutes=59)
    remind_where_due(clock)
    assert planned() == [("2026-03-20", 1)]
    assert setting(reminded).next_at == clock() + timedelta(hours=2)
    clock.now = due + timedelta(days=1, hours=2)
    remind_where_due(clock)
    assert planned() == [("2026-03-20", 1), ("2026-03-21", 2)]
    clock.now = due + timedelta(days=2, hours=5)
    remind_where_due(clock)
    clock.now = due + timedelta(days=40, hours=5)
    remind_where_due(clock)
    assert len(planned()) == 2
    assert setting(reminded).next_day == date(2026, 3, 20) + timedelta(days=41)


def first_of_today_sent(reminded, clock):
    """Send the first reminder of today, and let half an hour pass; return when it was sent."""
    first = at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    clock.move(minutes=30)
    return first


def save(patient, clock, hour):
    set_reminders(patient, subject(patient), Wanted(hour, by_mail=True, email=TO), clock=clock)


def mails_until_morning(office, clock):
    """Run the jobs every five minutes until nine, and return when mails came from now on."""
    came, before = [], len(office.taken)
    for _ in range(12 * 12):
        remind_where_due(clock)
        send_due(clock)
        came += [clock()] * (len(office.taken) - before)
        before = len(office.taken)
        clock.move(minutes=5)
    return came


def test_saving_the_choice_as_it_was_keeps_the_second_reminder_of_today(reminded, office, clock):
    first = first_of_today_sent(reminded, clock)
    before = setting(reminded)
    save(reminded, clock, 20)
    set_reminders(reminded, subject(reminded), Wanted(20), clock=clock)
    save(reminded, clock, 20)
    row = setting(reminded)
    assert (row.next_at, row.next_day, row.next_number) == (before.next_at, before.next_day, 2)
    mails_until_morning(office, clock)
    assert planned() == [("2026-03-20", 1), ("2026-03-20", 2)]
    assert row.next_at == first + timedelta(hours=2)


@pytest.mark.parametrize("hour", [19, 20])
def test_a_turn_that_has_come_is_not_lost_by_saving_the_choice(reminded, office, clock, hour):
    at_the_hour(clock, reminded)
    clock.move(seconds=1)
    save(reminded, clock, hour)
    mails_until_morning(office, clock)
    assert planned() == [("2026-03-20", 1), ("2026-03-20", 2)]
    assert len(office.taken) == 2


def test_a_turn_that_has_come_waits_for_a_later_hour_of_today(reminded, office, clock):
    at = at_the_hour(clock, reminded)
    save(reminded, clock, 22)
    row = setting(reminded)
    assert (row.next_at, row.next_day, row.next_number) == (at + timedelta(hours=2), date(2026, 3, 20), 1)


def test_a_later_hour_chosen_after_the_first_reminder_is_that_of_the_second(reminded, office, clock):
    first = first_of_today_sent(reminded, clock)
    save(reminded, clock, 23)
    assert setting(reminded).next_number == 2
    came = mails_until_morning(office, clock)
    assert len(office.taken) == 2
    assert len(came) == 1
    assert timedelta() <= came[0] - (first + timedelta(hours=3)) < timedelta(minutes=5)
    assert setting(reminded).next_at == first + timedelta(days=1, hours=3)


def test_an_hour_of_today_that_is_over_leaves_the_second_reminder_at_its_moment(reminded, office, clock):
    first = first_of_today_sent(reminded, clock)
    save(reminded, clock, 22)
    save(reminded, clock, 9)
    assert (setting(reminded).next_at, setting(reminded).next_number) == (first + timedelta(hours=2), 2)
    mails_until_morning(office, clock)
    assert len(office.taken) == 2
    there = setting(reminded).next_at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert (there.date(), there.hour) == (date(2026, 3, 21), 9)


def test_an_hour_chosen_before_any_reminder_of_today_counts_at_once(reminded, clock):
    save(reminded, clock, 22)
    there = setting(reminded).next_at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert (there.date(), there.hour, setting(reminded).next_number) == (date(2026, 3, 20), 22, 1)
    stop_reminders(reminded, subject(reminded), clock=clock)
    assert setting(reminded).next_at is None
    save(reminded, clock, 22)
    assert setting(reminded).next_at.astimezone(ZoneInfo("Europe/Amsterdam")) == there


def test_a_mail_that_waits_too_long_is_not_sent_at_all(reminded, office, clock):
    office.recipient_answers[TO] = "451 later"
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    office.recipient_answers.clear()
    clock.move(hours=2)
    assert send_due(clock) == 0
    assert [row.why for row in messages()] == ["expired"]


def test_a_mail_that_waits_for_an_address_does_not_go_there_once_a_new_one_is_confirmed(reminded, office, clock):
    office.recipient_answers[TO] = "451 later"
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    office.recipient_answers.clear()
    clock.move(minutes=10)
    set_reminders(reminded, subject(reminded), Wanted(20, by_mail=True, email="new@home.example"), clock=clock)
    with transaction() as session:
        session.get(ReminderSetting, (reminded.clinic_id, reminded.patient_id)).email_confirmed_at = clock()
    clock.move(minutes=20)
    send_due(clock)
    assert {mail["To"] for mail in office.taken} == {"new@home.example"}
    assert SUBJECT not in [mail["Subject"] for mail in office.taken]
    assert "not_wanted" in [row.why for row in messages()]
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    send_due(clock)
    assert [(mail["To"], mail["Subject"]) for mail in office.taken][-1] == ("new@home.example", SUBJECT)


def test_a_reminder_late_at_night_ends_with_its_day(patient, office, clock):
    with_reminders(patient, clock, hour=27)
    at = at_the_hour(clock, patient)
    assert at.astimezone(ZoneInfo("Europe/Amsterdam")).hour == 3
    remind_where_due(clock)
    (row,) = messages()
    assert row.expires_at == datetime(2026, 3, 21, 3, tzinfo=UTC)
    assert setting(patient).next_day == date(2026, 3, 21)


def test_three_workers_at_once_plan_each_reminder_once(app, clinic, office, clock):
    everybody = [with_reminders(a_patient(clinic, clock, f"R-{number}"), clock) for number in range(12)]
    clock.now = max(setting(one).next_at for one in everybody)
    barrier = threading.Barrier(3)

    def worker():
        with app.app_context(), whole_house():
            barrier.wait()
            while remind_where_due(clock):
                pass

    with ThreadPoolExecutor(3) as pool:
        for one in [pool.submit(worker) for _ in range(3)]:
            one.result()
    assert len(messages()) == len(planned()) == 12
    assert len({row.patient_id for row in messages()}) == 12


def test_two_workers_that_saw_the_same_turn_do_not_both_take_it(reminded, office, clock):
    at = at_the_hour(clock, reminded)
    for _ in range(2):
        with transaction() as session:
            reminders._take_turn(session, subject(reminded), at, clock())
    assert len(messages()) == 1


def test_a_turn_that_somebody_else_has_taken_since_cannot_be_claimed(reminded, office, clock):
    """SQLite has one writer, who reads again; on PostgreSQL this condition alone tells two workers apart."""
    at = at_the_hour(clock, reminded)
    after = Turn(date(2026, 3, 20), 2, at + timedelta(hours=2))
    with transaction() as session:
        assert reminders._move_on(session, subject(reminded), at, after)
        assert not reminders._move_on(session, subject(reminded), at, after)


def test_a_clock_that_went_back_repeats_no_reminder(reminded, office, clock):
    due = at_the_hour(clock, reminded)
    remind_where_due(clock)
    with transaction() as session:
        row = session.get(ReminderSetting, (reminded.clinic_id, reminded.patient_id))
        row.next_at, row.next_day, row.next_number = due, date(2026, 3, 20), 1
    clock.now = due
    remind_where_due(clock)
    assert len(messages()) == len(planned()) == 1


def test_a_clock_that_leapt_years_ahead_and_came_back_silences_nobody(reminded, office, clock):
    now = clock()
    clock.move(days=4000)
    remind_where_due(clock)
    assert setting(reminded).next_at.year > 2030
    clock.now = now
    remind_where_due(clock)
    at_the_hour(clock, reminded)
    assert clock().date() == date(2026, 3, 20)
    remind_where_due(clock)
    assert ("2026-03-20", 1) in planned()


def test_one_patient_whose_reminder_fails_holds_up_nobody(clinic, office, clock, monkeypatch):
    broken, fine = (with_reminders(a_patient(clinic, clock, name), clock) for name in ("R-1", "R-2"))
    real = reminders.is_wanted

    def failing(session, clinic_id, patient_id, day):
        if patient_id == broken.patient_id:
            raise RuntimeError
        return real(session, clinic_id, patient_id, day)

    monkeypatch.setattr(reminders, "is_wanted", failing)
    clock.now = max(setting(one).next_at for one in (broken, fine))
    remind_where_due(clock)
    assert [row.patient_id for row in messages()] == [fine.patient_id]
    assert setting(broken).next_at == clock() + timedelta(hours=1)


@pytest.mark.parametrize("refusal", ["no answer", "deadlock"])
def test_a_database_that_is_busy_puts_nobody_off(reminded, office, clock, monkeypatch, refusal):
    at_the_hour(clock, reminded)
    before = setting(reminded)
    with monkeypatch.context() as broken:
        broken.setattr(reminders, "is_wanted", failing_as(refusal))
        with pytest.raises(DBAPIError):
            remind_where_due(clock)
    assert (setting(reminded).next_at, setting(reminded).next_number) == (before.next_at, before.next_number)
    assert messages() == []
    clock.move(seconds=10)
    assert remind_where_due(clock) == send_due(clock) == 1
    assert planned() == [("2026-03-20", 1)]


KILLED = """
import os, signal
from diary.app import create_app
from diary.installation import installation
from diary.services import reminders
from diary.wall import whole_house
app = create_app()
real = reminders.post
def killed(session, message):
    if {when!r} == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    real(session, message)
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
reminders.post = killed
with app.app_context(), whole_house():
    reminders.remind_where_due(installation().clock)
"""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_killed_while_it_plans_leaves_nothing_half_done(reminded, office, clock, tmp_path, when):
    at_the_hour(clock, reminded)
    before = setting(reminded).next_at
    db.engine.dispose()
    worker = subprocess.Popen([sys.executable, "-c", KILLED.format(when=when)], env=as_we_run(clock, tmp_path))
    assert worker.wait(30) == -signal.SIGKILL
    assert setting(reminded).next_at == before
    assert planned() == []
    remind_where_due(clock)
    assert send_due(clock) == 1
    assert len(office.taken) == 1


SENDING = """
from diary.app import create_app
from diary.installation import installation
from diary.services.outbox import send_due
from diary.wall import whole_house
app = create_app()
with app.app_context(), whole_house():
    send_due(installation().clock)
"""


def test_a_worker_killed_between_sending_and_marking_is_never_repeated(app, patient, clock, tmp_path):
    with open_post_office(hold=threading.Event()) as office:
        set_up_mail(app, office.url)
        with_reminders(patient, clock)
        at_the_hour(clock, patient)
        remind_where_due(clock)
        db.engine.dispose()
        worker = subprocess.Popen([sys.executable, "-c", SENDING], env=as_we_run(clock, tmp_path))
        assert office.came.wait(20)
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        office.hold.set()
        clock.move(minutes=6)
        remind_where_due(clock)
        send_due(clock)
        assert [(row.state, row.why) for row in messages()] == [("unknown", "worker_gone")]
        clock.move(minutes=30)
        remind_where_due(clock)
        send_due(clock)
        assert len(office.taken) == 1


def as_we_run(clock, tmp_path):
    moment = tmp_path / "moment"
    moment.write_text(clock().isoformat())
    ours = installation().settings
    return os.environ | {
        "DIARY_INSTANCE": str(ours.instance),
        "DIARY_DATABASE_URL": ours.database_url,
        "DIARY_SECRET_KEY": ours.secret_key,
        "DIARY_MAIL_URL": ours.mail_url,
        "DIARY_CLOCK_FILE": str(moment),
    }


def test_without_a_mail_server_it_is_said_that_nothing_was_sent(app, reminded, clock):
    set_up_mail(app, "")
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert [(row.state, row.why) for row in messages()] == [("failed", "no_mail_server")]


def test_reminders_are_forgotten_after_ninety_days_like_their_messages(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    clock.move(days=91)
    remind_where_due(clock)
    assert "2026-03-20" not in [day for day, _number in planned()]


def test_ninety_days_bring_exactly_the_reminders_that_are_due(clinic, office, clock):
    """Every sixth day is answered early, every sixth between the reminders; New York changes its clocks on the way."""
    clock.now = datetime(2026, 2, 1, 12, tzinfo=UTC)
    zone = ZoneInfo("America/New_York")
    patient = with_reminders(a_patient(clinic, clock, "N-1", zone.key), clock, hour=19)
    first = date(2026, 2, 1)
    end = datetime(2026, 5, 2, 9, tzinfo=UTC)
    expected, answered = [], set()
    for number in range(90):
        day = first + timedelta(days=number)
        expected += [] if number % 6 == 0 else [(day.isoformat(), 1)]
        expected += [] if number % 6 in (0, 3) else [(day.isoformat(), 2)]
    while clock() < end:
        clock.move(minutes=7 if 18 <= clock().astimezone(zone).hour <= 22 else 60)
        there = clock().astimezone(zone)
        number = (there.date() - first).days
        early, between = number % 6 == 0 and there.hour >= 9, number % 6 == 3 and (there.hour, there.minute) >= (20, 30)
        if (early or between) and there.date() not in answered and there.hour >= 4:
            answered.add(there.date())
            write(patient, clock, there.date())
        remind_where_due(clock)
        send_due(clock)
    assert planned() == expected
    assert Counter(row.state for row in messages()) == {"sent": len(expected)}
    assert len(office.taken) == len(set(office.references)) == len(expected)
    for mail in office.taken:
        sent = mail["Date"].datetime.astimezone(zone)
        minutes = (sent.hour - 19) * 60 + sent.minute - minute_of(patient.patient_id)
        assert 0 <= minutes < 8 or 120 <= minutes < 136


def test_whoever_moves_is_reminded_at_their_hour_there(reminded, office, clock):
    with transaction() as session:
        key = {"clinic_id": reminded.clinic_id, "patient_id": reminded.patient_id}
        session.add(PatientZone(**key, valid_from=date(2026, 3, 21), time_zone="Asia/Tokyo"))
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert planned() == []  # where they are now, the next day has begun
    there = setting(reminded).next_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert there.hour == 20


def test_nothing_readable_of_a_reminder_lies_in_the_database(reminded, office, clock):
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    (letter,) = letters_waiting()
    token = letter.text.partition("/t/")[2].split()[0]
    held = all_bytes()
    assert len(token) > 40
    assert token.encode() not in held
    assert b"Your reminder" not in held


def test_every_phone_that_listens_is_reminded_too(reminded, office, clock, monkeypatch):
    phones, said = [uuid.uuid4(), uuid.uuid4()], []
    monkeypatch.setattr(reminders, "subscriptions_of", lambda *_asked: phones)
    monkeypatch.setitem(outbox.CARRIERS, Channel.PUSH, lambda told, **_more: said.append(told))
    at = at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert send_due(clock) == 3
    assert len(office.taken) == 1
    assert {told["subscription"] for told in said} == {str(phone) for phone in phones}
    for told in said:
        assert told["payload"]["tag"] == "ebb-day"
        assert told["payload"]["url"].startswith("http")
        assert told["payload"]["body"].endswith("call 0555 010 203 or 112.")
        assert datetime.fromisoformat(told["until"]) == at + timedelta(hours=2)
    assert len({told["payload"]["url"] for told in said}) == 2


def test_a_phone_that_is_gone_is_forgotten_and_the_mail_goes_all_the_same(reminded, office, clock, monkeypatch):
    phone, forgotten = uuid.uuid4(), []

    def gone(_told, **_more):
        raise Gone("gone", "Nobody listens.")

    monkeypatch.setattr(reminders, "subscriptions_of", lambda *_asked: [phone])
    monkeypatch.setitem(outbox.CARRIERS, Channel.PUSH, gone)
    monkeypatch.setitem(outbox.FORGET_DEAD, Channel.PUSH, lambda told: forgotten.append(told["subscription"]))
    at_the_hour(clock, reminded)
    remind_where_due(clock)
    assert send_due(clock) == 1
    assert forgotten == [str(phone)]
    assert sorted((row.channel, row.state, row.why) for row in messages()) == [
        ("mail", "sent", None),
        ("push", "failed", "gone"),
    ]


def test_reminders_leave_at_their_minute_while_forecasts_are_made(app, reminded, office, clock, monkeypatch):
    stop, quiet = threading.Event(), threading.Event()
    monkeypatch.setattr(jobs, "MAIL_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "REMINDERS_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(jobs, "_do_what_is_due", lambda _app, _stop: quiet.wait(10))
    at_the_hour(clock, reminded)
    loop = threading.Thread(target=jobs.work, args=(app, stop))
    loop.start()
    assert office.came.wait(5)
    quiet.set()
    loop.join(5)
    assert not loop.is_alive()
    assert [mail["Subject"] for mail in office.taken] == [SUBJECT]


def test_a_plan_that_fails_does_not_end_the_jobs(app, monkeypatch):
    tries, stop = [], threading.Event()

    def failing(_clock):
        tries.append(1)
        if len(tries) == 2:
            stop.set()
        raise RuntimeError

    monkeypatch.setattr(jobs, "REMINDERS_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "remind_where_due", failing)
    jobs._remind(app, stop)
    assert len(tries) == 2


@pytest.mark.about_sqlite("it reads the plan of SQLite; PostgreSQL has the same indexes")
def test_only_those_who_are_due_are_read(clinic, office, clock):
    """The plan asks by an index: however many patients there are, none of the others is touched."""
    with_reminders(a_patient(clinic, clock, "R-1"), clock)
    for query in ("next_at <= '2026-03-20'", "next_at > '2030-01-01'"):
        with snapshot() as session:
            plan = session.connection().exec_driver_sql(
                f"EXPLAIN QUERY PLAN SELECT patient_id FROM reminder_setting WHERE clinic_id = 'x' AND {query}"
            )
            assert "ix_reminder_setting_clinic_id_next_at" in str(plan.all())
