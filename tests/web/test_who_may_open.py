"""Doors: every address for everybody, as the declared audience and the policy have it."""

import uuid
from contextvars import Context
from typing import Final

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from diary.app import create_app
from diary.db import snapshot
from diary.models import Entry
from diary.services import invites
from diary.web import guards
from diary.web.guards import Audience, audience_of
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.doors import MAY_MOVE_ON_LOOKING, METHODS, OUTSIDE, Street, a_street, digest, rules_that_answer
from tests.web.people import House
from tests.web.visiting import Visitor

PATIENTS: Final = ("the patient", "another patient")
STAFF: Final = ("clinician", "nurse", "admin", "researcher", "clinician elsewhere")
CLINICIANS, READERS, ADMINS = ("clinician",), ("clinician", "nurse"), ("admin",)
RESEARCHERS: Final = ("researcher", "admin")
EVERYBODY_THERE: Final = ("clinician", "nurse", "admin", "researcher")
WHO_MAY: Final[dict[str, tuple[str, ...]]] = {
    "patient.today": PATIENTS,
    "patient.save_today": PATIENTS,
    "patient.diary": PATIENTS,
    "patient.show_day": PATIENTS,
    "patient.save_day": PATIENTS,
    "patient.undo": PATIENTS,
    "patient.sync_state": PATIENTS,
    "patient.push_key": PATIENTS,
    "patient.reminders": PATIENTS,
    "patient.save_reminders": PATIENTS,
    "patient.ask_address_again": PATIENTS,
    "patient.try_reminders": PATIENTS,
    "patient.stop_reminders": PATIENTS,
    "patient.make_calendar_link": PATIENTS,
    "patient.end_calendar_link": PATIENTS,
    "clinic.reminders": READERS,
    "patient.subscribe": PATIENTS,
    "patient.unsubscribe_here": PATIENTS,
    "patient.unsubscribe": PATIENTS,
    "patient.sync_entries": PATIENTS,
    "patient.say_wearing_off": PATIENTS,
    "patient.take_back_wearing_off": PATIENTS,
    "patient.advice": PATIENTS,
    "patient.more": PATIENTS,
    "patient.save_more": PATIENTS,
    "patient.take_back_more": PATIENTS,
    "patient.readings": PATIENTS,
    "patient.save_reading": PATIENTS,
    "patient.take_back_score": PATIENTS,
    "patient.pause": PATIENTS,
    "patient.start_pause": PATIENTS,
    "patient.end_pause": PATIENTS,
    "patient.undo_pause": PATIENTS,
    "clinic.save_diary_settings": ADMINS,
    "patient.me": PATIENTS,
    "patient.save_me": PATIENTS,
    "patient.save_language": PATIENTS,
    "patient.looks": PATIENTS,
    "patient.courses": PATIENTS,
    "patient.settle": PATIENTS,
    "patient.own_data": PATIENTS,
    "patient.take_out": PATIENTS,
    "patient.consents": PATIENTS,
    "patient.stop_diary": PATIENTS,
    "patient.give_consent": PATIENTS,
    "patient.withdraw_consent": PATIENTS,
    "clinic.consents": READERS,
    "clinic.record_consent": READERS,
    "patient.move": PATIENTS,
    "patient.take_copy_out": PATIENTS,
    "patient.make_move_code": PATIENTS,
    "patient.erasure": PATIENTS,
    "patient.ask_erasure": PATIENTS,
    "patient.take_back_erasure": PATIENTS,
    "clinic.worklist": READERS,
    "clinic.round": READERS,
    "clinic.views": READERS,
    "clinic.save_view": READERS,
    "clinic.delete_view": READERS,
    "clinic.give_tag": READERS,
    "clinic.take_tag_away": READERS,
    "clinic.new_patient": READERS,
    "clinic.add_patient": READERS,
    "clinic.patient": READERS,
    "clinic.figure": READERS,
    "clinic.behind": READERS,
    "clinic.take_back_impression": READERS,
    "clinic.record_impression": READERS,
    "clinic.take_back_event": READERS,
    "clinic.record_event": READERS,
    "clinic.take_back_note": READERS,
    "clinic.write_note": READERS,
    "clinic.letters": READERS,
    "clinic.letter": READERS,
    "clinic.write_letter": READERS,
    "clinic.letter_pdf": READERS,
    "clinic.digest": READERS,
    "clinic.save_digest": READERS,
    "clinic.try_digest": READERS,
    "clinic.stop_digest": READERS,
    "clinic.invite": READERS,
    "clinic.change_life_cycle": READERS,
    "clinic.particulars": READERS,
    "clinic.save_particulars": READERS,
    "clinic.change_language": READERS,
    "clinic.new_course": READERS,
    "clinic.add_course": READERS,
    "clinic.correct_course": READERS,
    "clinic.save_correction": READERS,
    "clinic.new_infusion": READERS,
    "clinic.add_infusion": READERS,
    "clinic.new_plan": READERS,
    "clinic.plan_course": READERS,
    "clinic.show_move": READERS,
    "clinic.move_course": READERS,
    "clinic.cancel_course": READERS,
    "clinic.new_past_courses": READERS,
    "clinic.bring_in_courses": READERS,
    "clinic.new_infusions": READERS,
    "clinic.add_infusions": READERS,
    "clinic.correct_infusion": READERS,
    "clinic.save_infusion_correction": READERS,
    "clinic.take_back_infusion": READERS,
    "clinic.take_back_baseline": CLINICIANS,
    "clinic.protocols": EVERYBODY_THERE,
    "clinic.new_protocol": ("clinician", "admin"),
    "clinic.add_protocol": ("clinician", "admin"),
    "clinic.edit_protocol": ("clinician", "admin"),
    "clinic.change_protocol": ("clinician", "admin"),
    "clinic.retire_protocol": ("clinician", "admin"),
    "clinic.new_baseline": CLINICIANS,
    "clinic.give_baseline": CLINICIANS,
    "clinic.decide": CLINICIANS,
    "clinic.ask_reversal": CLINICIANS,
    "clinic.reverse": CLINICIANS,
    "clinic.plan": CLINICIANS,
    "clinic.release": CLINICIANS,
    "clinic.take_back_released": CLINICIANS,
    "clinic.decision_figure": READERS,
    "clinic.paper": READERS,
    "clinic.write_paper": READERS,
    "clinic.decision": READERS,
    "clinic.move_out": READERS,
    "clinic.take_copy_out": READERS,
    "clinic.make_move_code": READERS,
    "clinic.move_in": READERS,
    "clinic.take_in": READERS,
    "clinic.break_glass": READERS,
    "clinic.close_glass": READERS,
    "clinic.protection": ADMINS,
    "clinic.save_protection": ADMINS,
    "clinic.broken_glass": ADMINS,
    "clinic.review_glass": ADMINS,
    "clinic.mail_invite": READERS,
    "clinic.invites": READERS,
    "clinic.make_cards": READERS,
    "clinic.members": ADMINS,
    "clinic.new_member": ADMINS,
    "clinic.invite_member": ADMINS,
    "clinic.member": ADMINS,
    "clinic.change_roles": ADMINS,
    "clinic.suspend": ADMINS,
    "clinic.bring_back": ADMINS,
    "clinic.end_membership": ADMINS,
    "clinic.renew_member_invite": ADMINS,
    "clinic.withdraw_member_invite": ADMINS,
    "clinic.leave": EVERYBODY_THERE,
    "clinic.leave_clinic": EVERYBODY_THERE,
    "account.join": (*PATIENTS, *STAFF),
    "account.clinics": (*PATIENTS, *STAFF),
    "account.work_in": (*PATIENTS, *STAFF),
    "account.confirm": (*PATIENTS, *STAFF),
    "account.send_confirm": (*PATIENTS, *STAFF),
    "account.code": ("halfway",),
    "account.send_code": ("halfway",),
    "account.set_up": ("halfway",),
    "account.send_set_up": ("halfway",),
    "account.own_sessions": (*PATIENTS, *STAFF),
    "account.end_session": (*PATIENTS, *STAFF),
    "account.end_other_sessions": (*PATIENTS, *STAFF),
    "account.forget_devices": (*PATIENTS, *STAFF),
    "account.share_session": (*PATIENTS, *STAFF),
    "account.lock": PATIENTS,
    "account.set_lock": PATIENTS,
    "account.remove_lock": PATIENTS,
    "account.lock_now": PATIENTS,
    "account.unlock": ("locked",),
    "account.send_unlock": ("locked",),
    "account.ask_passkey_to_unlock": ("locked",),
    "account.prove_by_passkey": ("halfway",),
    "account.set_up_passkey": ("halfway",),
    "account.ask_second_factor": ("halfway",),
    "account.ask_for_first": ("halfway",),
    "account.ask_to_confirm": (*PATIENTS, *STAFF),
    "account.ask_for_new": (*PATIENTS, *STAFF),
    "account.security": (*PATIENTS, *STAFF),
    "account.add_passkey": (*PATIENTS, *STAFF),
    "account.save_passkey": (*PATIENTS, *STAFF),
    "account.remove_passkey": (*PATIENTS, *STAFF),
    "account.password": (*PATIENTS, *STAFF),
    "account.change_password": (*PATIENTS, *STAFF),
    "account.app": STAFF,
    "account.replace_app": STAFF,
    "account.new_recovery_codes": STAFF,
    "clinic.give_sign_in_link": READERS,
    "clinic.give_factor_link": ADMINS,
    "clinic.settings": EVERYBODY_THERE,
    "clinic.save_settings": ADMINS,
    "clinic.audit": ADMINS,
    "clinic.take_out_audit": ADMINS,
    "clinic.erasures": ADMINS,
    "clinic.erase": ADMINS,
    "clinic.carry_out": ADMINS,
    "clinic.erasure_certificate": ADMINS,
    "clinic.retention": ADMINS,
    "clinic.save_retention": ADMINS,
    "clinic.research": RESEARCHERS,
    "clinic.take_out_research": RESEARCHERS,
    "clinic.cohort": EVERYBODY_THERE,
    "clinic.cohort_figures": EVERYBODY_THERE,
    "clinic.cohort_csv": EVERYBODY_THERE,
    "clinic.rules": EVERYBODY_THERE,
    "clinic.edit_rules": ADMINS,
    "clinic.save_rules": ADMINS,
    "clinic.edit_medicine": ADMINS,
    "clinic.save_medicine": ADMINS,
}
"""Every view that is not for everyone, and who of the patient's clinic may use it."""
WITHOUT_TOKEN: Final = {
    "patient.sync_entries",
    "patient.subscribe",
    "patient.unsubscribe_here",
    "public.stop_mails_now",
    "public.stop_digest_now",
}
"""What a script of ours, or a mail program, sends from no page: it shows by something else that it may."""
OF_THE_WAITING: Final = (Audience.HALFWAY, Audience.LOCKED)
"""Pages of those who are not signed in yet or not any more; to everybody else they are closed."""
DONE: Final = {200, 303, 409, 422}
"""What is answered to a form that was let in."""
ALSO: Final = {
    "patient.undo": {404},
    "patient.end_pause": {404},
    "patient.undo_pause": {404},
    "patient.take_back_score": {404},
    "patient.settle": {404},
    "patient.sync_entries": {415},
    "patient.subscribe": {415},
    "patient.unsubscribe_here": {415},
    "patient.unsubscribe": {404},
    "clinic.review_glass": {404},
    "clinic.take_back_infusion": {404},
    "clinic.save_infusion_correction": {404},
    "clinic.edit_protocol": {404},
    "clinic.change_protocol": {404},
    "clinic.retire_protocol": {404},
    "account.join": {410},
    "account.work_in": {404},
    "account.end_session": {404},
    "account.ask_passkey_to_unlock": {415},
    "account.set_up_passkey": {403},
    "account.ask_second_factor": {415},
    "account.ask_for_first": {415},
    "account.ask_to_confirm": {415},
    "account.ask_for_new": {415},
    "account.ask_to_sign_in": {415},
    "account.ask_invited": {415},
    "account.ask_by_link": {415},
    "account.remove_passkey": {404},
    "clinic.mail_invite": {410},
    "clinic.take_back_note": {404},
    "clinic.take_back_event": {404},
    "clinic.take_back_impression": {404},
}
"""What else is answered to whoever may: there is no such entry."""


