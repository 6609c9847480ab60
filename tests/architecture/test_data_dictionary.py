"""What is written about every table and column agrees with the tables."""

import re
from dataclasses import dataclass, field

import pytest

import diary.models  # noqa: F401  (fills the metadata)
from diary.db import Base
from tests.architecture.source_tree import ROOT

PAGE = ROOT / "docs" / "data-dictionary.md"
HEAD = "| column | what it is, and why | kind |"
KINDS = {"health", "personal", "secret", "none"}
TABLES = {table.name: table for table in Base.metadata.sorted_tables}
SHOWN_AS_HEALTH = {"score", "medicine", "medicines", "dose", "weight_kg", "state", "baseline", "tag", "note", "weeks"}


@dataclass
class Section:
    """What the page says of one table: its words, and each column with what it is for and its kind."""

    text: str
    columns: dict[str, tuple[str, str]] = field(default_factory=dict)


def sections(page: str) -> dict[str, Section]:
    found = {}
    for part in re.split(r"^#{2,3} ", page, flags=re.MULTILINE)[1:]:
        title, _, text = part.partition("\n")
        if HEAD not in text:
            continue
        assert title not in found, f"{title} is described twice."
        found[title] = Section(text)
        for line in text.partition(HEAD)[2].strip().splitlines()[1:]:
            if not line.startswith("|"):
                break
            name, why, kind = (cell.strip() for cell in line.strip("|").split("|"))
            assert name not in found[title].columns, f"{title}.{name} is described twice."
            found[title].columns[name] = (why, kind)
    return found


WRITTEN = sections(PAGE.read_text(encoding="utf-8"))


def differences(written: dict[str, Section], tables: dict[str, set[str]]) -> list[str]:
    said = {f"{table}.{name}" for table, section in written.items() for name in section.columns}
    kept = {f"{table}.{name}" for table, names in tables.items() for name in names}
    missing = [f"{name} is kept and not described" for name in sorted(kept - said)]
    return missing + [f"{name} is described and not kept" for name in sorted(said - kept)]


def test_every_column_is_described_and_every_description_has_its_column():
    tables = {name: set(table.columns.keys()) for name, table in TABLES.items()}
    assert not differences(WRITTEN, tables), differences(WRITTEN, tables)


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_every_table_says_how_long_it_is_kept_and_who_reads_it(name):
    text = WRITTEN[name].text
    assert re.search(r"^Kept: \w.+", text, re.MULTILINE), name
    assert re.search(r"^Read by: \w.+", text, re.MULTILINE), name
    assert re.match(r"\s*\w.+\n", text), f"{name} does not say what one row is."


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_every_column_says_what_it_is_for_and_of_what_kind_it_is(name):
    for column, (why, kind) in WRITTEN[name].columns.items():
        assert len(why) >= 4, f"{name}.{column}"
        assert kind in KINDS, f"{name}.{column}: {kind}"


def test_columns_that_look_alike_are_of_the_same_kind():
    for table, section in WRITTEN.items():
        for column, (_why, kind) in section.columns.items():
            if column in SHOWN_AS_HEALTH and table != "outbox":
                assert kind == "health", f"{table}.{column}"
            if column.endswith("_hash") and table != "audit_event":
                assert kind == "secret", f"{table}.{column}"
            if column in {"patient_id", "account_id", "member_id"}:
                assert kind == "personal", f"{table}.{column}"


def test_a_column_that_is_missing_on_either_side_is_seen():
    tables = {"entry": {"score", "day"}}
    page = f"### entry\n\n{HEAD}\n| --- | --- | --- |\n| score | 0 to 10 | health |\n| mood | words | health |\n"
    assert differences(sections(page), tables) == [
        "entry.day is kept and not described",
        "entry.mood is described and not kept",
    ]
