"""A morning's round through the pages: from patient to patient, decisions on the way, counts at the end."""

import re
import uuid
from datetime import UTC, date, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from diary.db import transaction
from diary.models import Clinic, ClinicTally, Patient, PatientSummary
from diary.services.consents import REQUIRED, OnPaper, record_paper
from diary.services.tags import give_tag
from diary.services.wearing_off import say_wearing_off
from diary.vocabulary import ConsentSaid, DecisionKind, Role
from tests.clinic_builders import AGREED, subject
from tests.services.deciding import decide
from tests.web.pages import words_of
from tests.web.people import House, treated

PATIENTS, NEEDING = 40, 7
UUID = re.compile(r"/clinic/patients/([0-9a-f-]{36})")


@pytest.fixture
def morning(house: House, clock):
    """Forty patients, seven of whom say that it wears off."""
    return added(house, clock, PATIENTS, NEEDING)


@pytest.fixture
def few(house: House, clock):
    """Three patients, two of whom say that it wears off."""
    return added(house, clock, 3, 2)


def added(house, clock, number, needing):
    people = [house.add_patient(f"M-{place:02}", f"Person {place:02}") for place in range(number)]
    for patient in people[:needing]:
        say_wearing_off(patient, subject(patient), clock=clock)
    return {patient.patient_id: patient for patient in people}


def led_from(visitor, address):
    """Follow a link of a round to where it leads, and return the address there."""
    response = visitor.open(address)
    while response.status_code == 303:
        address = response.headers["Location"]
        response = visitor.open(address)
    assert response.status_code == 200, address
    return address


def test_a_round_leads_through_forty_patients_to_the_end_and_counts(house, morning, clock):
    visitor = house.staff()
    doctor = list(house.known.values())[-1]
    begin = visitor.get("/clinic/").links["Begin a round"]
    address, seen = led_from(visitor, begin), []
    while found := UUID.search(address):
        seen.append(uuid.UUID(found[1]))
        clock.move(minutes=1)
        decide(doctor, morning[seen[-1]], DecisionKind.WAIT, clock, in_days=9)
        address = led_from(visitor, f"/clinic/rounds?round={address.partition('round=')[2]}")
        assert len(seen) <= PATIENTS
    assert len(seen) == len(set(seen)) == NEEDING
    assert "7 decided, 33 need nothing" in visitor.page.main
    assert "Go round again" not in visitor.page.links


def test_the_end_says_who_was_passed_over_and_leads_to_them_again(house, few):
    visitor = house.staff(Role.NURSE)
    address = led_from(visitor, "/clinic/rounds")
    passed_over = 0
    while UUID.search(address):
        passed_over += 1
        address = led_from(visitor, f"/clinic/rounds?round={address.partition('round=')[2]}")
    assert passed_over == 2
    assert "0 decided, 1 needs nothing" in visitor.page.main
    assert "2 were passed over and still need someone." in visitor.page.main
    assert UUID.search(led_from(visitor, visitor.page.links["Go round again"]))


def test_a_round_keeps_the_filter_of_the_list(house, few, clock):
    chosen = list(few.values())[1]
    give_tag(house.clinician, subject(chosen), "trial é/+", clock=clock)
    visitor = house.staff()
    page = visitor.get("/clinic/?tag=trial+%C3%A9%2F%2B")
    address = led_from(visitor, page.links["Begin a round"])
    assert str(chosen.patient_id) in address
    address = led_from(visitor, f"/clinic/rounds?round={address.partition('round=')[2]}")
    assert not UUID.search(address)


def test_the_end_of_a_round_and_leaving_it_lead_to_the_list_it_began_on(house, few, clock):
    give_tag(house.clinician, subject(list(few.values())[1]), "trial é", clock=clock)
    visitor = house.staff()
    for list_ in ("/clinic/?tag=trial+%C3%A9", "/clinic/?state=NO_COURSE", "/clinic/?chairs=2026-03-23", "/clinic/"):
        page = visitor.get(list_)
        address = led_from(visitor, page.links["Begin a round"])
        while UUID.search(address):
            assert visitor.page.links["Leave the round"] == list_
            address = led_from(visitor, visitor.page.links["Next patient"])
        assert visitor.page.links["Back to the worklist"] == list_
    page = visitor.get("/clinic/?state=NO_COURSE&medicine=ketamine&mine=1")
    led_from(visitor, page.links["Begin a round"])
    assert visitor.page.links["Back to the worklist"] == "/clinic/?state=NO_COURSE&medicine=ketamine&mine=1"


