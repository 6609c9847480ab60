"""Where an account goes next."""

from flask import url_for

from diary.web import sessions


def on_the_way(after: str | None = None) -> str:
    """Return the address that comes next: of the factor or PIN that is missing, else `after` or the start page."""
    if sessions.locked():
        return url_for("account.unlock", next=after)
    if sessions.halfway():
        return url_for("account.code", next=after)
    return after or url_for("public.start")


def own_path(target: str | None) -> str | None:
    """Return `target` when it is a path of this site, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    return target if target.isprintable() and "\\" not in target else None
