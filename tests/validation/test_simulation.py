"""Simulated diaries: the noise, the gaps and the relief that section 9 of the rules asks for."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from diary.validation.patients import COURSES, OWN_LOG_SD, simulate_patient, untreated_diary
from diary.validation.simulation import (
    DAY_SD_BY_LEVEL,
    DEFAULT_WORLD,
    Shape,
    SimulatedCourse,
    World,
    missing_days,
    relief_left,
    shape_from,
    simulate_cohort,
    with_noise,
)
from diary.validation.trial import COURSE_DAYS, PATIENTS, TrialArm, simulate_trial

DAYS = np.arange(1, 366)


@cache
def cohort(seed: int = 5, size: int = 300) -> list[SimulatedCourse]:
    return simulate_cohort(seed, size)


@cache
def level_for_long(level: float, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """The latent pain and the scores of many days at one level."""
    return with_noise(np.random.default_rng(seed), np.full(60_000, level))


def test_the_same_seed_gives_the_same_diaries_and_another_one_others():
    again, other = simulate_cohort(5, 300), simulate_cohort(6, 300)
    assert [one.scores for one in cohort()] == [one.scores for one in again]
    assert [one.scores for one in cohort()] != [one.scores for one in other]


def test_scores_are_whole_numbers_from_0_to_10_on_days_around_the_course():
    for one in cohort():
        assert all(type(score) is int and 0 <= score <= 10 for score in one.scores.values())
        assert min(one.scores) >= -14
        assert max(one.scores) <= 365
        assert 0 not in one.scores
        assert len(one.latent) == 14 + 1 + 365


def test_baselines_and_shares_are_those_of_the_rules():
    baselines = np.array([one.baseline for one in cohort(7, 1500)])
    assert baselines.min() >= 4
    assert baselines.max() <= 9.5
    assert np.mean(baselines) == pytest.approx(7.1, abs=0.15)
    responders = np.mean([one.relief > 0.3 for one in cohort(7, 1500)])
    assert 0.55 < responders < 0.72
    half_times = np.log([one.half_time for one in cohort(7, 1500)])
    assert np.exp(np.mean(half_times)) == pytest.approx(60, rel=0.06)
    assert np.std(half_times) == pytest.approx(0.5, abs=0.04)
    for shape, share in DEFAULT_WORLD.shapes.items():
        assert np.mean([one.shape is shape for one in cohort(7, 1500)]) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize(("level", "band"), [(5, 2), (7, 3), (3, 1)])
def test_a_single_day_strays_from_the_latent_pain_as_on_real_diaries(level, band):
    latent, scores = level_for_long(level)
    here = (latent // 2).astype(int) == band
    assert np.std((scores - latent)[here]) == pytest.approx(DAY_SD_BY_LEVEL[band], abs=0.15)


def test_one_weekly_mean_has_a_noise_of_about_0_7_points():
    _latent, scores = level_for_long(6.0)
    weeks = scores[: len(scores) // 7 * 7].reshape(-1, 7).mean(axis=1)
    from_week_to_week = np.std(np.diff(weeks)) / 2**0.5  # which leaves the slow drift out
    assert from_week_to_week == pytest.approx(0.7, abs=0.1)
    assert np.std(weeks) > from_week_to_week


def test_what_carries_over_fades_and_drift_stays():
    latent, _scores = level_for_long(5.0)
    strays = latent - latent.mean()
    after = [float(np.mean(strays[: len(strays) - lag] * strays[lag:])) for lag in (0, 1, 30, 300)]
    assert after[0] == pytest.approx(0.36 + 0.5, abs=0.12)
    assert after[1] == pytest.approx(0.36 * 0.64 + 0.5 * 0.98, abs=0.12)
    assert after[2] == pytest.approx(0.5 * 0.98**30, abs=0.1)
    assert after[3] == pytest.approx(0, abs=0.08)


def test_10_to_16_percent_of_days_are_missing_in_gaps_of_mostly_one_day():
    gaps, missing = [], []
    for one in cohort(9, 200):
        days = sorted(one.scores)
        missing.append(1 - len(days) / (14 + 365))
        gaps += [later - day - 1 for day, later in pairwise(days) if later - day > 1 and day > 0]
    assert 0.10 < np.mean(missing) < 0.16
    gaps = np.array(gaps)
    assert np.mean(gaps == 1) > 0.7
    assert 0.93 < np.mean(gaps <= 4) < 0.98
    assert gaps.max() > 5


def test_more_days_are_missing_when_pain_is_worse():
    chance = np.random.default_rng(1)
    missing = {level: np.mean(missing_days(chance, np.full(30_000, level), 0.13)) for level in (2.0, 8.0)}
    assert missing[8.0] > missing[2.0] + 0.02


def test_more_noise_and_more_gaps_are_other_worlds():
    noisy, gaps = simulate_cohort(4, 60, World(noise=2)), simulate_cohort(4, 60, World(missing=(0.3, 0.4)))
    usual = simulate_cohort(4, 60)
    assert np.mean([len(one.scores) for one in gaps]) < 0.8 * np.mean([len(one.scores) for one in usual])
    strays = [[np.std(list(one.scores.values())) for one in some if one.relief < 0.2] for some in (noisy, usual)]
    assert np.mean(strays[0]) > 1.3 * np.mean(strays[1])


@pytest.mark.parametrize("shape", [Shape.SIGMOID, Shape.LINEAR, Shape.ABRUPT])
def test_half_of_the_relief_is_left_on_the_half_time(shape):
    left = relief_left(shape, half_time=60, fade=10.9)
    assert left[0] == pytest.approx(1, abs=0.05)
    assert left[57] >= 0.5
    assert left[61] <= 0.5
    assert np.all(np.diff(left) <= 0)


def test_exponential_relief_is_half_gone_before_and_lasting_relief_never():
    assert relief_left(Shape.EXPONENTIAL, 60, 10.9)[35] == pytest.approx(0.5)
    assert relief_left(Shape.LASTING, 60, 10.9).min() == 1


def test_one_shape_alone_is_a_world_too():
    chance = np.random.default_rng(2)
    assert {shape_from(chance, {Shape.LINEAR: 1}) for _ in range(20)} == {Shape.LINEAR}


def test_a_short_acting_medicine_has_shorter_half_times():
    short = simulate_cohort(3, 300, replace(DEFAULT_WORLD, medicine="lidocaine"))
    assert np.median([one.half_time for one in short]) == pytest.approx(14, rel=0.15)


def test_a_patient_comes_back_for_courses_that_last_about_as_long():
    patient = simulate_patient(1, 4)
    assert len(patient.courses) == COURSES
    assert simulate_patient(1, 4) != simulate_patient(1, 5)
    assert simulate_patient(1, 4).counting == patient.counting
    apart = [(later.first_day - one.last_day).days for one, later in pairwise(patient.courses)]
    assert all(42 <= days <= 151 for days in apart)
    assert all(course.last_day.toordinal() not in patient.counting for course in patient.courses)
    assert len(patient.latent) == 365
    assert max(patient.counting) <= patient.courses[-1].last_day.toordinal() + 365
    assert OWN_LOG_SD == 0.2


def test_an_untreated_diary_stays_around_one_level():
    scores = [score for number in range(40) for score in untreated_diary(1, number).values()]
    firsts = [np.mean(list(untreated_diary(1, number).values())[:200]) for number in range(40)]
    lasts = [np.mean(list(untreated_diary(1, number).values())[-200:]) for number in range(40)]
    assert len(scores) > 40 * 720 * 0.8
    assert np.mean(np.array(firsts) - np.array(lasts)) == pytest.approx(0, abs=0.4)


def test_a_trial_has_30_patients_in_each_arm_and_five_infusion_days_without_entries():
    patients = simulate_trial(1)
    assert [sum(one.arm is arm for one in patients) for arm in TrialArm] == [PATIENTS, PATIENTS]
    for one in patients:
        assert (one.course.last_day - one.course.first_day).days == COURSE_DAYS - 1
        infusion_days = range(one.course.first_day.toordinal(), one.course.last_day.toordinal() + 1)
        assert not set(infusion_days) & set(one.counting)
        assert min(one.counting) >= one.course.first_day.toordinal() - 14
        assert max(one.counting) <= one.course.last_day.toordinal() + 84


def test_exactly_21_and_6_patients_of_a_trial_respond():
    for seed in range(3):
        found = {arm: sum(one.relief > 0.2 for one in simulate_trial(seed) if one.arm is arm) for arm in TrialArm}
        assert found == {TrialArm.KETAMINE: 21, TrialArm.PLACEBO: 6}
