"""Several servers: each kind of process killed under load, and PostgreSQL failed over, while phones go on sending.

Short and long forms call the same functions; what differs is how often, how long, and how many.
"""

import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from diary.settings import ROOT
from tests.faults.deployed import SERVING, Deployed, PhoneByTls
from tests.faults.figures import Figures, Progress, unseen
from tests.faults.phones import Person, Row, acknowledged, compare, rows_of, settle, tapped
from tests.postgres.cluster import HOST, Cluster

PAUSE = 0.05
QUIET = 2.0
"""Seconds of load before, between and after kills."""
LONGEST_AWAY = 30.0
NOTICED_AFTER = 5.0
"""Seconds until whoever watches the primary is sure that it is gone."""


@dataclass
class Load:
    """Phones that tap and send without an end, and when each of them was told something."""

    phones: Sequence[PhoneByTls]
    pause: float = PAUSE
    answers: list[tuple[float, str]] = field(default_factory=list)
    """Moments and doors, in the order of time."""
    stored_before: frozenset[Row] = frozenset()
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        """Let every phone send meanwhile."""
        self._threads = [threading.Thread(target=self._go_on, args=(phone,), daemon=True) for phone in self.phones]
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join(120)

    def wait_for_an_answer(self, since: float, *, patience: float = 90.0) -> bool:
        """Wait until somebody was told something after `since`."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if self.answers and any(at > since and door == "open" for at, door in self.answers[-200:]):
                return True
            time.sleep(0.02)
        return False

    def away_after(self, fault: float) -> float:
        """Return the longest time, in seconds, in which nobody was told anything, from just before `fault` on."""
        told = sorted(at for at, door in self.answers if door == "open")
        before = [at for at in told if at <= fault]
        moments = [*before[-1:], *(at for at in told if at > fault)]
        return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)

    def _go_on(self, phone: PhoneByTls) -> None:
        chance = random.Random(str(phone.person.patient_id))
        while not self._over.is_set():
            if len(phone.waiting) < 5:
                phone.tap(chance.randrange(11))
            door = phone.send()
            self.answers.append((time.monotonic(), door))
            self._over.wait(self.pause * chance.uniform(0.5, 1.5))


def load_of(deployed: Deployed, people: Sequence[Person]) -> Load:
    """Return the load that these people make, and remember what is there before it."""
    return Load(phones_of(deployed, people), stored_before=frozenset(rows_of(deployed.ground.url)))


def phones_of(deployed: Deployed, people: Sequence[Person]) -> list[PhoneByTls]:
    """Give everybody a phone that knows the key to seal to."""
    phones = [PhoneByTls(deployed.address, person, certificate=deployed.certificate) for person in people]
    for phone in phones:
        assert phone.ask() == "open", phone.statuses
        phone.statuses.clear()
    return phones


def kill_one(deployed: Deployed, name: str, people: Sequence[Person], *, quiet: float = QUIET) -> Figures:
    """Kill one process under load, leave it to the others, and compare at the end."""
    figures = Figures(f"{name.partition('-')[0]} killed under load", tries=1)
    load = load_of(deployed, people)
    with load.running():
        time.sleep(quiet)
        killed = time.monotonic()
        deployed.kill(name)
        figures.check(load.wait_for_an_answer(time.monotonic()), f"Nobody was served after {name} was killed.")
        time.sleep(quiet)
        figures.recovered_in(load.away_after(killed))
    finish(deployed, load, figures)
    return figures


def kill_one_of_each(
    deployed: Deployed, names: Sequence[str], people: Sequence[Person], *, quiet: float = QUIET,
    progress: Progress = unseen,
) -> Figures:  # fmt: skip
    """Kill these processes one after the other under load, start each again, and compare at the end."""
    figures = Figures(f"one of {deployed.servers} servers, {deployed.workers} workers and nginx killed under load")
    load = load_of(deployed, people)
    with load.running():
        time.sleep(quiet)
        for number, name in enumerate(names):
            killed = time.monotonic()
            deployed.kill(name)
            time.sleep(quiet)
            deployed.start(name)
            if name.startswith("server-"):
                wait_until_ready(deployed, name)
            figures.check(load.wait_for_an_answer(time.monotonic()), f"Nobody was served after {name} was killed.")
            figures.recovered_in(load.away_after(killed))
            figures.tries += 1
            progress((number + 1) / len(names))
        time.sleep(quiet)
    finish(deployed, load, figures)
    return figures


def fail_over(
    deployed: Deployed, primary: Cluster, standby: Cluster, people: Sequence[Person], *, quiet: float = QUIET
) -> Figures:
    """Kill the primary under load, promote the standby with the operator's script, and compare at the end."""
    figures = Figures("PostgreSQL failed over to its synchronous standby under load", tries=1)
    load = load_of(deployed, people)
    with load.running():
        time.sleep(quiet)
        killed = time.monotonic()
        primary.kill()
        time.sleep(NOTICED_AFTER)
        promote(primary, standby)
        figures.check(load.wait_for_an_answer(time.monotonic()), "Nobody was served after the failover.")
        figures.recovered_in(load.away_after(killed))
        time.sleep(quiet)
    figures.check(figures.worst <= LONGEST_AWAY, f"Nobody was served for {figures.worst:.1f} seconds.")
    finish(deployed, load, figures)
    return figures


