"""The second factor on the pages: asked for, set up, and proven again before what cannot be undone."""

from urllib.parse import urlsplit

import pyotp
import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from diary.db import transaction
from diary.models import OneTimeCodes
from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.services.looking_in import diary_of
from tests.web.pages import Page
from tests.web.people import PASSWORD, House, treated
from tests.web.visiting import SECRET, Visitor

DOCTOR = "first@west.example"


def begun(house: House, path: str = "/sign-in") -> tuple[Visitor, Page]:
    """Return a doctor who gave the right password, and the page that asks for the code."""
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get(path).form(), {"email": DOCTOR, "password": PASSWORD})
    assert urlsplit(page.path).path == "/sign-in/code"
    return visitor, page


def test_the_answer_to_the_right_password_leads_to_the_code(house: House) -> None:
    visitor = Visitor(house.app)
    form = visitor.get("/sign-in").form()
    answer = visitor.open("/sign-in", method="POST", data={**form.fields, "email": DOCTOR, "password": PASSWORD})
    assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, "/sign-in/code")


def test_no_page_opens_before_the_code(house: House) -> None:
    patient = treated(house, house.clock)
    visitor, _page = begun(house)
    for path in ("/clinic/", f"/clinic/patients/{patient.patient_id}", "/clinic/settings", "/account/confirm"):
        answer = visitor.open(path)
        assert (answer.status_code, urlsplit(answer.headers["Location"]).path) == (303, "/sign-in"), path
    assert urlsplit(visitor.open("/").headers["Location"]).path == "/sign-in"


def test_the_code_opens_the_page_that_was_asked_for(house: House) -> None:
    visitor, page = begun(house, "/sign-in?next=/clinic/settings")
    page = visitor.send(page.form(), {"code": visitor.code()})
    assert (page.path, page.h1) == ("/clinic/settings", "Clinic")


def test_a_wrong_code_is_said_beside_the_field_and_the_right_one_goes_on(house: House) -> None:
    visitor, page = begun(house)
    page = visitor.send(page.form(), {"code": "000000"}, status=422)
    assert "not right" in page.errors_of("code")
    page = visitor.send(page.form(), {"code": ""}, status=422)
    assert "six digits" in page.errors_of("code")
    assert visitor.send(page.form(), {"code": visitor.code()}).h1 == "Worklist"


def test_too_many_wrong_codes_have_to_wait(house: House) -> None:
    visitor, page = begun(house)
    house.clock.move(minutes=1)
    right = pyotp.TOTP(SECRET).at(house.clock())
    for _ in range(5):
        page = visitor.send(page.form(), {"code": "000000"}, status=422)
    house.clock.move(seconds=-3)  # the wait after the fifth is two seconds, and sending takes three
    page = visitor.send(page.form(), {"code": right}, status=429)
    assert visitor.response is not None
    assert int(visitor.response.headers["Retry-After"]) > 0
    assert "Try again in" in page.main


def test_whoever_is_signed_out_or_in_to_the_end_has_no_code_to_give(house: House) -> None:
    assert urlsplit(Visitor(house.app).open("/sign-in/code").headers["Location"]).path == "/sign-in"
    assert house.staff().open("/sign-in/code").status_code == 404


def test_leaving_halfway_ends_the_session(house: House) -> None:
    visitor, page = begun(house)
    assert visitor.send(page.form("/sign-out")).h1 == "Sign in"
    assert urlsplit(visitor.open("/sign-in/code").headers["Location"]).path == "/sign-in"


def test_the_cookie_of_the_password_is_dead_after_the_code(house: House) -> None:
    visitor, page = begun(house)
    copied = Visitor(house.app)
    copied.client.set_cookie("ebb", str(visitor.cookie()))
    visitor.send(page.form(), {"code": visitor.code()})
    assert urlsplit(copied.open("/sign-in/code").headers["Location"]).path == "/sign-in"
    assert copied.open("/clinic/").status_code == 303


