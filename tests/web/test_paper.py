"""A week from paper or from a call: all of it at once, asked about where something is there, and where it is from."""

import uuid
from datetime import date, timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Entry, Transcription
from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

TODAY = date(2026, 3, 20)
FIRST = TODAY - timedelta(days=6)
SHEET = {"written_from": "sheet", "dated": TODAY.isoformat()}


@pytest.fixture
def on_paper(house: House) -> Identity:
    """A patient without a phone."""
    return house.add_patient()


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}/paper"


def stored() -> list[tuple[date, int | None, str, int]]:
    with snapshot() as session:
        rows = session.scalars(select(Entry).order_by(Entry.day, Entry.revision))
        return [(one.day, one.score, one.source, one.days_late) for one in rows]


def week(*scores: int | None) -> dict[str, str]:
    return {f"score_{number}": "" if score is None else str(score) for number, score in enumerate(scores, start=1)}


def write(visitor: Visitor, patient: Identity, status: int = 200, **fields: str) -> Page:
    return visitor.send(visitor.get(path_of(patient)).form(), SHEET | fields, status=status)


def test_a_week_is_written_in_in_the_order_of_its_fields_and_a_day_left_empty_is_a_gap(
    house: House, on_paper: Identity
) -> None:
    visitor = house.staff(Role.NURSE)
    page = visitor.get(path_of(on_paper))
    named = [one.get("name") for one in page.form().element.iter("input")]
    shown = [name for name in named if name and name.startswith(("score", "dated", "written"))]
    assert shown == ["written_from", "written_from", "dated", *(f"score_{number}" for number in range(1, 8))]
    write(visitor, on_paper, **week(7, 10, None, 0, 6, None, 5))
    days = [(FIRST + timedelta(days=at), score) for at, score in enumerate((7, 10, None, 0, 6, None, 5))]
    assert stored() == [(day, score, "paper", 0) for day, score in days if score is not None]


def test_what_was_written_in_stands_on_the_patients_page_with_where_it_came_from(
    house: House, on_paper: Identity
) -> None:
    visitor = house.staff(Role.NURSE)
    write(visitor, on_paper, **week(7))
    told = words_of(visitor.get(f"/clinic/patients/{on_paper.patient_id}").one("section", id="paper"))
    assert "14 Mar 2026 7 from paper of 20 Mar, written in by Nurse-" in told
    there = visitor.get(path_of(on_paper)).main
    assert "7, from paper of 20 Mar, written in by Nurse-" in there


def test_a_week_posted_twice_is_stored_once_and_with_other_numbers_it_is_refused(
    house: House, on_paper: Identity
) -> None:
    visitor = house.staff(Role.NURSE)
    form = visitor.get(path_of(on_paper)).form()
    for _ in range(2):
        visitor.send(form, SHEET | week(7, 6))
    assert len(stored()) == 2
    page = visitor.send(form, SHEET | week(7, 5), status=409)
    assert page.value_of("score_2") == "5"
    assert len(stored()) == 2


def test_an_entry_that_arrives_meanwhile_is_shown_and_asked_about_and_nothing_is_stored_before(
    house: House, clock: TestClock
) -> None:
    ana = treated(house, clock, after=(2,) * 3)
    clock.move(days=3)
    visitor, phone = house.staff(Role.NURSE), house.sign_in_as(ana)
    form = visitor.get(path_of(ana)).form()
    phone.send(phone.get("/today").form(), {"score": "4"})
    before = stored()
    page = visitor.send(form, SHEET | {"dated": "2026-03-23"} | week(None, None, None, None, None, 6, 7), status=422)
    assert "Mon 23 Mar has 4 already." in page.errors_of("score_7")
    assert page.value_of("score_6") == "6"
    assert stored() == before
    again = visitor.send(page.form(), {"sure": "y"}, status=422)
    assert "Say why" in again.errors_of("reason")
    assert stored() == before
    visitor.send(again.form(), {"sure": "y", "reason": "misread on the phone"})
    assert stored()[len(before) - 1 :] == [
        (date(2026, 3, 22), 6, "paper", 0),
        (date(2026, 3, 23), 4, "self", 0),
        (date(2026, 3, 23), 7, "paper", 0),
    ]


def test_a_field_that_is_emptied_when_asked_leaves_the_entry_as_it_is(house: House, clock: TestClock) -> None:
    ana = treated(house, clock, after=(2,) * 6)
    visitor = house.staff(Role.NURSE)
    page = write(visitor, ana, 422, **week(None, None, None, None, None, None, 9))
    before = stored()
    page = visitor.send(page.form(), week(None, None, None, None, None, None, 2))
    assert stored() == before


@pytest.mark.parametrize(
    ("first", "fields", "field", "said"),
    [
        ("2026-03-18", week(1, 1, 1, 1), "score_4", "This day has not come yet."),
        ("2026-02-14", week(1, *[None] * 5, 2), "score_1", "before the patient's beginning"),
        ("2026-03-14", week(11), "score_1", "whole number from 0 to 10"),
        ("2026-03-14", {"score_2": "six"}, "score_2", "whole number from 0 to 10"),
        ("2026-03-14", week(1) | {"dated": "2026-03-21"}, "dated", "has not come yet"),
        ("2026-03-14", week(1) | {"dated": ""}, "dated", "Write the date."),
        ("2026-03-14", week(1, 1) | {"written_from": "call", "dated": "2026-03-14"}, "score_2", "after the call"),
        ("2026-03-14", week(1) | {"written_from": ""}, "written_from", "Choose the sheet or the call."),
    ],
)
def test_what_is_refused_stands_at_its_field_and_nothing_that_was_typed_is_lost(
    house: House, on_paper: Identity, first: str, fields: dict[str, str], field: str, said: str
) -> None:
    visitor = house.staff(Role.NURSE)
    form = visitor.get(f"{path_of(on_paper)}?first={first}").form()
    page = visitor.send(form, SHEET | fields, status=422)
    assert said in page.errors_of(field)
    kept = {name: value for name, value in fields.items() if name.startswith("score")}
    assert {name: page.value_of(name) for name in kept} == kept
    assert stored() == []


