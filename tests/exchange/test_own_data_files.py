"""The files a patient takes out: the same tables in both, and no cell that a spreadsheet would calculate."""

import csv
import io
import json
import re
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from diary.exchange import own_data
from diary.exchange.own_data import (
    TABLES,
    About,
    OwnConsent,
    OwnCourse,
    OwnData,
    OwnEntry,
    OwnEvent,
    OwnExtras,
    OwnInfusion,
    OwnLook,
    OwnPause,
    OwnPlan,
    OwnReport,
    OwnSecondNumber,
    columns_of,
    own_data_csv,
    own_data_json,
)
from diary.exchange.own_days import OwnImpression, OwnPeg, OwnReading
from diary.exchange.own_reminders import OwnPhone, OwnReminder, OwnReminderSetting
from diary.exchange.study.cells import text_of
from diary.settings import ROOT

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)
ABOUT = About("Ramirez, Ana", "M-1", 1970, "0555", "en", "Europe/Amsterdam", "Pain clinic West", "0555 010 203")
ENTRY = OwnEntry(date(2026, 3, 20), 1, 7, "self", 0, NOON, NOON, "average-24-hours-1", "")
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
HOSTILE = st.one_of(
    WORDS, st.sampled_from(["=1+1", "+1", "-1", "@x", "'=x", "＝1", 'a"b', "a\nb", "a\rb", "a,b", "\t=1"])
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ENTRIES = st.builds(
    OwnEntry,
    day=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    revision=st.integers(1, 9),
    score=st.none() | st.integers(0, 10),
    source=st.sampled_from(["self", "late", "paper"]),
    days_late=st.integers(-1, 30),
    entered_at=st.none() | MOMENTS,
    received_at=MOMENTS,
    question=st.just("average-24-hours-1"),
    reason=HOSTILE,
)


def of(entries=(), looks=(), about=ABOUT, **tables):
    whole = dict.fromkeys(TABLES, ()) | {"entries": tuple(entries), "looks": tuple(looks)} | tables
    return OwnData(made_at=NOON, about=about, **whole)


def everything():
    return of(
        [ENTRY],
        [OwnLook(NOON, "Meyer", ("clinician", "nurse"), "looked at your chart", "")],
        courses=(OwnCourse(1, ("ketamine", "magnesium"), date(2026, 3, 2), date(2026, 3, 6)),),
        infusions=(OwnInfusion(1, date(2026, 3, 2), "ketamine", Decimal("22.50"), "mg/h", Decimal(4), None),),
        wearing_off=(OwnReport(date(2026, 3, 19), NOON, None),),
        extras=(OwnExtras(date(2026, 3, 19), 1, 8, None, ("nausea",), True, ("fall", "other"), "=1+1", NOON),),
        peg=(OwnPeg(date(2026, 3, 19), 1, 7, 6, 5, NOON),),
        impressions=(OwnImpression(date(2026, 3, 19), 2, "phone", NOON, None),),
        readings=(OwnReading(date(2026, 3, 19), 9, None, NOON, NOON),),
        events=(OwnEvent(date(2026, 3, 19), "co_treatment_changed", NOON, None),),
        pauses=(OwnPause(1, 1, "hospital", date(2026, 3, 19), None, False, NOON),),
        plans=(OwnPlan(date(2026, 3, 20), "wait", "We wait.", "Meyer", NOON, None),),
        consents=(OwnConsent("diary", "2026-1", "given", date(2026, 3, 1), NOON, "self", "I agree."),),
        phones=(OwnPhone("Firefox, Android", NOON),),
        reminder_settings=(OwnReminderSetting(True, 20, True, "ana@home.example", NOON, False, NOON),),
        reminders=(OwnReminder(date(2026, 3, 20), 1, "mail", "sent", NOON, None, NOON),),
        second_numbers=(OwnSecondNumber(date(2026, 3, 20), 4, date(2026, 3, 20), 7, NOON, NOON, "kept"),),
    )


def sheets_of(packed):
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        return {name: _lines(archive.read(name).decode("utf-8-sig")) for name in archive.namelist()}


def _lines(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def test_both_files_hold_every_table_with_the_same_columns():
    document, sheets = json.loads(own_data_json(everything())), sheets_of(own_data_csv(everything()))
    assert list(sheets) == ["about.csv", *(f"{name}.csv" for name in TABLES)]
    for name, table in TABLES.items():
        assert [tuple(row) for row in document[name]] == [columns_of(table)]
        assert sheets[f"{name}.csv"][0] == list(columns_of(table))
        assert len(sheets[f"{name}.csv"]) == 2
    assert dict(sheets["about.csv"][1:]).keys() == {"schema", "version", "made_at", *document["about"]}


def test_values_are_written_as_the_description_says():
    document, sheets = json.loads(own_data_json(everything())), sheets_of(own_data_csv(everything()))
    assert (document["schema"], document["version"], document["made_at"]) == ("ebb-own-data", 1, "2026-03-20T12:00:00Z")
    assert document["courses"][0]["medicines"] == ["ketamine", "magnesium"]
    assert sheets["courses.csv"][1] == ["1", "ketamine+magnesium", "2026-03-02", "2026-03-06"]
    assert document["infusions"][0] | {"hours": 4, "dose": 22.5, "weight_kg": None} == document["infusions"][0]
    assert sheets["infusions.csv"][1] == ["1", "2026-03-02", "ketamine", "22.5", "mg/h", "4", ""]


@given(st.lists(ENTRIES, max_size=6), HOSTILE)
def test_both_files_hold_the_same_of_every_entry(entries, name):
    own = of(entries, about=About(name, "M-1", None, "", "en", "UTC", name, ""))
    document, sheets = json.loads(own_data_json(own)), sheets_of(own_data_csv(own))
    assert document["about"]["name"] == name
    assert text_of(dict(sheets["about.csv"][1:])["name"]) == name
    in_json = [["" if value is None else str(value) for value in row.values()] for row in document["entries"]]
    assert in_json == [[text_of(cell) for cell in row] for row in sheets["entries.csv"][1:]]
    assert [(row["day"], row["revision"], row["score"]) for row in document["entries"]] == [
        (entry.day.isoformat(), entry.revision, entry.score) for entry in entries
    ]


@given(st.lists(ENTRIES, max_size=4), HOSTILE)
def test_no_cell_is_a_formula(entries, name):
    look = OwnLook(NOON, name, ("nurse",), name, name)
    for lines in sheets_of(
        own_data_csv(of(entries, [look], About(name, name, None, name, "en", "UTC", name, "")))
    ).values():
        for cell in (cell for line in lines for cell in line):
            assert not re.match(r"[=+@＝＋＠－-](?!\d+$)", cell), cell


def test_the_description_names_every_table_and_column():
    written = (ROOT / "docs" / "own-data.md").read_text(encoding="utf-8")
    described = {
        match[1]: tuple(re.findall(r"^\| `(\w+)` \|", match[2], re.MULTILINE))
        for match in re.finditer(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", written, re.MULTILINE | re.DOTALL)
    }
    assert described == {"about": columns_of(About)} | {name: columns_of(table) for name, table in TABLES.items()}
    assert f"version {own_data.VERSION}" in written
