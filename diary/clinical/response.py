"""Response after a course: when it was confirmed, when its loss was, and whether the line is near."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from diary.clinical.medicines import Medicine
from diary.clinical.rules import WEEK, RuleSet
from diary.clinical.weeks import Weeks


@dataclass(frozen=True, slots=True)
class Loss:
    """A confirmed loss of response; days are days t after day 0.

    Attributes:
        due: the day it became due.
        last_good: the last day before with a good week: the days of relief of this loss.
        entries: counting entries of the 14 days up to `due`, when the gap rule stood in for a week; else None.
        released: the day two good weeks ended it, or None while it is in force.
    """

    due: int
    last_good: int
    entries: int | None
    released: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """What the walk from day 7 to the last day of `weeks` found.

    Attributes:
        confirmed: the day the response was confirmed, or None.
        losses: every loss in order; only the last can be in force.
        signs: for each t the sign of M(t) - line: at most 0 is a good week, 1 a lost one, None cannot be said.
        near: for each t whether the weekly mean was near the line.
    """

    confirmed: int | None
    losses: tuple[Loss, ...]
    signs: Sequence[int | None]
    near: Sequence[bool]

    def loss_on(self, t: int) -> Loss | None:
        """Return the loss in force on day `t`."""
        for loss in reversed(self.losses):
            if loss.due <= t:
                return loss if loss.released is None or t < loss.released else None
        return None

    def confirmed_by(self, t: int) -> bool:
        """Say whether the response was confirmed on day `t` or before."""
        return self.confirmed is not None and self.confirmed <= t


def follow(weeks: Weeks, line: Fraction, medicine: Medicine, rules: RuleSet) -> Response:
    """Walk from day 7 to the last day of `weeks` and return the response to a course of `medicine`."""
    signs = weeks.against(line)
    confirmed = _confirmation(signs, medicine, rules)
    if confirmed is None:
        return Response(None, (), signs, [False] * len(signs))
    losses = _losses(weeks, signs, confirmed, line, rules)
    return Response(confirmed, losses, signs, _near(weeks, line, confirmed, rules))


def is_good(sign: int | None) -> bool:
    """Say whether a week is good: its mean at or below the line."""
    return sign is not None and sign <= 0


def is_lost(sign: int | None) -> bool:
    """Say whether a week is lost: its mean above the line."""
    return sign == 1


def _confirmation(signs: Sequence[int | None], medicine: Medicine, rules: RuleSet) -> int | None:
    if medicine.confirm_weeks == 1:
        first_weeks = range(WEEK, min(rules.short_confirm_last_day + 1, len(signs)))
        first = next((t for t in first_weeks if signs[t] is not None), None)
        if first is not None and is_good(signs[first]):
            return first
    for t in range(2 * WEEK, min(2 * medicine.eval_end + 1, len(signs))):
        if is_good(signs[t]) and is_good(signs[t - WEEK]):
            return t
    return None


def _losses(
    weeks: Weeks, signs: Sequence[int | None], confirmed: int, line: Fraction, rules: RuleSet
) -> tuple[Loss, ...]:
    losses: list[Loss] = []
    in_force = False
    anchor = last_good = confirmed  # weeks up to the anchor belong to what came before
    for t in range(confirmed, len(signs)):
        now, before = signs[t], signs[t - WEEK]
        if is_good(now):
            if in_force and is_good(before) and t - WEEK > anchor:
                losses[-1] = replace(losses[-1], released=t)
                in_force, anchor = False, t
            last_good = t
        elif is_lost(now) and not in_force and t - WEEK > anchor:
            sparse = before is None
            if is_lost(before) or (sparse and _gap_is_lost(weeks, t, line, rules)):
                entries = weeks.entries(t - 2 * WEEK + 1, t) if sparse else None
                losses.append(Loss(due=t, last_good=last_good, entries=entries))
                in_force, anchor = True, t
    return tuple(losses)


def _gap_is_lost(weeks: Weeks, t: int, line: Fraction, rules: RuleSet) -> bool:
    first = t - 2 * WEEK + 1
    return weeks.entries(first, t) >= rules.gap_minimum and weeks.mean_of(first, t) > line


def _near(weeks: Weeks, line: Fraction, confirmed: int, rules: RuleSet) -> list[bool]:
    entering, leaving = weeks.against(line - rules.near_enters), weeks.against(line - rules.near_leaves)
    near = [False] * len(entering)
    is_near = False
    for t in range(confirmed, len(entering)):
        enters, leaves = entering[t], leaving[t]
        if enters is not None and enters >= 0:
            is_near = True
        elif leaves == -1:
            is_near = False
        near[t] = is_near
    return near
