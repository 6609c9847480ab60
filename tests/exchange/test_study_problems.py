"""Every fault of a study is told by file, line, column and what to do."""

from pathlib import Path

import pytest

from diary.exchange.study import Problem, StudyRefused, read_study

PATIENTS = "patient,timezone,tags\nP1,Europe/Amsterdam,arm-a|left\nP2,UTC,\n"
COURSES = "patient,medicine,first_day,last_day\nP1,ketamine+magnesium,2026-01-05,2026-01-09\n"
SCORES = "patient,day,score\nP1,2026-01-01,7\nP2,2026-01-01,0\n"
WHOLE = {"patients.csv": PATIENTS, "courses.csv": COURSES, "scores.csv": SCORES}


def put(folder: Path, **files: str | bytes) -> Path:
    """Write a right study with some of its files replaced."""
    for name, text in WHOLE.items():
        content = files.get(name.removesuffix(".csv"), text)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def problems_of(folder: Path) -> list[Problem]:
    with pytest.raises(StudyRefused) as refusal:
        read_study(folder)
    assert refusal.value.further == 0
    return refusal.value.problems


def only_problem_of(folder: Path) -> str:
    problems = problems_of(folder)
    assert len(problems) == 1, problems
    return str(problems[0])


WRONG_PATIENT_LINES = [
    ("P1,UTC", "patients.csv:4:7: the line is short: 2 of 3 cells, tags is missing"),
    (
        "P3,UTC,a,b",
        "patients.csv:4:10: the line is long: 4 cells instead of 3, put a cell with a comma in quotes",
    ),
    ("", "patients.csv:4:1: an empty line: delete it"),
    (",UTC,", "patients.csv:4:1: the patient's reference is empty: write it"),
    (" P3,UTC,", "patients.csv:4:1: the patient's reference ' P3' starts or ends with a space: remove it"),
    ("P3 ,UTC,", "patients.csv:4:1: the patient's reference 'P3 ' starts or ends with a space: remove it"),
    (
        f"{'x' * 65},UTC,",
        f"patients.csv:4:1: the patient's reference '{'x' * 40}'… has 65 characters: at most 64",
    ),
    ("P\x1b3,UTC,", "patients.csv:4:1: the patient's reference 'P\\x1b3' has a control character"),
    ("P\u202e3,UTC,", "patients.csv:4:1: the patient's reference 'P\\u202e3' has a control character"),
    ("P1,UTC,", "patients.csv:4:1: the patient 'P1' is on line 2 already: keep one line for each patient"),
    (
        "P3,Europe/Atlantis,",
        "patients.csv:4:4: unknown time zone 'Europe/Atlantis': write an IANA name such as",
    ),
    ("P3,europe/amsterdam,", "patients.csv:4:4: unknown time zone 'europe/amsterdam'"),
    ("P3,localtime,", "patients.csv:4:4: unknown time zone 'localtime'"),
    ("P3,posixrules,", "patients.csv:4:4: unknown time zone 'posixrules'"),
    ("P3,posix/UTC,", "patients.csv:4:4: unknown time zone 'posix/UTC'"),
    ("P3,../../etc/passwd,", "patients.csv:4:4: unknown time zone '../../etc/passwd'"),
    ("P3,,", "patients.csv:4:4: unknown time zone ''"),
    ("P3,UTC,a||b", "patients.csv:4:8: a tag is empty: write it"),
    ("P3,UTC,a|", "patients.csv:4:8: a tag is empty: write it"),
    ("P3,UTC,a|b|a", "patients.csv:4:8: the tag 'a' is there twice: name it once"),
    (f"P3,UTC,{'t' * 65}", f"patients.csv:4:8: a tag '{'t' * 40}'… has 65 characters: at most 64"),
    ("P3,UTC,a\tb", "patients.csv:4:8: a tag 'a\\tb' has a control character"),
    ('"P,3",Nowhere,', "patients.csv:4:7: unknown time zone 'Nowhere'"),
    ('"P""3",UTC,"a|a"', "patients.csv:4:12: the tag 'a' is there twice"),
    ('P3,"UTC,', "patients.csv:4:4: a quote that is not closed on its line"),
    ('P3,"UTC"x,', "patients.csv:4:4: text behind a closing quote"),
    ('P3,U"T"C,', "patients.csv:4:4: a quote inside a cell"),
]


@pytest.mark.parametrize(("line", "told"), WRONG_PATIENT_LINES)
def test_a_wrong_line_of_patients_is_told_by_its_place(tmp_path: Path, line: str, told: str) -> None:
    assert only_problem_of(put(tmp_path, patients=f"{PATIENTS}{line}\n")).startswith(told)


