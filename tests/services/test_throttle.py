"""Wrong passwords make the next attempt wait, and a stranger's never make the owner wait."""

import threading
from datetime import timedelta
from functools import partial
from hashlib import sha256
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from diary import jobs
from diary.db import snapshot, transaction
from diary.errors import Expired, Invalid, Throttled
from diary.installation import Installation, installation
from diary.models import KnownDevice, SignInAttempts
from diary.security.passkeys import Site
from diary.security.passwords import Passwords
from diary.services import invites, invites_by_passkey, sign_in, throttle
from diary.services.ceremonies import Answer
from diary.services.devices import Visit, forget_what_is_old, remember_device
from diary.services.throttle import ACCOUNT, ADDRESS, DEVICE, OVERALL, network_of, waiting_time
from tests.beside import all_words
from tests.clinic_builders import AGREED, a_patient, subject
from tests.conftest import CHEAP
from tests.services.looking_in import everything_stored
from tests.services.side_by_side import side_by_side

NAME, PASSWORD, WRONG = "ana@home.example", "four words in a row", "a wrong password"
HOME = "192.0.2.7"


class CountingPasswords(Passwords):
    """Passwords that count how often one is looked at."""

    looked_at = 0

    def verify(self, stored, password):
        self.looked_at += 1
        return super().verify(stored, password)


@pytest.fixture
def passwords(app, clock):
    made = CountingPasswords(CHEAP)
    Installation(installation().settings, clock, made).put_into(app)
    return made


@pytest.fixture
def account_id(clinic, passwords, clock):
    token = invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock)), clock=clock)
    return invites.accept_invite(
        token, sign_in_name=NAME, password=PASSWORD, passwords=passwords, clock=clock, agreed=AGREED
    )


@pytest.fixture
def phone(account_id, clock):
    """The phone from which the patient has signed in before."""
    return remember_device(account_id, None, clock=clock)


def enter(clock, password=WRONG, *, name=NAME, address=HOME, device=None):
    visit = Visit(address, device)
    return sign_in.sign_in(name, password, visit=visit, passwords=installation().passwords, clock=clock)


def wait_of(clock, password=WRONG, **visit):
    """Return the seconds to wait that an attempt is answered with, or 0 when it was looked at."""
    try:
        enter(clock, password, **visit)
    except Throttled as refusal:
        return refusal.seconds
    return 0


def test_after_five_wrong_passwords_each_next_one_waits_twice_as_long(account_id, clock):
    for _ in range(4):
        assert enter(clock) is None
    waits = []
    for _ in range(11):
        assert enter(clock) is None
        waits.append(wait_of(clock))
        clock.move(seconds=waits[-1])
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_an_attempt_that_has_to_wait_is_not_looked_at_and_makes_nobody_wait_longer(account_id, passwords, clock):
    for _ in range(5):
        enter(clock)
    stored = everything_stored()
    assert [wait_of(clock, PASSWORD) for _ in range(20)] == [2] * 20
    assert passwords.looked_at == 5
    assert everything_stored() == stored
    clock.move(seconds=2)
    assert enter(clock, PASSWORD)


def test_a_name_in_other_letters_is_the_same_name(account_id, clock):
    for name in (NAME, NAME.upper(), f" {NAME}", f"{NAME}\t", NAME.title()):
        assert enter(clock, name=name) is None
    assert wait_of(clock, name=NAME) == 2


def test_wrong_passwords_are_forgotten_after_an_hour(account_id, clock):
    for _ in range(7):
        clock.move(seconds=wait_of(clock))
    clock.move(minutes=60)
    assert [wait_of(clock) for _ in range(6)] == [0, 0, 0, 0, 0, 2]


def test_wrong_passwords_are_not_forgotten_before(account_id, clock):
    for _ in range(5):
        enter(clock)
    clock.move(minutes=59)
    assert wait_of(clock) == 0
    assert wait_of(clock) == 4


def test_the_right_password_forgets_the_wrong_ones(account_id, clock):
    for _ in range(3):
        assert [enter(clock) for _ in range(4)] == [None] * 4
        assert enter(clock, PASSWORD)


def test_an_unknown_name_is_answered_as_a_known_one(account_id, passwords, clock):
    answers = {}
    for name in (NAME, "nobody@home.example"):
        before = passwords.looked_at
        answers[name] = ([wait_of(clock, name=name) for _ in range(8)], passwords.looked_at - before)
    assert answers[NAME] == answers["nobody@home.example"] == ([0] * 5 + [2] * 3, 5)


def test_thirty_names_from_one_network_are_enough(app, clock):
    for number in range(30):
        assert enter(clock, name=f"name{number}", address=f"192.0.2.{number}") is None
    assert wait_of(clock, name="name31", address="192.0.2.200") == 2
    assert wait_of(clock, name="name31", address="192.0.3.1") == 0


