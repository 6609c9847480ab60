"""What was asked for while a proof is missing: it is carried along, and goes on after the proof as it was sent."""

from typing import Final

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from diary.web.account.ways import own_path
from diary.web.forms import Form, without_nul

OWN_PREFIXES: Final = ("confirm-", "unlock-")
"""Names of the proofs' own fields: they are never carried on to what comes next."""


class CarryingForm(Form):
    """A proof beside what is carried on; its prefix keeps it apart from the fields that are carried."""

    class Meta(Form.Meta):
        """The token stands once in the form, for all of it."""

        csrf = False

    then = HiddenField()
    method = HiddenField()


def come_back_here(form: CarryingForm) -> None:
    """Let a form lead to the address of this request afterwards, and send on what was posted to it."""
    form.then.data = request.full_path.rstrip("?")
    form.method.data = "get" if request.method in ("GET", "HEAD") else "post"


def come_to(form: CarryingForm, path: str | None) -> None:
    """Let a form lead to a page afterwards, or to the first one."""
    form.then.data, form.method.data = own_path(path) or url_for("public.start"), "get"


def carried() -> list[tuple[str, str]]:
    """Return name and value of what was posted and goes on afterwards, as a page can hold it."""
    sent = request.form.items(multi=True)
    return [
        (without_nul(name), without_nul(value))
        for name, value in sent
        if name != "csrf_token" and not name.startswith(OWN_PREFIXES)
    ]


def go_on(form: CarryingForm) -> ResponseReturnValue:
    """Lead on: a form is sent on as it was (307 keeps method and body)."""
    then = own_path(form.then.data) or url_for("public.start")
    return redirect(then, code=307 if form.method.data == "post" else 303)
