"""Makes a screenshot small: a PNG with a palette of the 256 colours that it needs most."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST = 256
Colour = tuple[int, int, int]


def with_few_colours(png: bytes) -> bytes:
    """Return an RGB screenshot with at most 256 colours; the rare ones become the nearest of those kept."""
    chunks = list(_chunks(png))
    width, height, depth, kind = struct.unpack(">IIBB", chunks[0][1][:10])
    assert (depth, kind) == (8, 2), "a screenshot has eight bits each of red, green and blue"
    lines = _lines(zlib.decompress(b"".join(body for name, body in chunks if name == b"IDAT")), 3 * width, height)
    rows = [list(zip(line[::3], line[1::3], line[2::3], strict=True)) for line in lines]
    palette, place = _palette(Counter(pixel for row in rows for pixel in row))
    pixels = b"".join(b"\0" + bytes(place[pixel] for pixel in row) for row in rows)
    parts = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", b"".join(bytes(colour) for colour in palette)),
        (b"IDAT", zlib.compress(pixels, 9)),
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(_chunk(name, body) for name, body in parts)


def _palette(used: Counter[Colour]) -> tuple[list[Colour], dict[Colour, int]]:
    kept = [colour for colour, _times in used.most_common(MOST)]
    place = {colour: number for number, colour in enumerate(kept)}
    for colour in used:
        if colour not in place:
            place[colour] = min(range(len(kept)), key=lambda number: _apart(kept[number], colour))
    return kept, place


def _apart(one: Colour, other: Colour) -> int:
    return sum((mine - yours) ** 2 for mine, yours in zip(one, other, strict=True))


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def _lines(raw: bytes, size: int, height: int) -> Iterator[bytearray]:
    """Yield the lines of a picture with their filters undone (PNG specification, section 9)."""
    above = bytearray(size)
    for number in range(height):
        start = number * (size + 1)
        line = bytearray(raw[start + 1 : start + 1 + size])
        _undo(raw[start], line, above)
        yield line
        above = line


def _undo(kind: int, line: bytearray, above: bytearray) -> None:
    for at in range(len(line) if kind else 0):
        left, corner = (line[at - 3], above[at - 3]) if at >= 3 else (0, 0)
        guess = (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]
        line[at] = (line[at] + guess) & 255


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
