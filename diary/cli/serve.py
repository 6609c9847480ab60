"""Commands that serve: the embedded server, the jobs' loop, the demo."""

import gc
import json
import os
import resource
import socket
import sys
from typing import Any, Final

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from diary import jobs
from diary.cli.group import refusals_exit_1
from diary.cli.lost import check_nothing_is_gone
from diary.cli.stopping import StopSignal, end_process, serve_until_asked
from diary.errors import DiaryError
from diary.installation import installation
from diary.services.file_seals import look_at_file

THREADS: Final = 8
CONNECTIONS: Final = 2000
"""Lines that may be open at once: whoever opens a hundred and says nothing keeps nobody else from being served."""
TURN_SECONDS: Final = 0.0005
"""How long one thread keeps the interpreter to itself: Python's five milliseconds are paid at each of a request's many
statements while a job reckons."""
GARBAGE_AFTER: Final = 10_000
"""Objects more than were given back, after which it is looked for rings of them: a request leaves few."""
SILENT_SECONDS: Final = 60
"""After which a line is closed on which nothing is asked."""


@click.command("serve")
@click.option("--demo", "wants_demo", is_flag=True, help="Fill an empty database with the demo clinic without asking.")
@with_appcontext
@refusals_exit_1
def serve(wants_demo: bool) -> None:
    """Serve Ebb on this machine, with the jobs in threads beside it unless DIARY_JOBS is none, until Ctrl-C."""
    app = _current_app()
    settings = installation().settings
    _allow_open_files()
    _share_the_interpreter()
    listener = _listen(settings.host, settings.port)
    if not wants_demo:
        check_nothing_is_gone()
    _offer_demo(wants_demo)
    from waitress import create_server  # noqa: PLC0415 (only the embedded server needs it)

    server = create_server(
        app,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        connection_limit=CONNECTIONS,
        channel_timeout=SILENT_SECONDS,
        asyncore_use_poll=True,  # the other way ends at a thousand open files
        clear_untrusted_proxy_headers=settings.proxy_hops == 0,
    )
    asked = StopSignal(server.pull_trigger)
    beside = jobs.start_beside(app, asked.asked) if settings.jobs == "beside" else []
    click.echo(f"Ebb is served on {settings.address} (Ctrl-C stops it).")
    try:
        serve_until_asked(server, asked, within=settings.stop_seconds)
    finally:
        asked.asked.set()
        click.echo("Stopped.")
        end_process(beside, asked, within=settings.stop_seconds)


@click.command("work")
@with_appcontext
@refusals_exit_1
def work() -> None:
    """Run the jobs' loop, for installations that serve with another server."""
    check_nothing_is_gone()
    asked = StopSignal()
    threads = jobs.start_beside(_current_app(), asked.asked)
    click.echo("The jobs run (Ctrl-C stops them).")
    asked.asked.wait()
    click.echo("Stopped.")
    end_process(threads, asked, within=installation().settings.stop_seconds)


@click.command("demo")
@click.option("--json", "as_json", is_flag=True, help="Print the sign-ins as JSON.")
@with_appcontext
@refusals_exit_1
def demo(as_json: bool) -> None:
    """Fill an empty database with a believable clinic and print how to sign in."""
    from diary.demo.clinic import fill_demo  # noqa: PLC0415 (not needed to serve)

    sign_ins = fill_demo(installation())
    look_at_file()
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


def _allow_open_files() -> None:
    """Let this process open a file for each line, as far as the system lets it: many systems begin at 1024."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + 1000 if most == resource.RLIM_INFINITY else min(CONNECTIONS + 1000, most)
    if resource.RLIM_INFINITY != allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def _share_the_interpreter() -> None:
    """Let threads take short turns, and look for garbage among what requests leave, not in all that was loaded."""
    sys.setswitchinterval(TURN_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


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


def _current_app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 (Flask's own way)


COMMANDS: Final = (serve, work, demo, demo_code)
