"""Mail handed to a real server: as the settings ask, once, plainly, and with a clear answer when it is not taken."""

import re
import threading
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from diary.mail_server import Encryption, read_mail_server
from diary.messaging import mail as mail_module
from diary.messaging.mail import Mail, send, written
from diary.messaging.problems import Delayed, NotReached, TurnedDown, Unclear
from tests.messaging.post_office import PASSWORD, USER, free_port, open_post_office, self_made_certificate

NOON = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)
LETTER = Mail("ana@home.example", "Your invitation", "Open this link:\n\n.hidden dot\nhttps://x.example/a", "stable-1")
QUOTED = "diary%40clinic.example:p%40ss%2Fword"


def server(url):
    return read_mail_server(url, "diary.clinic.example")


def sent(office, letter=LETTER, url=""):
    send(server(url or office.url), letter, at=NOON)
    return office.taken[-1]


@pytest.fixture
def office():
    with open_post_office() as opened:
        yield opened


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(mail_module, "PATIENCE", 0.2)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_made_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
    return certificate[0]


def test_a_mail_arrives_as_it_was_written(office):
    got = sent(office)
    assert (got["To"], got["Subject"]) == ("ana@home.example", "Your invitation")
    assert got["From"] == "Ebb <diary@clinic.example>"
    assert got["Date"].datetime == NOON
    assert got["Message-ID"] == "<stable-1@clinic.example>"
    assert got["Auto-Submitted"] == "auto-generated"
    assert (got.get_content_type(), got.is_multipart()) == ("text/plain", False)
    assert got.get_content().splitlines() == LETTER.text.splitlines()
    (envelope,) = office.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("diary@clinic.example", ["ana@home.example"])


def test_the_message_id_is_the_same_each_time_it_is_tried(office):
    assert [sent(office)["Message-ID"] for _ in range(2)] == ["<stable-1@clinic.example>"] * 2
    long = server("smtp://mail?from=diary@" + ".".join(["clinic" * 5] * 6) + ".example")
    octets = written(long, LETTER, at=NOON).as_bytes()
    assert b"<stable-1@" + long.sender.partition("@")[2].encode() + b">" in octets


def test_words_of_all_languages_arrive(office):
    subject = "Uitnodiging für Zoë – 招待 " * 5
    got = sent(office, Mail("ana@köln.example", subject, "Día señalado\n痛み", "x"))
    assert got["Subject"] == subject.strip()
    assert got.get_content().splitlines() == ["Día señalado", "痛み"]
    assert got["To"] == "ana@xn--kln-sna.example"


def test_starttls_protects_the_way_and_the_sign_in(trusted):
    with open_post_office(certificate=trusted, signed_in=True) as office:
        sent(office, url=f"smtp://{QUOTED}@127.0.0.1:{office.port}?starttls=1")
        assert office.taken[0]["From"].addresses[0].addr_spec == USER
        with pytest.raises(NotReached) as refused:
            sent(office, url=f"smtp://{USER.replace('@', '%40')}:wrong@127.0.0.1:{office.port}?starttls=1")
    assert refused.value.why == "sign_in_refused"
    assert "wrong" not in str(refused.value)
    assert len(office.taken) == 1
    assert PASSWORD not in repr(server(f"smtp://{QUOTED}@mail"))


def test_encryption_from_the_first_byte(trusted):
    with open_post_office(certificate=trusted, tls=True) as office:
        sent(office, url=f"smtps://localhost:{office.port}")
    assert len(office.taken) == 1


def test_a_certificate_that_nobody_trusts_gets_no_mail(certificate):
    with open_post_office(certificate=certificate[0]) as office, pytest.raises(NotReached) as refused:
        sent(office, url=f"smtp://127.0.0.1:{office.port}?starttls=1")
    assert refused.value.why == "certificate"
    assert not office.taken


def test_mail_never_goes_in_the_open_where_encryption_was_asked(office):
    with pytest.raises(NotReached) as refused:
        sent(office, url=f"smtp://127.0.0.1:{office.port}?starttls=1")
    assert refused.value.why == "not_offered"
    assert not office.taken


REFUSALS = [
    ({"recipient_answers": {LETTER.to: "550 ana@home.example is unknown"}}, TurnedDown, "recipient_refused"),
    ({"recipient_answers": {LETTER.to: "451 later"}}, Delayed, "later"),
    ({"answer": "554 no"}, TurnedDown, "mail_refused"),
    ({"answer": "452 full"}, Delayed, "later"),
    ({"answer": "421 going down"}, NotReached, "not_now"),
    ({"sender_answer": "553 not you"}, NotReached, "sender_refused"),
    ({"cut_at": "RCPT"}, Delayed, "cut"),
    ({"cut_at": "DATA"}, Unclear, "unclear"),
]


