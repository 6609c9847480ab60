"""Which new passwords are taken."""

import pytest

from diary.errors import Invalid
from diary.security.passwords import check_new_password


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("eleven char", "Use at least 12 characters"),
        ("four words " * 30, "Use at most 256 characters"),
        ("Password1234!", "among those tried first. Choose another one, for example four words."),
        ("qwertyuiop12", "among those tried first"),
        ("qwertyuiopasdfgh", "among those tried first"),
        ("zaq12wsxcde3", "among those tried first"),
        ("dragonmonkey", "among those tried first"),
        ("FootballSunshine!", "among those tried first"),
    ],
)
def test_a_password_that_is_too_short_too_long_or_tried_first_is_refused(password: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as refusal:
        check_new_password(password)
    assert list(refusal.value.fields) == ["password"]


@pytest.mark.parametrize(
    "password",
    [
        "four words in a row",
        "x9-k2 vv81 qq7",
        "dragon monkey football",
        "correct horse battery staple",
        "ß" * 3 + "äöü ЖЯФ 名前",
        "\ud800 and three words",
    ],
)
def test_any_other_one_is_taken(password: str) -> None:
    check_new_password(password)
