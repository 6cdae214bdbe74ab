"""Panels of organisations: remove effects, and fit a model from sums by organisation in place of its rows.

Removing effects first gives the slopes of the model with all its effects: Frisch R, Waugh FV. Econometrica
1933;1:387-401; Lovell MC. J Am Stat Assoc 1963;58:993-1010. Standard errors clustered by organisation: Liang KY, Zeger
SL. Biometrika 1986;73:13-22, times G/(G - 1) times (n - 1)/(n - k). Here k counts every parameter of the effects, those
nested in organisations too, as a regression on dummies in statsmodels and Stata's areg do. Stata's xtreg and reghdfe,
and :mod:`healthsys.did`, leave nested effects out; against theirs, the intervals here are wider.

>>> rows = pd.DataFrame({"trust": list("aaabbbccc"), "year": [1, 2, 3] * 3, "x": [1, 2, 4, 2, 2, 5, 3, 1, 2],
...                      "y": [2, 3, 5, 1, 2, 5, 6, 3, 5]})
>>> kept = moments(rows, "y", ["x"], organisation="trust", effects=["trust", "year"], seed=1)
>>> fit = fit_from_moments(kept.sums, "y", ["x"], absorbed=kept.absorbed)
>>> round(float(fit.estimates.loc["x", "estimate"]), 3), fit.rows, fit.organisations
(1.135, 9, 3)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np
import pandas as pd
from scipy import stats

from healthsys.errors import DataError
from healthsys.statistics import check_level

__all__ = ["Moments", "PanelFit", "absorb", "binned", "fit_from_moments", "moments"]
#: What dir() lists: the methods, without the modules that they are in and what those import.
__dir__ = __all__.copy


#: An organisation with fewer periods than this is left out of what is published.
FEWEST_PERIODS = 3


@dataclass(frozen=True)
class Moments:
    """What a linear model needs of a panel: one row per unnamed organisation, and what was left out.

    ``sums`` has a column ``organisation`` (a number in random order), ``n`` (rows) and one ``a:b`` for the sum of the
    products of each two variables after the effects are removed; ``absorbed`` counts the parameters of the effects.
    """

    sums: pd.DataFrame
    absorbed: int
    left_out: int


@dataclass(frozen=True)
class PanelFit:
    """Slopes with standard errors clustered by organisation; ``estimates`` has one row per regressor."""

    estimates: pd.DataFrame
    rows: int
    organisations: int
    absorbed: int


def absorb(
    frame: pd.DataFrame, columns: Sequence[str], effects: Sequence[str] = (), *, weights: str = ""
) -> tuple[pd.DataFrame, int]:
    """Remove effects from columns by least squares: what is left of each, and the number of absorbed parameters.

    Parameters
    ----------
    frame
        One row per organisation and period. Every column used must be complete.
    columns
        Numeric columns.
    effects
        Columns whose values each get a parameter, such as trust and year; without any, the mean is removed.
    weights
        A column of positive weights; without one, each row counts the same.

    Returns
    -------
    (pandas.DataFrame, int)
        The residuals, in the units of the columns, and the rank of the effects' design.

    Raises
    ------
    DataError
        If a value is missing or a weight is not positive.

    Examples
    --------
    >>> left, parameters = absorb(pd.DataFrame({"unit": ["a", "a", "b"], "x": [1.0, 3.0, 5.0]}), ["x"], ["unit"])
    >>> left["x"].round(9).tolist(), parameters
    ([-1.0, 1.0, 0.0], 2)
    """
    used = [*columns, *effects, *([weights] if weights else [])]
    for name in used:
        if frame[name].isna().any():
            raise DataError(
                f"column '{name}' has no value in row {frame.index[frame[name].isna()][0]}; a panel model needs "
                "complete rows: leave out the rows that lack one, and say how many"
            )
    root = np.ones(len(frame))
    if weights:
        if not (frame[weights] > 0).all():
            raise DataError(f"column '{weights}' holds a weight that is not above 0; leave out the rows without weight")
        root = np.sqrt(frame[weights].to_numpy(float))
    design = np.ones((len(frame), 1))
    if effects:
        design = np.hstack([pd.get_dummies(frame[name].astype(str), dtype=float).to_numpy() for name in effects])
    values = frame[list(columns)].to_numpy(float)
    found, _, rank, _ = np.linalg.lstsq(design * root[:, None], values * root[:, None], rcond=None)
    return pd.DataFrame(values - design @ found, index=frame.index, columns=list(columns)), int(rank)


def moments(
    frame: pd.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    *,
    organisation: str,
    effects: Sequence[str] = (),
    weights: str = "",
    fewest: int = FEWEST_PERIODS,
    seed: int,
) -> Moments:
    """Reduce a panel to sums of products by organisation, from which the model follows exactly.

    Organisations with fewer than ``fewest`` rows are left out before the effects are removed.

    Parameters
    ----------
    frame
        One row per organisation and period.
    outcome, regressors
        Numeric columns; rows that lack a value of one are left out first.
    organisation
        The column that names the organisation; its names are not in the result.
    effects, weights
        As in :func:`absorb`.
    fewest
        The smallest number of rows of an organisation that stays.
    seed
        Seed of the random order of organisations.

    Returns
    -------
    Moments

    Examples
    --------
    See the quick start of this module.
    """
    names = [outcome, *regressors]
    rows = frame.dropna(subset=[*names, *([weights] if weights else [])])
    count = rows.groupby(organisation)[outcome].transform("size")
    left_out = rows.loc[count < fewest, organisation].nunique()
    rows = rows[count >= fewest].reset_index(drop=True)
    left, absorbed = absorb(rows, names, effects, weights=weights)
    weight = rows[weights] if weights else 1.0
    products = pd.DataFrame(
        {f"{a}:{b}": left[a] * left[b] * weight for a, b in combinations_with_replacement(names, 2)}
    )
    sums = products.groupby(rows[organisation]).sum()
    sums.insert(0, "n", rows.groupby(organisation).size())
    sums = sums.sample(frac=1, random_state=np.random.default_rng(seed)).reset_index(drop=True)
    sums.insert(0, "organisation", np.arange(1, len(sums) + 1))
    return Moments(sums, absorbed, int(left_out))


def fit_from_moments(
    sums: pd.DataFrame, outcome: str, regressors: Sequence[str], *, absorbed: int, level: float = 0.95
) -> PanelFit:
    """Fit a linear model from sums by organisation: the slopes and clustered errors that the rows would give.

    Parameters
    ----------
    sums
        As in :class:`Moments`; it may hold more variables than are used here.
    outcome, regressors
        Names in the columns ``a:b`` of ``sums``; a part of the regressors gives the model with that part.
    absorbed
        Parameters of the effects that were removed.
    level
        Confidence level; the intervals use t with one degree of freedom fewer than there are organisations.

    Returns
    -------
    PanelFit
        Columns of ``estimates``: estimate, standard_error, low, high, p.

    Raises
    ------
    DataError
        If ``sums`` lacks a product, the regressors do not differ once the effects are removed, or ``level`` is not
        between 0 and 1.

    Examples
    --------
    See the quick start of this module.
    """
    check_level(level)
    names = [outcome, *regressors]
    cube = np.empty((len(sums), len(names), len(names)))
    for (i, a), (j, b) in combinations_with_replacement(enumerate(names), 2):
        column = f"{a}:{b}" if f"{a}:{b}" in sums.columns else f"{b}:{a}"
        if column not in sums.columns:
            raise DataError(f"the sums have no column '{a}:{b}'; compute them with both variables")
        cube[:, i, j] = cube[:, j, i] = sums[column]
    total = cube.sum(axis=0)
    scale = np.sqrt(np.diag(total)[1:])
    if not (scale > 0).all() or np.linalg.cond(total[1:, 1:] / np.outer(scale, scale)) > 1e10:
        raise DataError(
            f"the slopes of {', '.join(regressors)} cannot be told apart once the effects are removed; "
            "use fewer regressors or fewer effects"
        )
    inverse = np.linalg.inv(total[1:, 1:])
    slopes = inverse @ total[1:, 0]
    moments = cube[:, 1:, 0] - cube[:, 1:, 1:] @ slopes
    rows, groups = int(sums["n"].sum()), len(sums)
    correction = groups / (groups - 1) * (rows - 1) / (rows - absorbed - len(regressors))
    error = np.sqrt(np.diag(correction * inverse @ (moments.T @ moments) @ inverse))
    reach = stats.t.ppf((1 + level) / 2, groups - 1)
    estimates = pd.DataFrame(
        {"estimate": slopes, "standard_error": error, "low": slopes - reach * error, "high": slopes + reach * error,
         "p": 2 * stats.t.sf(np.abs(slopes / error), groups - 1)},
        index=pd.Index(list(regressors), name="regressor"),
    )  # fmt: skip
    return PanelFit(estimates, rows, groups, absorbed)


def binned(
    frame: pd.DataFrame, outcome: str, regressor: str, *, effects: Sequence[str] = (), bins: int = 20
) -> pd.DataFrame:
    """Average outcome and regressor in bins of equal count, with the effects removed and the overall mean put back.

    Parameters
    ----------
    frame
        One row per organisation and period; rows that lack one of the two are left out.
    outcome, regressor
        Numeric columns; the regressor makes the bins.
    effects
        As in :func:`absorb`.
    bins
        The number of bins.

    Returns
    -------
    pandas.DataFrame
        One row per bin: bin, n, the mean of the regressor and of the outcome.

    Examples
    --------
    >>> rows = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": [2.0, 2.0, 6.0, 8.0]})
    >>> binned(rows, "y", "x", bins=2)[["n", "x", "y"]].to_numpy().round(9).tolist()
    [[2.0, 1.5, 2.0], [2.0, 3.5, 7.0]]
    """
    rows = frame.dropna(subset=[outcome, regressor])
    both = absorb(rows, [regressor, outcome], effects)[0] + rows[[regressor, outcome]].mean()
    place = pd.qcut(both[regressor].rank(method="first"), bins, labels=False) + 1
    found = both.groupby(place.rename("bin")).agg(n=(outcome, "size"), **{c: (c, "mean") for c in (regressor, outcome)})
    return found.reset_index()
