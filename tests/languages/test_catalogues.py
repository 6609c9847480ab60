"""The catalogues: complete, true to their English in what is filled in, and compiled as they stand."""

import re
from collections import Counter
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message

from diary.languages import ENGLISH, LANGUAGES
from script.lib.words import (
    TRANSLATED,
    as_mo,
    as_po,
    brought_up_to_date,
    catalogue_file,
    is_translated,
    messages_of,
    read_catalogue,
    words_in_code,
)

FILLED_IN = re.compile(r"%\(\w+\)[sd]|%%|\{\w+\}")
OF_THE_CLINIC = {
    "es": r"\b(l[ií]nea base|umbral|pronóstico|vencid[oa]s?|recaída|pendientes?)\b",
    "nl": r"\b(nulmeting|drempel|prognose|verwachting|achterstallig|terugval|vervallen)\b",
    "de": r"\b(Baseline|Schwelle|Prognose|fällig\w*|überfällig\w*|Rückfall|Verschlechterung)\b",
}
"""What only the clinic reads: a state, a line, a forecast, the word due."""
THE_SAME: dict[str, set[str]] = {
    "es": {"%(weight)s kg", "Error:", "PIN"},
    "nl": {
        "%(weight)s kg",
        "Week %(number)s",
        "Code",
        "Later: %(month)s",
        "Passkey",
        "clonidine",
        "dexmedetomidine",
        "ketamine",
        "later",
        "magnesium",
        "passkey",
    },
    "de": {"%(weight)s kg", "Code", "Name", "PIN", "Passkey"},
}
"""Words that are written as in English; a sentence never stands here."""


@pytest.fixture(scope="module")
def found() -> Catalog:
    """Every word that a patient can meet, as the code has them now."""
    return words_in_code()


@pytest.fixture(scope="module", params=TRANSLATED)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    """The catalogue of each language but English."""
    return read_catalogue(request.param)


def forms(words: Any) -> tuple[str, ...]:
    """Return every form of a word: one, or as many as the language counts."""
    return tuple(words) if isinstance(words, tuple | list) else (words,)


def shown(message: Message) -> str:
    """Return a word as a failing test names it."""
    return forms(message.id)[0]


def test_there_is_a_catalogue_for_every_language_but_that_of_the_code():
    assert {ENGLISH, *TRANSLATED} == set(LANGUAGES)


def test_every_word_that_a_patient_can_meet_is_translated(found, catalogue):
    kept = brought_up_to_date(catalogue, found)
    missing = [shown(message) for message in messages_of(kept) if not is_translated(message)]
    assert not missing, f"{catalogue.locale}: run script/words and translate\n" + "\n".join(missing)


def test_nothing_is_translated_that_nobody_says_any_more(found, catalogue):
    said = {(message.context, forms(message.id)) for message in messages_of(found)}
    old = [shown(one) for one in messages_of(catalogue) if (one.context, forms(one.id)) not in said]
    assert not old, f"{catalogue.locale}: run script/words\n" + "\n".join(old)


def test_what_is_filled_in_is_the_same_in_every_form(catalogue):
    wrong = []
    for message in messages_of(catalogue):
        wanted = [Counter(FILLED_IN.findall(one)) for one in forms(message.id)]
        given = [Counter(FILLED_IN.findall(one)) for one in forms(message.string)]
        if any(one not in wanted for one in given) or given[-1] != wanted[-1]:
            wrong.append(f"{shown(message)} → {message.string}")
    assert not wrong, "\n".join(wrong)


def test_a_single_percent_sign_never_stands_among_values(catalogue):
    for message in messages_of(catalogue):
        for one in forms(message.string):
            assert "%" not in FILLED_IN.sub("", one), one


def test_every_counted_word_has_all_the_forms_of_its_language(catalogue):
    for message in messages_of(catalogue):
        if message.pluralizable:
            assert len(forms(message.string)) == catalogue.num_plurals, shown(message)
    assert any(message.pluralizable for message in messages_of(catalogue))


def test_one_is_not_counted_like_many(catalogue):
    """A count whose two forms read alike was most likely copied."""
    alike = {shown(m) for m in messages_of(catalogue) if m.pluralizable and len(set(forms(m.string))) == 1}
    assert not alike


def test_no_translation_is_the_english_again(catalogue):
    same = set()
    for message in messages_of(catalogue):
        words = re.sub(r"[\W\d_]", "", FILLED_IN.sub("", shown(message)))
        if words and forms(message.string)[0] == shown(message):
            same.add(shown(message))
    allowed = THE_SAME[str(catalogue.locale)]
    assert same == allowed, same ^ allowed
    assert all(len(FILLED_IN.sub("", one).split()) == 1 for one in allowed)


def test_every_sentence_ends_as_its_english_does(catalogue):
    ends = re.compile(r"[.:?…]$")
    wrong = []
    for message in messages_of(catalogue):
        for one in forms(message.string):
            wanted, given = ends.findall(shown(message)), ends.findall(one)
            if wanted != given:
                wrong.append(f"{shown(message)} → {one}")
    assert not wrong, "\n".join(wrong)


def test_spaces_at_the_ends_are_as_in_english(catalogue):
    for message in messages_of(catalogue):
        for english, one in zip(forms(message.id), forms(message.string), strict=False):
            assert (english[:1].isspace(), english[-1:].isspace()) == (one[:1].isspace(), one[-1:].isspace()), one
            assert "  " not in one, one


def test_patients_are_spoken_to_politely(catalogue):
    familiar = {
        "es": r"\b(tú|tus?|te|ti|contigo)\b",
        "nl": r"\b(jij|je|jou|jouw|jullie)\b",
        "de": r"\b(du|dich|dir|dein\w*|euch|euer)\b",
    }[str(catalogue.locale)]
    for message in messages_of(catalogue):
        for one in forms(message.string):
            assert not re.search(familiar, one, flags=re.IGNORECASE), one


def test_no_translation_says_what_only_the_clinic_reads(catalogue):
    for message in messages_of(catalogue):
        for one in forms(message.string):
            assert not re.search(OF_THE_CLINIC[str(catalogue.locale)], FILLED_IN.sub("", one), flags=re.IGNORECASE), one


def test_what_the_server_reads_is_what_the_translator_wrote(catalogue):
    file = catalogue_file(str(catalogue.locale))
    assert file.with_suffix(".mo").read_bytes() == as_mo(catalogue), "Run script/words."


def test_a_catalogue_is_written_as_the_command_writes_it(found, catalogue):
    """So that the next translator sees in the history what was translated, and nothing else."""
    file = catalogue_file(str(catalogue.locale))
    assert file.read_bytes() == as_po(brought_up_to_date(catalogue, found)), "Run script/words."


def test_words_that_only_staff_read_are_left_out(found):
    places = {place for message in messages_of(found) for place, _line in message.locations}
    of_letters = re.compile(r"/clinic/(letters/|(letter_charts|(letter|state|relief|infusion)_words))")
    staff_only = [place for place in places if "/clinic/" in place or place.startswith("diary/cli")]
    assert not [place for place in staff_only if not of_letters.search(place)]
    assert {place.split("/")[1] for place in places if place.startswith("templates/")} >= {
        "account", "components", "errors", "layouts", "patient", "public",
    }  # fmt: skip
