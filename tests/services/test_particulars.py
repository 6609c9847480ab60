"""A patient's particulars are changed: days that are past keep their zone, and nobody's change is undone unseen."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from diary.db import snapshot, transaction
from diary.errors import Changed, Invalid, NotThere, Refused
from diary.models import Member, PatientSummary, PatientZone, ReminderSetting
from diary.services.looks import zone_of
from diary.services.particulars import Known, Said, change_particulars, read_particulars
from diary.services.patient_pages import read_patient_page
from diary.services.patients import SINCE_EVER
from diary.services.reminder_settings import Wanted, set_reminders
from diary.services.reminder_times import minute_of
from diary.services.reminders import remind_where_due
from diary.vocabulary import MemberStatus, Role
from tests.clinic_builders import a_clinic, a_member, a_patient, subject
from tests.services.closing import protect, unprotect
from tests.services.looking_in import audit_rows, everything_stored

TODAY, TOMORROW = date(2026, 3, 20), date(2026, 3, 21)
AMSTERDAM, NEW_YORK, TOKYO = "Europe/Amsterdam", "America/New_York", "Asia/Tokyo"


def shown_to(who, patient, clock):
    return read_particulars(who, subject(patient), clock=clock).known


def as_shown(known: Known, **other) -> Said:
    of_fields = {name: getattr(known, name) for name in ("name", "reference", "birth_year", "phone", "responsible_id")}
    return Said(**{**of_fields, **other})


def change(clinic, patient, clock, *, who=None, **other) -> bool:
    """Open the page and save it with `other` written into it."""
    who = who or clinic.nurse
    shown = shown_to(who, patient, clock)
    return change_particulars(who, subject(patient), as_shown(shown, **other), shown=shown, clock=clock)


def refusal(clinic, patient, clock, **other) -> Invalid:
    """Return how it is refused, with nothing changed."""
    shown_to(clinic.nurse, patient, clock)
    stored = everything_stored()
    with pytest.raises(Invalid) as refused:
        change(clinic, patient, clock, **other)
    assert everything_stored() == stored
    return refused.value


def zones(patient):
    with snapshot() as session:
        rows = session.scalars(
            select(PatientZone).where(PatientZone.patient_id == patient.patient_id).order_by(PatientZone.valid_from)
        )
        return [(row.valid_from, row.time_zone) for row in rows]


def line_of(patient):
    with snapshot() as session:
        return session.get_one(PatientSummary, (patient.clinic_id, patient.patient_id))


def setting(patient):
    with snapshot() as session:
        return session.get_one(ReminderSetting, (patient.clinic_id, patient.patient_id))


def changes_in(clinic):
    return [row.content["fields"] for row in audit_rows(clinic.clinic_id) if row.action == "patient.changed"]


def test_every_particular_is_changed_in_one_act_and_the_worklist_says_it_at_once(clinic, patient, clock):
    assert change(
        clinic,
        patient,
        clock,
        name="Ramirez, Ana María",
        reference="M-77",
        birth_year=1979,
        phone="0555 88",
        responsible_id=clinic.clinician.member_id,
    )
    known = shown_to(clinic.nurse, patient, clock)
    assert (known.name, known.reference, known.birth_year, known.phone) == (
        "Ramirez, Ana María", "M-77", 1979, "0555 88",
    )  # fmt: skip
    line = line_of(patient)
    assert (line.name, line.search_name, line.reference) == ("Ramirez, Ana María", "ramirez, ana maría", "M-77")
    assert line.responsible_id == clinic.clinician.member_id


def test_the_audit_names_the_fields_and_never_says_what_they_hold(clinic, patient, clock):
    change(clinic, patient, clock, phone="0555 88", responsible_id=clinic.clinician.member_id)
    change(clinic, patient, clock, name="Kowalski, Jan", zone=(TOMORROW, TOKYO))
    handed_over = {"responsible": {"before": None, "after": str(clinic.clinician.member_id)}}
    assert changes_in(clinic) == [["phone", handed_over], ["name", "time_zone"]]


def test_what_is_saved_as_it_stands_writes_nothing_and_is_said_to_be_nothing(clinic, patient, clock):
    shown_to(clinic.nurse, patient, clock)
    stored = everything_stored()
    assert not change(clinic, patient, clock)
    assert not change(clinic, patient, clock, zone=(TOMORROW, AMSTERDAM))
    assert everything_stored() == stored


def test_the_same_form_sent_twice_changes_it_once(clinic, patient, clock):
    shown = shown_to(clinic.nurse, patient, clock)
    said = as_shown(shown, phone="0555 88", zone=(TOMORROW, TOKYO))
    for _ in range(2):
        assert change_particulars(clinic.nurse, subject(patient), said, shown=shown, clock=clock)
    assert changes_in(clinic) == [["phone", "time_zone"]]


def test_a_reference_is_one_patients_only_and_one_clinics(clinic, patient, clock):
    a_patient(clinic, clock, "M-2")
    a_patient(a_clinic(clock, "Pain clinic East"), clock, "E-9")
    for reference in ("M-2", "m-2", "M - 2"):
        refused = refusal(clinic, patient, clock, reference=reference, phone="0555 88")
        assert refused.fields == {"reference": "Ramirez M-2 has the reference M-2 already."}
    assert change(clinic, patient, clock, reference="E-9")
    assert change(clinic, patient, clock, reference="e - 9")


@pytest.mark.parametrize("role", [Role.NURSE, Role.ADMIN])
def test_only_a_clinician_who_works_here_now_is_made_responsible(clinic, patient, clock, role):
    said = {"responsible": "Choose a clinician who works here now, or nobody."}
    other = a_member(clinic.clinic_id, role, clock)
    elsewhere = a_clinic(clock, "Pain clinic East").clinician
    gone = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    with transaction() as session:
        session.get_one(Member, (gone.clinic_id, gone.member_id)).status = MemberStatus.SUSPENDED
    for nobody in (other, elsewhere, gone):
        assert refusal(clinic, patient, clock, responsible_id=nobody.member_id).fields == said
    assert change(clinic, patient, clock, responsible_id=clinic.clinician.member_id)
    assert change(clinic, patient, clock, responsible_id=None)


def test_the_audit_names_by_their_ids_who_was_responsible_and_who_is(clinic, patient, clock):
    other = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    ids = [clinic.clinician.member_id, other.member_id, None]
    for responsible in ids:
        change(clinic, patient, clock, responsible_id=responsible)
    first, second, nobody = (str(one) if one else None for one in ids)
    assert changes_in(clinic) == [
        [{"responsible": {"before": before, "after": after}}]
        for before, after in ((None, first), (first, second), (second, nobody))
    ]


def test_whoever_stopped_working_here_stays_responsible_until_somebody_else_is(clinic, patient, clock):
    change(clinic, patient, clock, responsible_id=clinic.clinician.member_id)
    with transaction() as session:
        session.get_one(Member, (clinic.clinic_id, clinic.clinician.member_id)).status = MemberStatus.LEFT
    assert change(clinic, patient, clock, phone="0555 88")
    assert shown_to(clinic.nurse, patient, clock).responsible_id == clinic.clinician.member_id


def test_a_protected_diary_is_handed_over_on_its_own_page_only(clinic, patient, clock):
    protect(clinic, subject(patient), clock)
    other = a_member(clinic.clinic_id, Role.CLINICIAN, clock)
    for somebody in (None, other.member_id):
        with pytest.raises(Invalid, match="This diary is protected: change who is responsible where it is protected"):
            change(clinic, patient, clock, who=clinic.clinician, responsible_id=somebody)
    assert change(clinic, patient, clock, who=clinic.clinician, phone="0555 88")
    for closed_to in (clinic.nurse, other):
        with pytest.raises(Refused):
            change(clinic, patient, clock, who=closed_to)
    unprotect(clinic, subject(patient), clock)
    assert change(clinic, patient, clock, responsible_id=other.member_id)


def test_a_patient_of_another_clinic_is_not_there(clinic, patient, clock):
    shown, elsewhere = shown_to(clinic.nurse, patient, clock), a_clinic(clock, "Pain clinic East")
    stored = everything_stored()
    with pytest.raises(NotThere):
        read_particulars(elsewhere.nurse, subject(patient), clock=clock)
    said = as_shown(shown, name="X")
    with pytest.raises(NotThere):
        change_particulars(elsewhere.nurse, subject(patient), said, shown=shown, clock=clock)
    assert everything_stored() == stored


def test_whoever_opens_the_page_is_told_to_the_patient(clinic, patient, clock):
    shown_to(clinic.nurse, patient, clock)
    last = audit_rows(clinic.clinic_id)[-1]
    assert (last.action, last.actor_id, last.patient_id) == ("patient.seen", clinic.nurse.member_id, patient.patient_id)


def test_what_somebody_else_changed_meanwhile_is_not_undone(clinic, patient, clock):
    shown = shown_to(clinic.nurse, patient, clock)
    change(clinic, patient, clock, who=clinic.clinician, phone="0555 88")
    stored = everything_stored()
    for mine in ({"name": "Kowalski, Jan"}, {"phone": "0555 99"}, {"zone": (TOMORROW, TOKYO)}):
        with pytest.raises(Changed, match="Somebody else changed these particulars meanwhile"):
            change_particulars(clinic.nurse, subject(patient), as_shown(shown, **mine), shown=shown, clock=clock)
    assert everything_stored() == stored
    assert not change_particulars(clinic.nurse, subject(patient), as_shown(shown), shown=shown, clock=clock)
    assert shown_to(clinic.nurse, patient, clock).phone == "0555 88"


def test_a_new_zone_is_one_more_and_the_old_one_stays(clinic, patient, clock):
    assert change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    assert zones(patient) == [(SINCE_EVER, AMSTERDAM), (TOMORROW, NEW_YORK)]
    clock.move(days=10)
    later = date(2026, 4, 2)
    assert change(clinic, patient, clock, zone=(later, AMSTERDAM))
    assert zones(patient) == [(SINCE_EVER, AMSTERDAM), (TOMORROW, NEW_YORK), (later, AMSTERDAM)]


def test_the_zone_of_a_day_to_come_is_not_shown_as_that_of_today(clinic, patient, clock):
    change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    page = read_particulars(clinic.nurse, subject(patient), clock=clock)
    assert (page.zone, page.coming) == (AMSTERDAM, ((TOMORROW, NEW_YORK),))
    with snapshot() as session:
        assert zone_of(session, patient.clinic_id, patient.patient_id).key == AMSTERDAM
    clock.now = datetime(2026, 3, 21, 8, tzinfo=UTC)  # four in the morning in New York
    with snapshot() as session:
        assert zone_of(session, patient.clinic_id, patient.patient_id).key == NEW_YORK
    page = read_particulars(clinic.nurse, subject(patient), clock=clock)
    assert (page.today, page.zone, page.coming) == (TOMORROW, NEW_YORK, ())


@pytest.mark.parametrize(
    ("moment", "day", "ends"),
    [
        # Amsterdam (+1) until its day 20 is over, New York (-4) from its day 21 on, which begins at 08:00 UTC.
        ("2026-03-20T12:00", "2026-03-20", "2026-03-21T08:00"),
        ("2026-03-21T02:59", "2026-03-20", "2026-03-21T08:00"),
        ("2026-03-21T03:00", "2026-03-21", "2026-03-22T08:00"),
        ("2026-03-21T08:00", "2026-03-21", "2026-03-22T08:00"),
        # The clocks of Amsterdam go forward on the 29th: nothing of that is felt in New York.
        ("2026-03-29T07:59", "2026-03-28", "2026-03-29T08:00"),
        ("2026-03-29T08:00", "2026-03-29", "2026-03-30T08:00"),
    ],
)
def test_the_day_turns_where_the_patient_lives_from_the_first_day_there_on(clinic, patient, clock, moment, day, ends):
    change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    page = read_patient_page(clinic.nurse, subject(patient), clock=clock)
    assert page.today == date.fromisoformat(day)
    if moment != "2026-03-20T12:00":
        return
    assert page.diary.end_of(page.today) == line_of(patient).true_until


def test_the_summary_is_right_until_the_day_turns_in_the_new_zone(clinic, patient, clock):
    assert line_of(patient).true_until == datetime(2026, 3, 21, 3, tzinfo=UTC)
    change(clinic, patient, clock, zone=(TOMORROW, TOKYO))  # +9: four in the morning of the 21st is 19:00 UTC today
    assert line_of(patient).true_until == datetime(2026, 3, 20, 19, tzinfo=UTC)
    assert line_of(patient).as_of == TODAY


def test_a_move_to_the_east_today_counts_at_once(clinic, patient, clock):
    clock.now = datetime(2026, 3, 20, 20, tzinfo=UTC)  # nine in the evening in Amsterdam, five in the morning in Tokyo
    change(clinic, patient, clock, zone=(TODAY, TOKYO))
    line = line_of(patient)
    assert (line.as_of, line.true_until) == (TOMORROW, datetime(2026, 3, 21, 19, tzinfo=UTC))


def test_the_first_day_is_reckoned_from_the_patients_day_that_turns_at_four(clinic, patient, clock):
    clock.now = datetime(2026, 3, 21, 2, 30, tzinfo=UTC)  # half past three in Amsterdam: it is the 20th still
    yesterday = date(2026, 3, 19)
    said = "Choose today or a later day: days that are past keep their time zone."
    assert refusal(clinic, patient, clock, zone=(yesterday, TOKYO)).fields == {"zone_from": said}
    assert change(clinic, patient, clock, zone=(TODAY, NEW_YORK))
    clock.move(hours=1)
    assert refusal(clinic, patient, clock, zone=(TODAY - timedelta(days=1), TOKYO)).fields == {"zone_from": said}


def test_a_day_further_ahead_than_a_year_is_a_slip(clinic, patient, clock):
    said = {"zone_from": "Choose a day within a year from today."}
    for far in (TODAY + timedelta(days=367), date.max):
        assert refusal(clinic, patient, clock, zone=(far, TOKYO)).fields == said
    assert change(clinic, patient, clock, zone=(TODAY + timedelta(days=366), TOKYO))


def test_a_day_has_one_change_of_zone_until_that_is_taken_back(clinic, patient, clock):
    change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    said = "The time zone changes on this day already: take that change back, or choose another day."
    assert refusal(clinic, patient, clock, zone=(TOMORROW, TOKYO)).fields == {"zone_from": said}
    assert not change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    assert change(clinic, patient, clock, zone=(TOMORROW, TOKYO), taken_back=[TOMORROW])
    assert zones(patient) == [(SINCE_EVER, AMSTERDAM), (TOMORROW, TOKYO)]
    assert change(clinic, patient, clock, taken_back=[TOMORROW])
    assert zones(patient) == [(SINCE_EVER, AMSTERDAM)]


def test_a_journey_is_written_down_before_it_begins_with_its_way_back(clinic, patient, clock):
    back = TODAY + timedelta(days=14)
    change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    assert change(clinic, patient, clock, zone=(back, AMSTERDAM))
    assert zones(patient) == [(SINCE_EVER, AMSTERDAM), (TOMORROW, NEW_YORK), (back, AMSTERDAM)]


def test_a_change_that_has_come_is_history(clinic, patient, clock):
    change(clinic, patient, clock, zone=(TODAY, NEW_YORK))
    today = "The time zone changed today already: choose a later day."
    assert refusal(clinic, patient, clock, zone=(TODAY, TOKYO)).fields == {"zone_from": today}
    refused = refusal(clinic, patient, clock, taken_back=[TODAY])
    assert str(refused) == "That change of the time zone has come already: enter the next one."
    assert zones(patient)[-1] == (TODAY, NEW_YORK)


def at_their_hour(patient, day, zone):
    """Return eight in the evening of `day` in `zone`, in the patient's own minute."""
    return datetime(day.year, day.month, day.day, 20, minute_of(patient.patient_id), tzinfo=ZoneInfo(zone))


