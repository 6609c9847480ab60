"""Diaries that patients bring along from clinics that are nobody's here."""

import uuid
from datetime import UTC, date, datetime, timedelta

from diary.clinical.scores import Source
from diary.exchange.copies import (
    CopiedCourse,
    CopiedEntry,
    CopiedZone,
    DiaryCopy,
    HomeClinic,
    plain_content,
    write_copy,
)
from diary.exchange.copies.writing import PURPOSE, SignedCopy, digest_of_content
from diary.security.signing import SigningKeys
from diary.services.copies import signed_copy

FIRST = date(2026, 3, 1)


def a_copied_entry(number: int, score: int | None = 5, **fields: object) -> CopiedEntry:
    """Return the score of a day as a copy holds it."""
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC) + timedelta(days=number)
    plain: dict[str, object] = {
        "day": FIRST + timedelta(days=number),
        "revision": 1,
        "score": score,
        "client_ref": uuid.uuid4(),
        "item_version": "average-24-hours-1",
        "entered_at": noon,
        "utc_offset_minutes": 60,
        "clock_error_seconds": 0,
        "written_at": noon,
        "received_at": noon,
        "days_late": 0,
        "source": Source.SELF.value,
        "reason": "",
    }
    return CopiedEntry(**plain | fields)  # type: ignore[arg-type]


def a_copy(made_at: datetime, **fields: object) -> DiaryCopy:
    """Return a small diary of a clinic that this installation never heard of."""
    plain: dict[str, object] = {
        "made_at": made_at,
        "home": HomeClinic(uuid.uuid4(), "Pain clinic Far", uuid.uuid4(), "F-7"),
        "name": "Okafor, Ada",
        "birth_year": 1979,
        "phone": "0555 700",
        "language": "en",
        "left_handed": True,
        "protected": False,
        "zones": (CopiedZone(date(1900, 1, 1), "Europe/Amsterdam"), CopiedZone(date(2026, 3, 8), "Asia/Tokyo")),
        "entries": tuple(a_copied_entry(number) for number in range(3)),
        "courses": (
            CopiedCourse(
                ("ketamine",), "given", date(2026, 2, 1), date(2026, 2, 3), datetime(2026, 2, 1, tzinfo=UTC), (), ()
            ),
        ),
        "events": (),
        "consents": (),
    }
    return DiaryCopy(**plain | fields)  # type: ignore[arg-type]


def as_file(copy: DiaryCopy, keys: SigningKeys | None = None) -> bytes:
    """Return the file of a copy, signed by this installation or with the keys of another one."""
    if keys is None:
        return write_copy(signed_copy(copy))
    content = plain_content(copy)
    made = keys.sign(PURPOSE, content)
    public = keys.public_key(made.key_id)
    assert public
    return write_copy(SignedCopy(copy, digest_of_content(content), public, made.value))
