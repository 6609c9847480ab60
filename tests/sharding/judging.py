"""What a PostgreSQL that is sharded by clinic refuses, or has to ask of every shard, read off a statement."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import sqlglot
from sqlglot import exp

CLINIC: Final = "clinic_id"
DIALECTS: Final = {"sqlite": "sqlite", "postgresql": "postgres"}
JUDGED: Final = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
VOLATILE: Final = frozenset(
    {
        *("random", "randomblob", "gen_random_uuid", "uuid_generate_v4", "nextval", "setval", "lastval", "set_config"),
        *("now", "clock_timestamp", "statement_timestamp", "timeofday", "strftime", "julianday", "unixepoch"),
    }
)
VOLATILE_NODES: Final = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Rand, exp.Uuid)


class Fault(StrEnum):
    """Why a statement does not fit."""

    EVERYWHERE = "touches a table of clinics and does not say of which clinic"
    NOBODYS = "stores a row without its clinic_id"
    MOVES = "changes a clinic_id"
    LOCKS = "locks rows of more than one clinic"
    OFFSET = "counts rows off with OFFSET"
    VOLATILE = "has the database make up a value"
    UNREAD = "cannot be read"


Sources = dict[str, bool]
"""The tables of a query by the name they have in it: whether the clinic is known."""


@dataclass
class _Conditions:
    """What conditions say of the clinic: names with a known one, and pairs whose clinic is the same."""

    known: set[str] = field(default_factory=set)
    same: set[tuple[str, str]] = field(default_factory=set)

    def add(self, other: "_Conditions") -> None:
        """Both hold."""
        self.known |= other.known
        self.same |= other.same

    def either(self, other: "_Conditions") -> "_Conditions":
        """Return what holds if only one of them does."""
        return _Conditions(self.known & other.known, self.same & other.same)


def faults_of(statement: str, dialect: str, owned: frozenset[str]) -> frozenset[Fault]:
    """Return what is wrong with a statement, for tables of which `owned` belong to clinics."""
    if not JUDGED.match(statement):
        return frozenset()
    try:
        tree = sqlglot.parse_one(statement, dialect=DIALECTS[dialect])
    except sqlglot.errors.SqlglotError:
        return frozenset({Fault.UNREAD})
    judge = _Judge(owned)
    judge.look_at(tree)
    if dialect == "sqlite":
        judge.faults.discard(Fault.OFFSET)  # each LIMIT is written with one there, of 0
    return frozenset(judge.faults)


class _Judge:
    """One statement being read."""

    def __init__(self, owned: frozenset[str]) -> None:
        """Begin with no fault."""
        self.owned = owned
        self.faults: set[Fault] = set()
        self.ctes: Sources = {}

    def look_at(self, tree: exp.Expr) -> None:
        """Read the whole statement."""
        if tree.find(exp.Offset) and any(self.is_owned(table) for table in tree.find_all(exp.Table)):
            self.faults.add(Fault.OFFSET)
        if any(_is_volatile(node) for node in tree.find_all(exp.Func)):
            self.faults.add(Fault.VOLATILE)
        for cte in tree.find_all(exp.CTE):
            self.ctes[cte.alias] = self.query(cte.this, {})
        match tree:
            case exp.Insert():
                self.insert(tree)
            case exp.Update() | exp.Delete():
                self.change(tree)
            case _:
                self.query(tree, {})

    def insert(self, tree: exp.Insert) -> None:
        """Read an INSERT: it names the clinic, and what it does about a conflict leaves the clinic alone."""
        target = tree.this
        columns = {part.name for part in target.expressions} if isinstance(target, exp.Schema) else set()
        if self.is_owned(tree.find(exp.Table)) and CLINIC not in columns:
            self.faults.add(Fault.NOBODYS)
        conflict = tree.args.get("conflict")
        if conflict is not None and _sets_clinic(conflict.expressions):
            self.faults.add(Fault.MOVES)
        if isinstance(tree.expression, exp.Query):
            self.query(tree.expression, {})

    def change(self, tree: exp.Update | exp.Delete) -> None:
        """Read an UPDATE or DELETE."""
        if isinstance(tree, exp.Update) and _sets_clinic(tree.expressions) and self.is_owned(tree.this):
            self.faults.add(Fault.MOVES)
        more = tree.args.get("from_") or tree.args.get("using")
        others = more if isinstance(more, list) else [more.this] if more else []
        self.scope(tree, [tree.this, *others], [], {})

    def query(self, tree: exp.Expr, outer: Mapping[str, bool]) -> bool:
        """Read a query and say whether it is about one clinic."""
        tree = tree.unnest() if isinstance(tree, exp.Subquery) else tree
        if isinstance(tree, exp.SetOperation):
            sides = [self.query(side, outer) for side in (tree.left, tree.right)]
            return all(sides)
        if not isinstance(tree, exp.Select):
            return False
        joins = tree.args.get("joins") or []
        start = tree.args.get("from_")
        return self.scope(tree, [start.this] if start else [], joins, outer)

    def scope(
        self, tree: exp.Expr, tables: Iterable[exp.Expr], joins: Iterable[exp.Join], outer: Mapping[str, bool]
    ) -> bool:
        """Read one level of a statement; what lies deeper knows the clinics of this level."""
        sources, owned = {}, set()
        for table in [*tables, *(join.this for join in joins)]:
            sources[table.alias_or_name] = self.source(table, outer)
            if isinstance(table, exp.Table) and self.is_owned(table):
                owned.add(table.alias_or_name)
        said = self.conditions_of(tree, joins, sources)
        known = {name for name, clear in {**outer, **sources}.items() if clear} | said.known
        while further := {b for a, b in said.same if a in known} - known:
            known |= further
        unknown = owned - known
        if unknown:
            self.faults.add(Fault.EVERYWHERE)
        if unknown and tree.args.get("locks"):
            self.faults.add(Fault.LOCKS)
        here = {**outer, **{name: name in known for name in sources}}
        for deeper in _deeper(tree, joins):
            self.query(deeper, here)
        return bool(owned or sources) and not unknown and all(name in known for name in sources)

    def source(self, table: exp.Expr, outer: Mapping[str, bool]) -> bool:
        """Say whether a source knows its clinic by itself, as a query in FROM may."""
        if isinstance(table, exp.Subquery):
            return self.query(table, outer)
        return isinstance(table, exp.Table) and self.ctes.get(table.name, False)

    def conditions_of(self, tree: exp.Expr, joins: Iterable[exp.Join], sources: Sources) -> _Conditions:
        """Return what WHERE and the joins say; an outer join says it of its own table only."""
        said = _Conditions()
        where = tree.args.get("where")
        if where is not None:
            said.add(_said_by(where.this, sources))
        earlier: list[str] = [name for name in sources if name not in {join.this.alias_or_name for join in joins}]
        for join in joins:
            name = join.this.alias_or_name
            by_on = _said_by(join.args["on"], sources) if join.args.get("on") is not None else _Conditions()
            if CLINIC in {part.name for part in join.args.get("using") or []}:
                by_on.same |= {pair for other in earlier for pair in ((other, name), (name, other))}
            if join.side:
                by_on = _Conditions(by_on.known & {name}, {pair for pair in by_on.same if pair[1] == name})
            said.add(by_on)
            earlier.append(name)
        return said

    def is_owned(self, table: Any) -> bool:
        """Say whether this is a table of clinics."""
        return isinstance(table, exp.Table) and table.name in self.owned and table.name not in self.ctes


def _said_by(condition: exp.Expr, sources: Sources) -> _Conditions:
    condition = condition.unnest() if isinstance(condition, exp.Paren) else condition
    if isinstance(condition, exp.And):
        both = _said_by(condition.left, sources)
        both.add(_said_by(condition.right, sources))
        return both
    if isinstance(condition, exp.Or):
        return _said_by(condition.left, sources).either(_said_by(condition.right, sources))
    if not isinstance(condition, exp.EQ):
        return _Conditions()
    said = _Conditions()
    pairs = [(condition.left, condition.right)]
    if isinstance(condition.left, exp.Tuple) and isinstance(condition.right, exp.Tuple):
        pairs = list(zip(condition.left.expressions, condition.right.expressions, strict=True))
    for left, right in pairs:
        one, other = _clinic_of(left, sources), _clinic_of(right, sources)
        if one and other:
            said.same |= {(one, other), (other, one)}
        elif one and _is_value(right):
            said.known.add(one)
        elif other and _is_value(left):
            said.known.add(other)
    return said


def _clinic_of(side: exp.Expr, sources: Sources) -> str | None:
    """Return the name of the table whose clinic_id stands here."""
    if not isinstance(side, exp.Column) or side.name != CLINIC:
        return None
    return side.table or (next(iter(sources)) if len(sources) == 1 else None)


def _is_value(side: exp.Expr) -> bool:
    """Say whether this is one value: a parameter, a literal, or what a query of its own returns."""
    side = side.this if isinstance(side, exp.Cast) else side
    return isinstance(side, exp.Placeholder | exp.Parameter | exp.Literal | exp.Subquery)


def _is_volatile(node: exp.Func) -> bool:
    name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
    return isinstance(node, VOLATILE_NODES) or name.lower() in VOLATILE


def _sets_clinic(changes: Iterable[exp.Expr]) -> bool:
    return any(isinstance(one, exp.EQ) and one.left.name == CLINIC for one in changes)


def _deeper(tree: exp.Expr, joins: Iterable[exp.Join]) -> Iterator[exp.Expr]:
    """Yield the queries directly within a level, but for those that are sources and common tables."""
    start = tree.args.get("from_")
    skipped = {id(start.this)} if start else set()
    skipped |= {id(join.this) for join in joins}
    waiting = [part for part in tree.iter_expressions() if not isinstance(part, exp.With)]
    while waiting:
        part = waiting.pop()
        if id(part) in skipped:
            continue
        if isinstance(part, exp.Query) and not isinstance(part, exp.Subquery | exp.Table):
            yield part
        else:
            waiting.extend(part.iter_expressions())
