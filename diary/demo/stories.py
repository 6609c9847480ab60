"""The demo's patients: each one a story that a doctor recognises. Days are counted back from today."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class StoryCourse:
    """A course of `days` days that ended `ended` days ago; `relief` (a share of the baseline) halves by day `half`."""

    medicine: str
    ended: int
    days: int = 5
    relief: float = 0.62
    half: float = 60.0


@dataclass(frozen=True, slots=True)
class Story:
    """A patient and how they fared.

    Attributes:
        baseline: pain before, 0-10.
        began: days ago of the first entry; stopped: of the last one (0 is today).
        missing: share of days left out.
        steady: how far a day strays, 1 as on real diaries.
        source: how the entries came in.
    """

    reference: str
    name: str
    born: int
    baseline: float
    courses: tuple[StoryCourse, ...]
    began: int = 100
    stopped: int = 0
    missing: float = 0.12
    steady: float = 0.7
    source: str = "self"
    tags: tuple[str, ...] = ()


STORIES: Final = (
    Story(
        "M-2041",
        "Ramirez, Ana",
        1979,
        7.3,
        (
            StoryCourse("ketamine", 331, half=70),
            StoryCourse("ketamine", 201, half=56),
            StoryCourse("ketamine", 61, half=42),
        ),
        began=356,
    ),
    Story("M-1987", "de Wit, Joris", 1968, 7.0, (StoryCourse("ketamine", 39, half=17, relief=0.75),), began=70),
    Story(
        "M-2110",
        "Novak, Petra",
        1991,
        7.2,
        (StoryCourse("lidocaine", 16, days=1, relief=0.6, half=40),),
        began=45,
    ),
    Story("M-2077", "Okafor, Chidi", 1985, 7.2, (StoryCourse("ketamine", 44, relief=0.6, half=46),), began=80),
    Story("M-2003", "Brandt, Heike", 1959, 7.5, (StoryCourse("magnesium", 33, relief=0.08),), began=60),
    Story(
        "M-1950",
        "Lindqvist, Maja",
        1948,
        6.8,
        (StoryCourse("bisphosphonate", 120, days=1, half=365),),
        began=150,
        stopped=8,
    ),
    Story("M-2133", "Haddad, Samir", 1996, 7.0, (StoryCourse("immunoglobulin", 11, relief=0.45),), began=32),
    Story("M-2098", "Costa, Inês", 1972, 7.4, (StoryCourse("ketamine", 20, relief=0.68, half=70),), began=50),
    Story(
        "M-1812",
        "Petrov, Ivan",
        1941,
        6.9,
        (StoryCourse("ketamine", 52, relief=0.6, half=90),),
        began=80,
        source="paper",
    ),
    Story(
        "M-2061",
        "Kim, Min-jun",
        1988,
        7.1,
        (StoryCourse("ketamine", 36, relief=0.45, half=0),),
        began=60,
        steady=0.6,
    ),
    Story("M-2140", "Smith, Olive", 2001, 7.6, (StoryCourse("ketamine", -2, days=5),), began=24),
    Story("M-2145", "Dubois, Claire", 1983, 7.0, (StoryCourse("ketamine", 15, relief=0.6),), began=14),
    Story("M-2151", "Moreau, Jules", 1977, 6.6, (), began=9),
    Story(
        "M-2019",
        "Rossi, Giulia",
        1965,
        7.3,
        (StoryCourse("immunoglobulin", 58, relief=0.6, half=30),),
        began=90,
    ),
    Story(
        "M-2120",
        "Jansen, Sofie",
        1990,
        7.3,
        (StoryCourse("ketamine", 33, relief=0.66, half=70),),
        began=60,
        stopped=1,
        missing=0.08,
    ),
    Story(
        "M-2085",
        "Haas, Bernd",
        1956,
        7.0,
        (StoryCourse("ketamine-single", 17, days=1, relief=0.6, half=45),),
        began=45,
    ),
    Story("M-2102", "Yilmaz, Elif", 1994, 7.8, (StoryCourse("clonidine", 25, relief=0.02),), began=50),
    Story(
        "M-1966",
        "Murphy, Sean",
        1951,
        6.9,
        (StoryCourse("bisphosphonate", 140, days=1, relief=0.55, half=365),),
        began=170,
    ),
    Story("M-2128", "Nowak, Zofia", 1982, 3.4, (StoryCourse("lidocaine", 10, days=1),), began=40),
    Story(
        "M-2056",
        "Ferrari, Marco",
        1969,
        7.2,
        (StoryCourse("ketamine", 30, relief=0.6),),
        began=59,
        missing=0.62,
    ),
    Story("M-2148", "Andersson, Lars", 1974, 7.1, (StoryCourse("immunoglobulin", 4, relief=0.5),), began=26),
)
PATIENT_WHO_SIGNS_IN: Final = "M-2120"
SAYS_WEARING_OFF: Final = "M-2110"
DECIDED_TO_WAIT: Final = "M-2019"
WITH_LIVER_TEST: Final = "M-2077"
SHORTENING: Final = "M-2041"
PLANNED_AGAIN: Final = "M-1812"
TAGS: Final = {
    "upper limb": ("M-2041", "M-1987", "M-2077", "M-2098", "M-2120", "M-2061", "M-2133", "M-2128"),
    "lower limb": ("M-1812", "M-2056", "M-2019", "M-2148", "M-2003", "M-1950", "M-2110", "M-2085"),
}
