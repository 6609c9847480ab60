"""A PDF of ours can be heard as well as read, and nothing is fetched for it."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from diary.exchange import paper
from diary.exchange.paper import NoPaper, paper_of
from diary.settings import ROOT
from tests.exchange.pdf_reading import read_paper

PAGE = """<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Mijn dagen</title></head><body>
<h1>Mijn dagen</h1><h2>Maart</h2>
<svg viewBox="0 0 9 9" width="90" height="90"><title>A chart</title><path d="M0 0H9"/></svg>
<table><thead><tr><th scope="col">Dag</th><th scope="col">Cijfer</th></tr></thead>
<tbody><tr><th scope="row">1 maart</th><td>7</td></tr></tbody></table>%s</body></html>"""


def test_it_says_its_language_its_title_and_what_each_part_is():
    made = paper_of(PAGE % "")
    read = read_paper(made)
    assert 'pdfuaid:part="1"' in read.objects
    assert "/Lang (nl)" in read.objects
    assert "/Title (Mijn dagen)" in read.objects
    for tag in ("/H1", "/H2", "/Table", "/TR", "/TH", "/TD", "/Figure"):
        assert f"/S {tag}" in read.objects, tag
    assert "/Alt (A chart)" in read.objects
    assert "/DisplayDocTitle true" in read.objects
    assert read.pages[0][:6] == ["Mijn dagen", "Maart", "Dag", "Cijfer", "1 maart", "7"]


def test_its_pages_are_numbered():
    read = read_paper(paper_of(PAGE % ("<p>Once more.</p>" * 120)))
    assert len(read.pages) > 1
    last = len(read.pages)
    assert [page[-1] for page in read.pages] == [f"{number} / {last}" for number in range(1, last + 1)]


def test_nothing_is_fetched_whatever_stands_in_the_page(tmp_path):
    asked, secret = [], tmp_path / "secret.txt"
    secret.write_text("body { color: red }")

    class Trap(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    host = f"http://127.0.0.1:{server.server_port}"
    hostile = (
        f'<img alt="x" src="{host}/image.png"><link rel="stylesheet" href="{host}/style.css">'
        f'<object data="{host}/object.svg"></object><style>@import "{host}/import.css"; '
        f"p {{ background: url({host}/back.png) }} @font-face {{ font-family: x; src: url({host}/font.woff) }}</style>"
        f'<link rel="attachment" href="{secret.as_uri()}"><img alt="y" src="data:image/svg+xml,%3Csvg/%3E"><p>end</p>'
    )
    try:
        made = paper_of(PAGE % hostile.replace("%", "%%") % ())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert asked == []
    assert "end" in read_paper(made).words
    assert b"EmbeddedFile" not in made
    assert "EmbeddedFile" not in read_paper(made).objects


def test_the_server_itself_never_loads_the_library():
    code = "import sys, wsgi, diary.exchange.paper as p; p.paper_of('<p>x</p>'); print('weasyprint' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_the_libraries_of_the_system_it_says_what_to_do_instead(monkeypatch, tmp_path):
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango-1.0-0')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(NoPaper, match="Open the page to print instead"):
        paper_of(PAGE % "")


def test_only_one_is_made_at_a_time_and_nobody_waits_long(monkeypatch):
    monkeypatch.setattr(paper, "LONGEST_WAIT", 0.05)
    with paper._ONE_AT_A_TIME, pytest.raises(NoPaper, match="Try again in a minute"):
        paper_of(PAGE % "")


def test_one_that_takes_too_long_is_given_up_and_the_next_one_is_made(monkeypatch):
    monkeypatch.setattr(paper, "LONGEST_MAKING", 0.01)
    with pytest.raises(NoPaper, match="takes too long"):
        paper_of(PAGE % "")
    monkeypatch.undo()
    assert paper_of(PAGE % "")
