"""The demo's stories: they hold on whatever day they are told, and every sign-in works."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from diary.access.identity import Identity
from diary.clinical.worklist_order import Band
from diary.db import snapshot
from diary.installation import Installation
from diary.models import Entry, Member, Patient, PatientForecast
from diary.services.patient_pages import read_patient_page
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.demo.told import patients_of_the_demo, plain, summaries, tell
from tests.web.visiting import Visitor

MOMENTS = (
    datetime(2026, 3, 20, 12, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # half past one, before the clocks go forward
    datetime(2026, 10, 25, 2, 30, tzinfo=UTC),  # half past three, after they went back
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
)
TOLD = {
    "M-2041": ("REPEAT_DUE", None, ()),
    "M-1987": ("DUE_SOON", None, ("inside_minimum_interval",)),
    "M-2110": ("HOLDING", None, ("patient_says_wearing_off",)),
    "M-2077": ("DUE_SOON", None, ()),
    "M-2003": ("NON_RESPONDER", None, ()),
    "M-1950": ("NOT_ENOUGH_DATA", "few_entries", ("stopped_writing",)),
    "M-2133": ("AWAITING_RESPONSE", None, ()),
    "M-2098": ("HOLDING", None, ()),
    "M-1812": ("HOLDING", None, ()),
    "M-2061": ("NEVER_SETTLED", None, ()),
    "M-2140": ("IN_COURSE", None, ()),
    "M-2145": ("NOT_ENOUGH_DATA", "no_baseline", ()),
    "M-2151": ("NO_COURSE", None, ()),
    "M-2019": ("REPEAT_DUE", None, ("deferred_until",)),
    "M-2120": ("HOLDING", None, ()),
    "M-2128": ("NOT_ENOUGH_DATA", "baseline_below_minimum", ()),
    "M-2056": ("NOT_ENOUGH_DATA", "few_entries", ()),
    "M-2148": ("SETTLING", None, ()),
}


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_every_story_holds_on_the_day_it_is_told(app: Flask, clock: TestClock, moment: datetime) -> None:
    clock.now = moment
    tell(app)
    lines = summaries()
    for reference, (state, why, marks) in TOLD.items():
        verdict = lines[reference].shown["verdict"]
        assert (verdict["state"], verdict["why"]) == (state, why), reference
        assert set(marks) <= {mark["code"] for mark in verdict["marks"]}, reference
    assert lines["M-2041"].shown["verdict"]["days_of_relief"] == 41
    assert lines["M-2019"].band == Band.DECIDED
    assert lines["M-2110"].shown["reason"] == "patient_says_wearing_off"
    assert lines["M-1950"].shown["reason"] in ("stopped_writing", "few_entries", "stopped_near_line")
    assert {line.shown["verdict"]["state"] for line in lines.values()} >= {story[0] for story in TOLD.values()}


def test_forecasts_are_there_when_the_demo_is_opened(app: Flask, clock: TestClock) -> None:
    tell(app)
    with snapshot() as session:
        made = list(session.scalars(select(PatientForecast)))
    assert len(made) == len(patients_of_the_demo())
    assert all(row.wanted_since is None and row.as_of == clock().date() for row in made)
    assert sum(row.silent is None for row in made) >= 3
    marks = {mark["code"] for line in summaries().values() for mark in line.shown["verdict"]["marks"]}
    assert "book_by" in marks


def test_the_stories_are_the_same_on_every_day(app: Flask, clock: TestClock) -> None:
    tell(app)
    verdicts = {reference: plain(line.shown["verdict"]) for reference, line in summaries().items()}
    assert json.dumps(verdicts, sort_keys=True)
    assert verdicts["M-2041"]["baseline"] == 7.0
    assert (verdicts["M-2041"]["t"], verdicts["M-2041"]["due"]) == (61, 49)


def test_relief_grew_shorter_with_each_course_of_the_first_patient(app: Flask, clock: TestClock) -> None:
    tell(app)
    ana = patients_of_the_demo()["M-2041"]
    with snapshot() as session:
        doctor = session.scalars(select(Member).where(Member.name == "Dr K. Meyer")).one()
    who = Identity(None, doctor.clinic_id, doctor.id, frozenset({Role.CLINICIAN}))
    page = read_patient_page(who, subject(ana), clock=clock)
    ends = [course.first_day - timedelta(days=1) for course in page.diary.given[1:]] + [page.today]
    relief = [page.diary.verdict(end, page.rules).days_of_relief for end in ends]
    assert relief == sorted(relief, key=lambda days: -(days or 0))
    assert len(set(relief)) == len(relief) == 3
    assert None not in relief


def test_paper_entries_are_marked_as_paper(app: Flask) -> None:
    tell(app)
    with snapshot() as session:
        sources = session.execute(
            select(Patient.reference, Entry.source)
            .join(Patient, (Patient.clinic_id == Entry.clinic_id) & (Patient.id == Entry.patient_id))
            .distinct()
        ).all()
    assert {source for reference, source in sources if reference == "M-1812"} == {"paper"}


@pytest.mark.parametrize("moment", [MOMENTS[0], datetime(2026, 6, 1, 3, 0, tzinfo=UTC)], ids=str)
def test_no_entry_of_the_demo_was_written_after_the_moment_it_is_told(
    app: Flask, clock: TestClock, moment: datetime
) -> None:
    clock.now = moment
    tell(app)
    with snapshot() as session:
        assert session.scalar(select(func.max(Entry.written_at))) <= moment


def test_the_command_prints_sign_ins_that_work(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["diary", "demo", "--json"])
    assert done.exit_code == 0, done.output
    sign_ins = json.loads(done.stdout)
    assert {one["role"] for one in sign_ins} == {"clinician", "nurse", "admin", "patient"}
    start = {"clinician": "/clinic/", "nurse": "/clinic/", "admin": "/clinic/settings", "patient": "/today"}
    for one in sign_ins:
        assert set(one) == {"role", "email", "password", "totp_secret", "totp"}
        assert one["totp"] == one["totp_secret"]
        assert (one["totp_secret"] is None) is (one["role"] == "patient")
        visitor = Visitor(app).sign_in(one["email"], one["password"], secret=one["totp_secret"] or "")
        assert visitor.page is not None
        assert visitor.page.path == start[one["role"]]


def test_the_patient_who_signs_in_has_today_still_to_answer(app: Flask) -> None:
    sign_in = next(one for one in tell(app) if one["role"] == "patient")
    visitor = Visitor(app).sign_in(sign_in["email"], sign_in["password"])
    assert visitor.get("/today").all("input", name="score")
    assert "Saved: 6 for today" in visitor.send(visitor.get("/today").form(), {"score": "6"}).text


def test_a_second_run_is_refused_and_changes_nothing(app: Flask) -> None:
    tell(app)
    before = len(patients_of_the_demo())
    again = app.test_cli_runner().invoke(args=["diary", "demo"])
    assert again.exit_code == 1
    assert "the demo clinic needs an empty database" in again.stderr
    assert len(patients_of_the_demo()) == before


def test_production_refuses_the_demo(app: Flask) -> None:
    made: Installation = app.extensions["ebb"]
    replace(made, settings=replace(made.settings, env="production")).put_into(app)
    done = app.test_cli_runner().invoke(args=["diary", "demo"])
    assert done.exit_code == 1
    assert "not for production" in done.stderr
    assert patients_of_the_demo() == {}


def test_the_code_of_the_demos_staff_is_printed_and_opens_the_worklist(app: Flask) -> None:
    doctor = next(one for one in tell(app) if one["role"] == "clinician")
    printed = app.test_cli_runner().invoke(args=["diary", "demo-code", doctor["email"]])
    assert printed.exit_code == 0, printed.output
    visitor = Visitor(app)
    page = visitor.send(visitor.get("/sign-in").form(), {"email": doctor["email"], "password": doctor["password"]})
    assert visitor.send(page.form(), {"code": printed.stdout.strip()}).path == "/clinic/"
    stranger = app.test_cli_runner().invoke(args=["diary", "demo-code", "nobody@demo.example"])
    assert (stranger.exit_code, "not among the demo's staff" in stranger.stderr) == (1, True)