@pytest.fixture
def street(app: Flask, clock: TestClock, house: House) -> Street:
    """Two clinics with everybody in them."""
    return a_street(app, clock, house)


def expected(app: Flask, rule: Rule, person: str, method: str) -> set[int]:
    """Return the statuses that the table allows."""
    audience = audience_of(app, rule.endpoint)
    if audience is Audience.EVERYONE:
        return {200, 303, 410} if method != "POST" else {303, 410, 422} | ALSO.get(rule.endpoint, set())
    if audience is Audience.PHONE and person in OUTSIDE:
        return {401}
    if audience in OF_THE_WAITING and person in WHO_MAY[rule.endpoint]:
        return let_in(rule, method) | {303}
    if audience in OF_THE_WAITING and person not in OUTSIDE:
        return {404} if audience is Audience.HALFWAY else {303, 415}
    if person in OUTSIDE:
        return {403} if person == "locked" and method == "POST" else {303}
    return let_in(rule, method) if audience is Audience.SIGNED_IN else of_role(audience, rule, person, method)


def of_role(audience: Audience | None, rule: Rule, person: str, method: str) -> set[int]:
    """Return the statuses of a page of patients or of staff for somebody who is signed in."""
    if (audience in (Audience.PATIENT, Audience.PHONE)) != (person in PATIENTS):
        return {404}
    if person == "clinician elsewhere" and {"patient_id", "protocol_id"} & rule.arguments:
        return {404}
    role = "clinician" if person == "clinician elsewhere" else person
    return let_in(rule, method) if role in WHO_MAY[rule.endpoint] else {403}


