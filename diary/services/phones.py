"""What a phone is told so that it can ask for a score by itself: no name, no score, nothing of health."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from diary.access.identity import Identity
from diary.access.policy import Permission, Subject, require
from diary.clinical.diary_day import diary_day
from diary.clock import Clock
from diary.db import snapshot
from diary.installation import installation
from diary.models import Clinic
from diary.security.phone_keys import PhoneKeys
from diary.services.baseline_weeks import baseline_week_on
from diary.services.consents import standings
from diary.services.diaries import Diary
from diary.services.entries import earliest_day_offered, live_revision
from diary.services.pauses import running_pause
from diary.services.rules import rules_in_force
from diary.services.some_days import begin_reading
from diary.services.sync import is_over, owner_of
from diary.services.wordings import wording_for


@dataclass(frozen=True, slots=True)
class PhoneState:
    """Where a patient's phone stands at `now`.

    Attributes:
        owner: what the phone calls its patient.
        key_id, public_key: what it seals to: P-256, uncompressed.
        now, day: the moment and the diary day.
        time_zone: the zone that the patient lives in on that day.
        today_is_in: the day has a score.
        stopped: nothing is taken for this diary.
        notices: the page of today has more to say than the question.
        language, left_handed, clinic_phone, emergency_number: how the page is said and laid out.
        item_version: the wording in which the day is asked about.
    """

    owner: str
    key_id: str
    public_key: bytes
    now: datetime
    day: date
    time_zone: str
    today_is_in: bool
    stopped: bool
    notices: bool
    language: str
    left_handed: bool
    clinic_phone: str
    emergency_number: str
    item_version: str


def phone_state(who: Identity, patient: Subject, *, clock: Clock) -> PhoneState:
    """Return what the phone of the patient who is asking may know."""
    require(who, Permission.DIARY_READ, patient)
    key_id, public_key = PhoneKeys.of(installation().settings).public_key()
    with snapshot() as session:
        diary, now = begin_reading(session, patient), clock()
        day = diary.today(now)
        live = live_revision(session, patient, day)
        clinic = session.get_one(Clinic, patient.clinic_id)
        return PhoneState(
            owner=owner_of(patient),
            key_id=key_id,
            public_key=public_key,
            now=now,
            day=day,
            time_zone=_zone_at(diary, now, day).key,
            today_is_in=live is not None and live.score is not None,
            stopped=is_over(session, patient),
            notices=_has_notices(session, patient, day),
            language=diary.patient.language,
            left_handed=diary.patient.left_handed,
            clinic_phone=clinic.phone,
            emergency_number=clinic.emergency_number,
            item_version=wording_for(diary.patient.wording, is_today=True).version,
        )


def _has_notices(session: Session, patient: Subject, today: date) -> bool:
    """Say whether something stands beside today's question: see `templates/patient/today.html`."""
    if patient.patient_id is None:
        return False
    yesterday = today - timedelta(days=1)
    return (
        _is_open(session, patient, yesterday, today)
        or baseline_week_on(session, patient, today) is not None
        or running_pause(session, patient.clinic_id, patient.patient_id, today) is not None
        or any(one.is_to_be_asked for one in standings(session, patient.clinic_id, patient.patient_id))
    )


def _is_open(session: Session, patient: Subject, day: date, today: date) -> bool:
    """Say whether a day can still be filled in."""
    if day < earliest_day_offered(today, rules_in_force(session, patient.clinic_id)):
        return False
    live = live_revision(session, patient, day)
    return live is None or live.score is None


def _zone_at(diary: Diary, now: datetime, day: date) -> ZoneInfo:
    """Return the zone that makes it `day` now."""
    lived = [one.zone for one in diary.zones if one.valid_from <= day and diary_day(now, one.zone) == day]
    return lived[-1] if lived else diary.zones[0].zone
