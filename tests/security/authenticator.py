"""An authenticator in software: it keeps one key and answers as a browser would."""

import hashlib
import json
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """A device with one passkey for one site."""

    def __init__(self, *, host: str, origin: str) -> None:
        self.host, self.origin = host, origin
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0

    def register(self, challenge: str, *, verified: bool = True) -> str:
        """Answer the questions for a new passkey."""
        credential = len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._public_key()
        proof = self._proof(WITH_KEY | (VERIFIED if verified else 0)) + bytes(16) + credential
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": proof})
        return self._answer("webauthn.create", challenge, {"attestationObject": attestation})

    def sign_in(self, challenge: str, *, verified: bool = True) -> str:
        """Answer the questions for signing in."""
        self.count += 1
        proof = self._proof(VERIFIED if verified else 0)
        client = self._client("webauthn.get", challenge)
        signature = self.key.sign(proof + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer("webauthn.get", challenge, {"authenticatorData": proof, "signature": signature})

    def _proof(self, flags: int) -> bytes:
        return hashlib.sha256(self.host.encode()).digest() + bytes([PRESENT | flags]) + self.count.to_bytes(4, "big")

    def _public_key(self) -> bytes:
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, kind: str, challenge: str, response: dict[str, Any]) -> str:
        response["clientDataJSON"] = self._client(kind, challenge)
        named = bytes_to_base64url(self.credential_id)
        said = {name: bytes_to_base64url(value) for name, value in response.items()}
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": said})
