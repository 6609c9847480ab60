"""Reminders on the pages: choosing them, trying them, the one day of a link, the calendar, and the clinic's log."""

import re
import uuid
from datetime import UTC, date, datetime

import pytest
from icalendar import Calendar
from sqlalchemy import select

from diary.db import snapshot, transaction
from diary.models import Entry, PatientZone, Reminder, ReminderSetting
from diary.services import consents, entries, patients
from diary.services.conflicts import conflicts_of
from diary.services.consent_texts import REQUIRED
from diary.services.outbox import send_due
from diary.services.reminder_settings import stop_reminders
from diary.services.reminder_times import minute_of
from diary.services.reminders import remind_where_due
from diary.vocabulary import LifeCycle
from tests.clinic_builders import subject, write_days
from tests.messaging.post_office import free_port, open_post_office, set_up_mail
from tests.services.looking_in import audit_rows
from tests.web.doors import digest
from tests.web.visiting import Visitor

TO = "reminded@home.example"
OF_HEALTH = re.compile(
    r"pain|score|symptom|medic|drug|dose|infus|ketamine|lidocaine|course|hospital|clinic|patient|health|doctor|nurse"
    r"|ramirez|ana\b|\b(?:[0-9]|10) of 10\b",
    re.IGNORECASE,
)


@pytest.fixture
def office(app):
    with open_post_office() as opened:
        set_up_mail(app, opened.url)
        yield opened


@pytest.fixture
def ana(house):
    return house.add_patient()


@pytest.fixture
def phone(house, ana):
    """Ana's browser, signed in."""
    return house.sign_in_as(ana)


def setting(patient):
    with snapshot() as session:
        return session.get(ReminderSetting, (patient.clinic_id, patient.patient_id))


def link_in(mail, path):
    return re.search(rf"https?://\S*?({path}\S+)", mail.get_content())[1]


def choose(phone, office, clock, *, hour="20", confirm=True):
    form = phone.get("/me/reminders").form("/me/reminders")
    page = phone.send(form, {"hour": hour, "by_mail": "y", "email": TO})
    send_due(clock)
    if confirm:
        stranger = Visitor(phone.app)
        asking = stranger.get(link_in(office.taken[-1], "/reminders/confirm/"))
        stranger.send(asking.form())
    return page


def remind(patient, clock):
    clock.now = setting(patient).next_at
    remind_where_due(clock)
    send_due(clock)


@pytest.fixture
def link(phone, office, clock, ana):
    """The link in the first reminder."""
    choose(phone, office, clock)
    remind(ana, clock)
    return link_in(office.taken[-1], "/t/")


def scores(patient):
    with snapshot() as session:
        return [(row.day.isoformat(), row.score) for row in session.scalars(select(Entry).order_by(Entry.written_at))]


def undo_the_last(phone, patient):
    with snapshot() as session:
        last = session.scalars(select(Entry).order_by(Entry.written_at.desc())).first()
    phone.send(phone.get(f"/diary?saved={last.id}").form(f"/diary/undo/{last.id}"))


def test_nothing_is_chosen_at_first_and_the_page_says_what_to_do(phone, office):
    page = phone.get("/me/reminders")
    assert "Reminders are off. Choose an hour and a way, and save." in page.text
    assert "/me/reminders" in [one.get("href") for one in phone.get("/me").all("a")]


def test_an_address_is_written_to_only_after_it_has_agreed(phone, office, clock, ana):
    page = choose(phone, office, clock, confirm=False)
    assert f"A mail was sent to {TO}" in page.text
    assert "No reminder can reach you yet" in page.text
    remind(ana, clock)
    assert len(office.taken) == 1
    confirm = link_in(office.taken[0], "/reminders/confirm/")
    stranger = Visitor(phone.app)
    assert "This address is confirmed" in stranger.send(stranger.get(confirm).form()).text
    assert stranger.get(confirm, 410)
    assert setting(ana).email_confirmed_at
    page = phone.get("/me/reminders")
    assert "A mail was sent" not in page.text
    assert "No reminder can reach you yet" not in page.text


def test_opening_the_link_of_an_address_confirms_nothing(phone, office, clock, ana):
    choose(phone, office, clock, confirm=False)
    Visitor(phone.app).get(link_in(office.taken[0], "/reminders/confirm/"))
    assert setting(ana).email_confirmed_at is None
    clock.move(hours=25)
    Visitor(phone.app).get(link_in(office.taken[0], "/reminders/confirm/"), 410)


