"""A patient: added, looked at, invited, discharged."""

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission, Subject, may, require
from diary.errors import Invalid
from diary.exchange.verdict_lines import plain_numbers, plain_verdict
from diary.installation import installation
from diary.languages import known_language
from diary.services import patients
from diary.services.clinics import clinic_of
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.web.clinic import blueprint
from diary.web.clinic.besides_words import besides_in_words
from diary.web.clinic.change_words import change_words
from diary.web.clinic.consents import consents_in_words
from diary.web.clinic.evidence import evidence_rows
from diary.web.clinic.figure import Axis, figure_of, first_shown
from diary.web.clinic.forecast_words import outlook_of
from diary.web.clinic.forms import DecisionForm, LanguageForm, LifeCycleForm, LiverTestForm, PatientForm
from diary.web.clinic.infusion_words import infusion_words
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.clinic.proof_words import MARKS, standing_sentence
from diary.web.clinic.relief_words import relief_of_courses
from diary.web.clinic.second_number_words import second_number_words
from diary.web.clinic.state_words import course_words, mark_words, reason_sentence, state_words
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity
from diary.web.words import day, points


@blueprint.get("/patients/new", endpoint="new_patient")
@open_to(Audience.STAFF)
def show_new_patient() -> ResponseReturnValue:
    """Ask for the particulars of a new patient."""
    require(current_identity(), Permission.PATIENT_WRITE, Subject(own_clinic()))
    form = PatientForm(formdata=None)
    here = clinic_of(current_identity())
    form.time_zone.data, form.language.data = here.time_zone, here.language
    return render_template("clinic/new_patient.html", form=form)


@blueprint.post("/patients/new")
@open_to(Audience.STAFF)
def add_patient() -> ResponseReturnValue:
    """Add a patient and go to their page."""
    form, who = PatientForm(), current_identity()
    if form.validate():
        particulars = patients.Particulars(
            reference=form.reference.data,
            name=form.name.data,
            time_zone=form.time_zone.data,
            birth_year=form.birth_year.data,
            phone=form.phone.data,
            responsible_id=who.member_id if form.mine.data == "me" else None,
            language=form.language.data,
        )
        try:
            added = patients.add_patient(who, own_clinic(), particulars, clock=installation().clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(url_for("clinic.patient", patient_id=added.patient_id, done="patient-added"), code=303)
    return render_template("clinic/new_patient.html", form=form), 422


@blueprint.get("/patients/<uuid:patient_id>")
@open_to(Audience.STAFF)
def patient(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show chart, evidence, courses and decisions of a patient."""
    page = read_patient_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    form = DecisionForm.fresh()
    form.shown_digest.data = page.shown_digest
    return patient_page(page, form)


@blueprint.get("/patients/<uuid:patient_id>/figure.json")
@open_to(Audience.STAFF)
def figure(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Return the figure of the chart."""
    page = read_patient_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return figure_of(page, _axis())


@blueprint.post("/patients/<uuid:patient_id>/life-cycle")
@open_to(Audience.STAFF)
def change_life_cycle(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Say where the patient stands with the clinic."""
    form = LifeCycleForm()
    if form.validate():
        patients.change_life_cycle(
            current_identity(),
            patient_in_address(patient_id),
            form.life_cycle.data,
            clock=installation().clock,
        )
    return redirect(url_for("clinic.patient", patient_id=patient_id, done="patient-changed"), code=303)


@blueprint.post("/patients/<uuid:patient_id>/language")
@open_to(Audience.STAFF)
def change_language(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Speak with the patient in another language."""
    form, about, who = LanguageForm(), patient_in_address(patient_id), current_identity()
    done = None
    if form.validate():
        patients.change_language(who, about, form.language.data, clock=installation().clock)
        done = "language-changed"
    return redirect(url_for("clinic.patient", patient_id=patient_id, done=done), code=303)


def patient_page(page: PatientPage, decision_form: DecisionForm) -> str:
    """Return a patient's page with `decision_form` as it stands."""
    verdict = plain_verdict(page.verdict) | {"numbers": plain_numbers(page.rules)}
    life_cycle = LifeCycleForm(formdata=None)
    life_cycle.life_cycle.data = page.diary.patient.life_cycle
    about, language_form = page.about, LanguageForm(formdata=None)
    language_form.language.data = known_language(page.diary.patient.language)
    return render_template(
        "clinic/patient.html",
        page=page,
        patient=page.diary.patient,
        verdict=verdict,
        words=state_words(verdict),
        sentences=[f"{reason_sentence(verdict)}.", course_words(verdict)] if verdict["medicine"] else [],
        marks=[mark_words(mark) for mark in verdict["marks"]],
        evidence=evidence_rows(page),
        changes=[change_words(change) for change in page.changes],
        outlook=outlook_of(page),
        relief=relief_of_courses(page),
        axis=_axis() if page.verdict.course else "calendar",
        rows=_table_rows(page),
        decision_form=decision_form,
        decision_words=DECISION_WORDS,
        proofs=_proofs(page),
        liver_form=LiverTestForm(formdata=None),
        life_cycle_form=life_cycle,
        language_form=language_form,
        course_name=course_name,
        infusion_words=infusion_words,
        second_number_words=second_number_words,
        may_decide=may(current_identity(), Permission.DECISION_WRITE, about),
        may_set_baseline=may(current_identity(), Permission.BASELINE_SET, about),
        may_protect=may(current_identity(), Permission.DIARY_PROTECT, about),
        event_words=_event_words(),
        consents=consents_in_words(about),
        besides=besides_in_words(about),
    )


def _proofs(page: PatientPage) -> dict[uuid.UUID, tuple[Any, str]]:
    """Return mark and sentence of each decision."""
    return {made: (MARKS[one.standing], standing_sentence(one, page.clinic_zone)) for made, one in page.checked.items()}


def _axis() -> Axis:
    return "calendar" if request.args.get("view") == "calendar" else "days"


def _event_words() -> dict[str, str]:
    return {
        "wearing_off": _("patient says it wears off"),
        "liver_test": _("liver test"),
        "intercurrent_event": _("illness, fall or operation"),
        "co_treatment_changed": _("other pain medicine changed"),
        "high_scores": _("very high scores"),
    }


def _table_rows(page: PatientPage) -> list[list[Any]]:
    """Return the numbers of the chart's first view, the latest day first."""
    scores = {point.day: point for point in page.points}
    kinds = {"late": _("late"), "paper": _("paper"), "counts": ""}
    course = page.verdict.course
    first = first_shown(page)
    rows = []
    for week in reversed(page.means):
        if week.day < first:
            break
        point = scores.get(week.day)
        t = (week.day - course.last_day).days if course else None
        rows.append(
            [
                day(week.day),
                "–" if t is None else t,
                point.score if point else "–",
                kinds[point.kind] if point else "",
                points(week.mean),
                week.n,
            ]
        )
    return rows
