# ruff: noqa: INP001
"""Serves pages with made-up patients, to look at the layouts and components: `python specimen.py 8801`."""

import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, Response, render_template, request
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Regexp

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT))

from diary.charts.sparkline import sparkline  # noqa: E402

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
TODAY = date(2026, 11, 20)

app = Flask(__name__, static_folder=str(ROOT / "static"))
app.jinja_loader = FileSystemLoader([HERE / "pages", ROOT / "templates"])
app.jinja_env.undefined = StrictUndefined
app.jinja_env.add_extension("jinja2.ext.i18n")
app.jinja_env.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
app.jinja_env.globals["csrf_token"] = lambda: "specimen"


def choices(*pairs: tuple[str, str]) -> list[SelectChoice]:
    """Return the choices of a field."""
    return [SelectChoice(value, words) for value, words in pairs]


class SpecimenForm(Form):
    """A form with a token, as the forms library makes it."""

    class Meta:
        """No real token is needed to look at a page."""

    def csrf_token(self, **_: Any) -> Markup:
        """Return the hidden field."""
        return Markup('<input type="hidden" name="csrf_token" value="specimen">')


class ScoreForm(SpecimenForm):
    """The question of the day."""

    score = RadioField(
        "On average, how strong was your pain over the last 24 hours?",
        choices=choices(*((str(score), str(score)) for score in range(11))),
        validators=[InputRequired("Tap the number that fits your pain, then save.")],
    )


class SignInForm(SpecimenForm):
    """Address and password."""

    email = EmailField("E-mail address", [Regexp("@", message="Enter your e-mail address, like name@example.org.")])
    password = PasswordField("Password", [InputRequired("Enter your password.")])


class DecisionForm(SpecimenForm):
    """What the clinician decided."""

    kind = RadioField(
        "What was decided",
        choices=choices(
            ("repeat", "Repeat"), ("wait", "Wait"), ("change", "Change"), ("stop", "Stop"), ("other", "Other")
        ),
        validators=[InputRequired("Choose what was decided.")],
    )
    day = DateField("Planned for, or wait until")
    reason = TextAreaField("Reason")


class SettingsForm(SpecimenForm):
    """Most kinds of field on one page."""

    name = StringField("Name of the clinic")
    phone = StringField("Phone for patients", [InputRequired("Enter the phone number that patients can call.")])
    emergency = StringField("Emergency number")
    zone = SelectField("Time zone", choices=choices(("a", "Europe/Amsterdam"), ("b", "America/New_York")))
    interval = IntegerField("Minimum interval after ketamine", [NumberRange(21, 400, "Enter 21 to 400 days.")])
    paper = BooleanField("Entries from paper sheets count")
    medicines = SelectMultipleField(
        "Medicines in use",
        choices=choices(("k", "Ketamine"), ("l", "Lidocaine"), ("i", "Immunoglobulin"), ("m", "Magnesium")),
    )
    hand = RadioField("Worklist opens with", choices=choices(("a", "All patients"), ("b", "My patients")))
    words = TextAreaField("Words on the patient's first page")


class FilterForm(SpecimenForm):
    """What the worklist is narrowed to."""

    find = StringField("Find")
    state = SelectField("State", choices=choices(("", "all states"), ("due", "to review")))
    medicine = SelectField("Medicine", choices=choices(("", "all medicines"), ("k", "ketamine")))
    mine = BooleanField("my patients")


def rows(count: int) -> list[dict[str, Any]]:
    """Return `count` lines of a worklist, the made-up ones over and over."""
    made_up = json.loads((HERE / "rows.json").read_text("utf-8"))
    lines = [dict(made_up[number % len(made_up)]) for number in range(count)]
    for number, line in enumerate(lines):
        line["curve"] = Markup(curve(number)) if line["code"] != "NO_COURSE" else ""  # noqa: S704
    return lines


def curve(seed: int) -> str:
    """Return a small curve that falls after a course and comes back."""
    start = 20 + seed * 7 % 30
    level = [7 - min(1.0, max(0, day - start) / 6) * 4 + max(0, day - start - 25) / 14 for day in range(84)]
    wobble = [(day, min(9.5, mean + (seed + day * 7) % 5 / 8)) for day, mean in enumerate(level)]
    return sparkline([place for place in wobble if not start <= place[0] <= start + 8], [(start, start + 4)], line=5.1)


def day_list() -> list[dict[str, str]]:
    """Return the last days of a diary."""
    scores = ["4", "", "3", "5", "", "2"]
    days = [TODAY - timedelta(days=1 + back) for back in range(len(scores))]
    return [
        {"short": f"{day:%a} {day.day} {day:%b}", "long": f"{day:%A} {day.day} {day:%B}", "score": score}
        for day, score in zip(days, scores, strict=True)
    ]


def bound(form: type[SpecimenForm], *, sent: dict[str, str] | None = None) -> SpecimenForm:
    """Return `form`, judged when something was sent."""
    made = form(data=sent) if sent is not None else form()
    if sent is not None:
        made.validate()
    return made


@app.context_processor
def _frame() -> dict[str, Any]:
    return {
        "lang": "en",
        "clinic_phone": "0555 010 203",
        "emergency_number": "112",
        "signed_in_as": "Dr K. Meyer",
        "clinic_name": "Pain clinic West",
        "hand_left": "left" in request.args,
    }


@app.after_request
def _strict(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = CSP
    return answer


@app.get("/page/<name>")
def page(name: str) -> str:
    """Show one page of the specimen."""
    wrong = "wrong" in request.args
    forms = {
        "score": bound(ScoreForm, sent={} if wrong else None),
        "sign_in": bound(SignInForm, sent={"email": "ana"} if wrong else None),
        "decision": bound(DecisionForm, sent={} if wrong else None),
        "settings": bound(SettingsForm, sent={"name": "Pain clinic West", "interval": "7"} if wrong else None),
        "filters": bound(FilterForm),
    }
    own_chart = Markup((HERE / "own-chart.svg").read_text("utf-8"))  # noqa: S704
    return render_template(
        f"{name}.html",
        forms=forms,
        rows=rows(int(request.args.get("rows", "10"))),
        days=day_list(),
        own_chart=own_chart,
    )


@app.get("/figure.json")
def figure() -> Response:
    """Answer the figure of the patient page."""
    return Response((HERE / "figure.json").read_bytes(), mimetype="application/json")


for rule, endpoint in (
    ("/today", "patient.today"),
    ("/diary", "patient.diary"),
    ("/me", "patient.me"),
    ("/clinic/", "clinic.worklist"),
    ("/clinic/settings", "clinic.settings"),
    ("/sign-out", "account.sign_out"),
):
    app.add_url_rule(rule, endpoint, lambda: "", methods=["GET", "POST"])

if __name__ == "__main__":
    app.run(port=int(sys.argv[1]))