def addresses_of(page, patient_id):
    """Return the addresses of a page that are about a patient, of links and of forms."""
    links = [one.get("href", "") for one in page.all("a")]
    drawn = [value for one in page.root.iter() for name, value in one.attrib.items() if name.startswith("data-")]
    addresses = [*links, *drawn, *(form.action for form in page.forms)]
    return [address for address in addresses if address.startswith(f"/clinic/patients/{patient_id}")]


def test_every_address_on_a_patients_page_stays_in_the_round_and_outside_of_one_none_has_one(house, clock):
    patient = treated(house, clock)
    house.staff()
    decide(list(house.known.values())[-1], patient, DecisionKind.WAIT, clock, in_days=0)
    clock.move(days=1)
    say_wearing_off(patient, subject(patient), clock=clock)
    doctor, nurse = house.staff(), house.staff(Role.NURSE)
    for visitor in (doctor, nurse):
        path, _, kept = led_from(visitor, "/clinic/rounds").partition("?")
        found = addresses_of(visitor.page, patient.patient_id)
        assert len(found) > 20
        assert [one for one in found if kept not in one] == []
        assert [one for one in addresses_of(visitor.get(path), patient.patient_id) if "round=" in one] == []


def test_a_course_recorded_on_the_way_and_a_week_of_paper_lead_back_into_the_round(house, few):
    visitor = house.staff()
    here = led_from(visitor, "/clinic/rounds")
    page = visitor.get(visitor.get(here).links["Record a course"])
    fields = {"medicine": "ketamine", "first_day": "2026-03-02", "last_day": "2026-03-06"}
    assert "Next patient" in visitor.send(page.form(), fields).links
    page = visitor.get(visitor.page.links["Write in a week"])
    steps = next(form for form in page.forms if form.method == "get")
    page = visitor.get(f"{steps.action.partition('?')[0]}?{urlencode(steps.fields)}")
    assert "Next patient" in visitor.get(page.links["Person 00"]).links


def test_addresses_of_the_worklist_and_of_another_patient_take_no_round_along(house, few):
    visitor = house.staff()
    begun = led_from(visitor, "/clinic/rounds").partition("round=")[2]
    for address in (f"/clinic/?round={begun}", "/clinic/"):
        page = visitor.get(address)
        assert [link for link in page.links.values() if "round=" in link] == [], address
    assert [
        link for link in visitor.get(f"/clinic/?search=person&round={begun}").links.values() if "round=" in link
    ] == []


def test_a_plan_written_on_the_way_leads_on_only_for_a_decision_of_this_round(house, few, clock):
    visitor = house.staff()
    doctor, patient = list(house.known.values())[-1], next(iter(few.values()))
    decide(doctor, patient, DecisionKind.STOP, clock, in_days=0)
    clock.move(days=1)
    say_wearing_off(patient, subject(patient), clock=clock)
    visitor = house.staff()
    kept = led_from(visitor, "/clinic/rounds").partition("?")[2]
    visitor.get(f"/clinic/patients/{patient.patient_id}?{kept}")
    plan = visitor.get(next(at for words, at in visitor.page.links.items() if words.startswith("Plan for the patient")))
    page = visitor.send(plan.form(), {"words": "We talk on Monday."})
    assert page.path.startswith(f"/clinic/patients/{patient.patient_id}?done=plan-released")
    assert "Next patient" in page.links


def needs_a_chair(patient, day):
    with transaction() as session:
        mine = PatientSummary.patient_id == patient.patient_id
        session.execute(update(PatientSummary).where(mine).values(chair_on=day, medicine="ketamine"))
        session.execute(update(ClinicTally).values(out_of_date=True))