def let_in(rule: Rule, method: str) -> set[int]:
    """Return the statuses of an answer to whoever may."""
    return DONE | ALSO.get(rule.endpoint, set()) if method == "POST" else {200}


def test_the_table_names_every_view_that_is_not_for_everyone(app: Flask) -> None:
    views = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(WHO_MAY) == {view for view in views if audience_of(app, view) is not Audience.EVERYONE}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_every_address_answers_everybody_as_declared_and_no_look_changes_anything(street: Street, method: str) -> None:
    wrong = []
    for person, visitor in street.people.items():
        before = digest(but=MAY_MOVE_ON_LOOKING)
        for rule in rules_that_answer(street.app, "GET"):
            address = street.address_of(rule)
            answer = visitor.open(address, method=method)
            if answer.status_code not in expected(street.app, rule, person, method):
                wrong.append(f"{person} {method} {address}: {answer.status_code}")
            if person in OUTSIDE and rule.endpoint in WHO_MAY and b"Ramirez" in answer.data:
                wrong.append(f"{person} {method} {address}: tells a name")
        if digest(but=MAY_MOVE_ON_LOOKING) != before:
            wrong.append(f"what {person} opened changed the database")
    assert not wrong, "\n".join(wrong)


def test_a_method_that_an_address_does_not_take_is_refused_to_everybody_and_changes_nothing(street: Street) -> None:
    taken: dict[str, set[str]] = {}
    for rule in street.app.url_map.iter_rules():
        taken.setdefault(street.address_of(rule), set()).update(rule.methods or ())
    wrong = []
    for person, visitor in street.people.items():
        before = digest()
        for address, methods in taken.items():
            refused = sorted(set(METHODS) - methods)
            for method in refused if person in ("signed out", "clinician") else refused[:1]:
                answer = Context().run(visitor.client.open, address, method=method, data={"score": "5"})
                if answer.status_code != 405:
                    wrong.append(f"{person} {method} {address}: {answer.status_code}")
        if digest() != before:
            wrong.append(f"{person} changed the database")
    assert not wrong, "\n".join(wrong)


