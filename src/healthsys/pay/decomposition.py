"""Oaxaca-Blinder decomposition: how much of a difference in means goes with measured characteristics."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from healthsys.errors import DataError, nearest, need_columns
from healthsys.statistics import check_level

#: Reference coefficients of the twofold split: what they are, and who proposed them.
REFERENCES = {
    "comparator": "the comparator group's own coefficients (Oaxaca, Blinder)",
    "group": "the other group's own coefficients (Oaxaca, Blinder)",
    "average": "the plain average of both (Reimers)",
    "weighted": "the average weighted by the groups' sizes (Cotton)",
    "pooled": "one model for everybody without a term for the group (Neumark)",
    "pooled_with_group": "one model for everybody with a term for the group (Jann)",
}


#: Columns that hold pay: what is to be explained, and so no explanation of it.
PAY = ("hourly_pay", "log_pay", "bonus")


def check_explanations(
    characteristics: Sequence[str], *, group: str, groups: tuple[str, str], label: str
) -> None:
    """Raise :class:`~healthsys.errors.DataError` where a model of pay cannot explain a gap between two groups.

    The two groups are one, no characteristic is given, or one of them is pay itself or the column of the groups.
    """
    if groups[0] == groups[1]:
        raise DataError(f"{label}: comparator and other are both '{groups[0]}'; name two different groups of '{group}'")
    if not characteristics:
        said = "no characteristic is given (parameter characteristics), so nothing can explain the gap"
        raise DataError(f"{label}: {said}; name at least one column, such as level")
    for name in characteristics:
        if name in (*PAY, group):
            what = "the column of the two groups" if name == group else "pay, which is to be explained"
            raise DataError(
                f"{label}: '{name}' (parameter characteristics) is {what}, so it cannot explain the gap; remove it"
            )


@dataclass(frozen=True)
class Decomposition:
    """The parts of a difference in means: ``gap = endowments + coefficients + interaction = explained + unexplained``.

    ``detail`` has a row per characteristic; its part of ``unexplained`` depends on the base level named.
    """

    gap: float
    comparator_mean: float
    group_mean: float
    endowments: float
    coefficients: float
    interaction: float
    explained: float
    unexplained: float
    reference: str
    detail: pd.DataFrame
    people: tuple[int, int]
    left_out: int
    intervals: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class _Design:
    """Outcome and characteristics of two groups as numbers, with the characteristic of each column."""

    y: np.ndarray
    x: np.ndarray
    terms: list[str]
    comparator: np.ndarray
    base: Mapping[str, str]
    left_out: int


def _design(
    staff: pd.DataFrame,
    outcome: str,
    group: str,
    pair: tuple[str, str],
    characteristics: Sequence[str],
    base: Mapping[str, str],
    label: str,
) -> _Design:
    """Lay out people as numbers: a column per number and per level but the base of each text."""
    need_columns(staff, (outcome, group, *characteristics), label)
    kept = staff[[outcome, group, *characteristics]].dropna()
    kept = kept[kept[group].isin(pair)]
    first = (kept[group] == pair[0]).to_numpy()
    columns, terms, bases = [np.ones(len(kept))], ["constant"], {}
    for term in characteristics:
        values = kept[term]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=float))
            terms.append(term)
            continue
        text = values.astype(str)
        levels = sorted(text.unique())
        if alone := sorted({*text[first]} ^ {*text[~first]}):
            raise DataError(
                f"{label}: column '{term}', level '{alone[0]}': only one of the two groups has anybody there, so "
                "their pay cannot be compared. Join the level with its neighbour, or leave these people out "
                "and say so"
            )
        bases[term] = str(base.get(term, levels[0]))
        if bases[term] not in levels:
            raise DataError(
                f"{label}: column '{term}' has no level '{bases[term]}' to serve as base."
                f"{nearest(bases[term], levels)} Levels found: {', '.join(levels)}"
            )
        for level in levels:
            if level != bases[term]:
                columns.append((text == level).to_numpy(dtype=float))
                terms.append(term)
    for term in base:
        if term not in bases:
            raise DataError(
                f"{label}: base names '{term}', which is no text column of the model.{nearest(term, bases)} "
                f"Allowed: {', '.join(bases) or 'none, since there is no text column'}"
            )
    design = np.column_stack(columns)
    for name, side in zip(pair, (first, ~first), strict=True):
        if np.linalg.matrix_rank(design[side]) < len(terms):
            raise DataError(
                f"{label}: the {int(side.sum())} people of group '{name}' of column '{group}' do not tell the "
                f"{len(terms)} coefficients of the model apart. Join levels or groups, or use fewer characteristics"
            )
    left_out = len(staff) - len(kept)
    return _Design(kept[outcome].to_numpy(dtype=float), design, terms, first, bases, left_out)


def _moments(x: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return X'WX and X'Wy; the first column of X is the constant, so both hold the weighted sums too."""
    left = x.T if weight is None else (x * weight[:, None]).T
    return left @ x, left @ y


