"""Web push handed to a real service: readable by one browser only, under our name, and with a clear answer."""

import json
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from http_ece import ECEException
from hypothesis import given
from hypothesis import strategies as st

from diary.messaging import push as module
from diary.messaging import push_connection
from diary.messaging.problems import Delayed, Gone, PutOff, TurnedDown, Unclear
from diary.messaging.push import (
    PLAIN,
    NoSubscription,
    PushSender,
    Subscription,
    encrypted,
    named,
    padded,
    send,
    topic_of,
)
from diary.messaging.push_services import PushServices
from tests.messaging.post_office import free_port, self_made_certificate
from tests.messaging.push_service import NOON, Browser, claims_of, octets_of, open_push_service

PAYLOAD = {"title": "Title", "body": "Body – día", "url": "https://diary.example/r/x", "tag": "ebb-day"}
UNTIL = NOON + timedelta(hours=6)
SENDER = PushSender(PushServices(nearby=True), ec.generate_private_key(ec.SECP256R1()), "mailto:ebb@localhost")


@pytest.fixture
def service():
    with open_push_service() as opened:
        yield opened


@pytest.fixture(autouse=True)
def rested():
    module._resting.__init__()


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(push_connection, "PATIENCE", 0.3)


def hand_over(browser, payload=PAYLOAD, *, at=NOON, until=UNTIL, sender=SENDER):
    send(sender, Subscription.read(browser.subscription), payload, until=until, at=at)


def met(problem, browser, **how):
    with pytest.raises(problem) as raised:
        hand_over(browser, **how)
    return raised.value


