"""Units that fit a medicine, and numbers that are asked about once more."""

from decimal import Decimal

import pytest

from diary.clinical.doses import ALL_UNITS, PLAUSIBLE, Doubt, Written, doubts_about, units_of
from diary.clinical.errors import ClinicalError
from diary.clinical.medicines import MEDICINE_CODES
from diary.vocabulary import DoseUnit


def doubts(medicine="ketamine", dose=None, unit=None, hours=None, weight=None):
    amounts = {"dose": dose, "hours": hours, "weight": weight}
    exact = {name: None if value is None else Decimal(value) for name, value in amounts.items()}
    return doubts_about(Written(medicine, unit=unit, **exact))


@pytest.mark.parametrize(
    ("medicine", "dose", "unit"),
    [
        ("ketamine", "40", "mg"),
        ("ketamine", "80", "mg"),
        ("ketamine", "10", "mg/h"),
        ("ketamine", "90", "mg/h"),
        ("ketamine", "22", "mg/h"),
        ("ketamine", "0.31", "mg/kg/h"),
        ("immunoglobulin", "0.5", "g/kg"),
        ("bisphosphonate", "60", "mg"),
        ("other", "99999", "g/kg"),
    ],
)
def test_what_the_protocols_of_the_sources_give_is_asked_about_by_nobody(medicine, dose, unit):
    assert doubts(medicine, dose, unit) == ()


@pytest.mark.parametrize(
    ("medicine", "dose", "unit"),
    [
        ("ketamine", "4000", "mg"),
        ("ketamine", "220", "mg/h"),
        ("ketamine", "22", "mg/kg/h"),  # mg/h written in the wrong unit
        ("ketamine-single", "7", "mg/kg/h"),  # an anaesthetic coma: recorded as history, and asked about
        ("immunoglobulin", "30", "g/kg"),  # grams written in the wrong unit
        ("bisphosphonate", "4000", "mg"),
        ("clonidine", "150", "mg"),  # micrograms
    ],
)
def test_a_number_in_the_wrong_unit_is_asked_about(medicine, dose, unit):
    assert doubts(medicine, dose, unit) == (Doubt.DOSE,)


def test_hours_and_weight_are_asked_about_too():
    assert doubts(hours="24", weight="71.5") == ()
    assert doubts(hours="40", weight="715") == (Doubt.HOURS, Doubt.WEIGHT)
    assert doubts(hours="0.05", weight="7.15") == (Doubt.HOURS, Doubt.WEIGHT)


def test_a_unit_that_does_not_fit_is_refused():
    assert "g/kg" not in units_of("ketamine")
    with pytest.raises(ClinicalError, match="ketamine is not written down in g/kg"):
        doubts("ketamine", "1", "g/kg")


def test_every_medicine_has_units_and_every_unit_is_one_that_is_stored():
    assert set(PLAUSIBLE) == MEDICINE_CODES - {"other"}
    assert {unit for code in MEDICINE_CODES for unit in units_of(code)} == {unit.value for unit in DoseUnit}
    assert set(ALL_UNITS) == {unit.value for unit in DoseUnit}
