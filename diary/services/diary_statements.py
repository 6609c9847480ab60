"""What reads diaries, by `clinic` and `ids` of patients; built once: that takes as long as reading a few of them."""

import uuid
from typing import Any, Final

from sqlalchemy import BindParameter, Select, bindparam, select

from diary.models import (
    BaselineByHand,
    Consent,
    Course,
    Decision,
    DiaryPause,
    EventWithdrawal,
    Patient,
    PatientEvent,
    PatientForecast,
    PatientTag,
    PatientZone,
)
from diary.vocabulary import ConsentPurpose

_CLINIC: Final[BindParameter[uuid.UUID]] = bindparam("clinic")
_IDS: Final[BindParameter[list[uuid.UUID]]] = bindparam("ids", expanding=True)


def _of_patients(table: Any, *order: Any) -> Select[Any]:
    return select(table).where(table.clinic_id == _CLINIC, table.patient_id.in_(_IDS)).order_by(*order)


PATIENTS: Final = select(Patient).where(Patient.clinic_id == _CLINIC, Patient.id.in_(_IDS))
ZONES: Final = _of_patients(PatientZone, PatientZone.valid_from)
TAGS: Final = _of_patients(PatientTag, PatientTag.tag)
COURSES: Final = _of_patients(Course, Course.first_day)
EVENTS: Final = _of_patients(PatientEvent, PatientEvent.day)
TAKEN_BACK: Final = _of_patients(EventWithdrawal, EventWithdrawal.taken_back_at)
PAUSES: Final = _of_patients(DiaryPause, DiaryPause.revision)
CONSENTS: Final = _of_patients(Consent, Consent.revision).where(Consent.purpose == ConsentPurpose.DIARY)
DECISIONS: Final = _of_patients(Decision, Decision.decided_at)
FORECASTS: Final = _of_patients(PatientForecast)
BASELINES: Final = (
    select(Course.patient_id, BaselineByHand)
    .join(Course, (Course.clinic_id == BaselineByHand.clinic_id) & (Course.id == BaselineByHand.course_id))
    .where(BaselineByHand.clinic_id == _CLINIC, Course.clinic_id == _CLINIC, Course.patient_id.in_(_IDS))
    .order_by(BaselineByHand.made_at)
)
