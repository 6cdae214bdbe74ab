"""Agreement of coders with intervals; a measure that is undefined is None with a reason, never an exception, 0 or 1."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.coding import coefficients as co
from healthsys.coding.codebooks import check_codes, split_codes
from healthsys.errors import DataError, nearest, need_columns
from healthsys.io.csv_files import row_of
from healthsys.statistics import check_level

#: Customary thresholds of alpha, conventions and no tests (Krippendorff 2004, section 11.4.2).
RELIABLE, TENTATIVE = 0.80, 0.667


@dataclass(frozen=True)
class CoderAgreement:
    """One measure of agreement with its interval (``error``: its standard error by formula), or why there is none."""

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
        All categories, each once, in their order. Where not given: the order of ordered Categoricals of one kind, else
        those that occur, sorted.

    Raises
    ------
    DataError
        If there is one coder, a coder without units, or a category that is unknown or given twice.

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
    categories = co.in_order(ratings, categories)
    values = co.ordered(seen) if categories is None else categories
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

#: How each measure of a table of counts is computed; Cohen's kappa needs the ratings.
_KINDS = {
    "percent agreement": ("percent", co.percent_agreement),
    "Fleiss' kappa": ("fleiss", co.fleiss_kappa),
    "Krippendorff's alpha": ("alpha", co.krippendorff_alpha),
    "Gwet's AC1": ("gwet", co.gwet_ac1),
}


def _undefined(measure: str, usable: int) -> CoderAgreement:
    reason = _REASONS.get(measure, _REASONS["Gwet's AC1"]) if usable else "no unit was coded by both coders"
    return CoderAgreement(measure, None, units=usable, reason=reason)


def agreement_bootstrap(
    ratings: pd.DataFrame,
    *,
    categories: list | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> list[CoderAgreement]:
    """Every measure of agreement with a percentile bootstrap interval over units (Efron and Tibshirani 1993).

    A sample in which a measure is undefined is left out; with more than one in ten left out there is no interval.

    Parameters
    ----------
    ratings, categories
        As for :func:`rating_counts`.
    level, draws, seed
        Coverage, number and seed of the bootstrap samples.

    Returns
    -------
    list of CoderAgreement
        Percent agreement, Cohen's kappa (two coders only), Fleiss' kappa, Krippendorff's alpha, Gwet's AC1.

    Raises
    ------
    DataError
        As :func:`rating_counts`, or with a level outside 0 to 1 or no sample to draw.

    Examples
    --------
    >>> same = pd.DataFrame({"A": [0] * 5, "B": [0] * 5})
    >>> [m.measure for m in agreement_bootstrap(same, categories=[0, 1], draws=10) if m.value is None]
    ["Cohen's kappa", "Fleiss' kappa", "Krippendorff's alpha"]
    """
    table = rating_counts(ratings, categories=categories)
    times = _resamples(len(table), draws=draws, seed=seed)
    found = _bootstrapped(table, times, measures=_KINDS, units=len(table), level=level)
    if ratings.shape[1] == 2:
        value = co.cohens_kappa(ratings)
        drawn = None if value is None else co.kappa_draws(ratings, times)
        usable = int((table.sum(axis=1) >= 2).sum())
        found.insert(1, _with_bounds("Cohen's kappa", value, drawn, units=len(table), usable=usable, level=level))
    return found


def _bootstrapped(
    table: np.ndarray, times: np.ndarray, *, measures: Iterable[str], units: int, level: float
) -> list[CoderAgreement]:
    """Give each measure of a table of counts its percentile interval over ``units``, or why there is none."""
    usable = min(int((table.sum(axis=1) >= 2).sum()), units)
    found = []
    for name in measures:
        kind, value = _KINDS[name]
        estimate = value(table)
        drawn = None if estimate is None else co.draws(kind, table, times)
        found.append(_with_bounds(name, estimate, drawn, units=units, usable=usable, level=level))
    return found


def _resamples(units: int, *, draws: int, seed: int) -> np.ndarray:
    """Draw bootstrap samples of the units, as counts (samples by units)."""
    if draws < 1:
        raise DataError(f"draws is {draws}; allowed: a whole number, 1 or more")
    rng = np.random.default_rng(seed)
    return co.times_drawn(np.array([rng.integers(0, units, units) for _ in range(draws)]), units)


def _with_bounds(
    measure: str, value: float | None, drawn: np.ndarray | None, *, units: int, usable: int, level: float
) -> CoderAgreement:
    """Add the percentile interval of a bootstrap, or the reason why there is none."""
    if value is None or drawn is None:
        return _undefined(measure, usable)
    check_level(level)
    if units < 2:
        return CoderAgreement(measure, value, None, None, usable, "one unit alone cannot be resampled to an interval")
    kept = drawn[~np.isnan(drawn)]
    if len(kept) < 0.9 * len(drawn):
        return CoderAgreement(measure, value, None, None, usable, "too few bootstrap samples vary for an interval")
    lower, upper = np.quantile(kept, [(1 - level) / 2, (1 + level) / 2])
    return CoderAgreement(measure, value, float(lower), float(upper), usable)


def agreement_by_formula(
    ratings: pd.DataFrame, *, categories: list | None = None, weights: str = "nominal", level: float = 0.95
) -> list[CoderAgreement]:
    """Percent agreement, kappas and AC1 or AC2 with standard errors and intervals by formula.

    Intervals are normal for Cohen's kappa (Fleiss, Cohen and Everitt 1969) and Student's t over units for the others
    (Gwet 2014); none passes 1. Percent agreement is unweighted, and Fleiss' kappa needs complete ratings.

    Parameters
    ----------
    ratings, categories
        As for :func:`rating_counts`.
    weights
        ``nominal``, or for ordered categories ``linear`` or ``quadratic`` (weighted kappa, and AC2 for AC1); text then
        needs an order.
    level
        Coverage of the intervals.

    Returns
    -------
    list of CoderAgreement
        Each with its ``error``; a value without an interval has a reason.

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
    categories = co.in_order(ratings, categories, weights=weights)
    table = rating_counts(ratings, categories=categories)
    usable = int((table.sum(axis=1) >= 2).sum())
    crossed = co.confusion(ratings, categories=categories)
    options = {"weights": weights, "level": level}
    found = {"percent agreement": co.error_over_units("percent", table, level=level)}
    if ratings.shape[1] == 2:
        found["Cohen's kappa"] = None if crossed is None else co.kappa_error(crossed, **options)
    found["Fleiss' kappa"] = co.error_over_units("fleiss", table, **options)
    found["Gwet's AC1" if weights == "nominal" else "Gwet's AC2"] = co.error_over_units("gwet", table, **options)
    few = "one unit alone has no standard error"
    reason = few if len(table) < 2 else "every unit agrees alike, so a standard error by formula is 0 and says nothing"
    out = []
    for name, one in found.items():
        if one is None:
            out.append(_undefined(name, usable))
        else:
            why = reason if one.error is None else None
            out.append(CoderAgreement(name, one.value, one.lower, one.upper, usable, why, one.error))
    return out


