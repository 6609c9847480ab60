"""Simulated phones over HTTP, with the rules of static/js/sending.js, and the comparison with the database.

people = settle(ground, patients=20)                      # clinics, patients, each signed in once
phone = Phone(served.address, people[0])
phone.ask()                                               # /sync/state: whose it is, the day, the key to seal to
phone.tap(7)                                              # kept on the phone, sealed
phone.send()                                              # "open", "away", "sign_in", "locked", "foreign"
told = acknowledged(phones)                               # what the server named: the phone has forgotten it
compare(told, rows_of(ground.url), tapped(phones))        # Compared(lost, doubled, strange, unsent)
"""

import http.client
import json
import random
import socket
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import NullPool, create_engine, select

from diary.models import Entry, EntryConflict
from tests.faults.patients import Person, settle
from tests.web.pages import Page
from tests.web.phone import from_base64url, iso, seal

__all__ = ["Compared", "Person", "Phone", "Waiting", "acknowledged", "compare", "rows_of", "settle", "tapped"]
MOST = 100
LONGEST = 20.0
"""Seconds after which a phone gives an answer up, as sending.js."""
STORED = ("stored", "duplicate", "conflict")
ROTATE = "/sync/entries"


@dataclass
class Waiting:
    """A number on the phone: what was tapped, and what goes over the line."""

    ref: str
    owner: str
    day: str
    score: int | None
    letter: dict[str, Any]
    problem: str = ""
    offered: tuple[str, ...] = ()
    """The days that the server lets the patient choose from."""
    tries: int = 0


@dataclass(frozen=True)
class Told:
    """A number that the server named as stored."""

    ref: str
    day: str
    score: int | None
    status: str
    patient_id: uuid.UUID


@dataclass
class Phone:
    """The phone of somebody who signed in once; it may ask several servers, one after the other.

    `line` makes the connection, so that a test can lay a worse one; `clock` is the phone's own.
    """

    address: str
    person: Person
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sealed: bool = True
    patience: float = LONGEST
    waiting: list[Waiting] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    tapped: list[Waiting] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    retry_after: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    """How often each status came; 0 is no answer of ours."""
    seconds: list[float] = field(default_factory=list)
    """How long each sending took that was answered with 200."""
    _line: http.client.HTTPConnection | None = None

    def __del__(self) -> None:
        """Hang up, as a phone that is put away."""
        self.hang_up()

    def ask(self) -> str:
        """Ask how things stand and return the door: open, sign_in, locked or away."""
        status, said = self.request("GET", "/sync/state")
        if status == 401:
            return _door(said)
        if status != 200 or not (said or {}).get("owner"):
            return "away"
        self.state = said or {}
        return "open"

    def tap(
        self, score: int | None, *, day: date | str | None = None, at: datetime | None = None, ref: str = ""
    ) -> Waiting:
        """Keep a number on the phone, for the day that the server's page said unless another is given."""
        moment, ref = at or self.clock(), ref or str(uuid.uuid4())
        said = {
            "client_ref": ref, "day": str(day or self.state["day"]), "score": score, "entered_at": iso(moment),
            "utc_offset": 60,
        }  # fmt: skip
        letter: dict[str, Any] = said
        if self.sealed:
            key, whole = self.state["key"], {"v": 1, "owner": self.state["owner"], **said}
            closed = seal(json.dumps(whole).encode(), public=from_base64url(key["public"]), about=ref)
            letter = {"client_ref": ref, "key_id": key["id"], "sealed": closed}
        row = Waiting(ref, self.state["owner"], said["day"], score, letter)
        self.waiting.append(row)
        self.tapped.append(row)
        return row

    def send(self) -> str:
        """Send what waits until nothing goes any more, and return the door; what the server names is forgotten."""
        while rows := [row for row in self.waiting if not row.problem][:MOST]:
            for row in rows:
                row.tries += 1
            body = {"sent_at": iso(self.clock()), "entries": [row.letter for row in rows]}
            began = time.monotonic()
            status, said = self.request("POST", "/sync/entries", json.dumps(body))
            if status == 401:
                return _door(said)
            if status != 200:
                return "away"
            self.seconds.append(time.monotonic() - began)
            before = len(self.waiting)
            if self._take(said or {}, rows) == "foreign":
                return "foreign"
            if len(self.waiting) == before:
                break
        return "open"

    def send_until_all_is_told(self, seconds: float, *, wait: Callable[[int], float] | None = None) -> bool:
        """Send again and again, waiting longer each time, until nothing waits; False when the time is over."""
        until, tries = time.monotonic() + seconds, 0
        while True:
            self.send()
            if not any(not row.problem for row in self.waiting):
                return True
            if time.monotonic() >= until:
                return False
            pause = wait(tries) if wait else min(0.05 * 2**tries, 1.0) * random.uniform(0.5, 1)
            time.sleep(max(0.0, min(pause, until - time.monotonic())))
            tries += 1

    def _take(self, said: dict[str, Any], rows: Sequence[Waiting]) -> str:
        known, gone = {row.ref: row for row in rows}, set()
        for result in said.get("results", []):
            row = known.get(result.get("client_ref"))
            status, reason = result.get("status"), result.get("reason")
            if row is None:
                continue
            if status in STORED:
                gone.add(row.ref)
                self.told.append(Told(row.ref, row.day, row.score, status, self.person.patient_id))
            elif status == "rejected" and reason == "other_account":
                return "foreign"
            elif status == "rejected" and reason != "failed":
                row.problem, row.offered = reason or "invalid", tuple(result.get("days", ()))
        self.waiting = [row for row in self.waiting if row.ref not in gone]
        return "open"

    def request(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any]:
        """Ask, and return status and what was said; 0 when nobody answered, or somebody who is not ours."""
        host = urlsplit(self.address)
        sent = {"Cookie": self.person.cookie, "Origin": self.address, "Sec-Fetch-Site": "same-origin", **headers}
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection(host.hostname or "", host.port, timeout=self.patience)
                self._line.connect()
                if self._line.sock:
                    self._line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._line.request(method, path, body, sent)
            answer = self._line.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self.hang_up()
            self.statuses[0] += 1
            return 0, None
        if answer.getheader("Ebb") is None:
            self.statuses[0] += 1
            return 0, None
        self.statuses[answer.status] += 1
        self.retry_after = float(answer.getheader("Retry-After") or 0)
        self.person.take(answer.headers.get_all("Set-Cookie") or [])
        with suppress(ValueError):
            return answer.status, json.loads(raw)
        return answer.status, raw.decode(errors="replace")

    def sign_in(self) -> int:
        """Sign in through the form with name and password, and return the status of the last answer."""
        self.person.jar.clear()
        status, text = self.request("GET", "/sign-in")
        if status != 200:
            return status
        form = Page(text, None, path="/sign-in").form()
        fields = {**form.fields, "email": self.person.name, "password": self.person.password}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", form.action, urlencode(fields), **kind)[0]

    def hang_up(self) -> None:
        """Close the line; the next question opens a new one."""
        if self._line is not None:
            self._line.close()
            self._line = None