def test_nobody_posts_without_the_token_of_a_page(street: Street) -> None:
    wrong = []
    for person, visitor in street.people.items():
        before = digest()
        for rule in rules_that_answer(street.app, "POST"):
            answer = visitor.open(street.address_of(rule), method="POST", data={"score": "5", "kind": "stop"})
            without = rule.endpoint in WITHOUT_TOKEN and answer.status_code in (401, 404, 410, 415)
            if answer.status_code != 400 and not without:
                wrong.append(f"{person} POST {rule}: {answer.status_code}")
        if digest() != before:
            wrong.append(f"{person} changed the database without a token")
    assert not wrong, "\n".join(wrong)


def test_a_token_of_somebody_elses_page_is_refused(street: Street) -> None:
    nurse = street.people["nurse"]
    nurse.get("/clinic/patients/new")
    token = nurse.csrf_token
    before = digest()
    fields = {"csrf_token": token, "name": "X", "reference": "X-1", "time_zone": "UTC"}
    assert street.people["clinician"].open("/clinic/patients/new", method="POST", data=fields).status_code == 400
    assert digest() == before


FORMS = {
    "clinic.add_patient": {"name": "X", "reference": "X-1", "time_zone": "UTC"},
    "clinic.add_course": {
        "medicine": "ketamine", "status": "given", "first_day": "2026-03-10", "last_day": "2026-03-11"
    },
    "clinic.save_correction": {
        "medicine": "lidocaine", "status": "given", "first_day": "2026-03-02", "last_day": "2026-03-06", "reason": "x"
    },
    "clinic.add_infusion": {"day": "2026-03-06", "medicine": "ketamine", "client_ref": str(uuid.UUID(int=40))},
    "clinic.give_baseline": {"value": "7", "reason": "notes", "client_ref": str(uuid.UUID(int=31))},
    "clinic.take_back_baseline": {"why": "notes", "client_ref": str(uuid.UUID(int=32))},
    "clinic.plan_course": {
        "medicine": "ketamine", "first_day": "2027-03-10", "last_day": "2027-03-11",
        "client_ref": str(uuid.UUID(int=33)),
    },
    "clinic.move_course": {"first_day": "2027-03-10", "last_day": "2027-03-11", "reason": "x"},
    "clinic.cancel_course": {"why": "x"},
    "clinic.bring_in_courses": {
        "row-0-medicine": "lidocaine", "row-0-first_day": "2020-03-10", "row-0-last_day": "2020-03-11",
        "client_ref": str(uuid.UUID(int=34)),
    },
    "clinic.add_infusions": {
        "row-0-day": "2026-03-03", "row-0-medicine": "ketamine", "row-0-dose": "40", "row-0-unit": "mg",
        "client_ref": str(uuid.UUID(int=35)),
    },
    "clinic.save_infusion_correction": {
        "day": "2026-03-03", "medicine": "ketamine", "reason": "x", "client_ref": str(uuid.UUID(int=36))
    },
    "clinic.take_back_infusion": {"why": "x"},
    "clinic.add_protocol": {
        "name": "Five days", "medicine": "ketamine", "days": "5", "client_ref": str(uuid.UUID(int=37))
    },
    "clinic.change_protocol": {
        "name": "Ten days", "medicine": "ketamine", "days": "5", "client_ref": str(uuid.UUID(int=38))
    },
    "clinic.retire_protocol": {"sure": "y"},
    "clinic.save_view": {"name": "mine", "mine": "1"},
    "clinic.delete_view": {"sure": "n"},
    "clinic.give_tag": {"tag": "trial"},
    "clinic.take_tag_away": {"tag": "trial"},
    "clinic.write_note": {"words": "slept badly", "client_ref": str(uuid.UUID(int=21))},
    "clinic.take_back_note": {"why": "another patient's"},
    "clinic.record_event": {
        "happened": "liver_test", "happened_on": "2026-03-10", "client_ref": str(uuid.UUID(int=22))
    },
    "clinic.take_back_event": {"why": "another patient's"},
    "clinic.record_impression": {
        "answer": "2", "said_on": "2026-03-10", "how": "phone", "client_ref": str(uuid.UUID(int=23))
    },
    "clinic.take_back_impression": {"why": "another patient's"},
    "clinic.take_copy_out": {},
    "clinic.make_move_code": {},
    "clinic.take_in": {"code": "A" * 26},
    "patient.take_copy_out": {},
    "patient.make_move_code": {},
    "clinic.decide": {"kind": "stop", "reason": "x", "shown_digest": "0" * 64},
    "clinic.reverse": {"reason": "x", "shown_digest": "0" * 64, "client_ref": str(uuid.UUID(int=31))},
    "clinic.release": {"words": "We wait for now.", "client_ref": str(uuid.UUID(int=32))},
    "clinic.take_back_released": {"reason": "x"},
    "clinic.write_paper": {
        "written_from": "sheet", "dated": "2026-03-20", "first": "2026-03-14", "client_ref": str(uuid.UUID(int=33))
    },
    "clinic.change_life_cycle": {"life_cycle": "discharged"},
    "clinic.save_particulars": {"name": "X", "reference": "X-7", "shown": "{}"},
    "clinic.invite": {},
    "clinic.mail_invite": {"email": "ana@home.example", "token": "no-such-token"},
    "clinic.make_cards": {},
    "clinic.invite_member": {"name": "X", "email": "x@west.example", "roles": "nurse"},
    "clinic.change_roles": {"roles": "nurse"},
    "clinic.suspend": {"sure": "y"},
    "clinic.bring_back": {},
    "clinic.end_membership": {"sure": "y"},
    "clinic.renew_member_invite": {},
    "clinic.withdraw_member_invite": {},
    "clinic.leave_clinic": {},
    "account.join": {"mine": "y"},
    "account.work_in": {"clinic": str(uuid.UUID(int=3))},
    "account.send_confirm": {},
    "account.send_code": {"code": "000000"},
    "account.send_set_up": {"code": "000000"},
    "account.end_session": {},
    "account.end_other_sessions": {},
    "account.forget_devices": {},
    "account.share_session": {},
    "account.set_lock": {"pin": "1", "again": "1"},
    "account.remove_lock": {},
    "account.lock_now": {},
    "account.send_unlock": {"unlock-pin": "000000"},
    "account.ask_passkey_to_unlock": {},
    "account.prove_by_passkey": {"ceremony": "x", "answer": "x"},
    "account.set_up_passkey": {"ceremony": "x", "answer": "x"},
    "account.ask_second_factor": {},
    "account.ask_for_first": {},
    "account.ask_to_confirm": {},
    "account.ask_for_new": {},
    "account.save_passkey": {"ceremony": "x", "answer": "x", "name": "x"},
    "account.remove_passkey": {"passkey": "x", "sure": "y"},
    "account.change_password": {"old": "x", "password": "x"},
    "account.replace_app": {"code": "000000"},
    "account.new_recovery_codes": {},
    "clinic.give_sign_in_link": {},
    "clinic.give_factor_link": {},
    "clinic.take_out_audit": {},
    "clinic.carry_out": {"how": "paper", "asked_on": "2026-03-10", "word": "somebody else"},
    "clinic.save_retention": {"years": "10"},
    "clinic.take_out_research": {},
    "clinic.cohort_csv": {},
    "patient.ask_erasure": {"word": "ERASE"},
    "patient.take_back_erasure": {},
    "clinic.break_glass": {"reason": "a fall in the waiting room"},
    "clinic.close_glass": {},
    "clinic.save_protection": {"reason": "nobody is responsible yet", "act": "protect"},
    "clinic.review_glass": {"outcome": "justified"},
    "clinic.save_settings": {"name": "X", "phone": "1", "emergency_number": "2"},
    "clinic.save_rules": {"week_minimum": "5", "reason": "x", "base_version": "1"},
    "clinic.save_medicine": {"waiting_time": "35", "reason": "x", "base_version": "1"},
    "patient.save_today": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=1))},
    "patient.save_day": {"score": "5", "day": "2026-03-20", "client_ref": str(uuid.UUID(int=2))},
    "patient.undo": {},
    "patient.settle": {"choice": "kept"},
    "patient.sync_entries": {},
    "patient.subscribe": {},
    "patient.unsubscribe_here": {},
    "patient.unsubscribe": {},
    "patient.take_out": {"format": "json"},
    "patient.give_consent": {"purpose": "research", "version": "2026-1"},
    "patient.withdraw_consent": {"purpose": "research"},
    "clinic.record_consent": {"words": "diary/2026-1", "said": "given", "day": "2026-03-20"},
    "patient.say_wearing_off": {},
    "patient.take_back_wearing_off": {},
    "patient.save_more": {"worst": "8", "client_ref": str(uuid.UUID(int=3))},
    "patient.take_back_more": {"client_ref": str(uuid.UUID(int=4))},
    "patient.save_reading": {"score": "5", "client_ref": str(uuid.UUID(int=5))},
    "patient.take_back_score": {},
    "patient.start_pause": {"reason": "holiday", "first_day": "2026-04-20", "client_ref": str(uuid.UUID(int=6))},
    "patient.end_pause": {},
    "patient.undo_pause": {},
    "clinic.save_diary_settings": {"notes": "y", "working_days": "mon"},
    "patient.save_reminders": {"hour": "19"},
    "patient.ask_address_again": {},
    "patient.try_reminders": {},
    "patient.stop_reminders": {},
    "patient.make_calendar_link": {},
    "patient.end_calendar_link": {},
    "patient.save_me": {"hand": "left"},
    "patient.save_language": {"language": "de"},
    "clinic.change_language": {"language": "de"},
    "clinic.write_letter": {"kind": "visit", "language": "nl", "sheet": "a4"},
    "clinic.letter_pdf": {"kind": "love"},
    "clinic.save_digest": {"email": "nobody"},
    "clinic.try_digest": {},
    "clinic.stop_digest": {},
}  # fmt: skip


