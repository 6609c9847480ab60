"""References and tags that differ in capitals or in spaces alone are one reference, and one tag."""

import pytest
from sqlalchemy import select

from diary.access.identity import OPERATOR
from diary.db import snapshot, transaction
from diary.errors import Invalid
from diary.models import Patient, PatientTag
from diary.services.patients import Particulars, ReferenceTaken, add_patient
from diary.services.study import import_study
from diary.services.tags import give_tag, take_tag_away
from diary.vocabulary import Role
from tests.clinic_builders import a_clinic, a_member, a_patient, subject
from tests.services.closing import break_the_glass, protect
from tests.services.looking_in import diary_of, everything_stored
from tests.services.study_folders import a_study


def add(clinic, clock, reference):
    return add_patient(clinic.nurse, clinic.clinic_id, Particulars(reference, "Novak, Petra", "UTC"), clock=clock)


def refusal(clinic, clock, reference):
    """Return how a new patient is refused, with nothing stored."""
    stored = everything_stored()
    with pytest.raises(ReferenceTaken) as refused:
        add(clinic, clock, reference)
    assert everything_stored() == stored
    return refused.value


@pytest.mark.parametrize("reference", ["M-2041 a", "m-2041 A", " M-2041 a ", "M-2041  a", "M-2041\u00a0a", "m-2041a"])
def test_a_reference_that_differs_in_capitals_or_spaces_alone_is_refused_with_who_has_it(clinic, clock, reference):
    has = a_patient(clinic, clock, "M-2041 a")
    a_patient(a_clinic(clock, "Pain clinic East"), clock, "M-2042")
    refused = refusal(clinic, clock, reference)
    assert refused.fields == {"reference": "Ramirez M-2041 a has the reference M-2041 a already."}
    assert refused.patient_id == has.patient_id
    assert add(clinic, clock, "M-2042")


@pytest.mark.parametrize("reference", ["M-2O41", "M2041", "M-204", "M-20411", "Ḿ-2041"])
def test_a_reference_that_differs_otherwise_is_another_one(clinic, clock, reference):
    a_patient(clinic, clock, "M-2041")
    assert add(clinic, clock, reference)


def test_one_whose_diary_is_closed_to_the_caller_is_named_and_not_led_to(clinic, clock):
    has = a_patient(clinic, clock, "M-1")
    protect(clinic, subject(has), clock)
    refused = refusal(clinic, clock, "m-1")
    assert refused.fields == {"reference": "Ramirez M-1 has the reference M-1 already."}
    assert refused.patient_id is None
    break_the_glass(clinic.nurse, subject(has), clock)
    with pytest.raises(ReferenceTaken) as opened:
        add(clinic, clock, "m-1")
    assert opened.value.patient_id == has.patient_id


def test_an_import_takes_references_as_they_stand_in_its_files(clinic, clock, tmp_path):
    a_patient(clinic, clock, "M-1")
    folder = a_study(tmp_path / "study", ["m-1", "P1", "p1"])
    assert import_study(OPERATOR, folder, clinic="Pain clinic West", clock=clock).patients == 3
    with snapshot() as session:
        assert sorted(session.scalars(select(Patient.reference))) == ["M-1", "P1", "m-1", "p1"]


def tags(patient):
    return diary_of(patient).tags


@pytest.fixture
def two(clinic, clock):
    return a_patient(clinic, clock, "M-1"), a_patient(clinic, clock, "M-2")


def test_a_tag_that_differs_in_capitals_or_spaces_alone_is_the_one_that_is_there(clinic, clock, two):
    ana, bob = two
    give_tag(clinic.nurse, subject(ana), "Lower Limb", clock=clock)
    for written in ("lower limb", " LOWER   limb", "Lower Limb", "lower\u00a0limb"):
        give_tag(clinic.nurse, subject(bob), written, clock=clock)
        give_tag(clinic.nurse, subject(ana), written, clock=clock)
        assert tuple(tags(ana)) == tuple(tags(bob)) == ("Lower Limb",)
    give_tag(clinic.nurse, subject(bob), "lower limbs", clock=clock)
    assert set(tags(bob)) == {"Lower Limb", "lower limbs"}


def test_where_both_are_there_already_the_one_that_was_written_is_given(clinic, clock, two):
    ana, bob = two
    with pytest.raises(Invalid):
        give_tag(clinic.nurse, subject(ana), "", clock=clock)
    keep(ana, "Arm")
    keep(ana, "arm")
    for written in ("arm", "Arm"):
        give_tag(clinic.nurse, subject(bob), written, clock=clock)
        assert tuple(tags(bob)) == (written,)
        give_tag(clinic.nurse, subject(bob), written.swapcase(), clock=clock)
        assert tuple(tags(bob)) == (written,)
        take_tag_away(clinic.nurse, subject(bob), written, clock=clock)
    give_tag(clinic.nurse, subject(bob), "ARM", clock=clock)
    assert tuple(tags(bob)) == ("Arm",)


def test_how_a_tag_is_written_in_a_closed_diary_is_not_told(clinic, clock, two):
    ana, bob = two
    give_tag(clinic.clinician, subject(ana), "Divorced", clock=clock)
    protect(clinic, subject(ana), clock)
    give_tag(clinic.nurse, subject(bob), "divorced", clock=clock)
    assert tuple(tags(bob)) == ("divorced",)
    other = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    give_tag(other, subject(bob), "DIVORCED", clock=clock)
    assert tuple(tags(bob)) == ("divorced",)


def keep(patient, tag):
    """Store a tag as an import does, which takes it as it stands."""
    with transaction() as session:
        session.add(PatientTag(clinic_id=patient.clinic_id, patient_id=patient.patient_id, tag=tag))
