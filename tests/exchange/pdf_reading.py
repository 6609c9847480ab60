"""What stands in a PDF of ours, read back without the library that laid it out."""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

STREAM = re.compile(rb"(\d+) 0 obj\n(<<[^\n]*?/Length (\d+)[^\n]*?>>)\nstream\n")
GLYPHS = re.compile(rb"<([0-9a-f]{4})> <([0-9a-f]+)>")
MARKED = re.compile(rb"BDC(.*?)EMC", re.DOTALL)
SHOWN = re.compile(rb"/(\w+) [\d.]+ Tf\n\[(.*?)\] TJ", re.DOTALL)


@dataclass(frozen=True)
class Paper:
    """A PDF: the tagged words of each page in their order, the number of the page last, and its objects as written."""

    pages: list[list[str]]
    objects: str

    @property
    def words(self) -> str:
        """All words."""
        return " ".join(word for page in self.pages for word in page)

    def rows(self, columns: int, *, starting: str) -> Iterator[list[str]]:
        """Return the rows of tables with so many columns whose first cell looks like `starting`."""
        for page in self.pages:
            for place, cell in enumerate(page):
                if re.fullmatch(starting, cell) and place + columns <= len(page):
                    yield page[place : place + columns]


def read_paper(pdf: bytes) -> Paper:
    """Read a PDF."""
    assert pdf.startswith(b"%PDF-")
    streams, packed = {}, []
    for number, head, body in _streams(pdf):
        streams[number] = body
        if b"/ObjStm" in head or b"<?xpacket" in body:
            packed.append(body)
    objects = b"\n".join(packed)
    fonts = {
        name: _letters(streams[int(number)])
        for name, number in re.findall(rb"/BaseFont /(\w+)\+[^/]*/ToUnicode (\d+) 0 R", objects)
    }
    laid_out = [body for body in streams.values() if b"\nBT\n" in body and b"MCID" in body]
    return Paper([_marked_words(body, fonts) for body in laid_out], objects.decode("latin-1"))


def _streams(pdf: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, dictionary and content of each stream."""
    place = 0
    while found := STREAM.search(pdf, place):
        place = found.end() + int(found[3])
        content = pdf[found.end() : place]
        yield int(found[1]), found[2], zlib.decompress(content) if b"/FlateDecode" in found[2] else content


def _letters(table: bytes) -> dict[bytes, str]:
    return {glyph: bytes.fromhex(code.decode()).decode("utf-16-be") for glyph, code in GLYPHS.findall(table)}


def _marked_words(body: bytes, fonts: dict[bytes, dict[bytes, str]]) -> list[str]:
    """Return the words of each piece of that kind; the lines of one piece are joined by a space."""
    found = []
    for piece in MARKED.findall(body):
        lines = ["".join(fonts[font][glyph] for glyph in _glyphs(shown)) for font, shown in SHOWN.findall(piece)]
        if lines:
            found.append(" ".join(lines))
    return found


def _glyphs(shown: bytes) -> Iterator[bytes]:
    for run in re.findall(rb"<([0-9a-f]+)>", shown):
        yield from (run[place : place + 4] for place in range(0, len(run), 4))
