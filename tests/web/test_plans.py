"""What follows a decision: the plan in the patient's words, its taking back, and the reversal of the decision."""

import json
from datetime import date
from itertools import product
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot, transaction
from diary.models import Decision, Patient, ReleasedPlan
from diary.vocabulary import DecisionKind, Role
from diary.web.plan_words import first_words, words_to_think_about
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

WAITS = {"kind": "wait", "reason": "Holiday first.", "next_step": "2026-04-01"}


@pytest.fixture
def lost(house: House, clock: TestClock) -> Identity:
    """A patient whose loss of response is confirmed."""
    return treated(house, clock, after=(2,) * 21 + (7,) * 20)


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}"


def decide(visitor: Visitor, patient: Identity, **fields: str) -> Page:
    return visitor.send(visitor.get(path_of(patient)).form(f"{path_of(patient)}/decisions"), WAITS | fields)


def made() -> list[Decision]:
    with snapshot() as session:
        return list(session.scalars(select(Decision).order_by(Decision.decided_at)))


def released() -> list[str]:
    with snapshot() as session:
        return [one.words for one in session.scalars(select(ReleasedPlan).order_by(ReleasedPlan.revision))]


def plan_path(patient: Identity) -> str:
    return f"{path_of(patient)}/decisions/{made()[0].id}/plan"


def test_right_after_deciding_the_plan_is_written_seen_and_released_and_the_patient_reads_it(
    house: House, lost: Identity
) -> None:
    visitor, phone = house.staff(), house.sign_in_as(lost)
    page = decide(visitor, lost, tell="y")
    assert page.h1 == "Plan for the patient"
    begun = page.value_of("words") or ""
    assert begun.endswith("The next step is on Wednesday 1 April.")
    looked = visitor.send(page.form(), {"words": "We call you.\nThen we see.", "act": "look"})
    assert "What your clinic plans We call you. Then we see." in looked.main
    assert released() == []
    visitor.send(looked.form(), {"words": "We call you.\nThen we see."})
    told = phone.get("/courses").main
    assert "What your clinic plans We call you. Then we see. From Clinician-" in told
    assert ", Friday 20 March" in told
    assert "What your clinic plans" in phone.get("/courses").main
    assert "wrote a plan for you" in phone.get("/me/looks").main


def test_a_released_plan_goes_along_with_the_own_data_and_says_when_it_was_taken_back(
    house: House, lost: Identity
) -> None:
    visitor, phone = house.staff(), house.sign_in_as(lost)
    visitor.send(decide(visitor, lost, tell="y").form(), {"words": "We call you."})
    page = visitor.get(plan_path(lost))
    refused = visitor.send(page.form(f"{plan_path(lost)}/take-back"), {"reason": ""}, status=422)
    assert "Say why" in refused.errors_of("reason")
    done = visitor.send(page.form(f"{plan_path(lost)}/take-back"), {"reason": "the chair is gone"})
    assert "Plan taken back by Clinician-" in words_of(done.one("section", id="decisions"))
    assert "We call you." not in phone.get("/courses").main
    form = next(one for one in phone.get("/me/data").forms if one.fields.get("format") == "json")
    (plan,) = json.loads(phone.open(form.action, method="POST", data=form.fields).data)["plans"]
    assert (plan["words"], plan["kind"], plan["until"] is None) == ("We call you.", "wait", False)
    form = next(one for one in phone.get("/me/data").forms if one.fields.get("format") == "print")
    assert b"We call you." in phone.open(form.action, method="POST", data=form.fields).data


def test_words_of_states_and_forecasts_ask_once_more_and_do_not_stand_in_the_way(house: House, lost: Identity) -> None:
    visitor = house.staff()
    page = decide(visitor, lost, tell="y")
    asked = visitor.send(page.form(), {"words": "Your infusion is Due, the Prognose is good."}, status=422)
    assert "Due, Prognose" in asked.main
    assert released() == []
    visitor.send(asked.form(), {"sure": "y"})
    assert released() == ["Your infusion is Due, the Prognose is good."]


def test_a_plan_begins_with_words_that_patients_may_read(app: Flask) -> None:
    with app.test_request_context():
        for kind, language in product(DecisionKind, ("en", "de", "nl", "es")):
            words = first_words(kind, date(2026, 4, 1), "lidocaine", language)
            assert words
            assert words_to_think_about(words) == [], words


