"""What the worklist costs the server: `python -m bench.worklist --patients 100 10000 100000`.

Scratch databases are filled side by side with as many patients: some with whole diaries of 400 days, whose lines are
made as the product makes them, the others with copies of those lines under names of their own. Pages are asked for
through the whole application by a member who is signed in; milliseconds, bytes and queries are printed side by side,
then what the jobs take when a diary day has passed. With `--whole` as large as `--patients` every diary is whole.
"""

import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import Context
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import click
from sqlalchemy import event, insert, select

from diary.access.identity import Identity
from diary.app import create_app
from diary.clinical.medicines import MEDICINE_CODES
from diary.db import Base, db, snapshot, transaction
from diary.models import ClinicTally, Course, Entry, Patient, PatientSummary, PatientTag, PatientZone, WorklistWord
from diary.schema import prepare_database
from diary.services.projection import refresh_summaries
from diary.services.worklist import refresh_everywhere
from diary.services.worklist_words import words_of
from diary.vocabulary import Role
from diary.wall import whole_house
from tests.conftest import TestClock, running, settings_for
from tests.web.people import PASSWORD, a_house
from tests.web.visiting import Visitor

FIRST: Final = ("Ana", "Bob", "Carla", "Dirk", "Elif", "Femke", "Gert", "Hanna", "Ivo", "Joris", "Karin", "Lena", "Mia")
LAST: Final = ("Ramírez", "de Wit", "Jansen", "Özdemir", "van den Berg", "Schmidt", "O'Hara", "Novak", "Silva", "Kok")
ZONES: Final = ("Europe/Amsterdam", "Europe/London", "America/New_York")
TAGS: Final = ("left arm", "right arm", "trial A", "trial B", "rare")
DAYS: Final = 400
SOME: Final = 2000
"""Rows that are put in at once."""


@dataclass
class Asked:
    """What one address took: milliseconds of each time, bytes and queries of the last."""

    taken: list[float] = field(default_factory=list)
    size: int = 0
    queries: int = 0


@dataclass
class Bench:
    """A clinic with many patients in a database of its own, and a member who asks."""

    patients: int
    clock: TestClock
    clinic_id: uuid.UUID
    visitor: Visitor
    email: str
    queries: list[str] = field(default_factory=list)


@click.command()
@click.option("--patients", type=click.IntRange(10), multiple=True, help="Patients; may be given several times.")
@click.argument("more", nargs=-1, type=click.IntRange(10))
@click.option("--whole", type=click.IntRange(1), default=120, show_default=True, help="Patients with whole diaries.")
@click.option("--times", type=click.IntRange(3), default=21, show_default=True, help="Requests; the median is printed.")
def bench(patients: tuple[int, ...], more: tuple[int, ...], whole: int, times: int) -> None:
    """Print what each page costs with so many patients, side by side."""
    numbers = [*patients, *more] or [100, 10_000, 100_000]
    with ExitStack() as kept:
        clinics = [kept.enter_context(clinic_of(number, whole)) for number in numbers]
        click.echo(f"{times} requests in turns; milliseconds of the whole request (median, fastest), bytes, queries")
        click.echo(f"{'':<31}" + "".join(f"{f'{number} patients':>31}" for number in numbers) + "   growth")
        for name in addresses(clinics[0]):
            cells = asked_in_turns(clinics, name, times)
            told = "".join(
                f"{median(one.taken):>10.1f}{min(one.taken):>7.1f}{one.size:>9}{one.queries:>5}" for one in cells
            )
            growth = median(cells[-1].taken) / median(cells[0].taken)
            click.echo(f"{name:<31}{told}   × {growth:.2f}")
        for clinic in reversed(clinics):
            click.echo(what_a_night_takes(clinic, min(whole, clinic.patients)))


def addresses(clinic: Bench) -> dict[str, str]:
    """Return the pages that are asked for."""
    deep = ask(clinic, "/clinic/").get_data(as_text=True)
    behind = deep.partition("after=")[2].partition('"')[0]
    return {
        "no filter": "/clinic/",
        "no filter, a later page": f"/clinic/?after={behind}",
        "by state": "/clinic/?state=HOLDING",
        "my patients": "/clinic/?mine=1",
        "by medicine": "/clinic/?medicine=ketamine",
        "by tag": "/clinic/?tag=trial+A",
        "by tag that few have": "/clinic/?tag=rare",
        "search: one letter": "/clinic/?search=j",
        "search: a name": "/clinic/?search=ram%C3%ADrez",
        "search: one reference": "/clinic/?search=b-00042",
        "search: nobody": "/clinic/?search=zzz",
        "state, medicine, tag and mine": "/clinic/?state=HOLDING&medicine=ketamine&tag=trial+A&mine=1",
        "the end of a round": "/clinic/rounds",
    }


