"""Which pause runs on a day: the last revision of each pause decides."""

from collections.abc import Callable, Iterable
from datetime import date

from diary.models import DiaryPause


def running(
    revisions: Iterable[DiaryPause], day: date, *, known: Callable[[DiaryPause], bool] = lambda _pause: True
) -> DiaryPause | None:
    """Return the pause that covers `day` among the `known` revisions, the one that lasts longest."""
    covering = [pause for pause in live_pauses(revisions, known=known) if covers(pause, day)]
    return max(covering, key=lambda pause: pause.last_day or date.max, default=None)


def live_pauses(
    revisions: Iterable[DiaryPause], *, known: Callable[[DiaryPause], bool] = lambda _pause: True
) -> list[DiaryPause]:
    """Return the last known revision of each pause that was not taken back, in the order of their first days."""
    last: dict[object, DiaryPause] = {}
    for pause in sorted(filter(known, revisions), key=lambda pause: pause.revision):
        last[pause.pause_id] = pause
    return sorted((pause for pause in last.values() if not pause.taken_back), key=lambda pause: pause.first_day)


def covers(pause: DiaryPause, day: date) -> bool:
    """Say whether a pause covers `day`."""
    return pause.first_day <= day and (pause.last_day is None or day <= pause.last_day)
