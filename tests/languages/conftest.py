"""A clinic whose people sign in, as in the tests of the pages."""

from tests.web.conftest import compiled_templates, house

__all__ = ["compiled_templates", "house"]
