"""Every page that a person can open, in the states that look different."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Opened:
    """A page and how to come to it.

    Attributes:
        role: who is signed in; address: with the facts to fill in; act: what is done there;
        status: of the last answer; first: of the answer that is acted on, where it is no page like others.
    """

    endpoint: str
    called: str
    role: str | None
    address: str
    act: Callable[[Page], None] | None = None
    status: int = 200
    first: int = 200

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.called}"


def send(words: str) -> Callable[[Page], None]:
    """Return the act of pressing the button with these words."""

    def press(page: Page) -> None:
        page.get_by_role("main").get_by_role("button", name=words, exact=True).first.click()
        page.wait_for_load_state()

    return press


def tick_nothing(page: Page) -> None:
    """Join without saying that both names are one's own."""
    page.get_by_role("main").get_by_role("button").first.click()
    page.wait_for_load_state()


def give_password(name: str) -> Callable[[Page], None]:
    """Return the act of signing in as far as the second factor."""

    def give(page: Page) -> None:
        page.get_by_label("E-mail address or sign-in name").fill(name)
        page.get_by_label("Password", exact=True).fill("four plain words here")
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_label("Code", exact=True).wait_for()

    return give


def give_no_code(page: Page) -> None:
    """Send the second factor without writing it."""
    give_password("new-doctor@demo.example")(page)
    send("Sign in")(page)


def lock_the_screen(page: Page) -> None:
    """Set a PIN and shut the lock."""
    page.get_by_label("PIN", exact=True).fill("739182")
    page.get_by_label("The same PIN again").fill("739182")
    page.get_by_role("button", name="Set the PIN").click()
    page.get_by_role("button", name="Lock now").click()
    page.get_by_role("heading", name="Locked").wait_for()


def write_a_wrong_pin(page: Page) -> None:
    """Try to open the lock with another PIN."""
    lock_the_screen(page)
    page.get_by_label("PIN", exact=True).fill("000000")
    page.get_by_role("button", name="Open", exact=True).click()
    page.get_by_text("Tries left: 4").first.wait_for()


def show_the_table(page: Page) -> None:
    """Open the numbers behind the chart."""
    page.get_by_text("The same numbers as a table").click()


def choose_a_zone_and_no_day(page: Page) -> None:
    """Ask for another time zone without the day from which on."""
    page.get_by_label("New time zone").select_option("Asia/Tokyo")
    page.get_by_label("From the diary day").fill("")
    send("Save the particulars")(page)


