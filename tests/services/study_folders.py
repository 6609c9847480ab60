"""Study folders of our own making."""

import random
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

COURSES = "patient,medicine,first_day,last_day"
SCORES = "patient,day,score"
WRITTEN_SCORES = "patient,day,score,entered_at,source"
ZONES = ("Europe/Amsterdam", "Africa/Cairo", "America/St_Johns", "Pacific/Apia")
MEDICINES = ("ketamine", "ketamine-single", "lidocaine", "immunoglobulin", "ketamine+magnesium")


def a_study(
    folder: Path,
    patients: Iterable[str] = ("P1",),
    *,
    courses: Iterable[str] = (),
    scores: Iterable[str] = (),
    zone: str = "Europe/Amsterdam",
) -> Path:
    """Write a study with these lines; scores with four commas carry moment and source."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = list(scores)
    header = WRITTEN_SCORES if scores and scores[0].count(",") == 4 else SCORES
    write(
        folder,
        "patients.csv",
        ["patient,timezone,tags", *(f"{one},{zone}," if "," not in one else one for one in patients)],
    )
    write(folder, "courses.csv", [COURSES, *courses])
    write(folder, "scores.csv", [header, *scores])
    return folder


def write(folder: Path, name: str, lines: Iterable[str]) -> None:
    """Write one file of a study."""
    (folder / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def random_study(folder: Path, chance: random.Random, *, patients: int, until: date, days: int = 90) -> Path:
    """Write patients in all phases of one or two courses, some of them late, corrected or silent."""
    people, courses, scores = [], [], []
    for number in range(patients):
        reference, zone = f"R-{number:03}", chance.choice(ZONES)
        people.append(f"{reference},{zone},{chance.choice(['', 'arm-a', 'arm-a|left', 'arm-b'])}")
        first = until - timedelta(days=chance.randrange(0, days))
        given = [first] if chance.random() < 0.9 else []
        if given and chance.random() < 0.4:
            given.insert(0, first - timedelta(days=chance.randrange(25, 70)))
        length = chance.randrange(1, 6)
        courses += [f"{reference},{chance.choice(MEDICINES)},{day},{day + timedelta(days=length - 1)}" for day in given]
        scores += _scores(chance, reference, given, until)
    return a_study(folder, people, courses=courses, scores=scores)


def _scores(chance: random.Random, reference: str, given: list[date], until: date) -> list[str]:
    level, relief, lasts = chance.randrange(3, 10), chance.uniform(0, 0.8), chance.randrange(5, 80)
    begins = (given[0] if given else until) - timedelta(days=chance.choice([3, 8, 15, 20]))
    ends = until - timedelta(days=chance.choice([0, 0, 0, 1, 3, 10, 20]))
    lines = []
    for number in range((ends - begins).days + 1):
        day = begins + timedelta(days=number)
        if chance.random() < 0.15:
            continue
        since = min(((day - one).days for one in given if one <= day), default=None)
        mean = level * (1 - relief) if since is not None and since < lasts else level
        score = min(10, max(0, round(mean + chance.gauss(0, 1))))
        late = timedelta(days=chance.choice([0] * 12 + [1, 2, 3]))
        moment = f"{day + late}T{chance.randrange(10, 19)}:30:00+01:00" if chance.random() < 0.8 else ""
        lines.append(f"{reference},{day},{score},{moment},{'self' if moment else ''}")
    return lines