def test_a_whole_ward_may_sign_in_from_one_address(account_id, clock):
    for _ in range(35):
        assert enter(clock, PASSWORD)


def test_a_network_in_which_somebody_always_mistypes_is_not_made_to_wait_for_ever(app, clock):
    for number in range(100):
        assert wait_of(clock, name=f"name{number}") == 0
        clock.move(minutes=3)


def test_names_and_networks_by_the_hundred_make_strangers_wait_for_seconds_only(account_id, phone, clock):
    enter(clock, name="the first of three hundred", address="10.0.0.1")
    with transaction() as session:
        session.get_one(SignInAttempts, throttle._key(throttle.Counted(OVERALL))).attempts = 299
    assert enter(clock, name="the last of them", address="10.0.1.1") is None
    waits = []
    for number in range(5):
        waits.append(wait_of(clock, name=f"other{number}", address=f"10.1.{number}.1"))
        clock.move(seconds=waits[-1])
        assert enter(clock, name=f"other{number}", address=f"10.1.{number}.1") is None
    assert waits == [2, 4, 8, 8, 8]
    assert wait_of(clock, PASSWORD) == 8
    assert enter(clock, PASSWORD, device=phone)


def test_a_thousand_wrong_passwords_do_not_keep_the_owner_waiting(account_id, passwords, phone, clock):
    waits = []
    for _ in range(1000):
        waits.append(wait_of(clock))
        clock.move(seconds=5)
    assert passwords.looked_at == waits.count(0) < 25
    assert waits[-1] > 0
    assert enter(clock, PASSWORD, device=phone)


def test_a_known_device_is_counted_for_itself(account_id, phone, clock):
    assert [wait_of(clock, device=phone) for _ in range(11)] == [0] * 10 + [2]
    assert wait_of(clock) == 0
    clock.move(seconds=2)
    assert enter(clock, PASSWORD, device=phone)
    assert wait_of(clock, device=phone) == 0


def test_a_device_that_was_never_known_is_a_stranger(account_id, phone, clock):
    strange = ("", "made up", "x" * 5000, "ü", phone.swapcase())
    assert [wait_of(clock, device=device) for device in strange] == [0] * 5
    assert wait_of(clock, device="another") == 2


def test_a_device_is_known_to_its_own_account_only(account_id, phone, clock):
    waits = [wait_of(clock, name="somebody else", device=phone) for _ in range(6)]
    assert waits == [0] * 5 + [2]


def test_a_tablet_of_several_people_is_known_to_each_of_them(clinic, account_id, phone, clock):
    token = invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock, "M-2")), clock=clock)
    second = invites.accept_invite(
        token, sign_in_name="ben", password=PASSWORD, passwords=installation().passwords, clock=clock, agreed=AGREED
    )
    assert remember_device(second, phone, clock=clock) == phone
    assert remember_device(account_id, phone, clock=clock) == phone
    for name in (NAME, "ben"):
        assert [wait_of(clock, name=name, device=phone) for _ in range(10)] == [0] * 10


def test_a_token_that_nobody_was_given_is_not_taken_over(account_id, clock):
    assert remember_device(account_id, "planted by somebody", clock=clock) != "planted by somebody"


def test_twenty_wrong_passwords_at_once_are_twenty(app, account_id, passwords, clock):
    answers = side_by_side(app, [partial(enter, clock, f"wrong password {number}") for number in range(20)])
    assert answers.count(None) == passwords.looked_at == ACCOUNT.free
    assert sum(isinstance(answer, Throttled) for answer in answers) == 15, answers


def test_the_owner_comes_in_while_nineteen_guess(app, account_id, passwords, phone, clock):
    guesses = [partial(enter, clock, f"wrong password {number}") for number in range(19)]
    *answers, owner = side_by_side(app, [*guesses, partial(enter, clock, PASSWORD, device=phone)])
    assert isinstance(owner, str)
    assert answers.count(None) == ACCOUNT.free
    assert passwords.looked_at == ACCOUNT.free + 1


def test_the_right_password_among_nineteen_is_never_called_wrong(app, account_id, passwords, clock):
    guesses = [partial(enter, clock, f"wrong password {number}") for number in range(19)]
    *_, owner = side_by_side(app, [*guesses, partial(enter, clock, PASSWORD)])
    assert isinstance(owner, str | Throttled)
    assert passwords.looked_at <= 2 * ACCOUNT.free


def test_links_that_are_no_good_are_counted_by_address(clinic, clock):
    token = invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock)), clock=clock)
    here = partial(invites.try_invite, visit=Visit(HOME), clock=clock)
    for _ in range(40):
        assert here(token)
    for number in range(30):
        with pytest.raises(Expired):
            here(f"{token}{number}")
    with pytest.raises(Throttled):
        here(token)
    assert invites.try_invite(token, visit=Visit("198.51.100.1"), clock=clock)


