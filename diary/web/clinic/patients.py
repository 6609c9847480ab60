"""A patient: added, looked at, invited, discharged."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from diary.access.policy import Permission, Subject, may, require
from diary.errors import Invalid
from diary.installation import installation
from diary.languages import known_language
from diary.services import patients
from diary.services.clinics import clinic_of
from diary.services.figures import read_drawn
from diary.services.patient_pages import PatientPage, read_patient_page
from diary.vocabulary import LifeCycle
from diary.web.clinic import blueprint
from diary.web.clinic.beside_words import written_by_staff
from diary.web.clinic.besides_words import besides_in_words
from diary.web.clinic.change_words import change_words
from diary.web.clinic.chart_words import chart_in_words, view_named
from diary.web.clinic.consents import consents_in_words
from diary.web.clinic.course_card_words import cards_in_words
from diary.web.clinic.decided import decided_so_far
from diary.web.clinic.decision_forms import DecisionForm
from diary.web.clinic.evidence import evidence_rows
from diary.web.clinic.figure import figure_of
from diary.web.clinic.forecast_words import outlook_of
from diary.web.clinic.forms import LIFE_CYCLE_WORDS, LanguageForm, LifeCycleForm, PatientForm
from diary.web.clinic.infusion_words import infusion_words
from diary.web.clinic.page_verdict import verdict_of_page
from diary.web.clinic.paper import transcribed
from diary.web.clinic.particulars import who_has_it
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.clinic.proof_words import MARKS, standing_sentence
from diary.web.clinic.relief_words import relief_of_courses
from diary.web.clinic.second_number_words import second_number_words
from diary.web.clinic.state_words import mark_words, state_words
from diary.web.clinic.summary_words import reason_on_list, summary_sentences
from diary.web.clinic.tags import tags_to_change
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import course_name
from diary.web.sessions import current_identity

if TYPE_CHECKING:
    from diary.models import Patient

ASKED_ABOUT: Final = (LifeCycle.MOVED, LifeCycle.DIED)
"""They end the patient's sign-in, so that they are asked about once before they are saved."""


@blueprint.get("/patients/new", endpoint="new_patient")
@open_to(Audience.STAFF)
def show_new_patient() -> ResponseReturnValue:
    """Ask for the particulars of a new patient."""
    require(current_identity(), Permission.PATIENT_WRITE, Subject(own_clinic()))
    form = PatientForm(formdata=None)
    here = clinic_of(current_identity())
    form.time_zone.data, form.language.data = here.time_zone, here.language
    return render_template("clinic/new_patient.html", form=form, has_it=None)


@blueprint.post("/patients/new")
@open_to(Audience.STAFF)
def add_patient() -> ResponseReturnValue:
    """Add a patient and go to their page."""
    form, who, has_it = PatientForm(), current_identity(), None
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
            has_it = who_has_it(refusal)
        else:
            return redirect(url_for("clinic.patient", patient_id=added.patient_id, done="patient-added"), code=303)
    return render_template("clinic/new_patient.html", form=form, has_it=has_it), 422


