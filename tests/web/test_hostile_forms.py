"""Every field of every form takes hostile texts with a clear answer, and what is stored is shown as words only."""

from typing import Final
from urllib.parse import quote

import pytest
from flask import Flask

from diary.access.identity import OPERATOR
from diary.services import account_links, invites, second_factors
from diary.services.members import invite_member
from diary.vocabulary import Role
from tests.clinic_builders import confirmed, subject
from tests.conftest import TestClock
from tests.messaging.post_office import set_up_mail
from tests.web.canaries import MarkedClinic, a_marked_clinic, crawl
from tests.web.hostile import HOSTILE, forms_of, send, text_fields
from tests.web.pages import Page
from tests.web.people import PASSWORD, House, accept
from tests.web.visiting import Visitor

CLEAR: Final = {200, 303, 400, 404, 409, 410, 413, 422, 429}
FORMS_THERE_ARE: Final = {
    "clinician": {"clinic.write_paper", "clinic.reverse", "clinic.release",
                  "clinic.worklist", "clinic.add_patient", "clinic.add_course", "clinic.save_correction",
                  "clinic.add_infusion", "clinic.give_baseline", "clinic.decide", "clinic.change_life_cycle",
                  "clinic.save_particulars",
                  "clinic.record_event", "clinic.break_glass", "clinic.make_cards", "clinic.record_consent",
                  "clinic.take_in", "account.change_password", "account.replace_app", "account.save_passkey"},
    "admin": {"clinic.save_settings", "clinic.save_rules", "clinic.save_medicine", "clinic.invite_member",
              "clinic.change_roles", "clinic.save_protection", "clinic.save_retention", "clinic.review_glass",
              "clinic.audit", "clinic.erasures", "clinic.carry_out", "clinic.broken_glass"},
    "one": {"patient.save_day", "patient.save_me", "patient.take_out", "patient.ask_erasure", "patient.give_consent",
            "account.set_lock", "account.remove_passkey", "account.join"},
    "signed out": {"account.send_sign_in", "account.accept_invite", "account.send_forgotten",
                   "account.choose_password", "account.begin_with_password"},
    "halfway": {"account.send_code"},
    "newcomer": {"account.send_set_up"},
    "locked": {"account.send_unlock"},
}  # fmt: skip
"""The forms with fields that the walk has to come to; those that are added are walked too."""


