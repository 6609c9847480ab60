"""The phone's outbox: everything that waited is stored once, on its day, and answered for itself."""

import json
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from diary.beside import patient_server
from diary.clinical.scores import Source
from diary.db import db, snapshot
from diary.models import Entry, EntryConflict
from diary.security.phone_keys import PhoneKeys
from diary.services.consents import withdraw_consent
from diary.services.patients import change_life_cycle
from diary.vocabulary import ConsentPurpose, LifeCycle
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.services.looking_in import everything_stored, live_score, revisions_of
from tests.services.side_by_side import side_by_side
from tests.web.people import House
from tests.web.phone import Phone, iso
from tests.web.visiting import Visitor

TODAY = date(2026, 3, 20)
NOT_SIGNED_IN = {"error": "sign_in"}


@pytest.fixture
def patient(house: House) -> Any:
    """A patient who has not written anything yet."""
    return house.add_patient()


@pytest.fixture
def phone(house: House, patient: Any) -> Phone:
    """Their phone, which knows where the server stands."""
    made = Phone(house.sign_in_as(patient))
    made.ask()
    return made


def statuses(results: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(one["status"], one["reason"]) if "reason" in one else (one["status"],) for one in results]


def test_the_phone_is_told_whose_it_is_and_nothing_of_health(phone: Phone, clock: TestClock) -> None:
    state = phone.ask()
    assert state.pop("owner") == phone.ask()["owner"]
    key = state.pop("key")
    assert (len(key["id"]), len(key["public"])) == (32, 87)
    assert state == {
        "now": clock.now.isoformat().replace("+00:00", "Z"),
        "day": "2026-03-20",
        "time_zone": "Europe/Amsterdam",
        "today_is_in": False,
        "stopped": False,
        "notices": True,
        "shared_phone": False,
        "language": "en",
        "hand": "right",
        "clinic_phone": "0555 010 203",
        "emergency_number": "112",
        "item_version": "average-24-hours-1",
        "push_elsewhere": [],
    }
    phone.send_one(phone.tap(6, TODAY))
    assert phone.ask()["today_is_in"] is True
    phone.send_one(phone.tap(None, TODAY))
    assert phone.ask()["today_is_in"] is False


def test_the_phone_is_told_when_today_has_more_to_say_than_the_question(
    house: House, phone: Phone, patient: Any
) -> None:
    assert phone.ask()["notices"] is True, "yesterday can be filled in"
    phone.send_one(phone.tap(5, "2026-03-19"))
    assert phone.ask()["notices"] is False
    phone.visitor.send(phone.visitor.get("/me/pause").form(), {"reason": "holiday"})
    assert phone.ask()["notices"] is True


def test_two_patients_have_two_owners(house: House, phone: Phone) -> None:
    other = Phone(house.sign_in_as(house.add_patient("M-2", "Haas, Bernd")))
    assert other.ask()["owner"] != phone.state["owner"]


@pytest.mark.parametrize("seal", [False, True])
def test_what_waited_is_stored_and_named(phone: Phone, patient: Any, seal: bool) -> None:
    entry = phone.tap(6, TODAY)
    result = phone.send_one(phone.sealed(entry) if seal else entry)
    (stored,) = revisions_of(patient)
    assert result == {"client_ref": entry["client_ref"], "status": "stored", "entry": str(stored.id)}
    assert (stored.day, stored.score, str(stored.client_ref)) == (TODAY, 6, entry["client_ref"])
    assert (stored.source, stored.days_late, stored.utc_offset_minutes) == (Source.SELF, 0, 60)
    assert iso(stored.entered_at) == entry["entered_at"]
    assert stored.item_version == "average-24-hours-1"


def test_what_was_stored_can_be_undone_on_the_diary(phone: Phone, patient: Any) -> None:
    entry = phone.send_one(phone.tap(6, TODAY))["entry"]
    page = phone.visitor.get(f"/diary?saved={entry}")
    assert "Saved: 6 for today" in page.text
    phone.visitor.send(page.form(f"/diary/undo/{entry}"))
    assert [one.score for one in revisions_of(patient)] == [6, None]


