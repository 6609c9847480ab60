"""What a higher score after a course can and cannot do.

"With one course, raising the score of a day after it never turns REPEAT_DUE into HOLDING" is what one
expects, and what realistic diaries do. As a theorem it is false: two worked cases show how it can happen.
What is true of every diary is proved below them.
"""

import random
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from diary.clinical.response import Response
from diary.clinical.states import State
from tests.clinical.builders import SEVENS, TENS, Level, dues, response, run, verdict_of

MEDICINES = ["ketamine", "ketamine-single", "lidocaine", "bisphosphonate"]


def raised(after: Sequence[Level], t: int, score: int) -> list[Level]:
    """Return the same diary with a higher score on day t."""
    before = after[t - 1]
    assert before is not None
    assert score > before
    return [*after[: t - 1], score, *after[t:]]


# ---- the two ways in which it can happen


def test_a_higher_score_before_the_confirmation_can_move_it_past_a_lost_week() -> None:
    """A later confirmation: the lost week of day 15 no longer lies after it."""
    # Baseline 7, line 4.9; a good week of seven entries has a sum of at most 34.
    good = [5, 5, 5, 5, 5, 5, 4]
    after = [*good, *good, 6, *run(5, 5), 4, *run(5, 6), 5, 0]
    # As written: weeks 7 and 14 are good and confirm. Week 21, days 15 to 21: 6 + 25 + 4 = 35, is lost;
    # week 28, seven 5s, is lost: due on day 28. One good week (day 29, sum 30) is no release.
    plain = verdict_of(after, before=SEVENS)
    assert (plain.state, plain.confirmed, plain.due) == (State.REPEAT_DUE, 14, 28)
    # With a 10 on day 7 week 7 is lost, 39/7, and so are weeks 15 to 21. The first two good ones 7 days apart
    # are week 22 (16 to 22: 25 + 4 + 5 = 34) and week 29: confirmed on day 29, nothing is lost after it.
    turned = verdict_of(raised(after, 7, 10), before=SEVENS)
    assert (turned.state, turned.confirmed, turned.due) == (State.HOLDING, 29, None)


def test_a_higher_score_can_bring_the_loss_and_so_its_release_forward() -> None:
    """An earlier loss is released earlier, and the later one no longer has both weeks after the release."""
    after = [*run(5, 14), *run(8, 4), *run(6, 7), *run(8, 8), *run(3, 3), *run(9, 7), *run(3, 5)]
    plain, higher = response(after), response(raised(after, 18, 10))
    assert plain.confirmed == higher.confirmed == 14
    # As written it is due on day 41 and stays so. With a 10 on day 18 it is due on day 29, and the good weeks
    # of days 39 and 46 release it; the lost weeks before day 46 no longer count.
    assert [(loss.due, loss.released) for loss in plain.losses] == [(41, None)]
    assert [(loss.due, loss.released) for loss in higher.losses] == [(29, 46)]
    assert verdict_of(after).state is State.REPEAT_DUE
    assert verdict_of(raised(after, 18, 10)).state is State.HOLDING


# ---- what is true of every diary


@st.composite
def raised_diaries(draw: st.DrawFn) -> tuple[str, list[Level], int, int]:
    """Draw a diary of stretches around the line, a day of it with a score, and a higher score."""
    levels = st.sampled_from([None, 0, 3, 5, 6, 7, 8, 9, 10])
    stretches = draw(st.lists(st.tuples(levels, st.integers(1, 12)), min_size=3, max_size=9))
    after: list[Level] = [
        *run(5, draw(st.sampled_from([0, 7, 14]))),
        *(score for level, days in stretches for score in run(level, days)),
        *run(draw(st.sampled_from([8, 9])), draw(st.sampled_from([0, 8, 16]))),
    ]
    could_rise = [t for t, score in enumerate(after, 1) if score is not None and score < 10]
    assume(could_rise)
    t = draw(st.sampled_from(could_rise))
    lower = after[t - 1]
    assert lower is not None
    return draw(st.sampled_from(MEDICINES)), after, t, draw(st.integers(lower + 1, 10))


def both(case: tuple[str, list[Level], int, int]) -> tuple[Response, Response, int]:
    medicine, after, t, score = case
    return response(after, medicine), response(raised(after, t, score), medicine), len(after)


@given(raised_diaries())
def test_a_higher_score_makes_no_lost_week_good_and_confirms_nothing_earlier(
    case: tuple[str, list[Level], int, int],
) -> None:
    """Every mean stays defined and none falls; a good week of the raised diary was good before.

    So the weeks that confirm the raised diary confirm the plain one too, unless it was confirmed before.
    """
    plain, higher, _ = both(case)
    for sign, above in zip(plain.signs, higher.signs, strict=True):
        assert (sign is None) == (above is None)
        assert sign is None or above is None or sign <= above
    if higher.confirmed is not None:
        assert plain.confirmed is not None
        assert plain.confirmed <= higher.confirmed


@given(raised_diaries())
def test_with_the_same_confirmation_a_higher_score_makes_the_first_loss_no_later(
    case: tuple[str, list[Level], int, int],
) -> None:
    """The raised diary is due on the day of the plain one's first loss at the latest.

    Proof: the weeks of that loss stay lost (so does the fortnight of the gap rule), and the earlier of them
    still lies after the confirmation.
    """
    plain, higher, _ = both(case)
    if plain.losses and plain.confirmed == higher.confirmed:
        assert dues(higher)
        assert dues(higher)[0] <= dues(plain)[0]


@given(raised_diaries())
def test_a_loss_is_only_undone_by_a_later_confirmation_or_a_release(
    case: tuple[str, list[Level], int, int],
) -> None:
    """If the confirmation stays and the raised diary never released a loss, REPEAT_DUE stays REPEAT_DUE.

    Proof: the plain diary is due today, so it had a first loss; the raised one had one on that day or before
    (above), and what was never released is in force today. Releases of the plain diary do not matter.
    """
    plain, higher, today = both(case)
    if plain.loss_on(today) is not None and higher.loss_on(today) is None and plain.confirmed == higher.confirmed:
        assert any(loss.released is not None for loss in higher.losses)


# ---- what is true of diaries as people write them


def realistic_diary(rng: random.Random) -> list[Level]:
    """Return relief that ebbs away in steps, daily noise of about 1.2 points, and 12 % of days missing."""
    relieved, worse = rng.uniform(1.5, 5.5), rng.uniform(7.5, 9.5)
    lasting, ebbing = rng.randint(14, 60), rng.randint(0, 20)
    after: list[Level] = []
    for t in range(1, lasting + ebbing + rng.randint(15, 40)):
        gone = min(max((t - lasting) / max(ebbing, 1), 0), 1)
        noisy = round(rng.gauss(relieved + (worse - relieved) * gone, 1.2))
        after.append(None if rng.random() < 0.12 else min(max(noisy, 0), 10))
    return after


@pytest.mark.parametrize("seed", range(60))
def test_in_a_realistic_diary_no_higher_score_turns_due_into_holding(seed: int) -> None:
    rng = random.Random(seed)
    after = realistic_diary(rng)
    medicine = rng.choice(MEDICINES)
    due = [t for t in range(14, len(after) + 1, 4) if verdict_of(after, medicine, t=t).state is State.REPEAT_DUE]
    written = [t for t, score in enumerate(after, 1) if score is not None and score < 10]
    for today in due:
        for t in rng.sample([t for t in written if t <= today], 12):
            score = rng.randint((after[t - 1] or 0) + 1, 10)
            assert verdict_of(raised(after, t, score), medicine, t=today, before=TENS).state is not State.HOLDING