def test_every_form_is_taken_from_whom_the_table_says_and_from_nobody_else(street: Street, clock: TestClock) -> None:
    rules = [rule for rule in rules_that_answer(street.app, "POST") if rule.endpoint in WHO_MAY]
    assert {rule.endpoint for rule in rules} == set(FORMS), "a form that this test does not know"
    wrong, now = [], clock.now
    for person, visitor in street.people.items():
        token = a_token(street, visitor)
        answers = {rule.endpoint: expected(street.app, rule, person, "POST") for rule in rules}
        refused = [rule for rule in rules if not answers[rule.endpoint] & DONE - {303}]
        before = digest()
        for rule in [*refused, *(rule for rule in rules if rule not in refused)]:
            clock.now = now  # nobody idles out while others write
            data = {**FORMS[rule.endpoint], "csrf_token": token}
            status = visitor.open(street.address_of(rule), method="POST", data=data).status_code
            if status not in answers[rule.endpoint]:
                wrong.append(f"{person} POST {rule}: {status}, not {sorted(answers[rule.endpoint])}")
            if refused and rule is refused[-1] and digest() != before:
                wrong.append(f"{person} POST: one of those that are refused changed the database")
    assert not wrong, "\n".join(wrong)


def a_token(street: Street, visitor: Visitor) -> str:
    """Return a token that the forms of this visitor carry; an invite's page has one for everybody."""
    about = subject(street.house.add_patient(f"M-{uuid.uuid4().hex[:8]}"))
    visitor.get(f"/invite/{invites.invite_patient(street.house.clinician, about, clock=street.house.clock)}")
    return visitor.csrf_token


