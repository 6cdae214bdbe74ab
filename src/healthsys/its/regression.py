"""The estimators behind an interrupted series: one call, nine models, the same result for each."""

from typing import Any

import numpy as np

from healthsys.errors import DataError, one_of
from healthsys.its.autoregressive import autoregressive, iterated
from healthsys.its.counts import count_model
from healthsys.its.fits import Fit
from healthsys.its.least_squares import least_squares

#: Models for values, and models for counts (with the logarithm of the denominator as offset).
LINEAR_MODELS = ("ar1_reml", "ar1_ml", "prais_winsten", "cochrane_orcutt", "newey_west", "ols")
COUNT_MODELS = ("poisson", "quasi_poisson", "negative_binomial")
MODELS = LINEAR_MODELS + COUNT_MODELS

#: The model whose intervals came nearest to what they claim where errors follow an AR(1) process (see ``measured``).
DEFAULT_MODEL = "ar1_reml"

#: What each model is called on a page.
MODEL_NAMES = {
    "ar1_reml": "AR(1) by restricted maximum likelihood",
    "ar1_ml": "AR(1) by maximum likelihood",
    "prais_winsten": "Prais–Winsten",
    "cochrane_orcutt": "Cochrane–Orcutt",
    "newey_west": "OLS with Newey–West errors",
    "ols": "OLS, plain errors",
    "poisson": "Poisson",
    "quasi_poisson": "quasi-Poisson",
    "negative_binomial": "negative binomial",
}

#: Options that each model takes besides the design; another is an error, not ignored.
OPTIONS = {
    "ar1_reml": ("times", "reference"),
    "ar1_ml": ("times", "reference"),
    "prais_winsten": ("reference",),
    "cochrane_orcutt": ("reference",),
    "newey_west": ("lag", "kernel", "correction", "reference"),
    "ols": ("errors", "clusters", "reference"),
    "poisson": ("errors", "clusters", "reference"),
    "quasi_poisson": ("errors", "clusters", "reference"),
    "negative_binomial": ("reference",),
}

#: What an option is when it is not given.
_UNSET = {"lag": None, "kernel": "bartlett", "correction": True, "errors": "plain", "clusters": None, "reference": None}


def fit(
    outcome: np.ndarray,
    design: np.ndarray,
    *,
    names: tuple[str, ...],
    model: str,
    offset: np.ndarray | None = None,
    times: np.ndarray | None = None,
    lag: int | None = None,
    kernel: str = "bartlett",
    correction: bool = True,
    errors: str = "plain",
    clusters: np.ndarray | None = None,
    reference: str | None = None,
) -> Fit:
    """Fit one of the models for an interrupted series.

    Parameters
    ----------
    outcome
        Values (linear models) or counts (count models), complete, in order of time.
    design, names
        One row per outcome, the constant included; names of its columns.
    model
        One of :data:`MODELS`.
    offset
        Logarithm of the denominator, for count models.
    times
        Running number of the period of each point, for ``ar1_reml`` and ``ar1_ml``: a gap keeps its place.
    lag, kernel, correction
        Of Newey-West errors: truncation lag (``newey_west_lag`` when None), kernel, and whether to multiply by n / (n -
        k).
    errors, clusters
        Of ``ols``, ``poisson`` and ``quasi_poisson``: ``plain``, ``HC0``, ``HC1``, ``clustered``, for ``ols`` ``HC2``
        and ``HC3`` too; the cluster of each point.
    reference
        Where critical values come from: ``t``, ``normal``, ``satterthwaite`` (AR(1)), ``fixed_b`` (Newey-West). When
        None: Satterthwaite for ``ar1_reml``, normal for ``poisson`` and ``negative_binomial``, t for the rest.

    Returns
    -------
    Fit

    Raises
    ------
    DataError
        If an option does not belong to the model, the terms cannot be told apart, or estimates do not exist.

    Examples
    --------
    >>> t = np.arange(8.0)
    >>> found = fit(2 + 3 * t + np.array([1, -1] * 4), np.column_stack([np.ones(8), t]), names=("const", "time"),
    ...             model="ols")
    >>> found.params.round(3).tolist(), found.df, round(found.aic, 2)
    ([2.333, 2.905], 6, 28.31)
    """
    one_of("model", model, MODELS)
    outcome, design = np.asarray(outcome, dtype=float), np.asarray(design, dtype=float)
    n, k = design.shape
    clusters = None if clusters is None else np.asarray(clusters)
    given: dict[str, Any] = {"lag": lag, "kernel": kernel, "correction": correction, "errors": errors}
    given |= {"clusters": clusters, "reference": reference}
    options = {name: value for name, value in given.items() if isinstance(value, np.ndarray) or value != _UNSET[name]}
    foreign = sorted(set(options) - set(OPTIONS[model]))
    if foreign:
        raise DataError(f"{', '.join(foreign)} cannot be used with model {model}; it takes {', '.join(OPTIONS[model])}")
    if not np.isfinite(outcome).all():
        missing = int((~np.isfinite(outcome)).sum())
        raise DataError(f"{missing} outcomes are missing or not finite; leave them out first")
    if n <= k:
        raise DataError(f"{n} points cannot carry {k} coefficients ({', '.join(names)}); simplify season or model")
    if np.linalg.matrix_rank(design) < k:
        raise DataError(
            f"the terms {', '.join(names)} cannot be told apart on these {n} points; use a simpler season, "
            "or a change date with more points on each side"
        )
    if model in ("ar1_reml", "ar1_ml"):
        return autoregressive(outcome, design, names=names, model=model, times=times, **options)
    if model in ("prais_winsten", "cochrane_orcutt"):
        return iterated(outcome, design, names=names, model=model, **options)
    if model in LINEAR_MODELS:
        return least_squares(outcome, design, names=names, model=model, **options)
    if (outcome < 0).any():
        raise DataError(f"a count of {outcome.min():g} is negative; {MODEL_NAMES[model]} needs counts of 0 or more")
    if (outcome % 1 > 0).any():
        raise DataError(
            f"a count of {outcome[outcome % 1 > 0][0]:g} is not whole; {MODEL_NAMES[model]} needs the counts behind a "
            "percentage or rate. Give them, or use a linear model such as ar1_reml"
        )
    return count_model(outcome, design, names=names, model=model, offset=offset, **options)
