"""What every answer carries."""

from typing import Final

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from diary.settings import Settings

CONTENT_POLICY: Final = "; ".join(  # noqa: FLY002 (one rule a line is what people read)
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Ebb": "1",  # tells a phone our own answers from those of a network that asks to sign in
}
NEVER_STORED: Final = {"Cache-Control": "no-store"}
OF_PAGES: Final = ("Permissions-Policy",)
"""What says something about pages alone."""
NO_PAGE: Final = {"Content-Security-Policy": "default-src 'none'"}
"""A picture, a style or a script that is opened by itself loads nothing; there are twenty in a phone's first visit."""
HSTS: Final = "max-age=63072000; includeSubDomains"


def always_of(settings: Settings) -> dict[str, str]:
    """Return what every answer of this installation carries that is no static file."""
    secure = {"Strict-Transport-Security": HSTS} if settings.address.startswith("https://") else {}
    return ALWAYS | secure


def always_of_files(settings: Settings) -> dict[str, str]:
    """Return what every static file of this installation carries."""
    always = always_of(settings) | NO_PAGE
    return {name: value for name, value in always.items() if name not in OF_PAGES}


def register(app: Flask, settings: Settings) -> None:
    """Give every answer its headers; pages are never stored, static files are."""
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts) or None
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    wanted = [(name.lower(), name, value) for name, value in (always_of(settings) | NEVER_STORED).items()]

    @app.after_request
    def add_headers(response: Response) -> Response:
        there = {name.lower() for name, _value in response.headers}
        for lowered, name, value in wanted:
            if lowered not in there:
                response.headers.add(name, value)
        return response