def _door(said: Any) -> str:
    return "locked" if isinstance(said, dict) and said.get("error") == "locked" else "sign_in"


@dataclass(frozen=True)
class Row:
    """One number as the database holds it."""

    patient_id: uuid.UUID
    ref: str
    day: str
    score: int | None
    is_conflict: bool


@dataclass(frozen=True)
class Compared:
    """What phones and database do not agree about; a bool of it says whether they agree."""

    acknowledged: int
    lost: list[str]
    """Named by the server, and not there as it was tapped."""
    doubled: list[str]
    """There more than once."""
    strange: list[str]
    """There, and never tapped so."""
    unheard: int
    """There, though the phone has not been told yet; it will send it again and be told `duplicate`."""

    def __bool__(self) -> bool:
        return not (self.lost or self.doubled or self.strange)


def acknowledged(phones: Iterable[Phone]) -> list[Told]:
    """Return everything that the server named to these phones."""
    return [one for phone in phones for one in phone.told]


def tapped(phones: Iterable[Phone]) -> list[tuple[uuid.UUID, Waiting]]:
    """Return everything that was tapped on these phones, and for whom."""
    return [(phone.person.patient_id, one) for phone in phones for one in phone.tapped]


def rows_of(database_url: str) -> list[Row]:
    """Read every entry, and every second number of a conflict, past the application."""
    engine = create_engine(database_url, poolclass=NullPool)
    rows: list[Row] = []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET diary.clinics = '*'")
        for table in (Entry, EntryConflict):
            asked = select(table.patient_id, table.client_ref, table.day, table.score)
            for patient_id, ref, day, score in connection.execute(asked):
                rows.append(Row(patient_id, str(ref), day.isoformat(), score, table is EntryConflict))
    return rows


def compare(
    told: Sequence[Told], rows: Sequence[Row], taps: Sequence[tuple[uuid.UUID, Waiting]] | None = None
) -> Compared:
    """Compare what was acknowledged with what is there, number by number; `taps` also finds what nobody tapped."""
    stored = Counter((row.patient_id, row.ref, row.day, row.score) for row in rows)
    names = Counter((row.patient_id, row.ref) for row in rows if not row.is_conflict)
    lost = [str(one) for one in told if not stored[one.patient_id, one.ref, one.day, one.score]]
    doubled = [f"{who} {ref}: {number} times" for (who, ref), number in names.items() if number > 1]
    doubled += [f"{what}: {number} times" for what, number in stored.items() if number > 1]
    known = {(who, one.ref, one.day, one.score) for who, one in taps or ()}
    strange = [str(what) for what in stored if what not in known] if taps is not None else []
    named = {(one.patient_id, one.ref) for one in told}
    return Compared(len(told), lost, doubled, strange, sum(1 for who in names if who not in named))


def days_back(today: date, number: int) -> list[date]:
    """Return the last days, today first."""
    return [today - timedelta(days=back) for back in range(number)]