@pytest.fixture
def newcomer(house: House) -> tuple[Visitor, Page]:
    """A doctor without a second factor, and the page that offers one."""
    with transaction() as session:
        session.execute(delete(OneTimeCodes))
    visitor = Visitor(house.app)
    page = visitor.send(
        visitor.get("/sign-in?next=/clinic/rules").form(), {"email": DOCTOR, "password": PASSWORD}, status=200
    )
    assert page.h1 == "Set up your second factor"
    return visitor, page


def code_on(page: Page, clock: TestClock) -> str:
    """Return the code that an app shows after it took the key from the page."""
    key = next(code.text or "" for code in page.all("code"))
    return pyotp.TOTP(key.replace(" ", "")).at(clock())


def test_whoever_has_no_second_factor_sets_one_up_and_gets_recovery_codes_once(
    newcomer: tuple[Visitor, Page], clock: TestClock
) -> None:
    visitor, page = newcomer
    assert page.one("img", class_="ebb-qr").get("src", "").startswith("data:image/svg+xml")
    codes_page = visitor.send(page.form(), {"code": code_on(page, clock)})
    codes = [code.text or "" for code in codes_page.all("code")]
    assert len(set(codes)) == 10
    assert visitor.get(codes_page.links["I have kept them: go on"]).h1 == "How a state is found"
    assert visitor.open("/sign-in/set-up").status_code == 404

    again = Visitor(visitor.app)
    page = again.send(again.get("/sign-in").form(), {"email": DOCTOR, "password": PASSWORD})
    assert again.send(page.form(), {"code": codes[4]}).h1 == "Worklist"


def test_a_wrong_code_at_setting_up_shows_the_same_key_again(newcomer: tuple[Visitor, Page], clock: TestClock) -> None:
    visitor, page = newcomer
    key = page.all("code")[0].text
    page = visitor.send(page.form(), {"code": "000000"}, status=422)
    assert page.all("code")[0].text == key
    assert visitor.send(page.form(), {"code": code_on(page, clock)}).h1 == "Your recovery codes"


def test_setting_up_is_closed_to_whoever_has_a_second_factor(house: House) -> None:
    visitor, page = begun(house)
    assert urlsplit(visitor.open("/sign-in/set-up").headers["Location"]).path == "/sign-in/code"
    answer = visitor.open("/sign-in/set-up", method="POST", data={**page.form().fields, "code": "123456"})
    assert answer.status_code in (403, 422)


def decision_form(visitor: Visitor, patient: str) -> tuple[Page, dict[str, str]]:
    """Return the patient's page and a decision written into its form."""
    page = visitor.get(patient)
    written = {"kind": "other", "reason": "<b>Called & talked</b>\r\nfor long"}
    return page, {**page.form(f"{patient}/decisions").fields, **written}


def test_a_decision_after_five_minutes_asks_who_it_is_and_keeps_what_was_written(house: House) -> None:
    patient = treated(house, house.clock)
    visitor, path = house.staff(), f"/clinic/patients/{patient.patient_id}"
    visitor.app.extensions["ebb"].clock.move(minutes=6)
    _page, written = decision_form(visitor, path)
    asked = visitor.post(f"{path}/decisions", written, status=403)
    assert asked.h1 == "Confirm that it is you"
    assert not diary_of(patient).decisions
    page = visitor.confirm(asked)
    assert urlsplit(page.path).path == path
    decision = diary_of(patient).decisions[0]
    assert (decision.kind, decision.reason.splitlines()) == ("other", ["<b>Called & talked</b>", "for long"])


def test_a_wrong_code_decides_nothing_and_what_was_written_is_still_there(house: House) -> None:
    patient = treated(house, house.clock)
    visitor, path = house.staff(), f"/clinic/patients/{patient.patient_id}"
    visitor.app.extensions["ebb"].clock.move(minutes=6)
    _page, written = decision_form(visitor, path)
    asked = visitor.post(f"{path}/decisions", written, status=403)
    refused = visitor.send(asked.form("/account/confirm"), {"confirm-code": "000000"}, status=422)
    assert "not right" in refused.errors_of("confirm-code")
    assert not diary_of(patient).decisions
    visitor.confirm(refused)
    assert len(diary_of(patient).decisions) == 1


