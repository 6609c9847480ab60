"""The audit chains of all clinics, verified."""

from collections.abc import Iterator

from diary.db import snapshot
from diary.services.audit import ChainBroken, verify_chain
from diary.services.clinics import clinics_named


def verify_chains() -> Iterator[tuple[str, int]]:
    """Yield each clinic's name and the length of its chain.

    Raises:
        ChainBroken: the first chain that does not hold.
    """
    with snapshot() as session:
        for clinic in clinics_named(session, None):
            try:
                yield clinic.name, verify_chain(session, clinic.clinic_id)
            except ChainBroken as broken:
                raise ChainBroken(f"{clinic.name}: {broken}") from broken
