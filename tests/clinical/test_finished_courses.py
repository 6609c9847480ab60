"""A clinic's own calibration: which courses stand behind it, and what each says."""

from dataclasses import replace

from diary.clinical.forecast.calibration import OWN_COURSES_NEEDED, SHIPPED
from diary.clinical.forecast.finished import Finished, finished_course, own_calibration, ranks_of
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from tests.clinical.builders import Level, course, day, diary, run, scores_from

LOST_ON_50 = [*run(3, 45), *run(6, 3), *run(8, 20)]
SEVENS_AND_EIGHTS = (7, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7, 8)


def finished(after: list[Level], *, today: int | None = None) -> Finished | None:
    counting = counting_scores(diary(after, before=SEVENS_AND_EIGHTS))
    return finished_course([course()], counting, day(len(after) if today is None else today), DEFAULT_RULES)


def lost(after: list[Level]) -> Finished:
    found = finished(after)
    assert found is not None
    return found


def test_a_course_is_finished_when_its_loss_is_confirmed() -> None:
    found = lost(LOST_ON_50)
    assert found.lost_on == day(found.days + 1)
    assert finished(LOST_ON_50[:50]) is None
    assert finished(run(7, 60)) is None


def test_only_the_latest_finished_course_of_a_patient_counts() -> None:
    second = course(day_0=day(100))
    scores = diary(LOST_ON_50, before=SEVENS_AND_EIGHTS)
    scores |= scores_from(day(86), SEVENS_AND_EIGHTS) | scores_from(day(101), LOST_ON_50)
    found = finished_course([course(), second], counting_scores(scores), day(170), DEFAULT_RULES)
    assert found is not None
    assert found.courses == (course(), second)
    still_running = finished_course([course(), second], counting_scores(scores), day(140), DEFAULT_RULES)
    assert still_running is not None
    assert still_running.courses == (course(),)


def test_a_course_is_looked_at_on_the_days_on_which_it_was_running() -> None:
    # Its loss is confirmed on day 57, so on days 21, 35 and 56 it was running; the shorter one's by day 35.
    assert len(ranks_of(lost(LOST_ON_50), DEFAULT_RULES)) == 3
    assert len(ranks_of(lost([*run(3, 20), *run(8, 20)]), DEFAULT_RULES)) == 1


def test_what_was_written_later_does_not_change_what_would_have_been_forecast() -> None:
    found = lost(LOST_ON_50)
    later = dict.fromkeys(range(day(56).toordinal() + 1, day(90).toordinal()), 10)
    assert ranks_of(replace(found, counting={**found.counting, **later}), DEFAULT_RULES) == ranks_of(
        found, DEFAULT_RULES
    )


def test_a_later_loss_ranks_higher() -> None:
    early, late = lost([*run(3, 38), *run(8, 20)]), lost([*run(3, 90), *run(8, 20)])
    assert ranks_of(early, DEFAULT_RULES)[0] < ranks_of(late, DEFAULT_RULES)[0]


def test_fewer_than_50_finished_courses_leave_the_calibration_that_comes_with_the_product() -> None:
    found = lost(LOST_ON_50)
    assert own_calibration([found] * (OWN_COURSES_NEEDED - 1), DEFAULT_RULES) == SHIPPED
    own = own_calibration([found] * OWN_COURSES_NEEDED, DEFAULT_RULES)
    assert own.courses == OWN_COURSES_NEEDED
    assert own != SHIPPED


def test_a_combined_course_is_forecast_by_the_medicine_that_governs_it() -> None:
    found = lost(LOST_ON_50)
    mixed = [replace(one, medicines=("ketamine", "lidocaine")) for one in found.courses]
    assert ranks_of(replace(found, courses=tuple(mixed)), DEFAULT_RULES) == ranks_of(found, DEFAULT_RULES)
