"""Many at once, long away, and clocks that jump: what comes late, twice or out of order ends in the same diary."""

import random
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta

from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.phones import Phone, Waiting, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground, side_by_side

AT_ONCE = 20
AWAY = 30
"""Days without a network."""
NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def post_at_once(ground: Ground, *, tries: int, progress: Progress = unseen) -> Figures:
    """Post one entry twenty times at the same moment, with one body or with twenty, from phones of one patient.

    With one body it is stored once and everybody is told so; with others one is stored and each other number is kept
    beside it as a conflict, once.
    """
    figures = Figures(f"{AT_ONCE} parallel posts of one entry")
    (person,) = settle(ground, patients=1)
    with Forked(ground) as served:
        phones = [Phone(served.address, person, patience=60, sealed=number % 2 == 0) for number in range(AT_ONCE)]
        for phone in phones:
            figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
        for number in range(tries):
            others = number % 2 == 1
            _one_name(phones, others=others)
            side_by_side([phone.send for phone in phones])
            for phone in phones:
                figures.check(phone.send_until_all_is_told(30), f"A phone is not answered: {phone.statuses}")
            said = sorted(phone.told[-1].status for phone in phones if phone.told)
            figures.phases.update(said)
            figures.check(said.count("stored") == 1, f"{said.count('stored')} of {AT_ONCE} were told `stored`.")
            figures.check(("conflict" in said) == others, f"Bodies differ: {others}; answers: {said}")
            figures.tries += 1
            progress((number + 1) / tries)
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    return figures


def _one_name(phones: list[Phone], *, others: bool) -> None:
    """Tap a number on every phone, all under one name; scores differ where `others` says so."""
    ref = str(uuid.uuid4())
    for number, phone in enumerate(phones):
        phone.tap(number % 11 if others else 5, ref=ref)


def come_back_after_30_days(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Keep a number a day on phones without a network for thirty days; every day is stored as written on its day.

    The server is killed once while each phone sends what waited.
    """
    figures, chance = Figures(f"{AWAY} days offline"), random.Random(seed)
    people = settle(ground, patients=tries)
    with Forked(ground) as served:
        phones = [Phone(served.address, person) for person in people]
        for number, phone in enumerate(phones):
            figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
            now = datetime.now(UTC)
            for back in reversed(range(AWAY)):
                written = now - timedelta(days=back, minutes=30)
                phone.tap(chance.randrange(11), day=written.date(), at=written)
            sending = threading.Thread(target=phone.send, daemon=True)
            sending.start()
            time.sleep(chance.uniform(0.0, 1.0))
            served.kill()
            killed = time.monotonic()
            served.start()
            sending.join()
            figures.check(
                phone.send_until_all_is_told(60), f"Not all was taken: {[one.problem for one in phone.waiting]}"
            )
            figures.recovered_in(time.monotonic() - killed)
            figures.check(not any(one.problem for one in phone.waiting), f"Turned away: {phone.waiting[:1]}")
            figures.tries += 1
            progress((number + 1) / tries)
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    return figures


def let_the_clock_jump(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Let the server's clock jump forward and back while entries come; phones keep the right time.

    Entries are taken all the same, nothing is doubled, nobody is signed out by a jump of hours, and the audit chain
    holds with its anchors at the end.
    """
    figures, chance = Figures("clock jumps"), random.Random(seed)
    ground = Ground(
        ground.instance, ground.database_url, {**ground.more, "DIARY_CLOCK_FILE": f"{ground.instance}.clock"}
    )
    ground.instance.parent.mkdir(parents=True, exist_ok=True)
    ground.set_clock(NOON)
    people, now = settle(ground, patients=2), [NOON]
    with Forked(ground) as served:
        phones = [Phone(served.address, person, clock=lambda: now[0]) for person in people]
        for number in range(tries):
            now[0] += timedelta(hours=1)
            jump = chance.choice(JUMPS)
            ground.set_clock(now[0] + jump)
            for phone in phones:
                figures.check(phone.ask() == "open", f"A jump of {jump} signs a patient out.")
                phone.tap(chance.randrange(11), day=now[0].date())
                phone.send()
                _name_the_day(phone)
                figures.check(
                    phone.send_until_all_is_told(20), f"After a jump of {jump} nothing is taken: {phone.waiting}"
                )
            figures.phases["forward" if jump > timedelta() else "back"] += 1
            figures.tries += 1
            progress((number + 1) / tries)
        ground.set_clock(now[0])
        for phone in phones:
            figures.check(phone.ask() == "open", "A patient is signed out after the clock is right again.")
        figures.check(served.status("/readyz") == 200, "It is not ready after the clock is right again.")
    done = ground.command("audit", "verify")
    figures.check(done.returncode == 0, f"The audit chain does not hold: {done.stdout}{done.stderr}"[-500:])
    figures.take(compare(acknowledged(phones), rows_of(ground.url)))
    return figures


JUMPS = tuple(
    sign * timedelta(**by)
    for by in ({"minutes": 5}, {"hours": 2}, {"hours": 11}, {"hours": 13}, {"days": 1}, {"days": 3})
    for sign in (1, -1)
)


def _name_the_day(phone: Phone) -> None:
    """Let the patient name the first day on offer where the server asks for it."""
    for row in list(phone.waiting):
        if row.problem == "which_day" and row.offered:
            _choose(row, row.offered[0])


def _choose(row: Waiting, day: str) -> None:
    row.letter["day_chosen"], row.day, row.problem = day, day, ""
