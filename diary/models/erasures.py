"""What is left of people who were erased, who asks to be, and how long a clinic keeps those who have left."""

import uuid

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint, Index, Integer, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to, belongs_to_clinic, one_of
from diary.models.types import ClinicId, Id, Moment
from diary.vocabulary import ErasureHow


class Erasure(Base):
    """The certificate of an erasure: append-only, without name, reference or id of the person.

    `rows` is how many rows each table lost; those of `audit_event` lost their content and salt, and stay.
    """

    __tablename__ = "erasure"
    __table_args__ = (
        belongs_to_clinic(),
        belongs_to("member"),
        one_of("how", ErasureHow),
        Index(None, "clinic_id", "carried_out_at"),
    )

    clinic_id: Mapped[ClinicId]
    id: Mapped[Id]
    how: Mapped[str] = mapped_column(String(20))
    asked_at: Mapped[Moment]
    carried_out_at: Mapped[Moment]
    member_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    rows: Mapped[dict[str, int]] = mapped_column(JSON)


class ErasureRequest(Base):
    """A patient who wants to be erased and waits for the clinic; `code` becomes the id of the certificate."""

    __tablename__ = "erasure_request"
    __table_args__ = (belongs_to("patient"),)

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[uuid.UUID] = mapped_column(Uuid)
    asked_at: Mapped[Moment]


class ErasurePermit(Base):
    """What lets the facts of one patient be deleted, within one unit.

    The key to an erasure that is called like the patient, which there never is, is checked at the commit: a unit that
    leaves its permit behind is rolled back by the database.
    """

    __tablename__ = "erasure_permit"
    __table_args__ = (
        belongs_to_clinic(),
        ForeignKeyConstraint(
            ["clinic_id", "patient_id"], ["erasure.clinic_id", "erasure.id"], deferrable=True, initially="DEFERRED"
        ),
    )

    clinic_id: Mapped[ClinicId]
    patient_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)


class Retention(Base):
    """How many years a clinic keeps the diaries of those who have left; a clinic without a row keeps them."""

    __tablename__ = "retention"
    __table_args__ = (belongs_to_clinic(), CheckConstraint("years BETWEEN 1 AND 30", name="years_in_range"))

    clinic_id: Mapped[ClinicId]
    years: Mapped[int] = mapped_column(Integer)
    set_at: Mapped[Moment]
