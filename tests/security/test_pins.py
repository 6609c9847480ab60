"""Which PINs are taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.errors import Invalid
from diary.security.pins import check_new_pin, is_guessed_first

GUESSED = [
    "0000", "1111", "99999999", "1234", "4321", "12345678", "0123", "7890", "9012", "2109", "1212", "123123", "1122",
    "112233", "1987", "2004", "2580", "6969",
]  # fmt: skip


@pytest.mark.parametrize("pin", GUESSED)
def test_a_pin_that_is_tried_first_is_refused(pin: str) -> None:
    with pytest.raises(Invalid, match="among those tried first"):
        check_new_pin(pin)


@pytest.mark.parametrize("pin", ["", "1", "739", "739182645", "73 91", "abcd", "７３９１", "-739", "7391\n", "٧٣٩١"])
def test_what_is_not_four_to_eight_digits_is_refused(pin: str) -> None:
    with pytest.raises(Invalid, match="Use 4 to 8 digits"):
        check_new_pin(pin)


@pytest.mark.parametrize("pin", ["7391", "5820", "31415926", "80427"])
def test_any_other_one_is_taken(pin: str) -> None:
    check_new_pin(pin)


@given(st.text(alphabet="0123456789", min_size=4, max_size=8))
def test_few_pins_of_four_to_eight_digits_are_refused_and_a_repeated_half_always(pin: str) -> None:
    if len(pin) % 2 == 0 and pin[: len(pin) // 2] == pin[len(pin) // 2 :]:
        assert is_guessed_first(pin)


def test_nine_of_ten_pins_of_four_digits_are_free_to_choose() -> None:
    refused = sum(is_guessed_first(f"{number:04}") for number in range(10_000))
    assert 300 < refused < 1000
