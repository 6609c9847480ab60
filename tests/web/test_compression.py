"""Pages are compressed for whoever asked for them, and never for another site that made a browser ask."""

import gzip

import brotli
import pytest
from flask import Flask

FROM_THE_PERSON = {"Sec-Fetch-Site": "none", "Accept-Encoding": "gzip, br"}


@pytest.fixture
def client(app: Flask):
    return app.test_client()


def test_a_page_that_somebody_opens_comes_compressed_and_is_the_same_page(client) -> None:
    plain = client.get("/about")
    small = client.get("/about", headers=FROM_THE_PERSON)
    assert small.headers["Content-Encoding"] == "br"
    assert brotli.decompress(small.data) == plain.data
    assert int(small.headers["Content-Length"]) == len(small.data) < len(plain.data) / 2


def test_an_older_browser_is_given_gzip_and_one_that_knows_none_the_page_as_it_is(client) -> None:
    plain = client.get("/about", headers={"Sec-Fetch-Site": "none"})
    assert "Content-Encoding" not in plain.headers
    old = client.get("/about", headers={"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip"})
    assert old.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(old.data) == plain.data


@pytest.mark.parametrize("asked_by", ["cross-site", "same-site", "Cross-Site", "", None])
def test_what_another_site_asks_for_tells_nothing_by_its_length(client, asked_by) -> None:
    headers = {"Accept-Encoding": "gzip, br"} | ({} if asked_by is None else {"Sec-Fetch-Site": asked_by})
    assert "Content-Encoding" not in client.get("/about", headers=headers).headers


def test_whoever_keeps_answers_is_told_what_they_depend_on(client) -> None:
    assert {"Accept-Encoding", "Sec-Fetch-Site"} <= set(client.get("/about", headers=FROM_THE_PERSON).vary)


def test_short_answers_and_files_are_left_alone(client) -> None:
    assert "Content-Encoding" not in client.get("/healthz", headers=FROM_THE_PERSON).headers
    assert "Content-Encoding" not in client.get("/sync/state", headers=FROM_THE_PERSON).headers
