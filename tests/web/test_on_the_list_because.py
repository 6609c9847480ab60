"""The page of a patient says why they are on the worklist where their state does not say it."""

import pytest

from diary.access.identity import Identity
from diary.services.wearing_off import say_wearing_off
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.people import House, treated

WHY = "On the worklist because: "


def head(house: House, patient: Identity) -> str:
    """Return what stands above the summary of a patient's page."""
    return house.staff().get(f"/clinic/patients/{patient.patient_id}").main.split("7-day mean")[0]


def test_a_patient_who_says_that_it_wears_off_is_not_calmly_green_alone(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 21)
    assert WHY not in head(house, patient)
    say_wearing_off(patient, subject(patient), clock=clock)
    assert f"{WHY}patient says it wears off, since 20 Mar" in head(house, patient)
    assert "Response holding" in head(house, patient)


def test_who_stopped_writing_is_named_so(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 3)
    clock.move(days=8)
    assert (
        f"{WHY}stopped writing: last entry 8 days ago"
        in house.staff().get(f"/clinic/patients/{patient.patient_id}").main
    )


@pytest.mark.parametrize("after", [(2,) * 21 + (7,) * 20, (7,) * 30, (2,) * 21 + (5, 4, 5, 4, 5, 4, 5, 7, 7, 7)])
def test_where_the_state_says_it_nothing_is_said_twice(house: House, clock: TestClock, after: tuple[int, ...]) -> None:
    assert WHY not in head(house, treated(house, clock, after=after))


def test_who_is_no_longer_a_patient_is_on_no_list(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 21)
    say_wearing_off(patient, subject(patient), clock=clock)
    visitor, path = house.staff(), f"/clinic/patients/{patient.patient_id}"
    visitor.send(visitor.get(path).form(f"{path}/life-cycle"), {"life_cycle": "discharged"})
    assert WHY not in visitor.get(path).main