def applied_codes(codings: Mapping[str, pd.DataFrame], codes: Mapping[str, list[str]]) -> dict[str, pd.DataFrame]:
    """Code by code, what each coder applied (1) or did not (0), over the units that all coders have.

    Parameters
    ----------
    codings
        For each coder a table with ``event_id`` and coded columns.
    codes
        The codes of each coded column; of columns joined by ``+``, a code counts in any of them.

    Returns
    -------
    dict
        Code to rating matrix (units by coders).

    Raises
    ------
    DataError
        If a table is empty, lacks a column, has a unit twice or an unknown code, or coders share no unit.

    Examples
    --------
    >>> one = pd.DataFrame({"event_id": ["E1", "E2"], "strategy": ["absorption", "adaptation"]})
    >>> two = pd.DataFrame({"event_id": ["E1", "E2"], "strategy": ["absorption", None]})
    >>> applied_codes({"A": one, "B": two}, {"strategy": ["absorption", "adaptation"]})["adaptation"].to_dict("list")
    {'A': [0, 1], 'B': [0, 0]}
    """
    indexed = {coder: _checked(coder, table, codes) for coder, table in codings.items()}
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

    def applied(table: pd.DataFrame, columns: str, code: str) -> list[int]:
        cells = table.loc[shared, columns.split("+")].itertuples(index=False)
        return [int(any(code in split_codes(cell) for cell in row)) for row in cells]

    return {
        code: pd.DataFrame({coder: applied(table, columns, code) for coder, table in indexed.items()}, index=shared)
        for columns, all_codes in codes.items()
        for code in all_codes
    }


