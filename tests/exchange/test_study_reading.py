"""What a right study says, and that no bytes at all bring the reading down."""

import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.exchange.study import (
    Problem,
    Study,
    StudyCourse,
    StudyPatient,
    StudyRefused,
    StudyScore,
    read_study,
)

PATIENTS = b"patient,timezone,tags\nP1,Europe/Amsterdam,arm-a|left\nP2,UTC,\n"
COURSES = b"patient,medicine,first_day,last_day\nP1,ketamine+magnesium,2026-01-05,2026-01-09\n"
SCORES = b"patient,day,score\nP1,2026-01-01,7\nP2,2026-01-01,10\n"


def put(folder: Path, patients: bytes = PATIENTS, courses: bytes = COURSES, scores: bytes = SCORES) -> Path:
    for name, content in (("patients", patients), ("courses", courses), ("scores", scores)):
        (folder / f"{name}.csv").write_bytes(content)
    return folder


def test_a_right_study_is_read_as_it_stands(tmp_path: Path) -> None:
    study = read_study(put(tmp_path))
    assert study.patients == [
        StudyPatient("P1", "Europe/Amsterdam", ("arm-a", "left")),
        StudyPatient("P2", "UTC", ()),
    ]
    course = StudyCourse("P1", ("ketamine", "magnesium"), date(2026, 1, 5), date(2026, 1, 9))
    assert study.courses == [course]
    scores = [
        StudyScore("P1", date(2026, 1, 1), 7, None, None),
        StudyScore("P2", date(2026, 1, 1), 10, None, None),
    ]
    assert list(study.scores()) == scores
    assert list(study.scores()) == scores


def test_a_byte_order_mark_windows_line_ends_and_a_missing_last_line_end_are_fine(tmp_path: Path) -> None:
    plain = read_study(put(tmp_path))
    scores = list(plain.scores())
    changed = [
        b"\xef\xbb\xbf" + one.replace(b"\n", b"\r\n").removesuffix(b"\r\n") for one in (PATIENTS, COURSES, SCORES)
    ]
    windows = read_study(put(tmp_path, *changed))
    assert (windows.patients, windows.courses, list(windows.scores())) == (
        plain.patients,
        plain.courses,
        scores,
    )


def test_columns_may_stand_in_another_order_and_in_quotes(tmp_path: Path) -> None:
    header = b'source,"score",day,patient,entered_at\n'
    scores = header + b'late,"3",2026-01-01,"P1",2026-01-02T08:00:00.5+01:00\n,4,2026-01-02,P1,\n'
    moment = datetime(2026, 1, 2, 7, 0, 0, 500_000, tzinfo=UTC)
    assert list(read_study(put(tmp_path, scores=scores)).scores()) == [
        StudyScore("P1", date(2026, 1, 1), 3, moment, "late"),
        StudyScore("P1", date(2026, 1, 2), 4, None, None),
    ]


def test_a_moment_in_utc_may_end_in_z_and_leave_the_seconds_out(tmp_path: Path) -> None:
    scores = b"patient,day,score,entered_at\nP1,2026-01-01,3,2025-12-31T23:30Z\n"
    (score,) = read_study(put(tmp_path, scores=scores)).scores()
    assert score.entered_at == datetime(2025, 12, 31, 23, 30, tzinfo=UTC)


def test_text_that_looks_like_a_formula_or_markup_is_only_text(tmp_path: Path) -> None:
    patients = b'patient,timezone,tags\n=1+1,UTC,@x|<b>\n\'-2,UTC,\n\'\'+3,UTC,\n\'quoted\',UTC,\n"a,""b""",UTC,\n'
    study = read_study(put(tmp_path, patients, COURSES.split(b"\n")[0], SCORES.split(b"\n")[0]))
    assert [one.reference for one in study.patients] == ["=1+1", "-2", "'+3", "'quoted'", 'a,"b"']
    assert study.patients[0].tags == ("@x", "<b>")


def test_files_with_nothing_but_a_header_are_a_study(tmp_path: Path) -> None:
    headers = [one.split(b"\n")[0] + b"\n" for one in (PATIENTS, COURSES, SCORES)]
    study = read_study(put(tmp_path, *headers))
    assert (study.patients, study.courses, list(study.scores())) == ([], [], [])


@pytest.mark.parametrize("changed", [SCORES + b"P2,2026-01-02,3\n", SCORES.replace(b",7", b",6"), b"", b"\xff"])
def test_a_file_that_changes_after_the_check_is_refused(tmp_path: Path, changed: bytes) -> None:
    study = read_study(put(tmp_path))
    (tmp_path / "scores.csv").write_bytes(changed)
    with pytest.raises(StudyRefused, match="changed while it was being read"):
        list(study.scores())


