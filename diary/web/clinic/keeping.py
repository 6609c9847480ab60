"""Keeping what a form about courses says, and asking once more where it is unusual."""

from collections.abc import Callable, Iterable
from typing import Any

from diary.errors import Invalid
from diary.services.asking_again import AskAgain
from diary.web.clinic.course_forms import AskedAgainForm
from diary.web.forms import take_refusal


def keep_or_ask(
    form: AskedAgainForm,
    keep: Callable[[], object],
    in_words: Callable[[Iterable[Any]], list[str]],
    *,
    refuse: Callable[[Invalid], None] | None = None,
) -> list[str] | None:
    """Keep what a form that holds good says, and return None once it is kept.

    Otherwise return what is to be asked once more before it is kept: nothing, where the form has to be put right.
    `in_words` says what was found; `refuse` puts a refusal beside its fields, those of `form` where it is left out.
    """
    try:
        keep()
    except Invalid as refusal:
        if refuse is None:
            take_refusal(form, refusal)
        else:
            refuse(refusal)
        return []
    except AskAgain as again:
        form.ask(again)
        return in_words(again.found)
    return None
