"""Bad lines: answers that are lost after the commit, questions that arrive in part, and clients that never finish."""

import random
import selectors
import socket
import threading
import time
from contextlib import closing, suppress
from typing import Self
from urllib.parse import urlencode

from tests.faults.figures import Figures, Progress, unseen
from tests.faults.forked import Forked
from tests.faults.phones import Phone, Row, acknowledged, compare, rows_of, settle, tapped
from tests.faults.served import HOST, Ground, side_by_side
from tests.web.pages import Page

CHUNK = 65536
ANSWER = 1400
"""Bytes within which the answer to a sending of one entry ends, headers included."""
QUESTION = 1600
"""Bytes within which a sending of one sealed entry ends."""
ROUNDS = 3
LARGE = "/static/vendor/plotly-basic.min.js"
IN_TIME = 10.0
"""Seconds in which everybody is served, however many others never finish, on a machine that does much else."""


class Line:
    """A line to a server that breaks after so many bytes of a question or of an answer; None is a whole one."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.question: int | None = None
        self.answer: int | None = None
        self.broken = 0
        self._listener = socket.create_server((HOST, 0))
        self._over = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """The beginning of every address at this end."""
        return f"http://{HOST}:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._over = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over:
            with suppress(OSError):
                near, _whence = self._listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with closing(near), suppress(OSError), closing(socket.create_connection((HOST, self.port))) as far:
            left = {near: self.question, far: self.answer}
            with selectors.DefaultSelector() as ready:
                ready.register(near, selectors.EVENT_READ, far)
                ready.register(far, selectors.EVENT_READ, near)
                while not self._over:
                    for key, _event in ready.select(1.0):
                        if not self._hand_on(key.fileobj, key.data, left):  # type: ignore[arg-type]
                            return

    def _hand_on(self, source: socket.socket, target: socket.socket, left: dict[socket.socket, int | None]) -> bool:
        piece, most = source.recv(CHUNK), left[source]
        if not piece:
            return False
        target.sendall(piece if most is None else piece[:most])
        if most is None:
            return True
        left[source] = most - len(piece)
        if most <= len(piece):
            self.broken += 1
            return False
        return True


def lose_answers(ground: Ground, *, tries: int, seed: int = 0, progress: Progress = unseen) -> Figures:
    """Let entries arrive whose answers break off after any number of bytes, and questions that do so themselves.

    What breaks is sent again, by the script of a phone and by a patient who sends a form once more.
    """
    figures, chance = Figures("answer lost after the commit"), random.Random(seed)
    people = settle(ground, patients=2)
    with Forked(ground) as served, Line(served.port) as line:
        phone, by_hand = (Phone(line.address, person, patience=5) for person in people)
        assert (phone.ask(), by_hand.ask()) == ("open", "open")
        for number in range(tries):
            phone.tap(chance.randrange(11))
            phone.hang_up()
            kind = ("answer", "answer", "question")[number % 3]
            setattr(line, kind, chance.randrange(ANSWER if kind == "answer" else QUESTION))
            phone.send()
            figures.phases[f"{kind} broken" if phone.waiting else f"{kind} whole"] += 1
            phone.hang_up()
            line.answer = line.question = None
            began = time.monotonic()
            figures.check(phone.send_until_all_is_told(20), "What was not answered could not be sent again.")
            figures.recovered_in(time.monotonic() - began)
            figures.tries += 1
            progress((number + 1) / tries)
        _send_a_form_again(ground, line, by_hand, figures)
    figures.check(line.broken > 0, "No line broke.")
    figures.take(compare(acknowledged([phone]), rows_of_person(ground, phone), tapped([phone])))
    return figures


def rows_of_person(ground: Ground, phone: Phone) -> list[Row]:
    """Return the rows of one patient."""
    return [row for row in rows_of(ground.url) if row.patient_id == phone.person.patient_id]


def _send_a_form_again(ground: Ground, line: Line, phone: Phone, figures: Figures) -> None:
    """Send the form of /today, lose the answer, and send the same form once more, as a browser does on reload."""
    status, text = phone.request("GET", "/today")
    figures.check(status == 200, f"/today answers {status}.")
    form = next(form for form in Page(text, None, path="/today").forms if "client_ref" in form.fields)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    sent = urlencode({**form.fields, "score": "6"})
    for most in (0, 40, None):
        phone.hang_up()
        line.answer = most
        status, _said = phone.request("POST", form.action, sent, **kind)
    figures.check(status == 303, f"The form that was sent again is answered with {status}.")
    stored = rows_of_person(ground, phone)
    figures.check([row.score for row in stored] == [6], f"The form that was sent three times stored {len(stored)}.")


def keep_many_waiting(ground: Ground, *, tries: int, progress: Progress = unseen) -> Figures:
    """Let `tries` clients begin and never finish, and measure how long everybody else waits meanwhile.

    Of four, one never ends its headers, one never ends its body, one never reads what it asked for, one says nothing.
    """
    figures = Figures("slow clients")
    people = settle(ground, patients=5)
    with Forked(ground) as served:
        slow: list[socket.socket] = []
        try:
            phones = [Phone(served.address, person, patience=IN_TIME) for person in people]
            for number in range(tries):
                slow.append(_begin(served.port, number))
                figures.tries += 1
                progress((number + 1) / tries)
            for _ in range(ROUNDS):
                side_by_side([lambda phone=phone: _one_number(phone) for phone in phones])
            figures.recovered_in(max((second for phone in phones for second in phone.seconds), default=IN_TIME))
            for phone in phones:
                figures.check(len(phone.told) == ROUNDS, f"A phone was not served: {phone.statuses}")
            figures.check(served.status("/healthz", timeout=IN_TIME) == 200, "/healthz is not answered.")
        finally:
            for line in slow:
                line.close()
    figures.take(compare(acknowledged(phones), rows_of(ground.url), tapped(phones)))
    return figures


def _one_number(phone: Phone) -> None:
    """Let a phone on a line of its own ask, tap and send."""
    phone.hang_up()
    if phone.ask() == "open":
        phone.tap(5)
        phone.send()


def _begin(port: int, number: int) -> socket.socket:
    """Open a line to the server and say a part of a question over it."""
    head = f"POST /sync/entries HTTP/1.1\r\nHost: {HOST}:{port}\r\n".encode()
    said = (
        head[: 5 + number % 40],
        head + b"Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
        f"GET {LARGE} HTTP/1.1\r\nHost: {HOST}:{port}\r\n\r\n".encode(),
        b"",
    )[number % 4]
    line = socket.create_connection((HOST, port), timeout=IN_TIME)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    line.sendall(said)
    return line
