"""The study format: three CSV files, read whole or refused whole, and written back."""

from diary.exchange.study.courses import StudyCourse
from diary.exchange.study.patients import StudyPatient
from diary.exchange.study.problems import Problem, StudyRefused
from diary.exchange.study.reading import Study, read_study
from diary.exchange.study.scores import StudyScore
from diary.exchange.study.writing import write_study

__all__ = [
    "Problem",
    "Study",
    "StudyCourse",
    "StudyPatient",
    "StudyRefused",
    "StudyScore",
    "read_study",
    "write_study",
]