def test_thirty_days_without_a_network_lose_nothing_and_are_not_late(
    phone: Phone, patient: Any, clock: TestClock
) -> None:
    waiting = []
    for number in range(30):
        waiting.append(phone.sealed(phone.tap(number % 11, TODAY + timedelta(days=number))))
        clock.move(days=1)
    assert phone.ask()["day"] == "2026-04-19"
    results = phone.send(waiting)
    assert [one["client_ref"] for one in results] == [one["client_ref"] for one in waiting]
    assert statuses(results) == [("stored",)] * 30
    stored = revisions_of(patient)
    assert [(one.day, one.score, one.days_late) for one in stored] == [
        (TODAY + timedelta(days=number), number % 11, 0) for number in range(30)
    ]
    assert statuses(phone.send(waiting)) == [("duplicate",)] * 30
    assert [one.id for one in revisions_of(patient)] == [one.id for one in stored]


def test_a_phone_whose_session_has_ended_is_told_to_sign_in_and_nothing_is_lost(
    house: House, phone: Phone, patient: Any
) -> None:
    waiting = phone.sealed(phone.tap(6, TODAY))
    phone.visitor.client.delete_cookie("ebb", domain="localhost")
    for answer in (phone.post([waiting]), phone.visitor.open("/sync/state")):
        assert (answer.status_code, answer.get_json(), answer.headers["Cache-Control"]) == (
            401,
            NOT_SIGNED_IN,
            "no-store",
        )
    assert revisions_of(patient) == []
    phone.visitor = house.sign_in_as(patient)
    assert phone.send_one(waiting)["status"] == "stored"


def test_behind_a_shut_screen_lock_nothing_is_told_and_nothing_taken(phone: Phone, patient: Any) -> None:
    phone.visitor.set_pin()
    phone.visitor.send(phone.visitor.get("/account/sessions").form("/account/lock/now"))
    for answer in (phone.post([phone.tap(6, TODAY)]), phone.visitor.open("/sync/state")):
        assert (answer.status_code, answer.get_json()) == (401, {"error": "locked"})
    assert revisions_of(patient) == []


def test_what_was_sealed_for_one_patient_is_not_stored_for_the_next(house: House, phone: Phone, patient: Any) -> None:
    waiting = phone.sealed(phone.tap(6, TODAY))
    other = house.add_patient("M-2", "Haas, Bernd")
    next_one = Phone(house.sign_in_as(other))
    assert statuses([next_one.send_one(waiting)]) == [("rejected", "other_account")]
    assert revisions_of(other) == []
    assert phone.send_one(waiting)["status"] == "stored"


def test_a_new_key_opens_what_waited_and_a_lost_key_is_said(phone: Phone, patient: Any) -> None:
    keys = PhoneKeys.of(phone.visitor.app.extensions["ebb"].settings)
    old = phone.sealed(phone.tap(6, TODAY))
    keys.rotate()
    assert phone.ask()["key"]["id"] != old["key_id"]
    assert phone.send_one(old)["status"] == "stored"
    assert phone.send_one(phone.sealed(phone.tap(5, TODAY)))["status"] == "stored"
    lost = {**phone.sealed(phone.tap(4, TODAY)), "key_id": "0" * 32}
    assert statuses([phone.send_one(lost)]) == [("rejected", "unknown_key")]
    assert [one.score for one in revisions_of(patient)] == [6, 5]


def test_a_seal_that_was_broken_or_put_on_another_entry_is_unreadable(phone: Phone, patient: Any) -> None:
    good, other = (phone.sealed(phone.tap(score, TODAY)) for score in (6, 9))
    swapped = {**good, "client_ref": other["client_ref"]}
    cut, none, number = ({**good, "sealed": sealed} for sealed in (good["sealed"][:-4], "", 7))
    assert statuses(phone.send([swapped, cut, none, number])) == [("rejected", "unreadable")] * 4
    assert revisions_of(patient) == []


