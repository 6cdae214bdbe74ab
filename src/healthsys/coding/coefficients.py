"""Coefficients of agreement: percent agreement, kappas, alpha, AC1 and AC2, their standard errors and resamples.

Most functions take a table of counts: one row per unit, one column per category, and in each cell how many coders put
the unit into the category (:func:`healthsys.coding.agreement.rating_counts`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError, nearest
from healthsys.statistics import check_level

#: How near two categories count: only the same one, or by their distance in the order of the categories.
WEIGHTS = ("nominal", "linear", "quadratic")

#: Levels of measurement of Krippendorff's alpha.
LEVELS = ("nominal", "ordinal", "interval", "ratio")

#: Below this a difference that ought to be zero counts as zero (shares lie between 0 and 1).
SMALLEST = 1e-12


class Estimate(NamedTuple):
    """A coefficient, its standard error by formula, and the interval; the error is None where nothing varies."""

    value: float
    error: float | None
    lower: float | None
    upper: float | None


def agreement_weights(categories: int, *, kind: str = "nominal") -> np.ndarray:
    """Return how far each pair of ordered, equally spaced categories counts as agreement, from 0 to 1.

    With d steps between the two of Q categories: ``nominal`` 1 where d is 0 and 0 elsewhere, ``linear``
    1 − d / (Q − 1), ``quadratic`` 1 − d² / (Q − 1)² (Cohen J. Psychological Bulletin 1968;70:213-220).

    Examples
    --------
    >>> agreement_weights(3, kind="linear")[0].tolist(), agreement_weights(3, kind="quadratic")[0].tolist()
    ([1.0, 0.5, 0.0], [1.0, 0.75, 0.0])
    """
    if kind not in WEIGHTS:
        raise DataError(f"weights is '{kind}'.{nearest(kind, WEIGHTS)} Allowed: {', '.join(WEIGHTS)}")
    if kind == "nominal" or categories < 2:
        return np.eye(categories)
    place = np.arange(categories)
    apart = np.abs(place[:, None] - place[None, :]) / (categories - 1)
    return 1 - apart if kind == "linear" else 1 - apart**2


def percent_agreement(table: np.ndarray) -> float | None:
    """Share of pairs of codings of the same unit that agree, averaged over units with at least two codings.

    ``table`` has counts, units by categories.

    Examples
    --------
    >>> float(percent_agreement(np.array([[2.0, 0.0], [1.0, 1.0]])))
    0.5
    """
    return _single(percent_draws(table), table)


def confusion(ratings: pd.DataFrame, *, categories: list | None = None) -> np.ndarray | None:
    """Cross the codings of two coders over the units that both coded; None unless there are two coders and a unit."""
    if ratings.shape[1] != 2:
        return None
    cells, both = _pairs(ratings, categories)
    if not both.any():
        return None
    size = round(cells.shape[1] ** 0.5)
    return cells.sum(axis=0).reshape(size, size)


def cohens_kappa(ratings: pd.DataFrame, *, weights: str = "nominal", categories: list | None = None) -> float | None:
    """Cohen's kappa of two coders over the units that both coded, plain or weighted.

    Parameters
    ----------
    ratings
        Units by two coders; missing cells are units not coded.
    weights
        ``nominal`` for the plain kappa, ``linear`` or ``quadratic`` for ordered categories.
    categories
        All categories in their order, those too that nobody used; those that occur, sorted, where not given.

    Returns
    -------
    float or None
        None where there are not two coders, no unit is shared, or agreement by chance is complete.

    References
    ----------
    Cohen J. Educational and Psychological Measurement 1960;20:37-46. Cohen J. Psychological Bulletin 1968;70:213-220.

    Examples
    --------
    >>> pairs = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
    >>> round(cohens_kappa(pd.DataFrame(pairs, columns=["A", "B"])), 2)
    0.4
    """
    table = confusion(ratings, categories=categories)
    agree = agreement_weights(0 if table is None else len(table), kind=weights)
    if table is None:
        return None
    return _one(_kappa(table[None], agree))


def fleiss_kappa(table: np.ndarray, *, weights: str = "nominal", incomplete: bool = False) -> float | None:
    """Fleiss' kappa; None where a rating is missing, or all ratings fall into one category.

    ``table`` has counts, units by categories; ``weights`` are ``nominal``, ``linear`` or ``quadratic``; ``incomplete``
    uses units with fewer codings than others too, as Gwet generalises it.

    References
    ----------
    Fleiss JL. Psychological Bulletin 1971;76:378-382. Gwet KL. Handbook of Inter-Rater Reliability, 4th edition, 2014.

    Examples
    --------
    >>> round(fleiss_kappa(np.array([[2.0, 0.0]] * 4 + [[0.0, 2.0]] * 3 + [[1.0, 1.0]])), 3)
    0.746
    """
    if not incomplete and not _complete(table):
        return None
    return _single(fleiss_draws(table, agreement_weights(table.shape[1], kind=weights)), table)


def krippendorff_alpha(table: np.ndarray, *, values: list | None = None, level: str = "nominal") -> float | None:
    r"""Krippendorff's alpha, missing ratings allowed; None where only one value occurs.

    :math:`\alpha = 1 - D_o / D_e`, the observed over the expected disagreement: with coincidences
    :math:`o_{ck} = \sum_u n_{uc}(n_{uk} - [c = k]) / (m_u - 1)`, their sums :math:`n_c` and :math:`n`,
    :math:`D_o = \sum o_{ck}\delta^2_{ck}` and :math:`D_e = \sum n_c n_k \delta^2_{ck} / (n - 1)`.

    Parameters
    ----------
    table
        Counts: units by categories. A unit with fewer than two codings pairs with nothing and drops out.
    values
        The categories of the columns; numbers, for a level other than nominal.
    level
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``: how the difference of two categories counts.

    Raises
    ------
    DataError
        If the level is another, the values are not as many as the columns, or are no numbers where they must be.

    References
    ----------
    Krippendorff K. Computing Krippendorff's Alpha-Reliability. University of Pennsylvania, 2011.

    Examples
    --------
    >>> round(krippendorff_alpha(np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0], [2.0, 0.0]])), 4)
    0.5333
    """
    if level not in LEVELS:
        raise DataError(f"level is '{level}'.{nearest(level, LEVELS)} Allowed: {', '.join(LEVELS)}")
    raters = table.sum(axis=1)
    paired = table[raters >= 2]
    if not len(paired) or (paired.sum(axis=0) > 0).sum() < 2:
        return None
    scaled = paired / (paired.sum(axis=1, keepdims=True) - 1)
    coincidences = scaled.T @ paired - np.diag(scaled.sum(axis=0))
    sums = coincidences.sum(axis=0)
    apart = _apart(sums, _numbers(values, table.shape[1], level), level)
    expected = float((np.outer(sums, sums) * apart).sum()) / (sums.sum() - 1)
    return float(1 - (coincidences * apart).sum() / expected) if expected > 0 else None


def gwet_ac1(table: np.ndarray) -> float | None:
    r"""Gwet's AC1, missing ratings allowed.

    :math:`AC_1 = (p_a - p_e)/(1 - p_e)` with :math:`p_e = \frac{1}{Q-1}\sum_q \pi_q (1-\pi_q)`, where
    :math:`\pi_q` is the mean over units of the share of ratings in category q. ``table`` has counts, units by
    categories: pass the whole list of categories, since their number Q enters the formula.

    References
    ----------
    Gwet KL. British Journal of Mathematical and Statistical Psychology 2008;61:29-48.

    Examples
    --------
    >>> round(gwet_ac1(np.array([[2.0, 0.0]] * 9 + [[1.0, 1.0]])), 3)
    0.89
    """
    return gwet_ac2(table, weights="nominal")


def gwet_ac2(table: np.ndarray, *, weights: str = "quadratic") -> float | None:
    r"""Gwet's AC2 for ordered categories, missing ratings allowed; with nominal weights it is AC1.

    :math:`p_e = \frac{T_w}{Q(Q-1)}\sum_q \pi_q (1-\pi_q)` with :math:`T_w` the sum of all weights.

    References
    ----------
    Gwet KL. Handbook of Inter-Rater Reliability, 4th edition. Advanced Analytics 2014, chapter 5.

    Examples
    --------
    >>> round(gwet_ac2(np.array([[2.0, 0, 0]] * 5 + [[0, 2.0, 0]] * 2 + [[1.0, 1.0, 0], [0, 1.0, 1.0]])), 3)
    0.886
    """
    return _single(gwet_draws(table, agreement_weights(table.shape[1], kind=weights)), table)


def kappa_error(table: np.ndarray, *, weights: str = "nominal", level: float = 0.95) -> Estimate | None:
    """Cohen's kappa with its large-sample standard error and normal interval, which ends at 1 at most.

    ``table`` crosses two coders (:func:`confusion`). None where kappa is undefined; without error and interval where
    nothing varies: the formula then gives a width of zero, which is no interval.

    References
    ----------
    Fleiss JL, Cohen J, Everitt BS. Psychological Bulletin 1969;72:323-327.

    Examples
    --------
    >>> found = kappa_error(np.array([[20, 5], [10, 15]]))
    >>> f"{found.value:.2f} ({found.lower:.3f} to {found.upper:.3f}), SE {found.error:.3f}"
    '0.40 (0.151 to 0.649), SE 0.127'
    """
    check_level(level)
    cells = np.asarray(table, dtype=float)
    agree, n = agreement_weights(len(cells), kind=weights), cells.sum()
    value = _one(_kappa(cells[None], agree)) if n else None
    if value is None:
        return None
    share = cells / n
    first, second = share.sum(axis=1), share.sum(axis=0)
    observed, chance = float((agree * share).sum()), float((agree * np.outer(first, second)).sum())
    near = (agree @ second)[:, None] + (first @ agree)[None, :]
    spread = (share * (agree * (1 - chance) - near * (1 - observed)) ** 2).sum()
    variance = (spread - (observed * chance - 2 * chance + observed) ** 2) / (n * (1 - chance) ** 4)
    return _with_interval(value, variance, float(stats.norm.ppf(0.5 + level / 2)))


def fleiss_error(
    table: np.ndarray, *, weights: str = "nominal", incomplete: bool = False, level: float = 0.95
) -> Estimate | None:
    """Fleiss' kappa with Gwet's standard error over units and Student's interval (n − 1 degrees of freedom).

    The error describes units as a sample and holds for any kappa; that of Fleiss 1971 tests kappa = 0 only (Gwet KL.
    Psychometrika 2008;73:407-430).

    Examples
    --------
    >>> found = fleiss_error(np.array([[2.0, 0.0]] * 4 + [[0.0, 2.0]] * 3 + [[1.0, 1.0]]))
    >>> f"{found.value:.3f}, SE {found.error:.3f}"
    '0.746, SE 0.254'
    """
    if not incomplete and not _complete(table):
        return None
    rated, agree = table[table.sum(axis=1) > 0], agreement_weights(table.shape[1], kind=weights)
    value = _single(fleiss_draws(rated, agree), rated)
    if value is None:
        return None
    shares = rated / rated.sum(axis=1, keepdims=True)
    mean = shares.mean(axis=0)
    chance = float(mean @ agree @ mean)
    return _over_units(rated, agree, value, chance, shares @ ((agree @ mean + agree.T @ mean) / 2), level=level)


def gwet_error(table: np.ndarray, *, weights: str = "nominal", level: float = 0.95) -> Estimate | None:
    """Gwet's AC1 (AC2 with weights) with his standard error over units and Student's interval (Gwet 2008).

    Examples
    --------
    >>> found = gwet_error(np.array([[2.0, 0.0]] * 9 + [[1.0, 1.0]]))
    >>> f"{found.value:.3f}, SE {found.error:.3f}, to {found.upper:.0f}"
    '0.890, SE 0.121, to 1'
    """
    rated, agree = table[table.sum(axis=1) > 0], agreement_weights(table.shape[1], kind=weights)
    value = _single(gwet_draws(rated, agree), rated)
    if value is None:
        return None
    shares, size = rated / rated.sum(axis=1, keepdims=True), table.shape[1]
    mean, scale = shares.mean(axis=0), agree.sum() / (size * (size - 1))
    chance = float(scale * (mean * (1 - mean)).sum())
    return _over_units(rated, agree, value, chance, scale * (shares @ (1 - mean)), level=level)


def percent_error(table: np.ndarray, *, level: float = 0.95) -> Estimate | None:
    """Percent agreement with its standard error over units and Student's interval (n − 1 degrees of freedom).

    Examples
    --------
    >>> round(percent_error(np.array([[2.0, 0.0]] * 9 + [[1.0, 1.0]])).error, 3)
    0.1
    """
    rated, agree = table[table.sum(axis=1) > 0], np.eye(table.shape[1])
    value = _single(percent_draws(rated), rated)
    return None if value is None else _over_units(rated, agree, value, 0.0, None, level=level)


def _over_units(
    rated: np.ndarray, agree: np.ndarray, value: float, chance: float, own: np.ndarray | None, *, level: float
) -> Estimate:
    """Give the linearised variance over units: each unit's own coefficient, less its share in the chance agreement."""
    check_level(level)
    n = len(rated)
    if n < 2:
        return Estimate(value, None, None, None)
    agreed, paired = _agreed(rated, agree)
    each = n / paired.sum() * (agreed - chance * paired) / (1 - chance)
    if own is not None:
        each = each - 2 * (1 - value) * (own - chance) / (1 - chance)
    variance = float(((each - value) ** 2).sum()) / (n * (n - 1))
    return _with_interval(value, variance, float(stats.t.ppf(0.5 + level / 2, n - 1)))