def asked_in_turns(clinics: list[Bench], name: str, times: int) -> list[Asked]:
    """Ask every clinic for a page, in turns, so that whatever else the machine does slows all of them."""
    paths, said = [addresses(clinic)[name] for clinic in clinics], [Asked() for _ in clinics]
    for turn in range(times + 2):
        for clinic, path, one in zip(clinics, paths, said, strict=True):
            clinic.queries.clear()
            start = time.perf_counter()
            answer = ask(clinic, path)
            if turn >= 2:
                one.taken.append(1000 * (time.perf_counter() - start))
            one.size, one.queries = len(answer.data), len(clinic.queries)
    return said


def ask(clinic: Bench, path: str) -> Any:
    """Ask for a page outside of the application context in which the database was filled."""
    return Context().run(clinic.visitor.client.get, path)


def what_a_night_takes(clinic: Bench, whole: int) -> str:
    """Let a diary day pass and return what the jobs take for all lines, and the pages meanwhile."""
    clinic.clock.move(days=1)
    clinic.visitor.sign_in(clinic.email, PASSWORD)
    if whole < clinic.patients:  # copies have no diaries: only the whole ones are made again
        with clinic.visitor.app.app_context(), whole_house(), transaction() as session:
            later = clinic.clock() + timedelta(days=300)
            table = PatientSummary.__table__
            session.execute(table.update().where(table.c.reference.like("b-%")).values(true_until=later))
    before = time.perf_counter()
    ask(clinic, "/clinic/")
    start = time.perf_counter()
    with clinic.visitor.app.app_context(), whole_house():
        made = refresh_everywhere(clinic.clock)
    taken = time.perf_counter() - start
    each = f"{taken:.1f} s, {1000 * taken / max(made, 1):.1f} ms each"
    page = f"the first page {1000 * (start - before):.0f} ms"
    return f"{clinic.patients} patients, a day later: {page}; then {made} lines made again by the jobs in {each}"


@contextmanager
def clinic_of(patients: int, whole: int) -> Iterator[Bench]:
    """Give a clinic of so many patients, which is gone afterwards."""
    clock = TestClock(datetime(2026, 10, 30, 12, tzinfo=TestClock().now.tzinfo))
    with ExitStack() as kept:
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        app = kept.enter_context(running(folder / "instance", clock, an_empty_one(folder / "empty")))
        house = a_house(app, clock)
        visitor = house.staff(Role.CLINICIAN)
        email, who = next(reversed(house.known.items()))
        start = time.perf_counter()
        fill(house.clinic_id, who, patients, min(whole, patients), clock)
        click.echo(f"{patients} patients filled in within {time.perf_counter() - start:.0f} s")
        clinic = Bench(patients, clock, house.clinic_id, visitor, email)
        event.listen(db.engine, "before_cursor_execute", lambda *about: clinic.queries.append(about[2]))
        yield clinic


def an_empty_one(folder: Path) -> Path:
    """Make an empty database and return its folder."""
    folder.mkdir(mode=0o700)
    made = create_app(settings_for(folder))
    prepare_database(made)
    with made.app_context(), whole_house():
        db.engine.dispose()
    return folder


def fill(clinic_id: uuid.UUID, who: Identity, patients: int, whole: int, clock: TestClock) -> None:
    """Make whole diaries and their lines, then copies of the lines."""
    chance = random.Random(7)  # noqa: S311 (made-up diaries need no secrecy)
    ids = [uuid.UUID(int=chance.getrandbits(128), version=4) for _ in range(patients)]
    for begin in range(0, patients, SOME):
        rows: dict[type[Base], list[dict[str, Any]]] = {}
        for number in range(begin, min(begin + SOME, patients)):
            for table, row in rows_of(chance, clinic_id, who, number, ids[number], clock, is_whole=number < whole):
                rows.setdefault(table, []).append(row)
        with transaction() as session:
            for table, made in rows.items():
                session.execute(insert(table), made)
    for begin in range(0, whole, SOME):
        with transaction() as session:
            refresh_summaries(session, clinic_id, ids[begin : min(begin + SOME, whole)], now=clock())
    copy_lines(chance, clinic_id, ids[whole:])
    refresh_everywhere(clock)


