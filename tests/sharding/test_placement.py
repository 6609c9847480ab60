"""Each table has a place in a database that is sharded by clinic, and its keys allow it."""

import pytest
from sqlalchemy import UniqueConstraint

import diary.models  # noqa: F401  (fills the metadata)
from diary.db import Base
from diary.migrations.distribution import statements_of_distribution
from diary.migrations.rights import is_walled
from diary.models.placement import DISTRIBUTED, DIVIDED_BY, KEYS_GIVEN_UP, LOCAL, REFERENCE

TABLES = Base.metadata.tables
DIVIDED = [TABLES[name] for name in sorted(DISTRIBUTED)]
WHOLE = [TABLES[name] for name in sorted(REFERENCE | LOCAL)]


def named(tables):
    return pytest.mark.parametrize("table", tables, ids=lambda table: table.name)


def given_up(table):
    return KEYS_GIVEN_UP.get(table.name, ())


def test_every_table_has_one_place():
    assert set(TABLES) == DISTRIBUTED | REFERENCE | LOCAL
    assert not REFERENCE & LOCAL


def test_every_walled_table_is_divided():
    assert {table.name for table in TABLES.values() if is_walled(table)} <= DISTRIBUTED


@named(DIVIDED)
def test_what_is_unique_in_a_divided_table_carries_the_clinic(table):
    assert DIVIDED_BY in table.primary_key.columns
    for index in table.indexes:
        assert not index.unique or DIVIDED_BY in index.columns, index.name
    for constraint in table.constraints:
        assert not isinstance(constraint, UniqueConstraint) or DIVIDED_BY in constraint.columns, constraint.name


@named(DIVIDED)
def test_the_clinic_of_a_divided_row_is_always_known(table):
    assert not table.c[DIVIDED_BY].nullable


@named(DIVIDED)
def test_a_divided_table_points_at_its_own_shard_or_at_what_is_everywhere(table):
    for key in table.foreign_key_constraints:
        if key.referred_table.name in REFERENCE:
            continue
        assert key.referred_table.name in DISTRIBUTED, key.name
        (at,) = (element.column.name for element in key.elements if element.parent.name == DIVIDED_BY)
        assert at == DIVIDED_BY, key.name
        assert key.ondelete is None, key.name


@named(WHOLE)
def test_what_is_not_divided_points_at_nothing_that_is(table):
    for key in table.foreign_key_constraints:
        if key.name not in given_up(table):
            assert key.referred_table.name not in DISTRIBUTED, key.name
            assert table.name not in REFERENCE or key.referred_table.name in REFERENCE, key.name


def test_every_key_that_is_given_up_is_there_and_in_the_way():
    for name, keys in KEYS_GIVEN_UP.items():
        in_the_way = {
            key.name for key in TABLES[name].foreign_key_constraints if key.referred_table.name in DISTRIBUTED
        }
        assert set(keys) == in_the_way
        assert name not in DISTRIBUTED


def test_what_is_pointed_at_is_laid_out_before_what_points():
    said = list(statements_of_distribution("ebb"))
    place = {name: number for number, one in enumerate(said) for name in TABLES if f"_table('{name}'" in one}
    assert set(place) == DISTRIBUTED | REFERENCE
    for name, number in place.items():
        for key in TABLES[name].foreign_key_constraints:
            pointed_at = key.referred_table.name
            assert pointed_at == name or place[pointed_at] < number, key.name
    assert len(said) == len(set(said))


def test_all_divided_tables_lie_beside_the_clinic():
    laid_out = [one for one in statements_of_distribution("ebb") if "create_distributed_table" in one]
    assert laid_out[0] == "SELECT create_distributed_table('clinic', 'clinic_id', colocate_with => 'none')"
    assert all(one.endswith("'clinic_id', colocate_with => 'clinic')") for one in laid_out[1:])
    assert len(laid_out) == len(DISTRIBUTED)
