"""Copies of diaries: what was written is read back, and nothing hostile gets any further than a clear sentence."""

import json
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.errors import Invalid
from diary.exchange.copies import (
    LARGEST_COPY,
    CopiedBaseline,
    CopiedConsent,
    CopiedCourse,
    CopiedEvent,
    CopiedInfusion,
    plain_content,
    read_copy,
)
from diary.exchange.copies.writing import FORMAT, PURPOSE, VERSION, digest_of_content
from diary.security.chain import canonical
from diary.security.signing import SigningKeys
from tests.services.moving import a_copied_entry, a_copy, as_file

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return SigningKeys(tmp_path_factory.mktemp("keys"))


def a_full_copy():
    course = CopiedCourse(
        medicines=("ketamine", "magnesium"),
        status="given",
        first_day=date(2026, 2, 1),
        last_day=date(2026, 2, 3),
        made_at=NOW - timedelta(days=40),
        infusions=(
            CopiedInfusion(
                date(2026, 2, 1),
                "ketamine",
                Decimal("22.50"),
                "mg/h",
                Decimal(4),
                None,
                "ö\nü",
                NOW - timedelta(days=40),
            ),
        ),
        baselines=(CopiedBaseline(Decimal("6.75"), "notes", date(2026, 2, 1), NOW - timedelta(days=40)),),
    )
    return a_copy(
        NOW,
        courses=(course,),
        events=(CopiedEvent("liver_test", date(2026, 3, 1), "", NOW - timedelta(days=10)),),
        consents=(CopiedConsent("diary", "1", "given", date(2026, 1, 1)),),
        protected=True,
    )


def signed(keys, content, **document):
    """Return a file around any content, signed as it should be."""
    made = keys.sign(PURPOSE, content)
    whole = {
        "format": FORMAT,
        "version": VERSION,
        "content": content,
        "digest": digest_of_content(content),
        "public_key": keys.public_key(made.key_id).hex(),
        "signature": made.value.hex(),
    }
    return canonical(whole | document)


def changed(place, value):
    """Return the content of a full copy with another value in one place."""
    content = deepcopy(plain_content(a_full_copy()))
    *path, last = place
    inner = content
    for step in path:
        inner = inner[step]
    inner[last] = value
    return content


def test_a_copy_that_was_written_is_read_back_the_same(keys):
    copy = a_full_copy()
    assert read_copy(as_file(copy, keys), now=NOW).copy == copy