def headers_of(answer: TestResponse) -> dict[str, str]:
    """Return what an answer's head says, but for what is of the request alone."""
    return {name: value for name, value in answer.headers if name not in ("Date", "X-Request-ID")}


def test_somebody_elses_patient_and_nobody_answer_byte_for_byte_the_same(street: Street) -> None:
    elsewhere = street.people["clinician elsewhere"]
    unknown = uuid.UUID("6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001")
    for rule in rules_that_answer(street.app, "GET"):
        if "patient_id" not in rule.arguments:
            continue
        theirs = elsewhere.open(street.address_of(rule))
        nobody = elsewhere.open(street.address_of(rule, patient_id=unknown))
        assert (theirs.status_code, theirs.data) == (nobody.status_code, nobody.data)
        assert theirs.status_code == 404
        assert headers_of(theirs) == headers_of(nobody)


def test_what_is_sent_about_somebody_elses_patient_and_about_nobody_is_answered_the_same(street: Street) -> None:
    elsewhere, nobody = street.people["clinician elsewhere"], uuid.UUID("6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001")
    token, before = a_token(street, elsewhere), digest()
    clock: TestClock = street.house.clock  # type: ignore[assignment]
    now = clock.now
    for rule in rules_that_answer(street.app, "POST"):
        if "patient_id" not in rule.arguments:
            continue
        for fields in (FORMS[rule.endpoint], {}):
            clock.now = now  # the proof of who asks does not grow old meanwhile
            data = {**fields, "csrf_token": token}
            theirs = elsewhere.open(street.address_of(rule), method="POST", data=data)
            unknown = elsewhere.open(street.address_of(rule, patient_id=nobody), method="POST", data=data)
            told = [answer.get_data(as_text=True).replace(str(nobody), "") for answer in (theirs, unknown)]
            assert theirs.status_code == unknown.status_code, rule
            assert told[0].replace(str(street.patient.patient_id), "") == told[1], rule
            assert theirs.status_code == 404 or not fields, rule
    assert digest() == before


