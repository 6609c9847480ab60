"""The file with the copy of a diary, as it is handed out."""

from flask import Response


def as_download(sent: bytes) -> Response:
    """Return the file to be kept; its name tells nobody whose it is."""
    answer = Response(sent, mimetype="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="diary-copy.json"'
    return answer
