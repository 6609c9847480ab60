"""Whether this installation can serve."""

from diary.schema import is_up_to_date


def is_ready() -> bool:
    """Say whether the database is there and at the schema of this version."""
    return is_up_to_date()
