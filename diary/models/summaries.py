"""What is worked out of a diary and kept: the line of the worklist, and the forecast."""

import uuid
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import JSON, Boolean, Float, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.clinical.states import State
from diary.db import Base
from diary.models.keys import belongs_to, one_of
from diary.models.types import ClinicId, Moment, UtcMoment

LONGEST_WORD: Final = 80
WORD: Final = String(LONGEST_WORD).with_variant(String(LONGEST_WORD, collation="C"), "postgresql")
"""Compared by code points, so that what begins alike stands side by side."""
WORKLIST_KEY: Final = ("clinic_id", "on_worklist", "band", "rank", "order_day", "reference", "patient_id")


class PatientSummary(Base):
    """One line of the worklist, written in the transaction of whatever staff changed.

    Right until `true_until`: then a diary day has passed and the verdict is made again. An entry marks the line by a
    moment of long ago, so that it is made again before anybody is shown it. A rebuild for the same day gives the same
    row. `book_by` is the last day to ask for a chair, `chair_on` the day for which one is likely needed.
    """

    __tablename__ = "patient_summary"
    __table_args__ = (
        belongs_to("patient"),
        one_of("state", State),
        Index("ix_patient_summary_worklist", *WORKLIST_KEY),
        Index("ix_patient_summary_state", *WORKLIST_KEY[:2], "state", *WORKLIST_KEY[2:]),
        Index("ix_patient_summary_medicine", *WORKLIST_KEY[:2], "medicine", *WORKLIST_KEY[2:]),
        Index("ix_patient_summary_responsible", *WORKLIST_KEY[:2], "responsible_id", *WORKLIST_KEY[2:]),
        Index("ix_patient_summary_chairs", "clinic_id", "on_worklist", "chair_on", "medicine", "patient_id"),
        Index("ix_patient_summary_closed", "clinic_id", "on_worklist", "protected_at", "search_name", "patient_id"),
        Index(None, "clinic_id", "true_until"),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    reference: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    search_name: Mapped[str] = mapped_column(String(240))
    responsible_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    protected_at: Mapped[datetime | None] = mapped_column(UtcMoment)
    on_worklist: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(30))
    medicine: Mapped[str | None] = mapped_column(String(40))
    band: Mapped[int] = mapped_column(Integer)
    rank: Mapped[int] = mapped_column(Integer)
    order_day: Mapped[date]
    as_of: Mapped[date]
    true_until: Mapped[Moment]
    shown: Mapped[dict[str, Any]] = mapped_column(JSON)
    book_by: Mapped[date | None]
    chair_on: Mapped[date | None]


class WorklistWord(Base):
    """Where a patient's name, each later part of it, and the reference begin: what a search looks in.

    "Ana María Ramírez" has three: the whole, "maría ramírez" and "ramírez", all folded; those with accents stand here
    without them too. They are written again only when the name or the reference changes.
    """

    __tablename__ = "worklist_word"
    __table_args__ = (belongs_to("patient"), Index(None, "clinic_id", "word", "patient_id"))

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    word: Mapped[str] = mapped_column(WORD, primary_key=True)


class PatientForecast(Base):
    """The forecast of a patient, made by a job after whatever changed the diary, and shown with its day.

    `wanted` counts how often one was asked for; `wanted_since` stands until one is stored that was made for that count,
    so that an entry which arrives while the job computes is not lost. `as_of` is None until the first one is made.
    """

    __tablename__ = "patient_forecast"
    __table_args__ = (
        belongs_to("patient"),
        Index(None, "clinic_id", "wanted_since"),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    wanted: Mapped[int] = mapped_column(Integer)
    wanted_since: Mapped[Moment | None]
    as_of: Mapped[date | None]
    made_at: Mapped[Moment | None]
    course_day_0: Mapped[date | None]
    p10: Mapped[int | None] = mapped_column(Integer)
    p50: Mapped[int | None] = mapped_column(Integer)
    p90: Mapped[int | None] = mapped_column(Integer)
    p_loss_14d: Mapped[float | None] = mapped_column(Float)
    beyond_horizon: Mapped[float | None] = mapped_column(Float)
    silent: Mapped[str | None] = mapped_column(String(30))
