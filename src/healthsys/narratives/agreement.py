"""Agreement of coders: percent agreement, kappas, Krippendorff's alpha, Gwet's AC1, with bootstrap intervals.

A rating matrix has one row per unit and one column per coder; a missing cell is a unit that the coder did not code.
Every measure is None with a reason where it is undefined, never an exception, 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError
from healthsys.narratives.codebooks import split

#: Customary thresholds of alpha, conventions and no tests (Krippendorff 2004, section 11.4.2).
RELIABLE, TENTATIVE = 0.80, 0.667


@dataclass(frozen=True)
class Agreement:
    """One measure of agreement with its interval, or the reason why there is none."""

    measure: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    units: int = 0
    reason: str | None = None


def check_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return a rating matrix, refused where a coder has no units or there is only one coder.

    Raises
    ------
    DataError
        Naming the coder without units, or that at least two coders are needed.

    Examples
    --------
    >>> check_ratings(pd.DataFrame({"A": ["x", "y"], "B": [None, None]}))
    Traceback (most recent call last):
    ...
    healthsys.errors.DataError: ratings: coder 'B' has coded no unit; remove the column, or give the coder's file
    """
    if ratings.shape[1] < 2:
        raise DataError("ratings: agreement needs at least two coders; give one column per coder")
    for coder in ratings.columns:
        if ratings[coder].isna().all():
            raise DataError(f"ratings: coder '{coder}' has coded no unit; remove the column, or give the coder's file")
    return ratings


def counts(ratings: pd.DataFrame, *, categories: list | None = None) -> np.ndarray:
    """Return how many coders put each unit into each category (units by categories)."""
    check_ratings(ratings)
    seen = ratings.to_numpy().ravel()
    seen = pd.unique(seen[~pd.isna(seen)])
    values = categories or sorted(seen)
    unknown = set(seen) - set(values)
    if unknown:
        raise DataError(f"ratings: the category '{min(map(str, unknown))}' is none of {', '.join(map(str, values))}")
    return np.column_stack([(ratings == value).fillna(False).sum(axis=1).to_numpy() for value in values]).astype(float)


def percent_agreement(table: np.ndarray) -> float | None:
    """Share of pairs of codings of the same unit that agree, averaged over units with at least two codings.

    Parameters
    ----------
    table
        Counts of :func:`counts`: units by categories.

    Examples
    --------
    >>> float(percent_agreement(np.array([[2.0, 0.0], [1.0, 1.0]])))
    0.5
    """
    raters = table.sum(axis=1)
    paired = table[raters >= 2]
    if not len(paired):
        return None
    raters = raters[raters >= 2]
    return float(((paired * (paired - 1)).sum(axis=1) / (raters * (raters - 1))).mean())


def cohens_kappa(ratings: pd.DataFrame) -> float | None:
    """Cohen's kappa of two coders over the units that both coded (statsmodels); None where chance agreement is 1.

    Examples
    --------
    >>> pairs = [(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15
    >>> round(cohens_kappa(pd.DataFrame(pairs, columns=["A", "B"])), 2)
    0.4
    """
    both = ratings.dropna()
    if both.shape[1] != 2 or both.empty:
        return None
    values, place = np.unique(both.to_numpy().ravel(), return_inverse=True)
    if len(values) < 2:
        return None
    from statsmodels.stats.inter_rater import cohens_kappa as kappa

    table = np.zeros((len(values), len(values)))
    np.add.at(table, tuple(place.reshape(-1, 2).T), 1)
    return float(kappa(table, return_results=False))


def fleiss_kappa(table: np.ndarray) -> float | None:
    """Fleiss' kappa (statsmodels); None where a rating is missing, or all ratings fall into one category."""
    raters = table.sum(axis=1)
    if not len(table) or len(set(raters)) != 1 or raters[0] < 2 or (table.sum(axis=0) > 0).sum() < 2:
        return None
    from statsmodels.stats.inter_rater import fleiss_kappa as kappa

    return float(kappa(table[:, table.sum(axis=0) > 0]))


def krippendorff_alpha(table: np.ndarray, *, values: list | None = None, level: str = "nominal") -> float | None:
    """Krippendorff's alpha (package ``krippendorff``); missing ratings allowed; None where only one value occurs.

    Parameters
    ----------
    table
        Counts of :func:`counts`.
    values
        The categories of the columns; numbers, for a level other than nominal.
    level
        ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
    """
    paired = table[table.sum(axis=1) >= 2]
    if not len(paired) or (paired.sum(axis=0) > 0).sum() < 2:
        return None
    import krippendorff

    domain = list(range(table.shape[1])) if values is None else values
    return float(krippendorff.alpha(value_counts=table.astype(int), value_domain=domain, level_of_measurement=level))


