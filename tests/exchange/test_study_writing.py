"""A study that is written reads back as exactly what it was."""

import tempfile
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.clinical.medicines import MEDICINE_CODES
from diary.exchange.study import StudyCourse, StudyPatient, StudyRefused, StudyScore, read_study, write_study

JANUARY = date(2026, 1, 1)
ONE = StudyPatient("P1", "Europe/Amsterdam", ("arm-a", "left"))
COURSE = StudyCourse("P1", ("ketamine", "magnesium"), date(2026, 1, 5), date(2026, 1, 9))
PLAIN = StudyScore("P1", JANUARY, 7, None, None)

SIGNS = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])
TEXTS = st.text(SIGNS | st.sampled_from("=+-@',\";"), min_size=1, max_size=64).filter(lambda one: one == one.strip())
TAGS = st.lists(TEXTS.filter(lambda one: "|" not in one), unique=True, max_size=4).map(tuple)
ZONES = st.sampled_from(["UTC", "Europe/Amsterdam", "America/Los_Angeles", "Asia/Kolkata"])
DAYS = st.dates(date(1901, 1, 1), date(2199, 12, 31))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
SOURCES = st.sampled_from([None, "self", "late", "staff", "paper", "import"])


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[StudyPatient], list[StudyCourse], list[StudyScore]]:
    references = sorted(draw(st.sets(TEXTS, max_size=5)))
    patients = [StudyPatient(reference, draw(ZONES), draw(TAGS)) for reference in references]
    courses = [course for reference in references for course in draw(courses_of(reference))]
    scores = [score for reference in references for score in draw(scores_of(reference))]
    return patients, courses, scores


@st.composite
def courses_of(draw: st.DrawFn, reference: str) -> list[StudyCourse]:
    days = sorted(draw(st.sets(DAYS, max_size=6)))
    codes = st.lists(st.sampled_from(sorted(MEDICINE_CODES)), unique=True, min_size=1, max_size=3).map(tuple)
    return [StudyCourse(reference, draw(codes), *pair) for pair in zip(days[::2], days[1::2], strict=False)]


@st.composite
def scores_of(draw: st.DrawFn, reference: str) -> list[StudyScore]:
    scores = []
    for day in sorted(draw(st.sets(DAYS, max_size=4))):
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=draw(OFFSETS))
        later = st.timedeltas(timedelta(0), timedelta(days=100)).map(noon.__add__)
        scores.append(StudyScore(reference, day, draw(st.integers(0, 10)), draw(st.none() | later), draw(SOURCES)))
    return scores


@settings(max_examples=80, deadline=None)
@given(studies())
def test_a_written_study_reads_back_the_same(
    study: tuple[list[StudyPatient], list[StudyCourse], list[StudyScore]],
) -> None:
    patients, courses, scores = study
    with tempfile.TemporaryDirectory() as name:
        write_study(Path(name), reversed(patients), reversed(courses), reversed(scores))
        back = read_study(Path(name))
        assert (back.patients, back.courses, list(back.scores())) == (patients, courses, scores)


def test_the_files_are_plain_ordered_and_only_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    later = PLAIN._replace(day=date(2026, 1, 2))
    write_study(folder, [StudyPatient("P2", "UTC", ()), ONE], [COURSE], [later, PLAIN])
    assert (folder / "patients.csv").read_bytes() == (
        b"patient,timezone,tags\nP1,Europe/Amsterdam,arm-a|left\nP2,UTC,\n"
    )
    assert (folder / "courses.csv").read_bytes() == (
        b"patient,medicine,first_day,last_day\nP1,ketamine+magnesium,2026-01-05,2026-01-09\n"
    )
    assert (folder / "scores.csv").read_bytes() == b"patient,day,score\nP1,2026-01-01,7\nP1,2026-01-02,7\n"
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "patients.csv": 0o600,
        "courses.csv": 0o600,
        "scores.csv": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700


def test_one_moment_brings_both_columns_for_all_rows(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 2, 8, tzinfo=timezone(timedelta(hours=1)))
    write_study(tmp_path, [ONE], [], [PLAIN, StudyScore("P1", date(2026, 1, 2), 3, moment, None)])
    assert (tmp_path / "scores.csv").read_text() == (
        "patient,day,score,entered_at,source\nP1,2026-01-01,7,,\nP1,2026-01-02,3,2026-01-02T08:00:00+01:00,\n"
    )


