"""Ratios of two groups with their intervals: relative likelihood of an outcome, disparity ratio, percentages."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import Table2x2

from healthsys.disclosure import Page, Printed, Rule, protect
from healthsys.errors import DataError
from healthsys.statistics import check_level, proportion_interval, two_proportions_p

#: Band of the four-fifths guideline, both ends included: a rule of thumb for size. It comes from the Uniform Guidelines
#: on Employee Selection Procedures of the United States (1978, 29 CFR 1607.4 D) and has no standing in the Equality
#: Act 2010.
FOUR_FIFTHS = (0.80, 1.25)

#: A ratio this close to an end of the band (as a share of it) lies on it: 12 of 15 against 15 of 15 is 0.80.
ON_THE_EDGE = 1e-9

#: Agenda for Change bands by level of the race disparity ratio.
TIERS = {"lower": ("1", "2", "3", "4", "5"), "middle": ("6", "7"), "upper": ("8a", "8b", "8c", "8d", "9", "VSM")}

#: The three steps of the race disparity ratio (NHS England, WRES technical guidance, indicator 1).
STEPS = (("lower", "middle"), ("middle", "upper"), ("lower", "upper"))

#: Parts of the staff by the column ``clinical``.
SIDES = {"Y": "clinical", "N": "non-clinical"}


@dataclass(frozen=True)
class RelativeLikelihood:
    """A ratio of two groups with its interval, or the reason why there is none.

    ``p`` is the two-sided exact p (Fisher) of equal likelihood, at any counts; None where nobody could have had the
    outcome in one of the groups, or where the figures are not shown.
    """

    ratio: float | None
    lower: float | None
    upper: float | None
    reason: str | None = None
    p: float | None = None

    @property
    def outside_four_fifths(self) -> bool | None:
        """Whether the ratio lies outside 0.80 to 1.25 inclusive (unrounded); None without a ratio."""
        if self.ratio is None:
            return None
        low, high = FOUR_FIFTHS
        return not low * (1 - ON_THE_EDGE) <= self.ratio <= high * (1 + ON_THE_EDGE)

    def sentence(self, *, group: str, reference: str, outcome: str) -> str:
        """Say whom the ratio favours or burdens, and how sure that is.

        Examples
        --------
        >>> found = relative_likelihood(60, 300, reference_had=90, reference_could=600)
        >>> found.sentence(group="White staff", reference="BME staff", outcome="to be promoted")[:54]
        'White staff are more likely to be promoted than BME st'
        """
        if self.ratio is None or self.lower is None:
            return self.reason or ""
        if math.isclose(self.ratio, 1, rel_tol=ON_THE_EDGE):
            return f"{group} and {reference} are equally likely {outcome}"
        more = "more" if self.ratio > 1 else "less"
        sure = "includes" if self.lower <= 1 <= self.upper else "excludes"
        return f"{group} are {more} likely {outcome} than {reference}; the interval {sure} equal likelihood"


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
    shortlisted in each. It is never an odds ratio, and it divides unrounded rates. No count is changed: a group in
    which everybody or nobody had the outcome enters as it is.

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
        1 means equal likelihood. Where a count of zero leaves the ratio or its interval undefined, or everybody in both
        groups had the outcome, those are None and ``reason`` says why; ``p`` is there all the same.

    Raises
    ------
    DataError
        If a count is negative or missing, more people have the outcome than could have had it, or ``level`` is not
        between 0 and 1.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC. Biometrics 1978;34:469-474.

    Examples
    --------
    >>> found = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.ratio:.3f} ({found.lower:.3f} to {found.upper:.3f}), p = {found.p:.4f}"
    '2.000 (1.467 to 2.727), p = 0.0034'
    """
    check_level(level)
    had, could = _checked(had, could, "group")
    reference_had, reference_could = _checked(reference_had, reference_could, "reference group")
    if could == 0 or reference_could == 0:
        return RelativeLikelihood(None, None, None, "nobody could have had the outcome in one of the groups")
    others = {"reference_had": reference_had, "reference_could": reference_could}
    p = two_proportions_p(had, could, method="fisher", **others).p
    if reference_had == 0:
        return RelativeLikelihood(None, None, None, "nobody in the reference group had the outcome", p)
    if had == 0:
        reason = "nobody in the group had the outcome; the log interval is undefined"
        return RelativeLikelihood(0.0, None, None, reason, p)
    if had == could and reference_had == reference_could:
        reason = "everybody had the outcome in both groups; the interval is undefined"
        return RelativeLikelihood(1.0, None, None, reason, p)
    counts = np.array([[had, could - had], [reference_had, reference_could - reference_had]], dtype=float)
    found = Table2x2(counts, shift_zeros=False)  # the default adds 0.5 to every cell where one is zero
    lower, upper = found.riskratio_confint(alpha=1 - level, method="normal")
    return RelativeLikelihood(float(found.riskratio), float(lower), float(upper), None, p)