def _with_interval(value: float, variance: float, quantile: float) -> Estimate:
    if variance <= SMALLEST**2:
        return Estimate(value, None, None, None)
    error = float(variance**0.5)
    return Estimate(value, error, value - quantile * error, min(1.0, value + quantile * error))


def times_drawn(samples: np.ndarray, units: int) -> np.ndarray:
    """Count how often each unit is in each bootstrap sample (samples by units): a resample is then a matrix product."""
    place = np.asarray(samples) + units * np.arange(len(samples))[:, None]
    return np.bincount(place.ravel(), minlength=units * len(samples)).reshape(len(samples), units).astype(float)


def percent_draws(table: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Percent agreement of each resample; missing where no unit has two codings."""
    times = _times(table, times)
    agreed, paired = _agreed(table, np.eye(table.shape[1]))
    return _ratio(times @ agreed, times @ paired)


def kappa_draws(
    ratings: pd.DataFrame, times: np.ndarray, *, weights: str = "nominal", categories: list | None = None
) -> np.ndarray:
    """Cohen's kappa of each resample of the units; missing where agreement by chance is complete."""
    cells, _ = _pairs(ratings, categories)
    size = round(cells.shape[1] ** 0.5)
    return _kappa((times @ cells).reshape(len(times), size, size), agreement_weights(size, kind=weights))


def fleiss_draws(table: np.ndarray, agree: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Fleiss' kappa of each resample; missing where only one category occurs."""
    times = _times(table, times)
    mean = _mean_shares(table, times)
    chance = ((mean @ agree) * mean).sum(axis=1)
    return _corrected(_agreed_draws(table, agree, times), chance, _varies(table, times))


def alpha_draws(table: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Krippendorff's alpha (nominal) of each resample; missing where only one value occurs."""
    raters = table.sum(axis=1)
    paired = np.where((raters >= 2)[:, None], table, 0.0)
    each = paired.sum(axis=1)
    apart = np.where(each > 0, (each**2 - (paired**2).sum(axis=1)) / np.where(each > 0, raters - 1, 1), 0.0)
    sums = times @ paired
    total = sums.sum(axis=1)
    expected = total**2 - (sums**2).sum(axis=1)
    return 1 - _ratio((total - 1) * (times @ apart), expected)  # expected is 0 where only one value occurs


def gwet_draws(table: np.ndarray, agree: np.ndarray, times: np.ndarray | None = None) -> np.ndarray:
    """Gwet's AC1 or AC2 of each resample; missing with one category, or where no unit has two codings."""
    times, size = _times(table, times), table.shape[1]
    if size < 2:
        return np.full(len(times), np.nan)
    mean = _mean_shares(table, times)
    chance = agree.sum() / (size * (size - 1)) * (mean * (1 - mean)).sum(axis=1)
    return _corrected(_agreed_draws(table, agree, times), chance, np.ones(len(times), dtype=bool))


def _times(table: np.ndarray, times: np.ndarray | None) -> np.ndarray:
    return np.ones((1, len(table))) if times is None else times


def _agreed(table: np.ndarray, agree: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's share of agreeing pairs of codings (0 without a pair), and whether it has a pair."""
    raters = table.sum(axis=1)
    pairs = raters * (raters - 1)
    near = (table * (table @ agree.T - 1)).sum(axis=1)
    return np.where(raters >= 2, near / np.where(pairs > 0, pairs, 1), 0.0), (raters >= 2).astype(float)


def _agreed_draws(table: np.ndarray, agree: np.ndarray, times: np.ndarray) -> np.ndarray:
    agreed, paired = _agreed(table, agree)
    return _ratio(times @ agreed, times @ paired)


def _mean_shares(table: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Mean over units of the share of codings in each category, in each resample; 0 where nothing is coded."""
    raters = table.sum(axis=1, keepdims=True)
    shares = table / np.where(raters > 0, raters, 1)
    rated = times @ (raters[:, 0] > 0).astype(float)
    return (times @ shares) / np.where(rated > 0, rated, 1)[:, None]


def _varies(table: np.ndarray, times: np.ndarray) -> np.ndarray:
    return ((times @ table) > 0).sum(axis=1) >= 2


def _corrected(agreed: np.ndarray, chance: np.ndarray, defined: np.ndarray) -> np.ndarray:
    left = 1 - chance
    return _ratio(agreed - chance, np.where(defined & (left > SMALLEST), left, 0.0))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide, and leave missing what would be divided by zero."""
    out = np.full(np.shape(part), np.nan)
    return np.divide(part, whole, out=out, where=whole > 0)


def _pairs(ratings: pd.DataFrame, categories: list | None) -> tuple[np.ndarray, np.ndarray]:
    """Mark for each unit the cell of the crossed table it falls into; a unit without both codings is in none."""
    both = ratings.notna().all(axis=1).to_numpy()
    seen = list(pd.unique(ratings[both].to_numpy().ravel()))
    values = ordered(seen) if categories is None else list(categories)
    place = {value: at for at, value in enumerate(values)}
    unknown = [value for value in seen if value not in place]
    if unknown:
        raise DataError(f"ratings: the category '{unknown[0]}' is none of {', '.join(map(str, values))}")
    cells = np.zeros((len(ratings), len(values) ** 2))
    for row, pair in zip(np.flatnonzero(both), ratings[both].itertuples(index=False), strict=True):
        cells[row, place[pair[0]] * len(values) + place[pair[1]]] = 1
    return cells, both


def ordered(values: list) -> list:
    """Sort categories; refuse numbers mixed with text, whose order nobody can tell."""
    try:
        return sorted(values)
    except TypeError:
        raise DataError(
            "ratings: the categories mix numbers and text, so they have no order "
            f"({', '.join(repr(value) for value in values[:4])}); write them alike, or pass categories"
        ) from None


def _kappa(cells: np.ndarray, agree: np.ndarray) -> np.ndarray:
    """Kappa of each crossed table; missing where it is empty, or both coders used one category and the same."""
    total = cells.sum(axis=(1, 2))
    share = cells / np.where(total > 0, total, 1)[:, None, None]
    first, second = share.sum(axis=2), share.sum(axis=1)
    observed = (share * agree).sum(axis=(1, 2))
    chance = ((first @ agree) * second).sum(axis=1)
    return _corrected(observed, chance, total > 0)


def _numbers(values: list | None, size: int, level: str) -> np.ndarray:
    """Return the values of the categories as numbers; their places where the level needs none."""
    if values is None:
        return np.arange(size, dtype=float)
    if len(values) != size:
        raise DataError(f"values has {len(values)} categories and the table {size}; give one value for each column")
    if level in ("nominal", "ordinal"):
        return np.arange(size, dtype=float)
    try:
        numbers = np.asarray([float(value) for value in values])
    except (TypeError, ValueError):
        raise DataError(
            f"values are {', '.join(map(str, values))}; with the level {level} each must be a number"
        ) from None
    if not np.isfinite(numbers).all() or (level == "ratio" and (numbers < 0).any()):
        raise DataError(f"values are {', '.join(map(str, values))}; allowed with the level {level}: finite numbers"
                        + (", 0 or more" if level == "ratio" else ""))  # fmt: skip
    return numbers


def _apart(sums: np.ndarray, numbers: np.ndarray, level: str) -> np.ndarray:
    """Squared difference of each pair of categories at a level of measurement (Krippendorff 2011)."""
    size = len(sums)
    if level == "nominal":
        return 1 - np.eye(size)
    if level == "ordinal":
        upto = np.cumsum(sums)
        middle = upto - sums / 2
        return (middle[:, None] - middle[None, :]) ** 2
    gap = numbers[:, None] - numbers[None, :]
    if level == "interval":
        return gap**2
    whole = numbers[:, None] + numbers[None, :]
    return np.where(whole > 0, gap / np.where(whole > 0, whole, 1), 0.0) ** 2


def _complete(table: np.ndarray) -> bool:
    """Say whether every unit has as many codings as every other, at least two."""
    raters = table.sum(axis=1)
    return bool(len(table)) and bool((raters == raters[0]).all()) and bool(raters[0] >= 2)


def _one(found: np.ndarray) -> float | None:
    value = float(found[0])
    return None if np.isnan(value) else value


def _single(found: np.ndarray, table: np.ndarray) -> float | None:
    """Give the coefficient of the table itself, or None where it is undefined or the table is empty."""
    return _one(found) if len(table) else None
