"""Days in a row of a patient made of rules: what the database holds in the end is what was tapped, entry by entry.

`python -m bench.ninety_days` lives through ninety of them.
"""

from dataclasses import replace

import pytest

from tests.browser.scripted_patient import ZONE, Model, ScriptedPatient, faults_of, two_phones

pytestmark = pytest.mark.long

SEED = 2009
DAYS = [
    "at once", "without a line", "on both phones", "not at all", "yesterday too", "the answer is lost", "taken back",
    "taken back unsent", "after midnight", "corrected", "reloaded and killed",
]  # fmt: skip


def test_after_eleven_days_the_database_holds_what_was_tapped(browser, served):
    with two_phones(browser, served) as phones:
        patient = ScriptedPatient(served, phones, SEED)
        began = patient.now
        for kind in DAYS:
            patient.live_through(kind)
        patient.come_home()
    assert not faults_of(served, patient.model), [f"seed {SEED}", *patient.story]
    assert len(patient.model.told) >= len(DAYS)
    # The clocks of summer began on one of these days.
    assert began.astimezone(ZONE).utcoffset() < patient.now.astimezone(ZONE).utcoffset()

    told = patient.model.told
    assert any(fault.startswith("lost") for fault in faults_of(served, Model([*told, told[0]])))
    assert any(fault.startswith("never tapped") for fault in faults_of(served, Model(told[1:])))
    assert any("counts as" in fault for fault in faults_of(served, Model([replace(told[0], score=9), *told[1:]])))