def test_a_new_address_has_to_agree_anew(phone, office, clock, ana):
    choose(phone, office, clock)
    form = phone.get("/me/reminders").form("/me/reminders")
    phone.send(form, {"by_mail": "y", "email": "other@home.example"})
    assert setting(ana).email_confirmed_at is None
    remind(ana, clock)
    assert TO not in [mail["To"] for mail in office.taken[1:]]


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a b@c.example"])
def test_an_address_that_is_none_is_refused_with_words(phone, office, address):
    form = phone.get("/me/reminders").form("/me/reminders")
    page = phone.send(form, {"by_mail": "y", "email": address}, status=422)
    assert "Write an address like name@example.org." in page.text


def test_strangers_addresses_are_not_written_to_again_and_again(phone, office, clock):
    form = phone.get("/me/reminders").form("/me/reminders")
    for number in range(4):
        phone.send(form, {"by_mail": "y", "email": f"x{number}@home.example"})
    phone.send(form, {"by_mail": "y", "email": "x5@home.example"}, status=429)
    clock.move(minutes=1)
    phone.send(form, {"by_mail": "y", "email": "x5@home.example"})


def test_where_mail_is_not_set_up_the_page_says_so_and_offers_none(phone):
    page = phone.get("/me/reminders")
    assert "Mail is not set up at this clinic" in page.text
    assert "by_mail" not in page.form("/me/reminders").fields
    sent = phone.send(page.form("/me/reminders"), {"by_mail": "y", "email": TO}, status=422)
    assert "Mail is not set up here" in sent.text


def test_a_trial_says_what_came_of_it(phone, office, clock, app):
    choose(phone, office, clock)
    page = phone.get("/me/reminders")
    shown = phone.send(page.form("/me/reminders/try"))
    assert "Handed to the mail server at" in shown.text
    assert office.taken[-1]["Subject"] == "A trial of your reminders"
    office.recipient_answers[TO] = "550 no such address"
    assert "Refused: the mail server does not know this address" in phone.send(page.form("/me/reminders/try")).text
    set_up_mail(app, f"smtp://127.0.0.1:{free_port()}")
    assert "Not sent: the mail server was not reached." in phone.send(page.form("/me/reminders/try")).text
    phone.send(page.form("/me/reminders/try"))
    assert phone.send(page.form("/me/reminders/try"), status=429)


def test_a_trial_without_any_way_says_that_nothing_was_sent(phone, office):
    page = phone.get("/me/reminders")
    assert "Nothing was sent: there is no way yet" in phone.send(page.form("/me/reminders/try")).text


def test_nobody_sees_what_came_of_somebody_elses_trial(phone, house, office, clock):
    choose(phone, office, clock)
    phone.send(phone.get("/me/reminders").form("/me/reminders/try"), follow=False, status=303)
    address = phone.response.headers["Location"]
    assert "Handed to" in phone.get(address).text
    other = house.sign_in_as(house.add_patient("M-2", "Haas, Bernd"))
    assert "Handed to" not in other.get(address).text


def test_no_word_of_health_and_no_name_stands_in_any_mail_of_reminders(phone, office, clock, ana, link):
    phone.send(phone.get("/me/reminders").form("/me/reminders/try"))
    clock.now = setting(ana).next_at
    remind(ana, clock)
    subjects = [mail["Subject"] for mail in office.taken]
    assert sorted(set(subjects)) == ["A trial of your reminders", "Confirm this address", "Your reminder for today"]
    for mail in office.taken:
        words = f"{mail['Subject']}\n{mail.get_content()}"
        words = re.sub(r"https?://\S+", "", words)
        assert not OF_HEALTH.findall(words), words
    reminder = next(mail for mail in office.taken if mail["Subject"] == "Your reminder for today")
    last = reminder.get_content().strip().splitlines()[-1]
    assert last == "This diary is not watched in real time. If you need help now, call 0555 010 203 or 112."


def test_the_link_of_a_reminder_opens_its_day_without_a_sign_in_and_takes_one_score(app, link, ana, clock):
    stranger = Visitor(app)
    page = stranger.get(link)
    assert stranger.response.headers["X-Robots-Tag"].startswith("noindex")
    assert stranger.response.headers["Cache-Control"] == "no-store"
    assert "Ramirez" not in page.text
    assert "Pain clinic West" not in page.text
    assert {name for name in page.form().fields if name != "csrf_token"} <= {"score"}
    done = stranger.send(page.form(), {"score": "6"})
    assert "Your answer for today is saved." in done.text
    assert "6" not in re.sub(r"0555 010 203", "", done.text)
    assert scores(ana) == [("2026-03-20", 6)]
    with snapshot() as session:
        entry = session.scalars(select(Entry)).one()
    assert (entry.item_version, entry.source) == ("average-24-hours-1", "self")
    row = next(row for row in audit_rows(ana.clinic_id) if row.action == "entry.recorded")
    assert (row.actor, row.actor_id) == ("patient", ana.patient_id)


