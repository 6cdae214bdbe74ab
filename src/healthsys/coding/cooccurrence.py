"""Which codes occur together: the c coefficient, over events or over overlapping segments, with a permutation test."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.coding.codebooks import check_codes, split_codes
from healthsys.errors import DataError, nearest


def c_coefficient(both: float, first: float, second: float) -> float | None:
    """Co-occurrence coefficient of two codes, as ATLAS.ti defines it: ``both / (first + second - both)``.

    From 0 (never together) to 1 (always), above 1 where nested segments overlap several; None where neither occurs.

    >>> round(c_coefficient(5, 100, 10), 3)
    0.048
    """
    union = first + second - both
    return both / union if union > 0 else None


def segment_cooccurrence(
    segments: pd.DataFrame, first: str, second: str, *, codes: list[str] | None = None
) -> tuple[float | None, int, str]:
    """c coefficient of two codes over text segments, the number of overlapping pairs, and a warning or nothing.

    Parameters
    ----------
    segments
        Columns ``document``, ``start``, ``end`` (characters, end exclusive), ``code``; sharing a character is overlap.
    first, second
        The two codes.
    codes
        The codebook's codes, of which one may have no segment; those of the segments where not given.

    Raises
    ------
    DataError
        If one of the two is no code of the codebook, or without it of no segment.

    Examples
    --------
    >>> segments = pd.DataFrame({"document": ["d"] * 2, "start": [0, 3], "end": [5, 9], "code": ["a", "b"]})
    >>> segment_cooccurrence(segments, "a", "b")
    (1.0, 1, '')
    """
    known = list(dict.fromkeys(segments["code"])) if codes is None else codes
    for code in (first, second):
        if code not in known:
            whose = "of any segment" if codes is None else "of the codebook"
            raise DataError(
                f"'{code}' is no code {whose}.{nearest(code, map(str, known))} Allowed: "
                f"{', '.join(map(str, known)) or 'none, there is no segment'}"
            )
    one, two = segments[segments["code"] == first], segments[segments["code"] == second]
    pairs = one.merge(two, on="document", suffixes=("", "_other"))
    both = int(((pairs["start"] < pairs["end_other"]) & (pairs["start_other"] < pairs["end"])).sum())
    value = c_coefficient(both, len(one), len(two))
    if both and value is None:
        return None, both, "nested segments: more overlapping pairs than segments, so the coefficient is undefined"
    nested = value is not None and both > min(len(one), len(two))
    warning = "nested segments: one segment overlaps several, so the coefficient can exceed its range"
    return value, both, warning if nested else ""


def cooccurrence_table(
    events: pd.DataFrame, *, rows: str, columns: str, row_codes: list, column_codes: list
) -> pd.DataFrame:
    """Cross codes of two columns over events: counts, expected counts and c coefficients.

    Parameters
    ----------
    events
        A checked register; each event is a unit.
    rows, columns
        Coded columns, such as ``strategy`` and ``capacities``.
    row_codes, column_codes
        The codes, in the order shown.

    Returns
    -------
    pandas.DataFrame
        ``row``, ``column``, ``both``, ``row_events``, ``column_events``, ``expected`` (if unrelated), ``c``.

    Raises
    ------
    DataError
        If a column is missing, no code is given, or a cell holds a code that is not among those given.

    Examples
    --------
    >>> events = pd.DataFrame({"strategy": ["a", "a", "b"], "drawn": ["x", "x;y", "y"]})
    >>> options = {"row_codes": ["a", "b"], "column_codes": ["x", "y"]}
    >>> cooccurrence_table(events, rows="strategy", columns="drawn", **options)["c"].round(2).tolist()
    [1.0, 0.33, 0.0, 0.5]
    """
    first, second = _crossed(events, {rows: row_codes, columns: column_codes})
    units, out = len(events), []
    for row, of_row in zip(row_codes, first.T, strict=True):
        for column, of_column in zip(column_codes, second.T, strict=True):
            both, a, b = (int(marked.sum()) for marked in (of_row & of_column, of_row, of_column))
            out.append((row, column, both, a, b, a * b / units if units else None, c_coefficient(both, a, b)))
    return pd.DataFrame(out, columns=["row", "column", "both", "row_events", "column_events", "expected", "c"])


@dataclass(frozen=True)
class Association:
    """Association of two sets of codes over events and what shuffling gives, or the reason why there is none."""

    statistic: float | None
    expected: float | None
    p: float | None
    events: int
    draws: int
    reason: str | None = None


def association_test(
    events: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    row_codes: list,
    column_codes: list,
    seed: int = 0,
    draws: int = 4999,
) -> Association:
    """Permutation test of whether two sets of codes are unrelated over events.

    The statistic sums (observed - expected)^2 / expected over the cells of :func:`cooccurrence_table`. Events are
    shuffled against each other, the codes of one kept together; ``p`` is the share at least as large.

    >>> events = pd.DataFrame({"strategy": ["a", "b"] * 8, "drawn": ["x", "y"] * 8})
    >>> options = {"row_codes": ["a", "b"], "column_codes": ["x", "y"]}
    >>> association_test(events, rows="strategy", columns="drawn", **options, draws=99).p
    0.01
    """
    if draws < 1:
        raise DataError(f"draws is {draws}; allowed: a whole number, 1 or more")
    first, second = _crossed(events, {rows: row_codes, columns: column_codes})
    first, second = first[:, first.any(axis=0)].astype(float), second[:, second.any(axis=0)].astype(float)
    units = len(events)
    if first.shape[1] < 2 or second.shape[1] < 2:
        return Association(None, None, None, units, 0, "fewer than two codes occur on one of the sides")
    expected = np.outer(first.sum(axis=0), second.sum(axis=0)) / units

    def statistic(order: np.ndarray) -> float:
        return float((((first.T @ second[order]) - expected) ** 2 / expected).sum())

    rng = np.random.default_rng(seed)
    observed = statistic(np.arange(units))
    shuffled = np.array([statistic(rng.permutation(units)) for _ in range(draws)])
    p = (1 + (shuffled >= observed - 1e-12).sum()) / (draws + 1)
    return Association(observed, float(shuffled.mean()), float(p), units, draws)


def _crossed(events: pd.DataFrame, columns: dict[str, list[str]]) -> list[np.ndarray]:
    """Mark the codes of two columns over events; refuse a code that would be counted nowhere."""
    if len(columns) < 2:
        raise DataError(f"rows and columns are both '{next(iter(columns))}'; name two columns to cross")
    for column, codes in columns.items():
        if not codes:
            raise DataError(f"no code is given for column '{column}'; give those of the codebook")
        check_codes(events, column, codes, label="event register")
    marked = [
        [[code in split_codes(cell) for code in codes] for cell in events[name]] for name, codes in columns.items()
    ]
    return [np.array(m, dtype=bool).reshape(len(events), len(c)) for m, c in zip(marked, columns.values(), strict=True)]
