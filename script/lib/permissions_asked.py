"""Which permission a view asks for: found by following its calls, so that no list of them can be out of date."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any, Final

from diary.access.policy import Permission, may, require, require_confirmed

Given = tuple[tuple[str, frozenset[Permission]], ...]
"""What a call hands over by the name of a parameter, where that is a permission."""
NOT_FOLLOWED: Final[frozenset[Any]] = frozenset({require, require_confirmed, may})


def permissions_asked(view: Callable[..., Any]) -> frozenset[Permission]:
    """Return every permission that `require` may be asked for below `view`, whatever is sent to it."""
    return frozenset(_asked(inspect.unwrap(view), (), frozenset()))


def _asked(function: Any, given: Given, above: frozenset[Any]) -> Iterator[Permission]:
    if function in above or not isinstance(function, FunctionType):
        return
    handed = _defaults(function) | dict(given)
    for call in _calls(function):
        called = _value(call.func, function.__globals__)
        if called is require or called is require_confirmed:
            yield from _named(call.args[1], handed)
        elif isinstance(called, FunctionType) and called.__module__.startswith("diary.") and called not in NOT_FOLLOWED:
            passed = {word.arg: _named(word.value, handed) for word in call.keywords if word.arg}
            said = tuple((name, permissions) for name, permissions in passed.items() if permissions)
            yield from _asked(called, said, above | {function})


@cache
def _calls(function: FunctionType) -> tuple[ast.Call, ...]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _defaults(function: FunctionType) -> dict[str, frozenset[Permission]]:
    parameters = inspect.signature(function).parameters.values()
    return {one.name: frozenset({one.default}) for one in parameters if isinstance(one.default, Permission)}


def _named(expression: ast.expr, handed: dict[str, frozenset[Permission]]) -> frozenset[Permission]:
    """Return the permissions that an expression names: written out, one of two, or a parameter."""
    found: set[Permission] = set()
    for node in ast.walk(expression):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Permission":
            found.add(Permission[node.attr])
        elif isinstance(node, ast.Name):
            found |= handed.get(node.id, frozenset())
    return frozenset(found)


def _value(called: ast.expr, known: dict[str, Any]) -> Any:
    """Return what a name, or a name in a module, stands for; a method of an object stands for nothing here."""
    if isinstance(called, ast.Name):
        return known.get(called.id)
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        module = known.get(called.value.id)
        return getattr(module, called.attr, None) if isinstance(module, ModuleType) else None
    return None
