"""What the figures and tables of groups say."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from diary.clinical.cohort.groups import GroupBy
from diary.clinical.medicines import MEDICINE_CODES
from diary.web.medicines import course_name
from diary.web.words import half_up, points

if TYPE_CHECKING:
    from diary.charts.cohort_look import CohortWords

NOT_RANDOMISED: Final = _l("descriptive: groups in a clinic are not randomised")
SIGNIFICANT: Final = 0.05
LEAST_P: Final = 0.001


def names_of(by: GroupBy) -> Mapping[str, str]:
    """Return the name of each group that is not called what it is read as: medicines have codes, tags their words."""
    return {code: course_name([code]) for code in MEDICINE_CODES} if by is GroupBy.MEDICINE else {}


def group_name(by: GroupBy, group: str) -> str:
    """Return the name of a group as people read it."""
    return names_of(by).get(group, group)


def p_words(value: float | None) -> str:
    """Return a P value with three decimals, or that it is smaller."""
    if value is None:
        return "–"
    return f"< {points(LEAST_P, 3)}" if value < LEAST_P else points(value, 3)


def share_words(share: float | None) -> str:
    """Return a share as whole percent."""
    return "–" if share is None else f"{half_up(100 * share, 0)} %"


def weeks_apart(tests: Iterable[Any]) -> list[str]:
    """Return in sentences in which weeks two groups differ, by the P of the analysis of covariance."""
    tested = [one for one in tests if one.p_ancova is not None]
    if not tested:
        return [_("No week can be tested: each needs five patients of both groups with a baseline.")]
    raw = [one.week for one in tested if one.p_ancova < SIGNIFICANT]
    others = [one.week for one in tested if one.p_ancova >= SIGNIFICANT]
    adjusted = [one.week for one in tested if one.p_holm < SIGNIFICANT]
    if not raw:
        return [_("P is below 0.05 in no week.")]
    said = _("P is below 0.05 in %(weeks)s.", weeks=_weeks(raw))
    if others:
        said = _("P is below 0.05 in %(weeks)s, not in %(others)s.", weeks=_weeks(raw), others=_weeks(others))
    if not adjusted:
        return [said, _("Adjusted for all weeks (Holm) it is in none.")]
    return [said, _("Adjusted for all weeks (Holm) it is in %(weeks)s.", weeks=_weeks(adjusted))]


def _weeks(weeks: Sequence[int]) -> str:
    return ngettext("week %(weeks)s", "weeks %(weeks)s", len(weeks), weeks=spans(weeks))


def spans(weeks: Iterable[int]) -> str:
    """Return whole numbers, ordered, with neighbours drawn together: "1–11, 14"."""
    runs: list[list[int]] = []
    for week in weeks:
        if runs and week == runs[-1][-1] + 1:
            runs[-1].append(week)
        else:
            runs.append([week])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def figure_words(by: GroupBy) -> "CohortWords":
    """Return what the figures say; the module of the figures is loaded only here."""
    from diary.charts.cohort_look import CohortWords  # noqa: PLC0415 (heavy, and few requests need it)

    return CohortWords(
        names=names_of(by),
        week=_("week {week}"),
        week_axis=_("weeks since the last infusion"),
        pain_axis=_("mean of a week, 0 to 10"),
        share_axis=_("share"),
        day_axis=_("days since the last infusion"),
        course_axis=_("days since the first course"),
        mean=_("mean {mean} ± {se}, {n} patients"),
        single=_("{group}: single patients"),
        patient=_("patient {number}"),
        patient_axis=_("patient"),
        responders=_("{group}: at least {percent} % relief"),
        share=_("{share} % of {n} patients"),
        left=_("day {day}: {share} % still relieved, {n} watched before"),
        censored=_("the look at a course ended"),
        followed=_("time looked at"),
        relieved=_("relief"),
        lost=_("loss of response"),
        unnamed=_("medicine of fewer than five patients"),
        decimal=".",
        buttons={},
    )