ANSWERED_BEFORE = "This link was answered before. To see or change what counts, open Ebb and sign in."


def test_a_form_sent_twice_stores_one_score_and_the_first_counts(app, link, ana):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    assert "Your answer for today is saved." in stranger.send(form, {"score": "6"}).text
    told = [stranger.send(form, {"score": score}) for score in ("6", "2", "10", "2")]
    assert {page.text for page in told} == {told[0].text}
    assert ANSWERED_BEFORE in told[0].text
    assert "saved" not in told[0].text
    assert scores(ana) == [("2026-03-20", 6)]


def test_another_number_by_the_same_link_is_kept_and_the_patient_says_which_one_counts(app, phone, link, ana):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    for score in ("6", "2", "2"):
        stranger.send(form, {"score": score})
    page = phone.get("/diary")
    assert page.text.count("Two numbers came for Friday 20 March: 6 is stored, 2 came later.") == 1
    settling = next(form for form in page.forms if "/diary/second-number/" in form.action)
    phone.send(settling, {"choice": "used"})
    assert scores(ana) == [("2026-03-20", 6), ("2026-03-20", 2)]


def test_an_answer_that_was_undone_in_the_app_is_not_said_to_be_saved_when_it_is_sent_again(app, phone, link, ana):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    stranger.send(form, {"score": "6"})
    undo_the_last(phone, ana)
    told = {score: stranger.send(form, {"score": score}).text for score in ("6", "2")}
    assert ANSWERED_BEFORE in told["6"]
    assert told["6"] == told["2"]
    assert scores(ana) == [("2026-03-20", 6), ("2026-03-20", None)]
    stranger.get(link, 410)  # it was used: what counts is changed in the app


def test_no_second_number_is_kept_for_a_diary_that_was_stopped(app, link, ana, clock):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    stranger.send(form, {"score": "6"})
    consents.withdraw_consent(ana, subject(ana), REQUIRED, clock=clock)
    assert ANSWERED_BEFORE in stranger.send(form, {"score": "2"}).text
    with snapshot() as session:
        assert conflicts_of(session, subject(ana)) == ()


def test_a_link_opens_its_day_again_once_the_answer_in_the_app_was_undone(app, phone, link, ana, clock):
    entries.record_entry(ana, subject(ana), day=date(2026, 3, 20), score=4, client_ref=uuid.uuid4(), clock=clock)
    stranger = Visitor(app)
    stranger.get(link, 410)
    undo_the_last(phone, ana)
    assert "Your answer for today is saved." in stranger.send(stranger.get(link).form(), {"score": "5"}).text
    assert scores(ana) == [("2026-03-20", 4), ("2026-03-20", None), ("2026-03-20", 5)]


def test_an_old_link_does_not_tell_whoever_finds_it_that_a_score_was_very_high(app, phone, office, ana, clock):
    write_days(ana, [4] * 10, clock, first_day=date(2026, 3, 10))
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    choose(phone, office, clock)
    remind(ana, clock)
    stranger = Visitor(app)
    form = stranger.get(link_in(office.taken[-1], "/t/")).form()
    assert "higher than your numbers usually are" in stranger.send(form, {"score": "9"}).text
    told = {stranger.send(form, {"score": str(score)}).text for score in range(11)}
    assert len(told) == 1
    assert "higher than" not in next(iter(told))
    assert "frightens you, call: Your clinic 0555 010 203" in next(iter(told))  # the answer may have been lost


def test_links_that_open_nothing_are_told_in_one_way(app, link, ana, clock, phone, house):
    stranger, told = Visitor(app), {}
    form = stranger.get(link).form()
    start = link.rpartition(".")[0]
    told["wrong"] = stranger.get(f"{start}.{'x' * 22}", 410).text
    told["cut"] = stranger.get(link[:-1], 410).text
    told["none"] = stranger.get("/t/x", 410).text
    told["hostile"] = stranger.get("/t/%F0%9F%98%80" + "a" * 500, 410).text
    stranger.send(form, {"score": "6"})
    told["used"] = stranger.get(link, 410).text
    now = clock.now
    clock.move(hours=12)
    told["over"] = stranger.get(link, 410).text
    told["posted"] = stranger.open(link, method="POST", data=dict(form.fields) | {"score": "3"}).status_code
    clock.now = now
    assert told.pop("posted") == 200  # the same form again: it is in, and nothing is stored
    assert len(set(told.values())) == 1, told
    assert "open Ebb and sign in" in told["wrong"]
    assert scores(ana) == [("2026-03-20", 6)]
    with snapshot() as session:
        assert conflicts_of(session, subject(ana)) == ()


