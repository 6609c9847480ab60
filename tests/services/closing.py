"""Diaries that are protected, and the glass before them."""

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.services import glass, protection
from tests.clinic_builders import AClinic, confirmed

A_NEED = "She fell in the waiting room."


def protect(clinic: AClinic, whom: Subject, clock: Clock, *, responsible: Identity | None = None) -> None:
    """Protect a diary, with the clinic's clinician answering for it."""
    protection.protect_diary(
        confirmed(clinic.admin, clock),
        whom,
        responsible_id=(responsible or clinic.clinician).member_id,
        reason="She works in this clinic.",
        clock=clock,
    )


def unprotect(clinic: AClinic, whom: Subject, clock: Clock) -> None:
    """End the protection of a diary."""
    protection.unprotect_diary(confirmed(clinic.admin, clock), whom, reason="She left the clinic's staff.", clock=clock)


def break_the_glass(who: Identity, whom: Subject, clock: Clock, reason: str = A_NEED) -> bool:
    """Break the glass before a diary."""
    return glass.break_glass(confirmed(who, clock), whom, reason=reason, clock=clock)
