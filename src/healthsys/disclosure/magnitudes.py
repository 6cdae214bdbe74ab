"""Means and medians of people: the dominance and p-percent rules, and how many people surround a median."""

from collections.abc import Sequence

import numpy as np

from healthsys.disclosure.rules import Rule

#: The two largest contributions may not be more than this share of a sum (n = 2, k = 85 in sdcTable and tau-Argus).
DOMINANCE = 0.85

#: What is left of a sum without its two largest contributions must be at least this share of the largest (p = 20).
#: At p = 10 the rule never decides: such a sum also fails (2, 85). At 20 it refuses a sum that one person nearly makes.
P_PERCENT = 0.20


def mean_is_safe(values: Sequence[float], rule: Rule) -> bool:
    """Say whether a mean may be shown: enough people, and nobody's value follows from it to within p percent.

    Parameters
    ----------
    values
        One value per person, zero or more.
    rule
        Counts that it suppresses are too few people.

    References
    ----------
    Hundepool A et al. Statistical Disclosure Control. Wiley 2012, section 4.2: the (n, k) rule and the p% rule.

    Examples
    --------
    >>> from healthsys.disclosure import HES
    >>> mean_is_safe([15.0] * 8, HES), mean_is_safe([15.0] * 7, HES), mean_is_safe([1.0] * 10 + [500.0], HES)
    (True, False, False)
    """
    if not rule.on or not len(values):
        return bool(len(values))
    if rule.show(len(values)) is None:
        return False
    *rest, second, first = np.sort(np.asarray(values, dtype=float))
    total = sum(rest)
    return bool(first + second <= DOMINANCE * (total + first + second) and total >= P_PERCENT * first)


def median_is_safe(values: Sequence[float], rule: Rule) -> bool:
    """Say whether a median may be shown: as many people as the rule shows are at or below it, and at or above it.

    >>> from healthsys.disclosure import HES
    >>> median_is_safe(range(16), HES), median_is_safe(range(14), HES), median_is_safe([15.0] * 8, HES)
    (True, False, True)
    """
    given = np.asarray(values, dtype=float)
    if not rule.on or not given.size:
        return bool(given.size)
    middle = np.median(given)
    return None not in (rule.show(int((given <= middle).sum())), rule.show(int((given >= middle).sum())))