def likelihood_of(
    counts: pd.DataFrame, *, group: str, reference: str, rule: Rule, level: float = 0.95
) -> tuple[RelativeLikelihood, Page]:
    """Relative likelihood of two groups of a table, withheld where a count behind it is small.

    Parameters
    ----------
    counts
        ``group``, ``had``, ``could``: people with the outcome, and who could have had it, of every group.
    group, reference, rule, level
        Two of the groups, the small-number rule, the coverage of the interval.

    Returns
    -------
    tuple
        The relative likelihood, from unrounded counts, and the protected table of counts by ``group`` and ``outcome``.

    Examples
    --------
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
    page = protect(cube.sort_index(kind="stable"), tables=tables, rule=rule, unrounded=True)
    by_group = counts.set_index("group")
    pairs = [(by_group.loc[name, "had"], by_group.loc[name, "could"]) for name in (group, reference)]
    cells = [cell for name in (group, reference) for cell in ({"group": name, "outcome": "yes"}, {"group": name})]
    found = relative_likelihood(*pairs[0], reference_had=pairs[1][0], reference_could=pairs[1][1], level=level)
    if None in [page.shown(cell) for cell in cells] or not all(rule.allows(*pair) for pair in pairs):
        found = RelativeLikelihood(None, None, None, "not shown: too few people in one of the counts")
    return found, page


def proportion(part: int, base: int, *, level: float = 0.95) -> tuple[float | None, float | None, float | None]:
    """Return a percentage with its Wilson interval, None where nobody is in the base; refuse a part above its base.

    Examples
    --------
    >>> print("{:.1f} ({:.1f} to {:.1f})".format(*proportion(8, 30)))
    26.7 (14.2 to 44.4)
    """
    if part > base:
        raise DataError(f"a count of {int(part):,} is larger than its base of {int(base):,}; are the columns swapped?")
    found = proportion_interval(*_checked(part, base, "part"), level=level)
    if found.estimate is None:
        return None, None, None
    return 100 * found.estimate, 100 * found.lower, 100 * found.upper


def disparity_ratio(
    counts: pd.DataFrame, *, group: str, reference: str, step: tuple[str, str], level: float = 0.95
) -> RelativeLikelihood:
    """Disparity ratio of a step up the bands: (reference upper / reference lower) / (group upper / group lower).

    Above 1, the reference group is better represented after the step. It is a ratio of two ratios of counts; the
    interval is the one of an odds ratio (Woolf), since the four counts are separate groups of people. WRES indicator 1
    asks for the three ``STEPS``, for clinical and for non-clinical staff.

    Parameters
    ----------
    counts
        ``band``, ``group`` (such as ``BME`` and ``White``), ``people``.
    step
        Two keys of ``TIERS``.

    Returns
    -------
    RelativeLikelihood
        1 means equal representation. Where one of the four counts is zero there is no ratio and ``reason`` says which.
        ``p`` is Fisher's exact p of the four counts.

    References
    ----------
    Woolf B. Annals of Human Genetics 1955;19:251-253.

    Examples
    --------
    >>> counts = pd.DataFrame({"band": ["5", "6"] * 2, "people": [400, 300, 200, 100]})
    >>> counts["group"] = ["White", "White", "BME", "BME"]
    >>> found = disparity_ratio(counts, group="BME", reference="White", step=("lower", "middle"))
    >>> f"{found.ratio:.2f} ({found.lower:.3f} to {found.upper:.3f})"
    '1.50 (1.130 to 1.990)'
    """
    check_level(level)
    numbers = []
    for name, tier in itertools.product((reference, group), step):
        chosen = (counts["group"] == name) & counts["band"].isin(TIERS[tier])
        numbers.append(int(counts.loc[chosen, "people"].sum()))
        if not numbers[-1]:
            return RelativeLikelihood(None, None, None, f"nobody of the group {name} is in the {tier} bands")
    could, had, other_could, other_had = numbers
    table = Table2x2(np.array([[had, could], [other_had, other_could]], dtype=float), shift_zeros=False)  # as above
    low, high = table.oddsratio_confint(alpha=1 - level, method="normal")
    others = {"reference_had": other_had, "reference_could": other_had + other_could}
    p = two_proportions_p(had, had + could, method="fisher", **others).p
    return RelativeLikelihood(float(table.oddsratio), float(low), float(high), None, p)


def disparity_ratios(
    staff: pd.DataFrame, *, group: str, reference: str, page: Page, level: float = 0.95
) -> pd.DataFrame:
    """Disparity ratio of each step, of all staff and of clinical and non-clinical staff (WRES indicator 1).

    ``staff`` is laid out as by :func:`~healthsys.workforce.staff_by_band`; ``page`` holds the same counts, protected,
    by ``tier``, ``side`` and ``group``: a ratio of a suppressed count is not shown. Returns ``staff``, ``step``,
    ``ratio``, ``lower``, ``upper`` and ``reason``.
    """
    rows = []
    for side in ("all", *(name for name in SIDES.values() if (staff["side"] == name).any())):
        part, at = (staff, {}) if side == "all" else (staff[staff["side"] == side], {"side": side})
        for step in STEPS:
            found = disparity_ratio(part, group=group, reference=reference, step=step, level=level)
            cells = [at | {"tier": tier, "group": name} for name in (group, reference) for tier in step]
            if None in [page.shown(cell) for cell in cells if frozenset(cell.items()) in page.counts]:
                found = RelativeLikelihood(None, None, None, "not shown: too few people")
            rows.append((side, f"{step[0]} to {step[1]} bands", found.ratio, found.lower, found.upper,
                         found.reason or ""))  # fmt: skip
    return pd.DataFrame(rows, columns=["staff", "step", "ratio", "lower", "upper", "reason"])
