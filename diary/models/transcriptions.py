"""Where an entry that staff wrote in came from."""

import uuid
from datetime import date

from sqlalchemy import Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Moment
from diary.vocabulary import WrittenFrom


class Transcription(Base):
    """One entry that staff wrote in for a patient: from what, as of which day, by whom; append-only.

    `sending` is what the form with the whole week was sent as; `dated` is the day that stands on the sheet, or the day
    of the call.
    """

    __tablename__ = "transcription"
    __table_args__ = (
        belongs_to("patient"),
        belongs_to("entry"),
        belongs_to("member"),
        one_of("written_from", WrittenFrom),
        Index(None, "clinic_id", "patient_id", "sending"),
    )

    clinic_id: Mapped[ClinicId]
    entry_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    sending: Mapped[uuid.UUID] = mapped_column(Uuid)
    written_from: Mapped[str] = mapped_column(String(10))
    dated: Mapped[date]
    member_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    member_name: Mapped[str] = mapped_column(String(120))
    made_at: Mapped[Moment]
