"""Commands that serve: the embedded server, the jobs' loop, the demo."""

import json
import os
import signal
import socket
import sys
import threading
from typing import Any, Final

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from diary import jobs
from diary.cli.group import refusals_exit_1
from diary.errors import DiaryError
from diary.installation import installation

THREADS: Final = 8


@click.command("serve")
@click.option("--demo", "wants_demo", is_flag=True, help="Fill an empty database with the demo clinic without asking.")
@with_appcontext
@refusals_exit_1
def serve(wants_demo: bool) -> None:
    """Serve Ebb on this machine, with the jobs in a thread beside it, until Ctrl-C."""
    app = _current_app()
    settings = installation().settings
    listener = _listen(settings.host, settings.port)
    _offer_demo(wants_demo)
    from waitress import create_server  # noqa: PLC0415 (only the embedded server needs it)

    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=settings.proxy_hops == 0,
    )
    stop = jobs.start_beside(app)
    signal.signal(signal.SIGTERM, _as_interrupt)
    click.echo(f"Ebb is served on {settings.address} (Ctrl-C stops it).")
    try:
        server.run()
    finally:
        stop.set()
        server.close()
        click.echo("Stopped.")


@click.command("work")
@with_appcontext
def work() -> None:
    """Run the jobs' loop, for installations that serve with another server."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, _as_interrupt)
    try:
        jobs.work(_current_app(), stop)
    except KeyboardInterrupt:
        click.echo("Stopped.")


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print the sign-ins as JSON.")
@with_appcontext
@refusals_exit_1
def demo(as_json: bool) -> None:
    """Fill an empty database with a believable clinic and print how to sign in."""
    from diary.demo.clinic import fill_demo  # noqa: PLC0415 (not needed to serve)

    sign_ins = fill_demo(installation())
    # Scripts have asked for the secret under both names.
    named = [one | {"totp": one["totp_secret"]} for one in sign_ins]
    click.echo(json.dumps(named) if as_json else _told(sign_ins))


@click.command("demo-code")
@click.argument("email")
@with_appcontext
@refusals_exit_1
def demo_code(email: str) -> None:
    """Print the code that the authenticator app of EMAIL, of the demo's staff, shows now."""
    import pyotp  # noqa: PLC0415 (not needed to serve)

    from diary.demo.clinic import kept_sign_ins  # noqa: PLC0415 (not needed to serve)

    made = installation()
    secrets = {one["email"]: one["totp_secret"] for one in kept_sign_ins(made.settings.instance)}
    if not secrets.get(email):
        raise DiaryError(f"{email} is not among the demo's staff.")
    click.echo(pyotp.TOTP(secrets[email]).at(made.clock()))


def _offer_demo(wants_demo: bool) -> None:
    from diary.demo.clinic import fill_demo, is_empty, kept_sign_ins  # noqa: PLC0415 (not needed later)

    if not is_empty():
        kept = kept_sign_ins(installation().settings.instance)
        if kept:
            click.echo(_told(kept))
        return
    if installation().settings.production:
        return
    asks = sys.stdin.isatty() and sys.stdout.isatty()
    if wants_demo or (asks and click.confirm("The database is empty. Fill it with the demo clinic?", default=True)):
        click.echo(_told(fill_demo(installation())))
    else:
        click.echo(
            "The database is empty. `script/server --demo` fills it with a demo clinic; "
            "`flask --app wsgi diary admin create EMAIL --clinic NAME --role admin --role clinician` "
            "adds the first person."
        )


def _told(sign_ins: list[dict[str, Any]]) -> str:
    lines = [f"  {one['role']:<10} {one['email']:<26} password  {one['password']}" for one in sign_ins]
    return "\n".join(
        [
            f"The demo clinic is ready. Open {installation().settings.address} and sign in as",
            *lines,
            "Staff are asked for a code as well: `.venv/bin/flask --app wsgi diary demo-code EMAIL` prints it.",
        ]
    )


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything is made, so that a busy one is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as refused:
        listener.close()
        reason = os.strerror(refused.errno) if refused.errno else str(refused)
        raise DiaryError(
            f"Port {port} on {host} cannot be used ({reason}): stop what uses it, or set DIARY_PORT to another one."
        ) from refused
    return listener


def _as_interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _current_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 (Flask's own way)


COMMANDS: Final = (serve, work, demo, demo_code)