# the same and another number under one name


def test_the_same_once_more_is_the_same_and_changes_nothing(phone: Phone, patient: Any, clock: TestClock) -> None:
    entry = phone.tap(6, TODAY)
    first = phone.send_one(entry)
    before = everything_stored()
    clock.move(days=3)
    answers = phone.send([entry, phone.sealed(entry), entry])
    assert [(one["status"], one["entry"]) for one in answers] == [("duplicate", first["entry"])] * 3
    assert without_sessions(everything_stored()) == without_sessions(before)


def without_sessions(stored: dict[str, Any]) -> dict[str, Any]:
    return {name: rows for name, rows in stored.items() if name not in ("session", "one_time_codes")}


def test_a_form_that_was_also_sent_by_the_phone_is_stored_once(phone: Phone, patient: Any) -> None:
    form = phone.visitor.get("/today").form()
    phone.visitor.send(form, {"score": "6"})
    again = phone.tap(6, form.fields["day"], ref=form.fields["client_ref"])
    assert phone.send_one(again)["status"] == "duplicate"
    assert [one.score for one in revisions_of(patient)] == [6]


def test_another_number_under_the_same_name_is_kept_once_and_shown_to_both_sides(
    house: House, phone: Phone, patient: Any
) -> None:
    first = phone.tap(6, TODAY)
    second = {**first, "score": 4}
    kept = phone.send_one(first)["entry"]
    for _ in range(3):
        answer = phone.send_one(phone.sealed(second))
        assert (answer["status"], answer["entry"]) == ("conflict", kept)
    assert [one.score for one in revisions_of(patient)] == [6]
    with snapshot() as session:
        (row,) = session.scalars(select(EntryConflict)).all()
    assert (row.day, row.score, str(row.client_ref)) == (TODAY, 4, first["client_ref"])
    assert "6 is stored, 4 came later" in phone.visitor.get("/diary").main
    page = house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert "Two numbers for one day" in page.main


def test_in_one_sending_the_second_of_two_names_is_a_conflict_or_the_same(phone: Phone, patient: Any) -> None:
    entry = phone.tap(6, TODAY)
    results = phone.send([entry, entry, {**entry, "score": 7}, {**entry, "day": "2026-03-19"}])
    assert statuses(results) == [("stored",), ("duplicate",), ("conflict",), ("conflict",)]
    assert [one.score for one in revisions_of(patient)] == [6]


def test_a_score_that_is_taken_back_leaves_the_day_without_one(phone: Phone, patient: Any, clock: TestClock) -> None:
    phone.send_one(phone.tap(6, TODAY))
    clock.move(minutes=1)
    assert phone.send_one(phone.tap(None, TODAY))["status"] == "stored"
    assert [one.score for one in revisions_of(patient)] == [6, None]
    assert live_score(patient, TODAY, TODAY) is None


# taking one writing back


def test_taking_one_number_back_leaves_the_one_before_it(phone: Phone, patient: Any, clock: TestClock) -> None:
    phone.send_one(phone.tap(7, TODAY))
    clock.move(minutes=1)
    second = phone.tap(4, TODAY)
    phone.send_one(phone.sealed(second))
    clock.move(minutes=1)
    back = phone.sealed({**phone.tap(None, TODAY), "undoes": second["client_ref"]})
    assert phone.send_one(back)["status"] == "stored"
    assert live_score(patient, TODAY, TODAY) == 7
    clock.move(minutes=1)
    phone.send_one(phone.tap(9, TODAY))
    assert phone.send_one(back)["status"] == "duplicate"
    assert [one.score for one in revisions_of(patient)] == [7, 4, 7, 9]


@pytest.mark.parametrize("has_arrived", [True, False])
def test_taking_the_only_number_back_leaves_none(
    phone: Phone, patient: Any, clock: TestClock, has_arrived: bool
) -> None:
    only = phone.tap(4, TODAY)
    clock.move(minutes=1)
    back = phone.sealed({**phone.tap(None, TODAY), "undoes": only["client_ref"]})
    waiting = [phone.sealed(only), back] if has_arrived else [back, phone.sealed(only)]
    assert [one["status"] for one in phone.send(waiting)] == ["stored", "stored"]
    assert live_score(patient, TODAY, TODAY) is None