def walked(visitor, begin):
    """Walk a round to its end and return whom it led to."""
    address, seen = led_from(visitor, begin), []
    while found := UUID.search(address):
        seen.append(uuid.UUID(found[1]))
        assert len(seen) <= PATIENTS
        address = led_from(visitor, f"/clinic/rounds?round={address.partition('round=')[2]}")
    return seen


def test_a_round_on_a_list_of_chairs_walks_that_list(house, clock):
    overdue, now, ahead, _none = people = list(added(house, clock, 4, 4).values())
    visitor = house.staff()
    assert len(walked(visitor, visitor.get("/clinic/").links["Begin a round"])) == len(people)
    for patient, day in ((overdue, date(2026, 3, 2)), (now, date(2026, 3, 20)), (ahead, date(2026, 3, 25))):
        needs_a_chair(patient, day)
    for week, fitting in (("2026-03-16", [overdue, now]), ("2026-03-23", [ahead]), ("2026-03-09", [overdue])):
        page = visitor.get(f"/clinic/?chairs={week}&medicine=ketamine")
        seen = walked(visitor, page.links["Begin a round"])
        assert sorted(seen) == sorted(patient.patient_id for patient in fitting), week
    assert "1 was passed over" in visitor.page.main
    assert walked(visitor, visitor.page.links["Go round again"]) == [overdue.patient_id]


def test_weeks_of_chairs_turn_at_midnight_in_the_clinic(house, few, clock):
    patient, *_others = few.values()
    needs_a_chair(patient, date(2026, 3, 10))
    for zone, moment, week in (
        ("Europe/Amsterdam", datetime(2026, 3, 15, 22, 59, tzinfo=UTC), "2026-03-09"),
        ("Europe/Amsterdam", datetime(2026, 3, 15, 23, 1, tzinfo=UTC), "2026-03-16"),
        ("America/New_York", datetime(2026, 3, 16, 3, 59, tzinfo=UTC), "2026-03-09"),
        ("America/New_York", datetime(2026, 3, 16, 4, 1, tzinfo=UTC), "2026-03-16"),
    ):
        with transaction() as session:
            session.get_one(Clinic, house.clinic_id).time_zone = zone
        clock.now = moment
        visitor = house.staff()
        page = visitor.get("/clinic/")
        assert page.links["1 ketamine, days in a row"] == f"/clinic/?chairs={week}&medicine=ketamine", (zone, moment)
        shown = visitor.get(page.links["1 ketamine, days in a row"])
        assert "a chair is likely needed this week or before" in shown.main
        assert patient.name in shown.links
        assert walked(visitor, shown.links["Begin a round"]) == [patient.patient_id]


def test_show_keeps_the_week_of_chairs(house, few):
    first, second = list(few.values())[:2]
    needs_a_chair(first, date(2026, 3, 25))
    visitor = house.staff()
    page = visitor.get("/clinic/?chairs=2026-03-23")
    form = next(form for form in page.forms if "search" in form.fields)
    page = visitor.get(f"/clinic/?{urlencode(form.fields)}")
    assert "Shown: a chair is likely needed week of 23 Mar." in page.main
    assert first.name in page.links
    assert second.name not in page.links


def test_a_list_that_was_searched_offers_no_round_since_no_name_goes_along(house, few):
    visitor = house.staff()
    page = visitor.get("/clinic/?search=person")
    assert "Begin a round" not in page.links
    assert "begin a round" not in page.main
    assert "No round on a list that was searched: names do not go along in addresses." in page.main
    assert "No round" not in visitor.get("/clinic/").main
    response = visitor.open("/clinic/rounds?search=person")
    assert "erson" not in response.headers["Location"]


HOSTILE = (
    "x",
    "1.2.3",
    "%00",
    "é",
    "1774008000....%FF...",
    "1774008000....=...",
    "1774008000.....x.1.",
    "1774008000.......zzz",  # a place is hexadecimal
    "99999999999.......",  # in the year 5138
    "1773921629.......",  # a second older than a day
    "1774008091.......",  # a second later than two clocks may lie apart
    "1774008000....A...",  # not the code of a tag
    "1774008000....__8...",  # the code of no text
)
LED_ALONG = (
    "1774008000.......",
    "1773921630.......",
    "1774008090.......",
    "1774008000.......9-9-9999-99-99-0",  # places that no page gave: the round begins at the first one
    "1774008000.......1-9-2026-02-28-00000000000000000000000000000000",  # behind nobody
    "1774008000.......1-9-2026-02-30-{first}",  # a day that is none
    "1774008000.....2026-03-17.1.",  # weeks that are none
    "1774008000.....9999-99-99.1.",
)