@pytest.mark.parametrize("wrong", ["3.5", "11", "six", "99999"])
def test_a_wrong_score_is_told_once_at_its_field_and_in_the_summary_with_its_day(
    house: House, on_paper: Identity, wrong: str
) -> None:
    page = write(house.staff(Role.NURSE), on_paper, 422, score_2=wrong, score_4=wrong)
    words = "Write a whole number from 0 to 10."
    for field in ("score_2", "score_4"):
        assert page.errors_of(field) == f"Error: {words}"
    summary = page.main.split("Please put this right")[1].split("Ramirez")[0]
    assert summary.count(words) == 2
    for day in ("Sun 15 Mar", "Tue 17 Mar"):
        assert f"{day}: {words}" in summary


def test_a_call_counts_by_the_day_of_the_call(house: House, on_paper: Identity) -> None:
    visitor = house.staff()
    write(visitor, on_paper, written_from="call", dated="2026-03-20", **week(*[None] * 4, 5, 4, 3))
    assert stored() == [
        (date(2026, 3, 18), 5, "staff", 2),
        (date(2026, 3, 19), 4, "staff", 1),
        (date(2026, 3, 20), 3, "staff", 0),
    ]


def test_weeks_before_and_after_are_one_step_away_and_keep_the_sheet(house: House, on_paper: Identity) -> None:
    visitor = house.staff(Role.NURSE)
    page = visitor.get(f"{path_of(on_paper)}?first=2026-03-07")
    assert {"Earlier week", "Later week"} <= set(page.links)
    visitor.send(page.form(), SHEET | week(3) | {"then": "later"})
    assert visitor.page is not None
    assert visitor.page.value_of("first") == "2026-03-14"
    assert visitor.page.value_of("dated") == "2026-03-20"
    assert visitor.page.value_of("written_from") == "sheet"


def test_the_patient_reads_that_their_clinic_wrote_it_in_and_who_opened_their_data(
    house: House, clock: TestClock
) -> None:
    ana = treated(house, clock, after=(2,) * 6)
    clock.move(days=2)
    write(house.staff(Role.NURSE), ana, **week(*[None] * 5, 8, 8) | {"dated": "2026-03-22"})
    phone = house.sign_in_as(ana)
    assert "written in by your clinic from paper" in phone.get("/diary").main
    today = phone.get("/today").main
    assert "8 of 10, written in by your clinic from paper." in today
    assert "You wrote" not in today
    assert "from paper" in phone.get("/diary/2026-03-21").main
    assert "wrote an entry in your diary" in phone.get("/me/looks").main


def test_who_is_no_nurse_or_clinician_of_the_clinic_writes_nothing_in(house: House, clock: TestClock) -> None:
    ana = treated(house, clock, after=(2,) * 3)
    before = stored()
    for visitor, status in ((house.sign_in_as(ana), 404), (house.staff(Role.ADMIN), 403)):
        assert visitor.open(path_of(ana)).status_code == status
        visitor.get("/me" if status == 404 else "/clinic/settings")
        token = {"csrf_token": visitor.csrf_token}
        sent = SHEET | week(1) | token | {"first": "2026-03-14", "client_ref": str(uuid.uuid4())}
        assert visitor.open(path_of(ana), method="POST", data=sent).status_code == status
    with snapshot() as session:
        assert session.scalars(select(Transcription)).all() == []
    assert stored() == before


def test_an_address_that_names_no_week_shows_the_last_one(house: House, on_paper: Identity) -> None:
    visitor = house.staff(Role.NURSE)
    for asked in ("", "?first=", "?first=x", "?first=9999-12-31", "?from=telepathy&dated=never"):
        page = visitor.get(path_of(on_paper) + asked)
        assert page.value_of("first") == FIRST.isoformat(), asked
        assert urlsplit(page.path).path == path_of(on_paper)


def test_another_week_is_asked_for_without_forgetting_the_sheet(house: House, on_paper: Identity) -> None:
    visitor = house.staff(Role.NURSE)
    page = write(visitor, on_paper, written_from="call", **week(7))
    form = next(form for form in page.forms if form.method == "get" and "first" in form.fields)
    assert form.fields == {"from": "call", "dated": TODAY.isoformat(), "first": FIRST.isoformat()}
    earlier = visitor.get(f"{path_of(on_paper)}?{urlencode(form.fields | {'first': '2026-03-07'})}").form()
    assert (earlier.fields["written_from"], earlier.fields["dated"]) == ("call", TODAY.isoformat())
    assert earlier.fields["first"] == "2026-03-07"
    plain = visitor.get(path_of(on_paper))
    assert next(form for form in plain.forms if form.method == "get").fields == {"first": FIRST.isoformat()}