def test_a_link_is_over_with_its_day(app, link, ana, clock):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    clock.move(hours=9)
    stranger.get(link, 410)
    stranger.send(form, {"score": "6"}, status=410)
    assert scores(ana) == []


def test_an_answer_on_the_phone_closes_the_link(app, link, ana, clock):
    entries.record_entry(ana, subject(ana), day=date(2026, 3, 20), score=4, client_ref=uuid.uuid4(), clock=clock)
    Visitor(app).get(link, 410)


def test_a_link_opens_no_diary_that_was_stopped_or_has_left(app, house, link, ana, clock):
    stranger = Visitor(app)
    form = stranger.get(link).form()
    patients.change_life_cycle(house.clinician, subject(ana), LifeCycle.DISCHARGED, clock=clock)
    stranger.get(link, 410)
    patients.change_life_cycle(house.clinician, subject(ana), LifeCycle.ACTIVE, clock=clock)
    consents.withdraw_consent(ana, subject(ana), REQUIRED, clock=clock)
    stranger.get(link, 410)
    stranger.send(form, {"score": "6"}, status=410)
    assert scores(ana) == []


SOMEBODY = {"Sec-Fetch-Mode": "navigate"}


def opened_at():
    with snapshot() as session:
        return session.scalars(select(Reminder.opened_at)).one()


def test_opening_a_link_changes_nothing_but_that_it_was_opened(app, link, clock):
    before, at = digest(but=("reminder",)), clock()
    for _ in range(2):
        Visitor(app).open(link, headers=SOMEBODY)
        clock.move(minutes=1)
    assert digest(but=("reminder",)) == before
    assert opened_at() == at
    with snapshot() as session:
        assert session.scalars(select(Reminder.answered_at)).one() is None


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("HEAD", SOMEBODY),
        ("GET", {}),
        ("GET", {"Sec-Fetch-Mode": "no-cors"}),
        ("GET", SOMEBODY | {"Sec-Purpose": "prefetch;prerender"}),
        ("GET", SOMEBODY | {"Purpose": "Prefetch"}),
    ],
)
def test_a_program_that_looks_into_a_link_does_not_count_as_somebody_who_opened_it(app, link, method, headers):
    assert Visitor(app).open(link, method=method, headers=headers).status_code == 200
    assert opened_at() is None


def test_somebody_else_who_is_signed_in_on_the_phone_writes_for_whom_the_link_is(house, link, ana):
    other = house.add_patient("M-2", "Haas, Bernd")
    browser = house.sign_in_as(other)
    page = browser.get(link)
    assert "Haas" not in page.text
    browser.send(page.form(), {"score": "5"})
    with snapshot() as session:
        assert session.scalars(select(Entry.patient_id)).all() == [ana.patient_id]


def test_a_form_without_a_score_asks_again(app, link, ana):
    stranger = Visitor(app)
    for score in (None, "11", "x"):
        page = stranger.send(stranger.get(link).form(), {"score": score}, status=422)
        assert "Choose a number from 0 to 10." in page.text
    assert scores(ana) == []


def test_whoever_tries_link_after_link_has_to_wait(app, link):
    stranger = Visitor(app)
    token = stranger.get(link).form().fields["csrf_token"]
    wrong = f"{link.rpartition('.')[0]}.{'x' * 22}"
    codes = [
        stranger.open(wrong, method="POST", data={"csrf_token": token, "score": "1"}).status_code for _ in range(32)
    ]
    assert codes[0] == 410
    assert codes[-1] == 429