@pytest.fixture
def west(app: Flask, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> MarkedClinic:
    """A clinic with everything in it, whose pages may show what looks like leftovers: somebody wrote it."""
    monkeypatch.setattr(Page, "allowed", ("{{", "{%", "%(", "&amp;", "&lt;"))
    return a_marked_clinic(app, clock, "west")


def visit(west: MarkedClinic, clock: TestClock, person: str) -> tuple[Visitor, list[str]]:
    """Return a person and the addresses that they begin from beside the start page."""
    house = west.house
    if person in ("clinician", "admin"):
        return west.people[person], [
            f"/clinic/erasures/patients/{west.patients['two'].patient_id}"
        ] if person == "admin" else []
    if person == "locked":
        west.people["two"].set_pin()
        west.people["two"].send(west.people["two"].get("/account/sessions").form("/account/lock/now"))
        return west.people["two"], ["/account/unlock"]
    if person in ("halfway", "newcomer"):
        return _halfway(house, clock, with_app=person == "halfway"), ["/sign-in/code"]
    new = house.add_patient("H-0", "Somebody New")
    invite = f"/invite/{invites.invite_patient(house.clinician, subject(new), clock=clock)}"
    if person == "one":
        return west.people["one"], ["/diary/2026-03-20", "/diary/2026-03-19", invite]
    set_up_mail(house.app, "smtp://127.0.0.1:9")
    return Visitor(house.app), [invite, "/sign-in/forgotten", *_links(west, clock)]


def _halfway(house: House, clock: TestClock, *, with_app: bool) -> Visitor:
    name = "halfway@west.example"
    token = invite_member(OPERATOR, name, clinic=house.name, roles=[Role.NURSE], clock=clock)
    account_id = accept(token, name, clock)
    if with_app:
        second_factors.give_app(account_id, clock=clock)
    visitor = Visitor(house.app)
    visitor.send(visitor.get("/sign-in").form(), {"email": name, "password": PASSWORD})
    return visitor


def _links(west: MarkedClinic, clock: TestClock) -> list[str]:
    """Return a link for a new password and one for a new second factor."""
    house = west.house
    asking = confirmed(house.clinician, clock)
    password = account_links.give_patient_link(asking, subject(west.patients["two"]), clock=clock)
    factor = account_links.give_factor_link_to(OPERATOR, "first@west.example", clock=clock)
    return [f"/link/{password.token}", f"/link/{factor.token}"]


@pytest.mark.long
@pytest.mark.parametrize("person", FORMS_THERE_ARE)
def test_no_field_of_any_form_breaks_or_becomes_code(west: MarkedClinic, clock: TestClock, person: str) -> None:
    visitor, first = visit(west, clock, person)
    forms, now, wrong = forms_of(visitor, *first), clock.now, []
    assert FORMS_THERE_ARE[person] <= forms.keys(), "a form that the walk never came to"
    for field in text_fields(forms.values()):
        for kind, written in field.texts.items():
            clock.now = now
            answer = send(visitor, field, written)
            where = f"{kind} in {field.name} of {field.form.action}"
            if answer.status_code not in CLEAR | ({403} if person == "locked" else set()):  # of wrong PINs the fifth
                wrong.append(f"{where}: {answer.status_code}")
            if "hostile" in str(answer.headers.get_all("Set-Cookie")) or b"<script>hostile" in answer.data:
                wrong.append(f"{where}: became code")
            if kind == "1 MB" and field.form.method == "post" and answer.status_code != 413:
                wrong.append(f"{where}: {answer.status_code} for a text that is too long")
    assert not wrong, "\n".join(wrong)
    for reader in (west.people["clinician"], west.people["admin"]):
        broken = [f"{path}: {one.status_code}" for path, one in crawl(reader) if one.status_code >= 500]
        assert not broken, broken


ADDRESSES: Final = (
    "/clinic/?search={}", "/clinic/?after={}", "/clinic/?state={}&medicine={}",
    "/clinic/audit?patient={}&from={}&to={}", "/clinic/audit?member={}&kind={}&before={}",
    "/clinic/patients/{}", "/clinic/rules/medicines/{}", "/diary?saved={}",
    "/diary?all={}", "/diary/{}", "/invite/{}", "/sign-in?next={}", "/static/{}", "/{}",
)  # fmt: skip


@pytest.mark.parametrize("person", ["clinician", "admin", "one", "signed out"])
def test_no_part_of_an_address_breaks_or_becomes_code(west: MarkedClinic, clock: TestClock, person: str) -> None:
    visitor, _first = visit(west, clock, person)
    wrong = []
    for address in ADDRESSES:
        for kind, written in HOSTILE.items():
            answer = visitor.open(address.replace("{}", quote(written[:60_000], safe="", errors="surrogatepass")))
            if answer.status_code not in CLEAR | {308, 403}:
                wrong.append(f"{kind} in {address}: {answer.status_code}")
            if "hostile=1" in str(answer.headers.get_all("Set-Cookie")) or b"<script>hostile" in answer.data:
                wrong.append(f"{kind} in {address}: became code")
    assert not wrong, "\n".join(wrong)


def test_no_header_breaks_or_becomes_code(west: MarkedClinic) -> None:
    visitor = west.people["clinician"]
    for name in ("Accept-Language", "User-Agent", "Referer", "Origin", "Accept", "If-None-Match", "Range", "Cookie"):
        for written in ("<script>hostile()</script>", "' OR 1=1 --", "\xff\xfe", "x" * 8000, ",;=,;=", "../../etc"):
            answer = visitor.open("/sign-in" if name == "Cookie" else "/clinic/", headers={name: written})
            assert answer.status_code in (200, 303, 304, 400), (name, written, answer.status_code)
            assert b"<script>hostile" not in answer.data