@blueprint.get("/patients/<uuid:patient_id>")
@open_to(Audience.STAFF)
def patient(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show chart, evidence, courses and decisions of a patient."""
    page = read_patient_page(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return patient_page(page, fresh_decision(page))


@blueprint.get("/patients/<uuid:patient_id>/figure.json")
@open_to(Audience.STAFF)
def figure(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Return the figure of the chart."""
    drawn = read_drawn(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return figure_of(drawn, view_named(request.args.get("view")))


@blueprint.post("/patients/<uuid:patient_id>/life-cycle")
@open_to(Audience.STAFF)
def change_life_cycle(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Say where the patient stands with the clinic."""
    form, about, who, clock = LifeCycleForm(), patient_in_address(patient_id), current_identity(), installation().clock
    if form.validate():
        chosen = form.life_cycle.data
        if chosen in ASKED_ABOUT and not form.sure.data:
            stands = read_patient_page(who, about, clock=clock).diary.patient
            if stands.life_cycle != chosen:
                return _asked_about(stands, form), 422
        patients.change_life_cycle(who, about, chosen, clock=clock)
    return _back_to_patient(patient_id, "patient-changed")


def _asked_about(stands: "Patient", form: LifeCycleForm) -> str:
    form.ask()
    chosen = form.life_cycle.data
    words, has_moved = LIFE_CYCLE_WORDS[chosen], chosen == LifeCycle.MOVED
    return render_template("clinic/life_cycle.html", patient=stands, form=form, stands=words, has_moved=has_moved)


@blueprint.post("/patients/<uuid:patient_id>/language")
@open_to(Audience.STAFF)
def change_language(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Speak with the patient in another language."""
    form, about, who = LanguageForm(), patient_in_address(patient_id), current_identity()
    done = None
    if form.validate():
        patients.change_language(who, about, form.language.data, clock=installation().clock)
        done = "language-changed"
    return _back_to_patient(patient_id, done)


def _back_to_patient(patient_id: uuid.UUID, done: str | None) -> ResponseReturnValue:
    return redirect(url_for("clinic.patient", patient_id=patient_id, done=done), code=303)


def fresh_decision(page: PatientPage) -> DecisionForm:
    """Return the form of a decision about what is on the page."""
    form = DecisionForm.fresh()
    form.shown_digest.data = page.shown_digest
    return form


def patient_page(
    page: PatientPage, decision_form: DecisionForm, *, refused: FlaskForm | None = None, asked: Sequence[str] = ()
) -> str:
    """Return a patient's page with `decision_form` as it stands; `refused` is another form to be put right.

    `asked` is what the rules say against the decision, to be read before it is recorded.
    """
    about = page.about
    return render_template(
        "clinic/patient.html",
        page=page,
        patient=page.diary.patient,
        stands=_stands(page),
        decision_form=decision_form,
        asked=asked,
        decision_words=DECISION_WORDS,
        proofs=_proofs(page),
        cards=cards_in_words(page),
        course_name=course_name,
        infusion_words=infusion_words,
        second_number_words=second_number_words,
        may_decide=may(current_identity(), Permission.DECISION_WRITE, about),
        may_set_baseline=may(current_identity(), Permission.BASELINE_SET, about),
        may_protect=may(current_identity(), Permission.DIARY_PROTECT, about),
        consents=consents_in_words(about),
        besides=besides_in_words(page.besides),
        **_judged(page),
        **_particulars_forms(page),
        **chart_in_words(page),
        **written_by_staff(page, refused),
        **tags_to_change(),
        **transcribed(page),
        **decided_so_far(page),
    )


def _stands(page: PatientPage) -> Any:
    """Return where the patient stands, in words, or nothing for one who is active."""
    life_cycle = page.diary.patient.life_cycle
    return "" if life_cycle == LifeCycle.ACTIVE else LIFE_CYCLE_WORDS[life_cycle]


def _judged(page: PatientPage) -> dict[str, Any]:
    verdict = verdict_of_page(page)
    return {
        "verdict": verdict,
        "words": state_words(verdict),
        "on_list": reason_on_list(page, verdict),
        "sentences": summary_sentences(page, verdict),
        "marks": [mark_words(mark, today=page.today) for mark in verdict["marks"]],
        "evidence": evidence_rows(page),
        "changes": [change_words(change) for change in page.changes],
        "outlook": outlook_of(page),
        "relief": relief_of_courses(page),
    }


def _particulars_forms(page: PatientPage) -> dict[str, FlaskForm]:
    life_cycle, language = LifeCycleForm(formdata=None), LanguageForm(formdata=None)
    life_cycle.life_cycle.data = page.diary.patient.life_cycle
    language.language.data = known_language(page.diary.patient.language)
    return {"life_cycle_form": life_cycle, "language_form": language}


def _proofs(page: PatientPage) -> dict[uuid.UUID, tuple[Any, str]]:
    """Return mark and sentence of each decision."""
    return {made: (MARKS[one.standing], standing_sentence(one, page.clinic_zone)) for made, one in page.checked.items()}
