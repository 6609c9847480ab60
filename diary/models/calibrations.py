"""What a clinic's finished courses taught its forecast."""

from sqlalchemy import JSON, Integer
from sqlalchemy.orm import Mapped, mapped_column

from diary.db import Base
from diary.models.keys import belongs_to_clinic
from diary.models.types import ClinicId, Moment


class ClinicCalibration(Base):
    """The calibration of a clinic's forecasts, learned again every day; `ranks` is None with too few finished courses.

    Ranks are shares of 0 to 1, as `diary.clinical.forecast.calibration` explains them.
    """

    __tablename__ = "clinic_calibration"
    __table_args__ = (belongs_to_clinic(),)

    clinic_id: Mapped[ClinicId]
    courses: Mapped[int] = mapped_column(Integer)
    ranks: Mapped[list[float] | None] = mapped_column(JSON(none_as_null=True))
    made_at: Mapped[Moment]