def test_what_arrived_is_taken_back_on_its_own_day_and_asks_for_none(
    phone: Phone, patient: Any, clock: TestClock
) -> None:
    phone.ahead = timedelta(days=2)
    number = phone.sealed(phone.tap(4, "2026-03-22"))
    assert phone.send_one({**number, "day_chosen": "2026-03-19"})["status"] == "stored"
    back = phone.sealed({**phone.tap(None, "2026-03-22"), "undoes": number["client_ref"]})
    assert phone.send_one(back)["status"] == "stored"
    assert [(one.day.day, one.score) for one in revisions_of(patient)] == [(19, 4), (19, None)]


def test_only_a_taking_back_takes_an_entry_back(phone: Phone, patient: Any) -> None:
    name = str(uuid.uuid4())
    bad = [
        {**phone.tap(4, TODAY), "undoes": name},
        {**phone.tap(None, TODAY), "undoes": "x"},
        {**phone.tap(None, TODAY), "undoes": 7},
        {**phone.tap(None, TODAY, ref=name), "undoes": name},
    ]
    assert statuses(phone.send(phone.sealed(one) for one in bad)) == [("rejected", "invalid")] * 4
    assert revisions_of(patient) == []


# clocks


@pytest.mark.parametrize("hours", [-11.9, -3, 0, 3, 11.9])
def test_a_clock_that_is_somewhat_wrong_is_corrected_and_kept(
    phone: Phone, patient: Any, clock: TestClock, hours: float
) -> None:
    phone.ahead = timedelta(hours=hours)
    entry, tapped = phone.tap(6, TODAY), clock.now
    clock.move(minutes=30)
    assert phone.send_one(entry)["status"] == "stored"
    (stored,) = revisions_of(patient)
    assert iso(stored.entered_at) == entry["entered_at"]
    assert stored.clock_error_seconds == pytest.approx(-hours * 3600, abs=5)
    assert abs(stored.written_at - tapped) < timedelta(seconds=5)
    assert stored.received_at == clock.now
    assert stored.days_late == 0


@pytest.mark.parametrize("days", [-20000, -400, -2, 2, 400, 20000])
def test_a_clock_that_is_days_wrong_asks_for_the_day_and_takes_the_one_that_is_chosen(
    phone: Phone, patient: Any, clock: TestClock, days: int
) -> None:
    phone.ahead = timedelta(days=days)
    entry = phone.sealed(phone.tap(6, phone.now.date()))
    clock.move(hours=2)
    answer = phone.send_one(entry)
    assert statuses([answer]) == [("rejected", "which_day")]
    assert answer["days"] == ["2026-03-20", "2026-03-19", "2026-03-18", "2026-03-17"]
    assert revisions_of(patient) == []
    assert statuses([phone.send_one({**entry, "day_chosen": "2026-03-16"})]) == [("rejected", "not_offered")]
    assert statuses([phone.send_one({**entry, "day_chosen": "2026-03-21"})]) == [("rejected", "not_offered")]
    assert phone.send_one({**entry, "day_chosen": "2026-03-19"})["status"] == "stored"
    (stored,) = revisions_of(patient)
    assert (stored.day, stored.days_late) == (date(2026, 3, 19), 1)
    for again in (entry, {**entry, "day_chosen": "2026-03-19"}):
        assert phone.send_one(again)["status"] == "duplicate"
    assert phone.send_one({**entry, "day_chosen": "2026-03-18"})["status"] == "conflict"


def test_a_clock_that_is_put_right_before_sending_asks_too(phone: Phone, patient: Any, clock: TestClock) -> None:
    for wrong in (timedelta(days=3), timedelta(days=-3)):
        phone.ahead = wrong
        entry = phone.tap(6, phone.now.date())
        clock.move(hours=1)
        phone.ahead = timedelta()
        asked = phone.send_one(entry)
        if wrong > timedelta():
            assert statuses([asked]) == [("rejected", "which_day")]
            assert phone.send_one({**entry, "day_chosen": "2026-03-20"})["status"] == "stored"
        else:
            assert asked["status"] == "stored", "nothing tells it from a phone that was offline for three days"