def test_reminders_come_at_the_patients_hour_in_the_new_zone_from_its_first_day_on(clinic, patient, clock):
    clock.now = datetime(2026, 3, 28, 22, tzinfo=UTC)  # eight is over, and the clocks of Amsterdam go forward tonight
    set_reminders(patient, subject(patient), Wanted(20), clock=clock)
    day, next_day = date(2026, 3, 29), date(2026, 3, 30)
    assert setting(patient).next_at == at_their_hour(patient, day, AMSTERDAM)
    change(clinic, patient, clock, zone=(day, NEW_YORK))
    assert (setting(patient).next_day, setting(patient).next_at) == (day, at_their_hour(patient, day, NEW_YORK))
    change(clinic, patient, clock, zone=(next_day, NEW_YORK), taken_back=[day])
    assert setting(patient).next_at == at_their_hour(patient, day, AMSTERDAM)
    while setting(patient).next_day == day:
        clock.now = setting(patient).next_at
        remind_where_due(clock)
    assert (setting(patient).next_day, setting(patient).next_at) == (
        next_day,
        at_their_hour(patient, next_day, NEW_YORK),
    )


def test_a_reminder_late_in_the_night_comes_before_a_day_that_ends_sooner_is_over(clinic, patient, clock):
    set_reminders(patient, subject(patient), Wanted(27), clock=clock)
    change(clinic, patient, clock, zone=(TOMORROW, TOKYO))  # there the 21st begins at 19:00 UTC
    assert (setting(patient).next_day, setting(patient).next_at) == (TODAY, datetime(2026, 3, 20, 18, 30, tzinfo=UTC))


