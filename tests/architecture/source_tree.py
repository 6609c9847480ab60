"""The files of the project as the architecture tests read them, named from the project's folder."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_HERE = {"instance", "node_modules", "__pycache__"}
HIDDEN_AND_OURS = {".ci", ".editorconfig", ".gitattributes", ".gitignore"}


@dataclass(frozen=True)
class Module:
    """One Python file, its path written from the project's folder."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @property
    def name(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    def is_in(self, *places: str) -> bool:
        """Say whether the module is one of `places` or stands in a package among them (dotted names)."""
        return any(self.name == place or self.name.startswith(f"{place}.") for place in places)

    def imports(self) -> Iterator[tuple[int, str]]:
        """Give line and full name of everything imported, `from a import b` as `a.b`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                package = self._imported_package(node)
                yield from ((node.lineno, f"{package}.{alias.name}") for alias in node.names)

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Give every call with the dotted name of what is called, such as `datetime.now`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, dotted(node.func)

    def _imported_package(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.name.split(".") if self.path.endswith("/__init__.py") else self.name.split(".")[:-1]
        return ".".join([*here[: len(here) - node.level + 1], *([node.module] if node.module else [])])


def dotted(node: ast.expr) -> str:
    """Write a name or a chain of attributes with dots; what stands before a call or an index is left out."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}".lstrip(".")
    return ""


def product_modules() -> list[Module]:
    """Read every Python file of the product."""
    paths = [*sorted((ROOT / "diary").rglob("*.py")), *ROOT.glob("*.py"), *(ROOT / "script").rglob("*.py")]
    return [Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths]


def templates() -> list[Path]:
    """List every page, mail and error template."""
    return sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt", ".xml"})


def project_files() -> list[Path]:
    """List the files that belong to the project: what git would keep, or all but what is made here."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=False) if (ROOT / ".git").exists() else None
    if listed is not None and listed.returncode == 0:
        paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        paths = [path for path in ROOT.rglob("*") if not any(map(is_made_here, path.relative_to(ROOT).parts))]
    return sorted(path for path in paths if path.is_file())


def is_made_here(name: str) -> bool:
    """Say whether a file or folder of this name is made by running Ebb, its tests or a tool."""
    return name in MADE_HERE or (name.startswith(".") and name not in HIDDEN_AND_OURS)