def begun_at(address):
    return address.partition("round=")[2].partition(".")[0]


def test_a_round_that_no_page_gave_begins_anew(house, few, clock):
    visitor = house.staff()
    clock.now = datetime.fromtimestamp(1774008030, UTC)
    for round_ in HOSTILE:
        address = visitor.open(f"/clinic/rounds?round={round_}").headers["Location"]
        assert UUID.search(address), round_
        assert begun_at(address) == "1774008030", round_
        assert round_not_kept(visitor, round_), round_


def test_a_round_with_a_place_or_a_week_that_is_none_goes_on_without_it(house, few, clock):
    first = led_from(house.staff(), "/clinic/rounds")
    visitor = house.staff()
    clock.now = datetime.fromtimestamp(1774008030, UTC)
    for each in LED_ALONG:
        round_ = each.format(first=uuid.UUID(UUID.search(first)[1]).hex)
        address = visitor.open(f"/clinic/rounds?round={round_}").headers["Location"]
        assert UUID.search(address)[1] == UUID.search(first)[1], round_
        assert begun_at(address) == round_.partition(".")[0], round_


def round_not_kept(visitor, round_):
    """Say whether a page with this round is a page outside of one."""
    page = visitor.get("/clinic/")
    address = page.links["Person 00"]
    return "Next patient" not in visitor.get(f"{address}?round={round_}").links


def test_tags_are_given_and_taken_away_on_the_patients_page(house):
    patient, visitor = house.add_patient(), house.staff(Role.NURSE)
    address = f"/clinic/patients/{patient.patient_id}"
    page = visitor.send(visitor.get(address).form(f"{address}/tags"), {"tag": "  left   arm "})
    assert "The tags are changed." in page.main
    assert page.links["left arm"] == "/clinic/?tag=left+arm"
    listed = visitor.get("/clinic/?tag=left+arm")
    assert "Ramirez, Ana" in listed.links
    for tag, status in (("", 422), ("a|b", 422), ("x" * 65, 422), ("left arm", 200)):
        visitor.send(visitor.get(address).form(f"{address}/tags"), {"tag": tag}, status=status)
    page = visitor.send(visitor.get(address).form(f"{address}/tags/away"))
    assert "left arm" not in page.links
    assert "Nobody on the worklist fits" in visitor.get("/clinic/?tag=left+arm").main


def test_tags_and_their_mistakes_stay_within_the_round(house, few):
    visitor = house.staff()
    here = led_from(visitor, "/clinic/rounds")
    address, _, kept = here.partition("?")
    for act, fields in (("tags", {"tag": "left arm"}), ("tags/away", {})):
        form = next(form for form in visitor.get(here).forms if form.action.startswith(f"{address}/{act}?"))
        assert f"{kept}#" in f"{visitor.send(form, fields).path}#"
        assert "Next patient" in visitor.page.links
    form = next(form for form in visitor.get(here).forms if form.action.startswith(f"{address}/tags?"))
    refused = visitor.send(form, {"tag": ""}, status=422)
    assert kept in refused.links["Person 00"]
    visitor.send(refused.form(), {"tag": "left arm"})
    assert "Next patient" in visitor.page.links


def test_life_cycle_and_language_lead_back_into_the_round(house, few):
    visitor = house.staff()
    address, _, kept = led_from(visitor, "/clinic/rounds").partition("?")
    for act, fields in (("life-cycle", {"life_cycle": "active"}), ("language", {"language": "de"})):
        assert kept in visitor.post(f"{address}/{act}?{kept}", fields).path


