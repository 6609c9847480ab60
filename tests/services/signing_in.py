"""People with an account, signed in without a page."""

from diary.access.identity import OPERATOR
from diary.installation import installation
from diary.services import invites, members, sign_in
from diary.services.devices import Visit
from diary.vocabulary import Proof, Role
from tests.clinic_builders import AGREED, a_patient, subject

PASSWORD = "four words in a row"
PHONE = Visit("203.0.113.7", None, "Firefox, Android")


def a_patients_account(clinic, clock, name="ana@home.example", reference="M-1"):
    """Return a patient and the account that they sign in with."""
    who = a_patient(clinic, clock, reference)
    return who, accept(invites.invite_patient(clinic.nurse, subject(who), clock=clock), name, clock)


def a_doctors_account(clock, name="doctor@clinic.example"):
    """Return the account of a clinician of Pain clinic West."""
    token = members.invite_member(OPERATOR, name, clinic="Pain clinic West", roles=[Role.CLINICIAN], clock=clock)
    return accept(token, name, clock)


def accept(token, name, clock, *, password=PASSWORD, agreed=AGREED):
    """Accept an invite as its person would, and return their account."""
    passwords = installation().passwords
    return invites.accept_invite(
        token, sign_in_name=name, password=password, passwords=passwords, clock=clock, agreed=agreed
    )


def enter(account_id, clock, *, proof=Proof.PASSWORD, visit=PHONE, shared=False):
    """Return the token of a new session."""
    return sign_in.start_session(account_id, clock=clock, visit=visit, proof=proof, shared=shared)


def who_is(token, clock):
    """Return who is signed in with a token, or None."""
    return sign_in.identity_behind(token, clock=clock)