WRONG_COURSE_LINES = [
    ("P9,ketamine,2026-03-01,2026-03-02", "courses.csv:3:1: the patient 'P9' is not in patients.csv"),
    ("P1,aspirin,2026-03-01,2026-03-02", "courses.csv:3:4: unknown medicine 'aspirin': write one of "),
    ("P1,Ketamine,2026-03-01,2026-03-02", "courses.csv:3:4: unknown medicine 'Ketamine'"),
    ("P1,,2026-03-01,2026-03-02", "courses.csv:3:4: unknown medicine ''"),
    ("P1,ketamine+,2026-03-01,2026-03-02", "courses.csv:3:4: unknown medicine ''"),
    ("P1,ketamine+ketamine,2026-03-01,2026-03-02", "courses.csv:3:4: the medicine ketamine is there twice"),
    ("P1,ketamine,2026-02-30,2026-03-02", "courses.csv:3:13: the day 2026-02-30 does not exist: correct it"),
    ("P1,ketamine,2026-03-01,01-03-2026", "courses.csv:3:24: '01-03-2026' is not a day: write YYYY-MM-DD"),
    (
        "P1,ketamine,2026-03-02,2026-03-01",
        "courses.csv:3:24: the last day 2026-03-01 is before the first day 2026",
    ),
    ("P1,ketamine,2026-01-09,2026-01-12", "courses.csv:3:13: the course shares a day with the one on line 2"),
    ("P1,ketamine,2025-01-01,2026-12-31", "courses.csv:3:13: the course shares a day with the one on line 2"),
    ("P1,ketamine,2026-01-06", "courses.csv:3:23: the line is short: 3 of 4 cells, last_day is missing"),
]


@pytest.mark.parametrize(("line", "told"), WRONG_COURSE_LINES)
def test_a_wrong_line_of_courses_is_told_by_its_place(tmp_path: Path, line: str, told: str) -> None:
    assert only_problem_of(put(tmp_path, courses=f"{COURSES}{line}\n")).startswith(told)


def test_courses_that_touch_without_sharing_a_day_are_right(tmp_path: Path) -> None:
    touching = "P1,lidocaine,2026-01-10,2026-01-10\nP2,lidocaine,2026-01-05,2026-01-09\n"
    assert len(read_study(put(tmp_path, courses=COURSES + touching)).courses) == 3


def test_a_course_inside_a_long_one_is_found_behind_another(tmp_path: Path) -> None:
    lines = "P2,other,2026-01-01,2026-06-30\nP2,other,2026-02-01,2026-02-02\nP2,other,2026-03-01,2026-03-02\n"
    told = [str(problem) for problem in problems_of(put(tmp_path, courses=COURSES + lines))]
    assert [one[:14] for one in told] == ["courses.csv:4:", "courses.csv:5:"]
    assert all("line 3 (2026-01-01 to 2026-06-30)" in one for one in told)


