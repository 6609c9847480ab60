"""After any history whatever, the stored summary is what a rebuild gives."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from diary.access.identity import Identity
from diary.clinical.forecast import Forecast, Silent
from diary.db import snapshot, transaction
from diary.errors import DiaryError
from diary.models import CourseOutcome, PatientSummary
from diary.services import courses, decisions, entries, forecasts, fresh_lines, infusions, patients, protection
from diary.services.fresh_lines import remake_stale
from diary.services.outcomes import outcome_rows
from diary.services.projection import refresh_summaries, summary_of
from diary.services.rules import rules_in_force
from diary.services.worklist import WorklistFilter, read_worklist, refresh_everywhere
from diary.vocabulary import CourseStatus, DecisionKind, EventKind, LifeCycle
from tests.clinic_builders import AClinic, a_clinic, a_patient, confirmed, subject
from tests.services.expecting import wait_for_chairs
from tests.services.looking_in import diary_of

ZONES = ("Europe/Amsterdam", "Africa/Cairo", "Pacific/Apia", "America/St_Johns")


@dataclass
class History:
    """One patient, whatever is done to them, and the clock over it."""

    clinic: AClinic
    patient: Identity
    clock: object
    written: list = field(default_factory=list)
    courses: list = field(default_factory=list)
    begun: list = field(default_factory=list)

    def write(self, back, score):
        day = self.today() - timedelta(days=back)
        stored = entries.record_entry(
            self.patient, self.whom, day=day, score=score, client_ref=uuid.uuid4(), clock=self.clock
        )
        self.written.append(stored.entry.id)

    def write_a_week(self, back, score):
        for day in range(7):
            self.clock.now += timedelta(days=1)
            self.write(0, (score + day * back) % 11)

    def undo(self, which):
        if self.written:
            entry_id = self.written[which % len(self.written)]
            entries.undo_entry(self.patient, self.whom, entry_id, clock=self.clock)

    def give_course(self, back, medicine, status):
        self.courses.append(
            courses.record_course(
                self.clinic.clinician, self.whom, self.course_days(back, medicine, status), clock=self.clock
            )
        )

    def correct_course(self, which, back, medicine, status):
        if self.courses:
            courses.correct_course(
                self.clinic.clinician,
                self.courses[which % len(self.courses)],
                self.whom,
                self.course_days(back, medicine, status),
                reason="a slip of the pen",
                clock=self.clock,
            )

    def infuse(self, which, back):
        if self.courses:
            course_id = self.courses[which % len(self.courses)]
            (course,) = (c for c in diary_of(self.patient).courses if c.id == course_id)
            given = infusions.InfusionGiven(self.today() - timedelta(days=back), course.medicines[0])
            infusions.record_infusion(self.clinic.nurse, self.whom, course_id, given, clock=self.clock)

    def give_baseline(self, which, value):
        if self.courses:
            courses.give_baseline(
                self.clinic.clinician,
                self.whom,
                self.courses[which % len(self.courses)],
                value=value,
                reason="from the notes",
                clock=self.clock,
            )

    def happen(self, kind, back):
        day = self.today() - timedelta(days=back)
        courses.record_event(self.clinic.nurse, self.whom, kind, clock=self.clock, day=day)

    def decide(self, kind, ahead):
        diary, today = diary_of(self.patient), self.today()
        with snapshot() as session:
            rules = rules_in_force(session, self.clinic.clinic_id)
        decisions.record_decision(
            confirmed(self.clinic.clinician, self.clock),
            self.whom,
            kind,
            reason="talked on the phone",
            next_step=today + timedelta(days=ahead),
            shown_digest=decisions.what_is_shown(diary, today, rules)[1],
            clock=self.clock,
        )

    def live(self, life_cycle):
        patients.change_life_cycle(self.clinic.nurse, self.whom, life_cycle, clock=self.clock)

    def wait(self, hours):
        self.clock.now += timedelta(hours=hours)
        remake_stale(self.clinic.clinic_id, clock=self.clock)

    def open_the_list(self):
        read_worklist(self.clinic.clinician, self.clinic.clinic_id, WorklistFilter(), clock=self.clock)

    def let_jobs_pass(self):
        refresh_everywhere(self.clock)

    def begin_a_job(self):
        ids = [self.patient.patient_id]
        self.begun.append(fresh_lines.reckon(self.clinic.clinic_id, ids, clock=self.clock))

    def end_a_job(self, which):
        if self.begun:
            fresh_lines.put(self.begun.pop(which % len(self.begun)))

    def change_under_a_late_job(self, which, back, medicine, status, is_protected):
        """Let a job read a line that others made right since it was listed, staff change the diary, the job store."""
        self.let_jobs_pass()
        self.begin_a_job()
        try:
            self.give_course(back, medicine, status)
            self.protect(is_protected)
        finally:
            self.end_a_job(which)

    def protect(self, is_protected):
        asking, reason = confirmed(self.clinic.admin, self.clock), "asked for by the patient"
        if is_protected:
            clinician = self.clinic.clinician.member_id
            protection.protect_diary(asking, self.whom, responsible_id=clinician, reason=reason, clock=self.clock)
        else:
            protection.unprotect_diary(asking, self.whom, reason=reason, clock=self.clock)

    def forecast(self):
        with patch.object(forecasts, "forecast_of", any_forecast):
            forecasts.make_forecasts(self.clock)

    def wait_for_chairs(self, days):
        wait_for_chairs(self.clinic, self.clock, days)
        self.wait(0)

    @property
    def whom(self):
        return subject(self.patient)

    def today(self):
        return diary_of(self.patient).today(self.clock())

    def course_days(self, back, medicine, status):
        first = self.today() - timedelta(days=back)
        return courses.CourseDays((medicine,), status, first, first + timedelta(days=back % 5))

    def check(self):
        stored = columns(self.patient)
        if stored["true_until"] > self.clock():
            assert stored == as_stored(self.rebuilt())
            diary = diary_of(self.patient)
            assert outcomes(self.patient) == outcome_rows(diary, diary.today(self.clock()), self.rules())

    def check_at_the_end(self):
        fresh_lines.make_all_right(self.clinic.clinic_id, clock=self.clock)
        stored = columns(self.patient)
        assert stored["true_until"] > self.clock()
        self.check()
        with transaction() as session:
            refresh_summaries(session, self.clinic.clinic_id, [self.patient.patient_id], now=self.clock())
        assert columns(self.patient) == stored

    def rebuilt(self):
        return summary_of(diary_of(self.patient), self.rules(), self.clock())

    def rules(self):
        with snapshot() as session:
            return rules_in_force(session, self.clinic.clinic_id)


def any_forecast(judged, counting, today, *, rules, calibration):
    """Speak of any patient with a course, differently from day to day."""
    if not judged:
        return Forecast(today, None, silent=Silent.NO_COURSE)
    p50 = sum(counting.values()) % 60
    return Forecast(today, judged[-1].course.last_day, p50 - 5, p50, p50 + 5, 0.5, 0.1)


def columns(patient):
    with snapshot() as session:
        row = session.get_one(PatientSummary, (patient.clinic_id, patient.patient_id))
    names = set(type(row).__table__.columns.keys()) - {"clinic_id", "patient_id"}
    return {name: getattr(row, name) for name in names}


def outcomes(patient):
    names = set(CourseOutcome.__table__.columns.keys()) - {"clinic_id", "patient_id"}
    wanted = select(CourseOutcome).where(CourseOutcome.patient_id == patient.patient_id)
    with snapshot() as session:
        rows = list(session.scalars(wanted.order_by(CourseOutcome.first_day)))
    return [{name: getattr(row, name) for name in names} for row in rows]


def as_stored(rebuilt):
    return {**rebuilt, "shown": json.loads(json.dumps(rebuilt["shown"]))}


backs = st.integers(0, 4)
which = st.integers(0, 5)
scores = st.integers(0, 10)
courses_back = st.integers(-3, 25)
medicine = st.sampled_from(["ketamine", "lidocaine", "bisphosphonate"])
status = st.sampled_from(CourseStatus)
steps = st.one_of(
    st.tuples(st.just("write"), backs, scores),
    st.tuples(st.just("write_a_week"), st.integers(0, 1), scores),
    st.tuples(st.just("undo"), which),
    st.tuples(st.just("give_course"), courses_back, medicine, status),
    st.tuples(st.just("correct_course"), which, courses_back, medicine, status),
    st.tuples(st.just("infuse"), which, backs),
    st.tuples(st.just("give_baseline"), which, st.sampled_from([None, Decimal("3.5"), Decimal("7.25")])),
    st.tuples(st.just("happen"), st.sampled_from(EventKind), backs),
    st.tuples(st.just("decide"), st.sampled_from(DecisionKind), st.integers(0, 9)),
    st.tuples(st.just("live"), st.sampled_from(LifeCycle)),
    st.tuples(st.just("wait"), st.integers(0, 60)),
    st.tuples(st.just("forecast")),
    st.tuples(st.just("open_the_list")),
    st.tuples(st.just("let_jobs_pass")),
    st.tuples(st.just("begin_a_job")),
    st.tuples(st.just("end_a_job"), which),
    st.tuples(st.just("protect"), st.booleans()),
    st.tuples(
        st.just("change_under_a_late_job"),
        which,
        courses_back,
        medicine,
        status,
        st.booleans(),
    ),
    st.tuples(st.just("wait_for_chairs"), st.integers(1, 60)),
)


@settings(max_examples=25)
@given(zone=st.sampled_from(ZONES), history=st.lists(steps, min_size=1, max_size=12))
def test_a_rebuild_after_any_history_is_what_was_stored(app, clock, zone, history):
    clock.now = datetime(2026, 3, 20, 12, tzinfo=UTC)
    clinic = a_clinic(clock)
    lived = History(clinic, a_patient(clinic, clock, zone=zone), clock)
    for name, *given_values in history:
        try:
            getattr(lived, name)(*given_values)
        except DiaryError:
            continue
        finally:
            lived.check()
    lived.check_at_the_end()