def test_a_second_reminder_of_today_and_one_whose_moment_has_come_are_not_lost(clinic, patient, clock):
    set_reminders(patient, subject(patient), Wanted(20), clock=clock)
    clock.now = setting(patient).next_at
    change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    assert (setting(patient).next_at, setting(patient).next_number) == (clock.now, 1)
    remind_where_due(clock)
    second = setting(patient).next_at
    assert (setting(patient).next_day, setting(patient).next_number) == (TODAY, 2)
    change(clinic, patient, clock, taken_back=[TOMORROW], zone=(TODAY + timedelta(days=2), NEW_YORK))
    assert (setting(patient).next_at, setting(patient).next_number) == (second, 2)


def test_reminders_that_are_off_stay_off(clinic, patient, clock):
    assert change(clinic, patient, clock, zone=(TOMORROW, NEW_YORK))
    with snapshot() as session:
        assert session.get(ReminderSetting, (patient.clinic_id, patient.patient_id)) is None


def test_a_form_that_was_open_over_the_turn_of_the_day_takes_no_day_that_is_past(clinic, patient, clock):
    shown = shown_to(clinic.nurse, patient, clock)
    said = replace(as_shown(shown), zone=(TODAY, TOKYO))
    clock.now = datetime(2026, 3, 21, 3, tzinfo=UTC)
    with pytest.raises(Invalid, match="Choose today or a later day"):
        change_particulars(clinic.nurse, subject(patient), said, shown=shown, clock=clock)