def gwet_ac1(table: np.ndarray) -> float | None:
    r"""Gwet's AC1, missing ratings allowed.

    :math:`AC_1 = (p_a - p_e)/(1 - p_e)` with :math:`p_e = \frac{1}{Q-1}\sum_q \pi_q (1-\pi_q)`, where
    :math:`\pi_q` is the mean over units of the share of ratings in category q, and Q the number of categories.

    Parameters
    ----------
    table
        Counts of :func:`counts`; pass the whole list of categories there, since Q enters the formula.

    References
    ----------
    Gwet KL. British Journal of Mathematical and Statistical Psychology 2008;61:29-48.

    Examples
    --------
    >>> round(gwet_ac1(np.array([[2.0, 0.0]] * 9 + [[1.0, 1.0]])), 3)
    0.89
    """
    agreed = percent_agreement(table)
    if agreed is None or table.shape[1] < 2:
        return None
    rated = table[table.sum(axis=1) > 0]
    shares = (rated / rated.sum(axis=1, keepdims=True)).mean(axis=0)
    chance = float((shares * (1 - shares)).sum() / (table.shape[1] - 1))
    return (agreed - chance) / (1 - chance)


#: What each measure says when it is undefined.
_REASONS = {
    "percent agreement": "no unit was coded by two coders",
    "Cohen's kappa": "all codings fall into one category, so agreement by chance is complete",
    "Fleiss' kappa": "a rating is missing, or all ratings fall into one category",
    "Krippendorff's alpha": "only one category occurs, so there is no variation to be reliable about",
    "Gwet's AC1": "no unit was coded by two coders, or there is only one category",
}