def _parts(
    found: _Design, reference: str, weights: tuple[np.ndarray, np.ndarray] | None = None
) -> tuple[dict[str, float], np.ndarray, np.ndarray]:
    """Return every part of the split, and the explained and unexplained part of each column."""

    def solve(xx: np.ndarray, xy: np.ndarray) -> np.ndarray:
        return np.linalg.lstsq(xx, xy, rcond=None)[0]  # a column that a resample has emptied gets a coefficient of zero

    (xx_a, xy_a), (xx_b, xy_b) = (
        _moments(found.x[side], found.y[side], weight)
        for side, weight in zip((found.comparator, ~found.comparator), weights or (None, None), strict=True)
    )
    size_a, size_b = xx_a[0, 0], xx_b[0, 0]
    xa, xb, ya, yb = xx_a[0] / size_a, xx_b[0] / size_b, xy_a[0] / size_a, xy_b[0] / size_b
    beta_a, beta_b = solve(xx_a, xy_a), solve(xx_b, xy_b)
    weight = {"comparator": 1.0, "group": 0.0, "average": 0.5, "weighted": size_a / (size_a + size_b)}.get(reference)
    if weight is not None:
        star = weight * beta_a + (1 - weight) * beta_b
    elif reference == "pooled":
        star = solve(xx_a + xx_b, xy_a + xy_b)
    else:
        sums = xx_b[0][:, None]
        xx = np.block([[xx_a + xx_b, sums], [sums.T, np.array([[size_b]])]])
        star = solve(xx, np.append(xy_a + xy_b, xy_b[0]))[:-1]
    explained = (xa - xb) * star
    unexplained = xa * (beta_a - star) + xb * (star - beta_b)
    parts = {
        "gap": ya - yb,
        "endowments": (xa - xb) @ beta_b,
        "coefficients": xb @ (beta_a - beta_b),
        "interaction": (xa - xb) @ (beta_a - beta_b),
        "explained": explained.sum(),
        "unexplained": unexplained.sum(),
    }
    return {name: float(value) for name, value in parts.items()}, explained, unexplained


def oaxaca(
    frame: pd.DataFrame,
    *,
    outcome: str,
    group: str,
    comparator: str,
    other: str,
    characteristics: Sequence[str],
    base: Mapping[str, str] | None = None,
    reference: str = "pooled_with_group",
    level: float = 0.95,
    resamples: int = 0,
    seed: int = 1,
    label: str = "staff",
) -> Decomposition:
    """Split the difference in means between two groups (Oaxaca-Blinder), threefold and twofold.

    With :math:`A` the comparator and :math:`B` the other group, explained is :math:`(\\bar x_A-\\bar x_B)'\\beta^*`
    and unexplained the rest.

    Parameters
    ----------
    frame
        One row per person; rows with a missing cell in any column used, or in neither group, are left out and counted.
    outcome, group, comparator, other
        The column explained, the column of the groups, and the two levels: mean of ``comparator`` less ``other``.
    characteristics
        Columns of the model: numbers as they are, text as one column per level but the base.
    base
        Base level of each text column in the model; the first in the alphabet by default.
    reference
        Reference coefficients of the twofold split, a key of ``REFERENCES``.
    resamples, seed
        Bootstrap samples within each group for the intervals, none by default, and the seed.

    Returns
    -------
    Decomposition
        In the unit of the outcome.

    Raises
    ------
    DataError
        If a level has people of one group only, a group is too small or too uniform for the coefficients of its model,
        there is no such reference or base, or ``level`` is not between 0 and 1.

    References
    ----------
    Oaxaca R. International Economic Review 1973;14:693-709. Jann B. The Stata Journal 2008;8:453-479.

    Examples
    --------
    >>> people = pd.DataFrame({"sex": list("MMMMFFFF"), "years": [2, 4, 6, 9, 1, 2, 5, 6.0]})
    >>> people["pay"] = [12, 14, 17, 20, 10, 11, 14, 15.0]
    >>> parts = oaxaca(people, outcome="pay", group="sex", comparator="M", other="F", characteristics=["years"])
    >>> round(parts.gap, 3), round(parts.explained, 3), round(parts.unexplained, 3)
    (3.25, 1.93, 1.32)
    """
    if reference not in REFERENCES:
        raise DataError(
            f"there is no reference '{reference}'.{nearest(reference, REFERENCES)} Allowed: {', '.join(REFERENCES)}"
        )
    check_level(level)
    found = _design(frame, outcome, group, (comparator, other), characteristics, base or {}, label)
    parts, explained, unexplained = _parts(found, reference)
    terms = list(dict.fromkeys(found.terms))
    where = np.array(found.terms)
    detail = pd.DataFrame({"characteristic": terms})
    for name, values in (("explained", explained), ("unexplained", unexplained)):
        detail[name] = [float(values[where == term].sum()) for term in terms]
    detail["base"] = [found.base.get(term, "") for term in terms]
    intervals = _intervals(found, reference, terms, level, resamples, seed) if resamples else {}
    limits = [intervals.get(f"explained:{name}", (np.nan, np.nan)) for name in terms]
    detail["explained_lower"], detail["explained_upper"] = zip(*limits, strict=True)
    a = found.comparator
    return Decomposition(
        **parts,
        comparator_mean=float(found.y[a].mean()),
        group_mean=float(found.y[~a].mean()),
        reference=reference,
        detail=detail,
        people=(int(a.sum()), int((~a).sum())),
        left_out=found.left_out,
        intervals=intervals,
    )


def _intervals(found: _Design, reference: str, terms: list[str], level: float, resamples: int, seed: int) -> dict:
    rng = np.random.default_rng(seed)
    sizes = int(found.comparator.sum()), int((~found.comparator).sum())
    where = np.array(found.terms)
    drawn: dict[str, list[float]] = {}
    for _ in range(resamples):
        weights = tuple(np.bincount(rng.integers(0, size, size), minlength=size).astype(float) for size in sizes)
        parts, explained, _ = _parts(found, reference, weights)
        parts |= {f"explained:{term}": float(explained[where == term].sum()) for term in terms}
        for name, value in parts.items():
            drawn.setdefault(name, []).append(value)
    ends = [(1 - level) / 2, (1 + level) / 2]
    return {name: tuple(map(float, np.quantile(values, ends, method="linear"))) for name, values in drawn.items()}
