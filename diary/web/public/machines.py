"""Answers for machines: whether this process lives, whether entries can be stored, and figures for the operator."""

import hmac
from ipaddress import ip_address

from flask import Response, request
from flask.typing import ResponseReturnValue

from diary.errors import NotThere
from diary.exchange.prometheus_text import written
from diary.installation import installation
from diary.metering import counted
from diary.services.health import Readiness, readiness
from diary.services.operation_figures import operation_figures
from diary.web.guards import Audience, open_to
from diary.web.public import blueprint


@blueprint.get("/healthz")
@open_to(Audience.EVERYONE)
def alive() -> ResponseReturnValue:
    """Answer that the process is alive."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@open_to(Audience.EVERYONE)
def ready() -> ResponseReturnValue:
    """Answer in one word whether entries can be stored here now, or what is in the way."""
    word = readiness()
    return {"status": word.value}, 200 if word is Readiness.READY else 503


@blueprint.get("/metrics")
@open_to(Audience.EVERYONE)
def metrics() -> ResponseReturnValue:
    """Hand the figures to this machine, or to whoever has the token; for anybody else there is nothing here."""
    if not (_has_token() or _is_this_machine()):
        raise NotThere
    figures = written(operation_figures(installation().clock))
    return Response(counted() + figures, content_type="text/plain; version=0.0.4; charset=utf-8")


def _has_token() -> bool:
    token = installation().settings.metrics_token
    given = request.headers.get("Authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_this_machine() -> bool:
    """Say whether the request was made on this machine and came through no proxy that said otherwise."""
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
