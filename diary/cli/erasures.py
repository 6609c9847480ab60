"""Commands on erasures."""

from typing import Final

import click
from flask import Flask
from flask.cli import AppGroup

from diary.cli.group import refusals_exit_1
from diary.installation import installation
from diary.security.erasure_files import ErasureFiles
from diary.services.erasure import replay_erasures
from diary.services.moving_up import refuse_half_moved
from diary.wall import whole_house

erasures = AppGroup("erasures", help="People who were erased.")


@erasures.command("replay")
@refusals_exit_1
def replay() -> None:
    """Erase again whom an older backup brought back; done at every start of the server too."""
    settings = installation().settings
    repeated = replay_erasures(ErasureFiles.of(settings), clock=installation().clock)
    click.echo(f"{repeated} erased again." if repeated else "Nobody who was erased is in the database.")


def replay_at_start(app: Flask) -> None:
    """Do the same before anything is served: who was erased is not seen again, whatever was put back."""
    with app.app_context(), whole_house():
        refuse_half_moved()
        replay_erasures(ErasureFiles.of(installation().settings), clock=installation().clock)


COMMANDS: Final = (erasures,)
"""Commands for `flask --app wsgi diary`."""
