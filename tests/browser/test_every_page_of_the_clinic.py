"""Every page of the clinic is open to everyone."""

import pytest

from tests.browser.looks import faults_in_every_look
from tests.browser.moments import prepare
from tests.browser.pages import PAGES


@pytest.fixture(scope="module")
def facts(served):
    return prepare(served)


@pytest.mark.parametrize("opened", [one for one in PAGES if one.endpoint.startswith("clinic.")], ids=str)
def test_a_page_shuts_nobody_out(visitors, facts, opened):
    faults = faults_in_every_look(visitors, opened, facts)
    assert not faults, "\n".join(faults)