def test_a_file_that_vanishes_after_the_check_is_refused(tmp_path: Path) -> None:
    study = read_study(put(tmp_path))
    (tmp_path / "scores.csv").unlink()
    with pytest.raises(StudyRefused, match="changed while it was being read"):
        list(study.scores())


SIGNS = [
    b"\n",
    b"\r\n",
    b"\r",
    b",",
    b'"',
    b'""',
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"=",
    b"'",
    b"|",
    b"+",
]
WORDS = [b"P1", b"P2", b"2026-01-01", b"7", b"UTC", b"ketamine", b"2026-01-01T10:00Z", b"self", b"\xd9\xa7"]
LIKELY = st.sampled_from([*SIGNS, *WORDS, b"x" * 11_000])
PIECES = st.lists(LIKELY | st.binary(max_size=8), max_size=25).map(b"".join)


BEGINNINGS = [st.sampled_from([b"", one, one.split(b"\n")[0] + b"\n"]) for one in (PATIENTS, COURSES, SCORES)]


@settings(max_examples=300, deadline=None)
@given(beginnings=st.tuples(*BEGINNINGS), rests=st.tuples(PIECES, PIECES, PIECES))
def test_any_bytes_are_a_study_or_refused(beginnings: tuple[bytes, ...], rests: tuple[bytes, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = put(Path(name), *[one + other for one, other in zip(beginnings, rests, strict=True)])
        problems: list[Problem] = []
        try:
            check_sound(read_study(folder))
        except StudyRefused as refusal:
            problems = refusal.problems
        assert all(one.line >= 1 and one.column >= 1 and str(one).isprintable() for one in problems)


def check_sound(study: Study) -> None:
    known = {patient.reference for patient in study.patients}
    scores = list(study.scores())
    assert len({(score.patient, score.day) for score in scores}) == len(scores)
    assert {course.patient for course in study.courses} | {score.patient for score in scores} <= known


def long_diaries(patients: int, *, days: int) -> Iterator[bytes]:
    yield b"patient,day,score,entered_at,source\n"
    for patient in range(patients):
        for number in range(days):
            day = date(2020, 1, 1) + timedelta(days=number)
            yield f"P{patient},{day},{number % 11},{day}T20:00:00.123456+01:00,self\n".encode()


def peak_of_reading(folder: Path) -> tuple[int, list[str]]:
    tracemalloc.start()
    try:
        told = []
        try:
            for _ in read_study(folder).scores():
                pass
        except StudyRefused as refusal:
            told = [str(problem) for problem in refusal.problems]
        return tracemalloc.get_traced_memory()[1], told
    finally:
        tracemalloc.stop()


def test_a_long_file_is_read_in_memory_far_below_its_size(tmp_path: Path) -> None:
    patients = b"patient,timezone,tags\n" + b"".join(b"P%d,UTC,\n" % number for number in range(50))
    put(tmp_path, patients, COURSES, b"".join(long_diaries(50, days=1_200)))
    size = (tmp_path / "scores.csv").stat().st_size
    peak, told = peak_of_reading(tmp_path)
    assert told == []
    assert peak < size / 2


@pytest.mark.parametrize("filling", [b"x", b"\0", b'"', b"\r", b",", "é".encode()])
def test_a_line_of_20_megabytes_is_one_problem_in_little_memory(tmp_path: Path, filling: bytes) -> None:
    put(tmp_path, scores=SCORES + b'P1,"' + filling * (20_000_000 // len(filling)) + b"\nP1,2026-01-02,11\n")
    peak, told = peak_of_reading(tmp_path)
    assert [one[:13] for one in told] == ["scores.csv:4:", "scores.csv:5:"]
    assert peak < 2_000_000


def test_a_patient_of_every_year_costs_no_more_than_one_of_one_year(tmp_path: Path) -> None:
    rows = (f"P{patient},{year}-07-01,5\n" for patient in range(250) for year in range(1900, 2200, 3))
    patients = "".join(f"P{patient},UTC,\n" for patient in range(250))
    header = PATIENTS.split(b"\n")[0] + b"\n"
    put(
        tmp_path,
        header + patients.encode(),
        COURSES.split(b"\n")[0],
        b"patient,day,score\n" + "".join(rows).encode(),
    )
    peak, told = peak_of_reading(tmp_path)
    assert told == []
    assert peak < 2_000_000
