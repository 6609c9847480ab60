"""Larger forms than usual, for the one view that takes in a diary, and only from signed-in staff."""

from typing import Final

from flask import Flask, request

from diary.exchange.copies import LARGEST_COPY
from diary.web.sessions import current_identity, is_signed_in

VIEW: Final = "clinic.take_in"
LARGEST: Final = LARGEST_COPY * 4 // 3 + 256 * 1024
"""The file as it is carried along in base64 from the preview to the confirmation, and the rest of the form."""


def register(app: Flask) -> None:
    """Raise the limit before anything reads a form; a request is refused while it is read, not after."""
    app.before_request(_let_more_in)


def _let_more_in() -> None:
    carries_a_file = request.endpoint == VIEW and request.mimetype == "multipart/form-data"
    if carries_a_file and is_signed_in() and current_identity().member_id is not None:
        request.max_content_length = request.max_form_memory_size = LARGEST
