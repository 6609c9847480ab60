"""Where and how somebody signed in, in words; a network is named by its beginning and asked of nobody."""

from ipaddress import ip_network
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

PROOF_WORDS: Final[dict[str, Any]] = {
    "password": _l("password"),
    "code": _l("password and code of the app"),
    "recovery_code": _l("password and recovery code"),
    "passkey": _l("passkey"),
}


def proof_words(proof: str) -> str:
    """Return how a sign-in was proven."""
    return str(PROOF_WORDS[proof])


def place_words(network: str, here: str) -> str:
    """Return where a sign-in came from, as seen from the network `here`."""
    try:
        parsed = ip_network(network)
    except ValueError:
        return _("a network that is not known")
    if parsed.network_address.is_loopback or str(parsed) == "::/48":
        return _("this computer")
    if network == here:
        return _("this network")
    if parsed.is_private:
        return _("a home or clinic network")
    return _("another network (%(beginning)s)", beginning=_beginning(str(parsed.network_address), parsed.version))


def _beginning(address: str, version: int) -> str:
    if version == 4:
        return ".".join(address.split(".")[:3]) + ".…"
    return ":".join(part for part in address.split(":")[:3] if part) + ":…"
