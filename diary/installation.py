"""What one running installation is made of, handed to whoever delivers."""

from dataclasses import dataclass
from typing import Final

from flask import Flask, current_app

from diary.clock import Clock
from diary.security.passwords import Passwords
from diary.settings import Settings

_KEY: Final = "ebb"


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings, clock and password hasher of this process."""

    settings: Settings
    clock: Clock
    passwords: Passwords

    def put_into(self, app: Flask) -> None:
        """Make this the installation of `app`."""
        app.extensions[_KEY] = self


def installation() -> Installation:
    """Return the installation of the current application."""
    found: Installation = current_app.extensions[_KEY]
    return found