def test_the_example_of_the_standard():
    """RFC 8291, section 5."""
    browser = Subscription(
        "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
        octets_of("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        octets_of("BTBZMqHH6r4Tts7J_aSIgg"),
    )
    number = int.from_bytes(octets_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    key = ec.derive_private_key(number, ec.SECP256R1())
    sealed = encrypted(
        b"When I grow up, I want to be a watermelon", browser, key=key, salt=octets_of("DGv6ra1nlYgDCS1FRnbzlw")
    )
    assert sealed == octets_of(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
        "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(title=WORDS, body=WORDS)
def test_whatever_is_said_the_browser_reads_it_and_its_length_says_nothing(title, body):
    browser = Browser("https://push.example/x")
    sealed = encrypted(padded({"title": title, "body": body}), Subscription.read(browser.subscription))
    assert json.loads(browser.plain(sealed)) == {"title": title, "body": body}
    assert len(sealed) == 86 + PLAIN + 17 <= 4096


def test_what_is_longer_than_all_is_refused_before_it_leaves(service):
    fits = {"title": "x" * (PLAIN - len('{"title":""}'))}
    assert len(padded(fits)) == PLAIN
    assert met(TurnedDown, service.a_browser(), payload={"title": fits["title"] + "x"}).why == "too_long"
    assert not service.knocked


def test_a_message_arrives_as_the_standards_ask(service):
    browser = service.a_browser()
    hand_over(browser)
    (taken,) = service.taken
    assert browser.read(taken) == PAYLOAD
    assert taken.ttl == 6 * 3600
    assert taken.headers["Urgency"] == "high"
    assert (taken.headers["Host"], taken.headers["Content-Length"]) == (service.url[7:], str(len(taken.body)))
    assert not service.complaints
    assert "User-Agent" not in taken.headers


def test_only_the_browser_that_subscribed_can_read_it(service):
    one, other = service.a_browser(), service.a_browser()
    hand_over(one)
    with pytest.raises(ECEException):
        other.plain(service.taken[0].body)
    for words in ("Title", "diary.example", "ebb-day"):
        assert words.encode() not in service.taken[0].in_the_open


def test_no_two_messages_look_alike_though_they_say_the_same(service):
    browser = service.a_browser()
    hand_over(browser)
    hand_over(browser)
    first, second = (taken.body for taken in service.taken)
    assert len(first) == len(second)
    assert first[:86] != second[:86]
    assert first[86:] != second[86:]


def test_a_later_message_of_the_same_tag_takes_the_place_of_the_earlier_one(service):
    browser, other = service.a_browser(), service.a_browser()
    hand_over(browser)
    hand_over(browser, PAYLOAD | {"title": "Again"})
    hand_over(browser, PAYLOAD | {"tag": "ebb-other"})
    hand_over(other)
    assert len(service.taken) == 4
    waiting = [
        browser.read(taken)["title"] for (path, _), taken in service.waiting.items() if browser.endpoint.endswith(path)
    ]
    assert waiting == ["Again", "Title"]
    assert service.taken[0].topic == service.taken[1].topic == topic_of(browser.endpoint, "ebb-day")
    assert service.taken[0].topic != service.taken[3].topic
    assert len(service.taken[0].topic) <= 32


@pytest.mark.parametrize(
    ("until", "seconds"),
    [
        (NOON + timedelta(seconds=1.5), 1),
        (NOON, 0),
        (NOON - timedelta(hours=1), 0),
        (NOON + timedelta(days=90), 28 * 24 * 3600),
    ],
)
def test_the_service_keeps_it_as_long_as_it_is_of_use(service, until, seconds):
    hand_over(service.a_browser(), until=until)
    assert service.taken[0].ttl == seconds


def test_each_service_is_told_who_writes_for_some_hours_only():
    said = claims_of(named(SENDER, "https://fcm.googleapis.com", at=NOON)["Authorization"])
    assert said == {
        "aud": "https://fcm.googleapis.com",
        "exp": int((NOON + timedelta(hours=12)).timestamp()),
        "sub": "mailto:ebb@localhost",
    }


def test_another_key_is_another_sender():
    header = named(SENDER, "https://fcm.googleapis.com", at=NOON)["Authorization"]
    other = named(
        PushSender(PushServices(), ec.generate_private_key(ec.SECP256R1()), "mailto:a@b.example"),
        "https://fcm.googleapis.com",
        at=NOON,
    )["Authorization"]
    forged = header.partition(",k=")[0] + ",k=" + other.partition(",k=")[2]
    with pytest.raises(InvalidSignature):
        claims_of(forged)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_what_is_taken_is_taken(status):
    with open_push_service(status=status) as service:
        hand_over(service.a_browser())
    assert len(service.taken) == 1


REFUSALS = [
    (400, TurnedDown, "message_refused"),
    (401, TurnedDown, "sender_refused"),
    (403, TurnedDown, "sender_refused"),
    (404, Gone, "gone"),
    (410, Gone, "gone"),
    (413, TurnedDown, "too_long"),
    (418, TurnedDown, "message_refused"),
    (408, Delayed, "later"),
    (429, Delayed, "later"),
    (500, Delayed, "later"),
    (503, Delayed, "later"),
    (599, Delayed, "later"),
    (302, Delayed, "redirected"),
]


@pytest.mark.parametrize(("status", "problem", "why"), REFUSALS)
def test_what_was_refused_is_told_apart(status, problem, why):
    with open_push_service(status=status) as service:
        came = met(problem, service.a_browser())
    assert (type(came), came.why) == (problem, why)
    assert len(service.knocked) == 1
    assert "wpush" not in came.why


def test_a_dead_subscription_is_gone(service):
    browser = service.a_browser()
    service.forget(browser)
    assert met(Gone, browser).why == "gone"


def test_a_redirect_is_followed_by_nobody(service):
    with open_push_service(status=307, redirect_to=service.url) as other:
        assert met(Delayed, other.a_browser()).why == "redirected"
    assert not service.knocked


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Fri, 20 Mar 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Fri, 20 Mar 2026 11:00:00 GMT", timedelta()),
        ("999999999", timedelta(days=1)),
        ("9" * 500, timedelta()),
        ("-5", timedelta()),
        ("soon", timedelta()),
        ("Friday, 20-Mar-26 12:05:00 GMT", timedelta(minutes=5)),
        ("Fri Mar 20 12:05:00 2026", timedelta(minutes=5)),
        ("Fri, 40 Mar 2026 12:05:00 GMT", timedelta()),
        ("Fri, 20 Mar 99999 12:05:00 GMT", timedelta()),
        (None, timedelta()),
    ],
)
def test_a_service_that_asks_to_wait_is_given_the_time_within_reason(said, wait):
    with open_push_service(status=429, retry_after=said) as service:
        assert met(Delayed, service.a_browser()).after == wait


def test_a_service_that_is_down_is_left_alone_for_a_minute_and_holds_up_no_other(service):
    down = Browser(f"http://127.0.0.1:{free_port()}/x")
    came = met(Delayed, down)
    assert (type(came), came.why, came.after) == (Delayed, "not_reached", timedelta(minutes=1))
    later = NOON + timedelta(seconds=20)
    came = met(Delayed, down, at=later)
    assert (came.why, came.after) == ("resting", timedelta(seconds=40))
    hand_over(service.a_browser(), at=later)
    assert met(Delayed, down, at=NOON + timedelta(minutes=1)).why == "not_reached"
    assert met(Delayed, down, at=NOON - timedelta(hours=1)).why == "not_reached"


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("20", timedelta(seconds=20)),
        ("Fri, 20 Mar 2026 12:00:20 GMT", timedelta(seconds=20)),
        ("3600", timedelta(minutes=1)),
    ],
)
def test_a_service_that_is_busy_rests_as_long_as_it_asks_and_a_minute_at_most(service, status, said, rest):
    with open_push_service(status=status, retry_after=said) as busy:
        assert met(Delayed, busy.a_browser()).why == "later"
        a_moment_later = NOON + timedelta(seconds=5)
        for _ in range(3):  # others listen there too
            came = met(PutOff, busy.a_browser(), at=a_moment_later)
            assert (came.why, came.after) == ("resting", rest - timedelta(seconds=5))
        hand_over(service.a_browser(), at=a_moment_later)
        assert len(busy.knocked) == 1
        busy.status = 201
        hand_over(busy.a_browser(), at=NOON + rest)