def test_the_words_begin_in_the_language_of_the_patient(house: House, lost: Identity) -> None:
    visitor = house.staff()
    with transaction() as session:
        session.get_one(Patient, (lost.clinic_id, lost.patient_id)).language = "de"
    page = decide(visitor, lost, tell="y")
    assert "1. April" in (page.value_of("words") or "")
    assert "Deutsch" in page.main


def test_a_decision_is_reversed_from_its_page_and_the_history_shows_both(house: House, lost: Identity) -> None:
    visitor = house.staff()
    decide(visitor, lost)
    first = f"{path_of(lost)}/decisions/{made()[0].id}"
    page = visitor.get(f"{first}/reverse")
    assert "Say why" in visitor.send(page.form(), {"reason": " "}, status=422).errors_of("reason")
    done = visitor.send(page.form(), {"reason": "it was another patient"})
    told = words_of(done.one("section", id="decisions"))
    assert "Reversal" in told
    assert "Takes back: Wait, decided on 20 Mar 2026" in told
    assert "reversed" in told
    assert "it was another patient" in visitor.get(first).main
    assert "deferred until" not in done.main
    assert [one.reverses for one in made()] == [None, made()[0].id]
    again = visitor.get(f"{first}/reverse")
    assert not [form for form in again.forms if form.action.endswith("/reverse")]


def test_a_reversal_on_what_is_no_longer_so_is_shown_again(house: House, lost: Identity) -> None:
    visitor, phone = house.staff(), house.sign_in_as(lost)
    decide(visitor, lost)
    form = visitor.get(f"{path_of(lost)}/decisions/{made()[0].id}/reverse").form()
    phone.send(phone.get("/diary/2026-03-20").form(), {"score": "1"})
    page = visitor.send(form, {"reason": "too early"}, status=409)
    assert page.value_of("reason") is not None
    assert "changed while you were looking" in page.main
    assert len(made()) == 1
    visitor.send(page.form(), {"reason": "too early"})
    assert len(made()) == 2


def test_the_page_of_a_decision_has_the_chart_and_the_numbers_of_then(house: House, lost: Identity) -> None:
    visitor = house.staff()
    decide(visitor, lost, kind="change", medicine="lidocaine")
    first = f"{path_of(lost)}/decisions/{made()[0].id}"
    page = visitor.get(first)
    assert page.one("div", class_="ebb-chart-box__plot").get("data-figure") == f"{first}/figure.json"
    figure = visitor.open(f"{first}/figure.json")
    assert figure.status_code == 200
    assert figure.json
    assert figure.json["data"]
    assert "Change medicine: lidocaine" in page.main
    assert "ebb-decision-2" in page.main
    links = [link.get("href") for link in page.all("a")]
    assert f"{path_of(lost)}/behind/mean7?day=2026-03-20" in links


def test_a_repeat_offers_to_plan_the_course(house: House, lost: Identity) -> None:
    page = decide(house.staff(), lost, kind="repeat")
    (planning,) = [link for words, link in page.links.items() if words.startswith("Plan the course")]
    assert planning.startswith(f"{path_of(lost)}/courses/")


def test_a_nurse_reads_decisions_and_neither_reverses_nor_tells(house: House, lost: Identity) -> None:
    decide(house.staff(), lost)
    nurse = house.staff(Role.NURSE)
    page = nurse.get(path_of(lost))
    assert not [words for words in page.links if "Reverse" in words or "Plan for the patient" in words]
    for last in ("reverse", "plan"):
        assert nurse.open(f"{path_of(lost)}/decisions/{made()[0].id}/{last}").status_code == 403


def test_a_plan_that_is_taken_back_leads_back_into_the_round(house: House, lost: Identity) -> None:
    visitor = house.staff()
    begun = urlsplit(visitor.open("/clinic/rounds").headers["Location"]).query
    visitor.send(decide(visitor, lost, tell="y").form(), {"words": "We call you."})
    page = visitor.get(f"{plan_path(lost)}?{begun}")
    assert begun in page.links["Ramirez, Ana"]
    form = next(form for form in page.forms if "/take-back" in form.action)
    refused = visitor.send(form, {"reason": ""}, status=422)
    assert begun in refused.links["Ramirez, Ana"]
    done = visitor.send(next(form for form in refused.forms if "/take-back" in form.action), {"reason": "full"})
    assert "Plan taken back by Clinician-" in done.main
    assert "Next patient" in done.links
