"""Do the items of a dimension measure one thing: Cronbach's alpha and McDonald's omega total."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.climate.dimensions import DIMENSIONS, item_columns
from healthsys.climate.scoring import Shown
from healthsys.statistics import check_level

#: Share of an item's variance below which a factor fit counts as a Heywood case.
SMALLEST_UNIQUENESS = 0.001


@dataclass(frozen=True)
class Alpha:
    """Cronbach's alpha with Feldt's interval, or the reason why there is none."""

    alpha: float | None
    lower: float | None
    upper: float | None
    items: int
    n: int
    dropped: int
    reason: str | None = None


@dataclass(frozen=True)
class Omega:
    """McDonald's omega total of one factor, or the reason why there is none."""

    omega: float | None
    items: int
    n: int
    dropped: int
    reason: str | None = None


def _complete(items: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    kept = items.astype("float64").dropna()
    return kept, len(items) - len(kept)


def _unfit(kept: pd.DataFrame, *, fewest_items: int, fewest_people: int) -> str | None:
    """Say why a set of complete answers cannot be analysed, or None."""
    if kept.shape[1] < fewest_items:
        return f"{kept.shape[1]} item(s); at least {fewest_items} are needed"
    if len(kept) < fewest_people:
        return f"{len(kept)} people answered every item; at least {fewest_people} are needed"
    if (kept.std(ddof=1) == 0).all() or kept.sum(axis=1).std(ddof=1) == 0:
        return "everyone has the same total, so there is no variation to explain"
    return None


def cronbach_alpha(items: pd.DataFrame, *, level: float = 0.95) -> Alpha:
    r"""Cronbach's alpha of the items of one dimension, with Feldt's interval (:func:`pingouin.cronbach_alpha`).

    .. math:: \alpha = \frac{k}{k-1}\left(1 - \frac{\sum_i s_i^2}{s_{\text{total}}^2}\right)

    Parameters
    ----------
    items
        One row a person, one column an item; people with a missing answer are dropped (listwise) before anything is
        computed, and counted.
    level
        Coverage of the interval.

    Returns
    -------
    Alpha
        At most 1; negative where items oppose each other, and then reported as it is.

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
    import pingouin

    alpha = float(pingouin.cronbach_alpha(data=kept)[0])
    lower, upper = feldt_interval(alpha, people=len(kept), items=kept.shape[1], level=level)
    return Alpha(alpha, lower, upper, kept.shape[1], len(kept), dropped)


def feldt_interval(alpha: float, *, people: int, items: int, level: float = 0.95) -> tuple[float, float]:
    """Feldt's interval of Cronbach's alpha: 1 − (1 − α)F with n − 1 and (n − 1)(k − 1) degrees of freedom.

    pingouin computes the same and rounds it to three digits; here it is kept whole.

    Examples
    --------
    >>> lower, upper = feldt_interval(0.7327, people=12, items=11)
    >>> f"{lower:.3f} to {upper:.3f}"
    '0.435 to 0.909'
    """
    from scipy import stats

    tail, freedom = (1 - level) / 2, people - 1
    low, high = (stats.f.isf(share, freedom, freedom * (items - 1)) for share in (tail, 1 - tail))
    return float(1 - (1 - alpha) * low), float(1 - (1 - alpha) * high)


def omega_from_loadings(loadings: np.ndarray, uniquenesses: np.ndarray) -> float:
    r"""Omega total from the loadings and unique variances of one factor, on the scale of the items.

    .. math:: \omega = \frac{(\sum_i \lambda_i)^2}{(\sum_i \lambda_i)^2 + \sum_i \theta_i}

    Examples
    --------
    >>> loadings = np.array([0.7, 0.6, 0.5, 0.8])
    >>> round(omega_from_loadings(loadings, 1 - loadings**2), 5)
    0.74945
    """
    common = float(np.sum(loadings)) ** 2
    return common / (common + float(np.sum(uniquenesses)))


def mcdonald_omega(items: pd.DataFrame) -> Omega:
    """McDonald's omega total of the items of one dimension: one factor, maximum likelihood, on covariances.

    The factor is fitted to the correlations (:class:`statsmodels.multivariate.factor.Factor`); loadings and unique
    variances are brought back to the scale of the items by their standard deviations. R's ``psych::omega`` fits three
    group factors by default and is another quantity.

    Parameters
    ----------
    items
        One row a person, one column an item; people with a missing answer are dropped (listwise).

    Returns
    -------
    Omega
        None with a reason below three items (one factor is not identified), with no more people than items, where an
        item does not vary, or where the fit fails or leaves an item no variance of its own.

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
    spread = kept.std(ddof=1).to_numpy()
    if reason is None and (spread == 0).any():
        reason = f"everyone answers '{kept.columns[int((spread == 0).argmax())]}' alike"
    if reason:
        return Omega(None, kept.shape[1], len(kept), dropped, reason)
    counts = (kept.shape[1], len(kept), dropped)
    try:
        loadings, uniquenesses = one_factor(kept.to_numpy())
    except (np.linalg.LinAlgError, ValueError) as error:
        return Omega(None, *counts, f"the factor model does not hold: {error}")
    return Omega(omega_from_loadings(loadings * spread, uniquenesses * spread**2), *counts)


def one_factor(answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit one factor to correlations by maximum likelihood; return standardised loadings and unique variances.

    The search starts at the first principal component, so that the same answers always give the same fit
    (statsmodels starts at random numbers).

    Raises
    ------
    ValueError
        If the search does not converge, or an item is left no variance of its own (a Heywood case).

    Examples
    --------
    >>> answers = np.array([[0, 0, 1], [1, 1, 1], [2, 3, 2], [3, 3, 3], [2, 1, 1], [1, 2, 0]])
    >>> one_factor(answers)[0].shape
    (3,)
    """
    from statsmodels.multivariate.factor import Factor

    values, vectors = np.linalg.eigh(np.corrcoef(answers, rowvar=False))
    first = np.clip(np.abs(vectors[:, -1]) * np.sqrt(values[-1]), 0.1, 0.95) * np.sign(vectors[:, -1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = Factor(endog=answers, n_factor=1, method="ml").fit(
            start=(first[:, None], 1 - first**2), opt={"gtol": 1e-7, "maxiter": 500}
        )
    if np.abs(fit.mle_retvals.jac).max() > 1e-4:
        raise ValueError("the search does not converge")
    if fit.uniqueness.min() < SMALLEST_UNIQUENESS:
        raise ValueError("an item is left no variance of its own (a Heywood case)")
    return fit.loadings[:, 0], fit.uniqueness


def scale_reliability(shown: Shown, *, level: float = 0.95) -> pd.DataFrame:
    """Alpha and omega of every dimension over the people of the shown teams.

    Returns
    -------
    pandas.DataFrame
        ``dimension``, ``items``, ``people`` (complete answers), ``dropped``, ``alpha``, ``lower``, ``upper``,
        ``omega``, ``reason``.

    Examples
    --------
    >>> from healthsys.climate import read_survey, withhold_small_teams
    >>> found = scale_reliability(withhold_small_teams(read_survey("climate_survey_baseline")))
    >>> found["alpha"].between(0, 1).all()
    np.True_
    """
    rows = []
    for dimension in DIMENSIONS:
        columns = item_columns(shown.answers.columns, dimension)
        if not columns:
            continue
        answers = shown.answers[columns]
        alpha, omega = cronbach_alpha(answers, level=level), mcdonald_omega(answers)
        reason = "; ".join(dict.fromkeys(said for said in (alpha.reason, omega.reason) if said)) or None
        counts = (alpha.items, alpha.n, alpha.dropped)
        rows.append((dimension, *counts, alpha.alpha, alpha.lower, alpha.upper, omega.omega, reason))
    columns = ["dimension", "items", "people", "dropped", "alpha", "lower", "upper", "omega", "reason"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(("alpha", "lower", "upper", "omega"), float))
