"""Passkeys (WebAuthn): what is asked of the browser, and whether its answer is true."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

CHALLENGE_BYTES: Final = 32
NO_ANSWER: Final = (
    WebAuthnException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What reading an answer may end with that no browser has made."""


class NotProven(ValueError):
    """An answer that does not prove a passkey."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What is kept of a passkey: never anything secret."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class Site:
    """The site that passkeys are bound to, from the installation's address."""

    origin: str

    @property
    def host(self) -> str:
        """The host name, which the browser signs."""
        return urlsplit(self.origin).hostname or "localhost"


def questions_for_new(
    site: Site, challenge: bytes, *, account: bytes, name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """Return the options for a new passkey that is enough alone: stored on the device, with the person verified."""
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Ebb",
        user_id=account,
        user_name=name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return _plain(webauthn.options_to_json(options))


def questions_for_sign_in(site: Site, challenge: bytes, *, known: Sequence[bytes] = ()) -> dict[str, Any]:
    """Return the options for signing in; without `known` the device offers the passkeys it holds for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=credential) for credential in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(webauthn.options_to_json(options))


def check_new(site: Site, challenge: bytes, answer: str) -> NewPasskey:
    """Return the passkey that `answer` (the browser's JSON) proves.

    Raises:
        NotProven: the answer is not to this challenge, for another site, or without verifying the person.
    """
    try:
        proven = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except NO_ANSWER as error:
        raise NotProven("The passkey could not be checked.") from error
    return NewPasskey(proven.credential_id, proven.credential_public_key, proven.sign_count)


def check_sign_in(site: Site, challenge: bytes, answer: str, *, public_key: bytes, sign_count: int) -> int:
    """Return the new count of signatures when `answer` is signed by the passkey.

    Raises:
        NotProven: it is not, or the count went back: a copied passkey.
    """
    try:
        proven = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except NO_ANSWER as error:
        raise NotProven("The passkey could not be checked.") from error
    return proven.new_sign_count


def credential_in(answer: str) -> bytes:
    """Return the id of the credential that `answer` speaks of.

    Raises:
        NotProven: it names none.
    """
    try:
        return bytes(webauthn.base64url_to_bytes(json.loads(answer)["rawId"]))
    except NO_ANSWER as error:
        raise NotProven("The passkey could not be read.") from error


def _plain(options: str) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(options)
    return plain
