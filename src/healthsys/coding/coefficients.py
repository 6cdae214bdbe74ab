"""Coefficients of agreement, their standard errors by formula and their values in resamples of the units.

Most functions take a table of counts: one row per unit, one column per category, and in each cell how many coders put
the unit into the category (:func:`healthsys.coding.rating_counts`).
"""

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
    """Return how far each pair of ordered, equally spaced categories counts as agreement, from 0 to 1 (Cohen 1968).

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

    >>> float(percent_agreement(np.array([[2.0, 0.0], [1.0, 1.0]])))
    0.5
    """
    return _value("percent", table)


def cohens_kappa(ratings: pd.DataFrame, *, weights: str = "nominal", categories: list | None = None) -> float | None:
    """Cohen's kappa of two coders over the units that both coded, plain or weighted.

    Parameters
    ----------
    ratings, categories
        Units by two coders, and all categories in their order (where not given, the order of ordered Categoricals of
        one kind, else those that occur, sorted).
    weights
        ``nominal`` for the plain kappa, ``linear`` or ``quadratic`` for ordered categories; text then needs an order.

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
    table = confusion(ratings, categories=in_order(ratings, categories, weights=weights))
    agree = agreement_weights(0 if table is None else len(table), kind=weights)
    return None if table is None else _one(_kappa(table[None], agree))


def fleiss_kappa(table: np.ndarray, *, weights: str = "nominal", incomplete: bool = False) -> float | None:
    """Fleiss' kappa; None where a rating is missing (unless ``incomplete``, as Gwet generalises it) or nothing varies.

    References
    ----------
    Fleiss JL. Psychological Bulletin 1971;76:378-382. Gwet KL. Handbook of Inter-Rater Reliability, 4th edition, 2014.

    Examples
    --------
    >>> round(fleiss_kappa(np.array([[2.0, 0.0]] * 4 + [[0.0, 2.0]] * 3 + [[1.0, 1.0]])), 3)
    0.746
    """
    return _value("fleiss", table, weights) if incomplete or _complete(table) else None


def krippendorff_alpha(table: np.ndarray, *, values: list | None = None, level: str = "nominal") -> float | None:
    """Krippendorff's alpha, missing ratings allowed: :math:`1 - D_o / D_e`, observed over expected disagreement.

    Parameters
    ----------
    table
        Counts: units by categories. A unit with fewer than two codings drops out.
    values
        The categories of the columns; numbers, for the levels interval and ratio.
    level
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``: how the difference of two categories counts.

    Returns
    -------
    float or None
        None where only one value occurs.

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
    paired = table[table.sum(axis=1) >= 2]
    if (paired.sum(axis=0) > 0).sum() < 2:
        return None
    scaled = paired / (paired.sum(axis=1, keepdims=True) - 1)
    coincidences = scaled.T @ paired - np.diag(scaled.sum(axis=0))
    sums = coincidences.sum(axis=0)
    apart = _apart(sums, _numbers(values, table.shape[1], level), level)
    expected = float((np.outer(sums, sums) * apart).sum()) / (sums.sum() - 1)
    return float(1 - (coincidences * apart).sum() / expected) if expected > 0 else None


def gwet_ac1(table: np.ndarray) -> float | None:
    """Gwet's AC1, missing ratings allowed; the number of categories enters, so count all that could occur.

    References
    ----------
    Gwet KL. British Journal of Mathematical and Statistical Psychology 2008;61:29-48.

    Examples
    --------
    >>> round(gwet_ac1(np.array([[2.0, 0.0]] * 9 + [[1.0, 1.0]])), 3)
    0.89
    """
    return _value("gwet", table)


def gwet_ac2(table: np.ndarray, *, weights: str = "quadratic") -> float | None:
    r"""Gwet's AC2 for ordered categories, missing ratings allowed.

    :math:`(p_a - p_e)/(1 - p_e)` with :math:`p_e = \frac{T_w}{Q(Q-1)}\sum_q \pi_q (1-\pi_q)`, :math:`T_w` the sum of
    all weights and :math:`\pi_q` the mean over units of the share of ratings in category q.

    References
    ----------
    Gwet KL. Handbook of Inter-Rater Reliability, 4th edition. Advanced Analytics 2014, chapter 5.

    Examples
    --------
    >>> round(gwet_ac2(np.array([[2.0, 0, 0]] * 5 + [[0, 2.0, 0]] * 2 + [[1.0, 1.0, 0], [0, 1.0, 1.0]])), 3)
    0.886
    """
    return _value("gwet", table, weights)


