"""The verdict of a patient's page as plain values, with what its words need beside it."""

from typing import Any

from diary.exchange.verdict_lines import plain_numbers, plain_verdict
from diary.services.patient_pages import PatientPage
from diary.services.projection import over_since


def verdict_of_page(page: PatientPage) -> dict[str, Any]:
    """Return the verdict with the numbers of the rules and the day since when it is over the line."""
    since = over_since(page.diary, page.today, page.rules)
    return plain_verdict(page.verdict) | {"numbers": plain_numbers(page.rules), "over_since": since}
