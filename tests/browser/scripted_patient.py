"""A patient made of rules: what they tap on which day, over which line, on which of two phones.

The model beside them knows only what was tapped and told, and when. It never asks the product what a day is, nor
what counts.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, BrowserContext, Error, Page, expect

from tests.browser.phones import READY, go_although_it_leads_on, leave_sending_to_pages, status_of
from tests.browser.served import PATIENT, Served
from tests.browser.slow_line import SLOW_4G, Line, SlowLine, Speed, slow_line
from tests.browser.visitors import PHONE, Visitors

ZONE: Final = ZoneInfo("Europe/Amsterdam")
TURN: Final = timedelta(hours=4)
QUIET: Final = 0.2
"""Seconds without a word on a line before the clocks are moved."""
SETTLED: Final = "() => document.querySelector('[data-outbox]')?.textContent !== ''"
"""The page's script has begun its work: it says what waits."""
SEND_NOTHING: Final = """() => new Promise((held) => {
  navigator.locks.request("ebb-outbox", () => (held(), new Promise((over) => { globalThis.sendAgain = over; })));
})"""
SEND_AGAIN: Final = "() => globalThis.sendAgain?.()"
"""What is being sent is waited for, and nothing else is until then."""
LEFT: Final = "Execution context was destroyed"
UNSENT: Final = "Answered, not sent"
SAVED: Final = "**/diary?saved=*"
KINDS: Final = {
    "at once": 30, "over a slow line": 8, "without a line": 14, "while nobody answers": 6, "the answer is lost": 10,
    "on both phones": 6, "taken back": 6, "taken back unsent": 6, "corrected": 6, "yesterday too": 6,
    "three days late": 3, "after midnight": 5, "reloaded and killed": 6, "not at all": 12,
}  # fmt: skip
"""Kinds of day and how often each comes."""

SHIFTED: Final = """
globalThis.RealDate = Date;
(() => {
  const shift = () => Number(localStorage.getItem("clock") ?? 0);
  globalThis.Date = class extends RealDate {
    constructor(...given) { super(...(given.length ? given : [RealDate.now() + shift()])); }
    static now() { return RealDate.now() + shift(); }
  };
  const { timeOrigin } = performance;
  Object.defineProperty(performance, "timeOrigin", { get: () => timeOrigin + shift() });
})();
"""
"""The clock of a phone, as its pages read it; its timers go on by themselves."""


@dataclass(frozen=True)
class Tapped:
    """A number that the patient was told is saved, or None for one taken back at the clinic."""

    day: date
    score: int | None
    at: datetime
    late: int


@dataclass
class Model:
    """What was tapped, in the order of tapping."""

    told: list[Tapped] = field(default_factory=list)

    def says(self, day: date, score: int | None, at: datetime) -> None:
        """Note a number that the patient was told is saved."""
        first = next((one.late for one in self.told if one.day == day), (day_of(at) - day).days)
        self.told.append(Tapped(day, score, at, first))

    def takes_back(self, day: date, at: datetime) -> None:
        """Note that what was last said of a day counts no longer."""
        before = [one.score for one in self.told if one.day == day][:-1]
        self.says(day, before[-1] if before else None, at)

    def live(self) -> dict[date, int]:
        """Return what counts on each day."""
        last = {one.day: one.score for one in self.told}
        return {day: score for day, score in last.items() if score is not None}


def day_of(at: datetime) -> date:
    """Return the diary day of a moment: the date on the wall, until four in the morning the one before."""
    return (at.astimezone(ZONE).replace(tzinfo=None) - TURN).date()


@dataclass
class Handheld:
    """One phone: its browser, its page, its line, and whether it has a network now."""

    context: BrowserContext
    page: Page
    line: SlowLine
    online: bool = True

    def network(self, *, there: bool) -> None:
        """Take the network away or give it back."""
        self.online = there
        self.context.set_offline(not there)

    def open(self, path: str = "/today") -> None:
        """Open a page of the app, as from the home screen."""
        go_although_it_leads_on(self.page, path)


