"""Statements of the busiest paths: built and compiled once, and run on the driver's own connection.

What a session does around a statement costs several times what the database needs for it. A number that a phone sends
is eight statements, and all that patients do on one evening: these few go past it. Everything else asks its session.
"""

from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final, NoReturn, cast

from sqlalchemy import Connection, Dialect, Select, UpdateBase
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

from diary.unit import connection_of, flush

_UNFINISHED: Final = "POSTCOMPILE"
"""What SQLAlchemy leaves in a text whose list of values is not known yet."""
Reader = Callable[[Any], Any]


class Prepared:
    """A statement that is compiled once for each kind of database; its values are named by `bindparam`.

    It says no `IN` with a list that is not known yet. The driver refuses it where a value is missing.
    """

    def __init__(self, statement: Select[Any] | UpdateBase) -> None:
        """Take a statement; nothing is compiled before it is run."""
        self._statement, self._forms = statement, dict[str, _Form]()

    def run(self, session: Session, **values: Any) -> None:
        """Write with it, in the unit of `session`, after what waits there to be written."""
        self._asked(session, values)[1].close()

    def rows(self, session: Session, **values: Any) -> list[Any]:
        """Return what it finds, in the unit of `session`; columns by their names."""
        form, cursor = self._asked(session, values)
        try:
            found, told = cursor.fetchall(), cursor.description
        except form.dialect.loaded_dbapi.Error as error:  # SQLite goes on looking while it is read
            _refuse(connection_of(session), error, form.text, values, cursor)
        cursor.close()
        return form.read(found, told)

    def first(self, session: Session, **values: Any) -> Any:
        """Return the first row that it finds, or None."""
        found = self.rows(session, **values)
        return found[0] if found else None

    def _asked(self, session: Session, values: dict[str, Any]) -> tuple["_Form", Any]:
        connection = connection_of(session)
        if session.autoflush:
            flush(session)
        form = self.form_for(connection.dialect)
        return form, run_text(connection, form.text, form.filled(values))

    def form_for(self, dialect: Dialect) -> "_Form":
        """Return the statement as a kind of database takes it."""
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _compiled(self._statement, dialect)
        return form


@dataclass(slots=True)
class _Form:
    """A statement as one kind of database takes it.

    Attributes:
        text: for the driver.
        said: values that the statement says itself.
        fitting: what makes values fit the driver, by name.
        columns: name and type of what is found.
        dialect: of that database.
        row: makes a row of what is found; None until the driver has told what that is.
        readers: by place, for columns that the driver does not give as they are meant.
    """

    text: str
    said: dict[str, Any]
    fitting: list[tuple[str, Reader]]
    columns: list[tuple[str, Any]]
    dialect: Dialect
    row: Callable[[Any], Any] | None = None
    readers: list[tuple[int, Reader]] = field(default_factory=list)

    def filled(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return all values as the driver takes them, by name."""
        filled = {**self.said, **values}
        for name, fit in self.fitting:
            filled[name] = fit(filled[name])
        return filled

    def read(self, found: list[Any], told: Any) -> list[Any]:
        """Return rows whose columns have names and are as they are meant; `told` is the driver's description."""
        if self.row is None:
            self._learn(told)
        row, rows = cast("Callable[[Any], Any]", self.row), []
        for one in found:
            values = list(one)
            for place, read in self.readers:
                values[place] = read(values[place])
            rows.append(row(values))
        return rows

    def _learn(self, told: Any) -> None:
        kinds = [kind.dialect_impl(self.dialect) for _name, kind in self.columns]
        made = [kind.result_processor(self.dialect, one[1]) for kind, one in zip(kinds, told, strict=True)]
        self.readers = [(place, read) for place, read in enumerate(made) if read is not None]
        names = [name for name, _kind in self.columns]
        self.row = cast("Any", namedtuple)("Row", names, rename=True)._make


def _compiled(statement: Select[Any] | UpdateBase, dialect: Dialect) -> _Form:
    by_name = sqlite.dialect(paramstyle="named") if dialect.name == "sqlite" else dialect
    made: Any = statement.compile(dialect=by_name)
    if _UNFINISHED in made.string or (not made.binds and "%%" in made.string):
        raise ValueError(
            f"A statement with a list of values, or with % and no value, cannot be prepared: {made.string}"
        )
    fits = {name: bind.type.dialect_impl(dialect).bind_processor(dialect) for name, bind in made.binds.items()}
    found = statement.selected_columns if isinstance(statement, Select) else ()
    return _Form(
        made.string,
        {name: bind.effective_value for name, bind in made.binds.items() if not bind.required},
        [(name, fit) for name, fit in fits.items() if fit is not None],
        [(getattr(column, "name", ""), column.type) for column in found],
        dialect,
    )


def run_text(connection: Connection, text: str, values: dict[str, Any] | None = None) -> Any:
    """Run `text` on the driver's connection, telling whoever listens to its engine, and return the cursor.

    It begins no transaction: a unit has begun one.

    Raises:
        DBAPIError: as SQLAlchemy raises it; a connection that is gone is given up.
    """
    listening, told, cursor = connection.engine.dispatch, SimpleNamespace(), None
    try:
        cursor = cast("Any", connection.connection.dbapi_connection).cursor()
        listening.before_cursor_execute(connection, cursor, text, values, told, False)
        cursor.execute(text, values) if values else cursor.execute(text)
    except connection.dialect.loaded_dbapi.Error as error:
        _refuse(connection, error, text, values, cursor)
    listening.after_cursor_execute(connection, cursor, text, values, told, False)
    return cursor


def _refuse(connection: Connection, error: Exception, text: str, values: Any, cursor: Any) -> NoReturn:
    """Raise what SQLAlchemy raises for an error of the driver, having given up what it gives up.

    A connection that is gone takes those that lie idle with it, and nothing public does the same without this error.
    """
    connection._handle_dbapi_exception(error, text, values, cursor, None)  # noqa: SLF001
