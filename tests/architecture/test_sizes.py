"""Modules and functions stay short enough to be read at once."""

import ast

from tests.architecture.source_tree import Module, product_modules

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40


def too_long(module: Module) -> list[str]:
    if module.is_in("diary.migrations"):
        return []
    lines = len(module.source.splitlines())
    faults = [f"{module.path}: {lines} lines: split it by what it is about"] if lines > LONGEST_MODULE else []
    functions = [node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return faults + [
        f"{module.path}:{function.lineno}: {function.name} has {length(function)} lines: split it"
        for function in functions
        if length(function) > LONGEST_FUNCTION
    ]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function without its decorators and its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None and first.end_lineno is not None:
        lines -= first.end_lineno - first.lineno + 1
    return lines


def test_modules_and_functions_are_short():
    faults = [line for module in product_modules() for line in too_long(module)]
    assert not faults, "\n".join(faults)


def test_a_long_module_and_a_long_function_are_seen():
    body = "    x = 1\n" * LONGEST_FUNCTION
    assert too_long(Module("diary/a.py", "x = 1\n" * (LONGEST_MODULE + 1)))
    assert too_long(Module("diary/a.py", f"def f():\n{body}"))
    assert not too_long(Module("diary/a.py", f'def f():\n    """One.\n\n    Two.\n    """\n{body[10:]}'))
    assert not too_long(Module("diary/migrations/versions/0001.py", f"def f():\n{body}"))