def rows_of(
    chance: random.Random,
    clinic_id: uuid.UUID,
    who: Identity,
    number: int,
    patient_id: uuid.UUID,
    clock: TestClock,
    *,
    is_whole: bool,
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    """Yield the rows of a patient, those of the diary only where it is whole."""
    name = f"{chance.choice(LAST)}, {chance.choice(FIRST)} {chance.choice(FIRST)}"
    key = {"clinic_id": clinic_id, "patient_id": patient_id}
    known = {"reference": f"{'a' if is_whole else 'b'}-{number:06}", "name": name, "made_at": clock()}
    mine = {"responsible_id": who.member_id if number % 8 == 0 else None}
    yield Patient, {"clinic_id": clinic_id, "id": patient_id, **known, **mine}
    yield PatientZone, {**key, "valid_from": date(1900, 1, 1), "time_zone": chance.choice(ZONES)}
    yield PatientTag, {**key, "tag": "rare" if number % 500 == 0 else chance.choice(TAGS[:4])}
    if is_whole:
        yield from diary_of(chance, key, clock().date(), clock)
    else:
        for word in words_of(name, known["reference"]):
            yield WorklistWord, {**key, "word": word}


def diary_of(
    chance: random.Random, key: dict[str, Any], today: date, clock: TestClock
) -> Iterator[tuple[type[Base], dict[str, Any]]]:
    """Yield 400 days of entries and one to four courses: relief after each, which goes."""
    first, medicine = today - timedelta(days=DAYS - 1), chance.choice(sorted(MEDICINE_CODES))
    begins = [
        first + timedelta(days=20 + 6 * place) for place in sorted(chance.sample(range(63), chance.randint(1, 4)))
    ]
    for begin in begins:
        days = {"first_day": begin, "last_day": begin + timedelta(days=chance.randrange(5))}
        yield (
            Course,
            {**key, "id": a_uuid(chance), "medicines": (medicine,), "status": "given", "made_at": clock(), **days},
        )
    level, relief, lasts = chance.uniform(4, 9), chance.uniform(0, 0.8), chance.randint(10, 120)
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        since = min(((day - begin).days for begin in begins if begin <= day), default=None)
        if chance.random() < 0.12:
            continue
        mean = level * (1 - relief) if since is not None and since < lasts else level
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=clock().tzinfo)
        yield Entry, {
            **key, "id": a_uuid(chance), "day": day, "revision": 1, "client_ref": a_uuid(chance), "days_late": 0,
            "score": min(10, max(0, round(mean + chance.gauss(0, 1.2)))), "item_version": "bench", "entered_at": noon,
            "utc_offset_minutes": 60, "written_at": noon, "received_at": noon, "source": "self",
        }  # fmt: skip


def a_uuid(chance: random.Random) -> uuid.UUID:
    """Return an id of its own."""
    return uuid.UUID(int=chance.getrandbits(128), version=4)


def copy_lines(chance: random.Random, clinic_id: uuid.UUID, others: list[uuid.UUID]) -> None:
    """Give the other patients lines of those with whole diaries."""
    with snapshot() as session:
        lines = [dict(row) for row in session.execute(select(PatientSummary.__table__)).mappings()]
    for begin in range(0, len(others), SOME):
        some = others[begin : begin + SOME]
        with transaction() as session:
            patients = session.execute(
                select(Patient.id, Patient.reference, Patient.name, Patient.responsible_id).where(
                    Patient.clinic_id == clinic_id, Patient.id.in_(some)
                )
            )
            made = []
            for patient_id, reference, name, responsible_id in patients.all():
                own = {"patient_id": patient_id, "reference": reference, "name": name, "search_name": name.casefold()}
                made.append({**chance.choice(lines), **own, "responsible_id": responsible_id})
            session.execute(insert(PatientSummary), made)
            session.get_one(ClinicTally, clinic_id).out_of_date = True


if __name__ == "__main__":
    bench()
