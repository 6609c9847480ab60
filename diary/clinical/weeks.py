"""Weekly means after a course, exact and cheap: prefix sums over whole numbers."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from fractions import Fraction

from diary.clinical.rules import WEEK


class Weeks:
    """Sums and counts of the counting scores of days 1 … last after day 0.

    Scores are kept as whole numbers of 1/`scale` points, so that a day can be filled with any exact value.
    """

    __slots__ = ("_counts", "_sums", "last", "minimum", "scale")

    def __init__(self, scores: Mapping[int, int], *, last: int, minimum: int, scale: int = 1) -> None:
        """Take `scores` by day t (1 or more) in units of 1/`scale`; a week needs `minimum` of them."""
        self.last, self.minimum, self.scale = last, minimum, scale
        sums, counts = [0], [0]
        total = count = 0
        for t in range(1, last + 1):
            score = scores.get(t)
            if score is not None:
                total += score
                count += 1
            sums.append(total)
            counts.append(count)
        self._sums, self._counts = sums, counts

    def entries(self, first: int, last: int) -> int:
        """Return how many days from `first` to `last` carry a counting score; days before day 1 carry none."""
        return self._counts[max(last, 0)] - self._counts[max(first - 1, 0)]

    def last_entry(self) -> int | None:
        """Return the last day that carries a counting score, or None when there is none."""
        counts = self._counts
        return bisect_left(counts, counts[-1]) or None

    def mean(self, t: int) -> Fraction | None:
        """Return M(t): the exact mean of days t-6 … t in points, or None before day 7 or with too few entries.

        Source: Heapy 2014, J Pain 15:1360: the mean of five days reaches a reliability above 0.90.
        """
        if not WEEK <= t <= self.last:
            return None
        count = self._counts[t] - self._counts[t - WEEK]
        if count < self.minimum:
            return None
        return Fraction(self._sums[t] - self._sums[t - WEEK], count * self.scale)

    def mean_of(self, first: int, last: int) -> Fraction:
        """Return the exact mean of the days from `first` to `last`, of which at least one carries a score."""
        total = self._sums[last] - self._sums[max(first - 1, 0)]
        return Fraction(total, self.entries(first, last) * self.scale)

    def against(self, limit: Fraction) -> list[int | None]:
        """Return for each t the sign of M(t) - `limit`: -1, 0 or 1, or None where M(t) is undefined."""
        sums, counts = self._sums, self._counts
        over, under = limit.denominator, limit.numerator * self.scale
        signs: list[int | None] = [None] * min(WEEK, self.last + 1)
        for t in range(WEEK, self.last + 1):
            count = counts[t] - counts[t - WEEK]
            if count < self.minimum:
                signs.append(None)
                continue
            distance = (sums[t] - sums[t - WEEK]) * over - under * count
            signs.append((distance > 0) - (distance < 0))
        return signs

    def missing(self, first: int, last: int) -> list[int]:
        """Return the days from `first` (day 1 at the earliest) to `last` that carry no counting score."""
        counts = self._counts
        return [t for t in range(max(first, 1), last + 1) if counts[t] == counts[t - 1]]

    def filled(self, days: Collection[int], value: Fraction) -> "Weeks":
        """Return the same weeks with `value` on each of `days`, which carry no score."""
        unit = value.denominator
        sums, counts = [total * unit for total in self._sums], list(self._counts)
        more = extra = 0
        for t in range(min(days), self.last + 1):
            if t in days:
                more += value.numerator * self.scale
                extra += 1
            sums[t] += more
            counts[t] += extra
        changed = Weeks({}, last=0, minimum=self.minimum, scale=self.scale * unit)
        changed.last, changed._sums, changed._counts = self.last, sums, counts
        return changed

    def lowest(self) -> Fraction | None:
        """Return the lowest defined weekly mean, or None when there is none."""
        sums, counts = self._sums, self._counts
        low: tuple[int, int] | None = None
        for t in range(WEEK, self.last + 1):
            count = counts[t] - counts[t - WEEK]
            if count < self.minimum:
                continue
            total = sums[t] - sums[t - WEEK]
            if low is None or total * low[1] < low[0] * count:
                low = total, count
        return Fraction(low[0], low[1] * self.scale) if low else None
