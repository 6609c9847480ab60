"""Addresses that browsers hand us: push services that are known are written to, and nothing else is knocked at."""

import socket
from ipaddress import ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from diary.messaging.problems import NotReached
from diary.messaging.push_services import ForeignAddress, PushServices, is_public

STRICT = PushServices(("push.clinic.example", "*.up.example"))
NEARBY = PushServices(nearby=True)

KNOWN = [
    "https://fcm.googleapis.com/fcm/send/eV8:APA91bF-x_y",
    "https://fcm.googleapis.com/wp/x",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
    "https://web.push.apple.com/QGuQ",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2fx%3d%3d&a=b",
    "https://fcm.googleapis.com:443/x",
    "https://push.clinic.example/x",
    "https://a.b.up.example/x",
]
HOSTILE = [
    "http://169.254.169.254/latest/meta-data/",
    "https://169.254.169.254/",
    "https://localhost/x",
    "https://127.0.0.1/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0177.0.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://[fd00::1]/x",
    "https://0/x",
    "https://10.0.0.5/x",
    "https://192.168.1.1/x",
    "https://user@fcm.googleapis.com/x",
    "https://user:word@fcm.googleapis.com/x",
    "https://fcm.googleapis.com@evil.example/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:22/x",
    "https://fcm.googleapis.com:/x",
    "https://fcm.googleapis.com:00443:1/x",
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil-fcm.googleapis.com/x",
    "https://evil.fcm.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://.notify.windows.com/x",
    "https://up.example/x",
    "https://evil.example/fcm.googleapis.com",
    "https://evil.example#@fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x#y",
    "https://fcm.googleapis.com\\@evil.example/x",
    "https://evil.example\\.fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\r\nHost: evil.example",
    "https://fcm.googleapis.com/x y",
    "https://fcm.googleapis.com/x\n",
    "https://FCM.googleapis.com/x",
    "https://fcm.googleapis.com./x",
    "https://fcm。googleapis。com/x",
    "https://fcm.googleapis.com%2eevil.example/x",
    "HTTPS://fcm.googleapis.com/x",
    "ftp://fcm.googleapis.com/x",
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "javascript:alert(1)",
    "",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/" + "x" * 1000,
    "https://push.services.mozilla.com.evil.example/x",
]


@pytest.mark.parametrize("address", KNOWN)
def test_the_services_of_the_known_browsers_are_written_to(address):
    read = STRICT.read(address)
    assert (read.scheme, read.port) == ("https", 443)
    assert address.replace(":443", "") == read.origin + read.path
    assert read.path not in repr(read)


@pytest.mark.parametrize("address", HOSTILE)
def test_nothing_else_is_knocked_at(address):
    for services in (STRICT, PushServices()):
        with pytest.raises(ForeignAddress) as refused:
            services.read(address)
        assert address not in str(refused.value) or not address


@pytest.mark.parametrize("address", ["http://127.0.0.1:8123/x", "https://localhost:9/x", "http://localhost/x"])
def test_a_service_on_this_machine_will_do_for_development_only(address):
    read = NEARBY.read(address)
    assert NEARBY.places_of(read, resolve=None) == ["127.0.0.1"]
    with pytest.raises(ForeignAddress):
        STRICT.read(address)


@pytest.mark.parametrize(
    "address",
    [*(one for one in HOSTILE if "localhost" not in one and "//127.0.0.1/" not in one), "http://127.0.0.1:0/x"],
)
def test_development_opens_no_other_door(address):
    with pytest.raises(ForeignAddress):
        NEARBY.read(address)


@given(st.text(max_size=60) | st.builds("https://{}/{}".format, st.text(max_size=30), st.text(max_size=30)))
@example("https://٣.fcm.googleapis.com/")
def test_whatever_is_sent_is_one_of_ours_or_refused(address):
    try:
        read = STRICT.read(address)
    except ForeignAddress:
        return
    assert read.host in ("fcm.googleapis.com", "push.clinic.example") or "." in read.host
    assert address.isascii()


def resolving(*places):
    """Return a resolver that finds these addresses for every name."""

    def resolve(host, port, **_how):
        assert host == "fcm.googleapis.com"
        return [
            (socket.AF_INET6 if ":" in place else socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))
            for place in places
        ]

    return resolve


FCM = STRICT.read(KNOWN[0])
PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.7", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",  # noqa: S104
    "255.255.255.255", "198.18.0.1", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd12::1",
    "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001:db8::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "64:ff9b:1::1",
]  # fmt: skip


@pytest.mark.parametrize("place", PRIVATE)
def test_a_known_name_that_leads_into_our_own_network_is_not_followed(place):
    with pytest.raises(NotReached) as met:
        STRICT.places_of(FCM, resolve=resolving(place))
    assert met.value.why == "private_address"
    with pytest.raises(NotReached):
        STRICT.places_of(FCM, resolve=resolving("142.250.74.10", place))


@pytest.mark.parametrize("place", ["142.250.74.10", "2a00:1450:4001:82b::200a", "64:ff9b::8efa:4a0a"])
def test_public_addresses_are_followed(place):
    assert is_public(ip_address(place))
    assert STRICT.places_of(FCM, resolve=resolving(place)) == [place]


def test_one_place_of_each_kind_is_tried_in_the_order_they_came():
    found = ["2a00:1450::1", "2a00:1450::2", "142.250.74.10", "142.250.74.11"]
    assert STRICT.places_of(FCM, resolve=resolving(*found)) == ["2a00:1450::1", "142.250.74.10"]
    assert STRICT.places_of(FCM, resolve=resolving(*found[::-1])) == ["142.250.74.11", "2a00:1450::2"]


def test_a_name_that_is_not_found_waits():
    def unknown(*_args, **_how):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(NotReached) as met:
        STRICT.places_of(FCM, resolve=unknown)
    assert met.value.why == "not_found"
    with pytest.raises(NotReached):
        STRICT.places_of(FCM, resolve=resolving())


def test_what_was_looked_up_is_what_is_connected_to(monkeypatch):
    """A second look at the name could lead elsewhere: there is none."""
    from diary.messaging import push_connection  # noqa: PLC0415

    seen = []

    def connect(place, **_how):
        seen.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(push_connection.socket, "create_connection", connect)
    monkeypatch.setattr(push_connection.socket, "getaddrinfo", None)
    with pytest.raises(NotReached):
        push_connection.hand_over(FCM, ["142.250.74.10", "2a00:1450::1"], {}, b"")
    assert seen == [("142.250.74.10", 443), ("2a00:1450::1", 443)]
