"""What is written about who may do what agrees with the code."""

import ast

import pytest

from diary.access.policy import CONFIRMED_FIRST, Permission, Subject, require
from diary.services import courses, patients, wearing_off
from diary.web.guards import Audience, audience_of
from script.lib.permissions_asked import permissions_asked
from script.lib.permissions_page import PAGE, permissions_page
from script.lib.rules_code import ROOT

OF_WHOEVER_ASKS = {"patient.me"}
"""Open to people who are signed in, and shows what is stored about themselves without asking for more."""
OWN_ACCOUNT = "account."
"""Pages about how one signs in: the account is that of the session, and there is nobody else's to ask for."""


def test_the_page_of_permissions_is_what_the_code_says(app):
    assert PAGE.read_text(encoding="utf-8") == permissions_page(app), "Run script/docs and look at what has changed."


def test_every_view_that_is_not_for_everyone_asks_for_a_permission(app):
    closed = {rule.endpoint for rule in app.url_map.iter_rules()}
    closed = {endpoint for endpoint in closed if audience_of(app, endpoint) is not Audience.EVERYONE}
    closed = {endpoint for endpoint in closed if not endpoint.startswith(OWN_ACCOUNT)}
    asks = {endpoint for endpoint in closed if permissions_asked(app.view_functions[endpoint])}
    assert closed - asks == OF_WHOEVER_ASKS


def test_a_proof_is_asked_for_exactly_where_the_policy_says():
    asked = {
        Permission[call.args[1].attr]
        for file in (ROOT / "diary" / "services").rglob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "require_confirmed"
    }
    assert asked == CONFIRMED_FIRST


@pytest.mark.parametrize(
    ("function", "asked"),
    [
        (patients.change_hand, {Permission.ENTRY_WRITE}),
        (patients.change_life_cycle, {Permission.PATIENT_WRITE}),
        (courses.record_event, {Permission.COURSE_WRITE}),
        (wearing_off.say_wearing_off, {Permission.WEARING_OFF_SAY}),
        (patients.own_particulars, set()),
    ],
)
def test_what_is_asked_is_found_where_it_is_asked(function, asked):
    assert permissions_asked(function) == asked


def test_a_call_that_leads_round_in_a_circle_is_followed_once():
    assert permissions_asked(first) == {Permission.CLINIC_READ}


def first(who):
    second(who)


def second(who):
    require(who, Permission.CLINIC_READ, Subject(who.clinic_id))
    first(who)


first.__module__ = second.__module__ = "diary.services.made_up"
