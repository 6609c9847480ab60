"""Where the code applies a rule: found by reading it, so that no list of places can be out of date."""

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
JUDGING: Final = ("diary/clinical", "diary/services")
RULES: Final = "diary/clinical/rules.py"
ONLY_HOLD_NUMBERS: Final = ("rules.py", "rule_changes.py", "rule_numbers.py", "medicines.py", "meanings.py")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_with_attribute(attribute: str) -> list[str]:
    """Return the functions that read `attribute` of a rule set or of a medicine, as module:function."""

    def reads(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == attribute and _is_of_the_rules(node.value)

    own = [
        f"clinical/rules:{owner}.{node.name}"
        for node, owner in _functions(RULES)
        if owner and _reads_own(node, attribute)
    ]
    return own + _functions_where(reads)


def functions_that_return(state: str) -> list[str]:
    """Return the functions that give a state away."""

    def gives(node: ast.AST) -> bool:
        given = isinstance(node, ast.Return) or (isinstance(node, ast.keyword) and node.arg == "state")
        return given and any(_is_state(inner, state) for inner in ast.walk(node))

    return _functions_where(gives, "diary/clinical/states.py", "diary/clinical/verdict.py")


def functions_that_mark(code: str) -> list[str]:
    """Return the functions that put a mark, by its code or by a table of codes beside them."""
    tables = {
        target.id
        for statement in _tree("diary/clinical/marks.py").body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Dict)
        for target in (statement.target,)
        if isinstance(target, ast.Name) and any(_is_text(node, code) for node in ast.walk(statement.value))
    }
    return _functions_where(
        lambda node: _is_text(node, code) or (isinstance(node, ast.Name) and node.id in tables),
        "diary/clinical/marks.py",
    )


def exists(dotted: str) -> bool:
    """Say whether a function of that dotted name is in the code."""
    module, _dot, name = dotted.rpartition(".")
    path = ROOT / (module.replace(".", "/") + ".py")
    if not path.exists():
        return _method_exists(module, name)
    return any((node.name, owner) == (name, "") for node, owner in _functions(path.relative_to(ROOT).as_posix()))


@cache
def places_of_tests() -> dict[str, str]:
    """Return the file of every test in the project, by its name."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function) and node.name.startswith("test_"):
                found[node.name] = path.relative_to(ROOT).as_posix()
    return found


def _is_of_the_rules(value: ast.expr) -> bool:
    """Say whether an expression ends in a rule set or a medicine: `rules`, `self.medicine`, `rules.medicine(code)`."""
    if isinstance(value, ast.Call):
        return _is_of_the_rules(value.func)
    name = value.attr if isinstance(value, ast.Attribute) else value.id if isinstance(value, ast.Name) else ""
    return name in ("rules", "medicine")


def _reads_own(function: Function, attribute: str) -> bool:
    return any(
        isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.value, ast.Name)
        for node in ast.walk(function)
    )


def _method_exists(dotted_class: str, method: str) -> bool:
    module, _dot, owner = dotted_class.rpartition(".")
    path = ROOT / (module.replace(".", "/") + ".py")
    if not path.exists():
        return False
    return any((node.name, of) == (method, owner) for node, of in _functions(path.relative_to(ROOT).as_posix()))


def _functions_where(holds: Callable[[ast.AST], bool], *paths: str) -> list[str]:
    found = []
    for path in paths or _judging_modules():
        for node, owner in _functions(path):
            if any(holds(inner) for inner in ast.walk(node)):
                name = f"{owner}.{node.name}" if owner else node.name
                found.append(f"{path.removesuffix('.py').removeprefix('diary/')}:{name}")
    return found


def _judging_modules() -> list[str]:
    paths = (path for folder in JUDGING for path in sorted((ROOT / folder).rglob("*.py")))
    return [path.relative_to(ROOT).as_posix() for path in paths if path.name not in ONLY_HOLD_NUMBERS]


def _functions(path: str) -> Iterator[tuple[Function, str]]:
    """Yield every function of a module with the class it belongs to, outermost ones only."""
    for statement in _tree(path).body:
        if isinstance(statement, Function):
            yield statement, ""
        elif isinstance(statement, ast.ClassDef):
            for inner in statement.body:
                if isinstance(inner, Function):
                    yield inner, statement.name


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


def _is_state(node: ast.AST, state: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == state and isinstance(node.value, ast.Name)


def _is_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text