def confusion(ratings: pd.DataFrame, *, categories: list | None = None) -> np.ndarray | None:
    """Cross the codings of two coders over the units that both coded; None unless there are two coders and a unit."""
    if ratings.shape[1] != 2 or not ratings.notna().all(axis=1).any():
        return None
    cells = _pairs(ratings, categories).sum(axis=0)
    size = round(len(cells) ** 0.5)
    return cells.reshape(size, size)


def kappa_error(table: np.ndarray, *, weights: str = "nominal", level: float = 0.95) -> Estimate | None:
    """Cohen's kappa of a crossed table with its large-sample standard error and normal interval, at most 1.

    None where kappa is undefined; no error where nothing varies (Fleiss JL, Cohen J, Everitt BS. Psychological Bulletin
    1969;72:323-327).
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


def error_over_units(
    kind: str, table: np.ndarray, *, weights: str = "nominal", incomplete: bool = False, level: float = 0.95
) -> Estimate | None:
    """``percent`` agreement, ``fleiss`` kappa or ``gwet`` AC with Gwet's standard error and Student's interval.

    The variance is that of each unit's own coefficient, less its share in the chance agreement; the error of Fleiss
    1971, by contrast, tests kappa = 0 only (Gwet KL. Psychometrika 2008;73:407-430).
    """
    check_level(level)
    rated = table[table.sum(axis=1) > 0]
    value = _value(kind, rated, weights)
    if value is None or (kind == "fleiss" and not incomplete and not _complete(table)):
        return None
    n, size = len(rated), table.shape[1]
    if n < 2:
        return Estimate(value, None, None, None)
    agree = agreement_weights(size, kind=weights)
    agreed, paired = _agreed(rated, agree)
    shares = rated / rated.sum(axis=1, keepdims=True)
    mean = shares.mean(axis=0)
    chance, own = 0.0, np.zeros(n)
    if kind == "fleiss":
        chance, own = float(mean @ agree @ mean), shares @ ((agree @ mean + agree.T @ mean) / 2)
    elif kind == "gwet":
        scale = agree.sum() / (size * (size - 1))
        chance, own = float(scale * (mean * (1 - mean)).sum()), scale * (shares @ (1 - mean))
    each = n / paired.sum() * (agreed - chance * paired) / (1 - chance)
    if kind != "percent":
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


def draws(kind: str, table: np.ndarray, times: np.ndarray, *, weights: str = "nominal") -> np.ndarray:
    """Return ``percent`` agreement, ``fleiss``, ``gwet`` or nominal ``alpha`` of each resample, missing where none."""
    raters = table.sum(axis=1)
    if kind == "alpha":
        paired = np.where((raters >= 2)[:, None], table, 0.0)
        each = paired.sum(axis=1)
        apart = np.where(each > 0, (each**2 - (paired**2).sum(axis=1)) / np.where(each > 0, raters - 1, 1), 0.0)
        sums = times @ paired
        total = sums.sum(axis=1)
        expected = total**2 - (sums**2).sum(axis=1)  # 0 where only one value occurs
        return 1 - _ratio((total - 1) * (times @ apart), expected)
    size = table.shape[1]
    agree = agreement_weights(size, kind=weights)
    agreed, paired = _agreed(table, agree)
    observed = _ratio(times @ agreed, times @ paired)
    if kind == "percent":
        return observed
    rated = times @ (raters > 0).astype(float)
    mean = (times @ (table / np.where(raters > 0, raters, 1)[:, None])) / np.where(rated > 0, rated, 1)[:, None]
    if kind == "fleiss":
        chance, defined = ((mean @ agree) * mean).sum(axis=1), ((times @ table) > 0).sum(axis=1) >= 2
    else:
        scale = agree.sum() / max(size * (size - 1), 1)
        chance, defined = scale * (mean * (1 - mean)).sum(axis=1), np.full(len(times), size >= 2)
    return _corrected(observed, chance, defined)


def kappa_draws(ratings: pd.DataFrame, times: np.ndarray) -> np.ndarray:
    """Cohen's kappa of each resample of the units; missing where agreement by chance is complete."""
    cells = _pairs(ratings, None)
    size = round(cells.shape[1] ** 0.5)
    return _kappa((times @ cells).reshape(len(times), size, size), np.eye(size))


