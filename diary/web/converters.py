"""Parts of addresses that are more than words."""

from datetime import date

from flask import Flask
from werkzeug.routing import BaseConverter, ValidationError


class DayConverter(BaseConverter):
    """An ISO date in an address; anything else is no address of ours."""

    regex = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Read it."""
        try:
            return date.fromisoformat(value)
        except ValueError as impossible:
            raise ValidationError from impossible

    def to_url(self, value: date) -> str:
        """Write it."""
        return value.isoformat()


def register(app: Flask) -> None:
    """Give `app` its converters."""
    app.url_map.converters["date"] = DayConverter
