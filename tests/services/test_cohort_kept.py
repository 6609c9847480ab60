"""The figures of a page of groups: of the same reading as the page, and made again where it may not be shown."""

from diary.access.policy import Subject
from diary.services.cohort_pages import cohort_page_as_shown
from diary.services.consent_texts import current_text
from diary.services.consents import OnPaper, record_paper
from diary.vocabulary import ConsentPurpose, ConsentSaid, Role
from tests.clinic_builders import a_member
from tests.services.closing import protect
from tests.services.test_cohort import FIRST_DAY
from tests.services.test_cohort_pages import BY_TAG, COMPARED, page_of, patients, west, west_made  # noqa: F401


def shown(who, clinic, clock, asked=BY_TAG):
    return cohort_page_as_shown(who, clinic.clinic_id, asked, clock=clock)


def test_the_figures_are_drawn_from_what_the_page_has_read(west, clock):  # noqa: F811
    page = page_of(west.nurse, west, clock)
    clock.move(seconds=59)
    assert shown(west.nurse, west, clock) is page
    clock.move(seconds=1)
    made_again = shown(west.nurse, west, clock)
    assert made_again is not page
    assert made_again == page


def test_figures_without_a_page_before_them_are_made(west, clock):  # noqa: F811
    assert shown(west.nurse, west, clock, COMPARED).cohort.compared == ("long", "short")


def test_what_one_was_shown_is_handed_to_nobody_else(west, clock):  # noqa: F811
    page = page_of(west.nurse, west, clock)
    assert shown(west.admin, west, clock) is not page
    assert {one.reference for one in shown(west.admin, west, clock).patients} == {None}


def test_a_diary_that_was_closed_meanwhile_is_not_drawn(west, clock):  # noqa: F811
    page = page_of(west.nurse, west, clock)
    closed = patients(west)["P0"]
    assert closed in {one.patient_id for one in page.patients}
    protect(west, Subject(west.clinic_id, closed), clock)
    assert closed not in {one.patient_id for one in shown(west.nurse, west, clock).patients}


def test_a_consent_that_was_taken_back_meanwhile_is_heeded(west, clock):  # noqa: F811
    researcher = a_member(west.clinic_id, Role.RESEARCHER, clock)
    say(west, ConsentSaid.GIVEN, clock)
    page = page_of(researcher, west, clock)
    assert len(page.patients) == 6
    say(west, ConsentSaid.WITHDRAWN, clock)
    assert shown(researcher, west, clock).patients == ()


def say(clinic, said, clock):
    """Let six patients of "long" give or take back their consent to research."""
    version = current_text(ConsentPurpose.RESEARCH).version
    for number in range(0, 12, 2):
        subject = Subject(clinic.clinic_id, patients(clinic)[f"P{number}"])
        record_paper(clinic.nurse, subject, OnPaper(ConsentPurpose.RESEARCH, version, said, FIRST_DAY), clock=clock)