def _agreed(table: np.ndarray, agree: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each unit's share of agreeing pairs of codings (0 without a pair), and whether it has a pair."""
    raters = table.sum(axis=1)
    pairs = raters * (raters - 1)
    near = (table * (table @ agree.T - 1)).sum(axis=1)
    return np.where(raters >= 2, near / np.where(pairs > 0, pairs, 1), 0.0), (raters >= 2).astype(float)


def _corrected(agreed: np.ndarray, chance: np.ndarray, defined: np.ndarray) -> np.ndarray:
    left = 1 - chance
    return _ratio(agreed - chance, np.where(defined & (left > SMALLEST), left, 0.0))


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide, and leave missing what would be divided by zero."""
    return np.divide(part, whole, out=np.full(np.shape(part), np.nan), where=whole > 0)


def _pairs(ratings: pd.DataFrame, categories: list | None) -> np.ndarray:
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
    return cells


def in_order(ratings: pd.DataFrame, categories: list | None, *, weights: str = "nominal") -> list | None:
    """Return the categories given, or those of ordered Categoricals; refuse text without an order that weights need."""
    if categories is not None:
        return list(categories)
    kinds = set(ratings.dtypes)
    kind = next(iter(kinds), None)
    if len(kinds) == 1 and isinstance(kind, pd.CategoricalDtype) and kind.ordered:
        return list(kind.categories)
    text = [cell for cell in pd.unique(ratings.to_numpy().ravel()) if isinstance(cell, str)]
    if text and weights != "nominal":
        raise DataError(
            f"ratings: {weights} weights need the order of the categories, and text such as '{text[0]}' has none; pass "
            "categories=[…] from the lowest to the highest, or ordered Categoricals of one kind"
        )
    return None


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
    chance = ((share.sum(axis=2) @ agree) * share.sum(axis=1)).sum(axis=1)
    return _corrected((share * agree).sum(axis=(1, 2)), chance, total > 0)


def _numbers(values: list | None, size: int, level: str) -> np.ndarray:
    """Return the values of the categories as numbers; their places where the level needs none."""
    if values is not None and len(values) != size:
        raise DataError(f"values has {len(values)} categories and the table {size}; give one value for each column")
    if values is None or level in ("nominal", "ordinal"):
        return np.arange(size, dtype=float)
    said = f"values are {', '.join(map(str, values))}"
    try:
        numbers = np.asarray([float(value) for value in values])
    except (TypeError, ValueError):
        raise DataError(f"{said}; with the level {level} each must be a number") from None
    if not np.isfinite(numbers).all() or (level == "ratio" and (numbers < 0).any()):
        more = ", 0 or more" if level == "ratio" else ""
        raise DataError(f"{said}; allowed with the level {level}: finite numbers{more}")
    return numbers


def _apart(sums: np.ndarray, numbers: np.ndarray, level: str) -> np.ndarray:
    """Squared difference of each pair of categories at a level of measurement (Krippendorff 2011)."""
    if level == "nominal":
        return 1 - np.eye(len(sums))
    if level == "ordinal":
        numbers = np.cumsum(sums) - sums / 2
    gap = numbers[:, None] - numbers[None, :]
    if level != "ratio":
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


def _value(kind: str, table: np.ndarray, weights: str = "nominal") -> float | None:
    """Give the coefficient of the table itself, or None where it is undefined or the table is empty."""
    agreement_weights(table.shape[1], kind=weights)
    return _one(draws(kind, table, np.ones((1, len(table))), weights=weights)) if len(table) else None