def a_number_of_a_clock_put_right(phone: Phone, clock: TestClock) -> dict[str, Any]:
    """Return a number tapped when the phone was a month ahead, whose day is asked for now that it is right."""
    phone.ahead = timedelta(days=30)
    number = phone.sealed(phone.tap(6, phone.now.date()))
    clock.move(hours=1)
    phone.ahead = timedelta()
    return number


def test_the_days_that_were_offered_can_be_chosen_a_week_later(phone: Phone, patient: Any, clock: TestClock) -> None:
    number = a_number_of_a_clock_put_right(phone, clock)
    asked = phone.send_one(number)
    clock.move(days=7)
    assert statuses([phone.send_one({**number, "day_chosen": "2026-03-16", "asked": asked["asked"]})]) == [
        ("rejected", "not_offered")
    ]
    assert phone.send_one({**number, "day_chosen": "2026-03-20", "asked": asked["asked"]})["status"] == "stored"
    (stored,) = revisions_of(patient)
    assert (stored.day, stored.days_late, stored.received_at) == (TODAY, 0, clock.now)


def test_nobody_writes_an_earlier_asking_for_themselves(phone: Phone, patient: Any, clock: TestClock) -> None:
    number = a_number_of_a_clock_put_right(phone, clock)
    asked = phone.send_one(number)["asked"]
    moment, mark = asked.split("~")
    other = phone.sealed({**phone.tap(9, "2026-04-19", at=clock.now + timedelta(days=30))})
    clock.move(days=7)
    earlier = moment.replace("2026-03-20", "2026-03-01")
    assert earlier != moment
    for words in (f"{earlier}~{mark}", f"{moment}~{'A' * 43}", moment, "", "~", "é~é", "\ud800", 7, ["x"], None):
        told = phone.send_one({**number, "day_chosen": "2026-03-20", "asked": words})
        assert statuses([told]) == [("rejected", "not_offered")], words
    told = phone.send_one({**other, "day_chosen": "2026-03-20", "asked": asked})
    assert statuses([told]) == [("rejected", "not_offered")], "it was asked about another entry"
    assert revisions_of(patient) == []


def test_the_named_day_counts_also_when_the_clock_was_put_right_in_between(
    phone: Phone, patient: Any, clock: TestClock
) -> None:
    phone.ahead = timedelta(days=-3)
    entry = phone.sealed(phone.tap(6, phone.now.date()))
    assert statuses([phone.send_one(entry)]) == [("rejected", "which_day")]
    phone.ahead = timedelta()
    assert phone.send_one({**entry, "day_chosen": "2026-03-20"})["status"] == "stored"
    (stored,) = revisions_of(patient)
    assert (stored.day, stored.days_late) == (TODAY, 0)


def test_two_taps_of_one_phone_stay_in_order_however_slow_the_line_was(
    phone: Phone, patient: Any, clock: TestClock
) -> None:
    first = phone.tap(6, TODAY)
    clock.move(seconds=5)
    second = phone.tap(3, TODAY)
    slow = json.dumps({"sent_at": iso(clock.now), "entries": [first]})
    assert phone.send_one(second)["status"] == "stored"
    clock.move(seconds=40)
    assert phone.post_body(slow).get_json()["results"][0]["status"] == "stored"
    assert live_score(patient, TODAY, TODAY) == 3


def test_a_day_too_long_ago_is_not_offered_and_a_day_ahead_is_asked_for(phone: Phone, patient: Any) -> None:
    results = phone.send([phone.tap(6, "2026-03-16"), phone.tap(6, "2026-03-21"), phone.tap(6, "2026-03-17")])
    assert statuses(results) == [("rejected", "not_offered"), ("rejected", "which_day"), ("stored",)]
    assert [one["days"][0] for one in results[:2]] == ["2026-03-20"] * 2
    (stored,) = revisions_of(patient)
    assert (stored.days_late, stored.source, stored.item_version) == (3, Source.LATE, "average-that-day-1")