ENTRY = ("entries", 0)
HOSTILE = {
    "a score of 11": ((*ENTRY, "score"), 11),
    "a negative score": ((*ENTRY, "score"), -1),
    "a score that is a truth": ((*ENTRY, "score"), True),
    "a score in words": ((*ENTRY, "score"), "5"),
    "a day of 2200": ((*ENTRY, "day"), "2200-01-01"),
    "a day after the copy": ((*ENTRY, "day"), "2026-04-20"),
    "a day that does not exist": ((*ENTRY, "day"), "2026-02-30"),
    "a day before 1900": ((*ENTRY, "day"), "1066-10-14"),
    "a day with letters of another script": ((*ENTRY, "day"), "٢٠٢٦-03-01"),
    "a moment without a zone": ((*ENTRY, "written_at"), "2026-03-01T12:00:00.000000"),
    "a moment after the copy": ((*ENTRY, "received_at"), "2199-03-01T12:00:00.000000+00:00"),
    "a copy from the future": (("made_at",), "2026-03-25T12:00:00.000000+00:00"),
    "a revision that is missing": ((*ENTRY, "revision"), 2),
    "a revision of nothing": ((*ENTRY, "revision"), 0),
    "a source nobody knows": ((*ENTRY, "source"), "gossip"),
    "a client_ref that is none": ((*ENTRY, "client_ref"), "x' OR 1=1"),
    "a client_ref in capitals": ((*ENTRY, "client_ref"), "AAAAAAAA-AAAA-4AAA-8AAA-AAAAAAAAAAAA"),
    "days late out of all time": ((*ENTRY, "days_late"), 10**9),
    "a reason of a megabyte": ((*ENTRY, "reason"), "x" * 1_000_000),
    "a reason with NUL": ((*ENTRY, "reason"), "a\x00b"),
    "a reason with half a sign": ((*ENTRY, "reason"), "a\ud800b"),
    "an id from elsewhere": ((*ENTRY, "id"), "6e3f2b9e-3c39-4fd6-a7b0-0a5bb8f3b001"),
    "a name from right to left": (("name",), "Ana\u202egnp"),
    "no name": (("name",), ""),
    "a name of many lines": (("name",), "Ana\r\nX: y"),
    "a zone nobody lives in": (("zones", 0, "time_zone"), "../../etc/passwd"),
    "no zone": (("zones",), []),
    "zones out of order": (("zones", 1, "valid_from"), "1900-01-01"),
    "a year of birth in words": (("birth_year",), "1979"),
    "a medicine nobody knows": (("courses", 0, "medicines"), ["arsenic"]),
    "no medicine": (("courses", 0, "medicines"), []),
    "a medicine that is a list": (("courses", 0, "medicines"), [["ketamine"]]),
    "a course that ends before it begins": (("courses", 0, "last_day"), "2026-01-31"),
    "a course of years": (("courses", 0, "last_day"), "2029-01-31"),
    "a course given in the future": (("courses", 0, "first_day"), "2026-05-01"),
    "a status nobody knows": (("courses", 0, "status"), "dreamt"),
    "a dose below nothing": (("courses", 0, "infusions", 0, "dose"), "-1"),
    "a dose that is a number": (("courses", 0, "infusions", 0, "dose"), 5),
    "a dose with three decimals": (("courses", 0, "infusions", 0, "dose"), "1.125"),
    "a baseline of 11": (("courses", 0, "baselines", 0, "value"), "11"),
    "an event after the copy": (("events", 0, "day"), "2026-04-20"),
    "a baseline set after the copy": (("courses", 0, "baselines", 0, "set_on"), "2026-04-20"),
    "an event nobody knows": (("events", 0, "kind"), "wedding"),
    "entries that are no list": (("entries",), {"0": 1}),
    "courses that are nothing": (("courses",), None),
    "a home that is nothing": (("home",), None),
    "something more": (("verdict",), "REPEAT_DUE"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_no_diary_holds_is_refused_with_its_place_though_the_signature_fits(keys, what):
    with pytest.raises(Invalid, match=r"cannot be taken in|no copy of a diary"):
        read_copy(signed(keys, changed(*HOSTILE[what])), now=NOW)


def test_two_entries_with_one_client_ref_are_refused(keys):
    one = a_copied_entry(0)
    copy = a_copy(NOW, entries=(one, replace(a_copied_entry(1), client_ref=one.client_ref)))
    with pytest.raises(Invalid, match="carry the same number"):
        read_copy(as_file(copy, keys), now=NOW)


def test_courses_that_share_a_day_are_refused(keys):
    one = a_copy(NOW).courses[0]
    with pytest.raises(Invalid, match="share the day"):
        read_copy(as_file(a_copy(NOW, courses=(one, one)), keys), now=NOW)


def test_a_million_entries_are_refused_before_they_are_looked_at(keys):
    some = plain_content(a_copy(NOW)) | {"entries": [0] * 1_000_000}
    with pytest.raises(Invalid, match="more than 20000"):
        read_copy(signed(keys, some), now=NOW)
    with pytest.raises(Invalid, match="larger than 8 MB"):
        read_copy(b" " * (LARGEST_COPY + 1), now=NOW)


@pytest.mark.parametrize("what", ["infusions", "baselines"])
def test_a_few_courses_hold_no_more_than_a_treatment_of_decades(keys, what):
    """What one file brings in is written in one unit: on SQLite every clinic of the house waits for it."""
    plain = plain_content(a_full_copy())
    (course,) = plain["courses"]
    day = {"status": "planned", "infusions": [], "baselines": []}

    def courses(number):
        some = [course | day | {what: course[what] * 400} for _ in range(5)]
        return signed(keys, plain | {"courses": [*some, course | day | {what: course[what] * number}]})

    read = read_copy(courses(0), now=NOW).copy
    assert sum(len(getattr(one, what)) for one in read.courses) == 2000
    with pytest.raises(Invalid, match=f"more than 2000 {what}"):
        read_copy(courses(1), now=NOW)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"version": 2}, "reads version 1 only"),
        ({"version": True}, "reads version 1 only"),
        ({"format": "ebb-decision"}, "no copy of a diary"),
        ({"digest": "0" * 64}, "changed since it was signed"),
        ({"signature": "0" * 128}, "changed since it was signed"),
        ({"signature": "zz"}, "signature is not as it should be"),
        ({"public_key": "0" * 64}, "changed since it was signed"),
        ({"more": 1}, "cannot be taken in"),
    ],
)
def test_a_wrapping_that_is_wrong_is_refused(keys, document, said):
    with pytest.raises(Invalid, match=said):
        read_copy(signed(keys, plain_content(a_full_copy()), **document), now=NOW)


def test_a_content_that_was_changed_after_signing_is_refused(keys):
    document = json.loads(as_file(a_full_copy(), keys))
    document["content"]["entries"][0]["score"] = 6
    with pytest.raises(Invalid, match="changed since it was signed"):
        read_copy(canonical(document), now=NOW)
    document["digest"] = digest_of_content(document["content"])
    with pytest.raises(Invalid, match="changed since it was signed"):
        read_copy(canonical(document), now=NOW)


@pytest.mark.parametrize(
    "sent",
    [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 200_000, b'{"a":' * 50_000, b'{"a": NaN}', b'{"a": 1e999}',
     b'{"a": ' + b"9" * 100_000 + b"}", b'{"format": 1, "format": 2}', b"PK\x03\x04", "ö".encode()],
)  # fmt: skip
def test_what_is_no_copy_is_refused(sent):
    with pytest.raises(Invalid):
        read_copy(sent, now=NOW)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(sent):
    with pytest.raises(Invalid):
        read_copy(sent, now=NOW)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["given", "2026-03-01", "5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value, so_far=()):
    """Yield every place of a JSON value."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*so_far, key)
        if isinstance(inner, dict | list):
            yield from places(inner, (*so_far, key))


@settings(max_examples=300)
@given(place=st.sampled_from(list(places(plain_content(a_full_copy())))), value=VALUES)
def test_whatever_stands_in_one_place_it_is_taken_as_it_is_or_refused(keys, place, value):
    content = changed(place, value)
    try:
        read = read_copy(signed(keys, content), now=NOW)
    except Invalid:
        return
    assert plain_content(read.copy) == content


@given(
    scores=st.lists(st.none() | st.integers(0, 10), max_size=12),
    reason=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40),
    dose=st.none() | st.decimals("0.01", "99999", places=2),
)
def test_any_diary_is_read_back_as_it_was_written(keys, scores, reason, dose):
    full = a_full_copy()
    course = full.courses[0]
    infusion = replace(course.infusions[0], dose=dose, remark=reason)
    entries = tuple(a_copied_entry(-number, score, reason=reason) for number, score in enumerate(scores))
    copy = replace(full, entries=entries, courses=(replace(course, infusions=(infusion,)),))
    assert read_copy(as_file(copy, keys), now=NOW).copy == copy
