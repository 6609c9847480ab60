"""What every answer to a secret link carries."""

from flask import Response, after_this_request


def keep_out_of_search() -> None:
    """Let no search engine keep what a secret link shows, whatever becomes of the request."""

    @after_this_request
    def say_so(answer: Response) -> Response:
        answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        return answer
