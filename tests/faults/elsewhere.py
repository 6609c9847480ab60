"""PostgreSQL on this machine is killed and started again while phones send."""

import random
import threading
import time

from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.phones import Phone, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import Ground
from tests.postgres.cluster import Cluster

PHONES = 4
LONGEST_AWAY = 30.0


def kill_postgres(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Kill PostgreSQL with all its processes under load and start it again; phones are told 503 until it is back.

    The cluster is one of its own: nobody else's is killed.
    """
    figures, chance = Figures("PostgreSQL killed and started again under load"), random.Random(seed)
    with Cluster() as cluster:
        ground = Ground(ground.instance, cluster.url(), ground.more)
        people = settle(ground, patients=PHONES)
        with Forked(ground) as served:
            phones = [Phone(served.address, person) for person in people]
            for phone in phones:
                figures.check(phone.ask() == "open", f"The phone is not let in: {phone.statuses}")
            over = threading.Event()
            threads = [threading.Thread(target=_go_on, args=(phone, over), daemon=True) for phone in phones]
            for thread in threads:
                thread.start()
            for number in range(tries):
                time.sleep(chance.uniform(0.5, 1.5))
                _kill_and_start(cluster, phones, chance, figures)
                progress((number + 1) / tries)
            over.set()
            for thread in threads:
                thread.join(60)
            for phone in phones:
                figures.check(phone.send_until_all_is_told(30), f"A phone cannot send what waits: {phone.statuses}")
                figures.phases.update({str(status): times for status, times in phone.statuses.items()})
        figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    figures.check(figures.worst <= LONGEST_AWAY, f"It took {figures.worst:.0f} s until something was stored again.")
    return figures


def _kill_and_start(cluster: Cluster, phones: list[Phone], chance: random.Random, figures: Figures) -> None:
    cluster.kill()
    time.sleep(chance.uniform(0.0, 1.0))
    cluster.start()
    started, before = time.monotonic(), len(acknowledged(phones))
    while len(acknowledged(phones)) == before and time.monotonic() < started + LONGEST_AWAY:
        time.sleep(0.01)
    figures.recovered_in(time.monotonic() - started)
    figures.tries += 1


def _go_on(phone: Phone, over: threading.Event) -> None:
    """Tap and send until it is over."""
    while not over.is_set():
        if len(phone.waiting) < 3:
            phone.tap(len(phone.told) % 11)
        phone.send()
        over.wait(0.05)
