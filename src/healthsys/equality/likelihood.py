"""Relative likelihood of an outcome between two groups of staff or applicants, and its exact p."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.statistics import check_level, two_proportions_p

#: Band of the four-fifths guideline, both ends included: a rule of thumb for size. It comes from the Uniform Guidelines
#: on Employee Selection Procedures of the United States (1978, 29 CFR 1607.4 D) and has no standing in the Equality
#: Act 2010.
FOUR_FIFTHS = (0.80, 1.25)

#: A ratio this close to an end of the band (as a share of it) lies on it: 12 of 15 against 15 of 15 is 0.80.
ON_THE_EDGE = 1e-9


@dataclass(frozen=True)
class RelativeLikelihood:
    """A risk ratio with its interval, or the reason why there is none.

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


def whole_count(value: float, name: str) -> int:
    """Return a count of people as a whole number.

    Raises
    ------
    DataError
        If it is missing, negative or not whole.

    Examples
    --------
    >>> whole_count(12.0, "group")
    12
    """
    if pd.isna(value) or math.isinf(value) or value < 0 or value != int(value):
        raise DataError(f"{name}: a count is {value!r}; allowed: whole numbers, 0 or more. Check the source table")
    return int(value)


def _checked(had: int, could: int, reference_had: int, reference_could: int) -> tuple[int, int, int, int]:
    counts = []
    for name, top, base in (("group", had, could), ("reference group", reference_had, reference_could)):
        counts += [whole_count(top, name), whole_count(base, name)]
        if counts[-2] > counts[-1]:
            raise DataError(
                f"{name}: {int(top):,} people had the outcome but only {int(base):,} could have had it; "
                "are the two columns swapped?"
            )
    return tuple(counts)


def relative_likelihood(
    had: int, could: int, *, reference_had: int, reference_could: int, level: float = 0.95
) -> RelativeLikelihood:
    """Risk ratio of one group against a reference group, with Katz's log interval and Fisher's exact p.

    WRES indicator 2 is this with white applicants as the group and BME applicants as the reference: appointed
    over shortlisted in each. It is never an odds ratio, and it divides unrounded rates. No count is changed: a
    group in which everybody or nobody had the outcome enters as it is.

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
        1 means equal likelihood. Where a count of zero leaves the ratio or its interval undefined, or everybody
        in both groups had the outcome, those are None and ``reason`` says why; ``p`` is there all the same.

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
    >>> found = relative_likelihood(60, 300, reference_had=90, reference_could=600)
    >>> f"{found.ratio:.4f} ({found.lower:.4f} to {found.upper:.4f}), p = {found.p:.3f}"
    '1.3333 (0.9919 to 1.7923), p = 0.071'
    >>> found = relative_likelihood(10, 10, reference_had=20, reference_could=40)
    >>> f"{found.ratio:.3f} ({found.lower:.3f} to {found.upper:.3f})"
    '2.000 (1.467 to 2.727)'
    """
    from statsmodels.stats.contingency_tables import Table2x2

    check_level(level)
    had, could, reference_had, reference_could = _checked(had, could, reference_had, reference_could)
    if could == 0 or reference_could == 0:
        return RelativeLikelihood(None, None, None, "nobody could have had the outcome in one of the groups")
    options = {"reference_had": reference_had, "reference_could": reference_could}
    p = two_proportions_p(had, could, method="fisher", **options).p
    if reference_had == 0:
        return RelativeLikelihood(None, None, None, "nobody in the reference group had the outcome", p)
    if had == 0:
        return RelativeLikelihood(
            0.0, None, None, "nobody in the group had the outcome; the log interval is undefined", p
        )
    if had == could and reference_had == reference_could:
        return RelativeLikelihood(
            1.0, None, None, "everybody had the outcome in both groups; the interval is undefined", p
        )
    found = Table2x2(
        np.array([[had, could - had], [reference_had, reference_could - reference_had]], dtype=float),
        shift_zeros=False,  # the default adds 0.5 to every cell where one is zero
    )
    lower, upper = found.riskratio_confint(alpha=1 - level, method="normal")
    return RelativeLikelihood(float(found.riskratio), float(lower), float(upper), None, p)


def likelihood_words(found: RelativeLikelihood, *, group: str, reference: str, outcome: str) -> str:
    """Say in words whom a relative likelihood favours or burdens, and how sure that is.

    Examples
    --------
    >>> found = relative_likelihood(60, 300, reference_had=90, reference_could=600)
    >>> likelihood_words(found, group="White staff", reference="BME staff", outcome="to be promoted")[:54]
    'White staff are more likely to be promoted than BME st'
    """
    if found.ratio is None or found.lower is None:
        return found.reason or ""
    more = "more" if found.ratio > 1 else "less"
    if math.isclose(found.ratio, 1, rel_tol=ON_THE_EDGE):
        return f"{group} and {reference} are equally likely {outcome}"
    sure = (
        "the interval includes equal likelihood"
        if found.lower <= 1 <= found.upper
        else ("equal likelihood lies outside the interval")
    )
    return f"{group} are {more} likely {outcome} than {reference}; {sure}"
