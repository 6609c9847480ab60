"""What was decided so far, in words: what stands, what was reversed, and what the patient was told of it."""

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import has_request_context, request, url_for
from flask_babel import gettext as _

from diary.access.policy import Permission, may
from diary.installation import installation
from diary.services.patient_pages import PatientPage
from diary.services.plans import plans_of_patient
from diary.vocabulary import DecisionKind
from diary.web.clinic import blueprint
from diary.web.clinic.worklist_row import DECISION_WORDS
from diary.web.medicines import medicine_name
from diary.web.sessions import current_identity
from diary.web.words import day

if TYPE_CHECKING:
    from diary.models import Decision, ReleasedPlan


_ROUND: Final = re.compile(r"[A-Za-z0-9_.-]{1,600}")


@dataclass(frozen=True, slots=True)
class DecidedRow:
    """A decision as the page of a patient lists it; `about` is what became of it, a sentence each."""

    decision: "Decision"
    what: str
    stands: bool
    about: list[str]
    planning: str | None


def what_words(decision: "Decision") -> str:
    """Return what was decided: "Change medicine: lidocaine", or "Reversal"."""
    if decision.reverses is not None:
        return _("Reversal")
    words = str(DECISION_WORDS[decision.kind])
    return f"{words}: {medicine_name(decision.medicine)}" if decision.medicine else words


def decided_so_far(page: PatientPage) -> dict[str, Any]:
    """Return what the page of a patient says of decisions."""
    who, by_id = current_identity(), {one.id: one for one in page.decisions}
    reversals = {one.reverses: one for one in page.decisions if one.reverses is not None}
    plans = plans_of_patient(who, page.about, clock=installation().clock)
    return {
        "decided": [_row(one, by_id, reversals, plans) for one in page.decisions],
        "may_release": may(who, Permission.PLAN_RELEASE, page.about),
    }


@blueprint.app_template_global()
def round_kept() -> str | None:
    """Return what the address carries of a round, to be carried on; `onward_after` says whether it is one."""
    text = request.args.get("round", "")
    return text if _ROUND.fullmatch(text) else None


@blueprint.url_defaults
def stay_in_round(_endpoint: str, values: dict[str, Any]) -> None:
    """Let every address about the patient of this page carry on the round that the page's own address carries."""
    here = (request.view_args or {}).get("patient_id") if has_request_context() else None
    if here is not None and str(values.get("patient_id")) == str(here) and (kept := round_kept()):
        values.setdefault("round", kept)


def planning_address(decision: "Decision") -> str:
    """Return where the course is planned that was decided, from the day on that it was decided for."""
    first = decision.next_step.isoformat() if decision.next_step else None
    return url_for("clinic.new_plan", patient_id=decision.patient_id, first=first)


def reversed_words(reversal: "Decision") -> str:
    """Return who took a decision back, when and why."""
    told = {"name": reversal.member_name or "–", "day": day(reversal.day), "reason": reversal.reason}
    return _("Reversed by %(name)s on %(day)s: %(reason)s", **told)


def plan_words(plan: "ReleasedPlan") -> str:
    """Return what the patient was told last."""
    told = {"name": plan.member_name, "day": day(plan.day)}
    if plan.taken_back:
        return _("Plan taken back by %(name)s on %(day)s: %(reason)s", **told, reason=plan.reason)
    return _("The patient reads since %(day)s, from %(name)s: %(words)s", **told, words=plan.words)


def _row(
    one: "Decision",
    by_id: dict[uuid.UUID, "Decision"],
    reversals: dict[uuid.UUID, "Decision"],
    plans: dict[uuid.UUID, "ReleasedPlan"],
) -> DecidedRow:
    stands = one.reverses is None and one.id not in reversals
    about = []
    if one.reverses in by_id:
        taken = by_id[one.reverses]
        about.append(_("Takes back: %(what)s, decided on %(day)s", what=what_words(taken), day=day(taken.day)))
    if one.id in reversals:
        about.append(reversed_words(reversals[one.id]))
    if one.id in plans:
        about.append(plan_words(plans[one.id]))
    planning = planning_address(one) if stands and one.kind == DecisionKind.REPEAT else None
    return DecidedRow(one, what_words(one), stands, about, planning)