@pytest.mark.parametrize(("behaviour", "problem", "why"), REFUSALS)
def test_what_was_refused_is_told_apart(behaviour, problem, why):
    with open_post_office(**behaviour) as office, pytest.raises(problem) as met:
        sent(office)
    assert (type(met.value), met.value.why) == (problem, why)
    assert "ana" not in met.value.why


def test_a_server_that_is_down_is_told(impatient):
    with pytest.raises(NotReached) as met:
        sent(None, url=f"smtp://127.0.0.1:{free_port()}")
    assert met.value.why == "not_reached"


def test_a_server_that_says_nothing_when_it_has_the_mail_may_have_taken_it(impatient):
    with open_post_office(hold=threading.Event()) as office, pytest.raises(Unclear):
        sent(office)
    assert len(office.taken) == 1


def test_a_server_that_is_slow_for_too_long_altogether_is_left(monkeypatch):
    monkeypatch.setattr(mail_module, "LONGEST", 0.2)
    with open_post_office(hold=threading.Event()) as office, pytest.raises(Unclear):
        sent(office)


TO = server("smtp://mail?from=diary@clinic.example")
HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"]
BODY = ["MIME-Version", "Content-Type", "Content-Transfer-Encoding"]
HOSTILE = st.text(st.one_of(st.sampled_from("\r\n\0\t :,;<>@\"'=?.\x85\u2028\u202e\ud800"), st.characters()))


@given(subject=HOSTILE, text=HOSTILE)
@example("x\r\nBcc: eve@home.example", "a\r\n.\r\nMAIL FROM:<eve@home.example>")
@example("=?utf-8?q?x=0ABcc:_eve@home.example?=", "")
@example("ü" * 300 + "\nBcc: eve@home.example", "")
def test_no_word_reaches_a_header_or_ends_the_mail(subject, text):
    octets = written(TO, Mail("ana@home.example", subject, text, "x"), at=NOON).as_bytes()
    head, _, body = octets.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in (b" ", b"\t")]
    assert [name for name in names if name not in BODY] == HEADERS
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", octets)
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 998
    assert body.endswith(b"\r\n")


@given(to=st.one_of(HOSTILE, st.builds("{}@{}".format, HOSTILE, HOSTILE), st.emails()))
@example("ana@home.example\r\nBcc: eve@home.example")
@example("ana@home.example,eve@home.example")
@example("ana@home.example\n")
@example("a..b@home.example")
@example("ana@⑴.example")
@example("=?utf-8?q?x=0aeve?=@home.example")
def test_an_address_is_one_address_or_refused(to):
    try:
        message = written(TO, Mail(to, "s", "t", "x"), at=NOON)
    except TurnedDown:
        return
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", message.as_bytes())
    (only,) = message["To"].addresses
    assert re.fullmatch(r"[!-~]+@[a-z0-9.-]+", only.addr_spec, re.IGNORECASE)
    assert only.addr_spec.partition("@")[0] == to.rpartition("@")[0]


def test_a_lone_dot_does_not_end_the_mail(office):
    got = sent(office, Mail(LETTER.to, "s", "one\n.\ntwo\n..three", "x"))
    assert got.get_content().splitlines() == ["one", ".", "two", "..three"]


READ = [
    ("smtp://mail", ("mail", 25, Encryption.NONE, "diary@diary.clinic.example", "", "")),
    ("smtp://mail?starttls=1", ("mail", 587, Encryption.STARTTLS, "diary@diary.clinic.example", "", "")),
    ("smtps://mail/?starttls=0", ("mail", 465, Encryption.TLS, "diary@diary.clinic.example", "", "")),
    ("smtp://u:p%40@[::1]:2525", ("::1", 2525, Encryption.NONE, "diary@diary.clinic.example", "u", "p@")),
    ("smtp://a%40b.example:p@mail", ("mail", 25, Encryption.NONE, "a@b.example", "a@b.example", "p")),
    ("smtp://mail?from=x@münchen.example", ("mail", 25, Encryption.NONE, "x@xn--mnchen-3ya.example", "", "")),
]


@pytest.mark.parametrize(("url", "wanted"), READ)
def test_the_address_of_a_server_is_read(url, wanted):
    read = server(url)
    assert (read.host, read.port, read.encryption, read.sender, read.user, read.password) == wanted


@pytest.mark.parametrize("served_as", ["127.0.0.1", "::1", ""])
def test_an_installation_without_a_name_sends_as_localhost(served_as):
    assert read_mail_server("smtp://mail", served_as).sender == "diary@localhost"


@given(url=st.one_of(HOSTILE, st.builds("smtp://{}:{}@{}:{}?{}".format, HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE)))
@example("smtp://[::1")
@example("smtp://user:p@" + "a" * 64)
def test_an_address_that_cannot_be_read_is_refused_in_one_sentence(url):
    try:
        read = server(url)
    except ValueError as refused:
        said = str(refused)
    else:
        said = f"DIARY_MAIL_URL is read: {read.port}"
        assert 0 < read.port <= 65535
        assert read.host.isascii()
    assert said.startswith("DIARY_MAIL_URL ")
