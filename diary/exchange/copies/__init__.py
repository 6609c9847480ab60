"""Copies of a diary that a patient takes to another clinic: one JSON document, signed by where it was made."""

from diary.exchange.copies.content import (
    CopiedBaseline,
    CopiedConsent,
    CopiedCourse,
    CopiedEntry,
    CopiedEvent,
    CopiedInfusion,
    CopiedZone,
    DiaryCopy,
    HomeClinic,
)
from diary.exchange.copies.reading import LARGEST_COPY, read_copy
from diary.exchange.copies.writing import (
    FORMAT,
    PURPOSE,
    VERSION,
    SignedCopy,
    plain_consents,
    plain_content,
    write_copy,
)

__all__ = [
    "FORMAT",
    "LARGEST_COPY",
    "PURPOSE",
    "VERSION",
    "CopiedBaseline",
    "CopiedConsent",
    "CopiedCourse",
    "CopiedEntry",
    "CopiedEvent",
    "CopiedInfusion",
    "CopiedZone",
    "DiaryCopy",
    "HomeClinic",
    "SignedCopy",
    "plain_consents",
    "plain_content",
    "read_copy",
    "write_copy",
]
