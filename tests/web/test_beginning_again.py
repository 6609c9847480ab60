"""Forgotten passwords and lost second factors: a link begins again, once, and never goes around the second factor."""

import re
import uuid
from contextvars import Context
from urllib.parse import urlsplit

import pyotp
import pytest
from sqlalchemy import func, select

from diary.access.identity import OPERATOR, Identity
from diary.db import snapshot, transaction
from diary.models import Account, AccountLink, KnownDevice, Member, OneTimeCodes, Passkey, RecoveryCode
from diary.services import account_links, clinics, members
from diary.vocabulary import LinkPurpose, Role
from tests.conftest import TestClock
from tests.messaging.post_office import set_up_mail
from tests.services.looking_in import audit_rows
from tests.services.postbox import letters_waiting, outbox
from tests.web.device import a_device, add_passkey, answer, sign_in_with
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

NEW = "entirely other plain words"


@pytest.fixture
def mail(house: House) -> None:
    """An installation that sends mail."""
    set_up_mail(house.app, "smtp://127.0.0.1:1")


@pytest.fixture
def ana(house: House) -> Identity:
    """A patient."""
    return house.add_patient()


def ask(house: House, name: str, *, status: int = 200) -> str:
    """Ask for a new password and return the words of the page that answers."""
    visitor = Visitor(house.app)
    return visitor.send(visitor.get("/sign-in/forgotten").form(), {"email": name}, status=status).main


def mailed_link() -> str:
    """Return the path of the link that was mailed last."""
    found = [re.search(r"http://localhost(/link/\S+)", letter.text) for letter in letters_waiting()]
    return next(match[1] for match in reversed(found) if match)


def has_link() -> int:
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(AccountLink)) or 0


@pytest.mark.usefixtures("mail")
def test_a_forgotten_password_is_replaced_by_mail_and_nobody_is_signed_in_by_it(house: House, ana: Identity) -> None:
    signed_in, email = house.sign_in_as(ana), f"{ana.patient_id}@west.example"
    words = ask(house, email)
    visitor = Visitor(house.app)
    page = visitor.get(mailed_link())
    page = visitor.send(page.form(), {"password": NEW})
    assert "Your new password is set. Sign in with it." in page.text
    assert visitor.open("/today").status_code == 303
    assert signed_in.open("/today").status_code == 303
    with snapshot() as session:
        assert session.scalars(select(KnownDevice)).all() == []
    visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD}, status=422)
    visitor.sign_in(email, NEW)
    assert visitor.open("/today").status_code == 200
    assert "is on its way" in words
    assert "password.changed" in [row.action for row in audit_rows(house.clinic_id)]
    assert [letter.subject for letter in letters_waiting()].count("Your password was changed") == 1


@pytest.mark.usefixtures("mail")
def test_nobody_is_told_whether_there_is_somebody(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    with transaction() as session:
        session.scalars(select(Account)).all()[0].disabled_at = house.clock()
    names = ("nobody@west.example", f"{ana.patient_id}@west.example", "first@west.example", "' OR 1=1 --", "x")
    assert len({ask(house, name) for name in names}) == 1


@pytest.mark.usefixtures("mail")
def test_an_unknown_name_costs_as_much_as_a_known_one(house: House, ana: Identity, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    house.sign_in_as(ana)
    hashed: list[str] = []
    passwords = house.app.extensions["ebb"].passwords
    monkeypatch.setattr(type(passwords), "hash", lambda self, words: hashed.append(words))
    monkeypatch.setattr(type(passwords), "verify", lambda self, stored, words: hashed.append(words))
    units = {name: written(house, name) for name in ("nobody@west.example", f"{ana.patient_id}@west.example")}
    assert hashed == []
    assert len({commits for commits, _ in units.values()}) == 1
    assert all(changes > 0 for _, changes in units.values())


def written(house: House, name: str) -> tuple[int, int]:
    """Return how many units that wrote something were committed, and how many statements of the last one wrote."""
    from sqlalchemy import event  # noqa: PLC0415

    from diary.db import db  # noqa: PLC0415

    units: list[int] = []
    unit = {"writes": 0}

    def count(_connection, _cursor, statement, *_more):  # type: ignore[no-untyped-def]
        unit["writes"] += statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))

    def committed(_connection):  # type: ignore[no-untyped-def]
        if unit["writes"]:
            units.append(unit["writes"])
        unit["writes"] = 0

    event.listen(db.engine, "before_cursor_execute", count)
    event.listen(db.engine, "commit", committed)
    try:
        account_links.ask_for_new_password(
            name, address_of=lambda token: f"http://localhost/link/{token}", visit=NOWHERE, clock=house.clock
        )
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
        event.remove(db.engine, "commit", committed)
    return len(units), units[-1]


