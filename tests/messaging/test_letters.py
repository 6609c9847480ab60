"""The words of mails: what must be known, a subject for any locked screen, and nothing of anyone's health."""

import re
from datetime import UTC, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from diary.clinical.medicines import MEDICINE_CODES
from diary.messaging import letters
from diary.messaging.message import Recipient
from diary.vocabulary import MessageKind

MOMENT = datetime(2026, 3, 20, 13, 5, tzinfo=ZoneInfo("Europe/Amsterdam"))
LINK = "https://diary.example/invite/secret-token"
CLINIC = "Pain clinic West"
ANA = Recipient("ana@home.example")

LETTERS = {
    "an invite for a patient": lambda whom: letters.patient_invite(whom, clinic=CLINIC, link=LINK, expires_at=MOMENT),
    "an invite for staff": lambda whom: letters.staff_invite(whom, clinic=CLINIC, link=LINK, expires_at=MOMENT),
    "a new password": lambda whom: letters.password_reset(whom, link=LINK, expires_at=MOMENT),
    "a changed password": lambda whom: letters.password_changed(whom, at=MOMENT),
    "a second factor": lambda whom: letters.second_factor_added(whom, at=MOMENT),
    "a passkey": lambda whom: letters.passkey_added(whom, at=MOMENT),
    "a new device": lambda whom: letters.new_device(whom, at=MOMENT, device="Firefox on Linux"),
    "a trial": lambda whom: letters.trial(whom.to),
}
WITH_LINK = list(LETTERS)[:3]
NOTICES = list(LETTERS)[3:7]
OF_HEALTH = re.compile(r"\b(?:pain|scores?|diary|infus\w*|relief|clinic|course|treat\w*|doctor)\b", re.IGNORECASE)


@pytest.fixture(params=LETTERS)
def letter(app, request):
    return LETTERS[request.param](ANA)


def test_a_subject_says_nothing_of_health_and_names_no_clinic(letter):
    assert not OF_HEALTH.search(letter.subject)
    assert 5 < len(letter.subject) < 60
    assert "%(" not in letter.subject + letter.text


def test_a_mail_names_no_medicine_score_or_diary(letter):
    words = letter.text.replace(CLINIC, "").replace(LINK, "")
    assert not re.search(r"\b(?:pain|scores?|diary|infus\w*|relief|course)\b", words, re.IGNORECASE)
    assert not any(code in letter.text.casefold() for code in MEDICINE_CODES if code != "other")


def test_a_mail_goes_where_it_was_asked_to(letter):
    assert letter.to == ANA.to


@pytest.mark.parametrize("name", WITH_LINK)
def test_a_link_stands_on_a_line_of_its_own_with_its_end(app, name):
    letter = LETTERS[name](ANA)
    assert LINK in letter.text.splitlines()
    assert "20 Mar 2026, 13:05 (GMT+01:00)" in letter.text
    assert letter.expires_at == MOMENT


def test_a_patients_invite_says_the_clinic_and_the_link_and_not_what_it_is_for(app):
    text = LETTERS["an invite for a patient"](ANA).text
    assert CLINIC in text
    assert "Ebb" not in text


@pytest.mark.parametrize("name", NOTICES)
def test_a_notice_says_when_and_what_to_do(app, name):
    letter = LETTERS[name](ANA)
    assert letter.kind == MessageKind.NOTICE
    assert "20 Mar 2026, 13:05" in letter.text
    assert "call your clinic now" in letter.text
    assert "http" not in letter.text


def test_a_new_device_is_named(app):
    assert "Firefox on Linux" in LETTERS["a new device"](ANA).text


def test_a_letter_carries_whose_it_is(app):
    ids = (uuid4(), uuid4(), uuid4())
    whom = Recipient("ana@home.example", "en", *ids)
    for name in (*WITH_LINK, *NOTICES):
        made = LETTERS[name](whom)
        assert (made.clinic_id, made.account_id, made.patient_id) == ids


def test_each_letter_is_a_message_of_its_own(app):
    assert LETTERS["a trial"](ANA).id != LETTERS["a trial"](ANA).id


def test_a_letter_is_written_in_the_language_of_its_reader(app, tmp_path):
    catalogue = Catalog(locale="nl")
    catalogue.add("Your invitation", "Uw uitnodiging")
    file = tmp_path / "nl" / "LC_MESSAGES" / "messages.mo"
    file.parent.mkdir(parents=True)
    with file.open("wb") as out:
        write_mo(out, catalogue)
    app.extensions["babel"].translation_directories = [str(tmp_path)]
    dutch = Recipient("ana@home.example", "nl")
    invite = LETTERS["an invite for a patient"](dutch)
    assert invite.subject == "Uw uitnodiging"
    assert "20 mrt 2026, 13:05" in invite.text
    assert LETTERS["an invite for a patient"](ANA).subject == "Your invitation"


def test_a_moment_in_utc_says_so(app):
    letter = letters.password_changed(ANA, at=datetime(2026, 3, 20, 12, 5, tzinfo=UTC))
    assert "12:05 (GMT)" in letter.text or "12:05 (GMT+00:00)" in letter.text
