"""How long the server takes for what a patient's phone asks, beside the bare form: a part of `bench.patient`."""

import http.client
import json
import re
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Final
from urllib.parse import urlencode

from bench.demo_clinic import TOKEN, DemoClinic, cookies_of, header_of

FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
DAY: Final = re.compile(r'name="day"[^>]* value="([0-9-]+)"')
WARM_UP: Final = 5


class Asking:
    """One kept connection to a server, as a phone keeps it."""

    def __init__(self, port: int, cookies: dict[str, str] | None = None) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = cookies or {}
        self.always = {"Origin": f"http://127.0.0.1:{port}"}

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        """Return status and body of the answer."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {"Cookie": header_of(self.cookies)} if self.cookies else {}
        self.line.request(method, path, body, self.always | kept | sent)
        answer = self.line.getresponse()
        self.cookies |= cookies_of(answer)
        return answer.status, answer.read().decode()


def server_times(clinic: DemoClinic, bare_port: int, times: int) -> str:
    """Return a table of medians and 95th percentiles in milliseconds, asked in turns."""
    own = Asking(clinic.port, clinic.cookies())
    bare = Asking(bare_port)
    _status, page = own.ask("GET", "/today")
    day, token = DAY.search(page), TOKEN.search(page)
    if day is None or token is None:
        raise RuntimeError("The question is not asked today.")
    asked: dict[str, Callable[[], int]] = {
        "GET /today": lambda: own.ask("GET", "/today")[0],
        "bare GET": lambda: bare.ask("GET", "/")[0],
        "POST /sync/entries": lambda: sent_by_a_phone(own, day[1]),
        "POST /today": lambda: sent_by_a_form(own, day[1], token[1]),
        "bare POST": lambda: bare.ask("POST", "/", "score=6", **FORM)[0],
    }
    taken: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(times + WARM_UP):
        for name, send in asked.items():
            start = time.perf_counter()
            status = send()
            if turn >= WARM_UP and status in {200, 303}:
                taken[name].append(1000 * (time.perf_counter() - start))
    answered = {name: figures for name, figures in taken.items() if figures}
    return "\n".join(
        [
            f"server, {times} requests in turns over one connection, milliseconds",
            f"{'':<44}{'median':>10}{'95 %':>10}{'/ bare':>10}",
            *(row(name, answered) for name in answered),
        ]
    )


def row(name: str, taken: dict[str, list[float]]) -> str:
    """Return one line of the table: an address beside what the bare form takes for the same."""
    bare = taken["bare GET" if "GET" in name else "bare POST"]
    return (
        f"{name:<44}{median(taken[name]):>10.2f}{quantiles(taken[name], n=20)[-1]:>10.2f}"
        f"{median(taken[name]) / median(bare):>10.1f}"
    )


def sent_by_a_phone(own: Asking, day: str) -> int:
    """Send one entry as the outbox of a phone does, in the open."""
    now = datetime.now(UTC).isoformat()
    entry = {"client_ref": str(uuid.uuid4()), "day": day, "score": 6, "entered_at": now, "utc_offset": 60}
    body = json.dumps({"sent_at": now, "entries": [entry]})
    status, answer = own.ask(
        "POST", "/sync/entries", body, Content_Type="application/json", Sec_Fetch_Site="same-origin"
    )
    if status == http.client.OK and json.loads(answer)["results"][0]["status"] != "stored":
        raise RuntimeError(f"The entry was not stored: {answer}")
    return status


def sent_by_a_form(own: Asking, day: str, token: str) -> int:
    """Send one entry as the form does."""
    fields = {"csrf_token": token, "day": day, "score": "6", "client_ref": str(uuid.uuid4())}
    return own.ask("POST", "/today", urlencode(fields), Content_Type=FORM["Content-Type"])[0]
