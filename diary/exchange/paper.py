"""PDF files made from a page of our own: tagged for who hears them, and nothing is fetched from anywhere.

A process of its own lays them out and ends: the server never loads the library, keeps none of its memory and goes on
answering. It reads the page from its standard input and writes the file to its standard output.
"""

import subprocess
import sys
from pathlib import Path
from threading import Lock
from typing import Any, Final

from diary.errors import DiaryError, Sentence

STYLES: Final = ("paper", "letter")
"""Names of the style sheets beside this file."""
_FOLDER: Final = Path(__file__).resolve().parents[2]
_LIBRARIES_MISSING: Final = 3
_ONE_AT_A_TIME: Final = Lock()
"""A diary of years takes ten seconds and 400 MB: two at once would take it from those who write."""
LONGEST_WAIT: Final = 5.0
LONGEST_MAKING: Final = 60.0
"""Seconds."""


class NoPaper(DiaryError):
    """No PDF can be made, here or just now; the sentence says why."""


def paper_of(page: str, *, styles: str = "paper") -> bytes:
    """Return `page`, a whole HTML document with language and title, as a PDF for people and screen readers (PDF/UA-1).

    `styles` is one of `STYLES`.

    Raises:
        NoPaper: a library of the system is missing, another file is being made, or this one takes too long.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=LONGEST_WAIT):
        raise NoPaper(Sentence("Another PDF is being made. Try again in a minute, or open the page to print."))
    try:
        made = _made_elsewhere(page, styles)
    except subprocess.TimeoutExpired as late:
        raise NoPaper(Sentence("This PDF takes too long to make. Open the page to print instead.")) from late
    finally:
        _ONE_AT_A_TIME.release()
    if made.returncode == _LIBRARIES_MISSING:
        raise NoPaper(Sentence("This server cannot make PDF files. Open the page to print instead."))
    made.check_returncode()
    return made.stdout


def _made_elsewhere(page: str, styles: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "diary.exchange.paper", styles],
        cwd=_FOLDER,
        input=page.encode(),
        capture_output=True,
        timeout=LONGEST_MAKING,
        check=False,
    )


def _laid_out(library: Any, page: str, styles: str) -> bytes:
    """Lay `page` out with the library WeasyPrint."""
    fetch = _refuse_every(library)
    file = Path(__file__).with_name(f"{STYLES[STYLES.index(styles)]}.css")
    sheet = library.CSS(string=file.read_text(encoding="utf-8"), url_fetcher=fetch)
    document = library.HTML(string=page, url_fetcher=fetch)
    made: bytes = document.write_pdf(stylesheets=[sheet], pdf_variant="pdf/ua-1")
    return made


def _refuse_every(library: Any) -> Any:
    """Return a fetcher that fetches nothing: no address, no file, no data."""

    class Nothing(library.urls.URLFetcher):  # type: ignore[misc]
        """Refuses whatever is asked for."""

        def fetch(self, _url: str, _headers: Any = None) -> Any:
            """Refuse.

            Raises:
                ValueError: always.
            """
            raise ValueError("Nothing is fetched for a PDF.")

    return Nothing()


def main() -> int:
    """Lay one page out; the exit status says whether the libraries of the system are there."""
    try:
        import weasyprint  # noqa: PLC0415 (only in the process that lays out)
    except (ImportError, OSError):
        return _LIBRARIES_MISSING
    sys.stdout.buffer.write(_laid_out(weasyprint, sys.stdin.buffer.read().decode(), sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
