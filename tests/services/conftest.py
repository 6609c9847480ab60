"""The clinic and the patient that most services are tried with."""

import pytest

from diary.access.identity import Identity
from diary.services import rebuilding
from tests.clinic_builders import AClinic, a_clinic, a_patient
from tests.conftest import TestClock
from tests.keeping import Keep, Kept
from tests.services.scratch_schema import make_schema_once


@pytest.fixture(scope="session")
def clinic_kept(keep: Keep) -> Kept[AClinic]:
    """Pain clinic West with its staff, made once."""
    return keep(a_clinic)


@pytest.fixture
def clinic(app: object, clock: TestClock, clinic_kept: Kept[AClinic]) -> AClinic:
    """Pain clinic West with its staff."""
    return clinic_kept.put_into_place(clock)


@pytest.fixture
def patient(clinic: AClinic, clock: TestClock) -> Identity:
    """A patient of the clinic."""
    return a_patient(clinic, clock)


@pytest.fixture
def schema_once(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let scratch databases take a copy of a schema that was made before."""
    monkeypatch.setattr(rebuilding, "make_schema", make_schema_once(tmp_path_factory.mktemp("schema")))
