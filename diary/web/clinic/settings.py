"""The clinic's settings."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from diary.access.policy import Permission, Subject, may, require
from diary.errors import Invalid
from diary.installation import installation
from diary.services.clinics import active_members, change_clinic, clinic_of
from diary.services.diary_settings import set_diary
from diary.services.disk import disk_left
from diary.services.glass_reviews import count_waiting
from diary.services.kept_backups import last_backup
from diary.web.clinic import blueprint
from diary.web.clinic.diary_settings import DiarySettingsForm
from diary.web.clinic.forms import ClinicForm
from diary.web.clinic.place import own_clinic
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import moment, role_words

if TYPE_CHECKING:
    from diary.models import Clinic


@blueprint.get("/settings")
@open_to(Audience.STAFF)
def settings() -> ResponseReturnValue:
    """Show the clinic's numbers and staff; admins may change the numbers."""
    return settings_page()


@blueprint.post("/settings")
@open_to(Audience.STAFF)
def save_settings() -> ResponseReturnValue:
    """Change the clinic's numbers."""
    require(current_identity(), Permission.CLINIC_WRITE, Subject(own_clinic()))
    form = ClinicForm()
    if not form.validate():
        return settings_page(form), 422
    change_clinic(
        current_identity(),
        own_clinic(),
        clock=installation().clock,
        name=form.name.data,
        time_zone=form.time_zone.data,
        language=form.language.data,
        phone=form.phone.data,
        emergency_number=form.emergency_number.data,
    )
    return redirect(url_for("clinic.settings", done="clinic-changed"), code=303)


@blueprint.post("/settings/diary")
@open_to(Audience.STAFF)
def save_diary_settings() -> ResponseReturnValue:
    """Set them."""
    require(current_identity(), Permission.CLINIC_WRITE, Subject(own_clinic()))
    form = DiarySettingsForm()
    if form.validate():
        try:
            set_diary(
                current_identity(),
                own_clinic(),
                notes=bool(form.notes.data),
                working_days=form.working_days.data or (),
                clock=installation().clock,
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.settings", done="clinic-changed"), code=303)
    return settings_page(diary_form=form), 422


def settings_page(form: ClinicForm | None = None, diary_form: DiarySettingsForm | None = None) -> str:
    """Return the page with these forms as they stand, or fresh ones."""
    here, clinic = Subject(own_clinic()), clinic_of(current_identity())
    may_change = may(current_identity(), Permission.CLINIC_WRITE, here)
    return render_template(
        "clinic/settings.html",
        form=form or _as_set(clinic),
        diary_form=diary_form or DiarySettingsForm.of(clinic),
        clinic=clinic,
        members=active_members(current_identity(), own_clinic()),
        may_change=may_change,
        may_invite=may(current_identity(), Permission.PATIENT_WRITE, here),
        may_see_members=may(current_identity(), Permission.MEMBERS_READ, here),
        waiting_reviews=_waiting_reviews(here),
        may_read_audit=may(current_identity(), Permission.AUDIT_READ, here),
        may_read_erasures=may(current_identity(), Permission.ERASURES_READ, here),
        may_read_research=may(current_identity(), Permission.RESEARCH_READ, here),
        backups=_how_backups_stand(clinic.time_zone) if may_change else None,
        role_words=role_words,
    )


def _how_backups_stand(zone: str) -> dict[str, object]:
    """Return what an admin is told about the backups of the installation and the room on its disk."""
    made = installation()
    last = last_backup(made.settings, clock=made.clock)
    made_at = moment(last.made_at.astimezone(ZoneInfo(zone))) if last.made_at else ""
    return {"made_at": made_at, "failed": bool(last.trouble) or last.late, "room": disk_left(made.settings).room.value}


def _as_set(clinic: "Clinic") -> ClinicForm:
    form = ClinicForm(formdata=None)
    form.name.data, form.time_zone.data, form.language.data = clinic.name, clinic.time_zone, clinic.language
    form.phone.data, form.emergency_number.data = clinic.phone, clinic.emergency_number
    return form


def _waiting_reviews(here: Subject) -> int | None:
    """Return how many reviews of broken glass wait for whoever asks, or None when they review none."""
    who = current_identity()
    return count_waiting(who, here.clinic_id) if may(who, Permission.GLASS_REVIEW, here) else None
