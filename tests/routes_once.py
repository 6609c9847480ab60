"""Builders of addresses compiled once: every test makes an application of its own, and they took a third of that."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

_compile = Rule._compile_builder
_known: dict[tuple[Any, ...], Callable[..., tuple[str, str]]] = {}


def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    """Return the builder of a rule, which is the same code for every application that has this rule."""
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
    if key not in _known:
        _known[key] = _compile(rule, append_unknown)
    return _known[key]


def compile_builders_once() -> None:
    """Let the rules of all applications of this process share their builders."""
    Rule._compile_builder = compile_once  # type: ignore[method-assign]
