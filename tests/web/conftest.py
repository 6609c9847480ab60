"""A clinic whose people sign in."""

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from tests.conftest import TestClock
from tests.web.people import House, a_house


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests; otherwise every new application compiles its own."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def house(app: Flask, clock: TestClock, compiled_templates: FileSystemBytecodeCache) -> House:
    """Pain clinic West, with its numbers."""
    app.jinja_env.bytecode_cache = compiled_templates
    return a_house(app, clock)
