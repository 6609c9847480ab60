"""Mail that fails holds up no entry, is sent once when it can be, and never twice."""

import pytest

from tests.faults.all_of_them import short


def test_a_worker_killed_while_it_sends_repeats_nothing_and_a_server_that_is_down_loses_nothing(ground):
    figures = short("mail", ground)
    assert figures.is_well, figures
    assert figures.phases == {"killed": 1, "down": 1}


@pytest.mark.about_postgres("it kills a PostgreSQL of its own")
def test_postgresql_killed_under_load_loses_nothing_and_serves_again(ground):
    figures = short("postgresql", ground)
    assert figures.is_well, figures