def _checked(coder: str, table: pd.DataFrame, codes: Mapping[str, list[str]]) -> pd.DataFrame:
    """Return a coder's table by unit, refused where a unit or a code cannot be what it says."""
    if table.empty:
        raise DataError(f"coder '{coder}' has coded no unit; give a file with at least one row")
    wanted = {part: allowed for columns, allowed in codes.items() for part in columns.split("+")}
    more = f" The header must name: event_id, {', '.join(wanted)}"
    need_columns(table, ("event_id", *wanted), f"coder '{coder}'", more=more)
    twice = table["event_id"].duplicated()
    if twice.any():
        first = int(twice.to_numpy().argmax())
        raise DataError(
            f"coder '{coder}': row {row_of(table, first)}, column 'event_id': '{table['event_id'].iloc[first]}' occurs "
            "twice; keep one row per event, several codes joined by ';'"
        )
    for column, allowed in wanted.items():
        check_codes(table, column, allowed, label=f"coder '{coder}'")
    return table.set_index("event_id")


def agreement_by_code(
    matrices: Mapping[str, pd.DataFrame], *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """Agreement per code and over all codes together (a unit is then an event and a code), as one tidy table.

    Parameters
    ----------
    matrices
        Code to rating matrix, as :func:`applied_codes` returns them.
    level, draws, seed
        As for :func:`agreement_bootstrap`; events are drawn, also over all codes.

    Returns
    -------
    pandas.DataFrame
        ``code`` (``all codes`` last), ``applied`` (mean share of units), ``measure``, ``value``, ``lower``, ``upper``,
        ``units``, ``reason``.

    Raises
    ------
    DataError
        If there is no code.

    Examples
    --------
    >>> ratings = pd.DataFrame({"A": [1, 1, 0, 0], "B": [1, 0, 0, 0]})
    >>> agreement_by_code({"slack": ratings}, draws=9)["value"].tail(3).round(2).tolist()
    [0.75, 0.53, 0.53]
    """
    if not matrices:
        raise DataError("there is no code to compare; name at least one code of the codebook")
    stacked = pd.concat(matrices.values(), ignore_index=True)
    units, table = len(next(iter(matrices.values()))), rating_counts(stacked, categories=[0, 1])
    times = np.tile(_resamples(units, draws=draws, seed=seed), (1, len(matrices)))
    found = {
        code: agreement_bootstrap(ratings, categories=[0, 1], level=level, draws=draws, seed=seed)
        for code, ratings in matrices.items()
    }
    overall = ["percent agreement", "Krippendorff's alpha", "Gwet's AC1"]
    found["all codes"] = _bootstrapped(table, times, measures=overall, units=units, level=level)
    shares = {code: float(ratings.to_numpy().mean()) for code, ratings in (matrices | {"all codes": stacked}).items()}
    rows = [{"code": code, "applied": shares[code], **vars(measure)} for code in found for measure in found[code]]
    return pd.DataFrame(rows).drop(columns="error")
