"""The admin's pages on the staff: invite, roles, suspend, bring back, end; and leaving oneself."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from diary.access.identity import Identity
from diary.db import snapshot
from diary.models import Member
from diary.vocabulary import Role
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import PASSWORD, House
from tests.web.visiting import Visitor

INVITED = {"name": "Nurse T. Bakker", "email": "bakker@west.example", "roles": "nurse"}


@pytest.fixture
def admin(house: House) -> Visitor:
    """An admin who has just signed in."""
    return house.staff(Role.ADMIN)


def rows_of(page: Page) -> dict[str, list[str]]:
    """Return the cells of each member's line, by name."""
    lines = [[words_of(cell) for cell in row if cell.tag in ("th", "td")] for row in page.all("tr")]
    return {line[0]: line[1:] for line in lines}


def linked(page: Page) -> str:
    """Return the path of the link that stands on the page."""
    return urlsplit(words_of(page.one("code"))).path


def page_of(admin: Visitor, name: str) -> Page:
    """Open the page of a member."""
    return admin.get(admin.get("/clinic/members").links[name])


def invited(admin: Visitor) -> str:
    """Invite a nurse and return the path of the link."""
    return linked(admin.send(admin.get("/clinic/members/new").form(), INVITED))


def test_the_settings_lead_an_admin_to_the_members_and_everybody_else_to_the_way_out(house: House) -> None:
    assert "/clinic/members" in house.staff(Role.ADMIN).get("/clinic/settings").links.values()
    links = house.staff(Role.NURSE).get("/clinic/settings").links.values()
    assert "/clinic/members" not in links
    assert "/clinic/leave" in links


def test_the_list_says_who_works_here_and_how_they_stand(admin: Visitor) -> None:
    invited(admin)
    rows = rows_of(admin.get("/clinic/members"))
    assert rows["Nurse T. Bakker"][0] == "nurse"
    assert rows["Nurse T. Bakker"][1].startswith("invited, link good until 23 Mar 2026")
    roles, status, factor, last = rows["First"]
    assert (roles, status, factor, last) == ("clinician", "active", "app", "never")
    assert rows["Admin-0"][3].startswith("20 Mar 2026, ")


def test_an_invite_shows_link_and_qr_code_once_and_says_that_there_is_no_mail(admin: Visitor) -> None:
    page = admin.send(admin.get("/clinic/members/new").form(), INVITED)
    assert linked(page).startswith("/invite/")
    (image,) = page.all("img")
    assert (image.get("src") or "").startswith("data:image/svg+xml")
    assert image.get("alt") == "QR code of the link below"
    assert "Mail is not set up in this installation" in page.main
    assert linked(page).rpartition(".")[2] not in admin.get("/clinic/members").html


def test_a_member_may_have_several_roles(admin: Visitor, house: House) -> None:
    admin.get("/clinic/members/new")
    admin.post("/clinic/members/new", {**INVITED, "roles": ["nurse", "researcher"]})
    with snapshot() as session:
        member = session.scalar(select(Member).where(Member.name == INVITED["name"]))
    assert member is not None
    assert set(member.roles) == {"nurse", "researcher"}


def test_what_is_missing_is_said_and_nothing_that_was_written_is_lost(admin: Visitor) -> None:
    form = admin.get("/clinic/members/new").form()
    page = admin.send(form, {**INVITED, "email": "bakker at west", "roles": None}, status=422)
    assert "Write an e-mail address" in page.errors_of("email")
    assert "Choose at least one role." in page.main
    assert page.value_of("name") == INVITED["name"]
    assert page.value_of("email") == "bakker at west"
    page = admin.send(form, {**INVITED, "roles": "emperor"}, status=422)
    assert "Choose one of those offered." in page.main


def test_an_invited_member_begins_with_the_address_they_were_invited_by(admin: Visitor, house: House) -> None:
    new = Visitor(house.app)
    page = new.get(invited(admin))
    assert page.value_of("email") == INVITED["email"]
    page = new.send(page.form(), {"password": PASSWORD})
    assert page.path.startswith("/sign-in/set-up"), "staff need a second factor"
    assert rows_of(admin.get("/clinic/members"))["Nurse T. Bakker"][1:3] == ["active", "not set up"]