def test_a_mail_program_stops_the_mails_with_one_post_and_nothing_else_stops(app, link, office, ana, clock):
    mail = office.taken[-1]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = re.fullmatch(r"<https?://[^/]+(/\S+)>", mail["List-Unsubscribe"])[1]
    assert stop in mail.get_content()
    assert re.search(rb"(?m)^List-Unsubscribe: <http://[^\s>]+>\r?$", office.envelopes[-1].content)
    stranger = Visitor(app)
    stranger.get(stop)
    assert setting(ana).by_mail
    answer = stranger.open(stop, method="POST", data={"List-Unsubscribe": "One-Click"}, headers={"Cookie": ""})
    assert answer.status_code == 200
    assert (setting(ana).by_mail, setting(ana).is_on) == (False, True)
    assert stranger.open(stop, method="POST").status_code == 200
    before = len(office.taken)
    remind(ana, clock)
    assert len(office.taken) == before
    assert stranger.get("/reminders/stop/AAAAAAAAAAAAAAAAAAAAAA.x", 410)


def test_mails_that_must_arrive_cannot_be_unsubscribed(phone, office, clock):
    choose(phone, office, clock)
    assert office.taken[0]["List-Unsubscribe"] is None


def test_stopping_all_is_one_button_and_beginning_again_one_more(phone, office, clock, ana):
    choose(phone, office, clock)
    page = phone.send(phone.get("/me/reminders").form("/me/reminders/stop"))
    assert "Stopped: no reminder comes any more." in page.text
    assert setting(ana).next_at is None
    page = phone.send(phone.get("/me/reminders").form("/me/reminders"))
    assert "Reminders are on: at" in page.text
    assert setting(ana).email_confirmed_at


def calendar_link(phone):
    page = phone.send(phone.get("/me/reminders").form("/me/reminders/calendar"))
    return re.search(r"/feed/[\w.-]+\.ics", page.text)[0]


def test_the_calendar_shows_the_hour_every_day_with_an_alarm_and_no_word_of_health(phone, office, clock, ana, app):
    choose(phone, office, clock, hour="25")
    stranger = Visitor(app)
    answer = stranger.open(calendar_link(phone))
    assert answer.mimetype == "text/calendar"
    (event,) = Calendar.from_ical(answer.get_data(as_text=True)).walk("VEVENT")
    begins = event.decoded("DTSTART")
    assert (begins.hour, begins.minute, begins.tzinfo.key) == (1, minute_of(ana.patient_id), "Europe/Amsterdam")
    assert event["RRULE"] == {"FREQ": ["DAILY"]}
    assert len(event.walk("VALARM")) == 1
    words = " ".join(str(event[name]) for name in ("SUMMARY", "DESCRIPTION"))
    assert not OF_HEALTH.findall(words), words