class ScriptedPatient:
    """Lives through days, one after the other, and keeps the model of what was tapped."""

    def __init__(self, served: Served, phones: list[Handheld], seed: int) -> None:
        self.served, self.phones, self.model = served, phones, Model()
        self.chance = random.Random(seed)
        self.story: list[str] = []

    def live_through(self, kind: str) -> None:
        """Live one day of this kind, from the morning until the phones have had a network in the evening, or not."""
        morning = datetime.combine(self.today + timedelta(days=1), datetime.min.time(), ZONE) + timedelta(hours=7)
        self.wait_until(morning + timedelta(minutes=self.chance.randrange(200)))
        self.story.append(f"{self.today} {kind}")
        for phone in self.phones:
            if self.chance.random() < 0.7:
                phone.network(there=True)
        phone, other = self.chance.sample(self.phones, 2)
        WAYS[kind](self, phone, other)

    @property
    def now(self) -> datetime:
        """The moment on every clock."""
        return self.served.clock()

    @property
    def today(self) -> date:
        """The diary day of now."""
        return day_of(self.now)

    def wait_until(self, moment: datetime) -> None:
        """Set the clocks of the server and of the phones."""
        for phone in self.phones:  # what is on its way would arrive hours after it was sent
            phone.page.wait_for_function(SETTLED)
            phone.line.wait_until_quiet(QUIET)
            ask(phone.page, SEND_NOTHING)
        self.served.clock.now = moment.astimezone(UTC)
        for phone in self.phones:
            set_clock(phone.page, self.served.clock.now)
            ask(phone.page, SEND_AGAIN)

    def wait(self, **by: float) -> None:
        """Let time pass."""
        self.wait_until(self.now + timedelta(**by))

    def number(self) -> int:
        """Choose what to tap."""
        return self.chance.randint(0, 8)

    def tap(self, phone: Handheld, score: int) -> None:
        """Make the two taps, on the page that is open."""
        number = phone.page.locator(f"input[name=score][value='{score}']")
        number.wait_for()
        number.tap(force=True)
        phone.page.get_by_role("button", name="Save").tap()

    def told_saved(self, phone: Handheld) -> bool:
        """Wait until the page says that it is saved, and say whether at the clinic; else it is on the phone."""
        stored = phone.page.get_by_role("status").filter(has_text="Saved:")
        advised = phone.page.get_by_text("Your number is saved.")
        kept = phone.page.get_by_role("heading", level=1, name=UNSENT)
        expect(stored.or_(advised).or_(kept).first).to_be_visible(timeout=30_000)
        return not kept.is_visible()

    def say_today(self, phone: Handheld) -> bool:
        """Answer today's question if it is asked, and say whether it is saved at the clinic."""
        phone.open()
        question, done = phone.page.locator("form[data-asks] input[name=score]").first, phone.page.locator("main")
        expect(done).to_be_visible()
        if not question.is_visible():
            return False
        shown = date.fromisoformat(phone.page.locator("form[data-asks] input[name=day]").input_value())
        assert shown == self.today, f"asked for {shown} at {self.now.astimezone(ZONE)}"
        score = self.number()
        self.tap(phone, score)
        stored = self.told_saved(phone)
        self.model.says(self.today, score, self.now)
        return stored

    def come_home(self) -> None:
        """Give every phone its network and wait until it says that all is sent."""
        for phone in self.phones:
            phone.network(there=True)
            phone.line.does, phone.line.speed = Line.OPEN, Speed()
            phone.open("/me")
            expect(status_of(phone.page)).to_have_text("All sent", timeout=30_000)

    def fill_in(self, phone: Handheld, day: date) -> None:
        """Fill in an earlier day, or correct it, on its own page."""
        phone.network(there=True)
        self.wait(minutes=2)
        phone.open(f"/diary/{day}")
        reason = phone.page.get_by_role("radio", name="I tapped the wrong number")
        if reason.count():
            reason.check(force=True)
        score = self.number()
        self.tap(phone, score)
        self.told_saved(phone)
        self.model.says(day, score, self.now)