WRONG_SCORE_LINES = [
    (
        "P9,2026-01-02,7",
        "scores.csv:4:1: the patient 'P9' is not in patients.csv: add or correct the reference",
    ),
    ("p1,2026-01-02,7", "scores.csv:4:1: the patient 'p1' is not in patients.csv"),
    ("P1 ,2026-01-02,7", "scores.csv:4:1: the patient's reference 'P1 ' starts or ends with a space"),
    ("P1,2026-01-02,11", "scores.csv:4:15: the score '11' is not a whole number 0 to 10: correct it"),
    ("P1,2026-01-02,-1", "scores.csv:4:15: the score '-1' is not a whole number 0 to 10"),
    ("P1,2026-01-02,7.5", "scores.csv:4:15: the score '7.5' is not a whole number 0 to 10"),
    ("P1,2026-01-02,7.0", "scores.csv:4:15: the score '7.0' is not a whole number 0 to 10"),
    ("P1,2026-01-02,1_0", "scores.csv:4:15: the score '1_0' is not a whole number 0 to 10"),
    ("P1,2026-01-02,", "scores.csv:4:15: the score is empty: write 0 to 10, or delete the line"),
    ("P1,2026-01-02, 7", "scores.csv:4:15: the score ' 7' is written in another way: write 7"),
    ("P1,2026-01-02,07", "scores.csv:4:15: the score '07' is written in another way: write 7"),
    ("P1,2026-01-02,00", "scores.csv:4:15: the score '00' is written in another way: write 0"),
    ("P1,2026-01-02,+7", "scores.csv:4:15: the score '+7' is written in another way: write 7"),
    (
        "P1,2026-01-02,\u0667",
        "scores.csv:4:15: the score '\u0667' is not a whole number 0 to 10: correct it, in the digits",
    ),
    (
        "P1,2026-01-02,\uff17",
        "scores.csv:4:15: the score '\uff17' is not a whole number 0 to 10: correct it, in the digits",
    ),
    (
        "P1,2026-01-02,\u00b2",
        "scores.csv:4:15: the score '\u00b2' is not a whole number 0 to 10: correct it, in the digits",
    ),
    ("P1,2026-01-02,=1+1", "scores.csv:4:15: the score '=1+1' is not a whole number 0 to 10"),
    ("P1,2026-02-29,7", "scores.csv:4:4: the day 2026-02-29 does not exist: correct it"),
    ("P1,2026-1-2,7", "scores.csv:4:4: '2026-1-2' is not a day: write YYYY-MM-DD"),
    ("P1,20260102,7", "scores.csv:4:4: '20260102' is not a day: write YYYY-MM-DD"),
    ("P1,2026-W01-1,7", "scores.csv:4:4: '2026-W01-1' is not a day"),
    ("P1,2026-01-02 ,7", "scores.csv:4:4: '2026-01-02 ' is not a day"),
    (
        "P1,\u0662\u0660\u0662\u0666-01-02,7",
        "scores.csv:4:4: '\u0662\u0660\u0662\u0666-01-02' is not a day: write YYYY-MM-DD, in the",
    ),
    ("P1,,7", "scores.csv:4:4: '' is not a day"),
    ("P1,1899-12-31,7", "scores.csv:4:4: the day 1899-12-31 is outside the years 1900 to 2200"),
    ("P1,2201-01-01,7", "scores.csv:4:4: the day 2201-01-01 is outside the years 1900 to 2200"),
    (
        "P1,2026-01-01,6",
        "scores.csv:4:4: line 2 gives another score for this day: keep one row a patient and day",
    ),
    ("P1,2026-01-01,7", "scores.csv:4:4: line 2 gives the same score for this day already: keep one row"),
    ('"P1","2026-01-01",6', "scores.csv:4:6: line 2 gives another score for this day"),
    ("P1,2026-01-02,7,late", "scores.csv:4:17: the line is long: 4 cells instead of 3"),
    ("P1;2026-01-02;7", "scores.csv:4:16: the line is short: 1 of 3 cells, day is missing"),
    ("P1,2026-01-02,7\rP1,2026-01-03,7", "scores.csv:4:16: a carriage return without a line feed"),
    ("P1,2026-01-02,7\0", "scores.csv:4:16: a NUL character: remove it"),
    (f"P1,2026-01-02,7{' ' * 10_000}", "scores.csv:4:1: the line is longer than 10,000 characters"),
    (f"P1,2026-01-02,7{' ' * 100_000}", "scores.csv:4:1: the line is longer than 10,000 characters"),
]


@pytest.mark.parametrize(("line", "told"), WRONG_SCORE_LINES)
def test_a_wrong_line_of_scores_is_told_by_its_place(tmp_path: Path, line: str, told: str) -> None:
    assert only_problem_of(put(tmp_path, scores=f"{SCORES}{line}\n")).startswith(told)


MOMENT = "scores.csv:2:17"
WRONG_MOMENTS = [
    (
        "2026-01-01T20:00:00,",
        f"{MOMENT}: '2026-01-01T20:00:00' is not a moment with offset: write it like 2026-",
    ),
    ("2026-01-01 20:00:00+01:00,", f"{MOMENT}: '2026-01-01 20:00:00+01:00' is not a moment with offset"),
    ("2026-01-01T24:00:00Z,", f"{MOMENT}: '2026-01-01T24:00:00Z' is not a moment with offset"),
    ("2026-01-01T20:00:00+15:00,", f"{MOMENT}: '2026-01-01T20:00:00+15:00' is not a moment with offset"),
    ("2026-01-01T2\u0660:00:00Z,", f"{MOMENT}: '2026-01-01T2\u0660:00:00Z' is not a moment with offset: "),
    ("2026-02-30T20:00:00Z,", f"{MOMENT}: the day 2026-02-30 does not exist"),
    ("3026-01-01T20:00:00Z,", f"{MOMENT}: the day 3026-01-01 is outside the years 1900 to 2200"),
    (
        "2025-12-30T20:00:00Z,",
        f"{MOMENT}: the moment 2025-12-30T20:00:00Z is before the day 2026-01-01 it is about",
    ),
    ("2026-01-01,", f"{MOMENT}: '2026-01-01' is not a moment with offset"),
    (
        ",nurse",
        "scores.csv:2:18: unknown source 'nurse': write one of import, late, paper, self, staff, or nothing",
    ),
]


@pytest.mark.parametrize(("cells", "told"), WRONG_MOMENTS)
def test_a_wrong_moment_or_source_is_told_by_its_place(tmp_path: Path, cells: str, told: str) -> None:
    scores = f"patient,day,score,entered_at,source\nP1,2026-01-01,7,{cells}\n"
    assert only_problem_of(put(tmp_path, scores=scores)).startswith(told)