def test_a_calendar_that_has_not_changed_is_not_sent_again(phone, office, clock, app):
    choose(phone, office, clock)
    feed = calendar_link(phone)
    first = Visitor(app).open(feed)
    clock.move(days=3)
    assert Visitor(app).open(feed).data == first.data
    again = Visitor(app).open(feed, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    phone.send(phone.get("/me/reminders").form("/me/reminders"), {"hour": "8"})
    later = Visitor(app).open(feed, headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200
    uids = {Calendar.from_ical(one.get_data(as_text=True)).walk("VEVENT")[0]["UID"] for one in (first, later)}
    assert len(uids) == 1


def event_in(feed, app):
    (event,) = Calendar.from_ical(Visitor(app).open(feed).get_data(as_text=True)).walk("VEVENT")
    return event


def test_a_calendar_says_by_its_version_that_the_hour_or_the_zone_has_changed(phone, office, clock, ana, app):
    choose(phone, office, clock)
    feed = calendar_link(phone)
    seen = [event_in(feed, app)]
    clock.move(hours=1)
    phone.send(phone.get("/me/reminders").form("/me/reminders"), {"hour": "8"})
    seen.append(event_in(feed, app))
    assert seen[-1].decoded("LAST-MODIFIED") == setting(ana).changed_at.replace(microsecond=0)
    live_in("America/New_York", ana, since=date(2026, 3, 20))  # entered on a day on which the hour changed too
    seen.append(event_in(feed, app))
    live_in("Asia/Kolkata", ana, since=date(2026, 3, 25))
    assert event_in(feed, app)["SEQUENCE"] == seen[-1]["SEQUENCE"]  # they have not moved yet
    clock.move(days=7)
    seen.append(event_in(feed, app))
    assert seen[-1].decoded("LAST-MODIFIED") == seen[-1].decoded("DTSTAMP") == datetime(2026, 3, 24, 22, 30, tzinfo=UTC)
    phone.send(phone.get("/me/reminders").form("/me/reminders"), {"hour": "9"})
    seen.append(event_in(feed, app))
    versions = [event["SEQUENCE"] for event in seen]
    assert versions == sorted(set(versions))
    assert versions[-1] < 2**31
    zones = ["Europe/Amsterdam", "Europe/Amsterdam", "America/New_York", "Asia/Kolkata", "Asia/Kolkata"]
    assert [event.decoded("DTSTART").tzinfo.key for event in seen] == zones
    modified = [event.decoded("LAST-MODIFIED") for event in seen]
    assert modified == sorted(modified)


def live_in(zone, patient, *, since):
    with transaction() as session:
        session.add(
            PatientZone(clinic_id=patient.clinic_id, patient_id=patient.patient_id, valid_from=since, time_zone=zone)
        )


def test_a_new_link_ends_the_old_one_and_taking_it_back_ends_both(phone, office, app):
    old = calendar_link(phone)
    new = calendar_link(phone)
    assert Visitor(app).open(old).status_code == 410
    assert Visitor(app).open(new).status_code == 200
    phone.send(phone.get("/me/reminders").form("/me/reminders/calendar/end"))
    assert Visitor(app).open(new).status_code == 410


def test_stopping_all_reminders_stops_the_calendar_too(phone, office, clock, ana, app):
    feed = calendar_link(phone)
    page = phone.get("/me/reminders")  # reminders are off, and the calendar alone rings
    assert "This ends the link of your calendar too." in page.text
    phone.send(page.form("/me/reminders/stop"))
    assert Visitor(app).open(feed).status_code == 410
    assert [row.action for row in audit_rows(ana.clinic_id)][-1] == "calendar.link_ended"
    assert "Stop all reminders" not in phone.get("/me/reminders").text
    choose(phone, office, clock)
    assert "link of your calendar" not in phone.get("/me/reminders").text
    feed = calendar_link(phone)
    before = len(audit_rows(ana.clinic_id))
    for _ in range(2):
        stop_reminders(ana, subject(ana), clock=clock)
    ended = [row.action for row in audit_rows(ana.clinic_id)][before:]
    assert ended == ["reminders.stopped", "calendar.link_ended"]
    assert Visitor(app).open(feed).status_code == 410


def test_the_calendar_of_a_stopped_diary_is_empty(phone, office, clock, ana, app):
    feed = calendar_link(phone)
    consents.withdraw_consent(ana, subject(ana), REQUIRED, clock=clock)
    empty = Visitor(app).open(feed).data
    assert [one.name for one in Calendar.from_ical(empty).subcomponents] == ["VTIMEZONE"]  # RFC 5545 asks for one
    assert b"METHOD" not in empty
    clock.move(days=3)
    assert Visitor(app).open(feed).data == empty


def test_staff_see_what_became_of_each_reminder_and_no_address(house, phone, office, clock, ana, link, app):
    stranger = Visitor(app)
    stranger.send(stranger.get(link).form(), {"score": "6"})
    doctor = house.staff()
    page = doctor.get(f"/clinic/patients/{ana.patient_id}/reminders")
    assert "Handed to the mail server at" in page.text
    assert TO not in doctor.response.get_data(as_text=True)
    ways = [one.get("href") for one in doctor.get(f"/clinic/patients/{ana.patient_id}").all("a")]
    assert f"/clinic/patients/{ana.patient_id}/reminders" in ways
    assert [row.action for row in audit_rows(ana.clinic_id)][-1] == "patient.seen"


def test_a_refusal_is_told_to_staff_in_words(house, phone, office, clock, ana):
    choose(phone, office, clock)
    office.recipient_answers[TO] = f"550 {TO} is unknown"
    remind(ana, clock)
    doctor = house.staff()
    page = doctor.get(f"/clinic/patients/{ana.patient_id}/reminders")
    assert "Refused: the mail server does not know this address" in page.text
    assert TO not in doctor.response.get_data(as_text=True)


def test_a_patient_without_reminders_has_an_empty_log(house, ana):
    page = house.staff().get(f"/clinic/patients/{ana.patient_id}/reminders")
    assert "Reminders are off. Only the patient can switch them on" in page.text
    assert "No reminder was sent in the last 90 days." in page.text


def test_no_link_stands_in_a_log_line(phone, office, clock, ana, link, capsys):
    stranger = Visitor(phone.app)
    stranger.get(link)
    stranger.get("/t/wrong", 410)
    office.recipient_answers[TO] = "550 no"
    clock.move(hours=2)
    remind_where_due(clock)
    send_due(clock)
    logged = "".join(capsys.readouterr())
    assert link.rpartition("/")[2] not in logged
    assert TO not in logged
