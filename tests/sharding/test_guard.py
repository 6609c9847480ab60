"""The guard hears what the code emits, and every exception from it has a reason and is still needed."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import select

from diary.db import snapshot, transaction
from diary.models import Patient
from diary.services import belonging, clinics
from tests.sharding.across import ACROSS
from tests.sharding.guard import GUARD

PRODUCT = Path(__file__).parents[2] / "diary"


@pytest.mark.parametrize("place", ACROSS)
def test_every_place_that_looks_across_clinics_is_there(place):
    file, _, function = place.partition(":")
    tree = ast.parse((PRODUCT / file).read_text(encoding="utf-8"))
    named = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not function or function.rpartition(".")[2] in named
    assert len(ACROSS[place].reason) > 20


def test_a_place_that_needs_its_exception_is_noted(app):
    GUARD.needed.discard("services/clinics.py:count_patients")
    clinics.count_patients()
    assert "services/clinics.py:count_patients" in GUARD.needed
    assert not GUARD.take_unfit()


def test_code_that_forgets_the_clinic_is_told_with_its_name(app, monkeypatch):
    monkeypatch.delitem(ACROSS, "services/clinics.py:count_patients")
    clinics.count_patients()
    (told,) = GUARD.take_unfit()
    assert told.startswith("services/clinics.py:count_patients touches a table of clinics and does not say of which")


def test_what_a_test_asks_for_itself_is_not_judged(app):
    with snapshot() as session:
        session.scalars(select(Patient)).all()
    assert not GUARD.take_unfit()


def test_a_session_that_nobody_has_is_found_nowhere(app):
    with transaction() as session:
        assert belonging.place_of(session, b"0" * 32) is None
    assert not GUARD.take_unfit()
