"""Lines that break and clients that never finish."""

from tests.faults.all_of_them import short


def test_an_entry_whose_answer_is_lost_is_stored_once(ground):
    figures = short("answers", ground)
    assert figures.is_well, figures
    assert figures.phases["answer broken"] > 0
    assert figures.phases["question broken"] > 0


def test_a_hundred_and_fifty_clients_that_never_finish_keep_nobody_waiting(ground):
    figures = short("slow-clients", ground)
    assert figures.is_well, figures
    assert figures.tries == 150
