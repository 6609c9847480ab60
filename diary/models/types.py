"""Column types: exact, and the same on SQLite and PostgreSQL."""

import uuid
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any

from sqlalchemy import DateTime, Dialect, Integer, String, Uuid
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeDecorator


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment; stored in UTC, given back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store in UTC; SQLite has no zones, so the zone is left out there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment without a time zone cannot be stored.")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Give back the moment in UTC."""
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Hundredths(TypeDecorator[Decimal]):
    """An exact number with two decimals, stored as a whole number of hundredths."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Store the hundredths; a third decimal is refused."""
        if value is None:
            return None
        hundredths = value * 100
        if hundredths != int(hundredths):
            raise ValueError(f"{value} has more than two decimals.")
        return int(hundredths)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Give back the exact number."""
        return None if value is None else Decimal(value) / 100


class Words(TypeDecorator[tuple[str, ...]]):
    """An ordered list of codes, joined by `+` as in study files."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        """Join."""
        return None if value is None else "+".join(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...] | None:
        """Split."""
        return None if value is None else tuple(word for word in value.split("+") if word)


class Ratio(TypeDecorator[Fraction]):
    """An exact number, stored as written in whole numbers: 7 or 50/7."""

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        """Write it down."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        """Give back the exact number."""
        return None if value is None else _read_ratio(value)


@lru_cache(maxsize=4096)
def _read_ratio(text: str) -> Fraction:
    return Fraction(text)


ClinicId = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True)]
Id = Annotated[uuid.UUID, mapped_column(Uuid, primary_key=True, default=uuid.uuid4)]
Moment = Annotated[datetime, mapped_column(UtcMoment)]
