"""Digests of the blocks of a file, in a process of its own: `python block_digests.py FILE` prints them as JSON.

A process that opens and closes an SQLite file by itself loses every lock that it has on it through SQLite.
"""

import hashlib
import json
import sys
from pathlib import Path

BLOCK = 64 * 1024
HEADER = 100


def digests_of(file: Path) -> dict[str, object]:
    """Return the first hundred bytes of the file as hex, and the digest of each block of 64 KiB."""
    blocks: list[str] = []
    header = b""
    with file.open("rb", buffering=0) as held:
        while block := held.read(BLOCK):
            header = header or block[:HEADER]
            blocks.append(hashlib.blake2b(block, digest_size=16).hexdigest())
    return {"header": header.hex(), "blocks": blocks}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests_of(Path(sys.argv[1]))))
