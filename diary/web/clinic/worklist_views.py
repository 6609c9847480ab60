"""Saved views of the worklist: kept under a name, opened from the list, deleted after a question."""

import uuid

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField

from diary.clinical.medicines import MEDICINE_CODES
from diary.errors import Invalid
from diary.installation import installation
from diary.services.saved_views import KEPT, delete_view, own_views, save_view
from diary.web.clinic import blueprint
from diary.web.clinic.place import own_clinic
from diary.web.clinic.state_words import FILTER_WORDS
from diary.web.clinic.worklist_filters import LONGEST_TAG, one_of, worklist_address
from diary.web.forms import Form, Tick, at_most, stripped, take_refusal
from diary.web.guards import Audience, open_to
from diary.web.medicines import medicine_name
from diary.web.sessions import current_identity


class ViewForm(Form):
    """A filter and the name it gets."""

    name = StringField(_l("Name of the view"), [at_most(60)], filters=[stripped])
    state = HiddenField()
    medicine = HiddenField()
    tag = HiddenField()
    mine = HiddenField()

    @property
    def filters(self) -> dict[str, str]:
        """Return what is filled in and known."""
        return {
            "state": one_of(self.state.data, FILTER_WORDS),
            "medicine": one_of(self.medicine.data, MEDICINE_CODES),
            "tag": stripped(self.tag.data)[:LONGEST_TAG],
            "mine": "1" if self.mine.data else "",
        }


class DeleteForm(Form):
    """That a view may go."""

    sure = Tick()


@blueprint.get("/views", endpoint="views")
@open_to(Audience.STAFF)
def show_views() -> ResponseReturnValue:
    """Show one's own views, and ask for the name of the filter in the address."""
    form = ViewForm(formdata=None, data={name: request.args.get(name, "") for name in KEPT})
    return _page(form)


@blueprint.post("/views", endpoint="save_view")
@open_to(Audience.STAFF)
def keep_view() -> ResponseReturnValue:
    """Keep a filter under a name and open it."""
    form = ViewForm()
    if form.validate():
        kept = {name: value for name, value in form.filters.items() if value}
        try:
            save_view(current_identity(), own_clinic(), form.name.data or "", kept, clock=installation().clock)
        except Invalid as refusal:
            take_refusal(form, refusal)
        else:
            return redirect(worklist_address(kept, done="view-saved"), code=303)
    return _page(form), 422


@blueprint.post("/views/<uuid:view_id>/delete", endpoint="delete_view")
@open_to(Audience.STAFF)
def drop_view(view_id: uuid.UUID) -> ResponseReturnValue:
    """Delete a view, once the box is ticked."""
    form = DeleteForm()
    if form.validate() and form.sure.data:
        delete_view(current_identity(), own_clinic(), view_id, clock=installation().clock)
        return redirect(url_for("clinic.views", done="view-deleted"), code=303)
    form.form_errors.append(_("Tick the box of the view that is to be deleted."))
    return _page(ViewForm(formdata=None), form), 422


def _page(form: ViewForm, refused: DeleteForm | None = None) -> str:
    return render_template(
        "clinic/views.html",
        form=form,
        refused=refused,
        chosen=_filter_words(form.filters),
        views=[
            (view.id, view.name, worklist_address(view.filters), _filter_words(view.filters))
            for view in own_views(current_identity(), own_clinic())
        ],
    )


def _filter_words(filters: dict[str, str]) -> str:
    """Return a filter in words."""
    words = []
    if state := filters.get("state"):
        words.append(str(FILTER_WORDS[state]))
    if medicine := filters.get("medicine"):
        words.append(medicine_name(medicine))
    if tag := filters.get("tag"):
        words.append(_("tag %(tag)s", tag=tag))
    if filters.get("mine"):
        words.append(_("my patients"))
    return " · ".join(words)