COURSE = "/clinic/patients/{late}/courses/{course}"
PAGES = [
    Opened("account.sign_in", "empty", None, "/sign-in"),
    Opened("account.sign_in", "refused", None, "/sign-in", send("Sign in"), status=422),
    Opened("account.code", "asked", None, "/sign-in", give_password("new-doctor@demo.example")),
    Opened("account.code", "refused", None, "/sign-in", give_no_code, status=422),
    Opened("account.set_up", "offered", None, "/sign-in", give_password("newcomer@demo.example")),
    Opened("account.confirm", "for staff", "clinician", "/account/confirm?next=/clinic/"),
    Opened("account.confirm", "for a patient", "patient", "/account/confirm"),
    Opened("account.confirm", "refused", "patient", "/account/confirm", send("Confirm and go on"), status=422),
    Opened("account.show_invite", "empty", None, "/invite/{invite}"),
    Opened("account.show_invite", "refused", None, "/invite/{invite}", send("Begin"), status=422),
    Opened("public.about", "read", None, "/about"),
    Opened("patient.today", "asked", "patient", "/today"),
    Opened("patient.today", "sent without a number", "patient", "/today", send("Save"), status=422),
    Opened("patient.today", "answered", "new patient", "/today"),
    Opened("patient.diary", "full", "patient", "/diary"),
    Opened("patient.diary", "a year", "patient", "/diary?year=1"),
    Opened("patient.diary", "an earlier month", "patient", "/diary?month=2026-02"),
    Opened("patient.diary", "just saved", "new patient", "/diary?saved={entry}"),
    Opened("patient.diary", "told", "patient", "/diary?told=1"),
    Opened("patient.diary", "taken back", "patient", "/diary?undone=1"),
    Opened("patient.diary", "nothing written", "silent patient", "/diary"),
    Opened("patient.show_day", "to fill in", "new patient", "/diary/{before}"),
    Opened("patient.show_day", "to correct", "patient", "/diary/{before}"),
    Opened("patient.show_day", "sent without a number", "patient", "/diary/{before}", send("Save"), status=422),
    Opened("patient.courses", "one course", "patient", "/courses"),
    Opened("patient.courses", "none yet", "silent patient", "/courses"),
    Opened("patient.more", "asked", "patient", "/diary/{before}/more"),
    Opened("patient.more", "just kept", "new patient", "/diary/{before}/more", send("Save")),
    Opened("patient.readings", "asked", "patient", "/diary/{before}/readings"),
    Opened("patient.readings", "no number", "patient", "/diary/{before}/readings", send("Save"), status=422),
    Opened("patient.pause", "asked", "patient", "/me/pause"),
    Opened("patient.pause", "no reason", "patient", "/me/pause", send("Pause"), status=422),
    Opened("patient.advice", "read", "patient", "/advice"),
    Opened("patient.me", "read", "patient", "/me"),
    Opened("patient.reminders", "nothing chosen", "patient", "/me/reminders"),
    Opened("patient.reminders", "with a new link", "patient", "/me/reminders", send("Make a link")),
    Opened("public.one_tap", "opens nothing", None, "/t/no-such-link", status=410),
    Opened("public.confirm_address", "confirms nothing", None, "/reminders/confirm/no-such-link", status=410),
    Opened("public.stop_mails", "stops nothing", None, "/reminders/stop/no-such-link", status=410),
    Opened("public.confirm_digest", "confirms nothing", None, "/digest/confirm/no-such-link", status=410),
    Opened("public.stop_digest", "stops nothing", None, "/digest/stop/no-such-link", status=410),
    Opened("clinic.letters", "asked", "clinician", "/clinic/patients/{late}/letters"),
    Opened("clinic.letter", "for the visit", "clinician", "/clinic/patients/{late}/letter?kind=visit&language=de"),
    Opened("clinic.letter", "a request", "clinician", "/clinic/patients/{late}/letter?kind=repeat&language=en"),
    Opened("clinic.digest", "off", "clinician", "/clinic/digest"),
    Opened("clinic.reminders", "none", "clinician", "/clinic/patients/{late}/reminders"),
    Opened("patient.me", "just saved", "patient", "/me?done=hand"),
    Opened("patient.own_data", "read", "patient", "/me/data"),
    Opened("patient.own_data", "to print", "patient", "/me/data", send("Open a page to print")),
    Opened("patient.own_data", "to print, nothing written", "silent patient", "/me/data", send("Open a page to print")),
    Opened("patient.consents", "agreed", "patient", "/me/consents"),
    Opened("patient.stop_diary", "asked", "patient", "/me/consents/stop"),
    Opened("clinic.consents", "none recorded", "clinician", "/clinic/patients/{late}/consents"),
    Opened(
        "clinic.consents",
        "refused",
        "clinician",
        "/clinic/patients/{late}/consents",
        send("Record the consent"),
        status=422,
    ),
    Opened("patient.looks", "read", "patient", "/me/looks"),
    Opened("patient.looks", "nobody looked", "new patient", "/me/looks?before=1"),
    Opened("patient.erasure", "not asked", "patient", "/me/data/erase"),
    Opened("patient.erasure", "no word", "patient", "/me/data/erase", send("Ask my clinic to erase me"), status=422),
    Opened("clinic.erasures", "somebody waits", "admin", "/clinic/erasures"),
    Opened("clinic.erasures", "nobody found", "admin", "/clinic/erasures?reference=zzz"),
    Opened("clinic.erasures", "nobody yet", "new doctor", "/clinic/erasures"),
    Opened("clinic.erase", "asked", "admin", "/clinic/erasures/patients/{late}"),
    Opened("clinic.erase", "refused", "admin", "/clinic/erasures/patients/{late}", send("Erase for good"), status=422),
    Opened("clinic.erasure_certificate", "read", "admin", "/clinic/erasures/certificates/{erasure}"),
    Opened("clinic.retention", "without end", "admin", "/clinic/retention"),
    Opened("clinic.research", "for an admin", "admin", "/clinic/research"),
    Opened("clinic.audit", "read", "admin", "/clinic/audit"),
    Opened("clinic.audit", "nothing fits", "admin", "/clinic/audit?patient=zzz"),
    Opened("clinic.cohort", "by medicine", "clinician", "/clinic/cohort"),
    Opened("clinic.cohort", "by tag", "admin", "/clinic/cohort?by=tag"),
    Opened("clinic.worklist", "full", "clinician", "/clinic/"),
    Opened("clinic.round", "nobody to go to", "new doctor", "/clinic/rounds"),
    Opened("clinic.views", "a filter to save", "clinician", "/clinic/views?state=HOLDING"),
    Opened("clinic.worklist", "nobody fits", "clinician", "/clinic/?search=zzz"),
    Opened("clinic.worklist", "nobody yet", "new doctor", "/clinic/"),
    Opened("clinic.new_patient", "empty", "clinician", "/clinic/patients/new"),
    Opened("clinic.new_patient", "refused", "clinician", "/clinic/patients/new", send("Add the patient"), status=422),
    Opened("clinic.patient", "lost response", "clinician", "/clinic/patients/{late}"),
    Opened("clinic.patient", "calendar", "clinician", "/clinic/patients/{late}?view=calendar"),
    Opened("clinic.patient", "end in sight", "clinician", "/clinic/patients/{ebbing}"),
    Opened("clinic.patient", "table open", "clinician", "/clinic/patients/{late}", show_the_table),
    Opened("clinic.behind", "of a mean", "clinician", "/clinic/patients/{late}/behind/relief"),
    Opened("clinic.patient", "no course", "nurse", "/clinic/patients/{untold}"),
    Opened("clinic.patient", "few entries", "clinician", "/clinic/patients/{sparse}"),
    Opened("clinic.patient", "course planned", "clinician", "/clinic/patients/{planned}"),
    Opened("clinic.patient", "nothing known", "clinician", "/clinic/patients/{silent}"),
    Opened(
        "clinic.patient", "refused", "clinician", "/clinic/patients/{late}", send("Record the decision"), status=422
    ),
    Opened("clinic.patient", "invite", "clinician", "/clinic/patients/{untold}", send("Make an invite link")),
    Opened("clinic.new_course", "empty", "clinician", "/clinic/patients/{late}/courses/new"),
    Opened(
        "clinic.new_course",
        "refused",
        "clinician",
        "/clinic/patients/{late}/courses/new",
        send("Save the course"),
        status=422,
    ),
    Opened("clinic.correct_course", "as it stands", "clinician", COURSE + "/correct"),
    Opened("clinic.correct_course", "refused", "clinician", COURSE + "/correct", send("Save the course"), status=422),
    Opened("clinic.new_plan", "empty", "clinician", "/clinic/patients/{late}/courses/plan"),
    Opened("clinic.show_move", "already given", "clinician", COURSE + "/move"),
    Opened("clinic.new_past_courses", "empty", "clinician", "/clinic/patients/{late}/courses/past"),
    Opened("clinic.new_infusions", "to fill in", "clinician", COURSE + "/infusions"),
    Opened(
        "clinic.correct_infusion", "as it stands", "clinician", "/clinic/patients/{late}/infusions/{infusion}/correct"
    ),
    Opened("clinic.protocols", "one in use", "clinician", "/clinic/protocols"),
    Opened("clinic.edit_protocol", "as it stands", "clinician", "/clinic/protocols/{protocol}"),
    Opened("clinic.new_protocol", "empty", "clinician", "/clinic/protocols/new"),
    Opened("clinic.new_infusion", "empty", "clinician", COURSE + "/infusion"),
    Opened("clinic.new_baseline", "empty", "clinician", COURSE + "/baseline"),
    Opened("clinic.new_baseline", "refused", "clinician", COURSE + "/baseline", send("Give the baseline"), status=422),
    Opened("clinic.invites", "full", "clinician", "/clinic/invites"),
    Opened("clinic.invites", "nobody yet", "new doctor", "/clinic/invites"),
    Opened("clinic.invites", "nobody ticked", "clinician", "/clinic/invites", send("Make cards for those ticked"), 422),
    Opened("clinic.members", "full", "admin", "/clinic/members"),
    Opened("clinic.new_member", "empty", "admin", "/clinic/members/new"),
    Opened("clinic.new_member", "refused", "admin", "/clinic/members/new", send("Make the invite"), status=422),
    Opened("clinic.member", "active", "admin", "/clinic/members/{member}"),
    Opened("clinic.member", "not sure", "admin", "/clinic/members/{member}", send("Suspend"), status=422),
    Opened("clinic.leave", "asked", "clinician", "/clinic/leave"),
    Opened("clinic.leave", "not sure", "clinician", "/clinic/leave", send("Leave the clinic"), status=422),
    Opened("account.clinics", "one clinic", "clinician", "/account/clinics"),
    Opened("account.show_invite", "to join", "clinician", "/invite/{invite}"),
    Opened("account.show_invite", "not ticked", "clinician", "/invite/{invite}", tick_nothing, status=422),
    Opened("account.forgotten", "no mail", None, "/sign-in/forgotten"),
    Opened("account.link", "new password", None, "/link/{link}"),
    Opened("account.link", "refused", None, "/link/{link}", send("Set the new password"), status=422),
    Opened("account.link", "lost factor", None, "/link/{factor_link}"),
    Opened("account.link", "wrong password", None, "/link/{factor_link}", send("Go on"), status=422),
    Opened("account.link", "no longer good", None, "/link/no-such-token", status=410),
    Opened("account.security", "of a patient", "patient", "/account/security"),
    Opened("account.security", "of staff", "clinician", "/account/security"),
    Opened("account.security", "new codes", "nurse", "/account/security", send("Make new recovery codes")),
    Opened("account.add_passkey", "empty", "patient", "/account/passkeys/add"),
    Opened("account.password", "empty", "patient", "/account/password"),
    Opened("account.password", "refused", "clinician", "/account/password", send("Set the new password"), status=422),
    Opened("account.app", "offered", "clinician", "/account/app"),
    Opened("account.app", "refused", "clinician", "/account/app", send("Keep this app"), status=422),
    Opened("clinic.patient", "sign-in link", "clinician", "/clinic/patients/{new}", send("New sign-in link")),
    Opened(
        "clinic.member", "lost factor", "admin", "/clinic/members/{member}", send("Make a link for a new second factor")
    ),
    Opened("account.own_sessions", "full", "patient", "/account/sessions"),
    Opened("account.own_sessions", "for staff", "clinician", "/account/sessions"),
    Opened(
        "account.own_sessions", "shared", "sharing patient", "/account/sessions", send("Sign me out after 5 minutes")
    ),
    Opened("account.lock", "empty", "patient", "/account/lock"),
    Opened("account.lock", "refused", "patient", "/account/lock", send("Set the PIN"), status=422),
    Opened("account.unlock", "shut", "locking patient", "/account/lock", lock_the_screen),
    Opened("account.unlock", "refused", "unlocking patient", "/account/lock", write_a_wrong_pin, status=422),
    Opened("account.at_rest", "signed in", "patient", "/at-rest?next=/diary"),
    Opened("account.at_rest", "signed out", None, "/at-rest"),
    Opened("clinic.patient", "under glass", "nurse", "/clinic/patients/{silent}"),
    Opened("clinic.patient", "protected", "nurse", "/clinic/patients/{closed}", status=403),
    Opened(
        "clinic.patient",
        "no reason",
        "nurse",
        "/clinic/patients/{closed}",
        send("Break the glass"),
        status=422,
        first=403,
    ),
    Opened("clinic.worklist", "with protected diaries", "nurse", "/clinic/"),
    Opened("clinic.particulars", "as they stand", "clinician", "/clinic/patients/{late}/particulars"),
    Opened(
        "clinic.particulars",
        "nothing changed",
        "clinician",
        "/clinic/patients/{late}/particulars",
        send("Save the particulars"),
    ),
    Opened(
        "clinic.particulars",
        "refused",
        "clinician",
        "/clinic/patients/{late}/particulars",
        choose_a_zone_and_no_day,
        status=422,
    ),
    Opened("clinic.particulars", "protected", "clinician", "/clinic/patients/{closed}/particulars"),
    Opened("clinic.protection", "protected", "clinician", "/clinic/patients/{closed}/protection"),
    Opened("clinic.protection", "open", "admin", "/clinic/patients/{late}/protection"),
    Opened(
        "clinic.protection",
        "refused",
        "admin",
        "/clinic/patients/{late}/protection",
        send("Protect the diary"),
        status=422,
    ),
    Opened("clinic.broken_glass", "one waits", "admin", "/clinic/break-glass"),
    Opened("clinic.broken_glass", "no such reference", "admin", "/clinic/break-glass?reference=zzz"),
    Opened(
        "clinic.broken_glass",
        "not explained",
        "admin",
        "/clinic/break-glass",
        send("It was not justified"),
        status=422,
    ),
    Opened("clinic.move_out", "before", "clinician", "/clinic/patients/{late}/move"),
    Opened("clinic.move_out", "with a code", "clinician", "/clinic/patients/{late}/move", send("Make a code")),
    Opened("clinic.move_in", "empty", "clinician", "/clinic/patients/move-in"),
    Opened("clinic.move_in", "refused", "clinician", "/clinic/patients/move-in", send("Look at it"), status=422),
    Opened("patient.move", "before", "patient", "/me/move"),
    Opened("patient.move", "with a code", "patient", "/me/move", send("Make a code")),
    Opened("clinic.paper", "empty", "clinician", "/clinic/patients/{late}/paper"),
    Opened("clinic.paper", "refused", "clinician", "/clinic/patients/{late}/paper", send("Save the week"), status=422),
    Opened("clinic.plan", "begun", "clinician", "/clinic/patients/{decided}/decisions/{decision}/plan"),
    Opened("clinic.ask_reversal", "asked", "clinician", "/clinic/patients/{decided}/decisions/{decision}/reverse"),
    Opened("clinic.decision", "valid", "clinician", "/clinic/patients/{decided}/decisions/{decision}"),
    Opened("clinic.broken_glass", "nothing waits", "new doctor", "/clinic/break-glass"),
    Opened("clinic.settings", "for a clinician", "clinician", "/clinic/settings"),
    Opened("clinic.settings", "for an admin", "admin", "/clinic/settings"),
    Opened("clinic.rules", "read", "clinician", "/clinic/rules"),
    Opened("clinic.rules", "for an admin", "admin", "/clinic/rules"),
    Opened("clinic.edit_rules", "as they stand", "admin", "/clinic/rules/edit"),
    Opened("clinic.edit_rules", "refused", "admin", "/clinic/rules/edit", send("Change the rules"), status=422),
    Opened("clinic.edit_medicine", "as it stands", "admin", "/clinic/rules/medicines/ketamine"),
    Opened(
        "clinic.edit_medicine",
        "refused",
        "admin",
        "/clinic/rules/medicines/ketamine",
        send("Change the rules"),
        status=422,
    ),
    Opened("public.offline", "nobody signed in", None, "/offline/en/average-24-hours-1"),
    Opened("public.start", "nothing there", None, "/no-such-page", status=404),
]
NO_PAGES = {
    "static",
    "patient.push_key",
    "patient.sync_state",
    "public.calendar",
    "public.alive",
    "public.metrics",
    "public.ready",
    "public.manifest",
    "public.service_worker",
    "clinic.figure",
    "clinic.decision_figure",
    "clinic.cohort_figures",
}
"""Endpoints that answer machines."""
