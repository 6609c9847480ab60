"""Close to the line or over it: since when, and what a letter says of the relief."""

from diary.vocabulary import DecisionKind
from tests.conftest import TestClock
from tests.services.deciding import decide
from tests.web.pages import words_of
from tests.web.people import House, treated

CLOSE = (2,) * 21 + (5, 4, 5, 4, 5, 4, 5)
"""The mean is close to the line of 4.9 from day 28 on, with 32/7."""
OVER = (*CLOSE, 7, 7, 7)
"""On day 29 it is 34/7, on day 30 with 37/7 over the line."""
RELIEF = "Relief not lost for two weeks yet"


def test_close_to_the_line_and_over_it_each_have_their_day(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=OVER)
    page = house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert "Over the line, not yet for two weeks." in page.main
    assert "Close to or over the line since 17 Mar over it since 19 Mar" in page.main
    assert "In this state" not in page.main


def test_close_to_the_line_alone_was_over_it_on_no_day(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=CLOSE)
    page = house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert "Close to or over the line since 20 Mar" in page.main
    assert "over it since" not in page.main


def test_over_the_line_relief_is_not_said_to_be_running(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=OVER)
    decide(house.clinician, patient, DecisionKind.REPEAT, clock, in_days=20)
    visitor, path = house.staff(), f"/clinic/patients/{patient.patient_id}"
    assert RELIEF in words_of(visitor.get(path).one("article", class_="ebb-course"))
    for kind in ("visit", "repeat"):
        words = visitor.get(f"{path}/letter?kind={kind}&language=en").text
        assert words.count(f"{RELIEF} (31") == 2
        assert "Relief still running" not in words
    assert "noch keine zwei Wochen verloren" in visitor.get(f"{path}/letter?kind=visit&language=de").text


def test_close_to_the_line_it_still_runs(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=CLOSE)
    page = house.staff().get(f"/clinic/patients/{patient.patient_id}")
    assert "Relief still running" in words_of(page.one("article", class_="ebb-course"))
