"""The diary days that tests/js/diary-day.test.mjs holds the phone to are those of the rules."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from diary.clinical.diary_day import diary_day

KEPT = Path(__file__).parents[1] / "js" / "diary_days.json"
CHANGES = {
    "Europe/Amsterdam": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Africa/Cairo": ("2026-04-23T22:00", "2026-10-29T21:00"),
    "America/Santiago": ("2026-04-05T03:00", "2026-09-06T04:00"),
    "Pacific/Apia": ("2011-12-30T10:00",),
    "Asia/Kolkata": ("2026-01-01T00:00",),
    "Pacific/Auckland": ("2026-04-04T14:00", "2026-09-26T14:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
}
"""Zones, and moments (UTC) around which their clocks change."""


def diary_days() -> Iterator[tuple[str, str, str]]:
    """Yield moment, zone and day, hour by hour around each change."""
    for zone, moments in CHANGES.items():
        for changed in moments:
            middle = datetime.fromisoformat(changed).replace(tzinfo=UTC)
            for hours in range(-30, 31):
                moment = middle + timedelta(hours=hours, seconds=-1 if hours % 2 else 0)
                yield moment.isoformat(), zone, diary_day(moment, ZoneInfo(zone)).isoformat()


def test_the_phone_is_held_to_the_days_of_the_rules():
    """`EBB_PICTURES=1` writes them anew."""
    told = [list(line) for line in diary_days()]
    if os.environ.get("EBB_PICTURES"):
        KEPT.write_text("[\n" + ",\n".join(json.dumps(line) for line in told) + "\n]\n", encoding="utf-8")
    assert told == json.loads(KEPT.read_text(encoding="utf-8"))