# who no longer writes


def test_a_diary_that_is_stopped_takes_nothing_and_says_what_it_has(phone: Phone, patient: Any) -> None:
    entry, later = phone.tap(6, TODAY), phone.tap(7, TODAY)
    phone.send_one(entry)
    withdraw_consent(patient, subject(patient), ConsentPurpose.DIARY, clock=phone.visitor.app.extensions["ebb"].clock)
    results = phone.send([entry, later, {**entry, "score": 9}])
    assert statuses(results) == [("duplicate",), ("rejected", "stopped"), ("rejected", "stopped")]
    assert phone.ask()["stopped"] is True
    assert [one.score for one in revisions_of(patient)] == [6]


@pytest.mark.parametrize("life_cycle", [LifeCycle.PAUSED, LifeCycle.DISCHARGED])
def test_whoever_pauses_or_was_discharged_loses_no_number(house: House, phone: Phone, life_cycle: LifeCycle) -> None:
    patient = subject(house.known[next(iter(house.known))])
    change_life_cycle(house.clinician, patient, life_cycle, clock=house.clock)
    assert statuses([phone.send_one(phone.tap(6, TODAY))]) == [("stored",)]


# what is not from us, or is broken


@pytest.mark.parametrize(
    ("changed", "status", "word"),
    [
        ({"content_type": "text/plain"}, 415, "not_json"),
        ({"content_type": "application/x-www-form-urlencoded"}, 415, "not_json"),
        ({"headers": {"Origin": "https://elsewhere.example"}}, 403, "refused"),
        ({"headers": {"Origin": None}}, 403, "refused"),
        ({"headers": {"Origin": "null"}}, 403, "refused"),
        ({"headers": {"Sec-Fetch-Site": "cross-site"}}, 403, "refused"),
        ({"headers": {"Sec-Fetch-Site": "same-site"}}, 403, "refused"),
        ({"headers": {"Sec-Fetch-Site": "none"}}, 403, "refused"),
    ],
)
def test_only_a_script_of_this_site_sends(
    phone: Phone, patient: Any, changed: dict[str, Any], status: int, word: str
) -> None:
    answer = phone.post([phone.tap(6, TODAY)], **changed)
    assert (answer.status_code, answer.get_json()) == (status, {"error": word})
    assert revisions_of(patient) == []


def test_a_browser_that_says_nothing_of_the_site_may_send(phone: Phone) -> None:
    assert phone.post([phone.tap(6, TODAY)], headers={"Sec-Fetch-Site": None}).status_code == 200


def sending(entries: str, sent_at: str = '"2026-03-20T12:00:00Z"') -> str:
    return f'{{"sent_at": {sent_at}, "entries": {entries}}}'


