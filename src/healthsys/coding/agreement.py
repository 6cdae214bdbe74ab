"""Agreement of coders: percent agreement, kappas, Krippendorff's alpha, Gwet's AC1 and AC2, with intervals.

A rating matrix has one row per unit and one column per coder; a missing cell is a unit that the coder did not code.
Every measure is None with a reason where it is undefined, never an exception, 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.coding import coefficients as co
from healthsys.coding.codebooks import check_codes, row_of, split_codes
from healthsys.errors import DataError, nearest
from healthsys.statistics import check_level

#: Customary thresholds of alpha, conventions and no tests (Krippendorff 2004, section 11.4.2).
RELIABLE, TENTATIVE = 0.80, 0.667


@dataclass(frozen=True)
class CoderAgreement:
    """One measure of agreement with its interval, or the reason why there is none.

    ``error`` is the standard error by formula where the interval rests on one (:func:`agreement_by_formula`).
    """

    measure: str
    value: float | None
    lower: float | None = None
    upper: float | None = None
    units: int = 0
    reason: str | None = None
    error: float | None = None


def rating_counts(ratings: pd.DataFrame, *, categories: list | None = None) -> np.ndarray:
    """Return how many coders put each unit into each category (units by categories).

    Parameters
    ----------
    ratings
        Units by coders; missing cells are units not coded.
    categories
        All categories, each once, in their order; those that occur, sorted, where not given.

    Raises
    ------
    DataError
        If there is one coder, a coder without units, a category that is not among those given, or one given twice.

    Examples
    --------
    >>> rating_counts(pd.DataFrame({"A": [0, 1], "B": [0, 0]}), categories=[0, 1]).tolist()
    [[2.0, 0.0], [1.0, 1.0]]
    """
    if ratings.shape[1] < 2:
        raise DataError("ratings: agreement needs at least two coders; give one column per coder")
    twice = ratings.columns[ratings.columns.duplicated()]
    if len(twice):
        raise DataError(f"ratings: column '{twice[0]}' occurs twice; give each coder one column")
    if ratings.empty:
        raise DataError("ratings: there is no unit; give one row per unit")
    for coder in ratings.columns:
        if ratings[coder].isna().all():
            raise DataError(f"ratings: coder '{coder}' has coded no unit; remove the column, or give the coder's file")
    seen = ratings.to_numpy().ravel()
    seen = list(pd.unique(seen[~pd.isna(seen)]))
    values = co.ordered(seen) if categories is None else list(categories)
    if len(set(values)) < len(values):
        raise DataError(f"categories names one twice: {', '.join(map(str, values))}; name each once")
    unknown = set(seen) - set(values)
    if unknown:
        first = min(map(str, unknown))
        raise DataError(
            f"ratings: the category '{first}' is none of {', '.join(map(str, values))}."
            f"{nearest(first, map(str, values))} Correct the cell, or name the category"
        )
    return np.column_stack([(ratings == value).fillna(False).sum(axis=1).to_numpy() for value in values]).astype(float)


#: What each measure says when it is undefined.
_REASONS = {
    "percent agreement": "no unit was coded by two coders",
    "Cohen's kappa": "all codings fall into one category, so agreement by chance is complete",
    "Fleiss' kappa": "a rating is missing, or all ratings fall into one category",
    "Krippendorff's alpha": "only one category occurs, so there is no variation to be reliable about",
    "Gwet's AC1": "no unit was coded by two coders, or there is only one category",
}
#: Said where both coders never coded the same unit, which leaves the measures of two coders without a number.
_NO_PAIR = "no unit was coded by both coders"

#: Said where units do not differ in their agreement: no formula and no resample then shows how sure the value is.
_NO_SPREAD = "every unit agrees alike, so a standard error by formula is 0 and says nothing"

#: Fewest units that can be resampled.
_FEWEST_UNITS = 2


def agreement_bootstrap(
    ratings: pd.DataFrame,
    *,
    categories: list | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> list[CoderAgreement]:
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
    list of CoderAgreement
        Percent agreement, Cohen's kappa (two coders only), Fleiss' kappa, Krippendorff's alpha, Gwet's AC1.

    Raises
    ------
    DataError
        If there is one coder, a coder without units, a level outside 0 to 1, or no sample to draw.

    References
    ----------
    Efron B, Tibshirani RJ. An Introduction to the Bootstrap. Chapman and Hall 1993, chapter 13 (percentile interval).

    Examples
    --------
    >>> same = pd.DataFrame({"A": [0] * 5, "B": [0] * 5})
    >>> [(m.measure, m.value) for m in agreement_bootstrap(same, categories=[0, 1], draws=10) if m.value is None]
    [("Cohen's kappa", None), ("Fleiss' kappa", None), ("Krippendorff's alpha", None)]
    """
    table = rating_counts(ratings, categories=categories)
    agree = np.eye(table.shape[1])
    usable = int((table.sum(axis=1) >= 2).sum())
    formulas: dict[str, tuple[float | None, Callable[[np.ndarray], np.ndarray]]] = {
        "percent agreement": (co.percent_agreement(table), lambda times: co.percent_draws(table, times)),
        "Cohen's kappa": (co.cohens_kappa(ratings), lambda times: co.kappa_draws(ratings, times)),
        "Fleiss' kappa": (co.fleiss_kappa(table), lambda times: co.fleiss_draws(table, agree, times)),
        "Krippendorff's alpha": (co.krippendorff_alpha(table), lambda times: co.alpha_draws(table, times)),
        "Gwet's AC1": (co.gwet_ac1(table), lambda times: co.gwet_draws(table, agree, times)),
    }
    if ratings.shape[1] != 2:
        del formulas["Cohen's kappa"]
    times = _resamples(len(table), draws=draws, seed=seed)
    return _bootstrapped(formulas, times, units=len(table), usable=usable, level=level)