@pytest.mark.parametrize(("status", "said"), [(429, None), (503, "soon"), (429, "0"), (500, "20"), (408, "20")])
def test_a_service_that_asks_for_no_rest_is_asked_for_the_next_phone(status, said):
    with open_push_service(status=status, retry_after=said) as service:
        for _ in range(2):
            assert met(Delayed, service.a_browser()).why == "later"
        assert len(service.knocked) == 2


def test_a_service_that_breaks_off_with_the_message_may_have_it():
    with open_push_service(hang_up=True) as service:
        assert met(Unclear, service.a_browser()).why == "unclear"
        assert len(service.taken) == 1


def test_a_service_that_says_nothing_may_have_it_and_is_left_alone(impatient):
    with open_push_service(hold=threading.Event()) as service:
        browser = service.a_browser()
        assert met(Unclear, browser).why == "slow"
        assert met(Delayed, browser).why == "resting"
        assert len(service.knocked) == 1


def test_a_service_that_never_takes_the_connection_is_left(impatient):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        filler = [socket.socket() for _ in range(4)]
        for one in filler:
            one.setblocking(False)
            one.connect_ex(deaf.getsockname())
        came = met((Delayed, Unclear), Browser(f"http://127.0.0.1:{deaf.getsockname()[1]}/x"))
        assert came.why == "slow"
        for one in filler:
            one.close()


def test_a_service_that_drips_its_answer_is_left_after_half_a_minute(monkeypatch):
    monkeypatch.setattr(push_connection, "LONGEST", 0.3)
    with open_push_service(hold=threading.Event()) as service:
        assert met(Unclear, service.a_browser()).why == "unclear"


def test_of_an_endless_answer_a_little_is_read():
    with open_push_service(status=500, endless=True) as service:
        came = met(Delayed, service.a_browser())
    assert len(str(came)) < 1000


def test_proxies_of_the_environment_are_not_asked(service, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    hand_over(service.a_browser())
    assert len(service.taken) == 1


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return self_made_certificate(tmp_path_factory.mktemp("certificate"))


def test_a_certificate_that_is_trusted_is_asked_for(certificate, monkeypatch):
    with open_push_service(certificate=certificate[0]) as service:
        browser = service.a_browser()
        assert met(Delayed, browser).why == "certificate"
        assert not service.knocked
        module._resting.__init__()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[1]))
        hand_over(browser)
        assert len(service.taken) == 1


def test_an_address_of_nobody_known_is_never_knocked_at(service):
    strict = PushSender(PushServices(), SENDER.key, SENDER.contact)
    assert met(TurnedDown, service.a_browser(), sender=strict).why == "address"
    assert not service.knocked


GOOD = Browser("https://push.example/x").subscription
BROKEN = [
    None,
    [],
    "x",
    {},
    {"endpoint": "https://push.example/x"},
    {"endpoint": "https://push.example/x", "keys": []},
    {**GOOD, "keys": {**GOOD["keys"], "auth": "AAAA"}},
    {**GOOD, "keys": {**GOOD["keys"], "auth": 7}},
    {**GOOD, "keys": {**GOOD["keys"], "auth": "é" * 22}},
    {**GOOD, "keys": {**GOOD["keys"], "p256dh": "A" * 87}},
    {**GOOD, "keys": {**GOOD["keys"], "p256dh": "BA" + "A" * 85}},
    {**GOOD, "endpoint": None},
    {**GOOD, "endpoint": 5},
]


@pytest.mark.parametrize("sent", BROKEN)
def test_what_is_no_subscription_is_refused(sent):
    with pytest.raises(NoSubscription):
        Subscription.read(sent)


def test_a_subscription_is_kept_as_it_was_sent_and_says_nothing_in_a_log():
    browser = Browser("https://push.example/very-secret")
    read = Subscription.read(browser.subscription)
    assert read.as_sent() == {name: browser.subscription[name] for name in ("endpoint", "keys")}
    padding = {"p256dh": GOOD["keys"]["p256dh"] + "=", "auth": GOOD["keys"]["auth"] + "=="}
    assert Subscription.read({**GOOD, "keys": padding}) == Subscription.read(GOOD)
    for secret in ("very-secret", str(browser.public), str(browser.secret)):
        assert secret not in repr(read)


def test_the_clock_of_the_service_and_ours_may_differ_by_hours():
    with open_push_service(now=lambda: datetime(2026, 3, 20, 21, 0, tzinfo=UTC)) as service:
        hand_over(service.a_browser())
        assert not service.complaints
