"""A database that turns units away, as the services meet it."""

from collections.abc import Callable
from typing import Any, NoReturn

from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import DBAPIError, OperationalError


def failing_as(refusal: str) -> Callable[..., NoReturn]:
    """Return what fails with "no answer" or "deadlock" whenever it is called."""

    def fail(*_args: Any, **_more: Any) -> NoReturn:
        if refusal == "deadlock":
            raise DBAPIError("SELECT", None, DeadlockDetected())
        raise OperationalError("SELECT", None, TimeoutError())

    return fail
