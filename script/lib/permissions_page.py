"""Writes docs/permissions.md: every permission with who has it, and every address with whom it is open to.

python -m script.lib.permissions_page
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from flask import Flask
from werkzeug.routing import Rule

from diary.access.policy import POLICY
from diary.app import create_app
from diary.settings import Settings
from diary.web.guards import Audience, audience_of
from script.lib.permissions_asked import permissions_asked
from script.lib.rules_code import ROOT

PAGE: Final = ROOT / "docs" / "permissions.md"
METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
NONE: Final = "none"
HEAD: Final = """# Who may do what, as the code has it

Made from the code by `script/docs`; a test compares the two, so change the code and run it again.

A view says whom it is open to at all; the service behind it asks for the permission, with the clinic or the patient it
is about. A wrong role answers 403, whoever the address names; to the right role somebody else's patient answers 404,
with the same page as a patient who does not exist. Whoever is not signed in, is suspended or was away for too long is
led to the sign-in page.
"""
PERMISSIONS: Final = "## Permissions"
ADDRESSES: Final = """## Addresses

*Asks for* is found by following the calls of the view: where it names two, the one that is asked depends on what is
done. Where it says none, the view shows what anybody may know, or goes by the person who is signed in, by a password
or by the link that was handed over. HEAD and OPTIONS are open to whom GET is open; any other method of an address
answers 405.
"""


def permissions_page(app: Flask) -> str:
    """Return the whole page."""
    parts = [HEAD, PERMISSIONS, _table(("permission", "what it lets one do", "who has it"), _permissions())]
    parts += [ADDRESSES, _table(("address", "method", "open to", "asks for"), _addresses(app))]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def an_app(folder: Path) -> Flask:
    """Return an application that nobody will use, with its files in `folder`."""
    secret = "no session is ever made with it"  # noqa: S105
    return create_app(Settings("development", folder, f"sqlite:///{folder / 'unused.sqlite3'}", secret))


def _permissions() -> Iterator[list[str]]:
    for permission, rules in POLICY.items():
        who = "; ".join((rule.__doc__ or rule.__name__).strip().rstrip(".") for rule in rules).lower()
        yield [f"`{permission.name}`", permission.value, who]


def _addresses(app: Flask) -> Iterator[list[str]]:
    def by_address(rule: Rule) -> tuple[str, list[int]]:
        return rule.rule, [METHODS.index(method) for method in _methods(rule)]

    for rule in sorted(app.url_map.iter_rules(), key=by_address):
        audience = audience_of(app, rule.endpoint) or Audience.EVERYONE
        asked = sorted(permission.name for permission in permissions_asked(app.view_functions[rule.endpoint]))
        words = ", ".join(f"`{name}`" for name in asked) or NONE
        yield [f"`{rule.rule}`", ", ".join(_methods(rule)), audience.value, words]


def _methods(rule: Rule) -> list[str]:
    return [method for method in METHODS if method in (rule.methods or ())]


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), *(list(row) for row in rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    with TemporaryDirectory() as made:
        PAGE.write_text(permissions_page(an_app(Path(made))), encoding="utf-8")
    print(f"Written: {PAGE.relative_to(ROOT)}")
