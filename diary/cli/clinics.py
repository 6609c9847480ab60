"""Commands on clinics, their staff and their patients."""

import json
from pathlib import Path
from typing import Final

import click
from flask.cli import AppGroup, with_appcontext

from diary.access.identity import OPERATOR
from diary.cli.group import refusals_exit_1
from diary.installation import installation
from diary.security.anchor_files import AnchorFiles
from diary.services import account_links, members
from diary.services.anchors import anchor_all
from diary.services.chains import verify_chains
from diary.vocabulary import Role

admin = AppGroup("admin", help="The first people of a clinic.")


@admin.command("create")
@click.argument("email")
@click.option(
    "--clinic", metavar="NAME", required=True, help="The clinic; it is added when there is none of this name."
)
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    default=[Role.ADMIN.value],
    show_default=True,
    help="May be given several times.",
)
@refusals_exit_1
def create_admin(email: str, clinic: str, roles: tuple[str, ...]) -> None:
    """Invite EMAIL to a clinic and print the one-time link."""
    token = members.invite_member(
        OPERATOR, email, clinic=clinic, roles=[Role(role) for role in roles], clock=installation().clock
    )
    click.echo(_link(token))


@admin.command("new-factor")
@click.argument("name")
@refusals_exit_1
def new_factor(name: str) -> None:
    """Print a one-time link with which NAME, by their password, sets up a new second factor."""
    given = account_links.give_factor_link_to(OPERATOR, name, clock=installation().clock)
    click.echo(f"{installation().settings.address}/link/{given.token}")


@click.command("invite")
@click.argument("patient")
@click.option("--clinic", metavar="NAME", help="The clinic, where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@with_appcontext
@refusals_exit_1
def invite(patient: str, clinic: str | None, as_json: bool) -> None:
    """Make an invite for the patient with the reference PATIENT and print its link."""
    token = members.invite_by_reference(OPERATOR, patient, clinic=clinic, clock=installation().clock)
    link = _link(token)
    click.echo(json.dumps({"patient": patient, "link": link}) if as_json else link)


@click.group("audit", help="The audit chain.")
def audit_group() -> None:
    """Group the commands on the audit."""


@audit_group.command("verify")
@click.option(
    "--anchors",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the anchors, kept elsewhere; without it, those of this installation.",
)
@with_appcontext
@refusals_exit_1
def verify_audit(folder: Path | None) -> None:
    """Follow the audit chain of each clinic from its first link to its head, and compare it with its anchors."""
    for chain in verify_chains(AnchorFiles.of(installation().settings, folder)):
        last = chain.anchors[-1] if chain.anchors else None
        agree = f"{len(chain.anchors)} anchors agree, the last of {last.day} at link {last.position}" if last else ""
        click.echo(f"{chain.clinic}: {chain.links} links hold; {agree or 'there is no anchor yet'}.")


@audit_group.command("anchor")
@with_appcontext
@refusals_exit_1
def anchor_audit() -> None:
    """Write down the last link of each clinic's chain beside the database, now."""
    for name, anchor in anchor_all(AnchorFiles.of(installation().settings), clock=installation().clock):
        click.echo(f"{name}: link {anchor.position} is anchored, {anchor.hash.hex()}.")


def _link(token: str) -> str:
    return f"{installation().settings.address}/invite/{token}"


COMMANDS: Final = (admin, invite, audit_group)
