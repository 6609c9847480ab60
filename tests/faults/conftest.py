"""An installation of its own for each fault, on the database that the tests run on."""

import pytest

from tests import databases
from tests.faults.served import Ground


@pytest.fixture
def ground(tmp_path):
    """Settings of an installation whose database is empty."""
    instance = tmp_path / "instance"
    if not databases.ON_POSTGRES:
        yield Ground(instance)
        return
    databases.make_empty(instance)
    yield Ground(instance, databases.url_for(instance))
    databases.take_away(instance)
