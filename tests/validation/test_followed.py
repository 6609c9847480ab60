"""What the rules say about a simulated course, and what is true of it, on courses made by hand."""

import numpy as np
import pytest

from diary.validation.followed import NEVER, FollowedDiary, days_over, lost_for_good, truth_of
from diary.validation.simulation import Shape, SimulatedCourse


def made(after, *, relief=0.8, before=10, scores=None, medicine="ketamine"):
    """A course whose scores are its latent pain: `before`, and then `after` to the end of the year."""
    after = [*after, *[after[-1]] * (365 - len(after))]
    latent = np.array([before] * 15 + after, dtype=float)
    written = {t: after[t - 1] for t in range(1, 366)} | dict.fromkeys(range(-14, 0), before)
    return SimulatedCourse(medicine, before, relief, 60, Shape.ABRUPT, latent, written if scores is None else scores)


def followed(*after, **more):
    return FollowedDiary(0, made([level for level, days in after for _ in range(days)], **more)).follow()


def test_a_loss_is_true_from_the_first_week_over_the_line_that_stays_there():
    # Line 7; three of the seven days at 10 make (4·5 + 3·10)/7 = 50/7, over 7: day 43.
    found = followed((5, 40), (10, 300))
    assert found.truth.over == 43
    assert found.truth.lost == 43
    assert found.due == 50
    assert found.lost == 43
    assert found.line == 7


def test_a_week_over_the_line_that_goes_back_is_no_loss():
    # Eight days at 10 keep the 7-day mean over the line from day 43 to day 52: the loss is true, though not for ever.
    assert followed((5, 40), (10, 8), (5, 300)).truth.lost == 43
    # Four days do so from day 43 to day 47 only.
    found = followed((5, 40), (10, 4), (5, 300))
    assert (found.truth.over, found.truth.lost, found.due) == (43, NEVER, NEVER)
    assert found.week_over == 43


def test_relief_that_lasts_is_never_lost():
    found = followed((5, 365))
    assert (found.confirmed, found.truth.lost, found.due, found.week_over, found.day_over) == (14, *[NEVER] * 4)
    assert found.close == ()


def test_one_day_over_the_line_is_what_a_hasty_rule_reports():
    found = followed((5, 29), (8, 1), (5, 300))
    assert found.day_over == 30
    assert found.week_over == NEVER


def test_each_run_near_the_line_begins_a_warning_until_the_loss_is_due():
    # Near from a mean of 6.5 on: days 6.5-7 of a rise, back below 6, and again before the loss.
    found = followed((5, 30), (7, 10), (5, 20), (7, 7), (9, 300))
    assert len(found.close) == 2
    assert 30 < found.close[0] < 45 < found.close[1] < found.due


def test_a_response_that_is_never_confirmed_has_no_later_days():
    found = followed((9, 365), relief=0.1)
    assert (found.confirmed, found.due, found.week_over, found.day_over) == (NEVER,) * 4
    assert not found.good_week
    assert not found.confirmed_in_time
    assert not found.confirmed_late
    assert not found.truth.relieved


def test_a_response_confirmed_after_day_28_is_late():
    late = followed((9, 25), (4, 340))
    assert late.confirmed > 28
    assert late.confirmed_late
    assert not late.confirmed_in_time
    in_time = followed((4, 60), (10, 300))
    assert in_time.confirmed_in_time
    assert in_time.truth.relieved


def test_one_good_week_counts_on_the_days_on_which_a_clinic_looks():
    assert followed((9, 14), (5, 7), (9, 340)).good_week
    assert not followed((9, 11), (5, 6), (9, 340)).good_week  # good from day 15 to day 20 alone


def test_a_short_acting_medicine_is_truly_relieved_by_its_first_weeks():
    short = followed((5, 10), (10, 350), medicine="lidocaine")
    assert short.truth.relieved
    assert short.confirmed == 7
    assert not followed((5, 10), (10, 350)).truth.relieved


def test_a_course_without_a_baseline_cannot_be_followed():
    diary = made([5] * 100)
    without = {t: score for t, score in diary.scores.items() if t > 0}
    assert FollowedDiary(0, made([5] * 100, scores=without)).follow() is None


def test_what_is_known_on_a_day_holds_nothing_of_later_days():
    diary = FollowedDiary(0, made([5] * 40 + [10] * 300))
    assert diary.judged_on(45)[0].timeline.loss is None
    assert diary.judged_on(50)[0].timeline.loss is not None
    assert diary.judged_on(45)[0].timeline.last == 45


@pytest.mark.parametrize(
    ("over", "lost"),
    [
        ([], NEVER),
        ([9, 10, 11, 12, 13, 14], NEVER),
        ([9, 10, 11, 12, 13, 14, 15], 9),
        ([7, 9, 10, 11, 12, 13, 14, 15, 40], 9),
        ([20, 21, 22, 24, 25, 26, 27, 28, 29, 30], 24),
    ],
)
def test_seven_days_in_a_row_over_the_line_are_a_loss(over, lost):
    assert lost_for_good(np.array(over, dtype=int)) == lost


def test_days_over_the_line_are_days_of_7_day_means():
    latent = np.array([5.0] * 7 + [9.0] * 7)
    # The mean of days 2-8 is 39/7, of days 5-11 (3·5 + 4·9)/7 = 51/7.
    assert list(days_over(latent, 7)) == [11, 12, 13, 14]
    assert list(days_over(latent, 51 / 7 + 1e-9)) == [12, 13, 14]


def test_truth_knows_the_pain_without_the_noise_of_single_days():
    course = made([5] * 40 + [10] * 300)
    noisy = SimulatedCourse("ketamine", 10, 0.5, 60, Shape.ABRUPT, course.latent, dict.fromkeys(range(1, 366), 0))
    assert truth_of(noisy, 7, weeks=2) == truth_of(course, 7, weeks=2).__class__(0.5, 43, 43, relieved=True)
