"""Consents on the pages: read before the diary begins, seen and taken back under Me, and never in front of a score."""

from dataclasses import replace

import pytest

from diary.services import consent_texts, invites
from diary.services.consent_texts import REQUIRED, TEXTS, current_text
from diary.vocabulary import ConsentPurpose, Role
from tests.clinic_builders import AGREED, subject
from tests.services.looking_in import audit_rows, everything_stored, revisions_of
from tests.web.people import PASSWORD, treated
from tests.web.visiting import Visitor

STOP = "Take it back and stop my diary"


def invited(house, clock):
    patient = house.add_patient()
    token = invites.invite_patient(house.clinician, subject(patient), clock=clock)
    return patient, Visitor(house.app), f"/invite/{token}"


def stop(visitor):
    visitor.send(visitor.get("/me/consents/stop").form("/me/consents/withdraw"))


def choose(visitor, action, purpose):
    page = visitor.get("/me/consents")
    form = next(one for one in page.forms if one.action.endswith(action) and one.fields["purpose"] == purpose)
    return visitor.send(form)


def with_newer_words(monkeypatch, purpose=REQUIRED):
    monkeypatch.setattr(consent_texts, "TEXTS", (*TEXTS, replace(current_text(purpose), version="2027-1")))


def test_the_invite_shows_the_words_and_needs_the_tick(house, clock):
    _patient, visitor, link = invited(house, clock)
    page = visitor.get(link)
    for sentence in current_text(REQUIRED).sentences:
        assert sentence in page.main
    fields = {"email": "ana@home.example", "password": PASSWORD}
    refused = visitor.send(page.form(link), fields, status=422)
    assert "Tick the box to begin." in refused.errors_of("consent")
    assert visitor.send(refused.form(link), {**fields, "consent": AGREED}).path == "/today"
    assert "You agreed on Friday 20 March." in visitor.get("/me/consents").main


def test_words_that_changed_while_the_invite_was_open_are_read_again(house, clock, monkeypatch):
    _patient, visitor, link = invited(house, clock)
    form = visitor.get(link).form(link)
    with_newer_words(monkeypatch)
    fields = {"email": "ana@home.example", "password": PASSWORD, "consent": AGREED}
    assert "The words have changed" in visitor.send(form, fields, status=422).text


def test_research_is_chosen_and_taken_back_with_one_tap_each(house):
    visitor = house.sign_in_as(house.add_patient())
    assert "You have not agreed." in visitor.get("/me/consents").main
    assert "Kept: you agree." in choose(visitor, "/give", "research").main
    assert "Kept: you took it back." in choose(visitor, "/withdraw", "research").main
    assert "Kept: you agree." in choose(visitor, "/give", "research").main


def test_stopping_the_diary_says_what_it_means_and_asks_first(house, clock):
    visitor = house.sign_in_as(treated(house, clock))
    page = visitor.get("/me/consents")
    assert not [one for one in page.forms if one.fields["purpose"] == "diary"]
    stored = everything_stored()["consent"]
    asked = visitor.get(page.links[STOP])
    for words in ("no more entries", "nobody reminds you", "Nothing is deleted", "Your clinic sees", "begin again"):
        assert words in asked.main
    assert everything_stored()["consent"] == stored


def test_a_stopped_diary_asks_nothing_and_can_be_read_and_taken_out(house, clock):
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    entries = revisions_of(patient)
    stop(visitor)
    for path in ("/today", "/diary/2026-03-20"):
        page = visitor.get(path)
        assert page.h1 == "Your diary is stopped"
        assert not page.all("input", name="score")
    diary = visitor.get("/diary")
    assert "Correct" not in diary.main
    assert not [one for one in diary.forms if "wearing-off" in one.action]
    export = next(one for one in visitor.get("/me/data").forms if one.fields["format"] == "json")
    assert b'"withdrawn"' in visitor.open(export.action, method="POST", data=export.fields).data
    assert len(revisions_of(patient)) == len(entries)


