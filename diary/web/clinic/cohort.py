"""Groups of patients side by side."""

from heapq import nlargest
from typing import Any, Final

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import IntegerField, SelectField
from wtforms.validators import NumberRange

from diary.clinical.cohort.groups import USUAL_WEEKS, GroupBy
from diary.clinical.cohort.outcome import FURTHEST_WEEK
from diary.clinical.cohort.singles import DRAWN_AT_MOST, GROUPS_DRAWN, drawn_groups
from diary.errors import Invalid, NotThere
from diary.exchange.cohort_sheets import RESPONDER_WEEKS, SHEETS
from diary.installation import installation
from diary.services.cohort_pages import Asked, CohortPage, cohort_page_as_shown, read_cohort_page, take_out_figures
from diary.web.clinic import blueprint
from diary.web.clinic.cohort_tables import tables_of
from diary.web.clinic.cohort_words import NOT_RANDOMISED, figure_words, group_name, p_words, weeks_apart
from diary.web.clinic.place import own_clinic
from diary.web.forms import Form, choices, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.sessions import current_identity

LONGEST_NAME: Final = 64


class CohortForm(Form):
    """Which groups are compared, and for how long: asked in the address, so that a view can be kept and sent on."""

    a = SelectField(_l("Compare"), validate_choice=False)
    b = SelectField(_l("with"), validate_choice=False)
    weeks = IntegerField(
        _l("Weeks"),
        default=USUAL_WEEKS,
        validators=[NumberRange(1, FURTHEST_WEEK, _l("Weeks go from 1 to %(last)s.", last=FURTHEST_WEEK))],
    )

    class Meta(Form.Meta):
        """It changes nothing, so it carries no token."""

        csrf = False

    @classmethod
    def of_address(cls) -> "CohortForm":
        """Return the form as the address fills it in."""
        form = cls(formdata=request.args if "weeks" in request.args else None)
        form.a.data, form.b.data = (stripped(request.args.get(name))[:LONGEST_NAME] for name in ("a", "b"))
        return form

    def asked(self) -> Asked:
        """Return what is asked for.

        Raises:
            Invalid: a field is wrong, or only one of two groups is named.
        """
        if "weeks" in request.args and not self.validate():
            wrong, self.weeks.errors = self.weeks.errors[0], ()
            raise Invalid(weeks=wrong)
        if bool(self.a.data) != bool(self.b.data):
            raise Invalid(b=_("Choose two groups, or none."))
        compared = (self.a.data, self.b.data) if self.a.data else None
        return Asked(_by(), compared, self.weeks.data)

    def offer(self, page: CohortPage) -> None:
        """Put the names of all groups into the choices."""
        by = page.asked.by
        pairs = [("", _("no group")), *((name, group_name(by, name)) for name in page.cohort.known)]
        self.a.choices = self.b.choices = choices(pairs)


@blueprint.get("/cohort")
@open_to(Audience.STAFF)
def cohort() -> ResponseReturnValue:
    """Show the figures of the groups that the address asks for, and the numbers under them."""
    form = CohortForm.of_address()
    try:
        return _page(form, _read(form.asked()))
    except Invalid as refusal:
        take_refusal(form, _beside_fields(refusal))
        return _page(form, _read(Asked(_by()))), 422


@blueprint.get("/cohort/figures.json")
@open_to(Audience.STAFF)
def cohort_figures() -> ResponseReturnValue:
    """Return the figures of a page, together: all of them come from one reading."""
    try:
        asked = CohortForm.of_address().asked()
        page = cohort_page_as_shown(current_identity(), own_clinic(), asked, clock=installation().clock)
    except Invalid:
        return {}, 422
    return _figures(page)


@blueprint.post("/cohort/<sheet>.csv")
@open_to(Audience.STAFF)
def cohort_csv(sheet: str) -> ResponseReturnValue:
    """Hand out the numbers of one figure as a file."""
    if sheet not in SHEETS:
        raise NotThere
    form = CohortForm.of_address()
    try:
        taken = take_out_figures(current_identity(), own_clinic(), form.asked(), sheet, clock=installation().clock)
    except Invalid as refusal:
        take_refusal(form, _beside_fields(refusal))
        return _page(form, _read(Asked(_by()))), 422
    answer = Response(taken, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="groups-{sheet}.csv"'
    return answer


def _read(asked: Asked) -> CohortPage:
    return read_cohort_page(current_identity(), own_clinic(), asked, clock=installation().clock)


def _by() -> GroupBy:
    return GroupBy.TAG if request.args.get("by") == GroupBy.TAG.value else GroupBy.MEDICINE


def _beside_fields(refusal: Invalid) -> Invalid:
    """Return a refusal beside a field of the form: the service speaks of the comparison, which is two of them."""
    compare = refusal.fields.get("compare")
    return Invalid(b=compare) if compare else refusal


def _page(form: CohortForm, page: CohortPage) -> str:
    form.offer(page)
    view = _view_of(page.asked)
    found = page.cohort
    return render_template(
        "clinic/cohort.html",
        form=form,
        page=page,
        by=page.asked.by.value,
        is_filtered=page.asked != Asked(page.asked.by),
        compared=[group_name(page.asked.by, name) for name in found.compared or ()],
        figures=url_for("clinic.cohort_figures", **view),
        sheet_address=lambda sheet: url_for("clinic.cohort_csv", sheet=sheet, **view),
        note=NOT_RANDOMISED,
        weeks_apart=weeks_apart(found.tests),
        p_logrank=p_words(found.relief[0].p_logrank) if len(found.relief) > 1 else None,
        drawn_at_most=DRAWN_AT_MOST,
        groups_drawn=GROUPS_DRAWN,
        **tables_of(page),
    )


def _view_of(asked: Asked) -> dict[str, Any]:
    """Return the address of a view without what goes without saying."""
    a, b = asked.compared or (None, None)
    return {"by": asked.by.value, "a": a, "b": b, "weeks": None if asked.weeks == USUAL_WEEKS else asked.weeks}


def _figures(page: CohortPage) -> dict[str, Any]:
    """Return the figures as JSON values; plotly is imported only here."""
    from diary.charts.cohort_courses import courses_figure  # noqa: PLC0415 (heavy, and few requests need it)
    from diary.charts.cohort_relief import relief_figure  # noqa: PLC0415
    from diary.charts.cohort_weeks import responders_figure, weeks_figure  # noqa: PLC0415

    words, groups = figure_words(page.asked.by), drawn_groups(page.cohort)
    places = {group.name: place for place, group in enumerate(groups)}
    largest = {one.group for one in nlargest(GROUPS_DRAWN, page.cohort.relief, key=lambda one: one.n)}
    curves = [one for one in page.cohort.relief if one.group in largest]
    for one in curves:
        places.setdefault(one.group, len(places))
    return {
        "weeks": weeks_figure(groups, page.lines, words),
        "responders": responders_figure(groups, RESPONDER_WEEKS, words),
        "relief": relief_figure(curves, places, words),
        "courses": courses_figure(page.figures.stretches, figure_words(GroupBy.MEDICINE)),
    }
