"""Reading a study folder: checked whole first, then handed out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from diary.exchange.study.courses import COURSES_FILE, StudyCourse, read_courses
from diary.exchange.study.lines import LineSource
from diary.exchange.study.patients import PATIENTS_FILE, Roster, StudyPatient, read_patients
from diary.exchange.study.problems import Findings, Problem, StudyRefused
from diary.exchange.study.scores import SCORES_FILE, StudyScore, check_scores, read_scores


@dataclass(frozen=True)
class Study:
    """A study without a fault; its scores are read again from the file each time they are asked for."""

    patients: list[StudyPatient]
    courses: list[StudyCourse]
    _checked: LineSource
    _roster: Roster

    def scores(self) -> Iterator[StudyScore]:
        """Every score in the order of the file.

        Raises:
            StudyRefused: the file is not the one that was checked; possibly only after the last score, so
                whoever stores the scores does it in one transaction.
        """
        findings = Findings()
        again = LineSource(self._checked.path, findings)
        for score in read_scores(again, self._roster):
            if again.stamp != self._checked.stamp:
                break
            yield score
        if findings or (again.stamp, again.digest) != (self._checked.stamp, self._checked.digest):
            reason = "the file changed while it was being read: import again when nothing writes to it"
            raise StudyRefused([Problem(SCORES_FILE, 1, 1, reason)])


def read_study(folder: Path) -> Study:
    """The study in `folder`, checked to its last line.

    Raises:
        StudyRefused: with every problem of the three files.
    """
    findings = Findings()
    patients, roster = read_patients(LineSource(folder / PATIENTS_FILE, findings))
    courses = read_courses(LineSource(folder / COURSES_FILE, findings), roster)
    checked = LineSource(folder / SCORES_FILE, findings)
    check_scores(checked, roster)
    findings.refuse()
    return Study(patients, courses, checked, roster)
