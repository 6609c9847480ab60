"""Patients invited: one at a time, by mail if they like, or many on a sheet to cut up."""

import uuid
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from diary.errors import Invalid, NotThere
from diary.installation import installation
from diary.services import invite_cards, invites
from diary.services.clinics import clinic_of
from diary.services.invite_mail import mail_patient_invite, shown_invite
from diary.services.open_invites import GOOD_FOR
from diary.services.outbox import mail_is_set_up
from diary.web.clinic import blueprint
from diary.web.clinic.links import link_to_invite
from diary.web.clinic.member_forms import InviteMailForm
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.forms import take_refusal, without_nul
from diary.web.guards import Audience, open_to
from diary.web.qr_codes import qr_code
from diary.web.sessions import current_identity
from diary.web.words import moment, said


@blueprint.post("/patients/<uuid:patient_id>/invite")
@open_to(Audience.STAFF)
def invite(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Make an invite and show its link, once."""
    token = invites.invite_patient(current_identity(), patient_in_address(patient_id), clock=installation().clock)
    form = InviteMailForm(formdata=None)
    return _invite_page(patient_id, token, form)


@blueprint.post("/patients/<uuid:patient_id>/invite/mail")
@open_to(Audience.STAFF)
def mail_invite(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Mail the link that stands on the screen to the address that was written, and show it again."""
    form, token = InviteMailForm(), without_nul(request.form.get("token", ""))
    about, clock = patient_in_address(patient_id), installation().clock
    if form.validate():
        try:
            mail_patient_invite(
                current_identity(), about, token, to=form.email.data, link=link_to_invite(token), clock=clock
            )
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return _invite_page(patient_id, token, InviteMailForm(formdata=None), mailed_to=form.email.data)
    return _invite_page(patient_id, token, form), 422


@blueprint.get("/invites", endpoint="invites")
@open_to(Audience.STAFF)
def show_invites() -> ResponseReturnValue:
    """Show who has no account yet."""
    return _list_page(after=without_nul(request.args.get("after", ""))[:64])


@blueprint.post("/invites")
@open_to(Audience.STAFF)
def make_cards() -> ResponseReturnValue:
    """Make one sheet with a card for each patient that was ticked, or for all on the page."""
    named = "shown" if request.form.get("whom") == "all" else "patient"
    chosen = _ids(request.form.getlist(named))
    try:
        made = invite_cards.make_cards(current_identity(), own_clinic(), chosen, clock=installation().clock)
    except Invalid as refusal:
        page = _list_page(after=without_nul(request.form.get("after", ""))[:64], ticked=chosen, refusal=said(refusal))
        return page, 422
    clinic = clinic_of(current_identity())
    links = [link_to_invite(card.token) for card in made.cards]
    return render_template(
        "clinic/invite_cards.html",
        cards=[(card, link, qr_code(link)) for card, link in zip(made.cards, links, strict=True)],
        left_out=made.left_out,
        closed=made.closed,
        clinic=clinic,
        until=_at(installation().clock() + GOOD_FOR),
    )


def _list_page(*, after: str, ticked: list[uuid.UUID] | None = None, refusal: str = "") -> str:
    page = invite_cards.patients_without_account(
        current_identity(), own_clinic(), after=after, clock=installation().clock
    )
    clinic = clinic_of(current_identity())
    return render_template(
        "clinic/invites.html",
        patients=[(one, _at(one.until) if one.until else "") for one in page.patients],
        ticked=set(ticked or ()),
        refusal=refusal,
        after=after,
        next_page=url_for("clinic.invites", after=page.next_key) if page.next_key else None,
        numbers_missing=not clinic.phone or not clinic.emergency_number,
    )


def _invite_page(patient_id: uuid.UUID, token: str, form: InviteMailForm, *, mailed_to: str = "") -> str:
    about, clock = patient_in_address(patient_id), installation().clock
    patient = shown_invite(current_identity(), about, token, clock=clock)
    link = link_to_invite(token)
    form.token.data = token
    shown: dict[str, Any] = {"link": link, "qr": qr_code(link), "until": _at(patient.until)}
    return render_template(
        "clinic/invite.html",
        patient=patient,
        clinic=clinic_of(current_identity()),
        form=form,
        shown=shown,
        mailed_to=mailed_to,
        mail_is_set_up=mail_is_set_up(),
    )


def _ids(texts: list[str]) -> list[uuid.UUID]:
    """Return the ids among what was sent.

    Raises:
        NotThere: one of them is no id at all.
    """
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(uuid.UUID(text))
            continue
        raise NotThere
    return found


def _at(when: datetime) -> str:
    return moment(when.astimezone(ZoneInfo(clinic_of(current_identity()).time_zone)))
