"""Many at once, long away, and clocks that jump."""

from tests.faults.all_of_them import short
from tests.faults.crowds import AT_ONCE


def test_an_entry_posted_twenty_times_at_once_is_stored_once_and_other_bodies_are_kept_beside_it(ground):
    figures = short("parallel", ground)
    assert figures.is_well, figures
    assert figures.acknowledged == 2 * AT_ONCE
    assert figures.phases["stored"] == 2
    assert figures.phases["conflict"] > 0


def test_thirty_days_without_a_network_arrive_whole_though_the_server_dies_meanwhile(ground):
    figures = short("offline", ground)
    assert figures.is_well, figures
    assert figures.acknowledged == 30


def test_a_clock_that_jumps_signs_nobody_out_and_loses_nothing(ground):
    figures = short("clock", ground)
    assert figures.is_well, figures
