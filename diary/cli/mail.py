"""Commands on mail."""

from typing import Final

import click
from flask.cli import AppGroup

from diary.cli.group import refusals_exit_1
from diary.errors import DiaryError
from diary.installation import installation
from diary.mail_server import Encryption
from diary.messaging.letters import trial
from diary.messaging.mail import Mail, send

mail = AppGroup("mail", help="The mail server of this installation.")

PROTECTED: Final = {
    Encryption.NONE: "not encrypted",
    Encryption.STARTTLS: "encrypted by STARTTLS",
    Encryption.TLS: "encrypted by TLS",
}


@mail.command("test")
@click.argument("address")
@refusals_exit_1
def test_mail(address: str) -> None:
    """Send a trial mail to ADDRESS at once and say what happened."""
    server = installation().settings.mail_server
    if server is None:
        raise DiaryError(
            "No mail is set up: set DIARY_MAIL_URL to smtp://user:password@host:587?starttls=1, then try again."
        )
    message = trial(address)
    letter = Mail(message.to, message.subject, message.text, reference=str(message.id))
    send(server, letter, at=installation().clock())
    way = f"{server.host}:{server.port}, {PROTECTED[server.encryption]}"
    click.echo(f"{way}: the server took the mail from {server.sender} to {address}. See whether it arrives.")


COMMANDS: Final = (mail,)
