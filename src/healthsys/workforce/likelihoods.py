"""Relative likelihoods of two groups, and shares of people, with their intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import chi2
from statsmodels.stats.contingency_tables import Table2x2

from healthsys.disclosure import Page, Printed, Rule, protect
from healthsys.errors import DataError
from healthsys.say import p_value, percent_of
from healthsys.statistics import check_level, proportion_interval, two_proportions_p

#: Band of the four-fifths guideline, both ends included: a rule of thumb for size. It comes from the Uniform Guidelines
#: on Employee Selection Procedures of the United States (1978, 29 CFR 1607.4 D) and the Equality Act 2010 has
#: no such rule.
FOUR_FIFTHS = (0.80, 1.25)

#: Fisher's exact p above this: chance alone could explain a ratio, whatever its interval says.
CHANCE = 0.05

#: A ratio this close to an end of the band (as a share of it) is on it: 12 of 15 against 15 of 15 is 0.80.
ON_THE_EDGE = 1e-9


@dataclass(frozen=True)
class RelativeLikelihood:
    """A ratio of two groups with its interval, or the reason why there is none; ``p`` is Fisher's exact p.

    Where nobody in the reference group had the outcome there is no ratio, but ``lower`` is the least it could be.
    """

    ratio: float | None
    lower: float | None
    upper: float | None
    reason: str | None = None
    p: float | None = None

    @property
    def outside_four_fifths(self) -> bool | None:
        """Whether the ratio is outside 0.80 to 1.25 inclusive (unrounded); None without a ratio."""
        if self.ratio is None:
            return None
        return not FOUR_FIFTHS[0] * (1 - ON_THE_EDGE) <= self.ratio <= FOUR_FIFTHS[1] * (1 + ON_THE_EDGE)

    def sentence(self, *, group: str, reference: str, outcome: str) -> str:
        """Say whom the ratio favours or burdens, and how sure that is: by the interval and by Fisher's exact p."""
        if self.lower is None:
            return self.reason or ""
        if self.ratio is not None and math.isclose(self.ratio, 1, rel_tol=ON_THE_EDGE):
            return f"{group} and {reference} were equally likely {outcome}"
        more = "more" if self.ratio is None or self.ratio > 1 else "less"
        upper = math.inf if self.upper is None else self.upper
        unsure = self.lower <= 1 <= upper or (self.p is not None and self.p > CHANCE)
        sure = "but chance alone could explain it" if unsure else "by more than chance alone would explain"
        none = f" (none of the {group if self.ratio == 0 else reference} were)" if self.ratio in (None, 0) else ""
        return f"{group} were {more} likely {outcome} than {reference}{none}, {sure}"


def _checked(had: float, could: float, name: str) -> tuple[int, int]:
    for value in (had, could):
        if pd.isna(value) or math.isinf(value) or value < 0 or value != int(value):
            raise DataError(f"{name}: a count is {value!r}; allowed: whole numbers, 0 or more. Check the source table")
    if had > could:
        raise DataError(
            f"{name}: {int(had):,} people had the outcome but only {int(could):,} could have had it; "
            "are the two columns swapped?"
        )
    return int(had), int(could)


def relative_likelihood(
    had: int, could: int, *, reference_had: int, reference_could: int, level: float = 0.95
) -> RelativeLikelihood:
    """Risk ratio of one group against a reference group, with Katz's log interval and Fisher's exact p.

    WRES indicator 2 is this with white applicants as the group and BME applicants as the reference: appointed over
    shortlisted in each. It is never an odds ratio, it divides unrounded rates, and no count is changed. Where
    everybody or nobody in one of the groups had the outcome, Katz's formula does not work, and the interval is
    Koopman's score interval: from 0 where nobody in the group had it, without an upper end where nobody in the
    reference group had it.

    Parameters
    ----------
    had, could
        People with the outcome and people who could have had it, in the group (counts).
    reference_had, reference_could
        The same in the reference group.
    level
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    RelativeLikelihood
        1 means equal likelihood; what is not defined is None, and ``reason`` says why.

    Raises
    ------
    DataError
        If a count is negative, missing or above those who could, or ``level`` is not between 0 and 1.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474. Koopman PAR. Ibid. 1984;40:513-517.

    Examples
    --------
    >>> found = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.ratio:.3f} ({found.lower:.3f} to {found.upper:.3f}), p = {found.p:.4f}"
    '2.000 (1.369 to 2.841), p = 0.0034'
    """
    check_level(level)
    had, could = _checked(had, could, "group")
    reference_had, reference_could = _checked(reference_had, reference_could, "reference group")
    if could == 0 or reference_could == 0:
        return RelativeLikelihood(None, None, None, "nobody could have had the outcome in one of the groups")
    others = {"reference_had": reference_had, "reference_could": reference_could}
    p = two_proportions_p(had, could, method="fisher", **others).p
    if had == reference_had == 0:
        return RelativeLikelihood(None, None, None, "nobody in either group had the outcome", p)
    if reference_had == 0:
        lower = 1 / _score_limits(0, reference_could, had, could, level)[1]
        return RelativeLikelihood(None, lower, None, "nobody in the reference group had the outcome", p)
    if had == 0:
        upper = _score_limits(0, could, reference_had, reference_could, level)[1]
        return RelativeLikelihood(0.0, 0.0, upper, "nobody in the group had the outcome", p)
    if had == could and reference_had == reference_could:
        reason = "everybody had the outcome in both groups; the interval is undefined"
        return RelativeLikelihood(1.0, None, None, reason, p)
    if had == could or reference_had == reference_could:
        ratio = had / could / (reference_had / reference_could)
        return RelativeLikelihood(ratio, *_score_limits(had, could, reference_had, reference_could, level), None, p)
    counts = np.array([[had, could - had], [reference_had, reference_could - reference_had]], dtype=float)
    found = Table2x2(counts, shift_zeros=False)  # the default adds 0.5 to every cell where one is zero
    lower, upper = found.riskratio_confint(alpha=1 - level, method="normal")
    return RelativeLikelihood(float(found.riskratio), float(lower), float(upper), None, p)


