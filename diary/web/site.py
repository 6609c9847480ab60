"""The site that people open: its origin, whole addresses on it to hand over, and what its own scripts send."""

from typing import Any

from flask import abort, request

from diary.installation import installation
from diary.security.passkeys import Site


def site() -> Site:
    """Return the site as the settings name it; an installation without that setting goes by what was opened."""
    return Site(installation().settings.base_url or f"{request.scheme}://{request.host}")


def whole_address(path: str) -> str:
    """Return the address of a path of this site, for somewhere else."""
    return site().origin + path


def require_own_script() -> None:
    """Refuse a request that is not JSON sent by a script of this site."""
    if not request.is_json:
        abort(415)
    sent_from = request.headers.get("Sec-Fetch-Site", "same-origin")
    if request.headers.get("Origin") != site().origin or sent_from != "same-origin":
        abort(403)


def json_sent() -> Any:
    """Return the JSON that a script sent; what cannot be read is answered with 400."""
    try:
        return request.get_json()
    except RecursionError:  # lists within lists, by the ten thousand
        abort(400)
