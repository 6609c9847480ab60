"""The page of the rules: every number with its status, the change log, and the forms of those who may change it."""

import pytest

from diary.clinical.medicines import DEFAULT_MEDICINES
from diary.clinical.rule_changes import NAMES
from diary.clinical.rules import NUMBERS
from diary.vocabulary import Role
from diary.web.clinic.rule_forms import GROUPS
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated
from tests.web.visiting import Visitor

REASON = {"reason": "As agreed on 3 March."}


@pytest.fixture
def admin(house: House) -> Visitor:
    return house.staff(Role.ADMIN)


def row_of(page: Page, words: str) -> str:
    """Return the cells of the row that begins with these words."""
    return next(words_of(row) for row in page.all("tr") if words_of(row).startswith(words))


def change(admin: Visitor, status: int = 200, **fields: str) -> Page:
    return admin.send(admin.get("/clinic/rules/edit").form(), {**REASON, **fields}, status=status)


def test_every_number_stands_in_one_group_of_the_form() -> None:
    grouped = [name for _title, names in GROUPS for name in names]
    assert sorted(grouped) == sorted(NUMBERS)


def test_every_number_is_shown_with_its_status(house: House) -> None:
    page = house.staff().get("/clinic/rules")
    assert row_of(page, "less pain than the baseline") == (
        "less pain than the baseline that makes a week good 30 % published Farrar 2001, Dworkin 2008"
    )
    assert row_of(page, "entries of 7 days").endswith("4 entries simulation Heapy 2014, J Pain 15:1360")
    assert row_of(page, "entries from a dated paper sheet").endswith("yes opinion")
    assert row_of(page, "days after its own on which an entry").endswith("1 day opinion")
    assert row_of(page, "immunoglobulin").startswith(
        "immunoglobulin day 28 opinion 2 weeks simulation 21 days published 6 courses opinion not set small trial"
    )
    statuses = [words_of(one) for one in page.all("span", class_="ebb-source")]
    assert len(statuses) == len(NAMES) - len(DEFAULT_MEDICINES), "all but the waiting times, which are not set"


def test_who_may_not_change_the_rules_is_offered_nothing(house: House) -> None:
    for role in (Role.CLINICIAN, Role.NURSE, Role.RESEARCHER):
        visitor = house.staff(role)
        page = visitor.get("/clinic/rules")
        assert not [link for link in page.links.values() if "/rules/" in link], role
        for path in ("/clinic/rules/edit", "/clinic/rules/medicines/ketamine"):
            assert visitor.open(path).status_code == 403


def test_an_admin_changes_a_number_and_everybody_sees_who_when_and_why(house: House, admin: Visitor) -> None:
    page = change(admin, week_minimum="5", gap_minimum="7", near_enters="0.35")
    assert page.path.startswith("/clinic/rules")
    read = house.staff(Role.NURSE).get("/clinic/rules")
    assert "Rule set 2." in read.main
    assert "A weekly mean needs 5 entries in 7 days." in read.main
    told = words_of(read.one("section", id="changes"))
    assert "entries of 7 days that a weekly mean needs: from 4 entries to 5 entries" in told
    assert "distance below the line that becomes near: from 0.5 points to 0.35 points" in told
    assert "20 Mar 2026, Admin" in told
    assert "As agreed on 3 March." in told
    assert told.index("Version 2") < told.index("Version 1")
    assert "20 Mar 2026, when the clinic was set up" in told
    row = row_of(read, "entries of 7 days")
    assert "5 entries opinion changed by Admin" in row
    assert row.endswith("on 20 Mar 2026: As agreed on 3 March.")
    assert "Heapy" not in row


def test_a_number_changed_back_has_its_own_status_again(admin: Visitor) -> None:
    change(admin, week_minimum="5")
    page = change(admin, week_minimum="4")
    assert row_of(page, "entries of 7 days").endswith("4 entries simulation Heapy 2014, J Pain 15:1360")
    assert "Version 3" in page.main


def test_a_waiting_time_is_given_and_taken_back(admin: Visitor) -> None:
    path = "/clinic/rules/medicines/lidocaine"
    page = admin.send(admin.get(path).form(), {**REASON, "waiting_time": "35"})
    assert "35 days opinion" in row_of(page, "lidocaine")
    assert "lidocaine: days between asking for a chair and sitting in it: from not set to 35 days" in page.main
    assert "lidocaine, days between asking for a chair and sitting in it: 35 days, changed by" in page.main
    assert admin.get(path).value_of("waiting_time") == "35"
    page = admin.send(admin.get(path).form(), {**REASON, "waiting_time": ""})
    assert "not set" in row_of(page, "lidocaine")
    assert "from 35 days to not set" in page.main


