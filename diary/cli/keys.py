"""Commands on the keys of the installation: how they stand, new ones, and sealing anew under the one in use."""

from collections.abc import Callable
from typing import Final

import click
from flask.cli import AppGroup

from diary.cli.group import refusals_exit_1
from diary.installation import installation
from diary.security.phone_keys import PhoneKeys
from diary.security.push_keys import PushKeys
from diary.security.secret_keys import SecretKeys, StillNeeded, forget_other, id_of, rotate_secret
from diary.security.signing import SigningKeys
from diary.services.resealing import reseal_everything, rows_under_other_keys

keys = AppGroup("keys", help="The keys of this installation: docs/operations.md, Keys.")


@keys.command("status")
@refusals_exit_1
def status() -> None:
    """Say which secret keys are read here, and how many rows are sealed under another than the one in use."""
    held = SecretKeys.of(installation().settings)
    click.echo(f"secret key in use: {id_of(held.current).hex()}")
    for key in held.others:
        click.echo(f"also read:         {id_of(key).hex()}")
    for name, count in rows_under_other_keys().items():
        click.echo(f"{name} sealed under another key: {count}")


@keys.command("reseal")
@refusals_exit_1
def reseal() -> None:
    """Seal anew, row by row, what is sealed under another key than the one in use; ended half-way, run it again."""
    for column in reseal_everything():
        click.echo(f"{column.name}: {column.done} sealed anew, {column.left} left, {column.unreadable} unreadable")


@keys.command("rotate")
@click.argument("which", type=click.Choice(["secret", "phones", "push", "signing"]))
@refusals_exit_1
def rotate(which: str) -> None:
    """Put a new key in the place of the one in use; older ones are kept for reading. Restart the servers afterwards."""
    click.echo(_ROTATIONS[which]())


@keys.command("forget")
@click.argument("key_id")
@refusals_exit_1
def forget(key_id: str) -> None:
    """Stop reading the secret key KEY_ID, once no row is sealed under it; who signed in under it signs in again."""
    waiting = {name: count for name, count in rows_under_other_keys().items() if count}
    if waiting:
        raise StillNeeded(
            f"Rows are sealed under another key than the one in use: run `diary keys reseal` ({waiting})."
        )
    if forget_other(installation().settings, key_id):
        click.echo(f"What verifies its lines is kept. Take {key_id} out of DIARY_OTHER_SECRET_KEYS and restart.")
    else:
        click.echo(f"{key_id} is not read any more. Restart the servers.")


def _rotate_secret() -> str:
    key_id = rotate_secret(installation().settings)
    return f"The new secret key is {key_id}. Restart the servers, then run `diary keys reseal`."


def _rotate_phones() -> str:
    return f"Phones seal to {PhoneKeys.of(installation().settings).rotate()} from now on."


def _rotate_push() -> str:
    return f"Browsers subscribe under {PushKeys.of(installation().settings).rotate().hex()} from now on."


def _rotate_signing() -> str:
    return f"{SigningKeys.of(installation().settings).rotate()} signs from now on."


_ROTATIONS: Final[dict[str, Callable[[], str]]] = {
    "secret": _rotate_secret,
    "phones": _rotate_phones,
    "push": _rotate_push,
    "signing": _rotate_signing,
}


COMMANDS: Final = (keys,)