def _bootstrapped(
    formulas: Mapping[str, tuple], times: np.ndarray, *, units: int, usable: int, level: float
) -> list[CoderAgreement]:
    """Give each measure, a value and a formula of resamples, its percentile interval or the reason why it has none."""
    found = []
    for name, (value, formula) in formulas.items():
        if value is None:
            reason = _NO_PAIR if usable == 0 else _REASONS[name]
            found.append(CoderAgreement(name, None, units=usable, reason=reason))
            continue
        bounds, reason = _bounds(formula(times), units=units, level=level)
        found.append(CoderAgreement(name, value, *bounds, usable, reason))
    return found


def _resamples(units: int, *, draws: int, seed: int) -> np.ndarray:
    """Draw bootstrap samples of the units, as counts (samples by units)."""
    if draws < 1:
        raise DataError(f"draws is {draws}; allowed: a whole number, 1 or more")
    rng = np.random.default_rng(seed)
    return co.times_drawn(np.array([rng.integers(0, units, units) for _ in range(draws)]), units)


def _bounds(drawn: np.ndarray, *, units: int, level: float) -> tuple[tuple[float | None, float | None], str | None]:
    """Take the percentile interval of a bootstrap, or say why there is none."""
    check_level(level)
    if units < _FEWEST_UNITS:
        return (None, None), "one unit alone cannot be resampled to an interval"
    kept = drawn[~np.isnan(drawn)]
    if len(kept) < 0.9 * len(drawn):
        return (None, None), "too few bootstrap samples vary for an interval"
    lower, upper = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return (float(lower), float(upper)), None


