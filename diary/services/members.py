"""Staff: invited from the command line, and patients invited by their reference."""

from collections.abc import Iterable

from sqlalchemy import select

from diary.access.identity import Identity
from diary.access.policy import Subject
from diary.clock import Clock
from diary.db import snapshot, transaction
from diary.errors import Invalid
from diary.models import Account
from diary.services.clinics import clinics_named, put_clinic, put_member, the_clinic
from diary.services.invites import invite_patient, put_invite
from diary.services.patients import patient_with_reference
from diary.vocabulary import InvitePurpose, Role


def invite_member(
    who: Identity, email: str, *, clinic: str, roles: Iterable[Role], clock: Clock, name: str = ""
) -> str:
    """Invite someone to a clinic, which is added when there is none of that name, and return the token.

    Without a `name` the member is called by the first part of the address.

    Raises:
        Invalid: no e-mail address, or one that signs in already.
    """
    address = email.strip().casefold()
    if "@" not in address[1:-1]:
        raise Invalid(f"{email!r} is not an e-mail address.")
    with transaction() as session:
        if session.scalar(select(Account.id).where(Account.sign_in_name == address)) is not None:
            raise Invalid(f"{email} has an account already.")
        known = clinics_named(session, clinic)
        clinic_id = known[0].clinic_id if known else put_clinic(session, who, clinic, clock=clock)
        member = put_member(session, who, clinic_id, name=name or address.partition("@")[0], roles=roles, clock=clock)
        return put_invite(session, who, Subject(clinic_id), InvitePurpose.MEMBER, clock=clock, member_id=member.id)


def invite_by_reference(who: Identity, reference: str, *, clinic: str | None, clock: Clock) -> str:
    """Invite the patient of that reference and return the token.

    Raises:
        Invalid: no such patient, or the clinic's numbers are missing.
    """
    with snapshot() as session:
        home = the_clinic(session, clinic)
        patient = patient_with_reference(session, home.clinic_id, reference)
    if patient is None:
        raise Invalid(f"{home.name} has no patient with the reference {reference!r}.")
    return invite_patient(who, Subject(home.clinic_id, patient.id), clock=clock)
