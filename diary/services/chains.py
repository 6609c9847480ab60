"""The audit chains of all clinics, verified and compared with their anchors."""

from collections.abc import Iterator
from dataclasses import dataclass

from diary.db import snapshot
from diary.errors import DiaryError
from diary.security.anchor_files import Anchor, AnchorFiles
from diary.services.anchors import check_no_clinic_is_missing, compare_with_anchors
from diary.services.audit import verify_chain
from diary.services.clinics import clinics_named


@dataclass(frozen=True, slots=True)
class HoldingChain:
    """A clinic whose chain holds: how many links it has, and the anchors that agree with it."""

    clinic: str
    links: int
    anchors: list[Anchor]


def verify_chains(files: AnchorFiles) -> Iterator[HoldingChain]:
    """Yield each clinic's chain once it is verified from its first link on and agrees with all its anchors.

    Raises:
        ChainBroken: the first chain that does not hold.
        AnchorsBroken: the first anchors that do not.
    """
    with snapshot() as session:
        clinics = clinics_named(session, None)
    for clinic in clinics:
        try:
            with snapshot() as session:
                links = verify_chain(session, clinic.clinic_id)
            yield HoldingChain(clinic.name, links, compare_with_anchors(files, clinic.clinic_id))
        except DiaryError as broken:
            raise type(broken)(f"{clinic.name}: {broken}") from broken
    check_no_clinic_is_missing(files)
