"""Letters about a patient: chosen on a page, printed from another one, or taken out as a PDF."""

import uuid
from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from diary.errors import NotThere
from diary.exchange.paper import NoPaper, paper_of
from diary.installation import installation
from diary.languages import LANGUAGES, known_language, speaking
from diary.services.clinics import clinic_of
from diary.services.letters import LetterFacts, LetterKind, may_take_out, take_out_letter
from diary.web.clinic import blueprint
from diary.web.clinic.letter_forms import LetterForm
from diary.web.clinic.letter_words import letter_words
from diary.web.clinic.place import patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity
from diary.web.words import said


@blueprint.get("/patients/<uuid:patient_id>/letters")
@open_to(Audience.STAFF)
def letters(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Ask which letter is wanted."""
    may_take_out(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    return _choose(patient_id, LetterForm.fresh(known_language(clinic_of(current_identity()).language)))


@blueprint.get("/patients/<uuid:patient_id>/letter")
@open_to(Audience.STAFF)
def letter(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show a letter to print, with nothing added by hand."""
    kind, language = request.args.get("kind", "visit"), request.args.get("language", "")
    if kind not in set(LetterKind):
        raise NotThere
    spoken = language if language in LANGUAGES else known_language(clinic_of(current_identity()).language)
    form = LetterForm.fresh(spoken)
    form.kind.data = kind
    return _to_print(patient_id, form)


@blueprint.post("/patients/<uuid:patient_id>/letter")
@open_to(Audience.STAFF)
def write_letter(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Show a letter to print, with what was added by hand; that stands in the page alone and is not stored."""
    may_take_out(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    form = LetterForm()
    if not form.validate():
        return _choose(patient_id, form), 422
    return _to_print(patient_id, form)


@blueprint.post("/patients/<uuid:patient_id>/letter.pdf")
@open_to(Audience.STAFF)
def letter_pdf(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Hand a letter out as a PDF; where none can be made, the page to print says so."""
    may_take_out(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    form = LetterForm()
    if not form.validate():
        return _choose(patient_id, form), 422
    try:
        made = _taken_out(patient_id, form, "pdf")
    except NoPaper as refusal:
        return _to_print(patient_id, form, no_paper=said(refusal)), 422
    today = installation().clock().date().isoformat()
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="ebb-letter-{today}.pdf"'
    return answer


def _choose(patient_id: uuid.UUID, form: LetterForm) -> str:
    return render_template("clinic/letters.html", patient_id=patient_id, form=form)


def _to_print(patient_id: uuid.UUID, form: LetterForm, *, no_paper: str = "") -> str:
    """Return the page to print: the letter in its own language within a page in that of the clinic's pages."""
    body = _taken_out(patient_id, form, "print")
    form.sheet.data = form.sheet.data or "a4"
    return render_template(
        "clinic/letter.html",
        patient_id=patient_id,
        form=form,
        no_paper=no_paper,
        letter_language=form.language.data,
        body=Markup(body),  # noqa: S704 (made by our own template, which escapes every word)
    )


def _taken_out(patient_id: uuid.UUID, form: LetterForm, file_format: str) -> Any:
    def made_by(facts: LetterFacts) -> Any:
        with speaking(form.language.data):
            if file_format == "pdf":
                return paper_of(_body(facts, form, template="paper", top=1), styles="letter")
            return _body(facts, form, template=form.kind.data, top=2)

    return take_out_letter(
        current_identity(),
        patient_in_address(patient_id),
        LetterKind(form.kind.data),
        language=form.language.data,
        file_format=file_format,
        made_by=made_by,
        clock=installation().clock,
    )


def _body(facts: LetterFacts, form: LetterForm, *, template: str, top: int) -> str:
    return render_template(
        f"clinic/letters/{template}.html",
        letter=letter_words(facts),
        kind=form.kind.data,
        us=form.sheet.data == "us",
        to=_lines(form.to.data),
        words=_lines(form.words.data),
        top=top,
    )


def _lines(text: str | None) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]
