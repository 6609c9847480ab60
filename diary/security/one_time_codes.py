"""One-time codes of an authenticator app (RFC 6238): six digits, thirty seconds."""

import hmac
import re
from datetime import datetime
from typing import Final

import pyotp

STEP_SECONDS: Final = 30
STEPS_AROUND: Final = 1
"""Steps before and after the present one that are taken, for clocks that are a little off."""
ISSUER: Final = "Ebb"


def new_secret() -> str:
    """Return a random secret of 160 bits in base 32, as apps take it."""
    return pyotp.random_base32()


def address_of(secret: str, sign_in_name: str) -> str:
    """Return the otpauth: address that an app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=sign_in_name, issuer_name=ISSUER)


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the time step whose code this is, or None; the caller refuses a step that was used already."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch("[0-9]{6}", digits):
        return None
    present = int(now.timestamp()) // STEP_SECONDS
    codes = pyotp.TOTP(secret)
    for step in range(present - STEPS_AROUND, present + STEPS_AROUND + 1):
        if hmac.compare_digest(codes.generate_otp(step), digits):
            return step
    return None
