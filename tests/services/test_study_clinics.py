"""Which clinic a study is read into: the named one, the only one, or a new one called Study."""

import pytest

from diary.access.identity import OPERATOR
from diary.db import snapshot
from diary.errors import Invalid
from diary.services import clinics
from diary.services.study import import_study
from tests.clinic_builders import a_clinic
from tests.services.looking_in import everything_stored
from tests.services.study_folders import a_study


def read(folder, clock, clinic=None):
    return import_study(OPERATOR, folder, clinic=clinic, clock=clock)


def test_the_only_clinic_takes_it_whatever_its_name(app, clock, tmp_path):
    a_clinic(clock, "Pain clinic West")
    assert read(a_study(tmp_path), clock).clinic == "Pain clinic West"
    assert clinic_names() == ["Pain clinic West"]


def test_a_named_clinic_is_found_or_added(app, clock, tmp_path):
    for _ in range(2):
        assert read(a_study(tmp_path), clock, clinic="North").clinic == "North"
    assert read(a_study(tmp_path), clock, clinic="South").clinic == "South"
    assert clinic_names() == ["North", "South"]


def test_with_several_clinics_one_must_be_named(app, clock, tmp_path):
    for name in ("North", "South"):
        a_clinic(clock, name)
    stored = everything_stored()
    with pytest.raises(Invalid, match=r"name one with --clinic \('North', 'South'\)"):
        read(a_study(tmp_path), clock)
    assert everything_stored() == stored
    assert read(a_study(tmp_path), clock, clinic="South").patients == 1
    with snapshot() as session:
        south = clinics.the_clinic(session, "South").clinic_id
    clinics.change_clinic(OPERATOR, south, clock=clock, name="North")
    with pytest.raises(Invalid, match="Several clinics are called 'North'"):
        read(a_study(tmp_path), clock, clinic="North")


def clinic_names():
    with snapshot() as session:
        return [clinic.name for clinic in clinics.clinics_named(session, None)]
