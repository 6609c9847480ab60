"""Statements on their way to the database: counted for the request at hand, and logged without values when slow."""

import time
from typing import Any

import structlog
from sqlalchemy import Engine, event

from diary.logs import without_values
from diary.metering import count_slow, count_statement

log = structlog.get_logger()


def watch_statements(engine: Engine, *, slow_ms: int) -> None:
    """Count and time every statement of `engine`; one that takes `slow_ms` or longer is logged."""

    def begin(
        _connection: Any, _cursor: Any, statement: str, values: Any, context: Any, _many: bool
    ) -> tuple[str, Any]:
        context._ebb_begun = time.perf_counter()  # noqa: SLF001 (our own mark on it)
        return statement, values

    def end(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        seconds = time.perf_counter() - context._ebb_begun  # noqa: SLF001 (our own mark on it)
        count_statement(seconds)
        if seconds * 1000 >= slow_ms:
            count_slow("statement")
            log.warning("slow_statement", statement=without_values(statement), ms=round(seconds * 1000, 1))

    event.listen(engine, "before_cursor_execute", begin, retval=True)
    event.listen(engine, "after_cursor_execute", end)
