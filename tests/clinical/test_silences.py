"""When the forecast says nothing: asked before it looks at the diary, and again after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

import pytest

from diary.clinical.baseline import JudgedCourse, judge_courses
from diary.clinical.forecast import Forecast, Silent, forecast_of, outlook
from diary.clinical.forecast.horizon import FIRST_DAY, LAST_DAY
from diary.clinical.rules import DEFAULT_RULES
from diary.clinical.scores import counting_scores
from tests.clinical.builders import LOST_ON_26, TENS, Level, course, day, diary, run


def judged(after: Sequence[Level], before: Sequence[Level], t: int) -> list[JudgedCourse]:
    return judge_courses([course()], counting_scores(diary(after, before=before)), day(t), DEFAULT_RULES)


def forecast(after: Sequence[Level], *, before: Sequence[Level] = TENS, t: int | None = None) -> Forecast:
    on = len(after) if t is None else t
    counting = counting_scores(diary(after, before=before))
    return forecast_of(judged(after, before, on), counting, day(on), rules=DEFAULT_RULES)


@dataclass(frozen=True)
class Curves:
    """What the curves say, in the place of the model's."""

    days: tuple[float, float, float] = (20, 40, 60)
    effective_curves: float = 400

    def chance_by(self, last: float) -> float:
        return sum(one <= last for one in self.days) / len(self.days)

    def day_by(self, chance: float) -> float:
        return self.days[0 if chance < 1 / 3 else 1 if chance < 2 / 3 else 2]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[[Curves], None]:
    """Let the curves say something else than the model does."""
    return lambda curves: monkeypatch.setattr(outlook, "losses_of", lambda *_given, **_rules: curves)


def test_a_forecast_is_silent_when_the_rules_leave_nothing_to_forecast() -> None:
    holding = run(5, 14)
    assert forecast_of([], {}, day(0), rules=DEFAULT_RULES).silent is Silent.NO_COURSE
    assert forecast(holding, before=()).silent is Silent.NO_BASELINE
    assert forecast(holding, before=run(3, 7)).silent is Silent.NO_BASELINE
    assert forecast(run(10, 30)).silent is Silent.NOT_CONFIRMED
    assert forecast(LOST_ON_26).silent is Silent.LOST
    assert forecast([], t=0).silent is Silent.TOO_EARLY
    assert forecast(run(5, LAST_DAY + 1)).silent is Silent.TOO_LATE


def test_a_forecast_may_speak_from_its_first_to_its_last_day(say: Callable[[Curves], None]) -> None:
    say(Curves())
    assert forecast(run(5, FIRST_DAY)).shown
    assert forecast(run(5, LAST_DAY)).shown
    short = judge_courses([course("lidocaine")], counting_scores(diary(run(5, 13))), day(13), DEFAULT_RULES)
    assert forecast_of(short, {}, day(13), rules=DEFAULT_RULES).silent is Silent.TOO_EARLY


@pytest.mark.parametrize(
    ("curves", "silent"),
    [
        (Curves(effective_curves=49.9), Silent.UNLIKE_ANY_COURSE),
        (Curves(effective_curves=50), None),
        (Curves(days=(20, inf, inf)), Silent.NO_RETURN_IN_SIGHT),
        (Curves(days=(20, 40, 111)), Silent.WIDE_WINDOW),
        (Curves(days=(20, 40, 110)), None),
        (Curves(days=(20, 40, inf)), Silent.WIDE_WINDOW),
    ],
)
def test_a_forecast_is_silent_when_its_curves_say_too_little(
    say: Callable[[Curves], None], curves: Curves, silent: Silent | None
) -> None:
    say(curves)
    found = forecast(run(5, 20))
    assert found.silent is silent
    assert (found.p10 is None) is (found.p50 is None) is (found.p90 is None) is (silent is not None)
    assert (found.p_loss_14d is None) is (silent is Silent.UNLIKE_ANY_COURSE)
