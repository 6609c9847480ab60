"""Work for every clinic: one that fails is told to the operator, and holds up no other."""

import uuid
from collections.abc import Callable, Iterable

import structlog

from diary.attempt import is_unavailable
from diary.errors import BeingMoved
from diary.metering import count_fault

log = structlog.get_logger()


def clinic_by_clinic(clinic_ids: Iterable[uuid.UUID], act: Callable[[uuid.UUID], int], *, told_as: str) -> int:
    """Do `act` for each clinic, and return the sum of what it returned; of one that fails the log says `told_as`.

    Raises:
        Exception: the database does not answer, or is being moved.
    """
    done = unanswered = 0
    for clinic_id in clinic_ids:
        try:
            done += act(clinic_id)
        except BeingMoved:
            raise
        except Exception as error:
            unanswered += is_unavailable(error)
            if unanswered > 1:  # one clinic may be held by a long unit; of two, the database is away
                raise
            log.exception(told_as, clinic=str(clinic_id))
            count_fault("jobs")
    return done