def none_against(
    found: RelativeLikelihood | pd.Series, shown: Sequence[str], *, names: tuple[str, str], what: str, level: float
) -> str:
    """Say a comparison in which nobody of one group had the outcome: both counts as shown, the limit and Fisher's p.

    ``shown`` has the counts as the page shows them: outcome and base of the group, then of the reference group.

    >>> found = relative_likelihood(0, 70, reference_had=50, reference_could=100)
    >>> none_against(found, ("0", "70", "50", "100"), names=("BME", "white"), what="went on", level=0.95)
    'none of 70 BME went on, against 50 of 100 white (ratio 0, 95% CI 0 to 0.10; Fisher p under 0.001)'
    """
    had, could, other_had, other_could = shown
    if pd.isna(found.ratio):
        said = f"{had} of {could} {names[0]} {what}, against none of {other_could} {names[1]} (no ratio, as "
        limit = f"nobody there did; {percent_of(level)} CI at least {found.lower:.2f}"
    else:
        said = f"none of {could} {names[0]} {what}, against {other_had} of {other_could} {names[1]} (ratio 0, "
        limit = f"{percent_of(level)} CI 0 to {found.upper:.2f}"
    p = p_value(found.p)
    p = f"; Fisher p {p if p.startswith('under') else f'= {p}'}"
    unsure = found.lower <= 1 <= (math.inf if pd.isna(found.upper) else found.upper) or found.p > CHANCE
    return f"{said}{limit}{p})" + (", so chance alone could explain it" if unsure else "")


def _score_limits(x: int, n: int, y: int, m: int, level: float) -> tuple[float, float]:
    """Return the two ratios of x/n over y/m at which Koopman's score statistic is the quantile of chi-squared."""
    most = chi2.ppf(level, 1)

    def beyond(log_ratio: float) -> float:
        ratio = math.exp(log_ratio)
        b, c = -(ratio * (n + y) + x + m), x + y  # the other rate is the smaller root of ratio (n + m) q² + b q + c
        q = 2 * c / (-b + math.sqrt(max(0.0, b * b - 4 * ratio * (n + m) * c)))
        rates = ((x, n, min(1.0, ratio * q)), (y, m, min(1.0, q)))
        return sum((1 - r) * k / r if a == k else (a - k * r) ** 2 / (k * r * (1 - r)) for a, k, r in rates) - most

    far = math.log(1000 * n * m * (1 + most))
    if x == 0:
        return 0.0, math.exp(brentq(beyond, -far, far))
    middle, far = math.log(x * m / (y * n)), math.log(1000 * n * m * most)
    lower, upper = (brentq(beyond, middle, middle + sign * far) for sign in (-1, 1))
    return math.exp(lower), math.exp(upper)


def likelihood_of(
    counts: pd.DataFrame, *, group: str, reference: str, rule: Rule, unrounded: bool = False, level: float = 0.95
) -> tuple[RelativeLikelihood, Page]:
    """Relative likelihood of two groups of a table, withheld where a count behind it is small.

    ``counts`` has ``group``, ``had`` and ``could`` of every group. The ratio is of the counts as they are shown, so it
    says no more than they do, unless ``unrounded``. The second result is the protected table of counts by ``group`` and
    ``outcome``.

    >>> from healthsys.disclosure import HES
    >>> counts = pd.DataFrame({"group": ["BME", "White"], "had": [3, 90], "could": [300, 600]})
    >>> found, page = likelihood_of(counts, group="BME", reference="White", rule=HES)
    >>> found.reason, page.shown({"group": "BME"}), page.shown({"group": "BME", "outcome": "yes"})
    ('not shown: too few people in one of the counts', 300, None)
    """
    yes = counts.assign(outcome="yes", people=counts["had"])
    cube = pd.concat([yes, counts.assign(outcome="no", people=counts["could"] - counts["had"])])
    tables = [
        Printed("outcome", ("group", "outcome"), totals=False, only={"outcome": ("yes",)}),
        Printed("base", ("group",), totals=False),
    ]
    page = protect(cube.sort_index(kind="stable"), tables=tables, rule=rule, unrounded=unrounded)
    cells = [cell for name in (group, reference) for cell in ({"group": name, "outcome": "yes"}, {"group": name})]
    had, could, other_had, other_could = (page.counted(cell) for cell in cells)
    # Whether the rest are few is judged by the counts used, so that a ratio withheld tells no more than they do.
    pairs = (had, could), (other_had, other_could)
    if any(None in pair or not rule.allows(*pair) for pair in pairs):
        return RelativeLikelihood(None, None, None, "not shown: too few people in one of the counts"), page
    others = {"reference_had": other_had, "reference_could": other_could}
    return relative_likelihood(had, could, **others, level=level), page


def proportion(part: int, base: int, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Return a percentage with its Wilson interval, None where nobody is in the base; refuse a part above its base.

    >>> print("{:.1f} ({:.1f} to {:.1f})".format(*proportion(8, 30)))
    26.7 (14.2 to 44.4)
    """
    if part > base:
        raise DataError(f"a count of {int(part):,} is larger than its base of {int(base):,}; are the columns swapped?")
    found = proportion_interval(*_checked(part, base, "part"), level=level)
    ends = (found.estimate, found.lower, found.upper)
    return ends if found.estimate is None else tuple(100 * end for end in ends)
