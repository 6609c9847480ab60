"""Passkeys on the pages: added, signed in with, confirmed with, removed; and what is refused."""

import json
import uuid

import pytest
from flask import Flask
from sqlalchemy import func, select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Account, Ceremony, OneTimeCodes, Passkey, SignInAttempts
from diary.services import invites
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.services.looking_in import audit_rows
from tests.web.device import a_device, add_passkey, answer, question, sign_in_with
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

NOT_PROVEN = "The passkey could not be checked. Try again, or use another way."
ASK_TO_SIGN_IN = "/account/passkeys/ask/sign-in"


@pytest.fixture
def ana(house: House) -> Identity:
    """A patient."""
    return house.add_patient()


def is_out(visitor: Visitor) -> bool:
    return visitor.open("/me").status_code == 303


def test_a_patient_adds_a_passkey_and_signs_in_with_it_alone(house: House, ana: Identity) -> None:
    device = a_device()
    page = add_passkey(house.sign_in_as(ana), device, "My phone")
    assert "Your passkey is added" in page.main
    assert "My phone" in page.main
    page = sign_in_with(Visitor(house.app), device)
    assert page.path == "/today"


def test_staff_are_signed_in_to_the_end_by_a_passkey(house: House) -> None:
    device = a_device()
    add_passkey(house.staff(Role.NURSE), device)
    assert sign_in_with(Visitor(house.app), device).path == "/clinic/"


def test_a_passkey_takes_the_place_of_the_code(house: House) -> None:
    device = a_device()
    add_passkey(house.staff(), device)
    visitor = Visitor(house.app)
    email = list(house.known)[-1]
    page = visitor.send(visitor.get("/sign-in?next=/clinic/rules").form(), {"email": email, "password": PASSWORD})
    assert page.path.startswith("/sign-in/code")
    fields = answer(visitor, device, "/account/passkeys/ask/second-factor")
    assert visitor.post("/sign-in/code/passkey?next=/clinic/rules", fields).path == "/clinic/rules"


def test_staff_begin_with_a_passkey_in_place_of_an_app(house: House) -> None:
    visitor = house.staff()
    without_factors()
    email, device = list(house.known)[-1], a_device()
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD})
    assert page.path.startswith("/sign-in/set-up")
    page = visitor.post("/sign-in/set-up/passkey", answer(visitor, device, "/account/passkeys/ask/first"))
    assert len(page.one("ul", class_="ebb-codes").findall("li")) == 10
    visitor.get("/clinic/")
    assert sign_in_with(Visitor(house.app), device).path == "/clinic/"


def without_factors() -> None:
    from diary.db import transaction  # noqa: PLC0415

    with transaction() as session:
        for app in session.scalars(select(OneTimeCodes)):
            session.delete(app)


def test_who_has_a_factor_gets_no_other_one_by_the_password_alone(house: House) -> None:
    house.staff()
    visitor, device = Visitor(house.app), a_device()
    visitor.send(visitor.get("/sign-in").form(), {"email": list(house.known)[-1], "password": PASSWORD})
    fields = answer(visitor, device, "/account/passkeys/ask/first")
    visitor.post("/sign-in/set-up/passkey", fields, status=403)
    assert passkeys() == 0
    assert visitor.open("/clinic/").status_code == 303


def passkeys() -> int:
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(Passkey)) or 0


def test_a_patient_begins_with_a_passkey_alone(house: House, ana: Identity) -> None:
    visitor, device, token = invited(house, ana)
    page = visitor.get(f"/invite/{token}")
    fields = answer(visitor, device, f"/account/passkeys/ask/invite/{token}", {"name": "ana12"})
    ticked = {**fields, "email": "ana12", "consent": consent_of(page)}
    assert visitor.post(f"/invite/{token}/passkey", ticked).path == "/today"
    with snapshot() as session:
        account = session.scalars(select(Account).where(Account.sign_in_name == "ana12")).one()
    assert account.password_hash is None
    assert sign_in_with(Visitor(house.app), device).path == "/today"
    by_password = {"email": "ana12", "password": PASSWORD}
    stranger = Visitor(house.app)
    stranger.send(stranger.get("/sign-in").form(), by_password, status=422)


def invited(house: House, patient: Identity) -> tuple[Visitor, object, str]:
    return Visitor(house.app), a_device(), invites.invite_patient(house.clinician, subject(patient), clock=house.clock)


def consent_of(page) -> str:  # type: ignore[no-untyped-def]
    return next(one.get("value") for one in page.all("input") if one.get("name") == "consent")


