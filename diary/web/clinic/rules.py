"""How a state is found: the rules with their numbers, and their change by an admin of the clinic."""

from collections.abc import Mapping

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from diary.access.policy import Permission, Subject, may, require
from diary.clinical.medicines import MEDICINE_CODES, SHORTEST_INTERVAL
from diary.clinical.rule_changes import SET_BY_THE_CLINIC
from diary.clinical.rules import NUMBERS
from diary.errors import Changed, Invalid, NotThere
from diary.installation import installation
from diary.services.rules import RulesPage, change_rules, read_rules
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.clinic.rule_forms import GROUPS, RulesForm, medicine_form, own_numbers_form, values_in
from diary.web.clinic.rule_words import (
    allowed_words,
    how_a_state_is_found,
    medicine_rows,
    number_rows,
    version_rows,
)
from diary.web.forms import take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import medicine_name
from diary.web.sessions import current_identity
from diary.web.words import said


@blueprint.get("/rules")
@open_to(Audience.STAFF)
def rules() -> ResponseReturnValue:
    """Say how a state is found, with every number, its status, its source, and what the clinic changed."""
    page = read_rules(current_identity(), own_clinic())
    medicines = medicine_rows(page)
    return render_template(
        "clinic/rules.html",
        version=page.rules.version,
        sentences=how_a_state_is_found(page.rules),
        numbers=number_rows(page),
        medicines=medicines,
        own_numbers=[(one.name, number) for one in medicines for number in one.numbers if number.set_by],
        versions=version_rows(page),
        may_change=may(current_identity(), Permission.RULES_WRITE, Subject(own_clinic())),
    )


@blueprint.get("/rules/edit", endpoint="edit_rules")
@open_to(Audience.STAFF)
def show_rules_form() -> ResponseReturnValue:
    """Ask for the numbers that are not about one medicine."""
    return _numbers_page(own_numbers_form(_rules_to_change().rules, sent=False))


@blueprint.post("/rules/edit")
@open_to(Audience.STAFF)
def save_rules() -> ResponseReturnValue:
    """Change them, with the reason, by a new version."""
    rules_now = _rules_to_change().rules
    form = own_numbers_form(rules_now, sent=True)
    status = _save(form, {name: name for name in NUMBERS})
    if status == 409:
        form = _as_they_stand_now(form, own_numbers_form(rules_now, sent=False))
    return _numbers_page(form, status) if status else _to_the_change_log()


@blueprint.get("/rules/medicines/<code>", endpoint="edit_medicine")
@open_to(Audience.STAFF)
def show_medicine_form(code: str) -> ResponseReturnValue:
    """Ask for the numbers of one medicine."""
    return _medicine_page(code, medicine_form(_rules_to_change(code).rules, code, sent=False))


@blueprint.post("/rules/medicines/<code>")
@open_to(Audience.STAFF)
def save_medicine(code: str) -> ResponseReturnValue:
    """Change them, with the reason, by a new version."""
    rules_now = _rules_to_change(code).rules
    form = medicine_form(rules_now, code, sent=True)
    status = _save(form, {short: f"{code}.{short}" for short in SET_BY_THE_CLINIC})
    if status == 409:
        form = _as_they_stand_now(form, medicine_form(rules_now, code, sent=False))
    return _medicine_page(code, form, status) if status else _to_the_change_log()


def _rules_to_change(code: str | None = None) -> RulesPage:
    require(current_identity(), Permission.RULES_WRITE, Subject(own_clinic()))
    if code is not None and code not in MEDICINE_CODES:
        raise NotThere
    return read_rules(current_identity(), own_clinic())


def _save(form: RulesForm, names: Mapping[str, str]) -> int:
    """Change the rules to what the form says; return 0, or the status of the page that says what is wrong."""
    if not form.validate():
        return 422
    changes = {names[field]: value for field, value in values_in(form, names).items()}
    try:
        change_rules(
            current_identity(),
            own_clinic(),
            changes,
            reason=form.reason.data,
            base_version=form.base_version.data or 0,
            clock=installation().clock,
        )
    except Invalid as refusal:
        fields = {name: field for field, name in names.items()}
        by_field = {fields.get(name, name): words for name, words in refusal.fields.items()}
        take_refusal(form, Invalid(*refusal.args, **by_field))
        return 422
    except Changed as changed:
        form.form_errors.append(said(changed))
        return 409
    return 0


def _as_they_stand_now(sent: RulesForm, form: RulesForm) -> RulesForm:
    """Return `form` with the reason and the errors of what was sent; its numbers would undo what others changed."""
    form.reason.data, form.form_errors = sent.reason.data, sent.form_errors
    return form


def _to_the_change_log() -> ResponseReturnValue:
    return redirect(url_for("clinic.rules", _anchor="changes"), code=303)


def _numbers_page(form: RulesForm, status: int = 200) -> ResponseReturnValue:
    groups = [(str(title), [(form[name], allowed_words(name)) for name in names]) for title, names in GROUPS]
    return render_template("clinic/rules_form.html", form=form, groups=groups), status


def _medicine_page(code: str, form: RulesForm, status: int = 200) -> ResponseReturnValue:
    hints = {short: allowed_words(f"{code}.{short}") for short in SET_BY_THE_CLINIC}
    if code in SHORTEST_INTERVAL:
        hints["minimum_interval"] += " " + _("After 16 days 3 of 6 people had a liver injury (Noppers 2011).")
    hints["waiting_time"] += " " + _("Without it nothing is said about booking. Empty it to take it back.")
    fields = [(form[short], hints[short]) for short in SET_BY_THE_CLINIC]
    return render_template("clinic/rules_medicine.html", form=form, fields=fields, name=medicine_name(code)), status