def faults_of(served: Served, model: Model) -> list[str]:
    """Compare the database with what was tapped, entry by entry."""
    rows = served.ask(
        "SELECT entry.day, entry.score, entry.written_at, entry.received_at, entry.days_late,"
        " entry.clock_error_seconds, entry.client_ref FROM entry JOIN patient ON patient.id = entry.patient_id"
        " WHERE patient.reference = ? AND entry.day >= ? ORDER BY entry.written_at, entry.received_at",
        PATIENT,
        FIRST_DAY.isoformat(),
    )
    tapped = Counter((one.day.isoformat(), one.score) for one in model.told)
    stored = Counter((day, score) for day, score, *_more in rows)
    faults = [f"lost: {day} {score}, {number} of it" for (day, score), number in (tapped - stored).items()]
    faults += [f"never tapped: {day} {score}, {number} of it" for (day, score), number in (stored - tapped).items()]
    last = {day: score for day, score, *_more in rows}
    live = {day.isoformat(): score for day, score in model.live().items()}
    faults += [
        f"{day} counts as {last.get(day)}, tapped was {live.get(day)}"
        for day in sorted(last.keys() | live.keys())
        if last.get(day) != live.get(day)
    ]
    first = {day: late for day, _score, _written, _received, late, *_more in reversed(rows)}
    wanted = {one.day.isoformat(): one.late for one in model.told}
    faults += [
        f"{day} is {late} days late, tapped {wanted[day]} days late"
        for day, late in first.items()
        if late != wanted.get(day, late)
    ]
    faults += [f"{row[0]}: a clock error of {row[5]} s, where all clocks agree" for row in rows if abs(row[5]) > 5]
    refs = [row[6] for row in rows]
    return faults + [f"stored twice: {ref}" for ref, number in Counter(refs).items() if number > 1]


@contextmanager
def two_phones(browser: Browser, served: Served) -> Iterator[list[Handheld]]:
    """Two phones of one patient on which the app is installed, each on a line of its own."""
    with slow_line(port_of(served)) as one, slow_line(port_of(served)) as other:
        phones = [handheld(browser, served, line) for line in (one, other)]
        yield phones
        for phone in phones:
            phone.context.close()


def handheld(browser: Browser, served: Served, line: SlowLine) -> Handheld:
    """Return a phone whose patient has signed in."""
    how: dict[str, Any] = {"viewport": PHONE, "has_touch": True, "is_mobile": True, "locale": "en-GB"}
    context = browser.new_context(base_url=line.address, timezone_id=ZONE.key, reduced_motion="reduce", **how)
    context.set_default_timeout(30_000)
    context.add_init_script(SHIFTED)
    page = context.new_page()
    leave_sending_to_pages(page, line.address)
    page.goto("/about")
    set_clock(page, served.clock())
    Visitors(browser, served).sign_in(page, "patient")
    page.goto("/today")
    page.evaluate(READY)
    return Handheld(context, page, line)


def set_clock(page: Page, now: datetime) -> None:
    """Set the clock of a phone, for every page of it; it goes on from there."""
    ask(page, "(now) => localStorage.setItem('clock', now - RealDate.now())", now.timestamp() * 1000)


def ask(page: Page, script: str, given: object = None) -> None:
    """Let a script run in a page, or in the next one where the page is just leading on."""
    try:
        page.evaluate(script, given)
    except Error as left:
        if LEFT not in str(left):
            raise
        page.wait_for_load_state()
        page.evaluate(script, given)


def port_of(served: Served) -> int:
    """Return the port of the served application."""
    return int(served.address.rpartition(":")[2])


