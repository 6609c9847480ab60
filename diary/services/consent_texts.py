"""What patients are asked to agree to: every version of the words there ever was, and none is ever changed.

New words are a new version at the end of `TEXTS`; whoever agreed to older ones is asked at their next visit.
"""

from dataclasses import dataclass
from typing import Final

from diary.errors import Sentence
from diary.vocabulary import ConsentPurpose


@dataclass(frozen=True, slots=True)
class ConsentText:
    """The words of one version; `tick` stands beside the box that is ticked."""

    purpose: ConsentPurpose
    version: str
    title: Sentence
    sentences: tuple[Sentence, ...]
    tick: Sentence


TEXTS: Final = (
    ConsentText(
        ConsentPurpose.DIARY,
        "2026-1",
        Sentence("My diary for my treatment"),
        (
            Sentence("I write one number a day, how strong my pain was. My clinic keeps it with my courses."),
            Sentence("The people who treat me at this clinic read it and use it to plan my treatment with me."),
            Sentence("Everyone who opens my diary is written down, and I can see who it was."),
            Sentence("My clinic hands my diary to nobody else without asking me, unless the law demands it."),
            Sentence("I can take this back at any time. Then I write no more entries; nothing is deleted by that."),
        ),
        Sentence("I agree that my clinic keeps my diary and uses it for my treatment."),
    ),
    ConsentText(
        ConsentPurpose.RESEARCH,
        "2026-1",
        Sentence("Research with my numbers, without my name"),
        (
            Sentence("My clinic may count my numbers among those of other patients, to learn how long infusions help."),
            Sentence("Researchers see groups of patients and numbers without names, years of birth and dates."),
            Sentence("I am free to choose: my treatment stays the same if I do not agree."),
            Sentence(
                "I can take this back at any time. From then on my numbers are left out; results made before stay."
            ),
        ),
        Sentence("I agree that my numbers are used in this way."),
    ),
)

REQUIRED: Final = ConsentPurpose.DIARY
"""Without it there is no diary."""


def current_text(purpose: ConsentPurpose) -> ConsentText:
    """Return the words that are asked today."""
    return [text for text in TEXTS if text.purpose is purpose][-1]


def text_of(purpose: str, version: str) -> ConsentText | None:
    """Return the words of a version, or None for one that was never asked."""
    return next((text for text in TEXTS if (text.purpose, text.version) == (purpose, version)), None)
