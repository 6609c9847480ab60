"""Writing a study folder that reads back as exactly what was written."""

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

from diary.exchange.study.cells import cell_of
from diary.exchange.study.courses import COURSE_COLUMNS, COURSES_FILE, StudyCourse
from diary.exchange.study.patients import PATIENT_COLUMNS, PATIENTS_FILE, StudyPatient
from diary.exchange.study.problems import Problem, StudyRefused
from diary.exchange.study.reading import read_study
from diary.exchange.study.scores import SCORE_COLUMNS, SCORES_FILE, WRITING_COLUMNS, StudyScore


def write_study(
    folder: Path,
    patients: Iterable[StudyPatient],
    courses: Iterable[StudyCourse],
    scores: Iterable[StudyScore],
) -> None:
    """Write the three files into `folder`, in the place of those there; only the owner may read them.

    Raises:
        StudyRefused: what was to be written is no right study, told by the lines it would have had; the
            folder's files are as they were.
    """
    by_reference = sorted(patients)
    by_first_day = sorted(courses, key=lambda course: (course.patient, course.first_day))
    by_day = sorted(map(_with_plain_offset, scores), key=lambda score: (score.patient, score.day))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".study-", dir=folder) as name:
        fresh = Path(name)
        _write(fresh / PATIENTS_FILE, PATIENT_COLUMNS, rows=map(_patient_cells, by_reference))
        _write(fresh / COURSES_FILE, COURSE_COLUMNS, rows=map(_course_cells, by_first_day))
        _write_scores(fresh / SCORES_FILE, by_day)
        _prove(fresh, by_reference, by_first_day, by_day)
        for file in (PATIENTS_FILE, COURSES_FILE, SCORES_FILE):
            (fresh / file).replace(folder / file)


def _prove(folder: Path, patients: list[StudyPatient], courses: list[StudyCourse], scores: list[StudyScore]) -> None:
    """Read back what was written, for right cells that say something else than was meant (a `|` in a tag)."""
    study = read_study(folder)
    _compare(PATIENTS_FILE, patients, back=study.patients)
    _compare(COURSES_FILE, courses, back=study.courses)
    _compare(SCORES_FILE, scores, back=study.scores())


def _compare(file: str, written: Iterable[object], *, back: Iterable[object]) -> None:
    for line, (one, other) in enumerate(zip(written, back, strict=True), start=2):
        if one != other:
            raise StudyRefused([Problem(file, line, 1, f"{one} would be read back as {other}")])


def _write_scores(path: Path, scores: list[StudyScore]) -> None:
    if any(score.entered_at or score.source for score in scores):
        _write(path, SCORE_COLUMNS + WRITING_COLUMNS, rows=map(_score_cells, scores))
    else:
        _write(path, SCORE_COLUMNS, rows=(_score_cells(score)[: len(SCORE_COLUMNS)] for score in scores))


def _write(path: Path, columns: Sequence[str], *, rows: Iterable[Sequence[str]]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    # A lone surrogate cannot be written as UTF-8; let through, it is refused with its line on reading back.
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        lines = csv.writer(stream, lineterminator="\n")
        lines.writerow(columns)
        lines.writerows(rows)
        stream.flush()
        os.fsync(stream.fileno())


def _patient_cells(patient: StudyPatient) -> tuple[str, ...]:
    return cell_of(patient.reference), patient.timezone, cell_of("|".join(patient.tags))


def _course_cells(course: StudyCourse) -> tuple[str, ...]:
    days = (course.first_day.isoformat(), course.last_day.isoformat())
    return cell_of(course.patient), "+".join(course.medicines), *days


def _score_cells(score: StudyScore) -> tuple[str, ...]:
    moment = score.entered_at.isoformat() if score.entered_at else ""
    return cell_of(score.patient), score.day.isoformat(), str(score.score), moment, score.source or ""


def _with_plain_offset(score: StudyScore) -> StudyScore:
    """The same moment with an offset of whole minutes instead of a zone, as the file can say it."""
    moment = score.entered_at
    offset = moment.utcoffset() if moment else None
    if moment is None or offset is None:
        return score
    if offset % timedelta(minutes=1):
        return score._replace(entered_at=moment.astimezone(UTC))
    return score._replace(entered_at=_fixed(moment, offset))


def _fixed(moment: datetime, offset: timedelta) -> datetime:
    return moment.replace(tzinfo=timezone(offset), fold=0)
