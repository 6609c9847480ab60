"""A clinic is lived through on a database that is sharded: CITUS_URL names an empty one, docs/sharding.md says how."""

from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import text

from diary.app import create_app
from diary.db import db, transaction
from diary.errors import DatabaseUnfit
from diary.installation import Installation
from diary.models.placement import DISTRIBUTED, LOCAL, REFERENCE
from diary.schema import distribute_tables, prepare_database
from diary.security.passwords import Passwords
from diary.wall import walled_to, whole_house
from tests.conftest import CHEAP, TestClock, settings_for
from tests.databases import CITUS
from tests.services.looking_in import everything_stored
from tests.storage.rows_of_every_table import rows_of_every_table

pytestmark = pytest.mark.citus
KINDS = "SELECT logicalrelid::text, partmethod::text, colocationid FROM pg_dist_partition"


@pytest.fixture(scope="module")
def two_clinics(tmp_path_factory):
    """West and East, with a row in every table, on tables that were laid out while they were empty."""
    clock = TestClock()
    instance = tmp_path_factory.mktemp("citus")
    app = create_app(replace(settings_for(instance), database_url=CITUS))
    prepare_database(app)
    Installation(app.extensions["ebb"].settings, clock, Passwords(CHEAP)).put_into(app)
    with app.app_context(), whole_house():
        distribute_tables()
        yield [make(clock) for make in (rows_of_every_table, partial(rows_of_every_table, name="Pain clinic East"))]
        db.engine.dispose()


def test_every_table_lies_where_it_should(two_clinics):
    with transaction() as session:
        kinds = {name: (how, group) for name, how, group in session.execute(text(KINDS))}
    assert {name for name, (how, _group) in kinds.items() if how == "h"} == DISTRIBUTED
    assert len({group for how, group in kinds.values() if how == "h"}) == 1
    assert {name for name, (how, _group) in kinds.items() if how != "h"} - LOCAL == REFERENCE


def test_everything_that_happens_in_a_clinic_can_be_stored(two_clinics):
    assert {name for name, rows in everything_stored().items() if not rows} == {"erasure_permit"}


def test_the_wall_stands_on_every_shard(two_clinics):
    west, east = two_clinics
    with walled_to([west.clinic.clinic_id]), transaction() as session:
        for name in sorted(DISTRIBUTED - {"account_clinic"}):
            seen = set(session.scalars(text(f"SELECT DISTINCT clinic_id FROM {name}")))
            assert seen <= {west.clinic.clinic_id}, name
        assert east.clinic.clinic_id not in session.scalars(text("SELECT clinic_id FROM clinic"))


def test_what_is_laid_out_is_not_laid_out_again(two_clinics):
    with pytest.raises(DatabaseUnfit, match="distributed already"):
        distribute_tables()