def agreement_by_formula(
    ratings: pd.DataFrame, *, categories: list | None = None, weights: str = "nominal", level: float = 0.95
) -> list[CoderAgreement]:
    """Percent agreement, kappas and AC1 or AC2 with standard errors and intervals by formula.

    Parameters
    ----------
    ratings
        Units by coders; missing cells are units not coded.
    categories
        All categories that could occur, in their order; those seen, sorted, where not given.
    weights
        ``nominal``, or for ordered categories ``linear`` or ``quadratic``: kappa is then weighted kappa and AC1
        becomes AC2.
    level
        Coverage of the intervals: normal for Cohen's kappa (Fleiss, Cohen and Everitt 1969), Student's t with n − 1
        degrees of freedom over units for the others (Gwet 2014); no interval passes 1.

    Returns
    -------
    list of CoderAgreement
        Percent agreement (always unweighted), Cohen's kappa (two coders only), Fleiss' kappa (complete ratings only),
        Gwet's AC1 or AC2, with ``error``; a value without an interval has a reason.

    Raises
    ------
    DataError
        As :func:`agreement_bootstrap`, or if the weights are of another kind.

    Examples
    --------
    >>> pairs = pd.DataFrame([(0, 0)] * 20 + [(0, 1)] * 5 + [(1, 0)] * 10 + [(1, 1)] * 15, columns=["A", "B"])
    >>> [(m.measure, round(m.value, 3), round(m.error, 3)) for m in agreement_by_formula(pairs)[1:]]
    [("Cohen's kappa", 0.4, 0.127), ("Fleiss' kappa", 0.394, 0.132), ("Gwet's AC1", 0.406, 0.131)]
    """
    check_level(level)
    table = rating_counts(ratings, categories=categories)
    usable = int((table.sum(axis=1) >= 2).sum())
    crossed = co.confusion(ratings, categories=categories)
    options = {"weights": weights, "level": level}
    co.agreement_weights(table.shape[1], kind=weights)
    ac = "Gwet's AC1" if weights == "nominal" else "Gwet's AC2"
    found = {"percent agreement": co.percent_error(table, level=level)}
    if ratings.shape[1] == 2:
        found["Cohen's kappa"] = None if crossed is None else co.kappa_error(crossed, **options)
    found |= {"Fleiss' kappa": co.fleiss_error(table, **options), ac: co.gwet_error(table, **options)}
    out = []
    for name, estimate in found.items():
        if estimate is None:
            reason = _NO_PAIR if usable == 0 else _REASONS.get(name, _REASONS["Gwet's AC1"])
            out.append(CoderAgreement(name, None, units=usable, reason=reason))
            continue
        few = "one unit alone has no standard error" if len(table) < _FEWEST_UNITS else _NO_SPREAD
        reason = few if estimate.error is None else None
        out.append(CoderAgreement(name, estimate.value, estimate.lower, estimate.upper, usable, reason, estimate.error))
    return out


def applied_codes(codings: Mapping[str, pd.DataFrame], codes: Mapping[str, list[str]]) -> dict[str, pd.DataFrame]:
    """Code by code, what each coder applied (1) or did not (0), over the units that all coders have.

    Parameters
    ----------
    codings
        For each coder a table with ``event_id`` and coded columns.
    codes
        For each coded column (or columns joined by ``+``, a code then counting in any of them) its codes.

    Returns
    -------
    dict
        Code to rating matrix (units by coders). Units that not every coder has are left out.

    Raises
    ------
    DataError
        If a coder's table is empty, lacks a column, has a unit twice or a code that is not among those allowed (with
        file, row and the nearest code), or coders share no unit.

    Examples
    --------
    >>> one = pd.DataFrame({"event_id": ["E1", "E2"], "strategy": ["absorption", "adaptation"]})
    >>> two = pd.DataFrame({"event_id": ["E1", "E2"], "strategy": ["absorption", None]})
    >>> applied_codes({"A": one, "B": two}, {"strategy": ["absorption", "adaptation"]})["adaptation"].to_dict("list")
    {'A': [0, 1], 'B': [0, 0]}
    """
    indexed = {coder: _checked(coder, table, codes) for coder, table in codings.items()}
    shared = _shared(indexed)
    return {
        code: pd.DataFrame(
            {
                coder: [
                    int(any(code in split_codes(table.loc[unit, part]) for part in columns.split("+")))
                    for unit in shared
                ]
                for coder, table in indexed.items()
            },
            index=shared,
        )
        for columns, all_codes in codes.items()
        for code in all_codes
    }