def test_whoever_holds_an_invite_cannot_ask_for_name_after_name(clinic, account_id, passwords, clock):
    token = invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock, "M-2")), clock=clock)

    def answered():
        try:
            invites.accept_invite(
                token, sign_in_name=NAME, password=PASSWORD, passwords=passwords, clock=clock, agreed=AGREED
            )
        except (Throttled, Invalid) as refusal:
            return type(refusal)

    assert [answered() for _ in range(31)] == [Invalid] * 30 + [Throttled]
    site, visit = Site("https://diary.example"), Visit(HOME)
    with pytest.raises(Throttled):
        invites_by_passkey.ask_invited(token, NAME, site=site, visit=visit, clock=clock)
    with pytest.raises(Throttled):
        invites_by_passkey.accept_with_passkey(
            token, Answer("x", "x"), sign_in_name=NAME, agreed=AGREED, device="", site=site, clock=clock
        )
    other = invites.invite_patient(clinic.nurse, subject(a_patient(clinic, clock, "M-3")), clock=clock)
    assert invites.accept_invite(
        other, sign_in_name="bob", password=PASSWORD, passwords=passwords, clock=clock, agreed=AGREED
    )


def test_neither_names_nor_addresses_are_stored(account_id, phone, clock):
    enter(clock, name="wilhelmina", device=phone)
    enter(clock, device=phone)
    dumped = all_words()
    for word in ("wilhelmina", HOME, "192.0.2", phone):
        assert word not in dumped
        assert word.encode().hex().upper() not in dumped
    with snapshot() as session:
        keys = session.scalars(select(SignInAttempts.key)).all()
    assert len(set(keys)) == 5  # the owner's name was tried once, with the invite
    assert sha256(b"throttle:account:wilhelmina").digest() not in keys
    assert {len(key) for key in keys} == {32}


def test_what_counts_no_more_is_swept(account_id, phone, clock):
    for number in range(40):
        wait_of(clock, name=f"name{number}")
    forget_what_is_old(clock)
    assert rows(SignInAttempts) == 33  # one of the invite: the name that was tried with it
    clock.move(minutes=59)
    forget_what_is_old(clock)
    assert rows(SignInAttempts) == 33
    clock.move(minutes=1)
    forget_what_is_old(clock)
    assert rows(SignInAttempts) == 0
    assert rows(KnownDevice) == 1
    clock.move(days=400)
    forget_what_is_old(clock)
    assert rows(KnownDevice) == 0


def test_the_jobs_sweep(app, account_id, clock, monkeypatch):
    stop = threading.Event()
    monkeypatch.setattr(jobs, "make_forecasts", lambda _clock, **_asked: stop.set())
    enter(clock)
    clock.move(hours=1)
    jobs.work(app, stop)
    assert rows(SignInAttempts) == 0


def rows(table):
    with snapshot() as session:
        return session.scalar(select(func.count()).select_from(table))


@given(attempts=st.integers(0, 10**6), scope=st.sampled_from([ACCOUNT, DEVICE, ADDRESS, OVERALL]))
def test_more_attempts_never_wait_less_and_nobody_longer_than_the_longest(attempts, scope):
    wait = waiting_time(attempts, scope)
    assert timedelta() <= wait <= waiting_time(attempts + 1, scope) <= scope.longest <= timedelta(minutes=15)
    assert (wait == timedelta()) is (attempts < scope.free)


@given(network=st.integers(0, 2**24 - 1), one=st.integers(0, 255), other=st.integers(0, 255))
def test_a_home_is_one_network_in_both_kinds_of_address(network, one, other):
    first, second = (str(ip_address(network * 256 + host)) for host in (one, other))
    assert network_of(first) == network_of(second) == network_of(f"::ffff:{first}")
    assert network_of(first) != network_of(str(ip_address((network ^ 1) * 256 + one)))


@given(prefix=st.integers(0, 2**48 - 1), one=st.integers(0, 2**80 - 1), other=st.integers(0, 2**80 - 1))
def test_a_provider_hands_out_many_addresses_of_one_network(prefix, one, other):
    first, second = (ip_address(bits.to_bytes(16, "big")) for bits in (prefix << 80 | one, prefix << 80 | other))
    if first.ipv4_mapped is None and second.ipv4_mapped is None:
        assert network_of(str(first)) == network_of(str(second))
        assert network_of(str(first)).endswith("/48")


@pytest.mark.parametrize("address", [None, "", "unix:", "localhost", "1.2.3", "fe80::1%eth0", "::1"])
def test_an_address_that_cannot_be_read_is_a_network_too(address):
    assert network_of(address)
