"""Decisions, bound to what was shown, and where they take the patient on the worklist."""

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Decision
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

CHANGED = "The diary changed while you were looking. Look at the chart again, then decide."


@pytest.fixture
def lost(house: House, clock: TestClock) -> Identity:
    """A patient whose loss of response is confirmed."""
    return treated(house, clock, after=(2,) * 21 + (7,) * 20)


def path_of(patient: Identity) -> str:
    return f"/clinic/patients/{patient.patient_id}"


def decide(visitor: Visitor, patient: Identity, status: int = 200, **fields: str | None) -> Page:
    form = visitor.get(path_of(patient)).form(f"{path_of(patient)}/decisions")
    return visitor.send(form, fields, status=status)


def decisions() -> list[Decision]:
    with snapshot() as session:
        return list(session.scalars(select(Decision).order_by(Decision.decided_at)))


def bands(page: Page) -> dict[str, list[str]]:
    """Return the references of each band in their order."""
    found: dict[str, list[str]] = {}
    for body in page.all("tbody"):
        heading = next(words_of(row) for row in body.iter("tr"))
        found[heading] = [words_of(one) for one in body.iter("span") if one.get("class") == "ebb-worklist__ref"]
    return found


def test_nothing_is_preselected(house: House, lost: Identity) -> None:
    form = house.staff().get(path_of(lost)).form(f"{path_of(lost)}/decisions")
    assert {name for name, value in form.fields.items() if value} == {"csrf_token", "shown_digest", "client_ref"}


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"reason": "x"}, "kind", "Choose what you decide."),
        ({"kind": "stop"}, "reason", "Say why, in a few words."),
        ({"kind": "stop", "reason": "   "}, "reason", "Say why, in a few words."),
        ({"kind": "stop", "reason": "x" * 1001}, "reason", "Use at most 1000 characters."),
        ({"kind": "repeat", "reason": "x"}, "next_step", "Give the date of the next step."),
        ({"kind": "wait", "reason": "x"}, "next_step", "Give the date of the next step."),
        ({"kind": "wait", "reason": "x", "next_step": "2026-03-19"}, "next_step", "has passed already."),
        ({"kind": "wait", "reason": "x", "next_step": "soon"}, "next_step", ""),
        ({"kind": "operate", "reason": "x"}, "kind", ""),
    ],
)
def test_what_is_missing_stands_beside_the_field_and_the_rest_is_kept(
    house: House, lost: Identity, fields: dict[str, str], field: str, said: str
) -> None:
    page = decide(house.staff(), lost, 422, **fields)
    assert page.errors_of(field).startswith("Error:")
    assert said in page.errors_of(field)
    assert (page.value_of("reason") or "").strip() == fields.get("reason", "").strip()
    assert decisions() == []


def test_a_decision_stands_on_the_page_with_who_and_why(house: House, lost: Identity) -> None:
    page = decide(house.staff(), lost, kind="wait", reason="Holiday first.", next_step="2026-04-01")
    told = words_of(page.one("section", id="decisions"))
    assert "Wait, next step 1 Apr 2026" in told
    assert "20 Mar 2026 · Holiday first." in told
    assert "Clinician" in told
    assert "deferred until 1 Apr" in page.main


def test_a_decided_patient_waits_and_comes_back_after_the_date(house: House, lost: Identity, clock: TestClock) -> None:
    visitor = house.staff()
    assert bands(visitor.get("/clinic/")) == {"Needs you": ["M-1"]}
    decide(visitor, lost, kind="repeat", reason="Chair asked for.", next_step="2026-03-24")
    page = visitor.get("/clinic/")
    assert bands(page) == {"Decided, waiting": ["M-1"]}
    assert "Repeat, 20 Mar · next step 24 Mar" in page.main
    clock.move(days=4)
    assert bands(house.staff().get("/clinic/")) == {"Decided, waiting": ["M-1"]}
    clock.move(days=1)
    assert bands(house.staff().get("/clinic/")) == {"Needs you": ["M-1"]}


def test_a_decision_on_what_is_no_longer_so_is_kept_and_can_be_sent_again(house: House, lost: Identity) -> None:
    visitor, patient = house.staff(), house.sign_in_as(lost)
    form = visitor.get(path_of(lost)).form(f"{path_of(lost)}/decisions")
    patient.send(patient.get("/diary/2026-03-20").form(), {"score": "1"})
    typed = {"kind": "wait", "reason": "Wait & see, <b>really</b>.", "next_step": "2026-04-01"}
    page = visitor.send(form, typed, status=409)
    assert CHANGED in page.main
    assert {name: page.value_of(name) for name in typed} == typed
    assert decisions() == []
    again = visitor.send(page.form(f"{path_of(lost)}/decisions"))
    assert "Wait & see, <b>really</b>." in again.main
    assert len(decisions()) == 1
    assert decisions()[0].shown_digest == page.value_of("shown_digest")