def _checked(coder: str, table: pd.DataFrame, codes: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return a coder's table by unit, refused where a unit or a code cannot be what it says."""
    if table.empty:
        raise DataError(f"coder '{coder}' has coded no unit; give a file with at least one row")
    wanted = {part: allowed for columns, allowed in codes.items() for part in columns.split("+")}
    for column in ("event_id", *wanted):
        if column not in table:
            raise DataError(
                f"coder '{coder}': there is no column '{column}'.{nearest(column, table.columns)} "
                f"The header must name: event_id, {', '.join(wanted)}"
            )
    twice = table["event_id"].duplicated()
    if twice.any():
        first = int(twice.to_numpy().argmax())
        raise DataError(
            f"coder '{coder}': row {row_of(table, first)}, column 'event_id': '{table['event_id'].iloc[first]}' stands "
            "twice; keep one row per event, several codes joined by ';'"
        )
    for column, allowed in wanted.items():
        check_codes(table, column, allowed, label=f"coder '{coder}'")
    return table.set_index("event_id")


def _shared(indexed: Mapping[str, pd.DataFrame]) -> list:
    """Return the units that every coder has; refuse two spellings of what is plainly one unit."""
    tables = list(indexed.values())
    shared = [unit for unit in tables[0].index if all(unit in table.index for table in tables)]
    known = {str(unit).strip().casefold(): unit for unit in tables[0].index}
    for coder, table in list(indexed.items())[1:]:
        for unit in table.index:
            other = known.get(str(unit).strip().casefold(), unit)
            if other != unit:
                raise DataError(
                    f"coder '{coder}': column 'event_id': '{unit}' is '{other}' in the first coding; spell them alike"
                )
    if not shared:
        raise DataError("the coders share no unit; check that both files use the same event_id")
    return shared


def agreement_by_code(
    matrices: Mapping[str, pd.DataFrame], *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Agreement per code and over all codes together, as one tidy table.

    Parameters
    ----------
    matrices
        Code to rating matrix, as :func:`applied_codes` returns them.
    level, draws, seed
        As for :func:`agreement_bootstrap`.

    Returns
    -------
    pandas.DataFrame
        ``code`` (``all codes`` last), ``applied`` (mean share of units with the code), ``measure``, ``value``,
        ``lower``, ``upper``, ``units``, ``reason``. Over all codes a unit is an event and a code together, and the
        bootstrap still draws events.

    Raises
    ------
    DataError
        If there is no code.

    Examples
    --------
    >>> ratings = pd.DataFrame({"A": [1, 1, 0, 0], "B": [1, 0, 0, 0]})
    >>> agreement_by_code({"slack": ratings}, draws=9)[["code", "measure", "value"]].tail(3)["value"].round(2).tolist()
    [0.75, 0.53, 0.53]
    """
    if not matrices:
        raise DataError("there is no code to compare; name at least one code of the codebook")
    stacked = pd.concat(matrices.values(), ignore_index=True)
    depth, table, agree = len(next(iter(matrices.values()))), rating_counts(stacked, categories=[0, 1]), np.eye(2)
    formulas = {
        "percent agreement": (co.percent_agreement(table), lambda times: co.percent_draws(table, times)),
        "Krippendorff's alpha": (co.krippendorff_alpha(table), lambda times: co.alpha_draws(table, times)),
        "Gwet's AC1": (co.gwet_ac1(table), lambda times: co.gwet_draws(table, agree, times)),
    }
    times = np.tile(_resamples(depth, draws=draws, seed=seed), (1, len(matrices)))
    found = {
        code: agreement_bootstrap(ratings, categories=[0, 1], level=level, draws=draws, seed=seed)
        for code, ratings in matrices.items()
    } | {"all codes": _bootstrapped(formulas, times, units=depth, usable=depth, level=level)}
    shares = {code: float(ratings.to_numpy().mean()) for code, ratings in (matrices | {"all codes": stacked}).items()}
    rows = [{"code": code, "applied": shares[code], **vars(measure)} for code in found for measure in found[code]]
    return pd.DataFrame(rows).drop(columns="error")
