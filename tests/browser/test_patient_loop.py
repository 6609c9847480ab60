"""The patient's loop on a phone, as a person goes through it, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from tests.browser.served import PATIENT

TODAY, YESTERDAY = "2026-03-20", "2026-03-19"
SCRIPTS = [pytest.param(True, id="with scripts"), pytest.param(False, id="without scripts")]


@pytest.fixture
def invite(visitors):
    """Add a patient as the doctor does and return the link that is handed over."""

    def hand_over(name, reference):
        page = visitors.arrive("clinician")
        page.goto("/clinic/")
        page.get_by_role("link", name="Add a patient").click()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Reference").fill(reference)
        page.get_by_role("button", name="Add the patient").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        page.get_by_role("button", name="Make an invite link").click()
        return page.locator(".ebb-handover code").inner_text()

    return hand_over


def begin(visitors, link, *, name, scripts):
    """Open the link on a phone and set a password."""
    page = visitors.with_a_phone(java_script_enabled=scripts)
    page.goto(link)
    page.get_by_label("E-mail address, or a name to sign in with").fill(name)
    page.get_by_label("Choose a password").fill("four plain words here")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/today")
    return page


def tap_and_save(page, score):
    """Make the two taps of an entry."""
    # The number is tapped where it is drawn.
    page.locator(f"input[name=score][value='{score}']").tap(force=True)
    page.get_by_role("button", name="Save").tap()


@pytest.mark.parametrize("scripts", SCRIPTS)
def test_from_the_invite_to_a_corrected_diary(visitors, served, invite, scripts):
    reference = f"L-{int(scripts)}"
    page = begin(visitors, invite("Berg, Kim", reference), name=f"kim{reference}", scripts=scripts)

    tap_and_save(page, 6)
    page.wait_for_url("**/diary?saved=*")
    expect(page.get_by_role("status").filter(has_text="Saved: 6 for today")).to_be_visible()
    assert served.entries_of(reference, TODAY) == [(6, "self")]
    expect(page.locator("svg .ebb-chart__ring")).to_have_count(1)

    page.reload()
    page.goto("/today")
    expect(page.get_by_role("main")).to_contain_text("6")
    page.get_by_role("link", name="Correct today").tap()
    tap_and_save(page, 4)
    expect(page.get_by_role("status").filter(has_text="Saved: 4 for today")).to_be_visible()
    assert served.entries_of(reference, TODAY) == [(6, "self"), (4, "self")]

    page.get_by_role("button", name="Undo").tap()
    expect(page.get_by_role("status").filter(has_text="Taken back")).to_be_visible()
    assert served.entries_of(reference, TODAY)[-1][0] == 6

    page.goto("/today")
    page.get_by_role("link", name="Yesterday has no entry: fill it in").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("On Thursday, how strong was your pain on average?")
    tap_and_save(page, 8)
    expect(page.get_by_role("status").filter(has_text="Saved: 8 for Thursday 19 March")).to_be_visible()
    assert served.entries_of(reference, YESTERDAY) == [(8, "self")]


def test_save_tapped_twice_a_reload_and_going_back_store_one_entry(visitors, served, invite):
    page = begin(visitors, invite("Fischer, Jo", "L-2"), name="joL-2", scripts=True)
    page.locator("input[name=score][value='3']").tap(force=True)
    page.evaluate("() => { const save = document.querySelector('main button'); save.click(); save.click(); }")
    page.wait_for_url("**/diary?saved=*")
    assert served.entries_of("L-2", TODAY) == [(3, "self")]

    page.reload()
    page.go_back()
    page.wait_for_load_state()
    if page.locator("input[name=score]").count():
        tap_and_save(page, 3)
        page.wait_for_load_state()
    assert served.entries_of("L-2", TODAY) == [(3, "self")]


def test_the_same_form_sent_twice_by_a_phone_is_stored_once(visitors, served, invite):
    page = begin(visitors, invite("Weber, Lu", "L-3"), name="luL-3", scripts=True)
    sent = page.evaluate(
        """async () => {
          document.querySelector("input[name=score][value='5']").checked = true;
          const body = new URLSearchParams(new FormData(document.querySelector("main form")));
          const answers = await Promise.all([1, 2, 3].map(() => fetch("/today", { method: "POST", body })));
          return answers.map((answer) => answer.status);
        }"""
    )
    assert sent == [200, 200, 200]
    assert served.entries_of("L-3", TODAY) == [(5, "self")]


def test_a_copied_cookie_dies_when_the_patient_signs_out(visitors):
    visitors.expect("/sync/state")  # the thief's open page may ask just then, and is told to sign in
    page = visitors.with_a_phone()
    visitors.sign_in(page, "patient")
    page.goto("/diary")
    copied = page.context.storage_state()
    thief = visitors.open_context(storage_state=copied).new_page()
    thief.goto("/diary")
    expect(thief.get_by_role("heading", level=1)).to_have_text("My diary")

    page.goto("/me")
    page.get_by_role("button", name="Sign out").tap()
    page.wait_for_url("**/sign-in")
    thief.goto("/diary")
    assert "/sign-in" in thief.url
    again = visitors.open_context(storage_state=copied).new_page()
    again.goto("/today")
    assert "/sign-in" in again.url


def test_saying_that_it_wears_off_reaches_the_worklist(visitors, served):
    served.clock.move(minutes=1)  # later than what was decided
    phone = visitors.with_a_phone("patient")
    phone.goto("/diary")
    phone.get_by_role("button", name="It is wearing off: tell my clinic").tap()
    expect(phone.get_by_text("You told your clinic on Friday 20 March")).to_be_visible()

    desk = visitors.arrive("clinician")
    desk.goto("/clinic/")
    row = desk.get_by_role("row").filter(has_text=PATIENT)
    expect(row).to_contain_text("Patient says it wears off")
    expect(row).to_contain_text("Review")
