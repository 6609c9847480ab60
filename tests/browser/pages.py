"""Every page that a person can open, in the states that look different."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page


@dataclass(frozen=True)
class Opened:
    """A page and how to come to it.

    Attributes:
        role: who is signed in; address: with the facts to fill in; act: what is done there; status: of the last answer.
    """

    endpoint: str
    called: str
    role: str | None
    address: str
    act: Callable[[Page], None] | None = None
    status: int = 200

    def __str__(self) -> str:
        return f"{self.endpoint}: {self.called}"


def send(words: str) -> Callable[[Page], None]:
    """Return the act of pressing the button with these words."""

    def press(page: Page) -> None:
        page.get_by_role("main").get_by_role("button", name=words, exact=True).first.click()
        page.wait_for_load_state()

    return press


def show_the_table(page: Page) -> None:
    """Open the numbers behind the chart."""
    page.get_by_text("The same numbers as a table").click()


COURSE = "/clinic/patients/{late}/courses/{course}"
PAGES = [
    Opened("account.sign_in", "empty", None, "/sign-in"),
    Opened("account.sign_in", "refused", None, "/sign-in", send("Sign in"), status=422),
    Opened("account.show_invite", "empty", None, "/invite/{invite}"),
    Opened("account.show_invite", "refused", None, "/invite/{invite}", send("Begin"), status=422),
    Opened("public.about", "read", None, "/about"),
    Opened("patient.today", "asked", "patient", "/today"),
    Opened("patient.today", "sent without a number", "patient", "/today", send("Save"), status=422),
    Opened("patient.today", "answered", "new patient", "/today"),
    Opened("patient.diary", "full", "patient", "/diary"),
    Opened("patient.diary", "whole", "patient", "/diary?all=1"),
    Opened("patient.diary", "just saved", "new patient", "/diary?saved={entry}"),
    Opened("patient.diary", "told", "patient", "/diary?told=1"),
    Opened("patient.diary", "taken back", "patient", "/diary?undone=1"),
    Opened("patient.diary", "nothing written", "silent patient", "/diary"),
    Opened("patient.show_day", "to fill in", "new patient", "/diary/{before}"),
    Opened("patient.show_day", "to correct", "patient", "/diary/{before}"),
    Opened("patient.show_day", "sent without a number", "patient", "/diary/{before}", send("Save"), status=422),
    Opened("patient.me", "read", "patient", "/me"),
    Opened("patient.looks", "read", "patient", "/me/looks"),
    Opened("patient.looks", "nobody looked", "new patient", "/me/looks?before=1"),
    Opened("clinic.audit", "read", "admin", "/clinic/audit"),
    Opened("clinic.audit", "nothing fits", "admin", "/clinic/audit?patient=zzz"),
    Opened("clinic.worklist", "full", "clinician", "/clinic/"),
    Opened("clinic.worklist", "nobody fits", "clinician", "/clinic/?search=zzz"),
    Opened("clinic.worklist", "nobody yet", "new doctor", "/clinic/"),
    Opened("clinic.new_patient", "empty", "clinician", "/clinic/patients/new"),
    Opened("clinic.new_patient", "refused", "clinician", "/clinic/patients/new", send("Add the patient"), status=422),
    Opened("clinic.patient", "lost response", "clinician", "/clinic/patients/{late}"),
    Opened("clinic.patient", "calendar", "clinician", "/clinic/patients/{late}?view=calendar"),
    Opened("clinic.patient", "end in sight", "clinician", "/clinic/patients/{ebbing}"),
    Opened("clinic.patient", "table open", "clinician", "/clinic/patients/{late}", show_the_table),
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
    Opened("clinic.new_infusion", "empty", "clinician", COURSE + "/infusion"),
    Opened("clinic.new_baseline", "empty", "clinician", COURSE + "/baseline"),
    Opened("clinic.new_baseline", "refused", "clinician", COURSE + "/baseline", send("Give the baseline"), status=422),
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
    Opened("public.start", "nothing there", None, "/no-such-page", status=404),
]
NO_PAGES = {"static", "public.alive", "public.ready", "clinic.figure"}
"""Endpoints that answer machines."""