def upgrade(deployed: Deployed, people: Sequence[Person], *, quiet: float = QUIET) -> Figures:
    """Let the script replace every server and worker, one after the other, under load; nobody may notice."""
    figures = Figures("servers and workers replaced one after the other under load", tries=1)
    load = load_of(deployed, people)
    before = {name: deployed.pid(name) for name in (*deployed.server_names, *deployed.worker_names)}
    with load.running():
        time.sleep(quiet)
        began = time.monotonic()
        with (deployed.folder / "etc" / "ebb.env").open("a", encoding="utf-8") as settings:
            settings.write("# another version\n")
        deployed.bring_up()
        figures.check(load.wait_for_an_answer(time.monotonic()), "Nobody was served after the upgrade.")
        figures.recovered_in(load.away_after(began))
    for name, pid in before.items():
        figures.check(deployed.is_alive(name) and deployed.pid(name) != pid, f"{name} was not replaced.")
        figures.check(not Path(f"/proc/{pid}").exists(), f"The {name} of before did not end.")
    finish(deployed, load, figures)
    others = {name: number for name, number in figures.phases.items() if name != "answered 200"}
    figures.check(not others, f"Somebody noticed: {others}")
    return figures


def promote(primary: Cluster, standby: Cluster) -> None:
    """Run deploy/promote-standby as the operator does."""
    psql = f"{standby.binaries / 'psql'} -h {HOST} -p {standby.port} -U postgres"
    done = subprocess.run(
        [ROOT / "deploy" / "promote-standby", f"{HOST}:{primary.port}"],
        env={**os.environ, "EBB_PSQL": psql}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    standby.primary = None


def finish(deployed: Deployed, load: Load, figures: Figures) -> None:
    """Let the phones send what still waits, and hold what they were told against the database."""
    for phone in load.phones:
        figures.check(phone.send_until_all_is_told(60), "A phone could not send what waited.")
        figures.check(phone.statuses[401] == 0, "A session was lost.")
        problems = [row.problem for row in phone.tapped if row.problem]
        phone.hang_up()
        figures.check(not problems, f"Something that a phone sent was refused: {problems[:3]}")
    rows = [row for row in rows_of(deployed.ground.url) if row not in load.stored_before]
    figures.take(compare(acknowledged(load.phones), rows, tapped(load.phones)))
    statuses = sum((phone.statuses for phone in load.phones), Counter[int]())
    figures.phases += Counter({f"answered {status or 'nothing'}": number for status, number in statuses.items()})


def wait_until_ready(deployed: Deployed, name: str) -> None:
    """Wait for a server that was started again."""
    subprocess.run(
        [ROOT / "deploy" / "wait-until-ready", f"http://{HOST}:{name.removeprefix('server-')}"],
        env={**os.environ, **deployed.settings()}, check=True, timeout=150, capture_output=True,
    )  # fmt: skip


def long_form(progress: Progress = unseen, *, rounds: int = 3, patients: int = 12) -> list[Figures]:
    """Kill three servers, two workers and nginx, replace them all, and fail PostgreSQL over to its standby."""
    with Cluster() as primary, standing_by(primary) as standby, Deployed(
        primary, standby, servers=3, workers=2
    ) as deployed:  # fmt: skip
        people = settle(deployed.ground, patients=patients // 2, clinics=2)
        names = [*deployed.server_names, *deployed.worker_names, "nginx"] * rounds
        killed = kill_one_of_each(deployed, names, people, progress=lambda done: progress(0.7 * done))
        replaced = upgrade(deployed, people)
        progress(0.9)
        failed_over = fail_over(deployed, primary, standby, people)
        progress(1.0)
        return [killed, replaced, failed_over]


@contextmanager
def standing_by(primary: Cluster) -> Iterator[Cluster]:
    """Give the primary a synchronous standby."""
    primary.run_sql(f"CREATE ROLE {SERVING} LOGIN NOSUPERUSER NOBYPASSRLS")
    standby = primary.standby()
    try:
        yield standby
    finally:
        standby.stop()


def until(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until it holds; False when the time is over."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
