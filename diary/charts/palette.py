"""Colours of plotly figures as names of tokens, so that light, dark and print are the page's choice.

Plotly validates colours, so a figure is built with one placeholder colour a token, and `as_tokens` puts the
name ("var:ink") in place of each placeholder once everything is validated.
"""

from collections.abc import Mapping
from typing import Any, Final

TOKENS: Final = (
    *("ink", "soft", "rule", "brand", "due", "card", "dot"),
    *("course-band", "course-edge", "course-ink"),
)
GROUP_TOKENS: Final = ("holding", "says", "near")
"""What the figures of groups need besides, to tell more lines apart."""
PAINT: Final[Mapping[str, str]] = {
    token: f"#0000{place:02x}" for place, token in enumerate((*TOKENS, *GROUP_TOKENS), start=1)
}
_NAMES: Final[Mapping[str, str]] = {paint: f"var:{token}" for token, paint in PAINT.items()}


def as_tokens(figure: dict[str, Any]) -> dict[str, Any]:
    """Return `figure` with the name of its token for each placeholder; words and numbers stay as they are."""
    return {key: _renamed(key, part) for key, part in figure.items()}


def _renamed(key: str, part: Any) -> Any:
    if isinstance(part, dict):
        return as_tokens(part)
    if isinstance(part, (list, tuple)) and part and isinstance(part[0], dict):
        return [as_tokens(each) for each in part]
    return _NAMES[part] if key.endswith("color") else part
