"""Diaries read together, and in smaller parts where one of them cannot be read: it holds up nobody else's."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from diary.metering import count_fault
from diary.services.diaries import Diary

Read: TypeAlias = Callable[[Session, uuid.UUID, Iterable[uuid.UUID]], Iterable[Diary]]

log = structlog.get_logger()


def read_what_can_be_read(
    read: Read, session: Session, clinic_id: uuid.UUID, patient_ids: Sequence[uuid.UUID], *, told_as: str
) -> tuple[list[Diary], set[uuid.UUID]]:
    """Return the diaries of patients, and whose cannot be read; of each of those the log says `told_as`."""
    try:
        return list(read(session, clinic_id, patient_ids)), set()
    except SQLAlchemyError:
        raise
    except Exception:
        if len(patient_ids) == 1:
            log.exception(told_as, patient=str(patient_ids[0]))
            count_fault("jobs")
            return [], set(patient_ids)
    middle = len(patient_ids) // 2
    parts = [
        read_what_can_be_read(read, session, clinic_id, part, told_as=told_as)
        for part in (patient_ids[:middle], patient_ids[middle:])
    ]
    return [diary for diaries, _failed in parts for diary in diaries], {
        one for _read, failed in parts for one in failed
    }
