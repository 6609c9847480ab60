"""Simulated diaries: relief that goes in an S-shape, with noise as on real diaries (clinical rules, section 9)."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from diary.demo.stories import Story, StoryCourse
from diary.exchange.study import StudyScore

HALF_LIFE: Final = 10.9
"""Days in which relief fades once it goes [Dahan and Olofsen 2011]."""
CARRY_OVER, CARRY_SD = 0.64, 0.6
DAY_SD: Final = 1.2


def diary_of(story: Story, today: date, zone: ZoneInfo, now: datetime) -> Iterator[StudyScore]:
    """Yield the scores of a story; the same story gives the same diary on whatever day it is told."""
    chance = random.Random(story.reference)  # noqa: S311 (a story, not a secret)
    carried = 0.0
    for ago in range(story.began, story.stopped - 1, -1):
        carried = CARRY_OVER * carried + chance.gauss(0, CARRY_SD * (1 - CARRY_OVER**2) ** 0.5)
        stray = chance.gauss(0, DAY_SD) + carried
        score = round(pain(story, ago) + stray * story.steady)
        missing, minutes = chance.random() < story.missing, chance.randrange(0, 180)
        if missing and ago != story.stopped:
            continue
        day = today - timedelta(days=ago)
        written = datetime.combine(day, time(6), tzinfo=zone) + timedelta(minutes=minutes)
        yield StudyScore(story.reference, day, min(max(score, 0), 10), min(written, now.astimezone(zone)), story.source)


def pain(story: Story, ago: int) -> float:
    """Return the pain behind the score of `ago` days ago."""
    had = [course for course in story.courses if course.ended > ago]
    if not had:
        return story.baseline
    latest = min(had, key=lambda course: course.ended)
    return story.baseline * (1 - latest.relief * left(latest, latest.ended - ago))


def left(course: StoryCourse, t: int) -> float:
    """Return the share of the relief that is left on day `t`: 1 at first, a half on day `half`."""
    steep = HALF_LIFE
    return (1 + 2 ** (-course.half / steep)) / (1 + 2 ** ((t - course.half) / steep))