def measures(
    ratings: pd.DataFrame,
    *,
    categories: list | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> list[Agreement]:
    """Every measure of agreement with a percentile bootstrap interval over units.

    Parameters
    ----------
    ratings
        Units by coders, nominal categories; missing cells are units not coded.
    categories
        All categories that could occur; those seen where not given.
    level, draws, seed
        Coverage, number and seed of the bootstrap samples. A sample in which a measure is undefined is left out; with
        more than one in ten left out there is no interval.

    Returns
    -------
    list of Agreement
        Percent agreement, Cohen's kappa (two coders only), Fleiss' kappa, Krippendorff's alpha, Gwet's AC1.

    Raises
    ------
    DataError
        If there is one coder, or a coder without units.

    Examples
    --------
    >>> same = pd.DataFrame({"A": [0] * 5, "B": [0] * 5})
    >>> [(m.measure, m.value) for m in measures(same, categories=[0, 1], draws=10) if m.value is None]
    [("Cohen's kappa", None), ("Fleiss' kappa", None), ("Krippendorff's alpha", None)]
    """
    table = counts(ratings, categories=categories)
    usable = int((table.sum(axis=1) >= 2).sum())
    formulas: dict[str, Callable[[np.ndarray], float | None]] = {
        "percent agreement": lambda rows: percent_agreement(table[rows]),
        "Cohen's kappa": lambda rows: cohens_kappa(ratings.iloc[rows]),
        "Fleiss' kappa": lambda rows: fleiss_kappa(table[rows]),
        "Krippendorff's alpha": lambda rows: krippendorff_alpha(table[rows]),
        "Gwet's AC1": lambda rows: gwet_ac1(table[rows]),
    }
    if ratings.shape[1] != 2:
        del formulas["Cohen's kappa"]
    rng = np.random.default_rng(seed)
    samples = [rng.integers(0, len(table), len(table)) for _ in range(draws)]
    found = []
    for name, formula in formulas.items():
        value = formula(np.arange(len(table)))
        if value is None:
            found.append(Agreement(name, None, units=usable, reason=_REASONS[name]))
            continue
        drawn = [result for sample in samples if (result := formula(sample)) is not None]
        if len(drawn) < 0.9 * draws:
            found.append(Agreement(name, value, units=usable, reason="too few bootstrap samples vary for an interval"))
            continue
        lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
        found.append(Agreement(name, value, float(lower), float(upper), usable))
    return found


def applied(codings: Mapping[str, pd.DataFrame], codes: Mapping[str, list[str]]) -> dict[str, pd.DataFrame]:
    """Turn codings into applied (1) or not applied (0), one rating matrix per code, over the units all coders hold.

    Parameters
    ----------
    codings
        For each coder a table with ``event_id`` and coded columns.
    codes
        For each coded column (or columns joined by ``+``, a code then counting in any of them) its codes.

    Returns
    -------
    dict
        Code to rating matrix (units by coders).

    Raises
    ------
    DataError
        If a coder's table is empty, or coders share no unit.
    """
    indexed = {}
    for coder, table in codings.items():
        if table.empty:
            raise DataError(f"coder '{coder}' has coded no unit; give a file with at least one row")
        indexed[coder] = table.set_index("event_id")
    shared = [unit for unit in next(iter(indexed.values())).index if all(unit in t.index for t in indexed.values())]
    if not shared:
        raise DataError("the coders share no unit; check that both files use the same event_id")
    return {
        code: pd.DataFrame(
            {
                coder: [
                    int(any(code in split(table.loc[unit, part]) for part in columns.split("+"))) for unit in shared
                ]
                for coder, table in indexed.items()
            },
            index=shared,
        )
        for columns, all_codes in codes.items()
        for code in all_codes
    }


def table_by_code(matrices: Mapping[str, pd.DataFrame], *, draws: int = 1000, seed: int = 0) -> pd.DataFrame:
    """Agreement per code and over all codes together, as one tidy table.

    Returns
    -------
    pandas.DataFrame
        ``code`` (``all codes`` last), ``applied`` (mean share of units with the code), ``measure``, ``value``,
        ``lower``, ``upper``, ``units``, ``reason``. Over all codes a unit is an event and a code together, and the
        bootstrap still draws events.
    """
    rows = []
    for code, ratings in matrices.items():
        for found in measures(ratings, categories=[0, 1], draws=draws, seed=seed):
            rows.append({"code": code, "applied": float(ratings.to_numpy().mean()), **vars(found)})
    rows += _overall(matrices, draws=draws, seed=seed)
    return pd.DataFrame(rows)


def _overall(matrices: Mapping[str, pd.DataFrame], *, draws: int, seed: int) -> list[dict]:
    stacked = pd.concat(matrices.values(), ignore_index=True)
    width, depth = len(matrices), len(next(iter(matrices.values())))
    table = counts(stacked, categories=[0, 1])
    formulas = {
        "percent agreement": percent_agreement,
        "Krippendorff's alpha": krippendorff_alpha,
        "Gwet's AC1": gwet_ac1,
    }
    rng = np.random.default_rng(seed)
    samples = [rng.integers(0, depth, depth) for _ in range(draws)]
    rows = []
    for name, formula in formulas.items():
        value = formula(table)
        row = {
            "code": "all codes",
            "applied": float(stacked.to_numpy().mean()),
            "measure": name,
            "value": value,
        }
        drawn = [
            result
            for sample in samples
            if (result := formula(table[np.concatenate([sample + depth * k for k in range(width)])])) is not None
        ]
        bounds = np.quantile(drawn, [0.025, 0.975]) if len(drawn) >= 0.9 * draws else (None, None)
        rows.append({**row, "lower": bounds[0], "upper": bounds[1], "units": depth, "reason": None})
    return rows


def prevalence_curve(*, agreed: float = 0.90, prevalences: list[float] | None = None) -> pd.DataFrame:
    """Kappa and AC1 of two coders at a fixed percent agreement, as the share of units with the code changes.

    The coders disagree equally often either way. Where the code is rare or nearly universal kappa falls towards 0,
    since agreement by chance is high, though the coders agree as often as before: the kappa paradox.

    Examples
    --------
    >>> curve = prevalence_curve(agreed=0.9, prevalences=[0.05, 0.5])
    >>> curve["kappa"].round(2).tolist(), curve["ac1"].round(2).tolist()
    ([-0.05, 0.8], [0.89, 0.8])
    """
    if not 0 < agreed < 1:
        raise DataError(f"agreed is {agreed}; allowed: a share between 0 and 1, such as 0.9")
    edge = (1 - agreed) / 2
    shares = prevalences or [round(float(share), 4) for share in np.linspace(edge, 1 - edge, 37)]
    rows = []
    for share in shares:
        chance = share**2 + (1 - share) ** 2
        gwet = 2 * share * (1 - share)
        rows.append((share, agreed, (agreed - chance) / (1 - chance), (agreed - gwet) / (1 - gwet)))
    return pd.DataFrame(rows, columns=["prevalence", "agreed", "kappa", "ac1"])