def at_once(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer with a network."""
    phone.network(there=True)
    who.say_today(phone)


def over_a_slow_line(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer over slow 4G."""
    phone.network(there=True)
    phone.line.speed = SLOW_4G
    who.say_today(phone)
    phone.line.speed = Speed()


def without_a_line(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer offline, and stay so until some other day."""
    phone.network(there=False)
    who.say_today(phone)


def while_nobody_answers(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer while the phone thinks that it has a network and has none."""
    phone.network(there=True)
    phone.open()
    phone.line.does = Line.DEAD
    who.say_today(phone)
    phone.line.does = Line.OPEN


def the_answer_is_lost(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer while what is sent arrives and its answer does not."""
    phone.network(there=True)
    phone.open()
    phone.line.does = Line.LOSES_ANSWERS
    who.say_today(phone)
    phone.line.does = Line.OPEN
    who.wait(minutes=5)
    phone.open("/me")


def on_both_phones(who: ScriptedPatient, phone: Handheld, other: Handheld) -> None:
    """Answer on one phone without a network and on the other with one; the first is sent last."""
    phone.network(there=False)
    who.say_today(phone)
    who.wait(hours=3)
    other.network(there=True)
    who.say_today(other)
    who.wait(hours=2)
    phone.network(there=True)
    phone.open("/me")


def taken_back(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Undo what is stored, and answer again."""
    phone.network(there=True)
    if who.say_today(phone):
        who.wait(minutes=1)
        onward, undo = phone.page.get_by_role("link", name="To my diary"), phone.page.get_by_role("button", name="Undo")
        expect(onward.or_(undo)).to_be_visible()
        if onward.is_visible():
            onward.tap()
        undo.tap()
        phone.page.wait_for_url("**/diary?undone=*")
        who.model.takes_back(who.today, who.now)
        who.wait(minutes=1)
        who.say_today(phone)


def taken_back_unsent(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Undo what waits on the phone: it is as if it had not been."""
    phone.network(there=False)
    before = len(who.model.told)
    if not who.say_today(phone) and len(who.model.told) > before:
        who.wait(minutes=1)
        phone.page.get_by_role("button", name="Undo").tap()
        expect(phone.page.get_by_text("Taken back.")).to_be_visible()
        who.model.told.pop()
        who.wait(minutes=1)
        if who.chance.random() < 0.5:
            who.say_today(phone)


def corrected(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer, and correct another day of this week."""
    at_once(who, phone, _other)
    known = [day for day in who.model.live() if day > who.today - timedelta(days=7)]
    if known:
        who.come_home()
        who.fill_in(phone, who.chance.choice(known))


def yesterday_too(who: ScriptedPatient, phone: Handheld, other: Handheld) -> None:
    """Answer, and fill in yesterday where it was left out."""
    late(who, phone, other, days=1)


def three_days_late(who: ScriptedPatient, phone: Handheld, other: Handheld) -> None:
    """Answer, and fill in the earliest day that is still offered where it was left out."""
    late(who, phone, other, days=3)


def late(who: ScriptedPatient, phone: Handheld, other: Handheld, *, days: int) -> None:
    """Answer, and write a day so many days late."""
    at_once(who, phone, other)
    who.come_home()
    day = who.today - timedelta(days=days)
    if day not in {one.day for one in who.model.told} and day >= FIRST_DAY:
        who.fill_in(phone, day)


def after_midnight(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer between midnight and four: the day is not over yet."""
    day = who.today
    who.wait_until(
        datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE) + timedelta(hours=3, minutes=40)
    )
    assert who.today == day
    phone.network(there=who.chance.random() < 0.5)
    who.say_today(phone)


def reloaded_and_killed(who: ScriptedPatient, phone: Handheld, _other: Handheld) -> None:
    """Answer without a network, reload, close the page, and open another."""
    phone.network(there=False)
    who.say_today(phone)
    phone.page.reload()
    phone.page.close()
    phone.page = phone.context.new_page()
    phone.network(there=True)
    phone.open()


def not_at_all(_who: ScriptedPatient, _phone: Handheld, _other: Handheld) -> None:
    """Leave the day out."""


WAYS: Final = {
    "at once": at_once, "over a slow line": over_a_slow_line, "without a line": without_a_line,
    "while nobody answers": while_nobody_answers, "the answer is lost": the_answer_is_lost,
    "on both phones": on_both_phones, "taken back": taken_back, "taken back unsent": taken_back_unsent,
    "corrected": corrected, "yesterday too": yesterday_too, "three days late": three_days_late,
    "after midnight": after_midnight, "reloaded and killed": reloaded_and_killed, "not at all": not_at_all,
}  # fmt: skip
FIRST_DAY: Final = date(2026, 3, 20)
