"""One line a request: its id, which view answered, how, and at what cost; never an address, an id or a name."""

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import structlog
from flask import Flask, request

from diary import giving_way, metering
from diary.settings import Settings

HEADER: Final = "X-Request-ID"
KEPT_UNDER: Final = "ebb.request_id"
ENDPOINT: Final = "ebb.endpoint"
WELL_FORMED: Final = re.compile(r"[0-9a-fA-F][0-9a-fA-F-]{14,62}[0-9a-fA-F]", re.ASCII)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OF_MACHINES: Final = frozenset({"public.alive", "public.ready", "public.metrics"})
"""Asked every few seconds: logged when they fail."""
NOWHERE: Final = "nowhere"

log = structlog.get_logger()


def register(app: Flask, settings: Settings) -> None:
    """Tell of every answer; registered last, so that it stands around everything else."""
    metering.name_process(str(settings.port))

    def tell_endpoint() -> None:
        request.environ[ENDPOINT] = request.endpoint

    app.before_request_funcs.setdefault(None, []).insert(0, tell_endpoint)
    app.wsgi_app = _Told(app.wsgi_app, settings)  # type: ignore[method-assign]


def request_id() -> str:
    """Return the id of the request at hand, as its line in the log and its answer carry it."""
    return str(request.environ.get(KEPT_UNDER, ""))


class _Told:
    """Gives each request its id, and writes its line when the answer is gone."""

    def __init__(self, inner: Any, settings: Settings) -> None:
        self.inner = inner
        self.behind_proxy = settings.proxy_hops > 0
        self.slow_ms = settings.slow_request_ms

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand the request on."""
        telling = _Telling(environ, self._id(environ), self.slow_ms)

        def start(status: str, headers: list[tuple[str, str]], *failed: Any) -> Any:
            telling.status = int(status[:3])
            return start_response(status, [*headers, (HEADER, telling.id)], *failed)

        try:
            answer: Iterable[bytes] = self.inner(environ, start)
        except BaseException:
            telling.status = 500
            telling.end()
            raise
        if isinstance(answer, environ.get("wsgi.file_wrapper", ())):  # the server sends a file by itself
            telling.end()
            return answer
        return _Answer(answer, telling)

    def _id(self, environ: dict[str, Any]) -> str:
        """Take the id that the proxy of this installation gave the request, or make one."""
        given = environ.get("HTTP_X_REQUEST_ID", "") if self.behind_proxy else ""
        return given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)


class _Telling:
    """What is known of one request until its answer is gone."""

    def __init__(self, environ: dict[str, Any], named: str, slow_ms: int) -> None:
        environ[KEPT_UNDER] = named
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=named)
        self.environ, self.id, self.slow_ms = environ, named, slow_ms
        self.status, self.bytes, self.is_told = 0, 0, False
        self.work, self.began = metering.begin_work(), time.perf_counter()
        giving_way.request_begins()

    def end(self) -> None:
        """Count and log the request, once."""
        if self.is_told:
            return
        self.is_told = True
        giving_way.request_ends()
        seconds = time.perf_counter() - self.began
        endpoint = self.environ.get(ENDPOINT) or self._elsewhere()
        metering.count_request(endpoint.partition(".")[0], self.status, seconds)
        is_slow = seconds * 1000 >= self.slow_ms
        if is_slow:
            metering.count_slow("request")
        if is_slow or self.status >= 500 or endpoint not in {*OF_MACHINES, "static"}:
            self._write(endpoint, seconds, log.warning if is_slow else log.info)

    def _elsewhere(self) -> str:
        """Name what no view answers: files, and addresses where nothing is."""
        return "static" if str(self.environ.get("PATH_INFO", "")).startswith("/static/") else NOWHERE

    def _write(self, endpoint: str, seconds: float, write: Callable[..., Any]) -> None:
        method = self.environ.get("REQUEST_METHOD", "")
        write(
            "slow_request" if seconds * 1000 >= self.slow_ms else "request",
            request_id=self.id,
            method=method if method in METHODS else "other",
            endpoint=endpoint,
            status=self.status,
            ms=round(seconds * 1000, 1),
            queries=self.work.queries,
            db_ms=round(self.work.seconds * 1000, 1),
            bytes=self.bytes,
        )


class _Answer:
    """The answer on its way: its bytes are counted, and its end is told once."""

    def __init__(self, inner: Iterable[bytes], telling: _Telling) -> None:
        self.inner, self.telling = inner, telling

    def __iter__(self) -> Iterator[bytes]:
        """Hand on what is sent."""
        for part in self.inner:
            self.telling.bytes += len(part)
            yield part
        self.telling.end()

    def close(self) -> None:
        """Tell of a request whose caller went away before its answer was whole."""
        try:
            close = getattr(self.inner, "close", None)
            if close is not None:
                close()
        finally:
            self.telling.end()