def test_every_medicine_has_its_page_and_others_have_none(admin: Visitor) -> None:
    page = admin.get("/clinic/rules")
    links = [link for link in page.links.values() if "/rules/medicines/" in link]
    assert len(links) == len(DEFAULT_MEDICINES)
    for link in links:
        form = admin.get(link).form()
        assert {"eval_end", "confirm_weeks", "minimum_interval", "courses_a_year", "waiting_time"} <= form.fields.keys()
    for code in ("aspirin", "KETAMINE", "%00", "..", "x" * 300):
        assert admin.open(f"/clinic/rules/medicines/{code}").status_code == 404
        form = admin.get(links[0]).form()
        assert admin.open(f"/clinic/rules/medicines/{code}", method="POST", data=form.fields).status_code == 404


def test_ketamine_says_why_its_interval_cannot_be_shorter(admin: Visitor) -> None:
    path = "/clinic/rules/medicines/ketamine"
    page = admin.get(path)
    assert (
        "From 17 to 730 days. Default: 42 days (opinion). After 16 days 3 of 6 people had a liver injury" in page.main
    )
    refused = admin.send(page.form(), {**REASON, "minimum_interval": "16"}, status=422)
    assert refused.errors_of("minimum_interval") == "Error: Write a number from 17 to 730."
    assert refused.value_of("reason") == REASON["reason"]


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"week_minimum": "8"}, "week_minimum", "Write a number from 1 to 7."),
        ({"week_minimum": "four"}, "week_minimum", "Write a whole number."),
        ({"week_minimum": ""}, "week_minimum", "Write a number."),
        ({"week_minimum": "9" * 5000}, "week_minimum", "Write a whole number."),
        ({"near_enters": "0.333"}, "near_enters", "Use at most two decimals."),
        ({"near_enters": "NaN"}, "near_enters", "Write a number from 0 to 2."),
        ({"near_enters": "1e999999"}, "near_enters", "Write a number from 0 to 2."),
        ({"near_enters": "x"}, "near_enters", "Write a number, like 7.3."),
        ({"near_leaves": "0.2"}, "near_leaves", "Write 0.5 or more: that is the number of “distance below the line"),
        ({"paper_counts": "perhaps"}, "paper_counts", ""),
        ({"reason": "  "}, "reason", "Say why, in a few words."),
        ({"reason": "x" * 501}, "reason", "Use at most 500 characters."),
    ],
)
def test_what_makes_no_sense_is_said_beside_its_field_and_the_rest_is_kept(
    admin: Visitor, fields: dict[str, str], field: str, said: str
) -> None:
    page = change(admin, 422, **{"carried_days": "400", **fields})
    assert page.errors_of(field).startswith(f"Error: {said}")
    assert page.value_of("carried_days") == "400"
    assert "Rule set 1." in admin.get("/clinic/rules").main


def test_a_form_that_changes_nothing_is_told_so(admin: Visitor) -> None:
    page = change(admin, 422)
    assert "Every number is as it was: nothing was stored." in page.main


def test_a_form_that_others_were_faster_than_starts_again_from_their_numbers(house: House, admin: Visitor) -> None:
    form = admin.get("/clinic/rules/edit").form()
    change(house.staff(Role.ADMIN), week_minimum="5")
    page = admin.send(form, {**REASON, "relief_percent": "40"}, status=409)
    assert "The rules were changed since this page was opened." in page.main
    assert (page.value_of("week_minimum"), page.value_of("relief_percent")) == ("5", "30")
    assert (page.value_of("reason"), page.value_of("base_version")) == (REASON["reason"], "2")
    after = admin.send(page.form(), {"relief_percent": "40"})
    assert "Rule set 3." in after.main
    assert "The line is 60 % of it" in after.main


def test_a_form_sent_twice_makes_one_version(admin: Visitor) -> None:
    form = admin.get("/clinic/rules/edit").form()
    for _ in range(2):
        page = admin.send(form, {**REASON, "week_minimum": "5"})
    assert "Rule set 2." in page.main


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0", "\u0661", "9" * 400, None])
def test_a_damaged_version_is_refused(admin: Visitor, version: str | None) -> None:
    form = admin.get("/clinic/rules/edit").form()
    filled = {**REASON, "week_minimum": "5", "base_version": version}
    assert "Reload the page" in admin.send(form, filled, status=422).main


def test_the_worklist_and_the_patient_are_judged_by_the_new_numbers_at_once(
    house: House, admin: Visitor, clock: TestClock
) -> None:
    patient = treated(house, clock, before=(7,) * 7, after=(4,) * 35)
    visitor = house.staff()
    path = f"/clinic/patients/{patient.patient_id}"
    assert "Response holding" in visitor.get("/clinic/").main
    assert "Line 4.9 (entries behind it) 70 % of the baseline published" in visitor.get(path).main
    change(admin, relief_percent="50")
    assert "No response seen" in visitor.get("/clinic/").main
    assert "Line 3.5 (entries behind it) 50 % of the baseline opinion" in visitor.get(path).main


def test_a_hostile_reason_is_shown_as_it_was_written(admin: Visitor) -> None:
    for number, reason in enumerate(("<script>alert(1)</script>", "100 % of us & %s", "' OR 1=1 --"), start=5):
        page = change(admin, week_minimum=str(number), gap_minimum="7", reason=reason)
        assert reason in page.main