def test_what_was_forgotten_at_the_invite_is_asked_for_and_the_passkey_is_kept(house: House, ana: Identity) -> None:
    visitor, device, token = invited(house, ana)
    page = visitor.get(f"/invite/{token}")
    fields = answer(visitor, device, f"/account/passkeys/ask/invite/{token}", {"name": "ana12"})
    shown = visitor.post(f"/invite/{token}/passkey", {**fields, "email": "ana12"}, status=422)
    assert "Tick the box" in shown.main or "Tick the box" in shown.text
    assert shown.value_of("ceremony") == fields["ceremony"]
    again = {name: shown.value_of(name) for name in ("ceremony", "answer", "email")}
    done = visitor.post(f"/invite/{token}/passkey", {**again, "consent": consent_of(page)})
    assert done.path == "/today"


def test_the_invite_of_staff_asks_for_a_password(house: House) -> None:
    from diary.access.identity import OPERATOR  # noqa: PLC0415
    from diary.services.members import invite_member  # noqa: PLC0415

    token = invite_member(OPERATOR, "new@west.example", clinic=house.name, roles=[Role.ADMIN], clock=house.clock)
    visitor = Visitor(house.app)
    assert "passkey" not in visitor.get(f"/invite/{token}").main
    asked = question(visitor, f"/account/passkeys/ask/invite/{token}", {"name": "new@west.example"})
    assert asked.status_code == 404


def test_a_name_that_is_taken_is_said_before_the_device_makes_a_passkey(house: House, ana: Identity) -> None:
    visitor, _device, token = invited(house, ana)
    visitor.get(f"/invite/{token}")
    for name in ("first@west.example", " FIRST@west.example ", "ab", "x" * 300, "\x00\x00\x00", "\ud800abc", 7, None):
        asked = question(visitor, f"/account/passkeys/ask/invite/{token}", {"name": name})
        assert asked.status_code == 422, name
        assert json.loads(asked.data)["words"]
    assert ceremonies() == 0


def ceremonies() -> int:
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(Ceremony)) or 0


def test_an_old_proof_is_asked_for_again_and_nothing_is_lost(house: House, ana: Identity, clock: TestClock) -> None:
    device, visitor = a_device(), house.sign_in_as(ana)
    add_passkey(visitor, device)
    clock.move(minutes=6)
    page = visitor.get("/account/password", follow=True)
    assert page.h1 == "Confirm that it is you"
    given = answer(visitor, device, "/account/passkeys/ask/confirm")
    form = page.form("/account/confirm")
    fields = {f"confirm-{name}": value for name, value in given.items()}
    page = visitor.send(form, fields)
    assert page.h1 == "Change the password"
    assert "Your password until now" not in page.main  # the passkey has just said who it is
    page = visitor.send(page.form("/account/password"), {"password": "another five plain words"})
    assert "Your new password is set" in page.main
    Visitor(house.app).sign_in(list(house.known)[-1], "another five plain words")


def test_a_form_that_was_sent_goes_on_after_the_passkey(house: House, clock: TestClock) -> None:
    device, visitor = a_device(), house.staff()
    add_passkey(visitor, device)
    page = visitor.get("/account/security")
    clock.move(minutes=6)
    page = visitor.send(page.form("/account/recovery-codes"), status=403)
    given = answer(visitor, device, "/account/passkeys/ask/confirm")
    data = {**page.form("/account/confirm").fields, **{f"confirm-{name}": words for name, words in given.items()}}
    sent = visitor.open("/account/confirm", method="POST", data=data)
    assert sent.status_code == 307
    sent = visitor.open(sent.headers["Location"], method="POST", data=data)
    assert b"ebb-codes" in sent.data


def test_a_passkey_of_somebody_else_confirms_nothing(house: House, ana: Identity, clock: TestClock) -> None:
    visitor, other, device = house.sign_in_as(ana), house.staff(), a_device()
    add_passkey(other, device)
    clock.move(minutes=6)
    page = visitor.get("/account/password", follow=True)
    given = answer(visitor, device, "/account/passkeys/ask/confirm")
    fields = {f"confirm-{name}": value for name, value in given.items()}
    assert NOT_PROVEN in visitor.send(page.form("/account/confirm"), fields, status=422).text


def test_the_questions_of_one_account_are_answered_by_no_other(house: House, ana: Identity, clock: TestClock) -> None:
    visitor, device = house.sign_in_as(ana), a_device()
    other, second = house.sign_in_as(house.add_patient("M-2", "Haas, Bernd")), a_device()
    add_passkey(visitor, device)
    visitor.get("/account/passkeys/add")
    theirs = answer(visitor, second, "/account/passkeys/ask/new")
    page = other.get("/account/passkeys/add")
    assert NOT_PROVEN in other.send(page.form("/account/passkeys/add"), {**theirs, "name": "x"}, status=422).text
    visitor.get("/account/passkeys/add")
    asked = answer(visitor, device, "/account/passkeys/ask/confirm")
    stranger = Visitor(house.app)
    stranger.get("/sign-in")
    assert NOT_PROVEN in stranger.post("/sign-in/passkey", asked, status=422).text
    assert passkeys() == 1


