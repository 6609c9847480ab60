"""Rules of addresses compiled once: every test makes an application of its own, and they took half of that."""

from copy import copy
from typing import Any, Final

from werkzeug.routing import Rule

_compile = Rule.compile
COMPILED: Final = ("_parts", "_trace", "_converters", "arguments")
BUILDERS: Final = ("_build", "_build_unknown")
_known: dict[tuple[Any, ...], Rule] = {}


def compile_once(rule: Rule) -> None:
    """Give a rule what was made of the same one in another application."""
    assert rule.map is not None
    defaults = tuple(sorted((rule.defaults or {}).items()))
    key = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, rule.map.host_matching, defaults)
    known = _known.setdefault(key, rule)
    if known is rule:
        _compile(rule)
        return
    for name in COMPILED:
        setattr(rule, name, copy(getattr(known, name)))
    for name in BUILDERS:
        setattr(rule, name, getattr(known, name).__func__.__get__(rule, None))


def compile_rules_once() -> None:
    """Let the rules of all applications of this process share what they are compiled to."""
    Rule.compile = compile_once  # type: ignore[method-assign]
