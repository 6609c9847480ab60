"""What staff wrote about a patient, in lines for their page, and the forms to write more."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask_wtf import FlaskForm

from diary.access.policy import Permission, may
from diary.services.event_corrections import is_of_staff
from diary.services.impressions import Said
from diary.services.patient_pages import PatientPage
from diary.services.staff_notes import Note
from diary.web.clinic.chart_words import EVENT_WORDS
from diary.web.clinic.note_forms import HOW, IMPRESSIONS, HappenedForm, ImpressionForm, NoteForm
from diary.web.sessions import current_identity
from diary.web.words import moment

HOW_WORDS = dict(HOW)


def written_by_staff(page: PatientPage, refused: FlaskForm | None) -> dict[str, Any]:
    """Return notes, events and impressions with their forms; `refused` is one that has to be put right."""
    zone = page.clinic_zone

    def at(when: datetime) -> str:
        return moment(when.astimezone(zone))

    return {
        "refused": refused,
        "note_form": refused if isinstance(refused, NoteForm) else NoteForm.fresh(),
        "happened_form": refused if isinstance(refused, HappenedForm) else HappenedForm.fresh(),
        "impression_form": refused if isinstance(refused, ImpressionForm) else ImpressionForm.fresh(),
        "notes": [_note(note, page, at) for note in page.notes],
        "happened": [_event(event, page, at) for event in page.events],
        "impressions": [_impression(said, page, at) for said in page.impressions],
        "pegs": [
            {"day": on, "mean": sum(peg) / len(peg), **peg._asdict()}
            for on, peg in sorted(page.besides.pegs.items(), reverse=True)
        ],
        "may_write_notes": may(current_identity(), Permission.NOTE_WRITE, page.about),
    }


def _note(note: Note, page: PatientPage, at: Callable[[datetime], str]) -> dict[str, Any]:
    row, taken = note.row, note.taken_back
    return {
        "id": row.id,
        "words": row.words,
        "who": page.members.get(row.member_id, "–"),
        "at": at(row.written_at),
        "taken_back": taken
        and {"who": page.members.get(taken.member_id, "–"), "at": at(taken.written_at), "why": taken.words},
    }


def _impression(said: Said, page: PatientPage, at: Callable[[datetime], str]) -> dict[str, Any]:
    row, taken = said.row, said.taken_back
    return {
        "id": row.id,
        "day": row.day,
        "answer": row.answer,
        "words": IMPRESSIONS[row.answer or 4],
        "how": HOW_WORDS[row.how],
        "who": page.members.get(row.member_id, "–"),
        "taken_back": taken
        and {"who": page.members.get(taken.member_id, "–"), "at": at(taken.recorded_at), "why": taken.reason},
    }


def _event(event: Any, page: PatientPage, at: Callable[[datetime], str]) -> dict[str, Any]:
    taken_back = page.diary.taken_back.get(event.id)
    return {
        "id": event.id,
        "day": event.day,
        "words": EVENT_WORDS[event.kind],
        "note": event.note,
        "taken_back": at(taken_back) if taken_back else None,
        "why": page.why_taken_back.get(event.id, ""),
        "may_take_back": taken_back is None and is_of_staff(event),
    }
