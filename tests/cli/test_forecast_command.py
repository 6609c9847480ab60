"""The forecast command: its names and order, and nothing of later days; and what verdicts take from it."""

import json
import uuid
from datetime import date, timedelta

import pytest

from diary.clinical.forecast import Forecast, Silent
from diary.services import forecasts
from tests.clinic_builders import a_clinic
from tests.services.expecting import expecting, wait_for_chairs
from tests.services.looking_in import everything_stored
from tests.services.study_folders import a_study

NAMES = (
    *("patient", "p10", "p50", "p90", "p_loss_14d", "beyond_horizon", "shown", "silent_reason", "book_by"),
    *("state", "t", "medicine", "clinic", "id"),
)
TODAY = date(2026, 3, 20)
DAY_0 = TODAY - timedelta(days=20)


@pytest.fixture
def run(app):
    """Run a command as `flask --app wsgi diary …` does."""
    return lambda *words: app.test_cli_runner().invoke(args=["diary", *map(str, words)])


@pytest.fixture
def clinic(app, clock):
    return a_clinic(clock)


@pytest.fixture
def study(run, clinic, tmp_path):
    """P-1 is relieved on the day of the clock, day 20 after ketamine; P-2 was never treated."""
    written(run, tmp_path, DAY_0, [2] * 20)


def written(run, folder, day_0, after):
    days = [day_0 + timedelta(days=t) for t in [*range(-9, -2), *range(1, len(after) + 1)]]
    scores = [f"P-1,{day},{score}" for day, score in zip(days, [7] * 7 + after, strict=True)]
    course = f"P-1,ketamine,{day_0 - timedelta(days=2)},{day_0}"
    assert run("import-study", a_study(folder, ["P-2", "P-1"], courses=[course], scores=scores)).exit_code == 0


def lines(done):
    assert (done.exit_code, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_patient_is_told_in_the_order_of_the_references(run, study, monkeypatch):
    expecting(monkeypatch, p50=60, chance=0.123456)
    one, two = lines(run("forecast", "--as-of", TODAY))
    assert tuple(one) == tuple(two) == NAMES
    assert uuid.UUID(one.pop("id"))
    assert one == {
        "patient": "P-1",
        "p10": 50,
        "p50": 60,
        "p90": 70,
        "p_loss_14d": 0.1235,
        "beyond_horizon": 0.1,
        "shown": True,
        "silent_reason": None,
        "book_by": None,
        "state": "HOLDING",
        "t": 20,
        "medicine": "ketamine",
        "clinic": "Pain clinic West",
    }
    assert (two["patient"], two["shown"], two["silent_reason"]) == ("P-2", False, "no_course")
    present = {"patient", "shown", "silent_reason", "state", "clinic", "id"}
    assert {name for name, value in two.items() if value is not None} == present


def test_a_silent_forecast_says_why_and_may_still_tell_the_chance(run, study, monkeypatch):
    expecting(monkeypatch, silent=Silent.WIDE_WINDOW, chance=0.04)
    one, _ = lines(run("forecast", "--as-of", TODAY))
    assert (one["shown"], one["silent_reason"], one["p50"], one["p_loss_14d"]) == (False, "wide_window", None, 0.04)


def test_the_rules_are_asked_before_the_model(run, clinic, tmp_path):
    day_0 = date(2026, 1, 10)
    written(run, tmp_path, day_0, [2] * 20 + [7] * 20)
    for t, reason in ((-5, "no_course"), (5, "not_confirmed"), (40, "lost")):
        one, _ = lines(run("forecast", "--as-of", day_0 + timedelta(days=t)))
        assert one["silent_reason"] == reason, t


def test_book_by_is_told_with_the_forecast_and_among_the_marks_of_the_verdict(run, clinic, study, clock, monkeypatch):
    wait_for_chairs(clinic, clock, days=35)
    expecting(monkeypatch, p50=60)
    booked = (DAY_0 + timedelta(days=60 - 35)).isoformat()
    assert lines(run("forecast", "--as-of", TODAY))[0]["book_by"] == booked
    marks = {mark["code"]: mark["value"] for mark in lines(run("verdicts", "--as-of", TODAY))[0]["marks"]}
    assert marks["book_by"] == booked
    # The day before, nobody knew of the waiting time.
    assert lines(run("forecast", "--as-of", TODAY - timedelta(days=1)))[0]["book_by"] is None


def test_verdicts_of_a_clinic_without_waiting_times_compute_no_forecast(run, study, monkeypatch):
    made = expecting(monkeypatch)
    assert len(lines(run("verdicts", "--as-of", TODAY))) == 2
    assert made == []


def test_verdicts_compute_a_forecast_only_where_it_can_tell_when_to_book(run, clinic, study, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    made = expecting(monkeypatch)
    assert len(lines(run("verdicts", "--as-of", TODAY))) == 2
    assert made == [TODAY], "P-2 has no course"


def test_what_was_stored_for_a_later_day_is_not_known(run, clinic, study, clock, monkeypatch):
    wait_for_chairs(clinic, clock)
    expecting(monkeypatch, p50=60)
    forecasts.make_forecasts(clock)
    expecting(monkeypatch, p50=44)
    (told, _), (verdict, _) = lines(run("forecast", "--as-of", TODAY)), lines(run("verdicts", "--as-of", TODAY))
    assert told["p50"] == 44
    assert {mark["code"]: mark["value"] for mark in verdict["marks"]}["book_by"] == told["book_by"] == "2026-03-09"


def test_the_model_is_handed_nothing_of_later_days(run, study, monkeypatch):
    handed = []

    def forecast_of(judged, counting, today, *, rules, calibration):
        handed.append((max(counting, default=0), len(judged)))
        return Forecast(today, None, silent=Silent.NO_COURSE)

    monkeypatch.setattr(forecasts, "forecast_of", forecast_of)
    before = DAY_0 - timedelta(days=5)
    lines(run("forecast", "--as-of", before))
    lines(run("forecast", "--as-of", TODAY))
    assert handed == [(before.toordinal(), 0), (0, 0), (TODAY.toordinal(), 1), (0, 0)]


def test_nothing_is_stored_by_telling(run, study, monkeypatch):
    expecting(monkeypatch)
    stored = everything_stored()
    assert len(lines(run("forecast", "--as-of", TODAY))) == 2
    assert everything_stored() == stored