def test_a_nurse_is_not_asked_to_confirm_what_she_may_not_do(house: House) -> None:
    patient = treated(house, house.clock)
    visitor, path = house.staff(Role.NURSE), f"/clinic/patients/{patient.patient_id}"
    visitor.app.extensions["ebb"].clock.move(minutes=6)
    visitor.get(path)
    page = visitor.post(f"{path}/decisions", {"kind": "other", "reason": "x"}, status=403)
    assert page.h1 == "Not allowed"


def test_confirming_makes_a_new_cookie_and_open_forms_stay_good(house: House) -> None:
    visitor = house.staff()
    visitor.app.extensions["ebb"].clock.move(minutes=6)
    open_form = visitor.get("/clinic/patients/new").form()
    copied = Visitor(house.app)
    copied.client.set_cookie("ebb", str(visitor.cookie()))
    visitor.confirm(visitor.get("/account/confirm?next=/clinic/settings"))
    assert copied.open("/clinic/").status_code == 303
    page = visitor.send(open_form, {"reference": "M-7", "name": "Seven", "time_zone": "Europe/Amsterdam"})
    assert "Seven" in page.main


def test_a_patient_confirms_with_the_password(house: House) -> None:
    visitor = house.sign_in_as(house.add_patient())
    page = visitor.get("/account/confirm?next=/me")
    assert "confirm-code" not in page.html
    form = page.form()
    refused = visitor.send(form, {"confirm-password": "four other words"}, status=422)
    assert "not your password" in refused.errors_of("confirm-password")
    assert visitor.send(form, {"confirm-password": PASSWORD}).path == "/me"


def test_confirming_leads_to_own_paths_only(house: House) -> None:
    visitor = house.staff()
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = visitor.get("/account/confirm").form()
        filled = {**form.fields, "confirm-code": visitor.code(), "confirm-then": target, "confirm-method": "post"}
        answer = visitor.open("/account/confirm", method="POST", data=filled)
        assert answer.headers["Location"] == "/", target


def test_a_page_is_come_back_to_after_the_proof(house: House) -> None:
    visitor = house.staff()
    answer = visitor.open("/account/confirm?next=/clinic/rules%3Fx%3D1")
    assert answer.status_code == 200
    assert visitor.page is not None
    assert visitor.confirm(visitor.page).path == "/clinic/rules?x=1"


def test_who_is_turned_away_is_logged_without_name_or_code(house: House) -> None:
    visitor = Visitor(house.app)
    with capture_logs() as lines:
        page = visitor.send(visitor.get("/sign-in").form(), {"email": DOCTOR, "password": "wrong words"}, status=422)
        page = visitor.send(page.form(), {"email": DOCTOR, "password": PASSWORD})
        visitor.send(page.form(), {"code": "000000"}, status=422)
        house.staff(Role.NURSE).get("/clinic/audit", status=403)
        visitor.open("/sign-in", method="POST", data={"csrf_token": "forged"})
    told = [(line["event"], line["kind"], line["endpoint"]) for line in lines if line["event"] != "request"]
    assert told == [
        ("proof_refused", "Invalid", "account.send_sign_in"),
        ("proof_refused", "Invalid", "account.send_code"),
        ("turned_away", "Refused", "clinic.audit"),
        ("turned_away", "CSRFError", "account.send_sign_in"),
    ]
    assert not any(secret in str(lines) for secret in (DOCTOR, PASSWORD, "wrong words", "000000"))


@pytest.mark.parametrize(
    "written", ["\x00</textarea><script>alert(1)</script>", "\u202edrow\u2066", "x" * 1_000, "{{7*7}}"]
)
def test_hostile_words_are_carried_along_as_words(house: House, written: str) -> None:
    patient = treated(house, house.clock)
    visitor, path = house.staff(), f"/clinic/patients/{patient.patient_id}"
    visitor.app.extensions["ebb"].clock.move(minutes=6)
    Page.allowed = ("{{",)
    try:
        _page, sent = decision_form(visitor, path)
        asked = visitor.post(f"{path}/decisions", {**sent, "reason": written, '"><b>': "y"}, status=403)
        assert not asked.all("b")
        assert asked.form("/account/confirm").fields["reason"] == written.replace("\x00", "")
    finally:
        Page.allowed = ()
