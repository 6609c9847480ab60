"""The worklist as a page, and a patient's figure and table."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from diary.access.identity import Identity
from diary.db import transaction
from diary.services import fresh_lines
from diary.services.summary_marks import mark_summary
from diary.services.wearing_off import say_wearing_off
from diary.services.worklist import WorklistFilter, read_worklist
from diary.vocabulary import Role
from tests.clinic_builders import subject
from tests.conftest import TestClock
from tests.web.pages import Page, words_of
from tests.web.people import House, treated

HOSTILE = ("%", "_", "'", '"', "\\", "<script>alert(1)</script>", "' OR 1=1 --", "x" * 5000, "🙂", "\u202e", "{{7*7}}")


def references(page: Page) -> list[str]:
    return [words_of(one) for one in page.all("span", class_="ebb-worklist__ref")]


@pytest.fixture
def many(house: House) -> House:
    """A clinic with 60 patients."""
    for number in range(60):
        house.add_patient(f"M-{number:03}", f"Person {number:03}")
    return house


def test_sixty_patients_stand_on_two_pages_each_once(many: House) -> None:
    visitor = many.staff()
    first = visitor.get("/clinic/")
    assert len(references(first)) == 50
    assert "First page" not in first.links
    second = visitor.get(first.links["Next page"])
    assert len(references(second)) == 10
    assert "Next page" not in second.links
    assert second.links["First page"] == "/clinic/"
    assert references(first) + references(second) == [f"M-{number:03}" for number in range(60)]
    assert "0 need you · 0 decided, waiting · 60 need nothing" in second.main


def test_a_filter_is_kept_from_page_to_page_and_damaged_places_lead_to_the_first(many: House) -> None:
    visitor = many.staff()
    page = visitor.get("/clinic/?search=person&state=NO_COURSE")
    assert "search=person" in page.links["Next page"]
    assert "state=NO_COURSE" in page.links["Next page"]
    assert len(references(visitor.get(page.links["Next page"]))) == 10
    second = visitor.page
    assert second is not None
    assert second.links["First page"] == "/clinic/?search=person&state=NO_COURSE"
    assert len(references(visitor.get(second.links["First page"]))) == 50
    for after in ("x", "%%%", "W10=", "WzEsMl0=", "e30=", "\u0663", "bnVsbA==", "é"):
        assert visitor.open("/clinic/", query_string={"after": after}).status_code == 200, after


def test_my_patients_when_there_are_none_says_how_one_becomes_mine(many: House) -> None:
    visitor, how = many.staff(), "open the patient and choose Change the particulars"
    assert how in visitor.get("/clinic/?mine=1").main
    for address in ("/clinic/?mine=1&search=zz", "/clinic/?mine=1&state=HOLDING", "/clinic/?search=zz"):
        page = visitor.get(address)
        assert "Nobody on the worklist fits what you asked for." in page.main
        assert how not in page.main


def test_the_rows_stand_in_the_order_of_the_service(house: House, clock: TestClock) -> None:
    now = clock.now
    for reference, after in (("M-3", (2,) * 30), ("M-2", (2,) * 21 + (7,) * 20), ("M-1", (7,) * 40), ("M-0", (2,) * 3)):
        treated(house, clock, reference=reference, after=after)
        assert clock.now.date() == now.date()
    house.add_patient("M-4")
    served = read_worklist(house.clinician, house.clinic_id, WorklistFilter(), clock=clock)
    page = house.staff().get("/clinic/")
    assert references(page) == [row.reference for row in served.rows] == ["M-2", "M-1", "M-0", "M-3", "M-4"]
    headings = [words_of(one) for one in page.all("tr", class_="ebb-worklist__bandhead")]
    assert headings == ["Needs you", "Nothing to do"]


def test_a_loss_with_a_good_week_in_it_is_told_the_same_on_the_list_and_on_the_patients_page(
    house: House, clock: TestClock
) -> None:
    lost = (2,) * 21 + (7,) * 20
    patient = treated(house, clock, after=lost + (2,) * 5 + (7,) * 14)
    visitor = house.staff()
    told = "lost on 14 Feb, over it again since 11 Mar"
    for address in ("/clinic/", f"/clinic/patients/{patient.patient_id}"):
        assert told in visitor.get(address).main, address


def test_a_good_week_now_is_said_once_on_a_line(house: House, clock: TestClock) -> None:
    treated(house, clock, after=(2,) * 21 + (7,) * 20 + (2,) * 6)
    assert house.staff().get("/clinic/").main.count("a good week now") == 1


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[uuid.UUID]:
    """Patients whose diaries cannot be judged."""
    ids: set[uuid.UUID] = set()
    real = fresh_lines.line_made

    def line_made(diary: Any, rules: Any, now: Any) -> Any:
        if diary.patient.id in ids:
            raise ArithmeticError("nobody foresaw this diary")
        return real(diary, rules, now)

    monkeypatch.setattr(fresh_lines, "line_made", line_made)
    return ids


def written_in(patient: Identity, clock: TestClock) -> None:
    assert patient.clinic_id
    assert patient.patient_id
    with transaction() as session:
        mark_summary(session, patient.clinic_id, patient.patient_id, now=clock())


def details(page: Page) -> list[str]:
    return [words_of(one) for one in page.all("span", class_="ebb-worklist__more")]


def test_a_line_that_cannot_be_made_again_says_of_when_it_is_until_it_is_right(
    house: House, clock: TestClock, broken: set[uuid.UUID]
) -> None:
    patient, visitor = treated(house, clock), house.staff()
    fresh = details(visitor.get("/clinic/"))
    written_in(patient, clock)
    assert patient.patient_id
    broken.add(patient.patient_id)
    told = "as of 20 Mar: cannot be worked out since; the operator is told"
    assert [one for one in details(visitor.get("/clinic/")) if one.startswith(told)]
    broken.clear()
    written_in(patient, clock)
    assert details(visitor.get("/clinic/")) == fresh


def test_the_end_of_a_round_tells_whom_it_could_not_lead_to(
    house: House, clock: TestClock, broken: set[uuid.UUID]
) -> None:
    patient = house.add_patient()
    say_wearing_off(patient, subject(patient), clock=clock)
    visitor = house.staff()
    assert "Begin a round" in visitor.get("/clinic/").links
    written_in(patient, clock)
    assert patient.patient_id
    broken.add(patient.patient_id)
    page = visitor.get("/clinic/rounds")
    assert "1 was passed over and still needs someone. 1 of them cannot be worked out at the moment" in page.main
    assert "Go round again" not in page.links


def test_filters_by_state_medicine_and_name_show_who_fits(house: House, clock: TestClock) -> None:
    treated(house, clock, reference="M-1", name="Ramirez, Ana")
    treated(house, clock, reference="X-2", after=(7,) * 40, name="de Wit, Joris")
    visitor = house.staff()
    for query, shown in (
        ("state=HOLDING", ["M-1"]),
        ("state=NON_RESPONDER", ["X-2"]),
        ("medicine=ketamine", ["X-2", "M-1"]),
        ("medicine=lidocaine", []),
        ("search=ram", ["M-1"]),
        ("search=ANA", ["M-1"]),
        ("search=wit", ["X-2"]),
        ("search=X-", ["X-2"]),
        ("search=x-2", ["X-2"]),
        ("search=amirez", []),
        ("mine=1", []),
        ("state=EVERYTHING", ["X-2", "M-1"]),
        ("medicine=aspirin", ["X-2", "M-1"]),
    ):
        page = visitor.get(f"/clinic/?{query}")
        assert references(page) == shown, query
        if not shown:
            assert "Nobody on the worklist fits what you asked for." in page.main
            assert page.links["Show everyone"] == "/clinic/"


def test_hostile_searches_find_nobody_and_are_shown_as_they_were_typed(house: House) -> None:
    house.add_patient()
    visitor = house.staff()
    for search in HOSTILE:
        response = visitor.open("/clinic/", query_string={"search": search})
        assert response.status_code == 200, search
        page = visitor.page
        assert page is not None
        assert references(page) == [], search
        shown = page.one("input", name="search").get("value") or ""
        assert shown == search[:80]
        assert "alert" not in "".join(one.text or "" for one in page.all("script"))


def test_a_search_with_control_characters_still_gives_a_page(house: House) -> None:
    for search in ("\x00", "a\x07b", "\ufffe", "a\x1bb"):
        assert house.staff().open("/clinic/", query_string={"search": search}).status_code == 200


def numbers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for one in value.values():
            yield from numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from numbers(one)
    else:
        yield value


def test_the_figure_has_numbers_only_and_offers_no_upload(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2,) * 21 + (7,) * 20)
    visitor = house.staff()
    for view in ("", "?view=calendar", "?view=days", "?view=%00", "?view=other"):
        response = visitor.open(f"/clinic/patients/{patient.patient_id}/figure.json{view}")
        assert response.mimetype == "application/json"
        text = response.get_data(as_text=True)
        figure = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} in the figure"))
        assert {"data", "layout"} <= figure.keys()
        assert len(figure["data"]) >= 3
        config = json.dumps(figure.get("config", {}))
        for unwanted in ("plotlyServerURL", "sendData", "showSendToCloud", "showEditInChartStudio"):
            assert f'"{unwanted}": true' not in config
        assert "chart-studio" not in text
        assert "https://" not in text.replace("http://www.w3.org", "")
        assert list(numbers(figure))


def test_the_table_has_the_numbers_of_the_figure(house: House, clock: TestClock) -> None:
    patient = treated(house, clock, after=(2, 3) * 10 + (7,) * 20)
    visitor = house.staff()
    page = visitor.get(f"/clinic/patients/{patient.patient_id}")
    rows = [[words_of(cell) for cell in row if cell.tag in ("th", "td")] for row in page.one("table").iter("tr")][1:]
    figure = visitor.open(f"/clinic/patients/{patient.patient_id}/figure.json").json
    assert figure is not None
    drawn = {trace.get("name"): trace for trace in figure["data"]}
    rows_by_t = {int(row[1]): row for row in rows}
    scores, means = plotted(drawn["score of a day"]), plotted(drawn["mean of 7 days"])
    assert min(rows_by_t) <= -5 <= max(rows_by_t) == 40
    for t, row in rows_by_t.items():
        assert row[2] == ("–" if scores.get(t) is None else str(scores[t]))
        mean = means.get(t)
        assert (row[4] == "–") == (mean is None), t
        assert mean is None or abs(float(row[4]) - mean) <= 0.0501


def plotted(trace: dict[str, Any]) -> dict[int, float | None]:
    """Return the values of a trace by day."""
    return {int(trace["x0"]) + number * int(trace["dx"]): value for number, value in enumerate(trace["y"])}


def test_the_rules_page_gives_every_number_with_its_status(house: House) -> None:
    page = house.staff().get("/clinic/rules")
    assert page.h1 == "How a state is found"
    assert "Rule set 1." in page.main
    assert "70 % of it" in page.main
    assert "%%" not in page.main
    assert "%%" not in page.html
    medicines = page.all("table")[1]
    assert len(list(medicines.iter("tr"))) == 10
    for row in page.all("table")[0].iter("tr"):
        assert len(list(row)) == 3
        assert all(words_of(cell) for cell in row)


def test_settings_are_changed_by_admins_only_and_kept_with_their_errors(house: House) -> None:
    admin = house.staff(Role.ADMIN)
    form = admin.get("/clinic/settings").form()
    for field, value in (
        ("name", ""),
        ("name", "  "),
        ("phone", ""),
        ("phone", "  "),
        ("emergency_number", ""),
        ("phone", "1" * 41),
    ):
        page = admin.send(form, {field: value}, status=422)
        assert page.errors_of(field), (field, value)
    admin.send(form, {"phone": "020 7946 0000"})
    reader = house.staff(Role.NURSE).get("/clinic/settings")
    assert "020 7946 0000" in reader.main
    assert not [one for one in reader.forms if one.action == "/clinic/settings"]
    assert "An admin of the clinic can change these." in reader.main
    assert uuid.UUID(str(house.clinic_id))
