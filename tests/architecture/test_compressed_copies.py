"""The compressed copies in static/ say the same as the files beside them."""

import gzip
from pathlib import Path

import brotli
import pytest

STATIC = Path(__file__).parents[2] / "static"
FILES = sorted(path for kind in ("*.css", "*.js") for path in STATIC.rglob(kind))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_compressed_copy_is_what_it_is_a_copy_of(file):
    content = file.read_bytes()
    assert brotli.decompress(Path(f"{file}.br").read_bytes()) == content, "run script/design"
    assert gzip.decompress(Path(f"{file}.gz").read_bytes()) == content, "run script/design"