WRONG_HEADERS = [
    (
        "patient,day\n",
        "scores.csv:1:12: the header lacks the column score: the columns are patient, day, score, and",
    ),
    (
        "patient,day,score,mood\n",
        "scores.csv:1:19: unknown column 'mood': the columns are patient, day, score, and",
    ),
    ("patient,day,score,day\n", "scores.csv:1:19: the column 'day' is there twice: name it once"),
    ("Patient,day,score\n", "scores.csv:1:1: unknown column 'Patient'"),
    ("patient;day;score\n", "scores.csv:1:1: the header 'patient;day;score' has no commas"),
    ('patient,"day,score\n', "scores.csv:1:9: a quote that is not closed on its line"),
    ("P1,2026-01-01,7\n", "scores.csv:1:1: unknown column 'P1'"),
    ("", "scores.csv:1:1: the file is empty"),
    (b"\xef\xbb\xbf", "scores.csv:1:1: the file is empty"),
    ("\n", "scores.csv:1:1: unknown column ''"),
    (
        SCORES.encode("utf-16"),
        "scores.csv:1:1: this is not UTF-8 but looks like UTF-16: save the file as UTF-8",
    ),
    (SCORES.encode("utf-16-le"), "scores.csv:1:1: this is not UTF-8 but looks like UTF-16"),
    (SCORES.encode("utf-16-be"), "scores.csv:1:1: this is not UTF-8 but looks like UTF-16"),
    (SCORES.replace("\n", "\r").encode(), "scores.csv:1:18: a carriage return without a line feed"),
]


@pytest.mark.parametrize(("content", "told"), WRONG_HEADERS)
def test_a_file_that_starts_wrong_is_refused(tmp_path: Path, content: str | bytes, told: str) -> None:
    assert str(problems_of(put(tmp_path, scores=content))[0]).startswith(told)


def test_bytes_that_are_not_utf_8_are_told_by_line_and_character(tmp_path: Path) -> None:
    content = PATIENTS.encode() + b"\xc3\xa9P3,UTC,Andr\xe9\n"
    told = "patients.csv:4:13: not UTF-8 (byte 0xE9): save the file as UTF-8"
    assert only_problem_of(put(tmp_path, patients=content)) == told


@pytest.mark.parametrize("name", list(WHOLE))
def test_a_missing_file_is_told(tmp_path: Path, name: str) -> None:
    (put(tmp_path) / name).unlink()
    assert only_problem_of(tmp_path).startswith(f"{name}:1:1: the file is missing: ")


def test_a_folder_that_is_not_there_lacks_all_three_files(tmp_path: Path) -> None:
    assert [problem.file for problem in problems_of(tmp_path / "gone")] == list(WHOLE)


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (put(tmp_path) / "courses.csv").unlink()
    (tmp_path / "courses.csv").mkdir()
    assert only_problem_of(tmp_path).startswith("courses.csv:1:1: this is not an ordinary file")


def test_all_problems_of_all_files_are_told_in_order(tmp_path: Path) -> None:
    patients = PATIENTS + "P3,Mars,a|a\n"
    scores = SCORES + "P1,2026-01-01,3\nP9,2026-13-01,x\n"
    folder = put(tmp_path, patients=patients, courses="patient\n", scores=scores)
    places = [(problem.file, problem.line, problem.column) for problem in problems_of(folder)]
    assert places == [
        ("patients.csv", 4, 4),
        ("patients.csv", 4, 9),
        ("courses.csv", 1, 8),
        ("scores.csv", 4, 4),
        ("scores.csv", 5, 1),
        ("scores.csv", 5, 4),
        ("scores.csv", 5, 15),
    ]


def test_a_patient_with_a_wrong_time_zone_is_not_unknown_elsewhere(tmp_path: Path) -> None:
    told = only_problem_of(put(tmp_path, patients=PATIENTS.replace("UTC", "Mars")))
    assert told.startswith("patients.csv:3:4: unknown time zone 'Mars'")


def test_without_patients_nobody_is_unknown_but_doubled_days_are_told(tmp_path: Path) -> None:
    folder = put(tmp_path, patients="", scores=SCORES + "P1,2026-01-01,3\n")
    assert [str(problem)[:15] for problem in problems_of(folder)] == ["patients.csv:1:", "scores.csv:4:4:"]


def test_the_first_thousand_problems_are_kept_and_the_rest_counted(tmp_path: Path) -> None:
    scores = SCORES + "P1,2026-01-02,11\n" * 900 + "P1,2026-01-01,7\n" * 700
    with pytest.raises(StudyRefused) as refusal:
        read_study(put(tmp_path, scores=scores))
    assert (len(refusal.value.problems), refusal.value.further) == (1000, 600)
    assert str(refusal.value).endswith("\nand 600 further problems")