def test_an_entry_of_another_patient_is_not_there_to_be_undone(street: Street) -> None:
    other = street.people["another patient"]
    with snapshot() as session:
        held = session.scalars(select(Entry.id).where(Entry.patient_id == street.patient.patient_id)).first()
    undo = next(rule for rule in rules_that_answer(street.app, "POST") if rule.endpoint == "patient.undo")
    data, before = {"csrf_token": a_token(street, other)}, digest()
    told = [
        other.open(street.address_of(undo, entry_id=entry), method="POST", data=data)
        for entry in (held, uuid.UUID(int=8))
    ]
    assert [answer.status_code for answer in told] == [404, 404]
    assert told[0].data == told[1].data
    assert digest() == before


def test_a_course_of_another_patient_is_not_there(street: Street, clock: TestClock) -> None:
    clinician = street.people["clinician"]
    other = street.house.add_patient("M-9", "Smith, Olive")
    for rule in rules_that_answer(street.app, "GET"):
        if "course_id" in rule.arguments:
            clinician.get(street.address_of(rule, patient_id=other.patient_id), 404)


def test_a_view_without_an_audience_stops_the_app_from_starting(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "open_to", lambda audience: lambda view: view)
    known = app.extensions["ebb"].settings
    monkeypatch.setattr("diary.web.guards.audience_of", lambda _app, name: None if name == "public.about" else "x")
    with pytest.raises(guards.UndeclaredAudience, match=r"public\.about"):
        create_app(known)


def test_a_view_that_is_added_without_an_audience_is_found(app: Flask) -> None:
    app.url_map._remap = True
    app.view_functions["forgotten"] = lambda: "everything"
    app.url_map.add(app.url_rule_class("/forgotten", endpoint="forgotten"))
    with pytest.raises(guards.UndeclaredAudience, match="forgotten"):
        guards.check_audiences(app)


def test_a_suspended_member_and_a_patient_who_moved_away_are_out_at_once(street: Street) -> None:
    from diary.db import transaction  # noqa: PLC0415
    from diary.models import Member, Patient  # noqa: PLC0415
    from diary.models.clinics import MemberStatus  # noqa: PLC0415

    with transaction() as session:
        for member in session.query(Member).filter(Member.name.startswith("Nurse")):
            member.status = MemberStatus.SUSPENDED
        session.get_one(Patient, (street.house.clinic_id, street.patient.patient_id)).life_cycle = "moved"
    assert street.people["nurse"].open("/clinic/").status_code == 303
    assert street.people["the patient"].open("/today").status_code == 303