NOWHERE = account_links.Visit("192.0.2.1")


@pytest.mark.usefixtures("mail")
def test_asking_again_and_again_has_to_wait_whoever_it_is_about(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    for name in ("nobody@west.example", f"{ana.patient_id}@west.example"):
        house.clock.move(hours=2)  # type: ignore[attr-defined]
        visitor = Visitor(house.app)
        form = visitor.get("/sign-in/forgotten").form()
        sent = [visitor.open(form.action, method="POST", data={**form.fields, "email": name}) for _ in range(6)]
        statuses = [one.status_code for one in sent]
        assert statuses[:3] == [303] * 3
        assert 429 in statuses


def test_without_mail_the_page_says_to_ask_the_clinic(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    page = Visitor(house.app).get("/sign-in/forgotten")
    assert "This installation sends no mail. Ask your clinic" in page.main
    assert page.all("form") == []
    assert outbox() == []


@pytest.mark.usefixtures("mail")
def test_a_link_is_kept_as_a_hash_works_once_and_only_the_newest_does(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    email = f"{ana.patient_id}@west.example"
    ask(house, email)
    first = mailed_link()
    house.clock.move(minutes=1)  # type: ignore[attr-defined]
    ask(house, email)
    second = mailed_link()
    assert first != second
    assert len(first.rpartition("/")[2]) >= 43
    Visitor(house.app).get(first, 410)
    visitor = Visitor(house.app)
    for _ in range(3):
        page = visitor.get(second)  # looking uses nothing up
    form = page.form()
    visitor.send(form, {"password": "short"}, status=422)
    visitor.send(form, {"password": NEW})
    assert "used already" in Visitor(house.app).get(second, 410).main
    visitor.send(form, {"password": "yet another few words"}, status=410)
    stored = "".join(str(row.token_hash) for row in all_links())
    assert second.rpartition("/")[2] not in stored


def all_links() -> list[AccountLink]:
    with snapshot() as session:
        return list(session.scalars(select(AccountLink)))


@pytest.mark.usefixtures("mail")
def test_a_link_is_over_after_thirty_minutes(house: House, ana: Identity, clock: TestClock) -> None:
    house.sign_in_as(ana)
    ask(house, f"{ana.patient_id}@west.example")
    link, visitor = mailed_link(), Visitor(house.app)
    clock.move(minutes=29)
    form = visitor.get(link).form()
    clock.move(minutes=1)
    visitor.get(link, 410)
    visitor.get("/sign-in")
    visitor.post(form.action, {"password": NEW}, status=410)
    visitor.get("/link/no-such-token", 410)


@pytest.mark.usefixtures("mail")
def test_a_reset_never_goes_around_the_second_factor(house: House) -> None:
    house.staff()
    email = list(house.known)[-1]
    ask(house, email)
    visitor, link = Visitor(house.app), mailed_link()
    page = visitor.get(link)
    assert "passkey" not in page.main
    asked = visitor.open(f"/account/passkeys/ask{link}", method="POST", json={},
                         headers={"X-CSRFToken": visitor.csrf_token, "Origin": "http://localhost"})  # fmt: skip
    assert asked.status_code == 404
    visitor.post(f"{link}/passkey", {"ceremony": "x", "answer": "x"}, status=403)
    visitor.send(visitor.get(link).form(), {"password": NEW})
    page = visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": NEW})
    assert page.path.startswith("/sign-in/code")
    assert visitor.open("/clinic/").status_code == 303


def patient_link(house: House, patient: Identity, nurse: Visitor) -> str:
    """Let the clinic make a link for a patient and return its path."""
    page = nurse.get(f"/clinic/patients/{patient.patient_id}")
    page = nurse.send(page.form(f"/clinic/patients/{patient.patient_id}/sign-in-link"))
    assert page.h1 == "New sign-in link for Ramirez, Ana"
    return urlsplit(" ".join(page.one("code").itertext())).path


def test_the_clinic_hands_a_patient_a_new_link(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    link = patient_link(house, ana, house.staff(Role.NURSE))
    visitor = Visitor(house.app)
    visitor.send(visitor.get(link).form(), {"password": NEW})
    visitor.sign_in(f"{ana.patient_id}@west.example", NEW)
    made = next(row for row in audit_rows(house.clinic_id) if row.action == "account_link.made")
    assert (made.patient_id, made.content) == (ana.patient_id, {"purpose": "password"})
    assert "made a link for you to sign in anew" in visitor.get("/me/looks").main


def test_a_patient_takes_a_passkey_instead_and_the_old_password_is_over(house: House, ana: Identity) -> None:
    signed_in = house.sign_in_as(ana)
    link, device, visitor = patient_link(house, ana, house.staff()), a_device(), Visitor(house.app)
    visitor.get(link)
    page = visitor.post(f"{link}/passkey", answer(visitor, device, f"/account/passkeys/ask{link}"))
    assert "Your passkey is set. Sign in with it." in page.text
    assert signed_in.open("/today").status_code == 303
    assert visitor.open("/today").status_code == 303
    visitor.get(link, 410)
    email = {"email": f"{ana.patient_id}@west.example", "password": PASSWORD}
    visitor.send(visitor.get("/sign-in").form(), email, status=422)
    assert sign_in_with(visitor, device).path == "/today"


def test_the_link_is_made_only_by_whoever_has_just_proved_it(house: House, ana: Identity, clock: TestClock) -> None:
    house.sign_in_as(ana)
    nurse = house.staff(Role.NURSE)
    page = nurse.get(f"/clinic/patients/{ana.patient_id}")
    clock.move(minutes=6)
    asked = nurse.send(page.form(f"/clinic/patients/{ana.patient_id}/sign-in-link"), status=403)
    assert has_link() == 0
    assert nurse.confirm(asked).h1 == "New sign-in link for Ramirez, Ana"


def test_a_clinic_opens_no_account_that_is_used_elsewhere_too(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    second = clinics.add_clinic(OPERATOR, "Pain clinic East", clock=house.clock)
    link_of_east = members.invite_member(
        OPERATOR, "ana@east.example", clinic="Pain clinic East", roles=[Role.NURSE], clock=house.clock
    )
    assert link_of_east
    with transaction() as session:
        member = session.scalars(select(Member).where(Member.clinic_id == second)).one()
        account_id = session.scalars(
            select(Account.id).where(Account.sign_in_name == f"{ana.patient_id}@west.example")
        ).one()
        member.account_id, member.status = account_id, "active"
        from diary.models import AccountClinic  # noqa: PLC0415

        session.add(AccountClinic(account_id=account_id, clinic_id=second))
    nurse = house.staff(Role.NURSE)
    page = nurse.get(f"/clinic/patients/{ana.patient_id}")
    page = nurse.send(page.form(f"/clinic/patients/{ana.patient_id}/sign-in-link"), status=422)
    assert "A link from the clinic cannot open this account." in page.main
    assert has_link() == 0


def a_lost_factor(house: House) -> tuple[str, str, Identity]:
    """Return the name of a clinician who lost app and codes, and the path of the link that an admin made."""
    house.staff()
    email = list(house.known)[-1]
    who = house.known[email]
    admin = house.staff(Role.ADMIN)
    page = admin.get(f"/clinic/members/{who.member_id}")
    page = admin.send(page.form(f"/clinic/members/{who.member_id}/second-factor-link"))
    return email, urlsplit(" ".join(page.one("code").itertext())).path, who


def test_a_lost_second_factor_is_replaced_by_link_and_password_together(house: House) -> None:
    email, link, who = a_lost_factor(house)
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get(link).form(f"{link}/sign-in"), {"password": PASSWORD})
    assert page.path == link
    assert "It takes the place of your app" in page.main
    secret = "".join(next(words for words in codes_on(page) if len(words) > 30).split())
    code = pyotp.TOTP(secret).at(int(house.clock().timestamp()) + 3)
    page = visitor.send(page.form(f"{link}/app"), {"code": code})
    assert page.h1 == "Your recovery codes"
    assert visitor.open("/clinic/").status_code == 200
    Visitor(house.app).get(link, 410)
    actions = [(row.action, row.content) for row in audit_rows(house.clinic_id)]
    assert ("account_link.made", {"purpose": "second_factor"}) in actions
    assert ("second_factor.removed", {"kind": "all"}) in actions
    assert email
    assert who


def codes_on(page) -> list[str]:  # type: ignore[no-untyped-def]
    return [" ".join(one.itertext()) for one in page.all("code")]


def test_a_passkey_takes_the_place_of_every_lost_factor(house: House) -> None:
    email, link, who = a_lost_factor(house)
    device, visitor = a_device(), Visitor(house.app)
    visitor.send(visitor.get(link).form(f"{link}/sign-in"), {"password": PASSWORD})
    page = visitor.post(f"{link}/new-passkey", answer(visitor, device, f"/account/passkeys/ask{link}"))
    assert page.h1 == "Your recovery codes"
    with snapshot() as session:
        assert session.get(OneTimeCodes, who.account_id or account_named(email)) is None
    assert sign_in_with(Visitor(house.app), device).path == "/clinic/"


def account_named(name: str) -> uuid.UUID:
    with snapshot() as session:
        return session.scalars(select(Account.id).where(Account.sign_in_name == name)).one()


def test_without_the_password_the_link_is_worth_nothing(house: House) -> None:
    _email, link, _who = a_lost_factor(house)
    visitor = Visitor(house.app)
    page = visitor.get(link)
    assert "otpauth" not in page.html
    visitor.send(page.form(f"{link}/sign-in"), {"password": "not the right words"}, status=422)
    assert visitor.get(link).h1 == "Set up a new second factor"
    visitor.post(f"{link}/app", {"code": "123456"}, follow=False, status=303)
    visitor.get(link)
    visitor.post(f"{link}/new-passkey", {"ceremony": "x", "answer": "x"}, follow=False, status=303)
    visitor.get(link)
    visitor.post(link, {"password": NEW}, status=410)  # it is no link to a new password either
    assert all_links()[0].used_at is None


def test_without_the_link_the_password_is_worth_nothing(house: House) -> None:
    email, link, _who = a_lost_factor(house)
    visitor = Visitor(house.app)
    page = visitor.send(visitor.get("/sign-in").form(), {"email": email, "password": PASSWORD})
    assert page.path.startswith("/sign-in/code")
    visitor.get("/sign-in/set-up", 303)
    assert visitor.open("/clinic/").status_code == 303
    assert link


def test_the_link_of_one_member_does_nothing_for_another(house: House) -> None:
    _email, link, _who = a_lost_factor(house)
    house.staff(Role.NURSE)
    other, visitor = list(house.known)[-1], Visitor(house.app)
    visitor.send(visitor.get("/sign-in").form(), {"email": other, "password": PASSWORD})
    assert visitor.get(link).h1 == "Set up a new second factor"
    assert "otpauth" not in visitor.get(link).html
    visitor.post(f"{link}/app", {"code": "123456"}, follow=False, status=303)


def test_an_admin_makes_no_such_link_for_themself(house: House) -> None:
    admin = house.staff(Role.ADMIN)
    who = list(house.known.values())[-1]
    page = admin.get(f"/clinic/members/{who.member_id}")
    assert "Second factor lost" not in page.main
    admin.post(f"/clinic/members/{who.member_id}/second-factor-link", status=422)
    assert has_link() == 0


def test_the_only_admin_is_given_a_link_from_the_command_line(house: House) -> None:
    house.staff(Role.ADMIN)
    run = house.app.test_cli_runner().invoke
    told = Context().run(run, args=["diary", "admin", "new-factor", list(house.known)[-1]])
    assert told.exit_code == 0, told.output
    page = Visitor(house.app).get(urlsplit(told.output.strip()).path)
    assert page.h1 == "Set up a new second factor"
    refused = Context().run(run, args=["diary", "admin", "new-factor", "nobody@west.example"])
    assert refused.exit_code == 1
    assert "Nobody of the staff signs in as" in refused.output


def test_nobody_but_an_admin_makes_such_a_link(house: House) -> None:
    house.staff(Role.ADMIN)
    who = list(house.known.values())[-1]
    for role in (Role.CLINICIAN, Role.NURSE, Role.RESEARCHER):
        visitor = house.staff(role)
        visitor.get("/clinic/settings")
        visitor.get("/account/security")
        visitor.post(f"/clinic/members/{who.member_id}/second-factor-link", status=403)
    assert has_link() == 0


@pytest.mark.usefixtures("mail")
def test_the_owner_is_told_by_mail_of_devices_passkeys_and_apps(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    first = len(letters_waiting())
    add_passkey(visitor, a_device())
    house.sign_in_as(ana)
    subjects = [letter.subject for letter in letters_waiting()][first:]
    assert sorted(subjects) == ["A passkey was added", "A sign-in from a new device"]
    assert all(PASSWORD not in letter.text for letter in letters_waiting())


def test_new_recovery_codes_take_the_place_of_the_old_ones(house: House) -> None:
    visitor = house.staff()
    page = visitor.get("/account/security")
    assert "0 codes are left" in page.main
    page = visitor.send(page.form("/account/recovery-codes"))
    first = codes_on(page)
    page = visitor.send(visitor.get("/account/security").form("/account/recovery-codes"))
    assert len(first) == len(codes_on(page)) == 10
    assert set(first).isdisjoint(codes_on(page))
    assert "10 codes are left" in visitor.get("/account/security").main
    email, other = list(house.known)[-1], Visitor(house.app)
    asked = other.send(other.get("/sign-in").form(), {"email": email, "password": PASSWORD})
    other.send(asked.form(), {"code": first[0]}, status=422)
    assert other.send(other.page.form(), {"code": codes_on(page)[0]}).path == "/clinic/"  # type: ignore[union-attr]
    with snapshot() as session:
        assert session.scalar(select(func.count()).where(RecoveryCode.used_at.is_not(None))) == 1


def test_an_app_is_replaced_by_the_one_that_shows_the_code(house: House) -> None:
    visitor = house.staff()
    page = visitor.get("/account/app")
    visitor.send(page.form(), {"code": "000000"}, status=422)
    secret = "".join(codes_on(page)[0].split())
    code = pyotp.TOTP(secret).at(int(house.clock().timestamp()) + 3)
    assert "Your app is set" in visitor.send(page.form(), {"code": code}).main


def test_a_password_is_changed_with_the_old_one_and_ends_every_other_session(house: House, ana: Identity) -> None:
    other, visitor = house.sign_in_as(ana), house.sign_in_as(ana)
    form = visitor.get("/account/password").form()
    wrong = visitor.send(form, {"old": "not the right words", "password": NEW}, status=422)
    assert "This is not your password" in wrong.errors_of("password") + wrong.text
    visitor.send(form, {"old": PASSWORD, "password": "short"}, status=422)
    assert "Your new password is set" in visitor.send(form, {"old": PASSWORD, "password": NEW}).main
    assert other.open("/today").status_code == 303
    assert visitor.open("/today").status_code == 200
    Visitor(house.app).sign_in(f"{ana.patient_id}@west.example", NEW)


def test_patients_see_no_app_and_no_codes(house: House, ana: Identity) -> None:
    visitor = house.sign_in_as(ana)
    page = visitor.get("/account/security")
    assert "Recovery codes" not in page.main
    visitor.get("/account/app", 404)
    visitor.get("/me")
    visitor.post("/account/recovery-codes", status=404)
    assert "Me" in page.links
    assert "Worklist" in house.staff().get("/account/security").links


def test_the_purposes_are_kept_apart(house: House, ana: Identity) -> None:
    house.sign_in_as(ana)
    link = patient_link(house, ana, house.staff())
    visitor = Visitor(house.app)
    visitor.get(link)
    visitor.post(f"{link}/sign-in", {"password": PASSWORD}, status=410)
    assert {row.purpose for row in all_links()} == {LinkPurpose.PASSWORD}
    with snapshot() as session:
        assert session.scalars(select(Passkey)).all() == []