def test_moments_of_a_zone_keep_their_instant_in_the_doubled_hour_and_with_odd_offsets(
    tmp_path: Path,
) -> None:
    amsterdam = ZoneInfo("Europe/Amsterdam")
    moments = [
        datetime(2026, 10, 25, 2, 30, fold=0, tzinfo=amsterdam),
        datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=amsterdam),
        datetime(1901, 1, 1, 12, tzinfo=amsterdam),
    ]
    scores = [StudyScore("P1", one.date() - timedelta(days=place), 5, one, "self") for place, one in enumerate(moments)]
    write_study(tmp_path, [ONE], [], scores)
    instants = [score.entered_at.timestamp() for score in read_study(tmp_path).scores() if score.entered_at]
    assert sorted(instants) == sorted(one.timestamp() for one in moments)


def test_no_cell_starts_a_formula(tmp_path: Path) -> None:
    starts = ["=1", "+1", "-1", "@x", "'=1", "\uff1d1"]
    write_study(tmp_path, [StudyPatient(one, "UTC", (one,)) for one in starts], [], [])
    cells = [cell for line in (tmp_path / "patients.csv").read_text().splitlines()[1:] for cell in line.split(",")]
    assert not any(cell.startswith(("=", "+", "-", "@", "\uff1d")) for cell in cells)
    assert sorted(starts) == [patient.reference for patient in read_study(tmp_path).patients]


def test_an_export_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_study(tmp_path, [ONE], [COURSE], [PLAIN])
    write_study(tmp_path, [ONE], [], [PLAIN._replace(score=2)])
    back = read_study(tmp_path)
    assert (back.courses, [score.score for score in back.scores()]) == ([], [2])


UNWRITABLE = [
    ([ONE, ONE], [], [], "patients.csv:3:1: the patient 'P1' is on line 2 already"),
    ([StudyPatient("a\nb", "UTC", ())], [], [], "patients.csv:2:1: a quote that is not closed"),
    ([StudyPatient("a\0b", "UTC", ())], [], [], "patients.csv:"),
    ([StudyPatient("a\ud800b", "UTC", ())], [], [], "patients.csv:2:2: not UTF-8"),
    ([StudyPatient("P1", "UTC", ("a|b",))], [], [], "patients.csv:2:1: StudyPatient"),
    ([StudyPatient("P1", "UTC", ("",))], [], [], "patients.csv:2:1: StudyPatient"),
    ([ONE], [COURSE._replace(patient="P9")], [], "courses.csv:2:1: the patient 'P9' is not in patients.csv"),
    ([ONE], [COURSE._replace(medicines=())], [], "courses.csv:2:4: unknown medicine ''"),
    ([ONE], [COURSE, COURSE], [], "courses.csv:3:23: the course shares a day with the one on line 2"),
    ([ONE], [], [PLAIN._replace(score=11)], "scores.csv:2:15: the score '11'"),
    ([ONE], [], [PLAIN, PLAIN], "scores.csv:3:4: line 2 gives the same score"),
    ([ONE], [], [PLAIN._replace(entered_at=datetime(2026, 1, 1, 9))], "scores.csv:2:17: "),
    ([ONE], [], [PLAIN._replace(source="nurse")], "scores.csv:2:18: unknown source 'nurse'"),
]


@pytest.mark.parametrize(("patients", "courses", "scores", "told"), UNWRITABLE)
def test_what_would_not_read_back_is_not_written(
    tmp_path: Path,
    patients: list[StudyPatient],
    courses: list[StudyCourse],
    scores: list[StudyScore],
    told: str,
) -> None:
    write_study(tmp_path, [ONE], [COURSE], [PLAIN])
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(StudyRefused) as refusal:
        write_study(tmp_path, patients, courses, scores)
    assert str(refusal.value.problems[0]).startswith(told)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_moment_in_utc_is_the_same_moment(tmp_path: Path) -> None:
    moment = datetime(2026, 1, 1, 20, 15, 30, 123456, tzinfo=UTC)
    write_study(tmp_path, [ONE], [], [PLAIN._replace(entered_at=moment)])
    assert [score.entered_at for score in read_study(tmp_path).scores()] == [moment]