BROKEN: dict[str, str | bytes] = {
    "nothing": "",
    "no json": "score=5",
    "half": '{"entries": [',
    "a list": "[]",
    "a text": '"entries"',
    "null": "null",
    "no list": '{"sent_at": "2026-03-20T12:00:00Z"}',
    "an object for the list": sending("{}"),
    "no moment": '{"entries": []}',
    "a moment without a zone": sending("[]", '"2026-03-20T12:00:00"'),
    "a moment that is a number": sending("[]", "1774008000"),
    "a moment before all phones": sending("[]", '"0001-01-01T00:00:00Z"'),
    "a moment after all phones": sending("[]", '"9999-12-31T23:59:59Z"'),
    "no moment at all": sending("[]", '"yesterday"'),
    "half a character": b'{"sent_at": "2026-03-20T12:00:00Z", "entries": [], "x": "\xc3"}',
    "utf-16": sending("[]").encode("utf-16"),
    "a deep hole": sending("[" * 100_000),
    "a deep hole with a bottom": sending("[" * 50_000 + "]" * 50_000),
    "deep objects": '{"a":' * 30_000 + "1" + "}" * 30_000,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_no_sending_is_answered_with_one_word(phone: Phone, body: str | bytes) -> None:
    answer = phone.post_body(body)
    assert (answer.status_code, answer.get_json()) == (400, {"error": "unreadable"})


def test_too_much_at_once_is_too_much_and_nothing_of_it_is_stored(phone: Phone, patient: Any) -> None:
    entries = [phone.tap(6, TODAY) for _ in range(101)]
    for answer in (phone.post(entries), phone.post_body("[" + " " * 300_000)):
        assert (answer.status_code, answer.get_json()) == (413, {"error": "too_large"})
    assert revisions_of(patient) == []


def test_an_empty_sending_tells_the_time(phone: Phone, clock: TestClock) -> None:
    answer = phone.post([])
    assert answer.get_json() == {"now": clock.now.isoformat().replace("+00:00", "Z"), "results": []}


def good_entry(**changed: Any) -> dict[str, Any]:
    entry = {"client_ref": str(uuid.uuid4()), "day": "2026-03-20", "score": 5, "entered_at": "2026-03-20T11:00:00Z"}
    return {**entry, "utc_offset": 60, **changed}


BAD_ENTRIES: list[Any] = [
    None, 7, "entry", [], {}, [[]], True,
    good_entry(client_ref=None), good_entry(client_ref=""), good_entry(client_ref=7), good_entry(client_ref=[]),
    good_entry(client_ref="x" * 36), good_entry(client_ref="\x00" * 36), good_entry(client_ref="x" * 100_000),
    good_entry(client_ref="\ud800"), good_entry(client_ref="{" + str(uuid.UUID(int=5)) + "}"),
    good_entry(score=11), good_entry(score=-1), good_entry(score=5.0), good_entry(score="5"), good_entry(score=True),
    good_entry(score=float("nan")), good_entry(score=float("inf")), good_entry(score=10**30), good_entry(score=[5]),
    good_entry(day=None), good_entry(day="2026-02-30"), good_entry(day="20260320"), good_entry(day=20260320),
    good_entry(day="2026-03-20\x00"), good_entry(day="٢٠٢٦-٠٣-٢٠"), good_entry(day="today"),
    good_entry(entered_at=None), good_entry(entered_at="2026-03-20"), good_entry(entered_at="2026-03-20T11:00:00"),
    good_entry(entered_at="9999-12-31T23:59:59Z"), good_entry(entered_at="0001-01-01T00:00:00+14:00"),
    good_entry(entered_at=5), good_entry(entered_at="2026-03-20T25:00:00Z"),
    good_entry(utc_offset="60"), good_entry(utc_offset=10**9), good_entry(utc_offset=1.5), good_entry(utc_offset=None),
    good_entry(item_version="x" * 100), good_entry(item_version="another-question-9"), good_entry(item_version=1),
    good_entry(day_chosen="2026-02-30"), good_entry(day_chosen=5), good_entry(day_chosen=""),
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD_ENTRIES, ids=range(len(BAD_ENTRIES)))
def test_a_bad_entry_is_said_to_be_bad_and_costs_no_other(phone: Phone, patient: Any, bad: Any) -> None:
    before, after = good_entry(), good_entry(day="2026-03-19")
    results = phone.send([before, bad, after])
    assert statuses(results) == [("stored",), ("rejected", "invalid"), ("stored",)]
    assert [one.day.day for one in revisions_of(patient)] == [19, 20]


def test_a_score_that_is_left_out_is_not_taken_for_taken_back(phone: Phone, patient: Any) -> None:
    entry = {name: value for name, value in good_entry().items() if name != "score"}
    assert statuses([phone.send_one(entry)]) == [("rejected", "invalid")]


def test_numbers_beyond_all_numbers_are_bad_entries(phone: Phone, patient: Any) -> None:
    bad = ["1e999", "NaN", "-Infinity", "9" * 5000, "-" + "9" * 5000]
    items = [json.dumps(good_entry(score="@")).replace('"@"', number) for number in bad]
    body = ", ".join([*items, json.dumps(good_entry())])
    results = phone.post_body(sending(f"[{body}]")).get_json()["results"]
    assert statuses(results) == [("rejected", "invalid")] * 5 + [("stored",)]


def test_what_is_sealed_well_and_holds_rubbish_is_said_to_be_bad(phone: Phone, patient: Any) -> None:
    def sealed(**changed: Any) -> dict[str, Any]:
        return phone.sealed({**phone.tap(6, TODAY), **changed})

    foreign = {**phone.sealed(good_entry()), "client_ref": str(uuid.uuid4())}
    bad = [sealed(score=11), sealed(day="x"), sealed(v=2), sealed(owner=["x"]), foreign]
    reasons = ["invalid", "invalid", "unreadable", "other_account", "unreadable"]
    assert [one["reason"] for one in phone.send(bad)] == reasons
    assert revisions_of(patient) == []


# together


def test_twenty_identical_sendings_at_once_store_one(house: House, phone: Phone, patient: Any) -> None:
    entry = phone.sealed(phone.tap(6, TODAY))
    visitors = [house.sign_in_as(patient) for _ in range(4)]
    phones = [Phone(visitors[number % 4], state=phone.state) for number in range(20)]
    answers = side_by_side(phone.visitor.app, [lambda one=one: one.send_one(entry) for one in phones])
    assert sorted(answer["status"] for answer in answers) == ["duplicate"] * 19 + ["stored"]
    assert len({answer["entry"] for answer in answers}) == 1
    assert [one.score for one in revisions_of(patient)] == [6]


def test_a_database_that_stops_in_the_middle_is_said_and_nothing_that_was_answered_is_lost(
    phone: Phone, patient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diary.services import sync  # noqa: PLC0415

    whole, calls = sync.put_writing, []

    def stops(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise OperationalError("INSERT", {}, Exception("database is locked"))
        return whole(*args, **kwargs)

    monkeypatch.setattr(sync, "put_writing", stops)
    entries = [phone.tap(6, TODAY), phone.tap(5, "2026-03-19"), phone.tap(4, "2026-03-18")]
    answer = phone.post(entries)
    assert (answer.status_code, answer.get_json()) == (503, {"error": "busy"})
    assert answer.headers["Retry-After"] == "5"
    assert statuses(phone.send(entries)) == [("duplicate",), ("stored",), ("stored",)]


def test_an_entry_that_we_fail_at_is_kept_on_the_phone_and_costs_no_other(
    phone: Phone, patient: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diary.services import sync  # noqa: PLC0415

    whole = sync.put_writing

    def fails(session: Any, who: Any, about: Any, writing: Any, **more: Any) -> Any:
        if writing.score == 5:
            raise ZeroDivisionError
        return whole(session, who, about, writing, **more)

    monkeypatch.setattr(sync, "put_writing", fails)
    entries = [phone.tap(score, TODAY) for score in (6, 5, 4)]
    assert statuses(phone.send(entries)) == [("stored",), ("rejected", "failed"), ("stored",)]
    monkeypatch.undo()
    assert statuses(phone.send(entries)) == [("duplicate",), ("stored",), ("duplicate",)]


def test_it_is_committed_before_it_is_answered(phone: Phone, patient: Any) -> None:
    """What an answer names is there for another connection to the database."""
    entry = phone.send_one(phone.tap(6, TODAY))["entry"]
    with db.engine.connect() as connection:
        patient_server(connection)
        assert connection.execute(select(Entry.id)).scalars().all() == [uuid.UUID(entry)]


def test_whoever_works_in_the_clinic_finds_no_outbox_here(house: House) -> None:
    staff = house.staff()
    for answer in (staff.open("/sync/state"), Phone(staff).post([])):
        assert (answer.status_code, answer.get_json()) == (404, {"error": "not_there"})
    stranger = Visitor(house.app)
    assert stranger.open("/sync/entries", method="DELETE").status_code == 405