def test_what_happened_and_its_mistakes_stay_within_the_round(house, few):
    visitor = house.staff()
    here = led_from(visitor, "/clinic/rounds")
    form = next(form for form in visitor.get(here).forms if "happened" in form.fields)
    page = visitor.send(form, {"happened": "liver_test"}, status=422)
    assert page.errors_of("happened_on")
    assert "Next patient" in page.links
    form = next(form for form in page.forms if "happened" in form.fields)
    assert "20 Mar 2026: liver test" in visitor.send(form, {"happened_on": "2026-03-20"}).main
    assert "Next patient" in visitor.page.links


def test_a_view_is_saved_opened_and_deleted_after_a_question(house):
    house.add_patient()
    visitor = house.staff()
    page = visitor.get("/clinic/?state=HOLDING&mine=1&search=ana")
    form = visitor.get(page.links["Save this filter"]).form("/clinic/views")
    assert visitor.send(form, {"name": " "}, status=422).errors_of("name")
    page = visitor.send(form, {"name": "my holding"})
    assert "The view is saved." in page.main
    assert page.links["my holding"] == "/clinic/?state=HOLDING&mine=1"
    views = visitor.get("/clinic/views")
    delete = next(one for one in views.forms if one.action.endswith("/delete"))
    assert "Tick the box" in visitor.send(delete, {"sure": None}, status=422).text
    assert "my holding" not in visitor.send(delete, {"sure": "y"}).links
    assert "my holding" not in house.staff().get("/clinic/").links


def test_a_view_of_somebody_else_is_not_there(house):
    first, other = house.staff(), house.staff()
    first.send(first.get("/clinic/views?mine=1").form("/clinic/views"), {"name": "mine"})
    delete = next(one for one in first.get("/clinic/views").forms if one.action.endswith("/delete"))
    assert "mine" not in other.get("/clinic/views").links
    other.post(delete.action, {"csrf_token": other.csrf_token, "sure": "y"}, status=404)
    assert "mine" in first.get("/clinic/views").links


def test_a_line_says_that_the_consent_was_withdrawn_and_its_numbers_lead_to_their_entries(house, clock):
    patient = treated(house, clock)
    visitor = house.staff()
    page = visitor.get("/clinic/")
    assert "consent withdrawn" not in page.main
    links = [one.get("href") for one in page.all("a", class_="ebb-behind")]
    behind = f"/clinic/patients/{patient.patient_id}/behind"
    assert links == [f"{behind}/mean7", f"{behind}/line"]
    assert words_of(page.one("td", class_="ebb-worklist__why")).startswith("7-day mean 2.0 (7 of 7 days), line 4.9")
    paper = OnPaper(REQUIRED, AGREED, ConsentSaid.WITHDRAWN, clock().date())
    record_paper(house.clinician, subject(patient), paper, clock=clock)
    assert "consent withdrawn: nothing is written any more" in visitor.get("/clinic/").main


def test_the_strip_explains_what_it_needs_and_leads_to_whom_it_counts(house, clock):
    patient = treated(house, clock, after=(2,) * 30)
    visitor = house.staff()
    assert "nobody has said how many days a chair is waited for" in visitor.get("/clinic/").main
    with transaction() as session:
        day = clock().date()
        session.execute(
            update(PatientSummary).where(PatientSummary.patient_id == patient.patient_id).values(chair_on=day)
        )
        session.execute(update(ClinicTally).values(out_of_date=True))
    page = visitor.get("/clinic/")
    assert page.links["1 ketamine, days in a row"].startswith("/clinic/?chairs=2026-03-16&medicine=ketamine")
    assert "Ramirez, Ana" in visitor.get(page.links["1 ketamine, days in a row"]).links
    assert "a chair is likely needed this week or before" in visitor.page.main
    assert "Ramirez, Ana" not in visitor.get("/clinic/?chairs=2026-03-23&medicine=ketamine").links
    for chairs in ("2026-03-17", "x", "9999-12-27", "0001-01-01"):
        assert "Ramirez, Ana" in visitor.get(f"/clinic/?chairs={chairs}").links, chairs


def test_my_patients_are_those_i_answer_for(house):
    patient, visitor = house.add_patient(), house.staff()
    with transaction() as session:
        doctor = list(house.known.values())[-1]
        session.get_one(Patient, (house.clinic_id, patient.patient_id)).responsible_id = doctor.member_id
    assert "Ramirez, Ana" not in visitor.get("/clinic/?mine=1").links