def test_every_answer_that_proves_nothing_gets_the_same_page(house: House, ana: Identity, clock: TestClock) -> None:
    device = a_device()
    add_passkey(house.sign_in_as(ana), device)
    told = {kind: refused_page(house, fields, clock) for kind, fields in wrong_answers(house, device, clock).items()}
    assert {kind: words for kind, words in told.items() if NOT_PROVEN not in words} == {}
    assert len(set(told.values())) == 1


def wrong_answers(house, device, clock):  # type: ignore[no-untyped-def]
    def given(by):  # type: ignore[no-untyped-def]
        visitor = Visitor(house.app)
        visitor.get("/sign-in")
        return answer(visitor, by, ASK_TO_SIGN_IN)

    copied = a_device()
    copied.credential_id = device.credential_id
    elsewhere = a_device("https://evil.example")
    elsewhere.key, elsewhere.credential_id = device.key, device.credential_id
    used = given(device)
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    visitor.post("/sign-in/passkey", used)
    fresh = given(device)
    return {
        "unknown passkey": given(a_device()),
        "wrong signature": given(copied),
        "another site": given(elsewhere),
        "sent twice": used,
        "no such ceremony": {**fresh, "ceremony": str(uuid.uuid4())},
        "no ceremony": {**fresh, "ceremony": "x"},
        "no answer": {**given(device), "answer": "{}"},
        "nested": {**given(device), "answer": "[" * 15_000},
        "surrogate": {**given(device), "answer": '{"rawId": "\\ud800"}'},
    }


def refused_page(house: House, fields: dict[str, str], clock: TestClock) -> str:
    clock.move(minutes=1)
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    return visitor.post("/sign-in/passkey", fields, status=422).text


def test_questions_are_over_after_five_minutes(house: House, ana: Identity, clock: TestClock) -> None:
    device = a_device()
    add_passkey(house.sign_in_as(ana), device)
    for seconds, status in ((290, 200), (300, 422)):
        visitor = Visitor(house.app)
        visitor.get("/sign-in")
        fields = answer(visitor, device, ASK_TO_SIGN_IN)
        clock.move(seconds=seconds)
        visitor.post("/sign-in/passkey", fields, status=status)


def test_a_count_that_went_back_is_refused(house: House, ana: Identity) -> None:
    device = a_device()
    add_passkey(house.sign_in_as(ana), device)
    sign_in_with(Visitor(house.app), device)
    sign_in_with(Visitor(house.app), device)
    device.count = 0
    sign_in_with(Visitor(house.app), device, status=422)
    device.count = 7
    sign_in_with(Visitor(house.app), device)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": None}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": None}, 200),
        ({"Content_Type": "text/plain"}, 415),
        ({"X_CSRFToken": None}, 400),
        ({"X_CSRFToken": "x"}, 400),
    ],
)
def test_questions_are_put_to_scripts_of_this_site_only(house: House, headers: dict[str, str], status: int) -> None:
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    assert question(visitor, ASK_TO_SIGN_IN, **headers).status_code == status
    assert ceremonies() == (status == 200)


def test_the_questions_name_nobody(house: House, ana: Identity) -> None:
    add_passkey(house.sign_in_as(ana), a_device())
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    told = json.loads(question(visitor, ASK_TO_SIGN_IN).data)["options"]
    assert told["allowCredentials"] == []
    assert told["userVerification"] == "required"


def test_a_network_that_asks_and_never_answers_has_to_wait(house: House, ana: Identity) -> None:
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    statuses = [question(visitor, ASK_TO_SIGN_IN).status_code for _ in range(104)]
    assert statuses[:100] == [200] * 100
    assert 429 in statuses


def test_unanswered_questions_are_forgotten(house: House, clock: TestClock) -> None:
    visitor = Visitor(house.app)
    visitor.get("/sign-in")
    for _ in range(3):
        question(visitor, ASK_TO_SIGN_IN)
        clock.move(minutes=6)
    assert ceremonies() == 1


def test_an_unknown_passkey_is_counted_like_a_wrong_password(house: House, clock: TestClock) -> None:
    device, statuses = a_device(), []
    for _ in range(8):
        visitor = Visitor(house.app)
        visitor.get("/sign-in")
        fields = answer(visitor, device, ASK_TO_SIGN_IN)
        clock.move(seconds=-6)
        statuses.append(visitor.open("/sign-in/passkey", method="POST",
                                     data={**fields, "csrf_token": visitor.csrf_token}).status_code)  # fmt: skip
    assert statuses[0] == 422
    assert 429 in statuses
    with snapshot() as session:
        assert session.scalar(select(func.count()).select_from(SignInAttempts))


