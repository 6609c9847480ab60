"""Links that the clinic hands over: to a patient who cannot sign in any more, to a member who lost their factor."""

import uuid

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from diary.installation import installation
from diary.services import account_links
from diary.services.account_links import GivenLink
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic, patient_in_address
from diary.web.guards import Audience, open_to
from diary.web.qr_codes import qr_code
from diary.web.sessions import current_identity
from diary.web.site import whole_address


@blueprint.post("/patients/<uuid:patient_id>/sign-in-link")
@open_to(Audience.STAFF)
def give_sign_in_link(patient_id: uuid.UUID) -> ResponseReturnValue:
    """Make a link for a patient who cannot sign in any more, and show it, once."""
    about = patient_in_address(patient_id)
    given = account_links.give_patient_link(current_identity(), about, clock=installation().clock)
    return _link_page(given, back=url_for("clinic.patient", patient_id=patient_id), for_patient=True)


@blueprint.post("/members/<uuid:member_id>/second-factor-link")
@open_to(Audience.STAFF)
def give_factor_link(member_id: uuid.UUID) -> ResponseReturnValue:
    """Make a link for a member who lost app and codes, and show it, once."""
    clock = installation().clock
    given = account_links.give_factor_link(current_identity(), own_clinic(), member_id, clock=clock)
    return _link_page(given, back=url_for("clinic.member", member_id=member_id), for_patient=False)


def _link_page(given: GivenLink, *, back: str, for_patient: bool) -> str:
    link = whole_address(url_for("account.link", token=given.token))
    return render_template(
        "clinic/sign_in_link.html", link=link, qr=qr_code(link), name=given.name, back=back, for_patient=for_patient
    )
