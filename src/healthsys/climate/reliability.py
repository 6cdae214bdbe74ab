"""Do the items of a dimension measure one thing: Cronbach's alpha and McDonald's omega total."""

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.climate.scoring import answers_as_numbers, varies
from healthsys.errors import DataError
from healthsys.statistics import check_level

#: Share of an item's variance below which a factor fit counts as a Heywood case.
SMALLEST_UNIQUENESS = 0.001

#: Imaginary part, in proportion to the largest loading, up to which a complex loading is a real one.
IMAGINARY = 1e-9


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha with Feldt's interval, also of standardised items, or the reason why there is none."""

    alpha: float | None
    lower: float | None
    upper: float | None
    items: int
    n: int
    dropped: int
    reason: str | None = None
    standardised: float | None = None


@dataclass(frozen=True)
class Omega:
    """McDonald's omega total of one factor, or the reason why there is none."""

    omega: float | None
    items: int
    n: int
    dropped: int
    reason: str | None = None


def _complete(items: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    kept = answers_as_numbers(items, label="items").dropna()
    return kept, len(items) - len(kept)


def _unfit(kept: pd.DataFrame, *, fewest_items: int, fewest_people: int) -> str | None:
    """Say why a set of complete answers cannot be analysed, or None."""
    if kept.shape[1] < fewest_items:
        return f"{kept.shape[1]} item(s); at least {fewest_items} are needed"
    if len(kept) < fewest_people:
        return f"{len(kept)} people answered every item; at least {fewest_people} are needed"
    if not varies(kept.sum(axis=1)):
        return "everyone has the same total, so there is no variation to explain"
    return None


def _constant(kept: pd.DataFrame) -> str | None:
    """Name the first item that everyone answers alike, or None."""
    return next((str(column) for column in kept if not varies(kept[column])), None)


def _standardised_alpha(kept: pd.DataFrame) -> float | None:
    """Return k r / (1 + (k - 1) r) with r the mean correlation; None where an item does not vary."""
    if _constant(kept) is not None:
        return None
    related = np.corrcoef(kept.to_numpy(), rowvar=False)
    count = len(related)
    mean = (related.sum() - count) / (count * (count - 1))
    whole = 1 + (count - 1) * mean
    return float(count * mean / whole) if whole > IMAGINARY else None


def cronbach_alpha(items: pd.DataFrame, *, level: float = 0.95) -> Alpha:
    r"""Cronbach's alpha of the items of one dimension, with Feldt's interval, and standardised alpha.

    .. math:: \alpha = \frac{k}{k-1}\left(1 - \frac{\sum_i s_i^2}{s_{\text{total}}^2}\right)

    Parameters
    ----------
    items
        One row a person, one column an item; people with a missing answer are dropped and counted.
    level
        Confidence level of the interval.

    Returns
    -------
    Alpha
        May be negative; ``standardised`` is :math:`k\bar r / (1 + (k-1)\bar r)`, :math:`\bar r` the mean correlation.

    Raises
    ------
    DataError
        If an answer is no finite number, or a column occurs twice.

    References
    ----------
    Cronbach LJ. Psychometrika 1951;16:297-334. Feldt LS, Woodruff DJ, Salih FA. Applied Psychological Measurement
    1987;11:93-103.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [0, 1, 2, 3, 2], "b": [0, 1, 3, 3, 2], "c": [1, 1, 2, 3, 1]})
    >>> round(cronbach_alpha(answers).alpha, 3)
    0.93
    """
    check_level(level)
    kept, dropped = _complete(items)
    reason = _unfit(kept, fewest_items=2, fewest_people=3)
    if reason:
        return Alpha(None, None, None, kept.shape[1], len(kept), dropped, reason)
    covariance, count = np.cov(kept.to_numpy(), rowvar=False, ddof=1), kept.shape[1]
    alpha = float(count / (count - 1) * (1 - np.trace(covariance) / covariance.sum()))
    lower, upper = feldt_interval(alpha, people=len(kept), items=count, level=level)
    return Alpha(alpha, lower, upper, count, len(kept), dropped, standardised=_standardised_alpha(kept))


def feldt_interval(alpha: float, *, people: int, items: int, level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval of Cronbach's alpha: 1 − (1 − α)F with n − 1 and (n − 1)(k − 1) degrees of freedom.

    >>> lower, upper = feldt_interval(0.7327, people=12, items=11)
    >>> f"{lower:.3f} to {upper:.3f}"
    '0.435 to 0.909'
    """
    check_level(level)
    if people < 2 or items < 2:
        raise DataError(f"an interval of alpha needs two people and two items or more, got {people} and {items}")
    tail, freedom = (1 - level) / 2, people - 1
    low, high = (stats.f.isf(share, freedom, freedom * (items - 1)) for share in (tail, 1 - tail))
    return float(1 - (1 - alpha) * low), float(1 - (1 - alpha) * high)


def item_analysis(items: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Alpha if an item were dropped, and the correlation of each item with the rest.

    Parameters
    ----------
    items, level
        As for :func:`cronbach_alpha`.

    Returns
    -------
    pandas.DataFrame
        One row an item: ``item``, ``people``, ``alpha_without`` with ``lower`` and ``upper`` (Feldt),
        ``standardised_without``, ``rest_correlation`` (with the sum of the other items) and ``reason``.

    References
    ----------
    Nunnally JC, Bernstein IH. Psychometric Theory, 3rd edition. McGraw-Hill 1994, chapter 8.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [0, 1, 2, 3, 2], "b": [0, 1, 3, 3, 2], "c": [1, 1, 2, 3, 1]})
    >>> item_analysis(answers)[["item", "alpha_without", "rest_correlation"]].round(3).values.tolist()
    [['a', 0.837, 0.931], ['b', 0.865, 0.917], ['c', 0.966, 0.789]]
    """
    check_level(level)
    kept, _ = _complete(items)
    rows = []
    for item in kept.columns:
        rest = kept.drop(columns=item)
        found = cronbach_alpha(rest, level=level)
        related, reason = None, found.reason
        if rest.shape[1] == 0 or len(kept) < 2:
            reason = reason or "there is no other item or no second person"
        elif not varies(kept[item]) or not varies(rest.sum(axis=1)):
            reason = reason or f"everyone answers '{item}' alike, so it correlates with nothing"
        else:
            related = float(np.corrcoef(kept[item], rest.sum(axis=1))[0, 1])
        rows.append((item, len(kept), found.alpha, found.lower, found.upper, found.standardised, related, reason))
    numbers = ["alpha_without", "lower", "upper", "standardised_without", "rest_correlation"]
    return pd.DataFrame(rows, columns=["item", "people", *numbers, "reason"]).astype(dict.fromkeys(numbers, float))


def omega_from_loadings(loadings: np.ndarray, uniquenesses: np.ndarray) -> float:
    r"""Omega total from the loadings and unique variances of one factor, on the scale of the items.

    .. math:: \omega = \frac{(\sum_i \lambda_i)^2}{(\sum_i \lambda_i)^2 + \sum_i \theta_i}

    >>> loadings = np.array([0.7, 0.6, 0.5, 0.8])
    >>> round(omega_from_loadings(loadings, 1 - loadings**2), 5)
    0.74945
    """
    common = float(np.sum(loadings)) ** 2
    return common / (common + float(np.sum(uniquenesses)))


def mcdonald_omega(items: pd.DataFrame) -> Omega:
    """McDonald's omega total of the items of one dimension: one factor, maximum likelihood, on the items' scale.

    R's ``psych::omega`` fits three group factors by default and is another quantity.

    Parameters
    ----------
    items
        One row a person, one column an item; people with a missing answer are dropped.

    Returns
    -------
    Omega
        None with a reason below three items, with no more people than items, or where the factor cannot be fitted.

    References
    ----------
    McDonald RP. Test Theory: A Unified Treatment. Erlbaum 1999, chapter 6.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [0, 1, 2, 3, 2, 1], "b": [0, 1, 3, 3, 1, 2], "c": [1, 1, 2, 3, 1, 0]})
    >>> 0.8 < mcdonald_omega(answers).omega < 1
    True
    """
    kept, dropped = _complete(items)
    reason = _unfit(kept, fewest_items=3, fewest_people=kept.shape[1] + 1)
    same = _constant(kept) if reason is None else None
    if same is not None:
        reason = f"everyone answers '{same}' alike"
    if reason:
        return Omega(None, kept.shape[1], len(kept), dropped, reason)
    spread = kept.std(ddof=1).to_numpy()
    counts = (kept.shape[1], len(kept), dropped)
    try:
        loadings, uniquenesses = one_factor(kept.to_numpy())
    except (np.linalg.LinAlgError, ValueError) as error:
        return Omega(None, *counts, f"the factor model does not hold: {error}")
    return Omega(omega_from_loadings(loadings * spread, uniquenesses * spread**2), *counts)


def one_factor(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit one factor to correlations by maximum likelihood; return standardised loadings and unique variances.

    The search starts at the first principal component, because statsmodels starts at random numbers.

    Raises ValueError if the search fails, a loading is not real, or an item has no variance of its own (a Heywood
    case).
    """
    from statsmodels.multivariate.factor import Factor

    values, vectors = np.linalg.eigh(np.corrcoef(answers, rowvar=False))
    first = np.clip(np.abs(vectors[:, -1]) * np.sqrt(values[-1]), 0.1, 0.95) * np.sign(vectors[:, -1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = Factor(endog=answers, n_factor=1, method="ml").fit(
            start=(first[:, None], 1 - first**2), opt={"gtol": 1e-7, "maxiter": 500}
        )
    if _real(fit.uniqueness).min() < SMALLEST_UNIQUENESS:  # first: there the search ends by rounding, or does not
        raise ValueError("an item is left no variance of its own (a Heywood case)")
    if np.abs(fit.mle_retvals.jac).max() > 1e-4:
        raise ValueError("the search does not converge")
    return _real(fit.loadings)[:, 0], _real(fit.uniqueness)


def _real(numbers: np.ndarray) -> np.ndarray:
    """Return the real part of what numpy 2.5 makes complex (eigenvectors, always), if the rest is zero."""
    imaginary = np.abs(np.imag(numbers)).max(initial=0.0)
    if not imaginary <= IMAGINARY * max(1.0, float(np.abs(numbers).max(initial=0.0))):
        raise ValueError("the loadings are not real numbers")
    return np.real(numbers)
