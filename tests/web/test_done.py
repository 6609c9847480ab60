"""What was just done is said on the page that follows, in our own words only."""

from diary.vocabulary import Role
from tests.web.people import House


def test_what_was_done_is_said_once_it_is_done(house: House) -> None:
    admin = house.staff(Role.ADMIN)
    said = "The clinic's particulars are saved."
    page = admin.get("/clinic/settings")
    assert said not in page.main
    assert said in admin.send(page.form("/clinic/settings")).main


def test_an_address_cannot_put_words_on_a_page(house: House) -> None:
    page = house.staff(Role.ADMIN).get("/clinic/settings?done=You+are+hacked")
    assert "hacked" not in page.html.replace(page.path, "")
    assert not page.all("div", class_="ebb-notice--saved")


def test_a_refused_form_is_not_called_saved(house: House) -> None:
    admin = house.staff(Role.ADMIN)
    page = admin.get("/clinic/settings?done=clinic-changed")
    assert page.all("div", class_="ebb-notice--saved")
    refused = admin.send(page.form("/clinic/settings"), {"name": ""}, status=422)
    assert not refused.all("div", class_="ebb-notice--saved")
