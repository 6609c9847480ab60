"""Addresses that are handed over: on paper, on a screen or by mail."""

from flask import request, url_for

from diary.installation import installation


def link_to_invite(token: str) -> str:
    """Return the whole address of an invite."""
    host = installation().settings.base_url or request.host_url.rstrip("/")
    return host + url_for("account.show_invite", token=token)
