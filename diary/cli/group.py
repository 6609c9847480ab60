"""What all commands share: how they refuse, and how they read a day."""

import re
from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

import click

from diary.cli.refusing import refusals_told


def refusals_exit_1(command: Callable[..., None]) -> Callable[..., None]:
    """Print the reason of a refusal on stderr and exit 1."""

    @wraps(command)
    def guarded(*args: Any, **kwargs: Any) -> None:
        with refusals_told():
            command(*args, **kwargs)

    return guarded


class Day(click.ParamType[date]):
    """A calendar day, YYYY-MM-DD."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it, or say what is wrong."""
        if isinstance(value, date):
            return value
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            self.fail(f"{value!r} is not a day: write it as 2026-10-31.", param, ctx)
        try:
            day = date.fromisoformat(value)
            if 1900 <= day.year <= 2200:
                return day
            self.fail(f"{value!r} lies outside the years 1900 to 2200.", param, ctx)
        except ValueError:
            self.fail(f"{value!r} does not exist in the calendar.", param, ctx)