def test_a_damaged_digest_is_treated_as_something_that_changed(house: House, lost: Identity) -> None:
    visitor = house.staff()
    for digest in ("", None, "0" * 64, "x" * 3000):
        decide(visitor, lost, 409, kind="stop", reason="x", shown_digest=digest)
    assert decisions() == []


def test_a_decision_sent_twice_is_recorded_once(house: House, lost: Identity) -> None:
    visitor = house.staff()
    form = visitor.get(path_of(lost)).form(f"{path_of(lost)}/decisions")
    for _ in range(2):
        fields = {**form.fields, "kind": "stop", "reason": "No more."}
        visitor.open(form.action, method="POST", data=fields)
    assert len(decisions()) == 1


def test_a_nurse_sees_no_form_and_is_refused(house: House, lost: Identity) -> None:
    nurse = house.staff(Role.NURSE)
    page = nurse.get(path_of(lost))
    assert not [form for form in page.forms if form.action.endswith("/decisions")]
    refused = nurse.post(f"{path_of(lost)}/decisions", {"kind": "stop", "reason": "x"}, status=403)
    assert "Your role in this clinic does not allow this." in refused.main
    assert decisions() == []


def test_an_admin_who_is_no_clinician_sees_settings_and_no_patients(house: House, lost: Identity) -> None:
    admin = house.staff(Role.ADMIN)
    assert admin.get("/clinic/settings").form().fields["phone"] == "0555 010 203"
    for path in ("/clinic/", path_of(lost), f"{path_of(lost)}/figure.json"):
        assert admin.open(path).status_code == 403


@pytest.mark.parametrize("life_cycle", ["discharged", "moved", "died"])
def test_who_is_no_longer_a_patient_leaves_the_worklist(house: House, lost: Identity, life_cycle: str) -> None:
    visitor = house.staff()
    form = visitor.get(path_of(lost)).form(f"{path_of(lost)}/life-cycle")
    visitor.send(form, {"life_cycle": life_cycle, "sure": "y"})
    assert bands(visitor.get("/clinic/")) == {}
    visitor.send(form, {"life_cycle": "active"})
    assert bands(visitor.get("/clinic/")) == {"Needs you": ["M-1"]}


def test_a_life_cycle_nobody_offered_changes_nothing(house: House, lost: Identity) -> None:
    visitor = house.staff()
    form = visitor.get(path_of(lost)).form(f"{path_of(lost)}/life-cycle")
    visitor.open(form.action, method="POST", data={**form.fields, "life_cycle": "forgotten"})
    assert bands(visitor.get("/clinic/")) == {"Needs you": ["M-1"]}


def test_a_decision_does_not_cover_what_the_patient_says_after_it(
    house: House, lost: Identity, clock: TestClock
) -> None:
    visitor, patient = house.staff(), house.sign_in_as(lost)
    decide(visitor, lost, kind="wait", reason="x", next_step="2026-06-01")
    tell = next(form for form in patient.get("/diary").forms if form.action == "/diary/wearing-off")
    patient.send(tell)
    assert bands(visitor.get("/clinic/")) == {"Needs you": ["M-1"]}
    assert subject(lost).patient_id


def test_a_form_sent_again_with_something_else_is_refused_and_can_then_be_sent(house: House, lost: Identity) -> None:
    visitor = house.staff()
    form = visitor.get(path_of(lost)).form(f"{path_of(lost)}/decisions")
    visitor.open(form.action, method="POST", data={**form.fields, "kind": "stop", "reason": "No more."})
    changed = {**form.fields, "kind": "other", "reason": "Look at the dose."}
    page = visitor.send(form, {"kind": "other", "reason": "Look at the dose."}, status=409)
    assert [decision.reason for decision in decisions()] == ["No more."]
    again = page.form(f"{path_of(lost)}/decisions")
    assert again.fields["client_ref"] != changed["client_ref"]
    visitor.send(again, {"kind": "other", "reason": "Look at the dose."})
    assert [decision.reason for decision in decisions()] == ["No more.", "Look at the dose."]
