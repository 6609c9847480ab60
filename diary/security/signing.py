"""Signatures of the installation: what is decided, and what patients take along, can be told apart from forgeries."""

import secrets
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from diary.errors import DiaryError
from diary.security.signatures import Origin, Signature, fits, key_id_of, message_of
from diary.settings import Settings
from diary.whole_files import write_once

PRIVATE: Final = "signing-key.pem"
KEY_BYTES: Final = 32


class KeyUnfit(DiaryError):
    """A signing key that cannot be read or made; the message says what to do."""


class SigningKeys:
    """The folder of keys: one that signs, every public one that ever signed here, and those of others by name.

    The folder is trusted and the database is not: whoever writes rows cannot add a key.
    """

    def __init__(self, folder: Path) -> None:
        self._private = folder / PRIVATE
        self._own = folder / "public"
        self._others = folder / "others"

    @classmethod
    def of(cls, settings: Settings) -> "SigningKeys":
        """Return the keys of this installation."""
        return cls(settings.instance / "keys")

    def sign(self, purpose: str, content: Any) -> Signature:
        """Sign `content` for one purpose; the key is made at the first signature.

        Raises:
            KeyUnfit: it cannot be read or made.
        """
        key = self._key()
        public = key.public_key().public_bytes_raw()
        self._publish(public)
        return Signature(key_id_of(public), key.sign(message_of(purpose, content)))

    def rotate(self) -> str:
        """Sign with a new key from now on and return its id; what older ones signed is verified as before.

        Raises:
            KeyUnfit: it cannot be made.
        """
        self._publish(self._key().public_key().public_bytes_raw())
        key = Ed25519PrivateKey.generate()
        draft = self._private.with_name(f".{PRIVATE}-{secrets.token_hex(4)}")
        try:
            write_once(draft, _private_pem(key))
            self._publish(key.public_key().public_bytes_raw())
            draft.replace(self._private)
        except OSError as error:
            raise KeyUnfit(f"The signing key {self._private} cannot be made: look at its folder.") from error
        return key_id_of(key.public_key().public_bytes_raw())

    def verify(self, purpose: str, content: Any, signature: Signature) -> bool:
        """Say whether a key of this installation signed exactly this; a key that is not kept here signed nothing."""
        public = self._read(self._own / f"{signature.key_id}.pem") if _is_key_id(signature.key_id) else None
        if public is None or key_id_of(public) != signature.key_id:
            return False
        return fits(public, purpose, content, signature.value)

    def public_key(self, key_id: str) -> bytes | None:
        """Return a public key of this installation, or None when it is not kept here."""
        return self._read(self._own / f"{key_id}.pem") if _is_key_id(key_id) else None

    def origin_of(self, public: bytes) -> tuple[Origin, str]:
        """Say whose key it is, and how the operator called it where it is another installation's."""
        if self._read(self._own / f"{key_id_of(public)}.pem") == public:
            return Origin.OWN, ""
        for file in sorted(self._others.glob("*.pem")):
            if self._read(file) == public:
                return Origin.OTHER, file.stem
        return Origin.UNKNOWN, ""

    def _key(self) -> Ed25519PrivateKey:
        try:
            make_folder(self._private.parent)
            if not self._private.exists():
                write_once(self._private, _private_pem(Ed25519PrivateKey.generate()))
            key = load_pem_private_key(self._private.read_bytes(), None)
        except (OSError, ValueError) as error:
            raise KeyUnfit(f"The signing key {self._private} cannot be read or made: look at its folder.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyUnfit(f"{self._private} holds no Ed25519 key: put the right one back.")
        return key

    def _publish(self, public: bytes) -> None:
        file = self._own / f"{key_id_of(public)}.pem"
        if self._read(file) == public:
            return
        try:
            make_folder(self._own)
            write_once(file, _public_pem(public))
        except OSError as error:
            raise KeyUnfit(f"The public key cannot be kept in {self._own}: look at the folder.") from error
        if self._read(file) != public:
            raise KeyUnfit(f"{file} holds another key than its name says: put the right one back.")

    def _read(self, file: Path) -> bytes | None:
        try:
            key = load_pem_public_key(file.read_bytes())
        except (OSError, ValueError):
            return None
        return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None


def _is_key_id(key_id: str) -> bool:
    return len(key_id) == KEY_BYTES and all(sign in "0123456789abcdef" for sign in key_id)


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone opens."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(public: bytes) -> bytes:
    return Ed25519PublicKey.from_public_bytes(public).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