def test_a_new_link_replaces_and_a_withdrawn_one_says_so(admin: Visitor, house: House) -> None:
    first = invited(admin)
    page = page_of(admin, "Nurse T. Bakker")
    second = linked(admin.send(page.form(f"{page.path}/invite")))
    assert "A newer link took the place of this one" in Visitor(house.app).get(first, 410).main
    admin.send(page_of(admin, "Nurse T. Bakker").form(f"{page.path}/withdraw"))
    assert "Your clinic withdrew this invite" in Visitor(house.app).get(second, 410).main
    assert rows_of(admin.get("/clinic/members"))["Nurse T. Bakker"][1] == "invite withdrawn"


def test_suspending_is_confirmed_takes_effect_at_once_and_can_be_undone(admin: Visitor, house: House) -> None:
    nurse = house.staff(Role.NURSE)
    name = list(house.known.values())[-1].name
    page = page_of(admin, name)
    unsure = admin.send(page.form(f"{page.path}/suspend"), status=422)
    assert "Tick that you are sure. Nothing was changed." in unsure.main
    assert nurse.open("/clinic/").status_code == 200
    admin.send(page.form(f"{page.path}/suspend"), {"sure": "y"})
    assert nurse.open("/clinic/").status_code == 303
    admin.send(page_of(admin, name).form(f"{page.path}/bring-back"))
    assert nurse.open("/clinic/").status_code == 303, "they sign in anew"
    assert Visitor(house.app).sign_in(list(house.known)[-1], PASSWORD).open("/clinic/").status_code == 200


def test_a_membership_ends_and_what_was_done_stays(admin: Visitor, house: House) -> None:
    nurse = house.staff(Role.NURSE)
    name = list(house.known.values())[-1].name
    page = page_of(admin, name)
    admin.send(page.form(f"{page.path}/end"), {"sure": "y"})
    assert nurse.open("/clinic/").status_code == 303
    assert rows_of(admin.get("/clinic/members"))[name][1] == "left"
    assert name not in house.staff(Role.NURSE).get("/clinic/settings").main
    assert name in admin.get("/clinic/audit").main


def test_roles_count_from_the_next_page_on(admin: Visitor, house: House) -> None:
    nurse = house.staff(Role.NURSE)
    page = page_of(admin, list(house.known.values())[-1].name)
    admin.send(page.form(f"{page.path}/roles"), {"roles": "researcher"})
    nurse.get("/clinic/", 403)


def test_the_last_admin_is_told_why_they_stay(admin: Visitor) -> None:
    page = page_of(admin, "Admin-0")
    refused = admin.send(page.form(f"{page.path}/roles"), {"roles": "nurse"}, status=422)
    assert "Admin-0 is the last active admin: make somebody else an admin first." in refused.html
    leave = admin.get(page.links["Leave this clinic"])
    refused = admin.send(leave.form(), {"sure": "y"}, status=422)
    assert "the last active admin" in refused.html


def test_one_leaves_by_oneself(house: House) -> None:
    nurse = house.staff(Role.NURSE)
    nurse.send(nurse.get("/clinic/leave").form(), status=422)
    page = nurse.send(nurse.get("/clinic/leave").form(), {"sure": "y"})
    assert page.path == "/sign-in?done=clinic-left"
    assert "You have left the clinic." in page.main
    assert nurse.open("/clinic/").status_code == 303


def test_minutes_after_signing_in_it_is_confirmed_first_and_nothing_is_lost(
    admin: Visitor, house: House, clock: TestClock
) -> None:
    page = admin.get("/clinic/members/new")
    clock.move(minutes=6)
    asked = admin.send(page.form(), INVITED, status=403)
    assert linked(admin.confirm(asked)).startswith("/invite/")


def test_a_member_of_another_clinic_is_not_there(admin: Visitor, house: House) -> None:
    elsewhere: Identity = house.clinician
    admin.get(f"/clinic/members/{elsewhere.member_id}")
    admin.get(f"/clinic/members/{elsewhere.clinic_id}", 404)
