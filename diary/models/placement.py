"""Where each table lives when the database is sharded by clinic: what a clinic owns lies together on one shard."""

from typing import Final

from diary.db import Base

DIVIDED_BY: Final = "clinic_id"
REFERENCE: Final = frozenset({"account"})
"""Copied whole to every server: rows of clinics point at it, and no clinic owns it."""
LOCAL: Final = frozenset(
    {
        "account_link",
        "ceremony",
        "job_lease",
        "known_device",
        "move_code",
        "one_time_codes",
        "outbox",
        "passkey",
        "push_subscription",
        "recovery_code",
        "session",
        "sign_in_attempts",
    }
)
"""Kept on the server that is asked: found before the clinic is known, or of no clinic."""
DISTRIBUTED: Final = frozenset(Base.metadata.tables) - REFERENCE - LOCAL
"""Divided by clinic, all in the same way: what clinics own, and who belongs to them."""
KEYS_GIVEN_UP: Final = {"move_code": ("fk_move_code_clinic_id_patient_id",)}
"""Foreign keys from tables that stay local to divided ones: no sharded engine keeps them.

A code of a move is found by its hash alone, and taken away with its patient by the same unit.
"""