def test_a_score_sent_to_a_stopped_diary_is_refused_and_says_why(house):
    patient = house.add_patient()
    visitor = house.sign_in_as(patient)
    form = visitor.get("/today").form()
    stop(visitor)
    assert "This diary is stopped" in visitor.send(form, {"score": "5"}, status=403).text
    assert revisions_of(patient) == []


def test_a_stopped_diary_begins_again_where_it_ended(house, clock):
    patient = treated(house, clock)
    visitor = house.sign_in_as(patient)
    stop(visitor)
    assert "Your diary is stopped." in visitor.get("/me/consents").main
    choose(visitor, "/give", "diary")
    clock.move(days=1)
    visitor = house.sign_in_as(patient)
    assert visitor.send(visitor.get("/today").form(), {"score": "3"}).path.startswith("/diary")


def test_new_words_stand_beside_the_score_and_never_before_it(house, clock, monkeypatch):
    patient = house.add_patient()
    visitor = house.sign_in_as(patient)
    asks = "Your clinic asks you to read what you agree to"
    assert asks not in visitor.get("/today").links
    with_newer_words(monkeypatch)
    page = visitor.get("/today")
    assert asks in page.links
    visitor.send(page.form(), {"score": "6"})
    assert [row.score for row in revisions_of(patient)] == [6]
    assert asks in visitor.get("/today").links
    words = visitor.get("/me/consents")
    assert "These words are new. You agreed to older ones on Friday 20 March." in words.main
    choose(visitor, "/give", "diary")
    assert asks not in visitor.get("/today").links


def test_words_that_changed_while_the_page_was_open_are_not_agreed_to_unread(house, monkeypatch):
    visitor = house.sign_in_as(house.add_patient())
    form = next(one for one in visitor.get("/me/consents").forms if one.fields["purpose"] == "research")
    with_newer_words(monkeypatch, ConsentPurpose.RESEARCH)
    assert "The words have changed" in visitor.send(form, status=409).text


@pytest.mark.parametrize("address", ["/me/consents/give", "/me/consents/withdraw"])
def test_a_purpose_that_there_is_not_is_refused(house, address):
    visitor = house.sign_in_as(house.add_patient())
    visitor.get("/me/consents")
    stored = everything_stored()["consent"]
    visitor.post(address, {"purpose": "advertising", "version": AGREED}, status=422)
    assert everything_stored()["consent"] == stored


def test_the_clinic_sees_where_consent_stands(house):
    patient = house.add_patient()
    nurse, address = house.staff(Role.NURSE), f"/clinic/patients/{patient.patient_id}"
    assert "Consent to the diary: none is recorded." in nurse.get(address).main
    visitor = house.sign_in_as(patient)
    assert "Consent to the diary: given on 20 Mar 2026 in Ebb, version 2026-1." in nurse.get(address).main
    stop(visitor)
    assert "Consent withdrawn on 20 Mar 2026 in Ebb" in nurse.get(address).main


def test_a_nurse_records_a_consent_signed_on_paper(house):
    patient = house.add_patient()
    nurse, address = house.staff(Role.NURSE), f"/clinic/patients/{patient.patient_id}/consents"
    form = nurse.get(address).form()
    refused = nurse.send(form, {"words": "diary/2026-1"}, status=422)
    assert refused.errors_of("said")
    assert refused.errors_of("day")
    paper = {"words": "diary/2026-1", "said": "given", "day": "2026-03-01"}
    assert "This day has not come yet." in nurse.send(form, {**paper, "day": "2026-03-21"}, status=422).errors_of("day")
    nurse.send(form, {**paper, "words": "diary/1999-1"}, status=422)
    done = nurse.send(form, paper)
    assert "given on 1 Mar 2026 on paper, version 2026-1." in done.main
    assert "consent.given" in {row.action for row in audit_rows(house.clinic_id)}
    looks = house.sign_in_as(patient).get("/me/looks").main
    assert "wrote down a consent that you signed" in looks