def test_a_shared_device_stays_shared(house: House, ana: Identity, clock: TestClock) -> None:
    device, visitor = a_device(), Visitor(house.app)
    add_passkey(house.sign_in_as(ana), device)
    sign_in_with(visitor, device, shared="y")
    assert visitor.cookie("ebb-device") is None
    clock.move(minutes=6)
    assert is_out(visitor)


def test_a_passkey_is_removed_when_it_is_meant(house: House, ana: Identity) -> None:
    device, visitor = a_device(), house.sign_in_as(ana)
    page = add_passkey(visitor, device)
    form = page.form("/account/passkeys/remove")
    assert "Tick that you are sure" in visitor.send(form, {"sure": None}, status=422).text
    assert "The passkey is removed" in visitor.send(form, {"sure": "y"}).main
    visitor.send(form, {"sure": "y"}, status=404)
    sign_in_with(Visitor(house.app), device, status=422)
    actions = [(row.action, row.content) for row in audit_rows(house.clinic_id)]
    assert ("second_factor.added", {"kind": "passkey"}) in actions
    assert ("second_factor.removed", {"kind": "passkey"}) in actions


def test_somebody_elses_passkey_is_not_there_to_be_removed(house: House, ana: Identity) -> None:
    page = add_passkey(house.sign_in_as(ana), a_device())
    key = page.value_of("passkey")
    other = house.sign_in_as(house.add_patient("M-2", "Haas, Bernd"))
    for named in (key, "x", ""):
        other.get("/me")
        other.post("/account/passkeys/remove", {"passkey": named, "sure": "y"}, status=404)
    assert passkeys() == 1


def test_the_last_second_factor_of_staff_cannot_be_removed(house: House) -> None:
    visitor, device = house.staff(), a_device()
    page = add_passkey(visitor, device)
    without_factors()
    refused = visitor.send(page.form("/account/passkeys/remove"), {"sure": "y"}, status=422)
    assert "This is your last second factor" in refused.text
    add_passkey(visitor, a_device(), "Second")
    form = next(one for one in visitor.get("/account/security").forms if one.action.endswith("/remove"))
    visitor.send(form, {"sure": "y"})
    assert passkeys() == 1


def test_the_only_way_in_cannot_be_removed(house: House, ana: Identity) -> None:
    visitor, device, token = invited(house, ana)
    page = visitor.get(f"/invite/{token}")
    fields = answer(visitor, device, f"/account/passkeys/ask/invite/{token}", {"name": "ana12"})
    visitor.post(f"/invite/{token}/passkey", {**fields, "email": "ana12", "consent": consent_of(page)})
    page = visitor.get("/account/security")
    assert "You have no password" in page.main
    refused = visitor.send(page.form("/account/passkeys/remove"), {"sure": "y"}, status=422)
    assert "This is your only way to sign in" in refused.text
    page = visitor.get("/account/password")
    visitor.send(page.form("/account/password"), {"password": "a set of plain words"})
    visitor.send(visitor.get("/account/security").form("/account/passkeys/remove"), {"sure": "y"})
    Visitor(house.app).sign_in("ana12", "a set of plain words")


def test_a_passkey_that_is_somebodys_is_given_to_nobody_else(house: House, ana: Identity) -> None:
    device, other = a_device(), house.sign_in_as(house.add_patient("M-2", "Haas, Bernd"))
    add_passkey(house.sign_in_as(ana), device)
    page = other.get("/account/passkeys/add")
    fields = answer(other, device, "/account/passkeys/ask/new")
    refused = other.send(page.form("/account/passkeys/add"), {**fields, "name": "Mine"}, status=422)
    assert "This passkey is known already." in refused.text


def test_the_button_needs_a_script_and_says_what_else_works(app: Flask, house: House) -> None:
    page = Visitor(app).get("/sign-in")
    box = next(one for one in page.all("div") if one.get("data-passkey"))
    assert box.get("hidden") is not None
    assert "ask your clinic for a new link" in " ".join(page.one("noscript").itertext())


def test_a_question_that_no_script_of_ours_asks_is_refused_and_no_fault(house: House, ana: Identity) -> None:
    visitor, _device, token = invited(house, ana)
    visitor.get(f"/invite/{token}")
    ask = f"/account/passkeys/ask/invite/{token}"
    assert question(visitor, ask, ["x"]).status_code == 422
    said = {"X-CSRFToken": visitor.csrf_token, "Origin": "http://localhost"}
    deep = visitor.open(ask, method="POST", data="[" * 100_000, headers=said, content_type="application/json")
    assert deep.status_code == 400
